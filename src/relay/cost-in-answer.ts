import { billedFields } from '../dialects/billed.ts'
import type { IncomingRequest } from '../dialects/dialect.ts'
import type { ClientFormat } from '../model/dialect.ts'
import { asBuffer } from '../wire/bytes.ts'
import { isRecord } from '../wire/json.ts'
import { type Edit, type JsonPath, locate, splice } from '../wire/splice.ts'
import { editFrame } from './edit-frame.ts'
import type { Frame } from './frames.ts'

interface Said {
  readonly incoming: IncomingRequest
  readonly bytes: Uint8Array
}

/**
 * Whether the client wants to be told what its answer costs, as OpenRouter's clients say it: `usage: {include: true}`,
 * in any format. The wish is ours to hear and no vendor's, so it is taken out. In a stream of the OpenAI formats it
 * brings the usage chunk along.
 * @see https://openrouter.ai/docs/guides/administration/usage-accounting
 */
export function takeCostWish<T extends Said>(said: T, format: ClientFormat): T & { readonly wantsCost: boolean } {
  const { body } = said.incoming
  if (!isRecord(body.usage) || !('include' in body.usage)) return { ...said, wantsCost: false }
  const { usage, ...rest } = body
  const wantsCost = usage.include === true
  const options = wantsCost && body.stream === true && hasUsageChunk[format] ? withUsageChunk(rest) : {}
  const edits: Edit[] = Object.entries(options).map(([field, value]) => ({ path: [field], value }))
  return {
    ...said,
    incoming: { ...said.incoming, body: { ...rest, ...options } },
    bytes: splice(said.bytes, [{ path: ['usage'] }, ...edits]),
    wantsCost,
  }
}

const hasUsageChunk: Record<ClientFormat, boolean> = {
  'openai-chat': true,
  'openai-completions': true,
  'openai-responses': false,
  'anthropic-messages': false,
  gemini: false,
}

const withUsageChunk = ({ stream_options: options }: Readonly<Record<string, unknown>>) => ({
  stream_options: { ...(isRecord(options) && options), include_usage: true },
})

/** Where an answer, or the frame that ends it, tells its usage. `cost` stands there, in USD. */
const places: Record<ClientFormat, readonly JsonPath[]> = {
  'openai-chat': [['usage']],
  'openai-completions': [['usage']],
  'openai-responses': [['usage'], ['response', 'usage']],
  // The usage of `message_start` is no sum yet: it stands below `message`.
  'anthropic-messages': [['usage']],
  gemini: [['usageMetadata']],
}

/** USD; undefined where nobody knows. Asked only when there is a place for it. */
export type TellCost = () => number | undefined

/** A whole answer, or the payload of a frame, with its cost; the very same bytes where no usage is told. */
export function withCost(json: Uint8Array, format: ClientFormat, tell: TellCost): Uint8Array {
  const source = asBuffer(json)
  const path = places[format].find((one) => {
    const found = locate(source, one)
    return found !== undefined && source[found.start] === openBrace
  })
  const value = path && tell()
  return path && value !== undefined ? splice(json, [{ path: [...path, 'cost'], value }]) : json
}

/**
 * Without what the upstream says that it bills: that is between it and the operator, and is no client's. The very same bytes
 * where it says nothing.
 */
export const withoutBilled = (json: Uint8Array): Uint8Array => splice(json, billedEdits)

/** Whether a whole answer says what the upstream bills. */
export function tellsBilled({ usage, usageMetadata }: Readonly<Record<string, unknown>>): boolean {
  const told = usage ?? usageMetadata
  return isRecord(told) && billedFields.some((field) => field in told)
}

/** In whole answers and in the frames that begin and end streams, of any format. */
const billedEdits: readonly Edit[] = [
  ['usage'],
  ['usageMetadata'],
  ['response', 'usage'],
  ['message', 'usage'],
].flatMap((path) => billedFields.map((field) => ({ path: [...path, field] })))

/** A forwarded frame that tells usage, without what the upstream bills. */
export const frameWithoutBilled = (frame: Frame): Frame =>
  frame.data.includes('cost') || frame.data.includes('is_byok') ? editFrame(frame, withoutBilled) : frame

/** A forwarded frame with the cost. */
export const frameWithCost = (frame: Frame, format: ClientFormat, tell: TellCost): Frame =>
  frame.data.includes('"usage') ? editFrame(frame, (json) => withCost(json, format, tell)) : frame

/** What one of our own writers gave for an event: whole frames, each JSON on a line of its own. */
export const textWithCost = (text: string, format: ClientFormat, tell: TellCost): string =>
  text.includes('"usage')
    ? text
        .split('\n')
        .map((line) => (line.includes('"usage') ? lineWithCost(line, format, tell) : line))
        .join('\n')
    : text

function lineWithCost(line: string, format: ClientFormat, tell: TellCost): string {
  const start = line.indexOf('{')
  const end = line.lastIndexOf('}') + 1
  if (start < 0 || end <= start) return line
  const json = asBuffer(withCost(Buffer.from(line.slice(start, end)), format, tell)).toString()
  return line.slice(0, start) + json + line.slice(end)
}

const openBrace = 0x7b
