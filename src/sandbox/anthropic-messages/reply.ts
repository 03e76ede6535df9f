import type { Answer, AnswerCall } from '../answer.ts'
import type { Call } from '../format.ts'
import { identifier } from '../hash.ts'
import { mintSeal } from '../seal.ts'
import { asRecord, type Untyped } from '../untyped.ts'
import { type CacheUse, readCache } from './cache.ts'

/** A whole message. */
export const writeReply = (call: Call, answer: Answer): object => ({
  ...skeleton(call, answer, readCache(call, answer.usage)),
  content: writeBlocks(call, answer),
  ...writeEnd(answer),
})

/** A message before its content, with the usage that it ends with. */
export const skeleton = (call: Call, answer: Answer, cache: CacheUse): Untyped => ({
  id: identifier('msg_', call.seed),
  type: 'message',
  role: 'assistant',
  model: call.name,
  content: [],
  stop_reason: null,
  stop_sequence: null,
  stop_details: null,
  container: null,
  usage: writeUsage(answer, cache),
})

const REASONS: Readonly<Record<Answer['end'], string>> = {
  end: 'end_turn',
  calls: 'tool_use',
  length: 'max_tokens',
  stop: 'stop_sequence',
  refusal: 'refusal',
  filter: 'refusal',
}

/** How the message ended: the part that a stream tells last. */
export const writeEnd = (answer: Answer): object => ({
  stop_reason: REASONS[answer.end],
  stop_sequence: answer.stop ?? null,
  stop_details:
    REASONS[answer.end] === 'refusal'
      ? { type: 'refusal', category: null, explanation: 'The sandbox was told to refuse.' }
      : null,
})

export const writeUsage = ({ usage }: Answer, { read, written5m, written1h }: CacheUse): Untyped => ({
  input_tokens: usage.input - read - written5m - written1h,
  cache_creation_input_tokens: written5m + written1h,
  cache_read_input_tokens: read,
  cache_creation: { ephemeral_5m_input_tokens: written5m, ephemeral_1h_input_tokens: written1h },
  output_tokens: usage.output,
  output_tokens_details: { thinking_tokens: usage.thinking },
  server_tool_use: null,
  service_tier: 'standard',
  inference_geo: null,
})

/** One content block, whole; a stream opens it empty and fills it. */
export type ReplyBlock =
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature: string }
  | { readonly type: 'redacted_thinking'; readonly data: string }
  | { readonly type: 'text'; readonly text: string; readonly citations: null }
  | ToolUse

interface ToolUse {
  readonly type: 'tool_use'
  readonly id: string
  readonly name: string
  readonly input: unknown
  readonly caller: { readonly type: 'direct' }
}

export const writeBlocks = (call: Call, answer: Answer): readonly ReplyBlock[] => [
  ...writeThinking(call, answer),
  ...(answer.text === '' ? [] : [{ type: 'text', text: answer.text, citations: null } as const]),
  ...answer.calls.map((item, index) => writeCall(call, item, index)),
]

/** What a signature is for; the thinking's text is what it is bound to. */
export const thinkingSeal = 'messages-thinking'
export const redactedSeal = 'messages-redacted'

function writeThinking(call: Call, { thinking, isRedacted }: Answer): readonly ReplyBlock[] {
  if (thinking === undefined) return []
  if (isRedacted) return [{ type: 'redacted_thinking', data: seal(redactedSeal, thinking) }]
  const isHidden = asRecord(call.body.thinking).display === 'omitted'
  return [{ type: 'thinking', thinking: isHidden ? '' : thinking, signature: seal(thinkingSeal, thinking) }]
}

const seal = (kind: string, bound: string): string => mintSeal({ kind, bound }).toString('base64')

const writeCall = (call: Call, { name, input }: AnswerCall, index: number): ToolUse => ({
  type: 'tool_use',
  id: identifier('toolu_', call.seed, String(index)),
  name,
  input: JSON.parse(input),
  caller: { type: 'direct' },
})
