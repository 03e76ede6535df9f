import { afterEach, describe, expect, it, vi } from 'vitest'
import { nano } from '../../src/model/money.ts'
import type { RequestRow } from '../../src/store/requests.ts'
import {
  type FakeUpstream,
  type Gateway,
  key,
  startGateway,
  startSandboxGateway,
  startUpstream,
  via,
} from '../support/gateway.ts'

// A request that its client names is answered and charged once, however often it is sent.

const other = 'sk-other-0123456789abcdef'
const hour = 3_600_000

let gateway: Gateway
let upstream: FakeUpstream
let nowMs = Date.parse('2026-11-21T12:00:00Z')
let open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open) await close()
  open = []
})

type Answer = Parameters<typeof startUpstream>[0]

const reply = (text: string) =>
  JSON.stringify({
    id: `chatcmpl-${text.length}`,
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  })

const whole: Answer = (response) => response.setHeader('content-type', 'application/json').end(reply('hello'))

const chunk = (more: object): string =>
  `data: ${JSON.stringify({ id: 'chatcmpl-s', object: 'chat.completion.chunk', created: 1, model: 'm', ...more })}\n\n`
const delta = (content: string): string => chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })
const last =
  chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }) +
  chunk({ choices: [], usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } }) +
  'data: [DONE]\n\n'

const start = async (answer: Answer = whole): Promise<void> => {
  upstream = await startUpstream(answer)
  gateway = await startGateway(
    `
sandbox: false
channels: [{ name: fake, provider: openai, dialects: [openai-chat], base_url: ${upstream.url}, keys: [k], models: [m] }]
keys: [{ name: one, key: ${key} }, { name: two, key: ${other} }]
prices: [{ model: m, input: 1, output: 10 }]`,
    {},
    { clock: () => nowMs },
  )
  open = [gateway.close, upstream.close]
}

interface Asking {
  readonly name?: string
  readonly secret?: string
  readonly text?: string
  readonly path?: string
  readonly more?: object
  readonly signal?: AbortSignal
}

const ask = ({ more, name = 'a', path = '/v1/chat/completions', secret = key, signal, text = 'hi' }: Asking = {}) =>
  fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'idempotency-key': name },
    body: JSON.stringify({ model: 'm', max_tokens: 20, messages: [{ role: 'user', content: text }], ...more }),
    ...(signal && { signal }),
  })

const rows = (): Promise<readonly RequestRow[]> =>
  vi.waitFor(
    async () => {
      const found = await gateway.app.store.requests.page({}, 100)
      if (found.length === 0) throw new Error('nothing was logged')
      return found
    },
    { timeout: 5_000, interval: 50 },
  )

/** What is kept is kept just after the last byte has gone out. */
const again = (asking: Asking = {}): Promise<Response> =>
  vi.waitFor(
    async () => {
      const answer = await ask(asking)
      if (answer.status === 409 && (await answer.clone().text()).includes('still being answered'))
        throw new Error('not yet')
      return answer
    },
    { timeout: 5_000, interval: 20 },
  )

const lasting = ({ headers }: Response) => [headers.get('content-type'), headers.get('x-request-id')]

describe('the same request again', () => {
  for (const stream of [false, true])
    it(`gets the same ${stream ? 'stream' : 'answer'}, byte for byte, and costs nothing`, async () => {
      await start(
        stream
          ? (response) =>
              response.setHeader('content-type', 'text/event-stream').end(`${delta('hello')}${delta(' you')}${last}`)
          : whole,
      )
      const more = { stream, ...(stream && { stream_options: { include_usage: true } }) }
      const first = await ask({ more })
      const text = await first.text()
      expect([first.status, first.headers.get('idempotent-replayed')]).toEqual([200, null])
      for (let repeat = 0; repeat < 3; repeat++) {
        const next = await again({ more })
        expect([next.status, await next.text()]).toEqual([200, text])
        expect(lasting(next)).toEqual(lasting(first))
        expect(next.headers.get('idempotent-replayed')).toBe('true')
      }
      expect(upstream.asked.length).toBe(1)
      const logged = await rows()
      expect(logged.map(({ charged }) => charged)).toEqual([60_000n])
      expect((await gateway.app.books.store.account('user:acc_default'))?.balance).toBe(-60_000n)
    })

  it('is another after 24 hours', async () => {
    await start()
    await (await ask()).text()
    await (await again()).text()
    nowMs += 25 * hour
    expect((await ask()).headers.get('idempotent-replayed')).toBeNull()
    expect(upstream.asked.length).toBe(2)
  })

  it('sent when its last byte has come waits until that is kept', async () => {
    await start()
    for (let at = 0; at < 25; at++) {
      const name = `n${at}`
      const first = await (await ask({ name })).text()
      const next = await ask({ name })
      expect([next.status, await next.text()]).toEqual([200, first])
    }
    expect(upstream.asked.length).toBe(25)
  })

  it('of another key is another', async () => {
    await start()
    await (await ask()).text()
    const others = await ask({ secret: other, text: 'something else' })
    expect([others.status, others.headers.get('idempotent-replayed')]).toEqual([200, null])
    expect(upstream.asked.length).toBe(2)
  })

  it('is sent again when the first was refused, because that cost nothing', async () => {
    let isWell = false
    await start((response, asked) => (isWell ? whole(response, asked) : response.writeHead(400).end('{"error":{}}')))
    expect((await ask()).status).toBe(400)
    isWell = true
    expect((await again()).status).toBe(200)
  })

  it('gets the answer that its client did not wait for, at one charge', async () => {
    let finish: (() => void) | undefined
    await start((response) => {
      response.setHeader('content-type', 'text/event-stream').write(delta('hello'))
      finish = () => response.end(last)
    })
    const leaving = new AbortController()
    const first = await ask({ more: { stream: true }, signal: leaving.signal })
    const reader = first.body?.getReader()
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toContain('hello')
    leaving.abort()
    finish?.()
    const next = await again({ more: { stream: true } })
    expect(await next.text()).toMatch(/hello.*\[DONE\]/s)
    expect(next.headers.get('idempotent-replayed')).toBe('true')
    expect(upstream.asked.length).toBe(1)
    expect((await rows()).map(({ charged, outcome }) => [outcome, charged])).toEqual([['answered', 60_000n]])
  })

  it('gets a broken answer broken again: its beginning was paid for', async () => {
    await start((response) => {
      response.setHeader('content-type', 'text/event-stream').write(delta('hello'))
      setImmediate(() => response.destroy())
    })
    const first = await (await ask({ more: { stream: true } })).text()
    expect(first).toContain('error')
    const next = await again({ more: { stream: true } })
    expect(await next.text()).toBe(first)
    expect(upstream.asked.length).toBe(1)
  })
})

describe('a name that is taken', () => {
  const different: readonly (readonly [string, Asking])[] = [
    ['by another body', { text: 'different' }],
    ['by a body with one more space', { more: { user: ' ' } }],
    ['by another path', { path: '/v1/completions', more: { prompt: 'hi' } }],
  ]
  it.each(different)('%s is a conflict that no client should send again', async (_, asking) => {
    await start()
    await (await ask()).text()
    await (await again()).text()
    const refused = await ask(asking)
    expect([refused.status, refused.headers.get('x-should-retry')]).toEqual([409, 'false'])
    expect(await refused.json()).toMatchObject({ error: { code: 'idempotency_conflict' } })
    expect(upstream.asked.length).toBe(1)
  })

  it('by a request under way is refused with the time to wait; of 20 at once one is answered', async () => {
    const waiting: (() => void)[] = []
    await start((response, asked) => waiting.push(() => whole(response, asked)))
    const all = Promise.all(
      Array.from({ length: 20 }, async () => {
        const answer = await ask()
        return { answer, text: await answer.text() }
      }),
    )
    await vi.waitFor(() => expect(waiting.length).toBe(1), { timeout: 5_000 })
    const refused = await ask()
    expect(refused.status).toBe(409)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(refused.headers.get('x-should-retry')).toBeNull()
    for (const answer of waiting) answer()
    const answers = await all
    const firstHand = answers.filter(
      ({ answer }) => answer.status === 200 && !answer.headers.has('idempotent-replayed'),
    )
    expect(firstHand.length).toBe(1)
    expect(upstream.asked.length).toBe(1)
  })

  it('by a process that died is free when its lease is over, for the same body alone', async () => {
    await start()
    const { idempotency } = gateway.app.store
    const [row] = await gateway.app.store.keys.list()
    const dead = { tenant: row?.id ?? '', name: 'a', asked: 'unknown', requestId: 'req_dead' }
    await idempotency.claim(dead, { nowMs, leaseMs: 60_000, keptMs: 24 * hour })
    expect((await ask()).status).toBe(409)
    const lease = { nowMs: nowMs + 60_000, leaseMs: 60_000, keptMs: 24 * hour }
    expect(await idempotency.claim({ ...dead, requestId: 'req_next', asked: 'else' }, lease)).toEqual({
      is: 'different',
    })
    expect(await idempotency.claim({ ...dead, requestId: 'req_next' }, lease)).toEqual({
      is: 'abandoned',
      requestId: 'req_dead',
    })
    expect(await idempotency.takeOver({ ...dead, requestId: 'req_next' }, 'req_dead', lease)).toBe(true)
    // The dead one comes to life again, too late.
    await idempotency.keep(dead, 'late')
    await idempotency.release(dead)
    expect(await idempotency.claim({ ...dead, requestId: 'req_third' }, lease)).toMatchObject({ is: 'under way' })
  })
})

describe('a process that died over a request', () => {
  /** As if the process had died: the name is claimed, and the ledger has what it had by then. */
  async function died(inLedger: (id: string) => Promise<unknown>): Promise<void> {
    await start()
    const { idempotency, keys } = gateway.app.store
    const claim = vi.spyOn(idempotency, 'claim')
    const [row] = (await keys.list()).filter(({ name }) => name === 'one')
    await (await ask({ name: 'seen' })).text()
    // The hash of this very question, under another name.
    const asked = claim.mock.calls[0]?.[0].asked ?? ''
    const tenant = row?.id ?? ''
    await idempotency.claim(
      { tenant, name: 'a', asked, requestId: 'req_dead' },
      { nowMs, leaseMs: 60_000, keptMs: hour },
    )
    await inLedger('req_dead')
    nowMs += 61_000
  }
  const ledger = {
    reserve: (id: string) =>
      gateway.app.books.ledger.submit<'reserve'>({
        do: 'reserve',
        id,
        holds: [{ account: 'user:acc_default' }],
        amount: nano(1_000_000n),
      }),
    settle: (id: string, charge: bigint) =>
      gateway.app.books.ledger.submit<'settle'>({
        do: 'settle',
        id,
        charge: nano(charge),
        costs: [],
        source: 'vendor',
      }),
    void: (id: string) => gateway.app.books.ledger.submit<'void'>({ do: 'void', id, reason: 'none' }),
  }

  it('and charged it: told so for a day, and nobody is asked again', async () => {
    await died(async (id) => {
      await ledger.reserve(id)
      await ledger.settle(id, 700_000n)
    })
    for (let times = 0; times < 2; times++) {
      const refused = await ask()
      expect([refused.status, refused.headers.get('x-should-retry')]).toEqual([409, 'false'])
      expect(await refused.json()).toMatchObject({ error: { code: 'idempotency_answer_not_kept' } })
    }
    expect(upstream.asked.length).toBe(1)
  })

  it('and charged the summary of it: told so too', async () => {
    await died(async (id) => {
      await ledger.reserve(id)
      await ledger.void(id)
      await ledger.reserve(`${id}/summary`)
      await ledger.settle(`${id}/summary`, 700_000n)
    })
    expect(await (await ask()).json()).toMatchObject({ error: { code: 'idempotency_answer_not_kept' } })
    expect(upstream.asked.length).toBe(1)
  })

  const free: readonly (readonly [string, (id: string) => Promise<unknown>])[] = [
    ['before it reserved anything', async () => {}],
    ['and was swept without a charge', async (id) => ledger.reserve(id).then(() => ledger.void(id))],
  ]
  it.each(free)('%s: it is answered now', async (_, inLedger) => {
    await died(inLedger)
    expect((await ask()).status).toBe(200)
    expect(upstream.asked.length).toBe(2)
  })

  it('and is not swept yet: it has to wait', async () => {
    await died((id) => ledger.reserve(id))
    const refused = await ask()
    expect([refused.status, refused.headers.get('x-should-retry')]).toEqual([409, null])
    expect(upstream.asked.length).toBe(1)
    await ledger.void('req_dead')
    expect((await ask()).status).toBe(200)
  })
})

describe('a compaction', () => {
  it('that its client names is made and charged once', async () => {
    upstream = await startUpstream((response) =>
      response.setHeader('content-type', 'application/json').end(
        JSON.stringify({
          id: 'resp_c',
          object: 'response.compaction',
          created_at: 1,
          output: [{ type: 'compaction', id: 'cmp', encrypted_content: 'xx' }],
          usage: { input_tokens: 50, output_tokens: 20, total_tokens: 70 },
        }),
      ),
    )
    gateway = await startGateway(
      `
sandbox: false
channels: [{ name: fake, provider: openai, dialects: [openai-responses], base_url: ${upstream.url}, keys: [k], models: [m] }]
keys: [{ name: one, key: ${key} }]
prices: [{ model: m, input: 1, output: 10 }]`,
      {},
      { clock: () => nowMs },
    )
    open = [gateway.close, upstream.close]
    const compact = (name: string, text = 'hi') =>
      fetch(`${gateway.url}/v1/responses/compact`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'idempotency-key': name },
        body: JSON.stringify({ model: 'm', input: [{ role: 'user', content: text }], usage: { include: true } }),
      })
    const first = await compact('c')
    const text = await first.text()
    expect([first.status, text]).toEqual([200, expect.stringContaining('cmp')])
    const next = await compact('c')
    expect([next.status, next.headers.get('idempotent-replayed'), await next.text()]).toEqual([200, 'true', text])
    expect((await compact('c', 'else')).status).toBe(409)
    expect(upstream.asked.length).toBe(1)
    // What it costs is for us to say: no vendor hears of the wish.
    expect(JSON.parse(upstream.asked[0]?.body ?? '')).not.toHaveProperty('usage')
    await vi.waitFor(
      async () => expect((await gateway.app.books.store.account('user:acc_default'))?.balance).toBe(-250_000n),
      { timeout: 5_000, interval: 20 },
    )
  })
})

describe('an answer that is not kept', () => {
  it('because it is larger than 8 MiB: told so, and not asked again', async () => {
    const large = 'x'.repeat(9 * 2 ** 20)
    await start((response) => response.setHeader('content-type', 'application/json').end(reply(large)))
    expect((await (await ask()).text()).length).toBeGreaterThan(large.length)
    const next = await again()
    expect([next.status, next.headers.get('x-should-retry')]).toEqual([409, 'false'])
    expect(await next.json()).toMatchObject({ error: { code: 'idempotency_answer_not_kept' } })
    expect(upstream.asked.length).toBe(1)
  })

  it('goes when its day is over', async () => {
    await start()
    await (await ask()).text()
    await (await again()).text()
    await gateway.app.store.idempotency.removeExpired(nowMs + 25 * hour)
    expect((await ask()).headers.get('idempotent-replayed')).toBeNull()
  })
})

describe('a bad name', () => {
  it.each([
    ['too long', 'n'.repeat(256)],
    ['with letters beyond ASCII', 'caf\u00e9'],
    ['with a tab', 'a\tb'],
  ])('%s is refused', async (_, name) => {
    await start()
    const refused = await ask({ name })
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('Idempotency-Key')])
    expect(upstream.asked.length).toBe(0)
  })

  it('that is empty is none', async () => {
    await start()
    await (await ask({ name: '' })).text()
    expect((await ask({ name: '', text: 'other' })).status).toBe(200)
  })
})

describe('every chat route', () => {
  const say = (content: string) => ({ max_tokens: 40, messages: [{ role: 'user', content }] })
  const model = via('anthropic-messages')
  const routes: readonly (readonly [path: string, body: object])[] = [
    ['/v1/messages', { model, ...say('hi') }],
    ['/v1/messages', { model, stream: true, ...say('hi') }],
    ['/v1/chat/completions', { model, ...say('hi') }],
    ['/v1/chat/completions', { model, stream: true, ...say('hi') }],
    ['/v1/completions', { model, prompt: 'hi' }],
    ['/v1/responses', { model, input: 'hi' }],
    ['/v1/responses', { model, stream: true, input: 'hi' }],
    [`/v1beta/models/${model}:generateContent`, { contents: [{ parts: [{ text: 'hi' }] }] }],
    [`/v1beta/models/${model}:streamGenerateContent`, { contents: [{ parts: [{ text: 'hi' }] }] }],
    [`/v1beta/models/${model}:streamGenerateContent?alt=sse`, { contents: [{ parts: [{ text: 'hi' }] }] }],
  ]

  it('answers once, and refuses in its own format', async () => {
    const sandbox = await startSandboxGateway()
    open = [sandbox.close]
    const post = (path: string, body: object, name: string) =>
      fetch(sandbox.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'idempotency-key': name },
        body: JSON.stringify(body),
      })
    for (const [at, [path, body]] of routes.entries()) {
      const first = await (await post(path, body, `n${at}`)).text()
      await vi.waitFor(async () => {
        const next = await post(path, body, `n${at}`)
        expect([next.status, next.headers.get('idempotent-replayed'), await next.text()], path).toEqual([
          200,
          'true',
          first,
        ])
      })
      const refused = await post(path, { ...body, other: true }, `n${at}`)
      expect([refused.status, refused.headers.get('x-should-retry')], path).toEqual([409, 'false'])
      expect(await refused.json()).toHaveProperty('error.message', expect.stringContaining('Idempotency-Key'))
    }
    expect(sandbox.asked.length).toBe(routes.length)
  })
})

describe('a store that does not answer', () => {
  it('is no reason to charge twice: the request waits', async () => {
    await start()
    vi.spyOn(gateway.app.store.idempotency, 'claim').mockRejectedValueOnce(new Error('gone'))
    const refused = await ask()
    expect([refused.status, Number(refused.headers.get('retry-after'))]).toEqual([503, 2])
    expect(upstream.asked.length).toBe(0)
    expect((await ask()).status).toBe(200)
  })
})
