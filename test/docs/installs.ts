import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { tools } from '../../src/connect/tools/index.ts'

const read = (path: string): string => readFileSync(resolve(import.meta.dirname, '..', path), 'utf8')

/** What the tests use, by the command that installs it. */
const tested: Readonly<Record<string, readonly string[]>> = {
  'npm install -g': Object.values(tools).map((tool) => tool.package),
  'npm install': Object.keys(JSON.parse(read('../package.json')).devDependencies),
  'pip install': [...read('sdk-python/requirements.in').matchAll(/^([\w-]+)==/gm)].map(([, name = '']) => name),
}

/** Commands of a page that install something which no test uses. */
export const untestedInstalls = (markdown: string): string[] =>
  [...markdown.matchAll(/`(npm install(?: -g)?|pip install) (\S+)`/g)]
    .filter(([, way = '', name = '']) => !tested[way]?.includes(name))
    .map(([command]) => command)
