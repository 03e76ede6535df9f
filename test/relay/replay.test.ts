import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dialectIds } from '../../src/model/dialect.ts'
import { promptOf } from '../caching/prefix.ts'
import { play, send, type Turn, turns } from '../caching/session.ts'
import { type SandboxGateway, startSandboxGateway } from '../support/gateway.ts'

let gateway: SandboxGateway
beforeAll(async () => {
  gateway = await startSandboxGateway()
})
afterAll(() => gateway.close())

/** What came before begins what is asked now, to the byte; nothing else changes; and it is read from the cache. */
function expectGrowth(played: readonly Turn[]): void {
  expect(played).toHaveLength(turns)
  for (const [at, { prompt, view }] of played.entries()) {
    const before = played[at - 1]
    if (!before) continue
    const { pieces, settings } = before.prompt
    expect(prompt.pieces.slice(0, pieces.length)).toEqual(pieces)
    expect(prompt.pieces.length).toBeGreaterThan(pieces.length)
    expect(prompt.settings).toBe(settings)
    // The sandbox counts a prefix by its share of the characters, in blocks.
    expect(view.usage.cached).toBeGreaterThan(before.view.usage.input * 0.8)
    expect(view.usage.cached).toBeLessThanOrEqual(view.usage.input)
  }
  expect(played.at(-1)?.view.usage.cached).toBeGreaterThan(1.7 * (played[1]?.view.usage.cached ?? 0))
}

describe.each(dialectIds)('a session of thirty requests in %s', (client) => {
  describe.each(dialectIds)('asked in %s', (upstream) => {
    it('grows at its end alone, and is read from the cache', async () => {
      const played = await play(gateway, { client, upstream })
      expectGrowth(played)
      // Claude Code's own accounting differs in every session, and no other vendor knows what it means.
      if (upstream !== 'anthropic-messages') expect(JSON.stringify(played.at(-1)?.prompt)).not.toContain('x-anthropic-')
    })

    it('is the same prompt when it is sent again: nothing of ours is in it', async () => {
      const [first, second] = await play(gateway, { client, upstream }, 2)
      for (const turn of [first, second]) {
        if (!turn) throw new Error('the session is too short')
        const { body } = await send(gateway, turn.asked)
        expect(promptOf(upstream, body)).toEqual(turn.prompt)
      }
    })
  })
})

describe('a session whose answers the gateway keeps', () => {
  it.each(dialectIds)('grows at its end alone, asked in %s', async (upstream) => {
    expectGrowth(await play(gateway, { client: 'openai-responses', upstream, isKept: true }))
  })
})
