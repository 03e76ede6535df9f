import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dialectIds } from '../../src/model/dialect.ts'
import { sseReader } from '../../src/wire/sse.ts'
import type { Json } from '../support/formats/format.ts'
import { key, type SandboxGateway, startGateway, startSandboxGateway, startUpstream, via } from '../support/gateway.ts'

let gateway: SandboxGateway
beforeAll(async () => {
  gateway = await startSandboxGateway()
})
afterAll(() => gateway.close())

const post = (body: Json, url = gateway.url): Promise<Response> =>
  fetch(`${url}/v1/responses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ store: false, ...body }),
  })

const eventsOf = (text: string): Json[] => {
  const reader = sseReader()
  return [...reader.push(Buffer.from(text)), ...reader.end()].map(({ data }) => JSON.parse(data))
}

const said = (text: string): Json => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] })
const tools = [{ type: 'function', name: 'run', parameters: { type: 'object', properties: {} }, strict: false }]
const trigger = { type: 'compaction_trigger' }

describe.each(dialectIds)('a turn that ends in compaction_trigger, answered from %s', (upstream) => {
  const model = via(upstream)

  it('is answered by one compaction item, and the conversation goes on from it', async () => {
    const response = await post({ model, stream: true, tools, input: [said('My name is Ada.'), trigger] })
    const events = eventsOf(await response.text())
    expect(events.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.output_item.done',
      'response.completed',
    ])
    const compaction = events[3]?.item
    expect(compaction).toMatchObject({
      type: 'compaction',
      id: expect.any(String),
      encrypted_content: expect.any(String),
    })
    expect(events[4]?.response).toMatchObject({ output: [compaction], usage: { output_tokens: expect.any(Number) } })
    expect(events[4]?.response.usage.total_tokens).toBeGreaterThan(0)
    const summarised = JSON.stringify(gateway.asked.at(-1)?.body)
    expect(summarised).toContain('My name is Ada.')
    expect(summarised).not.toContain('compaction_trigger')

    const next = await post({ model, input: [compaction, said('Go on.')] })
    expect(next.status).toBe(200)
    const body = JSON.stringify(gateway.asked.at(-1)?.body)
    expect(body).toContain('Summary of the conversation so far')
    expect(body).not.toContain(compaction.encrypted_content)
  })

  it('may call no tool, also where an item brings the tools', async () => {
    const brought = { type: 'additional_tools', role: 'developer', tools }
    const response = await post({ model, stream: true, input: [brought, said('call run'), trigger] })
    const items = eventsOf(await response.text()).filter(({ type }) => type === 'response.output_item.done')
    expect(items.map(({ item }) => item.type)).toEqual(['compaction'])
  })

  it('is answered whole to who wants no stream', async () => {
    const response = await post({ model, input: [said('Hello'), trigger] })
    expect(await response.json()).toMatchObject({ status: 'completed', output: [{ type: 'compaction' }] })
  })

  it('is refused as any other turn is', async () => {
    const response = await post({ model: `${model}-of-nobody`, stream: true, input: [said('Hello'), trigger] })
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ error: { code: 'model_not_found' } })
  })
})

it('leaves the turn to a vendor that knows it', async () => {
  const item = { type: 'compaction', id: 'cmp_1', encrypted_content: 'b3du' }
  const vendor = await startUpstream((response) => {
    const answer = { id: 'resp_1', object: 'response', status: 'completed', output: [item], usage: null }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
  })
  const before = await startGateway(`
channels: [{ name: c, provider: openai, base_url: "${vendor.url}", keys: [k], models: [m] }]
keys: [{ name: test, key: ${key} }]`)
  const response = await post({ model: 'm', input: [said('Hello'), trigger] }, before.url)
  expect(await response.json()).toMatchObject({ output: [item] })
  expect(JSON.parse(vendor.asked[0]?.body ?? '').input).toEqual([said('Hello'), trigger])
  await before.close()
  await vendor.close()
})
