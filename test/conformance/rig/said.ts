import type { ServerResponse } from 'node:http'
import type { DialectId } from '../../../src/model/dialect.ts'
import type { Json } from '../../support/formats/format.ts'

/** What a scripted upstream answers, whatever its format. */
export interface Said {
  readonly thinking?: string
  readonly text?: string
  /** `input` as a string is the exact text of the arguments. */
  readonly calls?: readonly { readonly id?: string; readonly name: string; readonly input: Json | string }[]
  readonly stop?: 'end' | 'length'
  /** How many pieces texts and arguments come in. */
  readonly pieces?: number
}

/** The answer in one format, whole and told slowly. Written by hand so that it can judge our readers. */
interface Script {
  whole(said: Said): Json
  /** Frames of the stream, each with its blank line. */
  frames(said: Said): string[]
}

/** The tokens that every scripted answer reports. */
export const usage = { input: 120, cached: 20, output: 30, reasoning: 10 } as const

const named = (event: Json): string => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
const plain = (data: Json | string): string => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`

/** Cuts between UTF-16 units: a surrogate pair may be cut, as vendors do. */
function cut(text: string, pieces = 3): string[] {
  const length = Math.max(1, Math.ceil(text.length / pieces))
  return Array.from({ length: Math.ceil(text.length / length) }, (_, at) => text.slice(at * length, (at + 1) * length))
}

const textOf = (input: Json | string): string => (typeof input === 'string' ? input : JSON.stringify(input))
const parsed = (input: Json | string): Json =>
  typeof input === 'string' ? (input === '' ? {} : JSON.parse(input)) : input

const anthropicMessages: Script = {
  whole: (said) => ({
    id: 'msg_01',
    type: 'message',
    role: 'assistant',
    model: 'upstream-model',
    content: [
      ...(said.thinking ? [{ type: 'thinking', thinking: said.thinking, signature: 'c2lnbmF0dXJl' }] : []),
      ...(said.text ? [{ type: 'text', text: said.text }] : []),
      ...(said.calls ?? []).map((call, at) => ({
        type: 'tool_use',
        id: call.id ?? `toolu_${at}`,
        name: call.name,
        input: parsed(call.input),
      })),
    ],
    stop_reason: said.stop === 'length' ? 'max_tokens' : said.calls ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: {
      input_tokens: usage.input - usage.cached,
      cache_read_input_tokens: usage.cached,
      cache_creation_input_tokens: 0,
      output_tokens: usage.output,
      output_tokens_details: { thinking_tokens: usage.reasoning },
    },
  }),
  frames(said) {
    const { content, stop_reason, usage: used, ...message } = this.whole(said)
    const start = { ...message, content: [], stop_reason: null, usage: { ...used, output_tokens: 1 } }
    const blocks: Json[] = content
    return [
      named({ type: 'message_start', message: start }),
      named({ type: 'ping' }),
      ...blocks.flatMap((block, index) => {
        const delta = (value: Json) => named({ type: 'content_block_delta', index, delta: value })
        const told: Record<string, () => [Json, string[]]> = {
          text: () => [
            { type: 'text', text: '' },
            cut(block.text, said.pieces).map((text) => delta({ type: 'text_delta', text })),
          ],
          thinking: () => [
            { type: 'thinking', thinking: '', signature: '' },
            [
              ...cut(block.thinking, said.pieces).map((thinking) => delta({ type: 'thinking_delta', thinking })),
              delta({ type: 'signature_delta', signature: block.signature }),
            ],
          ],
          tool_use: () => [
            { ...block, input: {} },
            cut(
              textOf(said.calls?.[index - (blocks.length - (said.calls?.length ?? 0))]?.input ?? ''),
              said.pieces,
            ).map((partial_json) => delta({ type: 'input_json_delta', partial_json })),
          ],
        }
        const [content_block, deltas] = told[block.type]?.() ?? [block, []]
        return [
          named({ type: 'content_block_start', index, content_block }),
          ...deltas,
          named({ type: 'content_block_stop', index }),
        ]
      }),
      named({ type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: used }),
      named({ type: 'message_stop' }),
    ]
  },
}

const chatHead = { id: 'chatcmpl-1', created: 1_700_000_000, model: 'upstream-model' }
const chatUsage = {
  prompt_tokens: usage.input,
  completion_tokens: usage.output,
  total_tokens: usage.input + usage.output,
  prompt_tokens_details: { cached_tokens: usage.cached },
  completion_tokens_details: { reasoning_tokens: usage.reasoning },
}
const chatFinish = (said: Said): string => (said.stop === 'length' ? 'length' : said.calls ? 'tool_calls' : 'stop')

const openaiChat: Script = {
  whole: (said) => ({
    ...chatHead,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: said.text ?? (said.calls ? null : ''),
          refusal: null,
          ...(said.thinking && { reasoning_content: said.thinking }),
          ...(said.calls && {
            tool_calls: said.calls.map((call, at) => ({
              id: call.id ?? `call_${at}`,
              type: 'function',
              function: { name: call.name, arguments: textOf(call.input) },
            })),
          }),
        },
        finish_reason: chatFinish(said),
      },
    ],
    usage: chatUsage,
  }),
  frames(said) {
    const chunk = (delta: Json, finish_reason: string | null = null) =>
      plain({ ...chatHead, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] })
    return [
      chunk({ role: 'assistant', content: '' }),
      ...cut(said.thinking ?? '', said.pieces).map((reasoning_content) => chunk({ reasoning_content })),
      ...cut(said.text ?? '', said.pieces).map((content) => chunk({ content })),
      ...(said.calls ?? []).flatMap((call, index) => [
        chunk({
          tool_calls: [
            { index, id: call.id ?? `call_${index}`, type: 'function', function: { name: call.name, arguments: '' } },
          ],
        }),
        ...cut(textOf(call.input), said.pieces).map((piece) =>
          chunk({ tool_calls: [{ index, function: { arguments: piece } }] }),
        ),
      ]),
      chunk({}, chatFinish(said)),
      plain({ ...chatHead, object: 'chat.completion.chunk', choices: [], usage: chatUsage }),
      plain('[DONE]'),
    ]
  },
}

const openaiResponses: Script = {
  whole: (said) => ({
    id: 'resp_1',
    object: 'response',
    created_at: 1_700_000_000,
    model: 'upstream-model',
    status: said.stop === 'length' ? 'incomplete' : 'completed',
    error: null,
    incomplete_details: said.stop === 'length' ? { reason: 'max_output_tokens' } : null,
    output: [
      ...(said.thinking
        ? [
            {
              type: 'reasoning',
              id: 'rs_1',
              summary: [{ type: 'summary_text', text: said.thinking }],
              encrypted_content: 'ZW5jcnlwdGVk',
            },
          ]
        : []),
      ...(said.text !== undefined
        ? [
            {
              type: 'message',
              id: 'msg_1',
              role: 'assistant',
              status: 'completed',
              content: [{ type: 'output_text', text: said.text, annotations: [] }],
            },
          ]
        : []),
      ...(said.calls ?? []).map((call, at) => ({
        type: 'function_call',
        id: `fc_${at}`,
        call_id: call.id ?? `call_${at}`,
        name: call.name,
        arguments: textOf(call.input),
        status: 'completed',
      })),
    ],
    usage: {
      input_tokens: usage.input,
      input_tokens_details: { cached_tokens: usage.cached },
      output_tokens: usage.output,
      output_tokens_details: { reasoning_tokens: usage.reasoning },
      total_tokens: usage.input + usage.output,
    },
  }),
  frames(said) {
    const response = this.whole(said)
    let sequence_number = 0
    const told = (event: Json) => named({ ...event, sequence_number: sequence_number++ })
    const started = { ...response, status: 'in_progress', output: [], usage: null, incomplete_details: null }
    const items: Json[] = response.output
    return [
      told({ type: 'response.created', response: started }),
      told({ type: 'response.in_progress', response: started }),
      ...items.flatMap((item, output_index) => itemFrames(item, output_index, said, told)),
      told({ type: `response.${response.status}`, response }),
    ]
  },
}

function itemFrames(item: Json, output_index: number, said: Said, told: (event: Json) => string): string[] {
  const at = { output_index, item_id: item.id }
  const kinds: Record<string, () => { empty: Json; events: Json[] }> = {
    message: () => {
      const [part] = item.content
      const where = { ...at, content_index: 0 }
      return {
        empty: { ...item, status: 'in_progress', content: [] },
        events: [
          { type: 'response.content_part.added', ...where, part: { ...part, text: '' } },
          ...cut(part.text, said.pieces).map((delta) => ({ type: 'response.output_text.delta', ...where, delta })),
          { type: 'response.output_text.done', ...where, text: part.text },
          { type: 'response.content_part.done', ...where, part },
        ],
      }
    },
    reasoning: () => {
      const [part] = item.summary
      const where = { ...at, summary_index: 0 }
      return {
        empty: { ...item, summary: [], encrypted_content: '' },
        events: [
          { type: 'response.reasoning_summary_part.added', ...where, part: { ...part, text: '' } },
          ...cut(part.text, said.pieces).map((delta) => ({
            type: 'response.reasoning_summary_text.delta',
            ...where,
            delta,
          })),
          { type: 'response.reasoning_summary_text.done', ...where, text: part.text },
          { type: 'response.reasoning_summary_part.done', ...where, part },
        ],
      }
    },
    function_call: () => ({
      empty: { ...item, arguments: '', status: 'in_progress' },
      events: [
        ...cut(item.arguments, said.pieces).map((delta) => ({
          type: 'response.function_call_arguments.delta',
          ...at,
          delta,
        })),
        { type: 'response.function_call_arguments.done', ...at, name: item.name, arguments: item.arguments },
      ],
    }),
  }
  const { empty, events } = kinds[item.type]?.() ?? { empty: item, events: [] }
  return [
    told({ type: 'response.output_item.added', output_index, item: empty }),
    ...events.map(told),
    told({ type: 'response.output_item.done', output_index, item }),
  ]
}

const geminiHead = { modelVersion: 'upstream-model', responseId: 'resp-1' }
const geminiUsage = {
  promptTokenCount: usage.input,
  cachedContentTokenCount: usage.cached,
  candidatesTokenCount: usage.output - usage.reasoning,
  thoughtsTokenCount: usage.reasoning,
  totalTokenCount: usage.input + usage.output,
}
const callParts = (said: Said): Json[] =>
  (said.calls ?? []).map(({ id, name, input }) => ({ functionCall: { ...(id && { id }), name, args: parsed(input) } }))
const finishOf = (said: Said): string => (said.stop === 'length' ? 'MAX_TOKENS' : 'STOP')

const gemini: Script = {
  whole: (said) => ({
    ...geminiHead,
    candidates: [
      {
        index: 0,
        content: {
          role: 'model',
          parts: [
            ...(said.thinking ? [{ text: said.thinking, thought: true }] : []),
            ...(said.text !== undefined ? [{ text: said.text }] : []),
            ...callParts(said),
          ],
        },
        finishReason: finishOf(said),
      },
    ],
    usageMetadata: geminiUsage,
  }),
  frames(said) {
    const chunk = (parts: Json[], more: Json = {}, finish: Json = {}) =>
      plain({ ...geminiHead, candidates: [{ index: 0, content: { role: 'model', parts }, ...finish }], ...more })
    return [
      ...cut(said.thinking ?? '', said.pieces).map((text) => chunk([{ text, thought: true }])),
      ...cut(said.text ?? '', said.pieces).map((text) => chunk([{ text }])),
      ...callParts(said).map((part) => chunk([part])),
      chunk([{ text: '' }], { usageMetadata: geminiUsage }, { finishReason: finishOf(said) }),
    ]
  },
}

export const scripts: Record<DialectId, Script> = {
  'anthropic-messages': anthropicMessages,
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  gemini,
}

/** Which format a path belongs to, and whether a stream is wanted. */
export function askedIn({ path, body }: { readonly path: string; readonly body: string }): {
  format: DialectId
  isStream: boolean
} {
  if (path.includes(':')) return { format: 'gemini', isStream: path.includes(':streamGenerateContent') }
  const isStream = JSON.parse(body).stream === true
  if (path.endsWith('/messages')) return { format: 'anthropic-messages', isStream }
  return { format: path.endsWith('/responses') ? 'openai-responses' : 'openai-chat', isStream }
}

/** Answers with what is said, in the form that was asked for. */
export function say(said: Said, response: ServerResponse, asked: { path: string; body: string }): void {
  const { format, isStream } = askedIn(asked)
  response.setHeader('content-type', isStream ? 'text/event-stream' : 'application/json')
  if (!isStream) response.end(JSON.stringify(scripts[format].whole(said)))
  else response.end(scripts[format].frames(said).join(''))
}
