import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const src = resolve(import.meta.dirname, '../src')

/** Which folders a folder may import from, as ARCHITECTURE.md says. `*`: anything. */
const mayImport: Record<string, readonly string[]> = {
  model: [],
  wire: [],
  dialects: ['model', 'wire'],
  endpoints: ['model', 'wire'],
  providers: ['model', 'dialects'],
  store: ['model'],
  ledger: ['model', 'store'],
  relay: ['model', 'wire', 'dialects', 'endpoints', 'providers', 'store', 'ledger'],
  routes: ['model', 'wire', 'dialects', 'endpoints', 'providers', 'store', 'relay'],
  admin: ['model', 'dialects', 'providers', 'store', 'ledger', 'relay', 'config'],
  sandbox: ['model', 'wire'],
  connect: ['model', 'store'],
  command: ['*'],
  metrics: ['model', 'store', 'ledger', 'relay'],
  'app.ts': ['*'],
  config: ['model', 'store', 'config.ts'],
  'config.ts': ['model', 'providers', 'config'],
  'main.ts': ['*'],
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
const folderOf = (path: string): string => path.split('/')[0] ?? path
const importsOf = (file: string): string[] =>
  [...readFileSync(join(src, file), 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, path = '']) =>
    relative(src, resolve(dirname(join(src, file)), path)),
  )

describe('folders import only what ARCHITECTURE.md allows', () => {
  it('finds the source', () => {
    expect(files.length).toBeGreaterThan(100)
  })

  it.each(files)('%s', (file) => {
    const allowed = mayImport[folderOf(file)]
    expect(allowed, `${folderOf(file)} is not in the table`).toBeDefined()
    const forbidden = importsOf(file).filter(
      (path) => folderOf(path) !== folderOf(file) && !allowed?.includes('*') && !allowed?.includes(folderOf(path)),
    )
    expect(forbidden).toEqual([])
  })

  it('says the same in ARCHITECTURE.md', () => {
    const text = readFileSync(resolve(src, '../ARCHITECTURE.md'), 'utf8')
    for (const [folder, allowed] of Object.entries(mayImport)) {
      const row = text.split('\n').find((line) => line.startsWith(`| \`${folder}\` |`))
      expect(row, `a row for ${folder}`).toBeDefined()
      const said = [...(row?.split('|')[2] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name)
      expect(new Set(said.length > 0 ? said : []), folder).toEqual(new Set(allowed.filter((name) => name !== '*')))
    }
  })
})

describe('vendors are named in one place', () => {
  // Formats carry their vendors' names by right; a provider's id anywhere else would be a branch on it.
  const ids =
    /'(?:deepseek|moonshot|groq|mistral|xai|openrouter|together|fireworks|cerebras|perplexity|zhipu|dashscope)'/
  it.each(files.filter((file) => folderOf(file) !== 'providers'))('%s names no provider', (file) => {
    expect(readFileSync(join(src, file), 'utf8')).not.toMatch(ids)
  })
})
