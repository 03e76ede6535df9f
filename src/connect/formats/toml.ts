import { isDeepStrictEqual } from 'node:util'
import { parse, patch } from '@decimalturn/toml-patch'
import { type Edit, isTree, type Setting, type Tree, valueAt, withEdit } from '../edit.ts'
import { type Format, lineEnd } from './format.ts'

/** TOML 1.0 and 1.1. */
export const toml: Format = {
  parse(text) {
    try {
      return { ok: true, tree: parse(text) }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      const line = isTree(error) && typeof error.line === 'number' ? error.line : 1
      return { ok: false, line, message: message.trim().split('\n').at(-1) ?? 'not TOML' }
    }
  },
  apply(text, edits) {
    const before: Tree = parse(text)
    const added = newTables(before, edits)
    const top = hasOnlyTables(text) ? edits.filter((edit) => isNewName(before, edit)) : []
    const rest = edits.filter((edit) => !top.includes(edit) && !added.some(([table]) => isBelow(edit.path, table)))
    const end = lineEnd(text)
    const topped = top.map(({ path, value }) => assignment(path[0] ?? '', value) + end).join('')
    const patched = rest.length === 0 ? text : patchedText(text, before, rest)
    const body = topped === '' ? patched : topped + end + patched
    const whole = added.reduce((so, [table, values]) => so + asTable(so, table, values, end), body)
    return isWanted(whole, before, edits) ? whole : patchedText(text, before, edits)
  },
  lineOf(text, path) {
    const lines = text.split('\n')
    const header = new RegExp(`^\\s*\\[\\s*${path.map(asPattern).join('\\s*\\.\\s*')}\\s*\\]`)
    const key = new RegExp(`^\\s*${asPattern(path.at(-1) ?? '')}\\s*=`)
    const at = lines.findIndex((line) => header.test(line))
    const found = at >= 0 ? at : lines.findIndex((line) => key.test(line))
    return found < 0 ? undefined : found + 1
  },
}

/** Values go out by the library, which keeps what stands around them. */
function patchedText(text: string, before: Tree, edits: readonly Edit[]): string {
  const wanted = edits.reduce(withEdit, before)
  return isDeepStrictEqual(wanted, before) ? text : patch(text, wanted)
}

/** Tables that the text does not have yet are written as people write them: under a header of their own, at the end. */
function newTables(before: Tree, edits: readonly Edit[]): [readonly string[], [string, Setting][]][] {
  const tables = new Map<string, [readonly string[], [string, Setting][]]>()
  for (const { path, value } of edits) {
    const table = path.slice(0, -1)
    const name = path.at(-1)
    if (table.length === 0 || name === undefined || value === undefined || valueAt(before, table) !== undefined)
      continue
    const rows = tables.get(table.join('\0')) ?? [table, []]
    rows[1].push([name, value])
    tables.set(table.join('\0'), rows)
  }
  return [...tables.values()]
}

/** The library would put names between a table and the comment above it. */
const hasOnlyTables = (text: string): boolean => /^(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*\[/.test(text)

const isNewName = (before: Tree, { path: [name, ...below], value }: Edit): boolean =>
  name !== undefined && below.length === 0 && value !== undefined && !Object.hasOwn(before, name)

const assignment = (name: string, value: Setting | undefined): string => `${asName(name)} = ${JSON.stringify(value)}`

const isBelow = (path: readonly string[], table: readonly string[]): boolean =>
  path.length === table.length + 1 && table.every((name, at) => name === path[at])

function asTable(before: string, table: readonly string[], rows: readonly [string, Setting][], end: string): string {
  const gap = before === '' ? '' : before.endsWith('\n') ? end : end + end
  const lines = [`[${table.map(asName).join('.')}]`, ...rows.map(([name, value]) => assignment(name, value))]
  return gap + lines.map((line) => line + end).join('')
}

const asName = (name: string): string => (/^[\w-]+$/.test(name) ? name : JSON.stringify(name))
const asPattern = (name: string): string => `["']?${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}["']?`

function isWanted(text: string, before: Tree, edits: readonly Edit[]): boolean {
  const parsed = toml.parse(text)
  return parsed.ok && isDeepStrictEqual(plain(parsed.tree), plain(edits.reduce(withEdit, before)))
}

const plain = (tree: Tree): unknown =>
  JSON.parse(JSON.stringify(tree, (_, value) => (typeof value === 'bigint' ? `${value}n` : value)))
