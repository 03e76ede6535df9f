import type { Delta } from '../../model/event.ts'
import type { TokenLogprob } from '../../model/part.ts'
import { executedParts } from './executed-tools.ts'
import { readLogprobs } from './logprobs.ts'
import { inline, mediumAt, mimeOf } from './media-read.ts'
import { lookUp, recordOf, records, word } from './reading.ts'
import { readDetails } from './reasoning-details.ts'
import type { Teller } from './teller.ts'

/** Where visible content goes: to the teller at once, or first through the extraction of `<think>`. */
export interface Listener {
  readonly teller: Teller
  content(text: string, logprobs?: readonly TokenLogprob[]): void
  newId(): string
}

/** Tells what one choice of a chunk adds, `delta` or a whole `message`. Thoughts come before the words they led to. */
export function readDelta(choice: Record<string, unknown>, listener: Listener): void {
  const delta = recordOf(choice.delta ?? choice.message)
  readThoughts(delta, listener.teller)
  for (const [field, read] of fields) {
    const value = delta[field]
    if (value !== undefined && value !== null) read(value, listener, choice)
  }
  const signature = word(recordOf(recordOf(delta.extra_content).google).thought_signature)
  const sign = signature ?? word(delta.thought_signature)
  if (sign !== undefined) listener.teller.sign(sign)
  // Text completions, and servers that answer like them.
  if (typeof choice.text === 'string') listener.content(choice.text)
}

function readThoughts(delta: Readonly<Record<string, unknown>>, teller: Teller): void {
  const details = readDetails(delta.reasoning_details)
  const plain = word(delta.reasoning_content) ?? word(delta.reasoning) ?? ''
  // Where the details have the text, the plain field repeats it.
  if (plain !== '' && details.every((detail) => detail.text === '')) teller.think({ text: plain, form: 'raw' })
  for (const detail of details) teller.think(detail)
}

type ReadField = (value: unknown, listener: Listener, choice: Record<string, unknown>) => void

/** The fields of a delta, in the order in which their contents were said. */
const fields: readonly (readonly [string, ReadField])[] = [
  ['executed_tools', readExecuted],
  ['refusal', (value, { teller }) => teller.refuse(word(value) ?? '')],
  ['content', readContent],
  ['images', (value, { teller }) => records(value).forEach((image) => void readImage(image, teller))],
  ['audio', (value, { teller }) => readAudio(recordOf(value), teller)],
  ['annotations', (value, { teller }) => records(value).forEach((annotation) => void teller.cite(annotation))],
  ['tool_calls', (value, { teller }) => teller.calls.push(value)],
  ['function_call', (value, { teller }) => teller.calls.push([{ index: 0, function: value }])],
]

function readExecuted(value: unknown, { teller, newId }: Listener): void {
  for (const executed of records(value)) for (const part of executedParts(executed, newId())) teller.whole(part)
}

function readContent(value: unknown, listener: Listener, choice: Record<string, unknown>): void {
  if (typeof value === 'string') listener.content(value, readLogprobs(choice.logprobs))
  for (const part of records(value)) lookUp(contentParts, word(part.type) ?? 'text')?.(part, listener)
}

/** Content parts, as some servers answer with. */
const contentParts: Readonly<Record<string, (part: Record<string, unknown>, listener: Listener) => void>> = {
  text: (part, listener) => listener.content(word(part.text) ?? ''),
  output_text: (part, listener) => listener.content(word(part.text) ?? ''),
  refusal: (part, { teller }) => teller.refuse(word(part.refusal) ?? ''),
  thinking: (part, { teller }) => teller.think({ text: thoughtOf(part.thinking), form: 'raw' }),
  reasoning: (part, { teller }) => teller.think({ text: thoughtOf(part.reasoning ?? part.text), form: 'raw' }),
  image_url: (part, { teller }) => readImage(part, teller),
}

/** The text of a thought, which may be a string or a list of text parts. */
const thoughtOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : records(value)
        .map((part) => word(part.text) ?? '')
        .join('')

function readImage(image: Record<string, unknown>, teller: Teller): void {
  const url = word(image.image_url) ?? word(recordOf(image.image_url).url) ?? word(image.url)
  const base64 = word(image.b64_json)
  if (url !== undefined) teller.whole(mediumAt(url, 'image'))
  else if (base64 !== undefined) teller.whole(inline(base64, 'image', 'image/png'))
}

/** Speech: the id comes once, the sound and its words in pieces. */
function readAudio(audio: Readonly<Record<string, unknown>>, teller: Teller): void {
  const [id, data, transcript] = [word(audio.id), word(audio.data), word(audio.transcript)]
  const mime = (data && inline(data, 'audio').mime) ?? mimeOf(word(audio.format) ?? '')
  const deltas: Delta[] = []
  if (data !== undefined) deltas.push({ kind: 'audio', data })
  if (transcript !== undefined) deltas.push({ kind: 'transcript', text: transcript })
  const source = { kind: 'base64', data: '' } as const
  const named = { ...(id !== undefined && { audioId: id }), ...(mime && { mime }) }
  teller.speak({ kind: 'media', media: 'audio', source, ...named }, deltas)
}
