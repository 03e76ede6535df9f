import { WebSocket } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dialectIds } from '../../src/model/dialect.ts'
import { formats, frames, type Json } from '../support/formats/format.ts'
import { key } from '../support/gateway.ts'
import { replies, streams } from './replies.ts'
import { at, otherKey, type Scripted, startScripted } from './scripted.ts'

let gateway: Scripted
beforeAll(async () => {
  gateway = await startScripted()
})
afterAll(() => gateway.close())

const turns = [{ user: 'My name is Ada.' }]
const kept = { store: true, instructions: 'Be brief.' }

/** An answer that is kept, and its id. */
async function first(upstream: (typeof dialectIds)[number], stream = false): Promise<Json> {
  gateway.says(
    stream ? { stream: streams[upstream]({ text: 'Hello Ada' }) } : { body: replies[upstream]({ text: 'Hello Ada' }) },
  )
  const told = await gateway.ask('openai-responses', { model: at(upstream), turns, stream }, kept)
  return stream ? frames(told.text).at(-1)?.data.response : told.json
}

const get = async (path: string, secret = key, method = 'GET'): Promise<{ status: number; body: Json }> => {
  const answer = await fetch(gateway.url + path, { method, headers: { authorization: `Bearer ${secret}` } })
  return { status: answer.status, body: (await answer.json()) as Json }
}

describe('RS-01 (T66, T69) previous_response_id works whoever answers', () => {
  it.each(dialectIds.flatMap((upstream) => [false, true].map((stream) => [upstream, stream] as const)))(
    'upstream %s, stream: %s',
    async (upstream, stream) => {
      const { id } = await first(upstream, stream)
      gateway.says({ body: replies[upstream]({ text: 'Ada' }) })
      const told = await gateway.ask(
        'openai-responses',
        { model: at(upstream), turns: [{ user: 'What is my name?' }] },
        { previous_response_id: id },
      )
      expect(told.status, told.text).toBe(200)
      const { body, text } = gateway.last()
      for (const words of ['My name is Ada.', 'Hello Ada', 'What is my name?']) expect(text).toContain(words)
      expect(text).not.toContain('Be brief.')
      expect(body).not.toHaveProperty('previous_response_id')
    },
  )
})

it('RS-02 an id that nobody knows, or another tenant’s, is not found', async () => {
  const { id } = await first('anthropic-messages')
  const asks = [
    gateway.ask(
      'openai-responses',
      { model: at('anthropic-messages'), turns },
      { previous_response_id: 'resp_unknown' },
    ),
    gateway.ask(
      'openai-responses',
      { model: at('anthropic-messages'), turns },
      { previous_response_id: id },
      { authorization: `Bearer ${otherKey}` },
    ),
  ]
  for (const told of await Promise.all(asks)) {
    expect(told.status).toBe(400)
    expect(told.json.error).toMatchObject({ code: 'previous_response_not_found', param: 'previous_response_id' })
  }
})

describe('RS-03 what is kept can be asked for', () => {
  it.each(dialectIds)('whole, by its items, and deleted; upstream %s', async (upstream) => {
    const response = await first(upstream)
    const path = `/v1/responses/${response.id}`
    const whole = await get(path)
    expect(whole.status).toBe(200)
    expect(whole.body).toEqual(response)
    const items = await get(`${path}/input_items?order=asc`)
    expect(items.body).toMatchObject({ object: 'list', has_more: false })
    expect(items.body.data).toHaveLength(1)
    expect(items.body.data[0]).toMatchObject({
      role: 'user',
      content: [{ type: 'input_text', text: 'My name is Ada.' }],
    })
    expect((await get(path, otherKey)).status).toBe(404)
    expect((await get(path, key, 'DELETE')).body).toMatchObject({ id: response.id, deleted: true })
    expect((await get(path)).status).toBe(404)
  })
  it('is not kept where the client says so', async () => {
    gateway.says({ body: replies['anthropic-messages']({ text: 'Hi' }) })
    const told = await gateway.ask('openai-responses', { model: at('anthropic-messages'), turns })
    expect(told.json.store).toBe(false)
    expect((await get(`/v1/responses/${told.json.id}`)).status).toBe(404)
  })
})

it('RS-04 (T64, T66) a reference to a reasoning item is resolved, state and all', async () => {
  const call = { id: 'call_1', name: 'f', input: {} }
  gateway.says({ body: replies['openai-responses']({ thinking: 'Hm.', seal: 'gAAAA', calls: [call] }) })
  const told = await gateway.ask('openai-responses', { model: at('openai-responses'), turns }, { store: true })
  const references = told.json.output.map(({ id }: Json) => ({ type: 'item_reference', id }))
  gateway.says({ body: replies['openai-responses']({ text: 'Yes' }) })
  await gateway.post('/v1/responses', {
    model: at('openai-responses'),
    input: [...references, { type: 'function_call_output', call_id: 'call_1', output: 'done' }],
  })
  expect(gateway.last().body.input).toMatchObject([
    { type: 'reasoning', summary: [{ text: 'Hm.' }], encrypted_content: 'gAAAA' },
    { type: 'function_call', call_id: 'call_1' },
    { type: 'function_call_output', call_id: 'call_1' },
  ])
})

it.each(['anthropic-messages', 'openai-chat', 'gemini'] as const)(
  'RS-05 work in the background is refused where %s would do it',
  async (upstream) => {
    gateway.says({ body: replies[upstream]({ text: 'Hi' }) })
    const told = await gateway.ask(
      'openai-responses',
      { model: at(upstream), turns },
      { background: true, store: true },
    )
    expect(told.status).toBe(400)
    expect(told.json.error.param).toBe('background')
    expect(gateway.asked()).toEqual([])
  },
)

it.each(['anthropic-messages', 'openai-responses', 'gemini'] as const)(
  'RS-06 nothing is kept: each reasoning item carries its state, upstream %s',
  async (upstream) => {
    gateway.says({ body: replies[upstream]({ thinking: 'Hm.', seal: 'c2VhbA==', text: 'Hi' }) })
    const seen = await gateway.see('openai-responses', { model: at(upstream), thinking: true, turns })
    const sealed = seen.history.filter(({ encrypted_content: state }) => state)
    expect(sealed.length).toBeGreaterThan(0)
    // Gemini seals its text, not its thoughts: the state has an item of its own.
    const thoughts = seen.history.filter(({ type }) => type === 'reasoning')
    if (upstream !== 'gemini') expect(sealed).toEqual(thoughts)
  },
)

const compaction = { type: 'compaction', id: 'cmp_1', encrypted_content: 'gAAAA-compacted' }
const afterwards = { input: [compaction, { role: 'user', content: 'Go on.' }] }

it('RS-07 a compaction goes back to its maker untouched', async () => {
  gateway.says({ body: replies['openai-responses']({ text: 'Yes' }) })
  await gateway.post('/v1/responses', { model: at('openai-responses'), store: false, ...afterwards })
  expect(gateway.last().body.input[0]).toEqual(compaction)
})

it('RS-07 a compaction that another vendor cannot open is left out and told', async () => {
  gateway.says({ body: replies['anthropic-messages']({ text: 'Yes' }) })
  const told = await gateway.post('/v1/responses', { model: at('anthropic-messages'), store: false, ...afterwards })
  expect(told.status).toBe(200)
  expect(gateway.last().text).not.toContain('gAAAA-compacted')
  expect(told.lost).toEqual(['messages[0].compaction'])
})

it('RS-08 over a WebSocket come the events of the stream, and then those of the next', async () => {
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/v1/responses`, {
    headers: { authorization: `Bearer ${key}` },
  })
  const messages: Json[] = []
  const waiting: (() => void)[] = []
  socket.addEventListener('message', ({ data }) => {
    messages.push(JSON.parse(String(data)))
    for (const go of waiting.splice(0)) go()
  })
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))
  for (const text of ['Hello', 'Again']) {
    messages.length = 0
    gateway.says({ stream: streams['anthropic-messages']({ text }) })
    const { body } = formats['openai-responses'].ask({ model: at('anthropic-messages'), turns })
    socket.send(JSON.stringify({ type: 'response.create', ...body }))
    while (messages.at(-1)?.type !== 'response.completed') await new Promise<void>((go) => waiting.push(go))
    const stream = messages.map((data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`).join('')
    expect(formats['openai-responses'].viewStream(stream)).toMatchObject({ text, stop: 'end' })
  }
  socket.close()
})
