import { afterEach, describe, expect, it, vi } from 'vitest'
import { dialectIds, type UpstreamFormat } from '../../src/model/dialect.ts'
import { nano } from '../../src/model/money.ts'
import type { RequestRow } from '../../src/store/requests.ts'
import { type Gateway, type SandboxGateway, startSandboxGateway, via } from '../support/gateway.ts'
import { watchLedger } from '../support/ledger-watch.ts'

// What a request costs, from its key to the ledger.

const rich = 'sk-rich-0123456789abcdef'
const poor = 'sk-poor-0123456789abcdef'
const tight = 'sk-tight-0123456789abcdef'
const usd = (amount: number) => nano(BigInt(Math.round(amount * 1e9)))

let gateway: SandboxGateway
afterEach(() => gateway.close())

const start = async (): Promise<void> => {
  gateway = await startSandboxGateway(
    `
groups: [{ name: dear, multiplier: 1.5 }]
accounts:
  - { name: rich }
  - { name: poor, credit_limit: 0, group: dear }
prices:
  - { model: "*/sandbox-1", input: 1, output: 10, cache_read: 0.1 }
  - { model: "*/sandbox-echo", free: true }`,
    undefined,
    `[{ name: rich, key: ${rich}, account: rich }, { name: poor, key: ${poor}, account: poor },
      { name: tight, key: ${tight}, account: rich, budget: { daily: 0.001 } }]`,
  )
}

const ask = (secret: string, model: string, more: object = {}): Promise<Response> =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}` },
    body: JSON.stringify({ model, max_tokens: 50, messages: [{ role: 'user', content: 'Hello there' }], ...more }),
  })

const accountId = async ({ app }: Gateway, name: string): Promise<string> => {
  const account = (await app.store.accounts.list()).find((one) => one.name === name)
  if (!account) throw new Error(`no account ${name}`)
  return account.id
}

const balance = async (name: string): Promise<{ balance: bigint; held: bigint }> => {
  const account = await gateway.app.books.store.account(`user:${await accountId(gateway, name)}`)
  return { balance: account?.balance ?? 0n, held: account?.held ?? 0n }
}

/** The row of the only request, once it is settled and written. */
const logged = async (): Promise<RequestRow> =>
  eventually(async () => {
    const [row] = await gateway.app.store.requests.page({}, 1)
    if (!row) throw new Error('no request was logged')
    return row
  })

const eventually = <T>(look: () => Promise<T>): Promise<T> => vi.waitFor(look, { timeout: 5_000, interval: 50 })

describe('a request', () => {
  for (const id of dialectIds)
    for (const stream of [false, true])
      it(`${stream ? 'streamed' : 'whole'} from ${id} costs what its usage says, to the nano-dollar`, async () => {
        await start()
        await (
          await ask(rich, via(id), { stream, stream_options: stream ? { include_usage: true } : undefined })
        ).text()
        const row = await logged()
        // The buckets of usage are numbers.
        const usage = row.detail.usage as Record<string, number>
        const { cacheRead = 0, cacheWrite5m = 0, input = 0, output = 0, reasoning = 0 } = usage
        expect(input + cacheWrite5m).toBeGreaterThan(0)
        const expected = BigInt((input + cacheWrite5m) * 1000 + cacheRead * 100 + (output + reasoning) * 10_000)
        expect(row.charged).toBe(expected)
        expect(row.detail).toMatchObject({ source: 'vendor', cost: '0', isStream: stream })
        expect(await balance('rich')).toEqual({ balance: -expected, held: 0n })
        expect(gateway.app.books.auditor.differences()).toEqual([])
      })

  it('of a dear group costs more, and is refused when the balance does not cover it', async () => {
    await start()
    const refused = await ask(poor, via('openai-chat'))
    expect(refused.status).toBe(429)
    expect(refused.headers.get('x-should-retry')).toBe('false')
    expect(await refused.text()).toMatch(
      /insufficient_quota.*balance of this account|balance of this account.*insufficient_quota/s,
    )
    const { ledger } = gateway.app.books
    await ledger.submit<'credit'>({
      do: 'credit',
      id: 'top-up',
      account: `user:${await accountId(gateway, 'poor')}`,
      amount: usd(1),
      reason: 'test',
      actor: 'test',
    })
    const asked = gateway.asked.length
    expect((await ask(poor, via('openai-chat'))).status).toBe(200)
    expect(gateway.asked.length).toBe(asked + 1)
    const row = await logged()
    const { input = 0, output = 0 } = row.detail.usage as Record<string, number>
    expect(row.charged).toBe(BigInt(Math.ceil((input * 1000 + output * 10_000) * 1.5)))
  })

  for (const used of [0n, 30_000n])
    it(`is logged as it is charged in the end, when it was taken for dead with ${used} on its checkpoint`, async () => {
      await start()
      const ledger = watchLedger(gateway)
      const letGo = ledger.holdBack()
      const reserved = ledger.next('reserve')
      const answered = ask(rich, via('openai-chat'))
      const command = await reserved
      if (command.do !== 'reserve') throw new Error('not what was waited for')
      const { id } = command
      const { node, epoch, reservation } = gateway.app.books.store
      const open = await reservation(id)
      expect(open?.price).toMatch(/^price_/)
      expect(JSON.parse(open?.memo ?? '')).toEqual({
        key: (await gateway.app.store.keys.list()).find(({ name }) => name === 'rich')?.id,
        model: via('openai-chat'),
        format: 'openai-chat',
        isStream: false,
      })
      const { submit } = gateway.app.books.ledger
      if (used > 0n) await submit<'checkpoint'>({ do: 'checkpoint', id, used: nano(used) })
      expect((await submit<'sweep'>({ do: 'sweep', id, node, epoch })).is).toBe(used > 0n ? 'settled' : 'voided')
      letGo()
      expect((await answered).status).toBe(200)
      const row = await logged()
      expect(row.charged).toBeGreaterThan(used)
      expect(await balance('rich')).toEqual({ balance: -row.charged, held: 0n })
    })

  it('is explained to those who ask: what was set aside, and quantity by price', async () => {
    await start()
    for (const id of dialectIds) {
      const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${rich}`, 'x-causeway-explain': '1' },
        body: JSON.stringify({ model: via(id), max_tokens: 50, messages: [{ role: 'user', content: 'Hello there' }] }),
      })
      await answer.text()
      // Its own schema is held elsewhere.
      const { cost } = JSON.parse(answer.headers.get('x-causeway-explain') ?? '{}') as {
        cost: { reserved_usd: string; total_usd: string; lines: { quantity: number; usd_per_million: string }[] }
      }
      const sum = cost.lines.reduce((all, line) => all + line.quantity * Number(line.usd_per_million) * 1000, 0)
      expect(Number(cost.total_usd) * 1e9).toBeCloseTo(sum, 3)
      expect(Number(cost.reserved_usd)).toBeGreaterThan(Number(cost.total_usd))
    }
  })

  it('is refused in every format’s own words, before anything leaves', async () => {
    await start()
    const body = {
      messages: [{ role: 'user', content: 'Hello' }],
      max_tokens: 50,
      input: 'Hello',
      contents: [{ parts: [{ text: 'Hello' }] }],
    }
    const paths: Readonly<Record<UpstreamFormat | string, readonly [string, number, string]>> = {
      'anthropic-messages': ['/v1/messages', 402, 'billing_error'],
      'openai-chat': ['/v1/chat/completions', 429, 'insufficient_quota'],
      'openai-responses': ['/v1/responses', 429, 'insufficient_quota'],
      gemini: [`/v1beta/models/${via('gemini')}:generateContent`, 429, 'RESOURCE_EXHAUSTED'],
    }
    for (const [path, status, word] of Object.values(paths)) {
      const answer = await fetch(`${gateway.url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${poor}` },
        body: JSON.stringify({ model: via('gemini'), ...body }),
      })
      expect([answer.status, await answer.text()]).toEqual([status, expect.stringContaining(word)])
    }
    expect(gateway.asked).toEqual([])
  })

  it('that is free needs no money, and one without a price is refused', async () => {
    await start()
    expect((await ask(poor, via('openai-chat', 'sandbox-echo'))).status).toBe(200)
  })

  it('is held by the budget of its key', async () => {
    await start()
    expect((await ask(tight, via('openai-chat'))).status).toBe(200)
    const refused = await ask(tight, via('openai-chat'), { max_tokens: 5_000 })
    expect([refused.status, await refused.text()]).toEqual([429, expect.stringContaining('daily budget')])
  })

  it('that fails everywhere costs nothing', async () => {
    await start()
    const failed = await ask(rich, via('openai-chat'), { messages: [{ role: 'user', content: 'sandbox:fail=500' }] })
    expect(failed.status).toBeGreaterThanOrEqual(500)
    expect(await logged()).toMatchObject({ charged: 0n, outcome: 'failed' })
    expect(await balance('rich')).toEqual({ balance: 0n, held: 0n })
  })

  it('of 200 at once on a balance for 10, at most 10 are let in', async () => {
    await start()
    const { ledger } = gateway.app.books
    const account = `user:${await accountId(gateway, 'poor')}`
    // Each may cost up to its bytes at $1 and 50 tokens at $10 a million, times 1.5.
    const bytes = JSON.stringify({
      model: via('openai-chat'),
      max_tokens: 50,
      messages: [{ role: 'user', content: 'Hello there' }],
    }).length
    const most = BigInt(Math.ceil((bytes * 1000 + 50 * 10_000) * 1.5))
    await ledger.submit<'open'>({ do: 'open', account, floor: nano(0n) })
    await ledger.submit<'credit'>({
      do: 'credit',
      id: 'ten',
      account,
      amount: nano(most * 10n),
      reason: 'test',
      actor: 'test',
    })
    const answers = await Promise.all(
      Array.from({ length: 200 }, () =>
        ask(poor, via('openai-chat'), { messages: [{ role: 'user', content: 'Hello there' }] }).then(async (answer) => {
          await answer.text()
          return answer.status
        }),
      ),
    )
    const admitted = answers.filter((status) => status === 200).length
    expect(admitted).toBeGreaterThan(0)
    expect(new Set(answers)).toEqual(new Set([200, 429]))
    const left = await eventually(async () => {
      const now = await balance('poor')
      if (now.held > 0n) throw new Error('not settled yet')
      return now.balance
    })
    expect(left >= 0n).toBe(true)
  })
})

describe('limits of a key', () => {
  it('are told in the format’s own headers, and refuse with the time to wait', async () => {
    gateway = await startSandboxGateway(
      '',
      undefined,
      `[{ name: slow, key: ${rich}, limits: { requests_per_minute: 2, tokens_per_minute: 100000 } }]`,
    )
    const first = await ask(rich, via('openai-chat'))
    expect(first.headers.get('x-ratelimit-limit-requests')).toBe('2')
    expect(first.headers.get('x-ratelimit-remaining-requests')).toBe('1')
    expect(first.headers.get('x-ratelimit-limit-tokens')).toBe('100000')
    const message = { model: via('anthropic-messages'), max_tokens: 5, messages: [{ role: 'user', content: 'Hello' }] }
    const anthropic = (): Promise<Response> =>
      fetch(`${gateway.url}/v1/messages`, {
        method: 'POST',
        headers: { 'x-api-key': rich },
        body: JSON.stringify(message),
      })
    const second = await anthropic()
    expect(second.headers.get('anthropic-ratelimit-requests-remaining')).toBe('0')
    const third = await anthropic()
    expect([third.status, await third.text()]).toEqual([429, expect.stringContaining('rate_limit_error')])
    expect(Number(third.headers.get('retry-after-ms'))).toBeGreaterThan(0)
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(third.headers.get('anthropic-ratelimit-requests-limit')).toBe('2')
  })
})
