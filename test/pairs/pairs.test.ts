import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { type Format, formats, type View, type Wish } from '../support/formats/format.ts'
import { key, type SandboxGateway, startSandboxGateway, via } from '../support/gateway.ts'

let gateway: SandboxGateway
beforeAll(async () => {
  gateway = await startSandboxGateway()
})
afterAll(() => gateway.close())

const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}
const weather = { name: 'get_weather', description: 'The weather in a city', schema }
const clock = { name: 'get_time', description: 'The time in a city', schema }
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const pdf = Buffer.from('%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF').toString('base64')

async function send(client: DialectId, wish: Wish): Promise<View> {
  const format: Format = formats[client]
  const { body, headers, path } = format.ask(wish)
  const answer = await fetch(gateway.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`${answer.status} ${text}`)
  return wish.stream ? format.viewStream(text) : format.view(JSON.parse(text))
}

/** What happens between a client and a model, whatever the two speak. */
const scenarios: Record<string, (ask: (wish: Omit<Wish, 'model'>, model?: string) => Promise<View>) => Promise<void>> =
  {
    'answers with text and usage': async (ask) => {
      const seen = await ask({ system: 'Be brief.', turns: [{ user: 'Say hello, 你好 👋🏽.' }] })
      expect(seen).toMatchObject({ stop: 'end', calls: [] })
      expect(seen.text).toContain('你好 👋🏽')
      expect(seen.usage.input).toBeGreaterThan(5)
      expect(seen.usage.output).toBeGreaterThan(5)
    },
    'remembers a conversation': async (ask) => {
      const first = await ask({ turns: [{ user: 'My name is Ada.' }] })
      const turns = [{ user: 'My name is Ada.' }, { answer: first }, { user: 'And mine is Bo.' }]
      expect((await ask({ turns })).text).toContain('Bo')
    },
    'calls a tool and reads its result': async (ask) => {
      const turns = [{ user: 'call get_weather with {"city":"Oslo"}' }]
      const first = await ask({ turns, tools: [weather, clock] })
      expect(first.stop).toBe('tool_calls')
      expect(first.calls.map(({ name, input }) => ({ name, input }))).toEqual([
        { name: 'get_weather', input: { city: 'Oslo' } },
      ])
      const results = first.calls.map((call) => ({ call, text: 'Snow, -3 degrees' }))
      const second = await ask({ turns: [...turns, { answer: first }, { results }], tools: [weather, clock] })
      expect(second).toMatchObject({ stop: 'end', calls: [] })
      expect(second.text).toContain('Snow, -3 degrees')
    },
    'calls two tools at once': async (ask) => {
      const turns = [{ user: 'call get_weather with {"city":"Oslo"} and call get_time with {"city":"Rome"}' }]
      const first = await ask({ turns, tools: [weather, clock] })
      expect(first.calls.map(({ name, input }) => ({ name, input }))).toEqual([
        { name: 'get_weather', input: { city: 'Oslo' } },
        { name: 'get_time', input: { city: 'Rome' } },
      ])
      expect(new Set(first.calls.map(({ id }) => id)).size).toBe(2)
      const results = first.calls.map((call) => ({ call, text: `${call.name} is fine` }))
      const second = await ask({ turns: [...turns, { answer: first }, { results }], tools: [weather, clock] })
      expect(second.text).toContain('get_time is fine')
    },
    'is forced to call a tool': async (ask) => {
      const seen = await ask({ turns: [{ user: 'Hello' }], tools: [weather, clock], choice: { name: 'get_time' } })
      expect(seen.calls.map(({ name }) => name)).toEqual(['get_time'])
    },
    'is kept from calling': async (ask) => {
      const seen = await ask({ turns: [{ user: 'call get_weather' }], tools: [weather], choice: 'none' })
      expect(seen.calls).toEqual([])
    },
    'shows its thinking': async (ask) => {
      const seen = await ask({ turns: [{ user: 'Think about rain.' }], thinking: true })
      expect(seen.thinking).not.toBe('')
      expect(seen.text).not.toContain(seen.thinking)
      expect(seen.usage.reasoning).toBeGreaterThan(0)
    },
    'thinks, calls, and gets its own thoughts back': async (ask) => {
      const turns = [{ user: 'call get_weather with {"city":"Oslo"}' }]
      const first = await ask({ turns, tools: [weather], thinking: true }, 'sandbox-thinker')
      expect(first.calls).toHaveLength(1)
      const results = first.calls.map((call) => ({ call, text: 'Snow' }))
      const second = await ask(
        { turns: [...turns, { answer: first }, { results }], tools: [weather], thinking: true },
        'sandbox-thinker',
      )
      expect(second.text).toContain('Snow')
    },
    'sees a picture': async (ask) => {
      const seen = await ask({ turns: [{ user: 'What is this?', png }] }, 'sandbox-vision')
      expect(seen.text).toContain('image/png')
      expect(seen.text).toContain(String(Buffer.from(png, 'base64').length))
    },
    'reads a PDF': async (ask) => {
      const seen = await ask({ turns: [{ user: 'What is this?', pdf }] }, 'sandbox-vision')
      expect(seen.text).toContain('application/pdf')
    },
    'obeys a schema': async (ask) => {
      const seen = await ask({ turns: [{ user: 'Where is it cold?' }], schema })
      expect(JSON.parse(seen.text)).toEqual({ city: expect.any(String) })
    },
    'stops at its limit': async (ask) => {
      const seen = await ask({
        turns: [{ user: 'A long text of very many words, please, as long as can be. '.repeat(8) }],
        maxOutput: 16,
      })
      expect(seen.stop).toBe('length')
    },
  }

/** The state that came back upstream must be what the upstream minted, never an envelope. */
describe.each(dialectIds)('a client of %s', (client) => {
  describe.each(dialectIds)('and an upstream of %s', (upstream) => {
    describe.each([false, true])('stream: %s', (stream) => {
      it.each(Object.entries(scenarios))('%s', async (_, scenario) => {
        await scenario(async (wish, model) => {
          const seen = await send(client, { ...wish, stream, model: via(upstream, model) })
          expect(seen.model).toBe(via(upstream, model))
          return seen
        })
      })
    })
  })
})
