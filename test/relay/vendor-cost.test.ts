import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Command } from '../../src/ledger/command.ts'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { formats, type Json } from '../support/formats/format.ts'
import { type FakeUpstream, type Gateway, key, startGateway, startUpstream } from '../support/gateway.ts'
import { type LedgerWatch, watchLedger } from '../support/ledger-watch.ts'
import { outputTokens } from '../support/vendor/answer.ts'
import { vendorFormats } from '../support/vendor/formats.ts'

// An upstream that says what it bills: the operator's books believe it, and no client sees it.

const answer = { inputTokens: 25, thoughts: 2, texts: 8 }
const charge = BigInt(answer.inputTokens * 1_000 + outputTokens(answer) * 10_000)

let gateway: Gateway
let upstream: FakeUpstream
let ledger: LedgerWatch
/** What the vendor lays over its usage. */
let said: Json

const chatFormats = ['openai-chat', 'openai-responses', 'anthropic-messages'] as const satisfies readonly DialectId[]

beforeAll(async () => {
  upstream = await startUpstream((response, { path, body }) => {
    const format = dialectIds.find((id) => path.includes(id)) ?? 'openai-chat'
    const vendor = vendorFormats[format]
    const edited = (text: string): string => {
      const told = JSON.parse(text)
      const holder = told.response ?? told.message ?? told
      if (holder.usage) Object.assign(holder.usage, said)
      return JSON.stringify(told)
    }
    const isStream = vendor.isStream(path, body)
    response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' })
    const pieces = vendor.stream(answer).map((piece) => piece.text)
    const stream = pieces.join('').replace(/^data: (\{.*\})\r?$/gm, (_, json: string) => `data: ${edited(json)}`)
    response.end(isStream ? stream : edited(JSON.stringify(vendor.whole(answer))))
  })
  const channel = (provider: string, format: DialectId) => `
  - { name: ${provider}-${format}, provider: ${provider}, base_url: "${upstream.url}/${format}", keys: [k],
      dialects: [${format}], models: [{ name: ${provider}/${format}, upstream: fake }] }`
  gateway = await startGateway(`
sandbox: false
channels:${chatFormats.map((format) => channel('openrouter', format)).join('')}${channel('openai', 'openai-chat')}
keys: [{ name: test, key: ${key} }]
prices: [{ model: "*", input: 1, output: 10 }]`)
  ledger = watchLedger(gateway)
})
afterEach(() => {
  said = {}
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

async function ask(format: DialectId, model: string, stream: boolean, more: Json = {}) {
  const { body, headers, path } = formats[format].ask({
    ...{ model, stream, maxOutput: 200, turns: [{ user: 'Tell me of the tide.' }] },
  })
  const before = ledger.commands.length
  const response = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { ...headers, authorization: `Bearer ${key}` },
    body: JSON.stringify({ ...body, ...more }),
  })
  const text = await response.text()
  const isSettle = (command: Command) => command.do === 'settle'
  if (!ledger.commands.slice(before).some(isSettle)) await ledger.next('settle')
  const settle = ledger.commands.slice(before).find(isSettle)
  if (settle?.do !== 'settle') throw new Error(`not settled: ${text}`)
  return { text, charged: settle.charge, cost: settle.costs.reduce((sum, { amount }) => sum + amount, 0n) }
}

const everything = {
  ...{ cost: 0.000_123, is_byok: false, estimated_cost: 0.5, cost_in_usd_ticks: 7 },
  cost_details: { upstream_inference_cost: null, upstream_inference_prompt_cost: 0.0001 },
}
const marks = /cost|byok/

describe('what an upstream bills', () => {
  for (const format of dialectIds)
    for (const to of chatFormats)
      for (const stream of [false, true])
        it(`is the operator’s and not the client’s: ${format} ${stream ? 'streamed' : 'whole'} from ${to}`, async () => {
          said = everything
          const { charged, cost, text } = await ask(format, `openrouter/${to}`, stream)
          expect(text).not.toMatch(marks)
          expect(formats[format][stream ? 'viewStream' : 'view'](stream ? text : JSON.parse(text)).text).not.toBe('')
          expect([charged, cost]).toEqual([charge, 123_000n])
        })

  it('is replaced by our own figure where the client wants the cost', async () => {
    for (const stream of [false, true]) {
      said = everything
      const { charged, text } = await ask('openai-chat', 'openrouter/openai-chat', stream, { usage: { include: true } })
      expect(text.match(/"cost":[^,}]*/g)).toEqual([`"cost":${Number(charged) / 1e9}`])
      expect(text).not.toMatch(/cost_|_cost|byok/)
    }
  })

  it('is not kept with a stored response', async () => {
    for (const stream of [false, true]) {
      said = everything
      const { text } = await ask('openai-responses', 'openrouter/openai-responses', stream, { store: true })
      const [, id = ''] = /"id":"(resp_[^"]+)"/.exec(text) ?? []
      const stored = await fetch(`${gateway.url}/v1/responses/${id}`, { headers: { authorization: `Bearer ${key}` } })
      expect([stored.status, (await stored.text()).match(marks)]).toEqual([200, null])
    }
  })

  const cases: readonly (readonly [what: string, said: Json, cost: bigint])[] = [
    ['is rounded up to the nano-dollar', { cost: 1e-10 }, 1n],
    ['is exact', { cost: 0.1 }, 100_000_000n],
    ['may be nothing', { cost: 0 }, 0n],
    [
      'adds the bill of one’s own key to the fee',
      { cost: 0.01, is_byok: true, cost_details: { upstream_inference_cost: 0.2 } },
      210_000_000n,
    ],
    ['is not known where half of it is missing', { cost: 0.01, is_byok: true }, 0n],
    ['may be told as an object', { cost: { total_cost: 0.02, request_cost: 0.01 } }, 20_000_000n],
    ['may be told in ticks', { cost_in_usd_ticks: 123_456 }, 12_346n],
    ['may be as much as can be believed', { cost: 1_000 }, 1_000_000_000_000n],
    ['is not believed beyond', { cost: 1_000.000_1 }, 0n],
    ['is not believed below nothing', { cost: -1 }, 0n],
    ['is not read from text', { cost: '0.5' }, 0n],
    ['is not read from nonsense', { cost: [1], estimated_cost: true, cost_in_usd_ticks: {} }, 0n],
    ['may be beyond any number', { cost: 1e308 }, 0n],
  ]
  for (const [what, told, cost] of cases)
    it(`${what}: ${JSON.stringify(told)}`, async () => {
      for (const stream of [false, true]) {
        said = told
        expect(await ask('openai-chat', 'openrouter/openai-chat', stream)).toMatchObject({ charged: charge, cost })
      }
    })

  it('is nothing to the books where its currency is not known', async () => {
    said = everything
    const { charged, cost, text } = await ask('openai-chat', 'openai/openai-chat', false)
    expect(text).not.toMatch(marks)
    expect([charged, cost]).toEqual([charge, 0n])
  })

  it('leaves every other byte as it came', async () => {
    said = {}
    const plain = (await ask('openai-chat', 'openrouter/openai-chat', true)).text
    said = { cost: 0.1, is_byok: false }
    expect((await ask('openai-chat', 'openrouter/openai-chat', true)).text).toBe(plain)
  })
})

describe('the books', () => {
  it('balance', () => expect(gateway.app.books.auditor.differences()).toEqual([]))
})
