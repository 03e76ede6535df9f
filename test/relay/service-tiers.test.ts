import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Command } from '../../src/ledger/command.ts'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import type { RequestRow } from '../../src/store/requests.ts'
import { formats, type Json } from '../support/formats/format.ts'
import { type FakeUpstream, type Gateway, key, startGateway, startUpstream } from '../support/gateway.ts'
import { type LedgerWatch, watchLedger } from '../support/ledger-watch.ts'
import { outputTokens, type Piece } from '../support/vendor/answer.ts'
import { vendorFormats } from '../support/vendor/formats.ts'

// What is charged is the price of the tier that the vendor says has served, whatever was asked for.

type Named = 'standard' | 'flex' | 'priority'

/** How each vendor says which tier has served: into a frame or a whole answer. */
const tell: Readonly<Record<DialectId, (told: Json, tier: Named) => void>> = {
  'openai-chat': (told, tier) => {
    told.service_tier = tier === 'standard' ? 'default' : tier
  },
  'openai-responses': (told, tier) => {
    const response = told.response ?? told
    if (response.status !== 'in_progress') response.service_tier = tier === 'standard' ? 'default' : tier
    else response.service_tier = 'auto'
  },
  'anthropic-messages': (told, tier) => {
    const usage = (told.message ?? told).usage
    // Its own words: there is no flex, and fast is told beside the tier.
    if (usage && tier === 'flex') usage.service_tier = 'batch'
    else if (usage) Object.assign(usage, { service_tier: tier, speed: 'standard' })
  },
  gemini: (told, tier) => {
    const words = { standard: 'ON_DEMAND', flex: 'ON_DEMAND_FLEX', priority: 'ON_DEMAND_PRIORITY' }
    if (told.usageMetadata) told.usageMetadata.trafficType = words[tier]
  },
}

const asking: Readonly<Record<DialectId, (tier: string) => Json>> = {
  'openai-chat': (tier) => ({ service_tier: tier }),
  'openai-responses': (tier) => ({ service_tier: tier }),
  'anthropic-messages': (tier) => (tier === 'fast' ? { speed: 'fast' } : { service_tier: tier }),
  gemini: (tier) => ({ serviceTier: tier }),
}

const answer = { inputTokens: 25, thoughts: 2, texts: 8 }
/** Nano-USD of the answer: tokens in at 1 µ$, out at 10 µ$, times the tier's factor. */
const costAt = (factor: number): bigint => BigInt((answer.inputTokens * 1_000 + outputTokens(answer) * 10_000) * factor)
const factors: Readonly<Record<Named, number>> = { standard: 1, flex: 0.5, priority: 2 }

let gateway: Gateway
let upstream: FakeUpstream
let ledger: LedgerWatch
let served: Named | undefined
/** Frames after which the stream breaks off. */
let cutAfter: ((piece: Piece) => boolean) | undefined

beforeAll(async () => {
  upstream = await startUpstream((response, { path, body }) => {
    const format = dialectIds.find((id) => path.includes(id)) ?? 'openai-chat'
    const vendor = vendorFormats[format]
    const edited = (text: string): string => {
      const told = JSON.parse(text)
      if (served) tell[format](told, served)
      return JSON.stringify(told)
    }
    if (!vendor.isStream(path, body)) {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(edited(JSON.stringify(vendor.whole(answer))))
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const pieces = vendor.stream(answer)
    const last = cutAfter ? pieces.findIndex(cutAfter) : pieces.length
    const text = pieces.slice(0, last + 1).map((piece) => piece.text)
    const said = text.join('').replace(/^data: (\{.*\})\r?$/gm, (_, json: string) => `data: ${edited(json)}`)
    if (cutAfter) response.write(said, () => response.socket?.end())
    else response.end(said)
  })
  const providers = { 'openai-chat': 'openai', 'openai-responses': 'openai' } as const
  const channel = (format: DialectId, provider: string, name: string) => `
  - { name: ${name}, provider: ${provider}, base_url: "${upstream.url}/${format}", keys: [k], dialects: [${format}],
      models: [{ name: ${name}/fake, upstream: fake }] }`
  gateway = await startGateway(`
sandbox: false
channels:${dialectIds.map((format) => channel(format, 'sandbox', format)).join('')}
${Object.entries(providers)
  .map(([format, provider]) => channel(format as DialectId, provider, `${provider}-${format}`).slice(1))
  .join('\n')}
${channel('anthropic-messages', 'anthropic', 'anthropic').slice(1)}
keys: [{ name: test, key: ${key} }]
prices: [{ model: "*", input: 1, output: 10, tiers: { flex: 0.5, batch: 0.5, priority: 2, fast: { input: 3, output: 30 } } }]`)
  ledger = watchLedger(gateway)
})
afterEach(() => {
  served = undefined
  cutAfter = undefined
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

interface Asked {
  readonly format: DialectId
  readonly to: string
  readonly stream?: boolean
  readonly tier?: string
  readonly headers?: Record<string, string>
  readonly wantsCost?: boolean
}

async function ask({ format, headers: more, stream = false, tier, to, wantsCost }: Asked) {
  const { body, headers, path } = formats[format].ask({
    ...{ model: `${to}/fake`, stream, maxOutput: 200, turns: [{ user: 'Tell me of the tide.' }] },
  })
  const before = ledger.commands.length
  const response = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { ...headers, ...more, authorization: `Bearer ${key}` },
    body: JSON.stringify({
      ...body,
      ...(tier !== undefined && asking[format](tier)),
      ...(wantsCost && { usage: { include: true } }),
    }),
  })
  const text = await response.text()
  const mine = () => ledger.commands.slice(before)
  const isSettle = (command: Command) => command.do === 'settle'
  if (!mine().some(isSettle)) await ledger.next('settle')
  const settled = mine().find(isSettle)
  const told = await vi.waitFor(
    () => {
      const found = settled && ledger.answers.get(settled)
      if (!found) throw new Error(`not settled: ${text}`)
      return found
    },
    { interval: 5 },
  )
  const held = mine().flatMap((command) =>
    command.do === 'reserve' || command.do === 'extend' ? [command.amount] : [],
  )
  return {
    response,
    text,
    id: response.headers.get('x-request-id') ?? '',
    charged: 'charged' in told ? told.charged : undefined,
    price: settled && 'price' in settled ? settled.price : undefined,
    first: held[0] ?? 0n,
    held: held.at(-1) ?? 0n,
  }
}

/** What the log says of a request. */
const logged = (id: string): Promise<RequestRow> =>
  vi.waitFor(
    async () => {
      const found = await gateway.app.store.requests.find(id)
      if (!found) throw new Error('not logged')
      return found
    },
    { timeout: 5_000, interval: 10 },
  )

describe('a tier that the vendor says has served', () => {
  for (const format of dialectIds)
    for (const to of dialectIds)
      for (const stream of [false, true])
        it(`is charged: ${format} ${stream ? 'streamed' : 'whole'} from ${to}`, async () => {
          for (const tier of ['priority', 'flex', 'standard'] as const) {
            served = tier
            // Asked for something else.
            const { charged, held, price } = await ask({
              format,
              to,
              stream,
              tier: tier === 'flex' ? 'default' : 'flex',
            })
            expect(charged, tier).toBe(costAt(factors[tier]))
            expect(costAt(factors[tier]) <= held, tier).toBe(true)
            const name = tier === 'flex' && to === 'anthropic-messages' ? 'batch' : tier
            expect(price?.replace(/^price_[^#]*/, '')).toBe(name === 'standard' ? '' : `#${name}`)
          }
        })

  it('is named in the log', async () => {
    served = 'flex'
    const { id } = await ask({ format: 'gemini', to: 'openai-chat' })
    expect((await logged(id)).detail).toMatchObject({ tier: 'flex', price: expect.stringMatching(/#flex$/) })
  })

  it('is explained with its price', async () => {
    served = 'priority'
    const headers = { 'x-causeway-explain': '1' }
    const { response } = await ask({ format: 'openai-chat', to: 'openai-chat', tier: 'auto', headers })
    const { cost } = JSON.parse(response.headers.get('x-causeway-explain') ?? '{}')
    expect(cost).toMatchObject({ service_tier: 'priority', price: expect.stringMatching(/#priority$/) })
    expect(cost.lines.find((line: Json) => line.unit === 'output').usd_per_million).toBe('20')
    expect(BigInt(Math.round(Number(cost.total_usd) * 1e9))).toBe(costAt(2))
  })

  for (const format of dialectIds)
    for (const to of dialectIds)
      for (const stream of [false, true])
        it(`is told to clients who want the cost: ${format} ${stream ? 'streamed' : 'whole'} from ${to}`, async () => {
          served = 'priority'
          const { charged, text } = await ask({ format, to, stream, wantsCost: true })
          const told = [...text.matchAll(/"cost":([^,}]+)/g)].map(([, cost]) => Number(cost)).at(-1)
          expect([charged, told]).toEqual([costAt(2), Number(costAt(2)) / 1e9])
        })
})

describe('what is set aside', () => {
  it('covers the dearest tier that may serve', async () => {
    const first = async (tier?: string): Promise<bigint> =>
      (await ask({ format: 'openai-chat', to: 'openai-chat', ...(tier !== undefined && { tier }) })).first
    // The longer word for the tier is some bytes of input more.
    const plain = Number(await first())
    const least: Readonly<Record<string, number>> = { default: 1, flex: 1, auto: 3, priority: 3, fast: 3, ultrafast: 3 }
    for (const [tier, factor] of Object.entries(least)) {
      const ratio = Number(await first(tier)) / plain
      expect(ratio, tier).toBeGreaterThanOrEqual(factor)
      expect(ratio, tier).toBeLessThan(factor * 1.1)
    }
  })

  it('follows a vendor that served a dearer tier unasked, as far as the money goes', async () => {
    served = 'priority'
    const { charged, first, held } = await ask({ format: 'gemini', to: 'gemini' })
    expect(charged).toBe(costAt(2))
    expect(held >= first && costAt(2) <= held).toBe(true)
  })
})

describe('an answer that names no tier', () => {
  const cases: readonly (readonly [format: DialectId, to: string, tier: string, factor: number, why: string])[] = [
    ['openai-chat', 'openai-chat', 'priority', 1, 'is not taken for what was asked'],
    ['openai-chat', 'openai-chat', 'flex', 1, 'is not taken for what was asked'],
    ['openai-chat', 'openai-openai-chat', 'priority', 1, 'is not taken for what may be lowered'],
    ['openai-chat', 'openai-openai-chat', 'flex', 0.5, 'is taken for what is served or refused'],
    ['openai-responses', 'openai-openai-responses', 'flex', 0.5, 'is taken for what is served or refused'],
    ['anthropic-messages', 'anthropic', 'fast', 3, 'is taken for what is served or refused'],
    ['openai-chat', 'anthropic', 'fast', 3, 'is taken for what is served or refused'],
  ]
  for (const [format, to, tier, factor, why] of cases)
    for (const stream of [false, true])
      it(`${why}: ${tier} of ${to} by ${format}, ${stream ? 'streamed' : 'whole'}`, async () => {
        const { charged } = await ask({ format, to, tier, stream })
        expect(charged).toBe(costAt(factor))
      })
})

describe('an answer that broke off', () => {
  const brokenOff: readonly (readonly [format: DialectId, to: DialectId])[] = [
    ['openai-chat', 'openai-chat'],
    ['anthropic-messages', 'openai-chat'],
    ['anthropic-messages', 'anthropic-messages'],
    ['openai-responses', 'anthropic-messages'],
  ]
  it('costs what its tier does, where the vendor had said it by then', async () => {
    served = 'priority'
    for (const [format, to] of brokenOff) {
      cutAfter = ({ phase }) => phase === 'content'
      const { id } = await ask({ format, to, stream: true, tier: 'priority' })
      const row = await logged(id)
      const { input = 0, output = 0, reasoning = 0 } = row.detail.usage as Record<string, number>
      expect(row.detail.tier, to).toBe('priority')
      expect(row.charged, to).toBe(BigInt((input * 1_000 + (output + reasoning) * 10_000) * 2))
    }
  })
})

describe('the books', () => {
  it('balance', () => expect(gateway.app.books.auditor.differences()).toEqual([]))
})
