import type { Seal, ThinkingPart } from '../../model/part.ts'
import { isRecord } from '../../wire/json.ts'
import { records, word } from './reading.ts'
import type { ReasoningDetail } from './shapes.ts'

/**
 * One entry of `reasoning_details`. Servers that route to several makers put there what each of them wants back:
 * `reasoning.text` with a signature, `reasoning.summary`, `reasoning.encrypted`.
 * @see https://openrouter.ai/docs/use-cases/reasoning-tokens
 */
export interface Detail {
  readonly text: string
  readonly form: 'summary' | 'raw'
  /** Entries of a stream that belong to one thought have one index. */
  readonly index?: number
  readonly seal?: Seal
  /** How much of the message's reasoning text is this thought's (our own entries). */
  readonly textLength?: number
}

export function readDetails(value: unknown): readonly Detail[] {
  const entries = records(value)
  return entries.length === 0 ? none : entries.flatMap((entry) => readDetail(entry) ?? [])
}

const none: readonly Detail[] = []

function readDetail(entry: Record<string, unknown>): Detail | undefined {
  const text = word(entry.text) ?? word(entry.summary) ?? ''
  const seal = sealOf(entry)
  if (text === '' && !seal) return undefined
  return {
    text,
    form: entry.type === 'reasoning.summary' || entry.type === 'reasoning.encrypted' ? 'summary' : 'raw',
    ...(typeof entry.index === 'number' && { index: entry.index }),
    ...(seal && { seal }),
    ...(typeof entry.text_length === 'number' && { textLength: entry.text_length }),
  }
}

/**
 * The entry's state. When it is more than the bare data, the whole entry but its text is kept, as JSON: the server wants
 * its `format`, `id` and `index` back too.
 */
function sealOf(entry: Record<string, unknown>): Seal | undefined {
  const { text: _text, summary: _summary, text_length: _length, ...state } = entry
  const data = word(state.data)
  const itemId = word(state.id)
  const more = { dialect: 'openai-chat', ...(itemId !== undefined && { itemId }) } as const
  if (data !== undefined)
    return isBare(state)
      ? { ...more, kind: 'encrypted', data }
      : { ...more, kind: 'encrypted', data: JSON.stringify(state) }
  return word(state.signature) === undefined ? undefined : { ...more, kind: 'signature', data: JSON.stringify(state) }
}

const isBare = (state: Record<string, unknown>): boolean =>
  Object.keys(state).every((field) => field === 'type' || field === 'data' || field === 'id')

/** The entries that give a thought back to the server that made it. Foreign seals are left out. */
export function detailsOf(part: ThinkingPart): readonly Record<string, unknown>[] {
  if (part.seal?.dialect !== 'openai-chat') return []
  const state = stateOf(part.seal)
  if (part.text === '') return [state]
  if (state.type === 'reasoning.encrypted')
    return [{ type: 'reasoning.summary', summary: part.text, ...like(state) }, state]
  return [{ ...state, [state.type === 'reasoning.summary' ? 'summary' : 'text']: part.text }]
}

/** What entries of one thought have in common. */
const like = ({ format, index }: Record<string, unknown>): Record<string, unknown> => ({
  ...(format !== undefined && { format }),
  ...(typeof index === 'number' && { index }),
})

function stateOf(seal: Seal): Record<string, unknown> {
  const entry = seal.data.startsWith('{') ? parsed(seal.data) : undefined
  return isRecord(entry)
    ? entry
    : { type: 'reasoning.encrypted', data: seal.data, ...(seal.itemId !== undefined && { id: seal.itemId }) }
}

/** Undefined when it is no JSON: then the data is taken as it is. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A thought's state for a client, who sends it back as it came. */
export const detailFor = (seal: Seal, textLength: number): ReasoningDetail => ({
  type: 'reasoning.encrypted',
  data: seal.data,
  ...(seal.itemId !== undefined && { id: seal.itemId }),
  ...(textLength > 0 && { text_length: textLength }),
})
