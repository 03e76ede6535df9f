import { excerpt } from './prompt.ts'
import { numberOrNone, quoted, rowOf, type Untyped } from './untyped.ts'

/** What a value may be coloured by: the prompt, and the property that it is for. */
export interface Saying {
  readonly prompt: string
  readonly name?: string
}

const MOST_CHARACTERS = 1000

const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2026-01-01T00:00:00Z',
  date: '2026-01-01',
  time: '00:00:00Z',
  duration: 'PT1S',
  email: 'sandbox@example.com',
  hostname: 'example.com',
  uri: 'https://example.com/',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uuid: '00000000-0000-4000-8000-000000000000',
}

/** A text of the wanted form and length. */
export function buildString(schema: Untyped, saying: Saying): string {
  const format = rowOf(FORMATS, quoted(schema.format))
  if (format !== undefined) return format
  const text = saidOf(saying) ?? (excerpt(saying.prompt, 40) || 'sandbox')
  const longest = count(schema.maxLength) ?? MOST_CHARACTERS
  const cut = [...text].slice(0, longest)
  return cut.join('') + '.'.repeat(Math.max(0, Math.min(count(schema.minLength) ?? 0, MOST_CHARACTERS) - cut.length))
}

/** A number within the wanted bounds. */
export function buildNumber(schema: Untyped, saying: Saying): number {
  const said = Number(saidOf(saying) ?? Number.NaN)
  const step = numberOrNone(schema.multipleOf) ?? 1
  const above = numberOrNone(schema.exclusiveMinimum)
  const least = numberOrNone(schema.minimum) ?? (above === undefined ? undefined : above + step)
  const below = numberOrNone(schema.exclusiveMaximum)
  const most = numberOrNone(schema.maximum) ?? (below === undefined ? undefined : below - step)
  const wanted = Number.isNaN(said) ? 1 : said
  const bounded = Math.min(Math.max(wanted, least ?? wanted), most ?? Number.POSITIVE_INFINITY)
  return schema.multipleOf === undefined ? bounded : Math.ceil(bounded / step) * step
}

/** A whole number, also one that came as a text. */
export const count = (value: unknown): number | undefined => {
  const number = Number(value ?? Number.NaN)
  return Number.isInteger(number) ? number : undefined
}

/** What the prompt says of a property: the word after its name, or the words in quotes. */
export function saidOf({ name, prompt }: Saying): string | undefined {
  if (name === undefined || !/^\w+$/.test(name)) return undefined
  const match = new RegExp(
    `\\b${name}\\b["']?\\s*(?:is|=|:)?\\s*(?:"([^"]*)"|([\\p{L}\\p{N}][\\p{L}\\p{N}._-]*))`,
    'iu',
  ).exec(prompt)
  return match?.[1] ?? match?.[2]?.replace(/\.+$/, '')
}

/** The choice that the prompt names. */
export const spoken = (choices: readonly unknown[], saying: Saying): unknown => {
  const said = saidOf(saying)
  return choices.find((choice) => quoted(choice) === said)
}
