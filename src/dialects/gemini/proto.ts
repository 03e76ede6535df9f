import { isRecord } from '../../wire/json.ts'

/**
 * A protobuf message in its JSON form, one level of it with its keys in camelCase. Both spellings are legal on the wire.
 * @see https://protobuf.dev/programming-guides/json/
 */
export type Message = Readonly<Record<string, unknown>>

/** The message with camelCase keys, or undefined when it is no object. Values stay as they are: they may be the user's data. */
export function readMessage(value: unknown): Message | undefined {
  if (!isRecord(value)) return undefined
  const keys = Object.keys(value)
  if (!keys.some((key) => key.includes('_'))) return value
  return Object.fromEntries(keys.map((key) => [camelCase(key), value[key]]))
}

/** The message of one member, empty when there is none. */
export const memberOf = (message: Message, key: string): Message => readMessage(message[key]) ?? {}

/** A repeated field's messages. A single object counts as a list of one; what is no object is left out. */
export function readList(value: unknown): readonly Message[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value]
  return items.map(readMessage).filter((message) => message !== undefined)
}

/** A repeated string field; a single string counts as a list of one. */
export function readTexts(value: unknown): readonly string[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value]
  return items.filter((item) => typeof item === 'string')
}

export const readText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

export const readFlag = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined)

/** A number, also as the string that proto3 JSON writes for int64. */
export function readNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

/** An enum's word in lower case without its prefix: `THINKING_LEVEL_HIGH`, `HIGH` and `high` are `high`. */
export function readWord(value: unknown, prefix = ''): string | undefined {
  if (typeof value !== 'string') return undefined
  const word = value.trim().toLowerCase()
  return word.startsWith(prefix) ? word.slice(prefix.length) : word
}

/** A bytes field in the standard alphabet with padding; the URL-safe one is legal on the wire. */
export function readBytes(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  if (!/[-_\s]/.test(value)) return value
  const bare = value.replaceAll(/\s+/g, '').replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')
  return bare + '='.repeat((4 - (bare.length % 4)) % 4)
}

/** `snake_case` to `camelCase`. A leading underscore stays. */
export const camelCase = (key: string): string =>
  key.replace(/(?<=.)_+([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase())
