import { isRecord } from '../wire/json.ts'

/** An object of a request's body, before anybody has vouched for its fields. */
export type Untyped = Record<string, unknown>

export const asRecord = (value: unknown): Untyped => (isRecord(value) ? value : {})
export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
export const asRecords = (value: unknown): readonly Untyped[] => asList(value).filter(isRecord)
/** Whatever it is, as it can be quoted. Strangers send objects that cannot be made a string of. */
export const quoted = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? 'None')
/** A number; of what is none, NaN. */
export const asNumber = (value: unknown): number =>
  typeof value === 'object' || typeof value === 'symbol' ? Number.NaN : Number(value)
export const asText = (value: unknown): string => (typeof value === 'string' ? value : '')
export const textOrNone = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
export const numberOrNone = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)

/** Strings of a list, or the one string that stands for it. */
export const asTexts = (value: unknown): readonly string[] =>
  (typeof value === 'string' ? [value] : asList(value)).filter((item) => typeof item === 'string')

/** The field that a body has, of those that it must not have. */
export const firstField = (body: Untyped, names: readonly string[]): string | undefined =>
  names.find((name) => body[name] !== undefined)

/** True when there is a value; null counts as none, as it does in the vendors' bodies. */
export const isGiven = (value: unknown): boolean => value !== undefined && value !== null

/** Content that is a string or blocks, as blocks; an empty string is none. */
export const asBlocks = (content: unknown): readonly Untyped[] => {
  if (typeof content !== 'string') return asRecords(content)
  return content === '' ? [] : [{ type: 'text', text: content }]
}

/** A row of a table by a stranger's word: what every object inherits is no row. */
export const rowOf = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined
