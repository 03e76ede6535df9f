import { afterAll, beforeAll, expect, it } from 'vitest'
import { type FakeUpstream, type Gateway, key, startGateway, startUpstream } from '../support/gateway.ts'

let upstream: FakeUpstream
let gateway: Gateway
beforeAll(async () => {
  upstream = await startUpstream((response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(
      '{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}',
    )
  })
  gateway = await startGateway(`
channels:
  - { name: a, provider: openai, base_url: ${upstream.url}, keys: [k], dialects: [openai-chat], models: [cheap, dear] }
keys: [{ name: test, key: ${key}, models: [cheap] }]`)
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

const messages = '"messages":[{"role":"user","content":"the \\"model\\""}]'

it.each([
  ['one model', `{"model":"cheap",${messages}}`],
  ['two models', `{"model":"dear",${messages},"model":"cheap"}`],
  ['two models, one in escapes', `{"mod\\u0065l":"dear",${messages},"model":"cheap"}`],
  ['two models, the last in escapes', `{"model":"dear",${messages},"mod\\u0065l":"cheap"}`],
])('of %s the upstream sees only the one that was admitted', async (_, body) => {
  const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body,
  })
  expect(answer.status).toBe(200)
  const asked = upstream.asked.at(-1)?.body ?? ''
  expect(asked).not.toContain('dear')
  expect(JSON.parse(asked).model).toBe('cheap')
})

it('leaves the bytes as they are when there is nothing to change', async () => {
  const body = `{ "model" : "cheap", ${messages}, "temperature": 1.0 }`
  await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body,
  })
  expect(upstream.asked.at(-1)?.body).toBe(body)
})
