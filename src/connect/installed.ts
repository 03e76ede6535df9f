import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { isTree } from './edit.ts'
import type { Tool } from './tool.ts'

const patienceMs = 5_000

/** Where the executable is; undefined where `PATH` has none. */
export function findExecutable(name: string, searchPath: string | undefined): string | undefined {
  return (searchPath ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** As its package says, which is known at once; some tools take seconds to tell it themselves. */
function packagedVersion(executable: string, name: string): string | undefined {
  for (let folder = dirname(realpathSync(executable)); folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'package.json')
    if (!existsSync(path)) continue
    const about: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return isTree(about) && about.name === name && typeof about.version === 'string' ? about.version : undefined
  }
  return undefined
}

/** As `--version` says; undefined when it says nothing that reads like one within five seconds. */
export const versionOf = (executable: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    execFile(executable, ['--version'], { timeout: patienceMs, encoding: 'utf8' }, (_error, output) =>
      resolve(/\d+\.\d+\.\d+/.exec(output)?.[0]),
    )
  })

/** What there is to say about the tool that is installed; undefined when all is well. */
export async function aboutTool(tool: Tool, searchPath: string | undefined): Promise<string | undefined> {
  const executable = findExecutable(tool.id, searchPath)
  if (!executable) return `${tool.title} is not installed. Install it with: npm install -g ${tool.package}`
  const version = packagedVersion(executable, tool.package) ?? (await versionOf(executable))
  if (version === undefined) return `${executable} does not tell its version.`
  const { lacks, oldest, tested } = tool.versions
  if (isOlder(version, oldest))
    return `${tool.title} ${version} is older than ${oldest}, the oldest that was tried; it may lack ${lacks}. Update it with: npm install -g ${tool.package}`
  if (isOlder(tested, version)) return `${tool.title} ${version} is newer than ${tested}, the newest that was tried.`
  return undefined
}

function isOlder(left: string, right: string): boolean {
  const [ours, theirs] = [left.split('.').map(Number), right.split('.').map(Number)]
  const at = ours.findIndex((part, position) => part !== theirs[position])
  return at >= 0 && (ours[at] ?? 0) < (theirs[at] ?? 0)
}
