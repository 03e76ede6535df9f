import type { DialectId } from '../../src/model/dialect.ts'
import type { Json } from '../support/formats/format.ts'

/** What a scripted model says, in order: thoughts, text, calls. */
export interface Said {
  readonly thinking?: string
  /** The vendor's opaque state: of the thoughts, or of the first call (Gemini). */
  readonly seal?: string
  readonly text?: string
  readonly calls?: readonly { readonly id: string; readonly name: string; readonly input: Json }[]
  /** The format's own word; absent: the one that fits. */
  readonly stop?: string
  /** The format's own usage; absent: 100 tokens read and 20 written. */
  readonly usage?: Json
}

/** Whole replies, as each vendor writes them. */
export const replies: Record<DialectId, (said: Said) => Json> = {
  'anthropic-messages': (said) => ({
    id: 'msg_up',
    type: 'message',
    role: 'assistant',
    model: 'upstream-model',
    content: blocksOf(said),
    stop_reason: said.stop ?? (said.calls ? 'tool_use' : 'end_turn'),
    stop_sequence: null,
    usage: said.usage ?? usages['anthropic-messages'],
  }),
  'openai-chat': (said) => ({
    id: 'chatcmpl-up',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'upstream-model',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: said.text ?? null,
          refusal: null,
          ...(said.thinking && { reasoning_content: said.thinking }),
          ...(said.calls && { tool_calls: said.calls.map(chatCall) }),
        },
        finish_reason: said.stop ?? (said.calls ? 'tool_calls' : 'stop'),
        logprobs: null,
      },
    ],
    usage: said.usage ?? usages['openai-chat'],
  }),
  'openai-responses': (said) => ({
    ...responseHead,
    status: 'completed',
    output: itemsOf(said),
    usage: said.usage ?? usages['openai-responses'],
  }),
  gemini: (said) => ({
    candidates: [{ index: 0, content: { role: 'model', parts: partsOf(said) }, finishReason: said.stop ?? 'STOP' }],
    usageMetadata: said.usage ?? usages.gemini,
    modelVersion: 'upstream-model',
    responseId: 'up',
  }),
}

/** The same as a stream: frames, ready to send. */
export const streams: Record<DialectId, (said: Said) => string[]> = {
  'anthropic-messages': anthropicStream,
  'openai-chat': chatStream,
  'openai-responses': responsesStream,
  gemini: geminiStream,
}

export const usages: Record<DialectId, Json> = {
  'anthropic-messages': {
    input_tokens: 100,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: 20,
  },
  'openai-chat': { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
  'openai-responses': {
    input_tokens: 100,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 20,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 120,
  },
  gemini: { promptTokenCount: 100, candidatesTokenCount: 20, totalTokenCount: 120 },
}

/** A frame with its name, as Anthropic and the Responses API send them. */
export const named = (data: Json): string => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`

/** A frame of data alone, as Chat Completions and Gemini send them. */
export const bare = (data: Json): string => `data: ${JSON.stringify(data)}\n\n`

/** What an answer says after its head and before its end: half an answer. */
export const beginning = (format: DialectId, text: string): string[] => {
  const frames = streams[format]({ text })
  const at = frames.findIndex((frame) => frame.includes(JSON.stringify(text.slice(0, 2)).slice(1, -1)))
  return frames.slice(0, at + 1)
}

/** A text as a stream of many deltas, cut before its end. */
export const deltas = (format: DialectId, texts: readonly string[]): string[] => {
  const [first = ''] = texts
  const marker = `<${first}>`
  const frames = beginning(format, marker)
  const delta = frames.pop() ?? ''
  return [...frames, ...texts.map((text) => delta.replace(JSON.stringify(marker).slice(1, -1), text))]
}

function blocksOf({ calls, seal, text, thinking }: Said): Json[] {
  const thought =
    thinking === undefined
      ? seal === undefined
        ? []
        : [{ type: 'redacted_thinking', data: seal }]
      : [{ type: 'thinking', thinking, signature: seal ?? 'c2lnbmVk' }]
  return [
    ...thought,
    ...(text === undefined ? [] : [{ type: 'text', text, citations: null }]),
    ...(calls ?? []).map(({ id, input, name }) => ({ type: 'tool_use', id, name, input })),
  ]
}

const chatCall = ({ id, input, name }: { id: string; name: string; input: Json }): Json => ({
  id,
  type: 'function',
  function: { name, arguments: JSON.stringify(input) },
})

const responseHead: Json = {
  id: 'resp_up',
  object: 'response',
  created_at: 1_700_000_000,
  model: 'upstream-model',
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  parallel_tool_calls: true,
  temperature: 1,
  top_p: 1,
  tool_choice: 'auto',
  tools: [],
}

function itemsOf({ calls, seal, text, thinking }: Said): Json[] {
  const reasoning =
    thinking === undefined && seal === undefined
      ? []
      : [
          {
            id: 'rs_up',
            type: 'reasoning',
            summary: thinking === undefined ? [] : [{ type: 'summary_text', text: thinking }],
            ...(seal && { encrypted_content: seal }),
          },
        ]
  const message =
    text === undefined
      ? []
      : [
          {
            id: 'msg_up',
            type: 'message',
            role: 'assistant',
            status: 'completed',
            content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
          },
        ]
  const called = (calls ?? []).map(({ id, input, name }, position) => ({
    id: `fc_up${position}`,
    type: 'function_call',
    call_id: id,
    name,
    arguments: JSON.stringify(input),
    status: 'completed',
  }))
  return [...reasoning, ...message, ...called]
}

function partsOf({ calls, seal, text, thinking }: Said): Json[] {
  const sealed = seal && { thoughtSignature: seal }
  return [
    ...(thinking === undefined ? [] : [{ text: thinking, thought: true }]),
    ...(text === undefined ? [] : [{ text, ...(!calls && sealed) }]),
    ...(calls ?? []).map(({ id, input, name }, position) => ({
      functionCall: { ...(id && { id }), name, args: input },
      ...(position === 0 && sealed),
    })),
  ]
}

function anthropicStream(said: Said): string[] {
  const whole = replies['anthropic-messages'](said)
  const { output_tokens: outputTokens, ...input } = whole.usage
  const start = { ...whole, content: [], stop_reason: null, usage: { ...input, output_tokens: 1 } }
  return [
    { type: 'message_start', message: start },
    ...whole.content.flatMap((block: Json, index: number) => [
      { type: 'content_block_start', index, content_block: emptied(block) },
      ...deltasOf(block).map((delta) => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]),
    {
      type: 'message_delta',
      delta: { stop_reason: whole.stop_reason, stop_sequence: null },
      usage: { output_tokens: outputTokens },
    },
    { type: 'message_stop' },
  ].map(named)
}

const emptied = (block: Json): Json => {
  if (block.type === 'text') return { ...block, text: '' }
  if (block.type === 'thinking') return { ...block, thinking: '', signature: '' }
  return block.type === 'tool_use' ? { ...block, input: {} } : block
}

function deltasOf(block: Json): Json[] {
  if (block.type === 'text') return [{ type: 'text_delta', text: block.text }]
  if (block.type === 'tool_use') return [{ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }]
  if (block.type !== 'thinking') return []
  return [
    { type: 'thinking_delta', thinking: block.thinking },
    { type: 'signature_delta', signature: block.signature },
  ]
}

function chatStream(said: Said): string[] {
  const { choices, usage, ...head } = replies['openai-chat'](said)
  const chunk = (delta: Json, finish: string | null = null): Json => ({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finish }],
  })
  const [{ finish_reason: finish, message }] = choices
  return [
    ...[
      chunk({ role: 'assistant', content: '' }),
      ...(message.reasoning_content ? [chunk({ reasoning_content: message.reasoning_content })] : []),
      ...(message.content ? [chunk({ content: message.content })] : []),
      ...(message.tool_calls ?? []).map((call: Json, index: number) => chunk({ tool_calls: [{ index, ...call }] })),
      chunk({}, finish),
      { ...head, object: 'chat.completion.chunk', choices: [], usage },
    ].map(bare),
    'data: [DONE]\n\n',
  ]
}

function responsesStream(said: Said): string[] {
  const whole = replies['openai-responses'](said)
  const head = { ...whole, status: 'in_progress', output: [], usage: null }
  const events: Json[] = [
    { type: 'response.created', response: head },
    { type: 'response.in_progress', response: head },
    ...whole.output.flatMap((item: Json, index: number) => itemEvents(item, index)),
    { type: 'response.completed', response: whole },
  ]
  return events.map((event, sequence) => named({ ...event, sequence_number: sequence }))
}

function itemEvents(item: Json, index: number): Json[] {
  const here = { item_id: item.id, output_index: index }
  const bodies: Record<string, () => Json[]> = {
    reasoning: () =>
      item.summary.flatMap((part: Json, summary: number) => [
        { type: 'response.reasoning_summary_part.added', ...here, summary_index: summary, part: { ...part, text: '' } },
        { type: 'response.reasoning_summary_text.delta', ...here, summary_index: summary, delta: part.text },
        { type: 'response.reasoning_summary_text.done', ...here, summary_index: summary, text: part.text },
        { type: 'response.reasoning_summary_part.done', ...here, summary_index: summary, part },
      ]),
    message: () =>
      item.content.flatMap((part: Json, content: number) => [
        { type: 'response.content_part.added', ...here, content_index: content, part: { ...part, text: '' } },
        { type: 'response.output_text.delta', ...here, content_index: content, delta: part.text },
        ...part.annotations.map((annotation: Json, at: number) => ({
          type: 'response.output_text.annotation.added',
          ...here,
          content_index: content,
          annotation_index: at,
          annotation,
        })),
        { type: 'response.output_text.done', ...here, content_index: content, text: part.text },
        { type: 'response.content_part.done', ...here, content_index: content, part },
      ]),
    function_call: () => [
      { type: 'response.function_call_arguments.delta', ...here, delta: item.arguments },
      { type: 'response.function_call_arguments.done', ...here, arguments: item.arguments },
    ],
  }
  const empty: Record<string, Json> = {
    reasoning: { summary: [], encrypted_content: 'only a part' },
    message: { content: [] },
    function_call: { arguments: '' },
  }
  return [
    {
      type: 'response.output_item.added',
      output_index: index,
      item: { ...item, status: 'in_progress', ...empty[item.type] },
    },
    ...(bodies[item.type]?.() ?? []),
    { type: 'response.output_item.done', output_index: index, item },
  ]
}

function geminiStream(said: Said): string[] {
  const { candidates, usageMetadata, ...head } = replies.gemini(said)
  const [{ content, finishReason }] = candidates
  const chunk = (parts: Json[], more: Json = {}, usage: Json = {}): Json => ({
    ...head,
    candidates: [{ index: 0, content: { role: 'model', parts }, ...more }],
    ...usage,
  })
  return [
    ...content.parts.map((part: Json) => chunk([part])),
    chunk([{ text: '' }], { finishReason }, { usageMetadata }),
  ].map(bare)
}
