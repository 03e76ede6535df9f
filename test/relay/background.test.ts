import { afterEach, describe, expect, it, vi } from 'vitest'
import type { RequestRow } from '../../src/store/requests.ts'
import { type FakeUpstream, type Gateway, key, startGateway, startUpstream } from '../support/gateway.ts'

// A response that its vendor works on when its request is over is paid for like any other: once, when it is done.

const other = 'sk-other-0123456789abcdef'
const id = 'resp_bg'

interface Told {
  readonly status: string
  readonly usage?: object
  readonly text?: string
  readonly error?: object
}

const told = { input_tokens: 5, output_tokens: 4000, total_tokens: 4005 }
const usage = { ...told, cost: 0.5 }
/** 5 tokens read at $1 a million, 4,000 written at $10. */
const price = 5_000n + 40_000_000n
const done: Told = { status: 'completed', usage, text: 'the whole answer' }

const responseOf = ({ error, status, text, usage: used }: Told) => ({
  id,
  object: 'response',
  created_at: 1,
  status,
  background: true,
  model: 'm-dated',
  output: text
    ? [
        {
          type: 'message',
          id: 'msg_1',
          status: 'completed',
          role: 'assistant',
          content: [{ type: 'output_text', text, annotations: [] }],
        },
      ]
    : [],
  usage: used ?? null,
  error: error ?? null,
})

let gateway: Gateway
let upstream: FakeUpstream
let nowMs = 0
/** What the vendor says of it from now on. */
let says: Told
/** Instead of the first answer. */
let begins: ((response: Parameters<Parameters<typeof startUpstream>[0]>[0]) => void) | undefined
let onCancel: Told
afterEach(async () => {
  await gateway.close()
  await upstream.close()
})

const start = async (): Promise<void> => {
  nowMs = Date.now()
  says = { status: 'in_progress' }
  begins = undefined
  onCancel = { status: 'cancelled' }
  upstream = await startUpstream((response, { path }) => {
    if (path === '/v1/responses' && begins) return begins(response)
    const told = path === '/v1/responses' ? { status: 'queued' } : path.endsWith('/cancel') ? onCancel : says
    response.setHeader('content-type', 'application/json').end(JSON.stringify(responseOf(told)))
  })
  gateway = await startGateway(
    `
sandbox: false
channels:
  - { name: fake, provider: openai, dialects: [openai-responses], base_url: ${upstream.url}, keys: [k1, k2], models: [m] }
accounts: [{ name: acme, credit_limit: 1 }]
keys: [{ name: one, key: ${key}, account: acme }, { name: two, key: ${other} }]
prices: [{ model: m, input: 1, output: 10 }]`,
    {},
    { clock: () => nowMs },
  )
}

const call = (method: string, path: string, body?: object, secret = key) =>
  fetch(`${gateway.url}/v1/responses${path}`, {
    method,
    headers: { authorization: `Bearer ${secret}` },
    ...(body && { body: JSON.stringify(body) }),
  })
const create = (more: object = {}) =>
  call('POST', '', { model: 'm', input: 'hi', background: true, max_output_tokens: 5000, ...more })
const get = (query = '', secret = key) => call('GET', `/${id}${query}`, undefined, secret)

const account = async () => {
  const name = (await gateway.app.store.accounts.list()).find((one) => one.name === 'acme')?.id
  const found = await gateway.app.books.store.account(`user:${name}`)
  return { balance: found?.balance, isHeld: (found?.held ?? 0n) > 0n }
}
const patience = { timeout: 8_000, interval: 25 }
const settled = (balance: bigint) =>
  vi.waitFor(async () => expect(await account()).toEqual({ balance, isHeld: false }), patience)
const rows = (): Promise<readonly RequestRow[]> =>
  vi.waitFor(async () => {
    const found = await gateway.app.store.requests.page({}, 10)
    if (found.length === 0) throw new Error('nothing was logged')
    return found
  }, patience)

describe('a background response', () => {
  it('holds what it may cost until it is done, and is charged when its client sees it, once', async () => {
    await start()
    const told = await create()
    expect([told.status, await told.json()]).toMatchObject([200, { id, status: 'queued' }])
    expect(await account()).toEqual({ balance: 0n, isHeld: true })
    expect(await (await get()).json()).toMatchObject({ status: 'in_progress' })
    expect(await account()).toEqual({ balance: 0n, isHeld: true })
    says = done
    const [one, two] = await Promise.all([get(), get()])
    expect(await one.text()).toContain('the whole answer')
    expect(await two.text()).toContain('the whole answer')
    await settled(-price)
    expect(await (await get()).json()).toMatchObject({ status: 'completed', model: 'm-dated' })
    expect(await account()).toEqual({ balance: -price, isHeld: false })
    expect((await rows()).map(({ charged, model, outcome }) => [charged, model, outcome])).toEqual([
      [price, 'm', 'answered'],
    ])
  })

  it('is asked for by the credential that began it', async () => {
    await start()
    for (let turn = 0; turn < 4; turn++) {
      await (await create()).text()
      const begun = upstream.asked.at(-1)?.headers.authorization
      await (await get()).text()
      const asked = upstream.asked.at(-1)
      expect([asked?.path, asked?.headers.authorization]).toEqual([`/v1/responses/${id}`, begun])
      says = done
      await (await get()).text()
      says = { status: 'in_progress' }
    }
  })

  it('does not tell what its vendor bills, nor what there is of it before it is paid for', async () => {
    await start()
    await (await create()).text()
    says = { status: 'in_progress', text: 'the first half' }
    expect(await (await get()).json()).toMatchObject({ status: 'in_progress', output: [] })
    says = done
    const whole = await (await get()).text()
    expect(JSON.parse(whole)).toMatchObject({ usage: told })
    expect(whole).not.toContain('"cost"')
  })

  it('is charged when nobody asks for it', async () => {
    await start()
    await (await create()).text()
    says = done
    nowMs += 6_000
    await settled(-price)
    expect(await (await get()).text()).toContain('the whole answer')
  })

  it('is looked at less and less often', async () => {
    await start()
    await (await create()).text()
    const [row] = await gateway.app.store.unfinished.due(nowMs + 5_000, 5)
    expect(row?.lookAtMs).toBe(nowMs + 5_000)
    nowMs += 3_600_000
    await vi.waitFor(async () => {
      const [next] = await gateway.app.store.unfinished.due(nowMs + 3_600_000, 5)
      expect(next?.lookAtMs).toBe(nowMs + 300_000)
    }, patience)
  })

  it('can be read as a stream when it is done', async () => {
    await start()
    await (await create()).text()
    expect((await get('?stream=true')).status).toBe(400)
    says = done
    const text = await (await get('?stream=true&starting_after=1')).text()
    expect(text).toContain('the whole answer')
    await settled(-price)
  })

  it('is nobody else’s', async () => {
    await start()
    await (await create()).text()
    const before = upstream.asked.length
    for (const answer of [
      await get('', other),
      await call('POST', `/${id}/cancel`, undefined, other),
      await call('DELETE', `/${id}`, undefined, other),
    ])
      expect(answer.status).toBe(404)
    expect(upstream.asked.length).toBe(before)
    expect(await account()).toEqual({ balance: 0n, isHeld: true })
  })

  it('that its client would not let be stored is refused', async () => {
    await start()
    const refused = await create({ store: false })
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: { param: 'background' } }])
    expect(upstream.asked.length).toBe(0)
  })

  it('is not begun where nobody could charge it', async () => {
    await start()
    vi.spyOn(gateway.app.store.unfinished, 'put').mockRejectedValue(new Error('gone'))
    const refused = await create()
    expect(refused.status).toBe(503)
    await settled(0n)
    await vi.waitFor(() => expect(upstream.asked.map(({ path }) => path)).toContain(`/v1/responses/${id}/cancel`))
  })

  const ends: readonly (readonly [string, Told, bigint])[] = [
    ['incomplete: what it used', { ...done, status: 'incomplete' }, price],
    ['failed without a word: nothing', { status: 'failed', error: { code: 'server_error', message: 'boom' } }, 0n],
    ['failed half-way: what it used', { ...done, status: 'failed', error: { code: 'x', message: 'boom' } }, price],
    ['cancelled before anything: nothing', { status: 'cancelled' }, 0n],
    ['cancelled half-way: what it used', { ...done, status: 'cancelled' }, price],
    ['cancelled while it thought: what it used', { status: 'cancelled', usage }, price],
  ]
  it.each(ends)('that ends %s', async (_, told, charge) => {
    await start()
    await (await create()).text()
    says = told
    expect(await (await get()).json()).toMatchObject({ status: told.status })
    await settled(-charge)
    expect((await rows()).map(({ charged }) => charged)).toEqual([charge])
  })

  it('that tells no usage is counted', async () => {
    await start()
    await (await create()).text()
    says = { status: 'completed', text: 'word '.repeat(400) }
    await (await get()).text()
    await vi.waitFor(async () => expect((await account()).isHeld).toBe(false), patience)
    const { balance = 0n } = await account()
    expect(balance).toBeLessThan(-400n * 10_000n)
    expect((await rows())[0]?.detail.source).toBe('counted')
  })

  it('that fails does not tell what its vendor says to us alone', async () => {
    await start()
    await (await create()).text()
    says = {
      status: 'failed',
      error: { code: 'server_error', message: 'no sk-live-0123456789 at https://inside.example' },
    }
    const shown = await (await get()).text()
    expect(shown).toContain('"failed"')
    expect(shown).not.toMatch(/sk-live|inside/)
  })
})

describe('calling it off', () => {
  it('frees what was held', async () => {
    await start()
    await (await create()).text()
    const told = await call('POST', `/${id}/cancel`)
    expect([told.status, await told.json()]).toMatchObject([200, { status: 'cancelled' }])
    await settled(0n)
    expect((await call('POST', `/${id}/cancel`)).status).toBe(200)
  })

  it('charges what was done by then', async () => {
    await start()
    await (await create()).text()
    onCancel = done
    expect(await (await call('POST', `/${id}/cancel`)).text()).toContain('the whole answer')
    await settled(-price)
  })

  it('by deleting it calls its vendor off too', async () => {
    await start()
    await (await create()).text()
    onCancel = { ...done, status: 'cancelled' }
    expect(await (await call('DELETE', `/${id}`)).json()).toMatchObject({ deleted: true })
    await settled(-price)
    expect((await get()).status).toBe(404)
  })

  it('leaves what its vendor goes on with to be charged later', async () => {
    await start()
    await (await create()).text()
    onCancel = { status: 'in_progress' }
    await (await call('DELETE', `/${id}`)).text()
    expect(await account()).toEqual({ balance: 0n, isHeld: true })
    says = done
    nowMs += 6_000
    await settled(-price)
    expect((await get()).status).toBe(404)
  })

  it('is done for what takes more than a day', async () => {
    await start()
    await (await create()).text()
    onCancel = { status: 'in_progress' }
    nowMs += 25 * 3_600_000
    await settled(0n)
    says = done
    expect(await (await get()).json()).toMatchObject({ status: 'failed' })
    expect(await account()).toEqual({ balance: 0n, isHeld: false })
  })
})

describe('a background response that is streamed', () => {
  const frame = (type: string, more: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`
  const created = frame('response.created', { sequence_number: 0, response: responseOf({ status: 'in_progress' }) })
  const delta = frame('response.output_text.delta', {
    sequence_number: 1,
    item_id: 'msg_1',
    output_index: 0,
    content_index: 0,
    delta: 'the whole ',
  })
  const completed = frame('response.completed', { sequence_number: 2, response: responseOf(done) })

  it('to its end is charged at its end', async () => {
    await start()
    begins = (response) => response.setHeader('content-type', 'text/event-stream').end(created + delta + completed)
    expect(await (await create({ stream: true })).text()).toContain('response.completed')
    await settled(-price)
    await vi.waitFor(async () => expect(await gateway.app.store.unfinished.due(nowMs + 1e9, 5)).toEqual([]), patience)
    expect(await (await get()).json()).toMatchObject({ status: 'completed' })
    expect((await rows()).length).toBe(1)
  })

  it('goes on when its client has left, and is charged when it is done', async () => {
    await start()
    begins = (response) => response.setHeader('content-type', 'text/event-stream').write(created + delta)
    const leaving = new AbortController()
    const answer = await fetch(`${gateway.url}/v1/responses`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify({ model: 'm', input: 'hi', background: true, stream: true }),
      signal: leaving.signal,
    })
    const reader = answer.body?.getReader()
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toContain(id)
    leaving.abort()
    await vi.waitFor(async () => {
      expect((await gateway.app.store.unfinished.due(nowMs, 5)).length).toBe(1)
    }, patience)
    expect(await account()).toEqual({ balance: 0n, isHeld: true })
    says = done
    expect(await (await get()).text()).toContain('the whole answer')
    await settled(-price)
  })

  it('and called off in the middle is charged for what has passed', async () => {
    await start()
    let finish: (() => void) | undefined
    begins = (response) => {
      response.setHeader('content-type', 'text/event-stream').write(created + delta)
      const cancelled = responseOf({ status: 'cancelled' })
      finish = () => response.end(frame('response.cancelled', { sequence_number: 2, response: cancelled }))
    }
    const answer = await create({ stream: true })
    const reader = answer.body?.getReader()
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toContain('the whole')
    says = { status: 'cancelled' }
    expect(await (await call('POST', `/${id}/cancel`)).json()).toMatchObject({ status: 'cancelled' })
    expect(await (await get()).json()).toMatchObject({ status: 'cancelled' })
    finish?.()
    await vi.waitFor(async () => {
      const { balance = 0n, isHeld } = await account()
      expect([isHeld, balance < 0n]).toEqual([false, true])
    }, patience)
    expect(await (await get()).json()).toMatchObject({ status: 'cancelled' })
  })
})
