import { type Fault, fault } from '../../model/fault.ts'
import { isRecord } from '../../wire/json.ts'

/**
 * Reads a client's body value by value. A wrong type is noted as the fault, with the path of the field, and reading goes on
 * with nothing in its place: the first fault is the one that is told. `null` is the same as absent everywhere.
 */
export interface Reading {
  text(value: unknown, path: string): string | undefined
  number(value: unknown, path: string): number | undefined
  whole(value: unknown, path: string): number | undefined
  flag(value: unknown, path: string): boolean | undefined
  record(value: unknown, path: string): Record<string, unknown> | undefined
  list(value: unknown, path: string): readonly unknown[] | undefined
  refuse(path: string, problem: string): void
  lose(field: string): void
  readonly fault: Fault | undefined
  readonly lost: readonly string[]
}

export function reading(): Reading {
  let found: Fault | undefined
  const lost: string[] = []
  const refuse = (path: string, problem: string): void => {
    found ??= fault('invalid', `Invalid '${path}': ${problem}`, { param: path })
  }
  const typed =
    <T>(wanted: string, is: (value: unknown) => value is T) =>
    (value: unknown, path: string): T | undefined => {
      if (value === undefined || value === null) return undefined
      if (is(value)) return value
      refuse(path, `expected ${wanted}, but got ${typeName(value)}.`)
      return undefined
    }
  return {
    text: typed('a string', (value) => typeof value === 'string'),
    number: typed('a number', (value) => typeof value === 'number'),
    whole: typed('an integer', (value): value is number => Number.isSafeInteger(value)),
    flag: typed('a boolean', (value) => typeof value === 'boolean'),
    record: typed('an object', isRecord),
    list: typed('an array', (value): value is readonly unknown[] => Array.isArray(value)),
    refuse,
    lose: (field) => void lost.push(field),
    get fault() {
      return found
    },
    lost,
  }
}

const typeName = (value: unknown): string =>
  Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : `a ${typeof value}`

/** A string that says something; anything else is undefined. For fields that are read leniently. */
export const word = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** The objects of a list; whatever else stands in it, or is no list, is passed over. */
export const records = (value: unknown): readonly Record<string, unknown>[] =>
  Array.isArray(value) ? value.filter(isRecord) : []

/** The object, or an empty one. */
export const recordOf = (value: unknown): Readonly<Record<string, unknown>> => (isRecord(value) ? value : {})

/** The value when it is one of these words. */
export const oneOf = <const T extends string>(value: unknown, words: readonly T[]): T | undefined =>
  words.find((candidate) => candidate === value)

/** The entry of a table under a stranger's word: what every object inherits (`constructor`) is no entry. */
export const lookUp = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined
