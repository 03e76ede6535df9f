import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Answer } from '../../src/ledger/answer.ts'
import type { Command } from '../../src/ledger/command.ts'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { formats } from '../support/formats/format.ts'
import { type FakeUpstream, type Gateway, key, startGateway, startUpstream } from '../support/gateway.ts'
import { type LedgerWatch, watchLedger } from '../support/ledger-watch.ts'
import { vendorFormats } from '../support/vendor/formats.ts'

// Every number that reaches a price, from a client or from a vendor: nothing is charged beyond what was reserved.

/** Every tier of a price: as numbers say, and far dearer. */
const tiers = '{ flex: 0.5, batch: 0.5, priority: 2, fast: 6, ultrafast: 100, scale: { output: 1000 } }'

/** JSON as it stands in a body. */
const numbers: readonly string[] = [
  ...['0', '-1', '0.5', '-2147483648', '2147483648', '9007199254740993', '9223372036854775807', '18446744073709551616'],
  ...[
    '1e308',
    '-1e308',
    '1e999',
    '1e-320',
    '"NaN"',
    '"-1"',
    '"9223372036854775807"',
    '"1e400"',
    'null',
    'true',
    '[1]',
    '{}',
  ],
]

/** Words of tiers, where one may stand; and words that objects have by themselves. */
const words: readonly string[] = [
  'flex',
  'batch',
  'priority',
  'fast',
  'ultrafast',
  'scale',
  'auto',
  'standard',
  'constructor',
].map((word) => JSON.stringify(word))
const valuesOf = (field: string): readonly string[] =>
  /tier|speed|traffic/i.test(field) ? [...numbers, ...words, '"__proto__"', '"ON_DEMAND_PRIORITY"'] : numbers

const usageFields: Readonly<Record<DialectId, readonly string[]>> = {
  'anthropic-messages': [
    ...['input_tokens', 'output_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'],
    ...['cache_creation.ephemeral_5m_input_tokens', 'cache_creation.ephemeral_1h_input_tokens'],
    ...['server_tool_use.web_search_requests', 'output_tokens_details.thinking_tokens'],
    ...['service_tier', 'speed', 'cost', 'cost_details.upstream_inference_cost'],
  ],
  'openai-chat': [
    ...['prompt_tokens', 'completion_tokens', 'total_tokens', 'prompt_tokens_details.cached_tokens'],
    ...['prompt_tokens_details.audio_tokens', 'completion_tokens_details.reasoning_tokens'],
    ...['completion_tokens_details.audio_tokens', 'prompt_tokens_details.cache_write_tokens'],
    ...['cost', 'cost.total_cost', 'estimated_cost', 'cost_in_usd_ticks', 'cost_details.upstream_inference_cost'],
  ],
  'openai-responses': [
    ...['input_tokens', 'output_tokens', 'total_tokens', 'input_tokens_details.cached_tokens'],
    ...['output_tokens_details.reasoning_tokens', 'cost', 'cost_in_usd_ticks', 'is_byok'],
  ],
  gemini: [
    ...['promptTokenCount', 'candidatesTokenCount', 'thoughtsTokenCount', 'totalTokenCount'],
    ...['cachedContentTokenCount', 'toolUsePromptTokenCount', 'trafficType', 'serviceTier'],
  ],
}

const requestFields: Readonly<Record<DialectId, readonly string[]>> = {
  'anthropic-messages': [
    ...['max_tokens', 'temperature', 'top_k', 'top_p', 'thinking.budget_tokens'],
    ...['service_tier', 'speed'],
  ],
  'openai-chat': [
    'max_tokens',
    'max_completion_tokens',
    'n',
    'temperature',
    'top_logprobs',
    'seed',
    'presence_penalty',
    'service_tier',
  ],
  'openai-responses': ['max_output_tokens', 'temperature', 'top_p', 'top_logprobs', 'max_tool_calls', 'service_tier'],
  gemini: [
    ...['generationConfig.maxOutputTokens', 'generationConfig.candidateCount', 'generationConfig.temperature'],
    ...['generationConfig.topK', 'generationConfig.thinkingConfig.thinkingBudget', 'generationConfig.seed'],
    'serviceTier',
  ],
}

const usageNames: Readonly<Record<DialectId, string>> = {
  'anthropic-messages': 'usage',
  'openai-chat': 'usage',
  'openai-responses': 'usage',
  gemini: 'usageMetadata',
}

// biome-ignore lint/suspicious/noExplicitAny: bodies are changed at any place.
type Loose = any

const hole = '"@hole@"'

/** The value stands for a place that is then filled with JSON that JavaScript could not hold. */
function withHole(body: Loose, path: string): Loose {
  const changed = structuredClone(body)
  const names = path.split('.')
  const last = names.pop() ?? ''
  let place = changed
  for (const name of names) {
    place[name] ??= {}
    place = place[name]
  }
  place[last] = JSON.parse(hole)
  return changed
}

const filled = (body: Loose, json: string): string => JSON.stringify(body).replaceAll(hole, json)

let gateway: Gateway
let upstream: FakeUpstream
let ledger: LedgerWatch
/** What the vendor lies about. */
let lie: { readonly path: string; readonly json: string } | undefined

beforeAll(async () => {
  upstream = await startUpstream((response, { path, body }) => {
    const format = dialectIds.find((id) => path.includes(id)) ?? 'openai-chat'
    const vendor = vendorFormats[format]
    const answer = { inputTokens: 25, thoughts: 2, texts: 8 }
    const falsified = (text: string): string => {
      if (!lie) return text
      const told = JSON.parse(text)
      const usage = usageNames[format]
      const holder = told.response ?? told.message ?? told
      if (!holder[usage]) return text
      holder[usage] = withHole(holder[usage], lie.path)
      return filled(told, lie.json)
    }
    if (!vendor.isStream(path, body)) {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(falsified(JSON.stringify(vendor.whole(answer))))
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const text = vendor.stream(answer).map((piece) => piece.text)
    response.end(text.join('').replace(/^data: (\{.*\})\r?$/gm, (_, json: string) => `data: ${falsified(json)}`))
  })
  const channel = (format: DialectId) => `
  - { name: ${format}, provider: ${format === 'gemini' ? 'sandbox' : 'openrouter'}, base_url: "${upstream.url}/${format}", keys: [k], dialects: [${format}],
      models: [{ name: ${format}/fake, upstream: fake }] }`
  gateway = await startGateway(`
sandbox: false
channels:${dialectIds.map(channel).join('')}
keys: [{ name: test, key: ${key} }]
prices: [{ model: "*", input: 3, output: 15, cache_read: 0.3, cache_write_5m: 3.75, cache_write_1h: 6, tiers: ${tiers} }]`)
  ledger = watchLedger(gateway)
})

afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

/** More than was reserved is charged only for input that nobody could have bounded: 2 %, and no more than a cent. */
const boundOf = (reserved: bigint): bigint => {
  const slack = reserved / 50n
  return reserved + (slack < 10_000_000n ? slack : 10_000_000n)
}

async function ask(format: DialectId, to: DialectId, stream: boolean, change: (body: Loose) => string) {
  const { body, headers, path } = formats[format].ask({
    ...{ model: `${to}/fake`, stream, maxOutput: 200, turns: [{ user: 'Tell me of the tide.' }] },
  })
  const before = ledger.commands.length
  const answer = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { ...headers, authorization: `Bearer ${key}` },
    body: change(body),
  })
  const text = await answer.text()
  return { status: answer.status, text, before }
}

/** Waits for the end of the last request, if it had a reservation; its charge is within bounds. */
async function expectBounded(before: number): Promise<void> {
  const mine = () => ledger.commands.slice(before)
  const reserve = mine().find(({ do: verb }) => verb === 'reserve')
  if (!reserve) return
  const isEnd = ({ do: verb }: Command): boolean => verb === 'settle' || verb === 'void'
  const end = mine().find(isEnd)
  if (!end) await ledger.next('settle', 'void')
  else if (!ledger.answers.has(end)) await ledger.next(end.do)
  const answers = mine().map((command): Answer | undefined => ledger.answers.get(command))
  const reserved = answers.reduce(
    (most, told) => (told && 'amount' in told && told.amount > most ? told.amount : most),
    0n,
  )
  const told = answers.find((one) => one?.is === 'settled')
  const charged = told && 'charged' in told ? told.charged : 0n
  expect(charged >= 0n).toBe(true)
  expect(charged <= boundOf(reserved)).toBe(true)
  expect(reserved).toBeLessThan(2n ** 62n)
  // What the vendor says that it bills is the operator's to pay, and believed up to $1,000.
  const costs = mine().flatMap((command) => (command.do === 'settle' ? command.costs : []))
  for (const { amount } of costs) expect(amount > 0n && amount <= 1_000_000_000_000n).toBe(true)
}

const ways = dialectIds.flatMap((format, at) =>
  [format, dialectIds[(at + 1) % 4] ?? format].map((to) => ({ format, to })),
)

/** Both forms for every kind of number, over the fields. */
const isStream = (at: number, field: string): boolean => (at + field.length) % 2 === 0

describe('a vendor that lies about what it used', () => {
  for (const { format, to } of ways)
    for (const field of usageFields[to])
      it(`to ${format} in ${to}’s ${field}`, async () => {
        for (const [at, json] of valuesOf(field).entries()) {
          lie = { path: field, json }
          const { before, status, text } = await ask(format, to, isStream(at, field), (body) => JSON.stringify(body))
          lie = undefined
          // What no double can hold is no number: such a body is not read, so nothing is known of an answer.
          expect([status, json]).toEqual([json === '1e999' && status !== 200 ? 502 : 200, json])
          expect(text).not.toContain('Something went wrong here')
          await expectBounded(before)
        }
      })
})

describe('a client that asks for strange amounts', () => {
  for (const { format, to } of ways)
    for (const field of requestFields[format])
      it(`${format} to ${to}, ${field}`, async () => {
        for (const [at, json] of valuesOf(field).entries()) {
          const { before, status } = await ask(format, to, isStream(at, field), (body) =>
            filled(withHole(body, field), json),
          )
          expect([200, 400, 402, 429]).toContain(status)
          await expectBounded(before)
        }
      })
})

describe('after all of it', () => {
  it('nothing is held and the books balance', async () => {
    const account = await gateway.app.books.store.account('user:acc_default')
    expect(account?.held).toBe(0n)
    expect(gateway.app.books.auditor.differences()).toEqual([])
    expect(gateway.lines.filter(({ level }) => level === 'error')).toEqual([])
  })
})
