import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dialectIds } from '../../src/model/dialect.ts'
import { key, type SandboxGateway, startSandboxGateway, via } from '../support/gateway.ts'

// A key's own names for models: tools ask for names that are wired into them.

const narrow = 'sk-narrow-0123456789abcdef'
let gateway: SandboxGateway
beforeAll(async () => {
  gateway = await startSandboxGateway(
    '',
    undefined,
    `[{ name: test, key: ${key}, aliases: {
      exact: ${via('openai-chat', 'sandbox-echo')},
      ${dialectIds.map((id) => `"tool-${id}-*": ${via(id, 'sandbox-echo')}`).join(', ')},
      nowhere: sandbox-9
    } },
    { name: narrow, key: ${narrow}, models: ["${via('gemini')}"], aliases: { "gemini-*": ${via('gemini')}, other: ${via('openai-chat')} } }]`,
  )
})
afterAll(() => gateway.close())

const ask = (model: string, secret = key, more: object = {}): Promise<Response> =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello there' }], ...more }),
  })

describe('aliases of a key', () => {
  for (const id of dialectIds)
    it(`send a name that is wired into a client to a model of ${id}, and echo it`, async () => {
      for (const stream of [false, true]) {
        const answer = await ask(`tool-${id}-flash`, key, { stream })
        const text = await answer.text()
        expect([answer.status, text]).toEqual([200, expect.stringContaining(`"model":"tool-${id}-flash"`)])
        expect(text.replaceAll(/"\}|\s|[^a-z]/gi, '')).toContain('there')
        expect(text).not.toContain('sandbox-echo')
      }
    })

  it('count, and name their model when it is not there', async () => {
    const counted = await fetch(`${gateway.url}/v1/messages/count_tokens`, {
      method: 'POST',
      headers: { 'x-api-key': key },
      body: JSON.stringify({ model: 'exact', messages: [{ role: 'user', content: 'Hello' }] }),
    })
    expect(counted.status).toBe(200)
    const missing = await ask('nowhere')
    expect([missing.status, await missing.text()]).toEqual([404, expect.stringContaining('\\"sandbox-9\\"')])
  })

  it('open what the key may use, and nothing more', async () => {
    expect((await ask('gemini-3.5-flash-lite', narrow)).status).toBe(200)
    expect((await ask('other', narrow)).status).toBe(403)
    expect((await ask('exact', narrow)).status).toBe(403)
  })

  it('are listed where they are names', async () => {
    const listed = await fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })
    const body: unknown = await listed.json()
    expect(JSON.stringify(body)).toContain('"exact"')
    expect(JSON.stringify(body)).not.toContain('tool-')
    const one = await fetch(`${gateway.url}/v1/models/exact`, { headers: { authorization: `Bearer ${key}` } })
    expect(one.status).toBe(200)
    const hidden = await fetch(`${gateway.url}/v1/models/other`, { headers: { authorization: `Bearer ${narrow}` } })
    expect(hidden.status).toBe(404)
  })
})
