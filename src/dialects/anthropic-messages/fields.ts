import { isRecord } from '../../wire/json.ts'
import type { Findings } from './findings.ts'

/** A value and where it stands, to be read as one type. Absent and null read as undefined; another type is noted as wrong. */
export interface Field {
  readonly value: unknown
  readonly path: string
  readonly found: Findings
}

/** The member `name` of a record. */
export const member = (
  record: Readonly<Record<string, unknown>>,
  name: string,
  path: string,
  found: Findings,
): Field => ({
  value: record[name],
  path: path === '' ? name : `${path}.${name}`,
  found,
})

const isAbsent = (value: unknown): value is undefined | null => value === undefined || value === null

export function readString({ value, path, found }: Field): string | undefined {
  if (isAbsent(value)) return undefined
  return typeof value === 'string' ? value : found.wrong(path, 'must be a string')
}

export function readNumber({ value, path, found }: Field): number | undefined {
  if (isAbsent(value)) return undefined
  return typeof value === 'number' ? value : found.wrong(path, 'must be a number')
}

export function readBoolean({ value, path, found }: Field): boolean | undefined {
  if (isAbsent(value)) return undefined
  return typeof value === 'boolean' ? value : found.wrong(path, 'must be a boolean')
}

export function readRecord({ value, path, found }: Field): Readonly<Record<string, unknown>> | undefined {
  if (isAbsent(value)) return undefined
  return isRecord(value) ? value : found.wrong(path, 'must be an object')
}

export function readList({ value, path, found }: Field): readonly unknown[] | undefined {
  if (isAbsent(value)) return undefined
  return Array.isArray(value) ? value : found.wrong(path, 'must be a list')
}

/** A list of strings; one string alone stands for a list of it. */
export function readStrings(field: Field): readonly string[] | undefined {
  if (typeof field.value === 'string') return [field.value]
  const list = readList(field)
  const wrongAt = list?.findIndex((item) => typeof item !== 'string') ?? -1
  if (wrongAt >= 0) return field.found.wrong(`${field.path}[${wrongAt}]`, 'must be a string')
  return list?.filter((item) => typeof item === 'string')
}

/** A count of tokens or the like: whole and not negative. */
export function readCount(field: Field): number | undefined {
  const number = readNumber(field)
  if (number === undefined) return undefined
  return Number.isFinite(number) && number >= 0
    ? Math.floor(number)
    : field.found.wrong(field.path, 'must not be negative')
}
