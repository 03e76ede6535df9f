import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import type { StopReason } from '../../src/model/reply.ts'
import type { Json } from '../support/formats/format.ts'
import { bare, named, replies, streams } from './replies.ts'
import { at, type Scripted, startScripted, type Told } from './scripted.ts'

let gateway: Scripted
beforeAll(async () => {
  gateway = await startScripted()
})
afterAll(() => gateway.close())

const turns = [{ user: 'Hello' }]

/** The end of an answer in the client's own words. */
const endIn: Record<DialectId, (body: Json) => string> = {
  'anthropic-messages': (body) => body.stop_reason,
  'openai-chat': (body) => body.choices[0].finish_reason,
  'openai-responses': (body) => [body.status, body.incomplete_details?.reason].filter(Boolean).join(' '),
  gemini: (body) => body.candidates[0].finishReason,
}

type Ends = Readonly<Record<DialectId, string>>
const ends = (anthropic: string, chat: string, responses: string, gemini: string): Ends => ({
  'anthropic-messages': anthropic,
  'openai-chat': chat,
  'openai-responses': responses,
  gemini,
})

/** Every reason that is told as an end, in each client's words. */
const words: Record<Exclude<StopReason, 'malformed_call' | 'pause'>, Ends> = {
  end: ends('end_turn', 'stop', 'completed', 'STOP'),
  stop_sequence: ends('stop_sequence', 'stop', 'completed', 'STOP'),
  length: ends('max_tokens', 'length', 'incomplete max_output_tokens', 'MAX_TOKENS'),
  context_window: ends('model_context_window_exceeded', 'length', 'incomplete max_output_tokens', 'MAX_TOKENS'),
  tool_calls: ends('tool_use', 'tool_calls', 'completed', 'STOP'),
  refusal: ends('refusal', 'content_filter', 'completed', 'SAFETY'),
  filtered: ends('refusal', 'content_filter', 'incomplete content_filter', 'SAFETY'),
  continuation: ends('max_tokens', 'length', 'incomplete max_output_tokens', 'MAX_TOKENS'),
  compaction: ends('compaction', 'stop', 'completed', 'STOP'),
}

type Reason = keyof typeof words

const filters = [
  'SAFETY',
  'RECITATION',
  'LANGUAGE',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
  'IMAGE_OTHER',
]

const reasons: readonly (readonly [DialectId, string, Reason])[] = [
  ['anthropic-messages', 'end_turn', 'end'],
  ['anthropic-messages', 'max_tokens', 'length'],
  ['anthropic-messages', 'stop_sequence', 'stop_sequence'],
  ['anthropic-messages', 'tool_use', 'tool_calls'],
  ['anthropic-messages', 'refusal', 'refusal'],
  ['anthropic-messages', 'model_context_window_exceeded', 'context_window'],
  ['openai-chat', 'stop', 'end'],
  ['openai-chat', 'length', 'length'],
  ['openai-chat', 'tool_calls', 'tool_calls'],
  ['openai-chat', 'function_call', 'tool_calls'],
  ['openai-chat', 'content_filter', 'filtered'],
  ['openai-responses', 'completed', 'end'],
  ['openai-responses', 'incomplete max_output_tokens', 'length'],
  ['openai-responses', 'incomplete content_filter', 'filtered'],
  ['openai-responses', 'incomplete steered', 'end'],
  ['openai-responses', 'incomplete max_messages', 'end'],
  ['gemini', 'STOP', 'end'],
  ['gemini', 'MAX_TOKENS', 'length'],
  ...filters.map((word) => ['gemini', word, 'filtered'] as const),
  ['gemini', 'OTHER', 'end'],
  ['gemini', 'NO_IMAGE', 'end'],
]

const calls = [{ id: 'call_1', name: 'f', input: {} }]

function ending(format: DialectId, word: string, reason: Reason): Json {
  const whole = replies[format]({
    text: 'Hi',
    ...(reason === 'tool_calls' && { calls }),
    ...(format !== 'openai-responses' && { stop: word }),
  })
  if (word === 'stop_sequence') return { ...whole, stop_sequence: 'END' }
  if (format !== 'openai-responses') return whole
  const [status, why] = word.split(' ')
  return { ...whole, status, incomplete_details: why ? { reason: why } : null }
}

describe('ST-01 (T6, T38, T58, T89) every end of an answer, in every other client’s words', () => {
  const rows = reasons.flatMap(([upstream, word, reason]) =>
    dialectIds
      .filter((client) => client !== upstream)
      .map((client) => [upstream, word, client, words[reason][client], reason] as const),
  )
  it.each(rows)('%s %s is for %s %s', async (upstream, word, client, wanted, reason) => {
    gateway.says({ body: ending(upstream, word, reason) })
    const told = await gateway.ask(client, { model: at(upstream), turns })
    expect(told.status, told.text).toBe(200)
    expect(endIn[client](told.json)).toBe(wanted)
  })
  it.each(['OTHER', 'NO_IMAGE'])('Gemini’s %s without any text is a filter’s doing', async (word) => {
    gateway.says({ body: replies.gemini({ stop: word }) })
    const told = await gateway.ask('openai-chat', { model: at('gemini'), turns })
    expect(told.json.choices[0].finish_reason).toBe('content_filter')
  })
  it('the stop string that was met is told to Anthropic’s clients', async () => {
    gateway.says({ body: ending('anthropic-messages', 'stop_sequence', 'stop_sequence') })
    const told = await gateway.ask('anthropic-messages', { model: at('anthropic-messages'), turns })
    expect(told.json).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'END' })
  })
  it.each(['anthropic-messages', 'openai-chat', 'gemini'] as const)(
    'a failed response is an error for a client of %s',
    async (client) => {
      const error = { code: 'server_error', message: 'It broke.' }
      gateway.says({ body: { ...replies['openai-responses']({}), status: 'failed', error } })
      const told = await gateway.ask(client, { model: at('openai-responses'), turns })
      expect(told.status).toBeGreaterThanOrEqual(500)
      expect(told.text).toContain('It broke.')
    },
  )
})

const blocked = {
  promptFeedback: { blockReason: 'SAFETY' },
  usageMetadata: { promptTokenCount: 7, totalTokenCount: 7 },
  modelVersion: 'g',
}

describe('ST-02 (T96) a prompt that Gemini blocks is an answer without content', () => {
  const rows = dialectIds.flatMap((client) => [false, true].map((stream) => [client, stream] as const))
  it.each(rows)('for a client of %s; stream: %s', async (client, stream) => {
    gateway.says(stream ? { stream: [bare(blocked)] } : { body: blocked })
    const told = await gateway.ask(client, { model: at('gemini'), turns, stream })
    expect(told.status).toBe(200)
    const wanted: Record<DialectId, RegExp> = {
      'anthropic-messages': /"stop_reason":"refusal"/,
      'openai-chat': /"finish_reason":"content_filter"/,
      'openai-responses': /"reason":"content_filter"/,
      gemini: /"promptFeedback":\{"blockReason":"SAFETY"\}/,
    }
    expect(told.text).toMatch(wanted[client])
  })
})

const refused: Json = {
  ...replies['anthropic-messages']({ stop: 'refusal' }),
  stop_details: { type: 'refusal', category: 'cyber', explanation: 'Not that.' },
}

it('ST-03 Anthropic’s refusal is message.refusal for chat clients', async () => {
  gateway.says({ body: refused })
  const told = await gateway.ask('openai-chat', { model: at('anthropic-messages'), turns })
  expect(told.json.choices[0]).toMatchObject({ finish_reason: 'content_filter', message: { refusal: 'Not that.' } })
})

it('ST-03 (T58) Anthropic’s refusal is a refusal part in a completed response', async () => {
  gateway.says({ body: refused })
  const told = await gateway.ask('openai-responses', { model: at('anthropic-messages'), turns })
  expect(told.json.status).toBe('completed')
  expect(told.json.output.flatMap(({ content }: Json) => content ?? [])).toEqual([
    { type: 'refusal', refusal: 'Not that.' },
  ])
})

const paused = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'snow' } }

describe('ST-04 a paused turn goes on for a client that knows no pauses', () => {
  it.each([false, true])('as one answer with the sum of the usage; stream: %s', async (stream) => {
    const first: Json = { ...replies['anthropic-messages']({ text: 'Searching. ', stop: 'pause_turn' }) }
    const halves = [{ ...first, content: [...first.content, paused] }, replies['anthropic-messages']({ text: 'Snow.' })]
    gateway.says(...halves.map((body) => (stream ? { stream: replayed(body) } : { body })))
    const change = { web_search_options: {} }
    const told = await gateway.ask('openai-chat', { model: at('anthropic-messages'), turns, stream }, change)
    expect(told.status, told.text).toBe(200)
    const seen = await viewOf(told, stream)
    expect(seen).toMatchObject({ text: 'Searching. Snow.', stop: 'end', usage: { input: 200, output: 40 } })
    const [, second] = gateway.asked()
    expect(second?.body.messages.at(-1)).toMatchObject({
      role: 'assistant',
      content: [{ text: 'Searching. ' }, paused],
    })
    expect(gateway.asked()).toHaveLength(2)
  })
  it('and is told as it is to a client of the same format', async () => {
    gateway.says({ body: replies['anthropic-messages']({ text: 'Searching.', stop: 'pause_turn' }) })
    const told = await gateway.ask('anthropic-messages', { model: at('anthropic-messages'), turns })
    expect(told.json.stop_reason).toBe('pause_turn')
  })
})

async function viewOf(told: Told, stream: boolean) {
  const { formats } = await import('../support/formats/format.ts')
  return stream ? formats['openai-chat'].viewStream(told.text) : formats['openai-chat'].view(told.json)
}

/** A message as its stream. */
function replayed(message: Json): string[] {
  const whole = streams['anthropic-messages']({ text: message.content[0].text, stop: message.stop_reason })
  const block = message.content[1]
  if (!block) return whole
  const { input, ...bareBlock } = block
  const extra = [
    { type: 'content_block_start', index: 1, content_block: { ...bareBlock, input: {} } },
    { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: JSON.stringify(input) } },
    { type: 'content_block_stop', index: 1 },
  ].map(named)
  return [...whole.slice(0, -2), ...extra, ...whole.slice(-2)]
}

describe('ST-05 (T97) Gemini’s CONTINUATION', () => {
  const long = {
    ...replies.gemini({}),
    candidates: [
      {
        index: 0,
        content: { role: 'model', parts: [{ text: 'Part one, ' }] },
        finishReason: 'CONTINUATION',
        continuationToken: 'tok',
      },
    ],
  }
  it('is never told as a final answer', async () => {
    gateway.says({ body: long })
    const told = await gateway.ask('anthropic-messages', { model: at('gemini'), turns })
    expect(told.json.stop_reason).toBe('max_tokens')
  })
  it('is told as it is to a client of the same format', async () => {
    gateway.says({ body: long })
    const told = await gateway.ask('gemini', { model: at('gemini'), turns })
    expect(told.json.candidates[0]).toMatchObject({ finishReason: 'CONTINUATION', continuationToken: 'tok' })
  })
})

describe('ST-06 a call that Gemini could not finish', () => {
  const words_ = ['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS', 'MALFORMED_RESPONSE']
  const rows = (['anthropic-messages', 'openai-chat', 'openai-responses'] as const).flatMap((client) =>
    words_.flatMap((word) => [false, true].map((stream) => [word, client, stream] as const)),
  )
  it.each(rows)('%s is an error for a client of %s, never an end; stream: %s', async (word, client, stream) => {
    gateway.says(stream ? { stream: streams.gemini({ stop: word }) } : { body: replies.gemini({ stop: word }) })
    const told = await gateway.ask(client, { model: at('gemini'), turns, stream })
    expect(told.text).not.toMatch(/end_turn|"finish_reason":"stop"|response\.completed/)
    expect(told.text).toMatch(/api_error|server_error/)
  })
})
