import { rmSync } from 'node:fs'
import type { FileProblem } from './edit.ts'
import { type ConfigFile, openFile, replaceFile, withMark } from './file.ts'
import { formats } from './formats/index.ts'
import { keepRecord, readRecord, type Written } from './record.ts'
import { isUntouched, withoutOurs } from './undone.ts'

/** How one file was brought back. */
export interface Undone {
  readonly path: string
  readonly way: 'restored' | 'taken out' | 'removed' | 'gone'
}

export type UndoResult =
  | { readonly ok: true; readonly files: readonly Undone[] }
  | { readonly ok: false; readonly problem: FileProblem }

/**
 * Takes back everything that was written for a tool: a file as we left it becomes its backup again; from one that was
 * changed since only our settings are taken out. All are checked before the first is written.
 * @throws Error when the disk refuses.
 */
export function undo(directory: string, tool: string): UndoResult {
  const record = readRecord(directory, tool)
  const opened: { file: ConfigFile; written: Written }[] = []
  for (const written of record) {
    const one = openFile(written.path)
    if (!one.ok) return one
    const parsed = formats[written.format].parse(one.file.text ?? '')
    if (!parsed.ok) return { ok: false, problem: { path: written.path, line: parsed.line, message: parsed.message } }
    opened.push({ file: one.file, written })
  }
  const files = opened.map(({ file, written }) => undoFile(file, written))
  keepRecord(directory, tool, [])
  return { ok: true, files }
}

function undoFile(file: ConfigFile, written: Written): Undone {
  const { path } = file
  if (file.text === undefined) return { path, way: 'gone' }
  const text = withoutOurs(written.format, file, written)
  const wasThere = written.mode !== undefined
  if (!wasThere && isBlank(text)) rmSync(file.target)
  else replaceFile(file.target, withMark(file, text), written.mode ?? file.mode ?? 0o600)
  if (written.backup !== undefined && isUntouched(file, written)) rmSync(written.backup, { force: true })
  return { path, way: !wasThere && isBlank(text) ? 'removed' : isUntouched(file, written) ? 'restored' : 'taken out' }
}

const isBlank = (text: string): boolean => /^\s*(\{\s*\})?\s*$/.test(text)
