import { createHash } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isTree } from './edit.ts'
import { replaceFile } from './file.ts'
import { type FormatId, formats } from './formats/index.ts'

/** What was written into one file, so that it can be taken out again. */
export interface Written {
  readonly path: string
  readonly format: FormatId
  /** The file as it was; absent where there was none. */
  readonly backup?: string
  /** Permission bits that it had. */
  readonly mode?: number
  /** SHA-256 of the text that we wrote, hex. */
  readonly hash: string
  /** The places that we set. */
  readonly paths: readonly (readonly string[])[]
}

export const hashText = (text: string): string => createHash('sha256').update(text).digest('hex')

const recordFile = (directory: string, tool: string): string => join(directory, 'connect', `${tool}.json`)

/**
 * What `connect --write` has written for a tool; empty when nothing.
 * @throws Error when the record is there but cannot be read.
 */
export function readRecord(directory: string, tool: string): readonly Written[] {
  const path = recordFile(directory, tool)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (isTree(error) && error.code === 'ENOENT') return []
    throw error
  }
  const parsed: unknown = JSON.parse(text)
  if (!Array.isArray(parsed) || !parsed.every(isWritten)) throw new Error(`${path} is damaged`)
  return parsed
}

const isWritten = (value: unknown): value is Written =>
  isTree(value) &&
  typeof value.path === 'string' &&
  typeof value.hash === 'string' &&
  typeof value.format === 'string' &&
  Object.hasOwn(formats, value.format) &&
  Array.isArray(value.paths)

/** @throws Error when the data directory cannot be written to. */
export function keepRecord(directory: string, tool: string, files: readonly Written[]): void {
  const path = recordFile(directory, tool)
  if (files.length === 0) rmSync(path, { force: true })
  else replaceFile(path, `${JSON.stringify(files, undefined, 2)}\n`, 0o600)
}
