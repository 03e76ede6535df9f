/** What the upstream says in one chat format: about 1 KB whole, or the same told in events. */
export interface Answers {
  readonly whole: Buffer
  /** A stream of `count` events that say `text` between its first and its last events, one buffer a write. */
  streamed(count: number, text?: string): { readonly head: Buffer; readonly delta: Buffer; readonly tail: Buffer }
}

const words = 'The tide came in before noon and lifted every boat that lay along the causeway. '
const wholeText = words.repeat(8)
const deltaText = ' causeway'
const id = '01K2Q7W9XJ4TZ0S3V8'

/** A server-sent event, with its name where the format has names. */
const event = (data: object, name?: string): string =>
  `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`
const named = (type: string, data: object): string => event({ type, ...data }, type)

const messageUsage = {
  input_tokens: 212,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: 1,
  service_tier: 'standard',
}

const message = (content: readonly object[], stop: string | null) => ({
  id: `msg_${id}`,
  type: 'message',
  role: 'assistant',
  model: 'bench-model',
  content,
  stop_reason: stop,
  stop_sequence: null,
  usage: messageUsage,
})

const messages: Answers = {
  whole: Buffer.from(JSON.stringify(message([{ type: 'text', text: wholeText }], 'end_turn'))),
  streamed: (count, text = deltaText) => ({
    head: Buffer.from(
      named('message_start', { message: message([], null) }) +
        named('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ),
    delta: Buffer.from(named('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })),
    tail: Buffer.from(
      named('content_block_stop', { index: 0 }) +
        named('message_delta', {
          delta: { stop_reason: 'end_turn', stop_sequence: null },
          usage: { output_tokens: count },
        }) +
        named('message_stop', {}),
    ),
  }),
}

const completion = (object: string, rest: object) => ({
  id: `chatcmpl-${id}`,
  object,
  created: 1_790_000_000,
  model: 'bench-model',
  service_tier: 'default',
  system_fingerprint: 'fp_a1b2c3d4e5',
  ...rest,
})

const completionUsage = (output: number) => ({
  prompt_tokens: 212,
  completion_tokens: output,
  total_tokens: 212 + output,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
})

const chunk = (delta: object, finish: string | null): string =>
  event(
    completion('chat.completion.chunk', {
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      usage: null,
    }),
  )

const completions: Answers = {
  whole: Buffer.from(
    JSON.stringify(
      completion('chat.completion', {
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: wholeText, refusal: null, annotations: [] },
            logprobs: null,
            finish_reason: 'stop',
          },
        ],
        usage: completionUsage(160),
      }),
    ),
  ),
  streamed: (count, text = deltaText) => ({
    head: Buffer.from(chunk({ role: 'assistant', content: '', refusal: null }, null)),
    delta: Buffer.from(chunk({ content: text }, null)),
    tail: Buffer.from(
      chunk({}, 'stop') +
        event(completion('chat.completion.chunk', { choices: [], usage: completionUsage(count) })) +
        'data: [DONE]\n\n',
    ),
  }),
}

/** By the path of the upstream that is asked. */
export const answersByPath: Readonly<Record<string, Answers>> = {
  '/v1/messages': messages,
  '/v1/chat/completions': completions,
}
