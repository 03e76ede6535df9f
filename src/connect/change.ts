import { isDeepStrictEqual } from 'node:util'
import { type Edit, type FileProblem, isTree, samePath, type Tree, valueAt, withEdit } from './edit.ts'
import { type ConfigFile, openFile } from './file.ts'
import { formats } from './formats/index.ts'
import type { Written } from './record.ts'
import type { FileSettings } from './settings.ts'
import { formerEdit, withoutOurs } from './undone.ts'

/** What a file is to become. */
export interface Change {
  readonly settings: FileSettings
  readonly file: ConfigFile
  readonly before: string
  readonly after: string
  /** What it would be without our settings: the backup. */
  readonly without: string
  readonly mode: number
}

export type Planned =
  | { readonly ok: true; readonly change: Change }
  | { readonly ok: false; readonly problem: FileProblem }

/** Reads, checks and edits, all in memory. `written` is what an earlier run put into the same file. */
export function planChange(settings: FileSettings, written: Written | undefined): Planned {
  const opened = openFile(settings.path)
  if (!opened.ok) return opened
  const { file } = opened
  const { path } = settings
  const before = file.text ?? ''
  const format = formats[settings.format]
  const parsed = format.parse(before)
  if (!parsed.ok) return { ok: false, problem: { path, line: parsed.line, message: parsed.message } }
  const { edits } = settings
  const blocked = blockedPath(parsed.tree, edits) ?? foreignClaim(parsed.tree, settings, written)
  if (blocked) {
    const line = format.lineOf(before, blocked.path)
    return { ok: false, problem: { path, ...(line !== undefined && { line }), message: blocked.message } }
  }
  const without = withoutOurs(settings.format, file, written)
  const stale = staleEdits(settings, without, written)
  const after = format.apply(before, [...stale, ...edits])
  if (!isAsWanted(settings, parsed.tree, [...stale, ...edits], after))
    return { ok: false, problem: { path, message: 'is laid out in a way that cannot be edited safely' } }
  const mode = settings.isSecret ? (file.mode ?? 0o600) & 0o600 : (file.mode ?? 0o600)
  return { ok: true, change: { settings, file, before, after, without, mode } }
}

interface Blocked {
  readonly path: readonly string[]
  readonly message: string
}

/** A parent that is no table: what is there would be lost. */
function blockedPath(tree: Tree, edits: readonly Edit[]): Blocked | undefined {
  for (const { path, value } of edits)
    for (let length = 1; length < path.length; length++) {
      const parent = path.slice(0, length)
      const there = valueAt(tree, parent)
      if (there !== undefined && !isTree(there) && value !== undefined)
        return { path: parent, message: `"${parent.join('.')}" holds ${nameOf(there)} where settings belong` }
    }
  return undefined
}

const nameOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`

/** Our name for a table that holds something that we did not write. */
function foreignClaim(tree: Tree, { claim, edits }: FileSettings, written: Written | undefined): Blocked | undefined {
  if (!claim || valueAt(tree, claim) === undefined || written?.paths.some((path) => isBelow(path, claim)))
    return undefined
  const isSame = edits.every(
    ({ path, value }) => !isBelow(path, claim) || isDeepStrictEqual(valueAt(tree, path), value),
  )
  if (isSame) return undefined
  return { path: claim, message: `"${claim.join('.')}" is there already, and not by us; give it another name first` }
}

const isBelow = (path: readonly string[], parent: readonly string[]): boolean =>
  path.length > parent.length && parent.every((name, at) => name === path[at])

/** What we wrote earlier and no longer want gets back the value that it had before us. */
function staleEdits({ edits, format }: FileSettings, without: string, written: Written | undefined): Edit[] {
  const stale = (written?.paths ?? []).filter((path) => !edits.some((edit) => samePath(edit.path, path)))
  const parsed = formats[format].parse(without)
  return parsed.ok ? stale.map((path) => formerEdit(parsed.tree, path)) : []
}

/** Nothing but the edits has changed: a name that stands twice, say, would be found here. */
function isAsWanted({ format }: FileSettings, before: Tree, edits: readonly Edit[], after: string): boolean {
  const parsed = formats[format].parse(after)
  const wanted = edits.reduce(withEdit, before)
  return parsed.ok && isDeepStrictEqual(plain(parsed.tree), plain(wanted))
}

const plain = (tree: Tree): unknown =>
  JSON.parse(JSON.stringify(tree, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)))
