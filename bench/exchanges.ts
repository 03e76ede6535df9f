/** One request as a client sends it, again and again. */
export interface Exchange {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Bytes that the end of a right answer holds. */
  readonly ends: string
}

/** How the upstream answers; it is the last word of the model's name, so that it arrives through any gateway. */
export type Manner = 'whole' | 'events' | 'brief' | 'live' | 'flood'

/** Texts in an answer of the manner `events`; what the cost of a stream is divided by. */
export const eventsPerAnswer = 200

/** The key that clients send and the gateway is configured with. */
export const benchKey = 'bench-key-0123456789'

/** Prefixes of model names: which upstream format the gateway's channel speaks. */
export const upstreamModels = { messages: 'm', completions: 'c' } as const

const sentences = 'Explain how a causeway is built where the tide comes in twice a day, and what it is built from. '
const system = 'You are a careful engineer. Answer in plain words, and say what you do not know. '.repeat(4)
const question = sentences.repeat(6)

interface Asked {
  readonly manner: Manner
  /** The upstream format; another than the client's makes the gateway translate. */
  readonly upstream: keyof typeof upstreamModels
}

const named = ({ manner, upstream }: Asked) => ({
  model: `${upstreamModels[upstream]}-${manner}`,
  ...(manner !== 'whole' && { stream: true }),
})

/** A request of an Anthropic client. */
export const messagesRequest = (asked: Asked): Exchange => ({
  path: '/v1/messages',
  headers: { 'content-type': 'application/json', 'x-api-key': benchKey, 'anthropic-version': '2023-06-01' },
  body: JSON.stringify({
    ...named(asked),
    max_tokens: 1024,
    system,
    messages: [{ role: 'user', content: question }],
  }),
  ends: asked.manner === 'whole' ? '"end_turn"' : '"message_stop"',
})

/** A request of an OpenAI client of chat completions. */
export const completionsRequest = (asked: Asked): Exchange => ({
  path: '/v1/chat/completions',
  headers: { 'content-type': 'application/json', authorization: `Bearer ${benchKey}` },
  body: JSON.stringify({
    ...named(asked),
    max_completion_tokens: 1024,
    ...(asked.manner !== 'whole' && { stream_options: { include_usage: true } }),
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: question },
    ],
  }),
  ends: asked.manner === 'whole' ? '"stop"' : '[DONE]',
})
