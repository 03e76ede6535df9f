import { describe, expect, it } from 'vitest'
import { dialects } from '../../src/dialects/index.ts'
import { dialectIds } from '../../src/model/dialect.ts'

/** How servers in the wild say that a prompt is too long, and the two numbers that are in it: tokens and maximum. */
const wordings: readonly (readonly [words: string, tokens?: number, maximum?: number])[] = [
  [
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 140002 tokens. Please reduce the length of the messages.",
    140_002,
    128_000,
  ],
  [
    'Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300123 tokens.',
    300_123,
    272_000,
  ],
  ['Your input exceeds the context window of this model. Please adjust your input and try again.'],
  ['The prompt (total length 40011) is longer than the maximum model length of 32768.', 40_011, 32_768],
  ["The input (40011 tokens) is longer than the model's context length (32768 tokens).", 40_011, 32_768],
  ['the request exceeds the available context size (8192 tokens), try increasing it'],
  ['The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).', 1_200_000, 1_048_576],
  ['Invalid request: Your request exceeded model token limit: 262144 (requested: 270123)', 270_123, 262_144],
  ['Prompt exceeds max length'],
  ['invalid params, context window exceeds limit (2013)'],
  ['<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 129024]'],
  ["This model's maximum prompt length is 131072 but the request contains 140000 tokens.", 140_000, 131_072],
  ['Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 and 200'],
  ['Tokens in request more than max tokens allowed'],
  ['Input is too long for requested model.'],
  ['prompt is too long: 210000 tokens > 200000 maximum', 210_000, 200_000],
]

describe.each(dialectIds)('%s: a prompt that is too long', (id) => {
  const { upstream } = dialects[id]
  const client = dialects['anthropic-messages'].client
  const body = (message: string) =>
    id === 'gemini'
      ? { error: { code: 400, status: 'INVALID_ARGUMENT', message } }
      : { type: 'error', error: { type: 'invalid_request_error', message } }

  it.each(wordings.map(([message, tokens, maximum]) => ({ message, tokens, maximum })))('$message', (said) => {
    const { message, tokens, maximum } = said
    const fault = upstream.readFault({ status: 400, headers: {}, text: JSON.stringify(body(message)) })
    expect(fault.class).toBe('context_length')
    const told = client.writeFault(fault, 'req_1')
    const numbers = tokens === undefined ? '' : `${tokens} tokens > ${maximum} maximum`
    expect(told.status).toBe(400)
    expect(told.body).toMatchObject({
      error: {
        type: 'invalid_request_error',
        message: expect.stringContaining(`prompt is too long: ${numbers}`),
      },
    })
  })

  it.each([
    ['max_tokens: 64000 > 32000, which is the maximum allowed number of output tokens'],
    ['messages: too long a list'],
    ['tools.0.name: string too long. Expected a string with maximum length 64'],
  ])('is not said by: %s', (message) => {
    const fault = upstream.readFault({ status: 400, headers: {}, text: JSON.stringify(body(message)) })
    expect(fault.class).toBe('invalid')
  })
})
