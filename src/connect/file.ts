import {
  accessSync,
  chownSync,
  constants,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { FileProblem } from './edit.ts'

const byteOrderMark = '\uFEFF'

/** A configuration file as it is now. `text` is absent where there is no file. */
export interface ConfigFile {
  /** As it was named. */
  readonly path: string
  /** Where a symbolic link leads; otherwise as named. */
  readonly target: string
  readonly text?: string
  /** Whether a byte order mark stands before the text. */
  readonly isMarked: boolean
  /** Permission bits; absent where there is no file. */
  readonly mode?: number
}

export type Opened =
  | { readonly ok: true; readonly file: ConfigFile }
  | { readonly ok: false; readonly problem: FileProblem }

/** Reads a file that may not be there. What cannot be read or could not be written again is told. */
export function openFile(path: string): Opened {
  const refuse = (message: string): Opened => ({ ok: false, problem: { path, message } })
  try {
    const target = targetOf(path)
    const stats = statSync(target, { throwIfNoEntry: false })
    if (!stats) return whyNoNewFile(target) ?? { ok: true, file: { path, target, isMarked: false } }
    if (!stats.isFile()) return refuse(stats.isDirectory() ? 'is a directory, not a file' : 'is not a regular file')
    if (!isWritable(target, stats)) return refuse('is read-only')
    const whole = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(target))
    const isMarked = whole.startsWith(byteOrderMark)
    return {
      ok: true,
      file: { path, target, text: isMarked ? whole.slice(1) : whole, isMarked, mode: stats.mode & 0o777 },
    }
  } catch (error) {
    return refuse(error instanceof TypeError ? 'is not UTF-8 text' : told(error))
  }
}

const told = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The folder that would be made must be possible: the nearest one that exists is a folder that can be written to. */
function whyNoNewFile(target: string): Opened | undefined {
  let folder = dirname(target)
  while (!statSync(folder, { throwIfNoEntry: false })) folder = dirname(folder)
  const stats = statSync(folder)
  const message = !stats.isDirectory() ? 'is not a folder' : isWritable(folder, stats) ? undefined : 'is read-only'
  return message === undefined ? undefined : { ok: false, problem: { path: folder, message } }
}

/** By its permission bits too: the superuser may write what its owner protected. */
function isWritable(path: string, stats: Stats): boolean {
  if ((stats.mode & 0o222) === 0) return false
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Where a link leads, also when nothing is there yet. */
function targetOf(path: string): string {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (!stats?.isSymbolicLink()) return path
  return statSync(path, { throwIfNoEntry: false })
    ? realpathSync(path)
    : targetOf(resolve(dirname(path), readlinkSync(path)))
}

/** The bytes of the file with another text. */
export const withMark = ({ isMarked }: ConfigFile, text: string): string => (isMarked ? byteOrderMark : '') + text

/**
 * Whole or not at all: a draft beside the file takes its place. Folders are made (mode 700) where they are missing.
 * @throws Error when the disk refuses.
 */
export function replaceFile(target: string, text: string, mode: number): void {
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
  const draft = join(dirname(target), `.${basename(target)}.${process.pid}.draft`)
  try {
    writeFileSync(draft, text, { mode, flush: true })
    keepOwner(target, draft)
    renameSync(draft, target)
  } finally {
    rmSync(draft, { force: true })
  }
}

/** A file that the superuser changes stays its owner's. */
function keepOwner(target: string, draft: string): void {
  const owner = statSync(target, { throwIfNoEntry: false }) ?? statSync(dirname(target))
  const mine = statSync(draft)
  if (owner.uid !== mine.uid && process.getuid?.() === 0) chownSync(draft, owner.uid, owner.gid)
}
