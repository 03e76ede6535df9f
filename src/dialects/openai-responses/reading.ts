import { type Fault, fault } from '../../model/fault.ts'
import { isRecord } from '../../wire/json.ts'

/**
 * What a reader met on its way through a body: the first wrong type, and what had to be left out. Readers go on after a
 * wrong type as if the value were absent, so that one look at the end is enough; answers of upstreams ignore `fault`.
 */
export class Reading {
  readonly lost: string[] = []
  /** Ids of calls that the vendor runs by itself, so that their outputs are no client's. */
  readonly hosted = new Set<string>()
  #fault: Fault | undefined

  get fault(): Fault | undefined {
    return this.#fault
  }

  wrong(param: string, expected: string): undefined {
    this.#fault ??= fault('invalid', `Invalid value for '${param}': expected ${expected}.`, {
      param,
      code: 'invalid_type',
    })
  }

  text(value: unknown, param: string): string | undefined {
    return this.#typed(value, param, 'a string', (some) => typeof some === 'string')
  }

  number(value: unknown, param: string): number | undefined {
    return this.#typed(value, param, 'a number', (some) => typeof some === 'number')
  }

  flag(value: unknown, param: string): boolean | undefined {
    return this.#typed(value, param, 'a boolean', (some) => typeof some === 'boolean')
  }

  record(value: unknown, param: string): Record<string, unknown> | undefined {
    return this.#typed(value, param, 'an object', isRecord)
  }

  list(value: unknown, param: string): readonly unknown[] | undefined {
    return this.#typed(value, param, 'an array', (some): some is unknown[] => Array.isArray(some))
  }

  /** A word of `words`; any other is passed over, because vendors add words. */
  word<Word extends string>(value: unknown, words: readonly Word[]): Word | undefined {
    return words.find((known) => known === value)
  }

  #typed<T>(value: unknown, param: string, expected: string, is: (some: unknown) => some is T): T | undefined {
    if (value === undefined || value === null) return undefined
    return is(value) ? value : this.wrong(param, expected)
  }
}

/** The value when it is a string with something in it. */
export const filled = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** A value as an object, empty when it is none: for answers, where nobody can be told of a wrong type. */
export const recordOf = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {})

/** A value as an array, empty when it is none. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** The fields that are neither among `known` nor null. */
export const rest = (record: Record<string, unknown>, known: ReadonlySet<string>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(record).filter(([field, value]) => !known.has(field) && value !== null && value !== undefined),
  )
