import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { key, type SandboxGateway, startSandboxGateway, via } from '../support/gateway.ts'

let gateway: SandboxGateway
beforeAll(async () => {
  gateway = await startSandboxGateway()
})
afterAll(() => gateway.close())

const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 8 }
const look = { name: 'look', input_schema: { type: 'object' } }

async function ask(some: object) {
  const before = gateway.asked.length
  const response = await fetch(`${gateway.url}/v1/messages?beta=true`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: via('openai-chat'),
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Perform a web search for the query: weather' }],
      ...some,
    }),
  })
  return { response, text: await response.text(), asked: gateway.asked.slice(before) }
}

describe('a request for nothing but a web search, to an upstream without one', () => {
  it('is answered with the error that the client’s tool reads, and no model is asked to make results up', async () => {
    const { response, text, asked } = await ask({ tools: [search] })
    expect(response.status).toBe(200)
    expect(response.headers.get('x-causeway-lost')).toContain('web_search_20250305')
    expect(asked).toEqual([])
    expect(JSON.parse(text)).toMatchObject({
      content: [
        { type: 'server_tool_use', name: 'web_search' },
        {
          type: 'web_search_tool_result',
          content: { type: 'web_search_tool_result_error', error_code: 'unavailable' },
        },
        { type: 'text', text: expect.stringContaining('not available') },
      ],
      stop_reason: 'end_turn',
      usage: { input_tokens: 0, output_tokens: 0 },
    })
  })

  it('is told as a stream too', async () => {
    const { text, asked } = await ask({ tools: [search], stream: true })
    expect(asked).toEqual([])
    expect(text).toContain('"error_code":"unavailable"')
    expect(text).toMatch(/event: message_stop\ndata: \{"type":"message_stop"\}\n\n$/)
  })

  it.each([
    ['with other tools beside it', { tools: [search, look] }],
    ['to an upstream that searches', { tools: [search], model: via('openai-responses') }],
  ])('%s it goes to the model', async (_name, some) => {
    expect((await ask(some)).asked).toHaveLength(1)
  })
})
