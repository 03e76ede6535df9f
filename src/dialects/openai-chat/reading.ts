import { type Fault, fault } from '../../model/fault.ts'
import { isRecord } from '../../wire/json.ts'

/**
 * Reads a client's body value by value. A wrong type is noted as the fault, with the path of the field, and reading goes on
 * with nothing in its place: the first fault is the one that is told. `null` is the same as absent everywhere.
 */
export class Reading {
  readonly lost: string[] = []
  #fault: Fault | undefined

  get fault(): Fault | undefined {
    return this.#fault
  }

  text(value: unknown, path: string): string | undefined {
    return typeof value === 'string' ? value : this.#wrong(value, path, 'a string')
  }

  number(value: unknown, path: string): number | undefined {
    return typeof value === 'number' ? value : this.#wrong(value, path, 'a number')
  }

  whole(value: unknown, path: string): number | undefined {
    return typeof value === 'number' && Number.isSafeInteger(value) ? value : this.#wrong(value, path, 'an integer')
  }

  flag(value: unknown, path: string): boolean | undefined {
    return typeof value === 'boolean' ? value : this.#wrong(value, path, 'a boolean')
  }

  record(value: unknown, path: string): Record<string, unknown> | undefined {
    return isRecord(value) ? value : this.#wrong(value, path, 'an object')
  }

  list(value: unknown, path: string): readonly unknown[] | undefined {
    return Array.isArray(value) ? value : this.#wrong(value, path, 'an array')
  }

  refuse(path: string, problem: string): void {
    this.#fault ??= fault('invalid', `Invalid '${path}': ${problem}`, { param: path })
  }

  lose(field: string): void {
    this.lost.push(field)
  }

  #wrong(value: unknown, path: string, wanted: string): undefined {
    if (value !== undefined && value !== null) this.refuse(path, `expected ${wanted}, but got ${typeName(value)}.`)
  }
}

/** For one body. */
export const reading = (): Reading => new Reading()

const typeName = (value: unknown): string =>
  Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : `a ${typeof value}`

/** A string that says something; anything else is undefined. For fields that are read leniently. */
export const word = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** The objects of a list; whatever else stands in it, or is no list, is passed over. */
export function records(value: unknown): readonly Record<string, unknown>[] {
  if (!Array.isArray(value)) return none
  return value.every(isRecord) ? value : value.filter(isRecord)
}

/** The object, or an empty one. */
export const recordOf = (value: unknown): Readonly<Record<string, unknown>> => (isRecord(value) ? value : nothing)

// Shared, because every frame of a stream asks for fields that are not there.
const none: readonly Record<string, unknown>[] = Object.freeze([])
const nothing: Readonly<Record<string, unknown>> = Object.freeze({})

/** The value when it is one of these words. */
export const oneOf = <const T extends string>(value: unknown, words: readonly T[]): T | undefined =>
  words.find((candidate) => candidate === value)

/** The entry of a table under a stranger's word: what every object inherits (`constructor`) is no entry. */
export const lookUp = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined
