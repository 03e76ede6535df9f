import { describe, expect, it } from 'vitest'
import type { DialectId } from '../../src/model/dialect.ts'
import { formats, type Json } from '../support/formats/format.ts'
import { key, startGateway, startUpstream } from '../support/gateway.ts'

const usage = { input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 }
const message = (text: string, stop: string): Json => ({
  id: `msg_${stop}`,
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5',
  content: [{ type: 'text', text }],
  stop_reason: stop,
  stop_sequence: null,
  usage,
})

const frame = (data: Json): string => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`
const streamed = (text: string, stop: string): string =>
  [
    { type: 'message_start', message: { ...message('', stop), content: [], stop_reason: null } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: stop, stop_sequence: null }, usage: { output_tokens: 5 } },
    { type: 'message_stop' },
  ]
    .map(frame)
    .join('')

/** An upstream that pauses `pauses` times before it ends. */
const pausing = (pauses: number, refusal?: number) => {
  let turn = 0
  return startUpstream((response, { body }) => {
    const stop = turn++ < pauses ? 'pause_turn' : 'end_turn'
    if (refusal && turn > 1) {
      response.writeHead(refusal, { 'content-type': 'application/json' })
      return response.end('{"type":"error","error":{"type":"overloaded_error","message":"busy"}}')
    }
    const isStream = JSON.parse(body).stream === true
    response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' })
    return response.end(isStream ? streamed(`Part ${turn}. `, stop) : JSON.stringify(message(`Part ${turn}. `, stop)))
  })
}

async function ask(client: DialectId, stream: boolean, pauses: number, refusal?: number) {
  const upstream = await pausing(pauses, refusal)
  const gateway = await startGateway(`
channels: [{ name: a, provider: anthropic, base_url: ${upstream.url}, keys: [k], models: [claude-sonnet-4-5] }]
keys: [{ name: test, key: ${key} }]`)
  const { body, path } = formats[client].ask({ model: 'claude-sonnet-4-5', stream, turns: [{ user: 'Search.' }] })
  const answer = await fetch(gateway.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  })
  // A gemini stream that ends in a fault breaks the connection too.
  const text = await answer.text().catch(() => '')
  await gateway.close()
  await upstream.close()
  return { status: answer.status, text, asked: upstream.asked.map((one) => JSON.parse(one.body)) }
}

const clients = ['openai-chat', 'openai-responses', 'gemini'] as const

describe.each(clients)('a paused turn goes on behind a client of %s', (client) => {
  it.each([false, true])('as one answer with one usage, stream: %s', async (stream) => {
    const { asked, text } = await ask(client, stream, 2)
    const seen = stream ? formats[client].viewStream(text) : formats[client].view(JSON.parse(text))
    expect(seen).toMatchObject({ text: 'Part 1. Part 2. Part 3. ', stop: 'end' })
    expect(seen.usage).toMatchObject({ input: 30, output: 15 })
    expect(asked.map((body) => body.messages.length)).toEqual([1, 2, 2])
    expect(asked[2].messages[1]).toMatchObject({ role: 'assistant' })
    expect(JSON.stringify(asked[2].messages[1])).toContain('Part 2.')
  })

  it('gives up after eight continuations', async () => {
    const { asked, status } = await ask(client, false, 100)
    expect(status).toBe(200)
    expect(asked).toHaveLength(9)
  })

  it('tells a refused continuation as a fault, not as an end', async () => {
    const unary = await ask(client, false, 2, 529)
    expect(unary.status).toBe(503)
    const { text } = await ask(client, true, 2, 529)
    expect(() => formats[client].viewStream(text)).toThrow()
  })
})

it('an anthropic client gets the pause itself', async () => {
  const { asked, text } = await ask('anthropic-messages', false, 2)
  expect(JSON.parse(text).stop_reason).toBe('pause_turn')
  expect(asked).toHaveLength(1)
})
