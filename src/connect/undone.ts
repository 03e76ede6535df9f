import { existsSync, readFileSync } from 'node:fs'
import { type Edit, isTree, type Setting, type Tree, valueAt } from './edit.ts'
import type { ConfigFile } from './file.ts'
import { type FormatId, formats } from './formats/index.ts'
import { hashText, type Written } from './record.ts'

/**
 * The file's text as it would be had we never written: the backup where the file is as we left it, otherwise the text of
 * now with our places put back to what they were.
 */
export function withoutOurs(format: FormatId, file: ConfigFile, written: Written | undefined): string {
  const now = file.text ?? ''
  if (!written || file.text === undefined) return now
  const former = backupText(written)
  if (isUntouched(file, written)) return former
  const before = formats[format].parse(former)
  const parsed = formats[format].parse(now)
  if (!before.ok || !parsed.ok) return now
  const edits = written.paths.map((path) => formerEdit(before.tree, path))
  const text = formats[format].apply(now, edits)
  return formats[format].apply(text, emptied(text, format, before.tree, written))
}

export const isUntouched = (file: ConfigFile, written: Written): boolean =>
  file.text !== undefined && hashText(file.text) === written.hash

/** Without its byte order mark. */
export function backupText({ backup }: Written): string {
  if (backup === undefined || !existsSync(backup)) return ''
  return readFileSync(backup, 'utf8').replace(/^\uFEFF/, '')
}

/** The edit that puts one place back to what it was. */
export function formerEdit(before: Tree, path: readonly string[]): Edit {
  const value = valueAt(before, path)
  // It was read from a file of this format, so it can be written to one.
  return { path, ...(value !== undefined && { value: value as Setting }) }
}

/** Tables that we made and that are empty now; inner ones first, so that outer ones may follow. */
function emptied(text: string, format: FormatId, before: Tree, { paths }: Written): Edit[] {
  const parsed = formats[format].parse(text)
  if (!parsed.ok) return []
  const gone = new Set<string>()
  const parents = paths.flatMap((path) => path.slice(1).map((_, at) => path.slice(0, path.length - 1 - at)))
  const edits: Edit[] = []
  for (const parent of parents.sort((left, right) => right.length - left.length)) {
    const there = valueAt(parsed.tree, parent)
    const isEmpty = isTree(there) && Object.keys(there).every((name) => gone.has([...parent, name].join('\0')))
    if (!isEmpty || valueAt(before, parent) !== undefined || gone.has(parent.join('\0'))) continue
    gone.add(parent.join('\0'))
    edits.push({ path: parent })
  }
  return edits
}
