import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { checkConfig } from '../../src/config.ts'
import { billsOn, listed } from '../../src/providers/cancellation.ts'
import { provider } from '../../src/providers/index.ts'
import type { Candidate } from '../../src/relay/candidate.ts'
import {
  drains,
  largestDrainBytes,
  longestDrainMs,
  whenClientLeaves as whenClientLeavesOf,
} from '../../src/relay/drain.ts'
import { key, startGateway } from '../support/gateway.ts'
import { watchLedger } from '../support/ledger-watch.ts'
import { startHeldVendor } from '../support/vendor/held-vendor.ts'

describe('an answer that is read on for its usage', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('is given up after half a minute', () => {
    const abort = vi.fn()
    const all = drains()
    all.begin(abort)
    vi.advanceTimersByTime(longestDrainMs - 1)
    expect([all.size, abort.mock.calls.length]).toEqual([1, 0])
    vi.advanceTimersByTime(1)
    expect([all.size, abort.mock.calls.length]).toEqual([0, 1])
  })

  it('is given up when it is too large', () => {
    const abort = vi.fn()
    const draining = drains().begin(abort)
    draining.read(largestDrainBytes)
    expect(abort).not.toHaveBeenCalled()
    draining.read(1)
    draining.read(1)
    vi.advanceTimersByTime(longestDrainMs)
    expect(abort).toHaveBeenCalledOnce()
  })

  it('is left alone once it has ended', () => {
    const abort = vi.fn()
    const all = drains()
    all.begin(abort).end()
    vi.advanceTimersByTime(longestDrainMs)
    all.close()
    expect([all.size, abort.mock.calls.length]).toEqual([0, 0])
  })

  it('is given up when the server closes', () => {
    const aborts = [vi.fn(), vi.fn()]
    const all = drains()
    for (const abort of aborts) all.begin(abort)
    all.close()
    for (const abort of aborts) expect(abort).toHaveBeenCalledOnce()
    expect(all.size).toBe(0)
  })
})

describe('a server that closes', () => {
  it('hangs up on what is read on, and charges what was counted', async () => {
    const vendor = await startHeldVendor()
    const gateway = await startGateway(`
sandbox: false
channels: [{ name: a, provider: sandbox, base_url: "${vendor.url}", keys: [k], dialects: [openai-chat], client_gone: drain }]
keys: [{ name: test, key: ${key} }]
prices: [{ model: "*", input: 1, output: 10 }]`)
    const { commands } = watchLedger(gateway)
    const asked = vendor.next('openai-chat', { inputTokens: 25, thoughts: 0, texts: 40 }, 'content')
    const leaving = new AbortController()
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify({
        model: 'a',
        stream: true,
        max_tokens: 500,
        messages: [{ role: 'user', content: 'Hello' }],
      }),
      signal: leaving.signal,
    })
    const reader = answer.body?.getReader()
    await reader?.read()
    leaving.abort()
    const held = await asked
    await gateway.close()
    await held.closed
    await vendor.close()
    expect(commands.filter(({ do: verb }) => verb === 'settle' || verb === 'void')).toMatchObject([
      { do: 'settle', source: 'counted' },
    ])
  })
})

describe('a channel', () => {
  const check = (said: string) =>
    checkConfig({ file: `channels: [{ name: a, provider: groq, keys: [k]${said} }]`, environment: {} })

  it.each([
    [', client_gone: abort', 'abort'],
    [', client_gone: drain', 'drain'],
    ['', undefined],
  ])('that says “%s” is left so', (said, expected) => {
    const checked = check(said)
    expect(checked.ok && checked.config.channels[0]?.whenClientLeaves).toBe(expected)
  })

  it('cannot say anything else', () => {
    expect(check(', client_gone: wait')).toMatchObject({ ok: false, problems: [{ line: 1 }] })
  })

  it('counts more than what its vendor does', () => {
    const groq = provider('groq')
    if (!groq) throw new Error('no provider groq')
    const left = (whenClientLeaves?: 'abort' | 'drain') =>
      // Nothing else of a candidate is looked at.
      whenClientLeavesOf({ provider: groq, channel: { ...(whenClientLeaves && { whenClientLeaves }) } } as Candidate, {
        stream: 'sse',
      })
    expect([left(), left('abort'), left('drain')]).toEqual(['drain', 'abort', 'drain'])
  })
})

describe('vendors', () => {
  for (const [id, stream, whole] of [
    ['bedrock', true, true],
    ['gemini', true, true],
    ['anthropic', false, true],
    ['openai', false, true],
    ['compatible', false, false],
    ['sandbox', false, false],
  ] as const)
    it(`${id}: ${stream ? 'streams are billed to their end' : 'streams can be stopped'}`, () => {
      const row = provider(id)
      if (!row) throw new Error(`no provider ${id}`)
      expect([billsOn(row, 'stream'), billsOn(row, 'whole')]).toEqual([stream, whole])
    })

  it('that are listed exist', () => {
    for (const id of listed) expect(provider(id)?.id).toBe(id)
  })
})
