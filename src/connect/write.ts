import { existsSync } from 'node:fs'
import type { Change } from './change.ts'
import { openFile, replaceFile, withMark } from './file.ts'
import { hashText, keepRecord, readRecord, type Written } from './record.ts'
import { isUntouched } from './undone.ts'

/** Whether the file has to be written: for its text, or because others may read a key in it. */
export const isNeeded = ({ after, before, file, mode }: Change): boolean =>
  after !== before || (file.mode !== undefined && file.mode !== mode)

/** Where a backup went; absent where there was no file or an earlier backup still holds. */
export interface Saved {
  readonly path: string
  readonly backup?: string
}

/**
 * Writes every change, each after its backup; the record comes first, so that whatever happens can be undone.
 * @throws Error when a file changed in the meantime or the disk refuses; files written before are put back.
 */
export function writeChanges(directory: string, tool: string, changes: readonly Change[]): readonly Saved[] {
  const record = readRecord(directory, tool)
  const needed = changes.filter(isNeeded)
  for (const { before, file } of needed) {
    const now = openFile(file.path)
    if (!now.ok || (now.file.text ?? '') !== before)
      throw new Error(`${file.path} changed in the meantime; nothing was written`)
  }
  const planned = needed.map((change) => ({ change, written: asWritten(change, recorded(record, change)) }))
  for (const { change, written } of planned) backUp(change, written)
  const others = record.filter(({ path }) => !needed.some(({ file }) => file.path === path))
  keepRecord(directory, tool, [...others, ...planned.map(({ written }) => written)])
  const done: Change[] = []
  try {
    for (const { change } of planned) {
      done.push(change)
      replaceFile(change.file.target, withMark(change.file, change.after), change.mode)
    }
  } catch (error) {
    for (const { before, file } of done)
      if (file.mode !== undefined) replaceFile(file.target, withMark(file, before), file.mode)
    throw error
  }
  return planned.map(({ change, written }) => ({
    path: change.file.path,
    ...(written.backup !== undefined && { backup: written.backup }),
  }))
}

const recorded = (record: readonly Written[], { file }: Change): Written | undefined =>
  record.find(({ path }) => path === file.path)

function asWritten({ after, file, settings }: Change, earlier: Written | undefined): Written {
  const backup =
    earlier && isUntouched(file, earlier) ? earlier.backup : file.text === undefined ? undefined : freeName(file.target)
  // A file that we made has none of its own, however often we write it.
  const { mode } = earlier ?? file
  return {
    path: file.path,
    format: settings.format,
    ...(backup !== undefined && { backup }),
    ...(mode !== undefined && { mode }),
    hash: hashText(after),
    paths: settings.edits.map(({ path }) => path),
  }
}

/** A backup holds the file without us, whatever we wrote into it before. */
function backUp({ file, without }: Change, { backup, mode }: Written): void {
  if (backup !== undefined && !existsSync(backup)) replaceFile(backup, withMark(file, without), mode ?? 0o600)
}

function freeName(target: string): string {
  const name = `${target}.before-causeway`
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name}-${number}`
    if (!existsSync(candidate)) return candidate
  }
}
