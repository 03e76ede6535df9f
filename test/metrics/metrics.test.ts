import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { StoreOutage } from '../../src/store/outage.ts'
import { type Manager, startManager } from '../admin/manager.ts'
import { key } from '../support/gateway.ts'
import { type Figures, read } from './exposition.ts'

const secret = 'sk-vendor-canary-0123456789'
const prompt = 'canary words of a prompt'
const madeUp = 'sandbox-made-up-canary'

const yaml = `
keys: [{ name: test, key: ${key} }]
sandbox: true
channels:
  - { name: nowhere, provider: openai, base_url: "http://127.0.0.1:1", keys: [${secret}], models: [gone] }
prices: [{ model: "sandbox-*", input: 2, output: 8 }, { model: "gone", free: true }]`

let manager: Manager
const fetched = (token?: string) =>
  fetch(`${manager.gateway.url}/metrics`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })
const figures = async (): Promise<Figures> => read(await (await fetched(manager.tokens.reader)).text())

async function chat(body: object, bearer = key): Promise<number> {
  const response = await fetch(`${manager.gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: prompt }], max_tokens: 50, ...body }),
  })
  await response.text()
  return response.status
}

/** Rows are counted when requests are settled, a moment after their answers. */
const settled = (count: number) =>
  vi.waitFor(async () => expect((await figures()).sum('causeway_requests_total')).toBe(count), soon)

const soon = { timeout: 5_000, interval: 20 }

describe('what a gateway has done', () => {
  beforeAll(async () => {
    manager = await startManager(yaml)
    expect(await chat({ model: 'sandbox-1' })).toBe(200)
    expect(await chat({ model: 'sandbox-1', stream: true })).toBe(200)
    expect(await chat({ model: 'gone' })).toBeGreaterThanOrEqual(500)
    expect(await chat({ model: madeUp })).toBe(404)
    expect(await chat({ model: 'sandbox-1' }, 'sk-unknown-canary')).toBe(401)
    await settled(4)
  })
  afterAll(() => manager.close())

  it('is counted by format, route, status and outcome', async () => {
    const now = await figures()
    const http = { route: 'openai-chat', ending: 'whole' }
    expect(now.of('causeway_http_requests_total', { ...http, status: '2xx' })).toBe(2)
    expect(now.of('causeway_http_requests_total', { ...http, status: '4xx' })).toBe(2)
    expect(now.of('causeway_http_requests_total', { ...http, status: '5xx' })).toBe(1)
    expect(now.of('causeway_http_request_duration_seconds_count', { route: 'openai-chat' })).toBe(5)
    expect(now.of('causeway_requests_total', { format: 'openai-chat', outcome: 'answered' })).toBe(2)
    expect(now.of('causeway_requests_total', { format: 'openai-chat', outcome: 'failed' })).toBe(2)
    expect(now.of('causeway_first_content_seconds_count', { format: 'openai-chat' })).toBe(1)
  })

  it('is counted by attempts, tokens and money', async () => {
    const now = await figures()
    expect(now.of('causeway_upstream_attempts_total', { channel: 'sandbox', outcome: 'answered', fault: '' })).toBe(2)
    expect(now.sum('causeway_upstream_attempts_total', { channel: 'nowhere', outcome: 'failed' })).toBeGreaterThan(0)
    const input = now.of('causeway_tokens_total', { model: 'sandbox-1', kind: 'input' }) ?? 0
    const output = now.of('causeway_tokens_total', { model: 'sandbox-1', kind: 'output' }) ?? 0
    expect(input).toBeGreaterThan(0)
    expect(output).toBeGreaterThan(0)
    const charged = now.of('causeway_charged_usd_total', { model: 'sandbox-1' })
    expect(charged).toBeCloseTo((input * 2 + output * 8) / 1e6, 9)
  })

  it('has books without a difference, and nothing held or left over', async () => {
    await vi.waitFor(async () => expect((await figures()).of('causeway_ledger_open_holds')).toBe(0), soon)
    const now = await figures()
    for (const name of ['difference_usd', 'differences', 'kept_commands', 'swept_total'])
      expect([name, now.of(`causeway_ledger_${name}`)]).toEqual([name, 0])
    expect(now.of('causeway_ledger_commits_total', { outcome: 'written' })).toBeGreaterThan(0)
    expect(now.of('causeway_ledger_commit_commands_sum')).toBeGreaterThanOrEqual(4)
    expect(now.of('causeway_ledger_commit_duration_seconds_count')).toBeGreaterThan(0)
  })

  it('shows what is well and what is not', async () => {
    const now = await figures()
    expect(now.of('causeway_retry_budget_attempts')).toBeGreaterThan(0)
    expect(now.of('causeway_store_fresh')).toBe(1)
    expect(now.of('causeway_unusable_credentials')).toBe(0)
    expect(now.of('causeway_request_log_dropped_rows_total')).toBe(0)
    expect(now.of('causeway_request_log_waiting_rows')).toBeGreaterThanOrEqual(0)
    expect(now.of('causeway_upstreams_resting', { state: 'open' })).toBe(0)
    expect(now.of('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0)
    expect(now.of('process_resident_memory_bytes')).toBeGreaterThan(0)
  })

  it('never holds a secret, a word of a user, or a name that a client made up', async () => {
    const text = await (await fetched(manager.root)).text()
    for (const word of [key, secret, manager.root, manager.tokens.reader, 'canary', 'sk-', 'cwr-'])
      expect(text).not.toContain(word)
    expect((await figures()).of('causeway_requests_total', { format: 'openai-chat', outcome: 'failed' })).toBe(2)
  })

  it('is told once under each name, with its kind', async () => {
    const text = await (await fetched(manager.root)).text()
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => ({ name, type }))
    expect(new Set(types.map(({ name }) => name)).size).toBe(types.length)
    for (const { name, type } of types.filter(({ name }) => name.startsWith('causeway_')))
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
    expect(text).not.toMatch(/NaN|undefined/)
  })
})

describe('who may read it', () => {
  afterEach(() => manager.close())

  it('is whoever has a token of the management API, of any role', async () => {
    manager = await startManager(yaml)
    for (const token of Object.values(manager.tokens)) expect((await fetched(token)).status).toBe(200)
    const answer = await fetched()
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('Bearer')])
    expect((await fetched('cwr-nobody')).status).toBe(401)
    expect((await fetched(key)).status).toBe(403)
  })

  it('is everybody where the configuration says so', async () => {
    manager = await startManager(`${yaml}\nmetrics: { public: true }`)
    const answer = await fetched()
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, expect.stringContaining('version=0.0.4')])
  })

  it('is, while the store is away, whoever read it a moment ago, and nobody else', async () => {
    let nowMs = Date.now()
    manager = await startManager(yaml, {}, { clock: () => nowMs })
    expect((await fetched(manager.tokens.reader)).status).toBe(200)
    const { tokens } = manager.gateway.app.store
    const known = tokens.known
    tokens.known = () => Promise.reject(new StoreOutage(new Error('ECONNREFUSED')))
    expect((await fetched(manager.tokens.reader)).status).toBe(200)
    expect((await fetched(manager.tokens.admin)).status).toBe(503)
    nowMs += 16 * 60_000
    expect((await fetched(manager.tokens.reader)).status).toBe(503)
    tokens.known = known
    expect((await fetched(manager.tokens.reader)).status).toBe(200)
  })

  it('is not somebody whose token was revoked', async () => {
    manager = await startManager(yaml)
    expect((await fetched(manager.tokens.reader)).status).toBe(200)
    const { data } = await manager.done('GET', '/tokens')
    await manager.done('DELETE', `/tokens/${data.find(({ name }: { name: string }) => name === 'reader').id}`)
    expect((await fetched(manager.tokens.reader)).status).toBe(401)
  })
})
