import { createHash } from 'node:crypto'
import type { Json } from '../../../../test/support/formats/format.ts'

export type { Json }

/** What one request asks, as somebody who knows only the format's documentation reads it. */
export interface View {
  /** Leading instructions. */
  readonly system: string
  /** What is said, neighbours of one role together; instructions in the middle count as the user's. */
  readonly turns: readonly Said[]
  /** What the client runs, each once; the properties are unknown of tools that the vendor knows by type. */
  readonly tools: readonly { readonly name: string; readonly properties: readonly string[] | undefined }[]
  readonly calls: readonly { readonly name: string; readonly args: unknown }[]
  readonly results: readonly string[]
  /** Digests of bytes, or addresses; in no order, because formats move the media of results. */
  readonly media: readonly string[]
  readonly choice: Choice
  /** Undefined: left to the vendor. */
  readonly maxOutput: number | undefined
  readonly temperature: number | undefined
  readonly topP: number | undefined
  readonly stop: readonly string[]
  /** Properties of the schema that the answer must obey; empty for JSON of any form. */
  readonly output: readonly string[] | undefined
}

/** `only`: the tools that it is narrowed to, unless these are all. */
export interface Choice {
  readonly mode: 'auto' | 'none' | 'required'
  readonly only?: readonly string[]
}

export interface Said {
  readonly role: 'user' | 'assistant'
  readonly text: string
}

/** What a reader of one format finds; `gathered` makes it comparable. */
export interface Found extends Omit<View, 'tools'> {
  readonly tools: readonly { readonly name: string; readonly schema: unknown }[]
}

export type RequestReader = (body: Json) => View

export const list = (value: unknown): Json[] => (Array.isArray(value) ? value : [])

/** The first of some spellings that is there. */
export const either = (value: Json, ...names: readonly string[]): Json | undefined => {
  const name = names.find((one) => value[one] !== undefined && value[one] !== null)
  return name === undefined ? undefined : value[name]
}

/** A digest of what base64 stands for. */
export const digest = (base64: string): string =>
  createHash('sha256').update(Buffer.from(base64, 'base64')).digest('hex').slice(0, 16)

const plain = (text: string): string =>
  text
    .replaceAll(/<\/?system-reminder>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()

/** Names of a schema's properties, one level; undefined when there is no schema. */
export function propertiesOf(schema: unknown): string[] | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined
  const { $defs, $ref, properties } = schema as Json
  const inner = typeof $ref === 'string' ? $defs?.[$ref.replace('#/$defs/', '')]?.properties : undefined
  return Object.keys(properties ?? inner ?? {}).sort()
}

/** `auto` is what vendors do by themselves. */
export const auto: Choice = { mode: 'auto' }

/** The text of a medium that is nothing but text. */
export const textOfMedium = (mime: unknown, base64: string): string | undefined =>
  typeof mime === 'string' && mime.startsWith('text/') ? Buffer.from(base64, 'base64').toString() : undefined

/** Puts a data URL or an address where it belongs: text among texts, all else among media. Gives the text. */
export function placeUrl(url: string, media: string[]): string {
  const [, mime, base64] = /^data:([^;,]*)[^,]*;base64,(.*)$/s.exec(url) ?? []
  const text = base64 === undefined ? undefined : textOfMedium(mime, base64)
  if (text === undefined) media.push(base64 === undefined ? url : digest(base64))
  return text ?? ''
}

export function gathered(found: Found): View {
  const turns: { role: Said['role']; text: string }[] = []
  for (const { role, text } of found.turns) {
    if (plain(text) === '') continue
    const last = turns.at(-1)
    if (last?.role === role) last.text = `${last.text} ${plain(text)}`
    else turns.push({ role, text: plain(text) })
  }
  const tools = new Map(found.tools.map(({ name, schema }) => [name, propertiesOf(schema)]))
  const { mode, only } = found.choice
  const isAll = !only || [...tools.keys()].every((name) => only.includes(name))
  return {
    ...found,
    system: plain(found.system),
    turns,
    tools: [...tools].map(([name, properties]) => ({ name, properties })),
    choice: isAll ? { mode } : { mode, only: [...only].sort() },
    // An empty object is what results without words become where they must be objects.
    results: found.results.map((text) => plain(text.replace(/^Error: |^\{\}$/, ''))),
    media: [...found.media].sort(),
    // 1 is what vendors do by themselves.
    topP: found.topP === 1 ? undefined : found.topP,
  }
}
