import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { dialectIds } from '../../../src/model/dialect.ts'
import { inARow } from '../../../src/relay/breaker.ts'
import { ask, type Fleet, refuses, startFleet } from './fleet.ts'

// A filter that refuses a prompt says nothing of who was asked, and no other vendor gets the prompt behind its back.

let fleet: Fleet
beforeAll(async () => {
  fleet = await startFleet(
    {
      claude: 'dialects: [anthropic-messages], models: [m], priority: 2',
      gemini: 'dialects: [gemini], models: [m, n]',
    },
    'fallbacks: { m: [n] }',
  )
})
afterAll(() => fleet.close())
beforeEach(() => {
  fleet.forget()
  fleet.says('claude', refuses(400, filtered.claude))
  fleet.says('gemini', refuses(400, filtered.gemini))
})

const filtered = {
  claude: {
    type: 'error',
    error: { type: 'invalid_request_error', message: 'Output blocked by content filtering policy' },
  },
  gemini: {
    error: {
      code: 400,
      message: "This prompt contains sensitive words that violate Google's Responsible AI practices.",
      status: 'INVALID_ARGUMENT',
    },
  },
}

const whoWasAsked = (): readonly string[] => fleet.asked().map(({ channel }) => channel)

describe.each(dialectIds)('a prompt that a filter refused, asked in %s', (format) => {
  it.each(['claude', 'gemini'] as const)('by %s is told, and asked of nobody else', async (channel) => {
    const body = { provider: { order: [channel] } }
    for (let time = 0; time <= inARow; time++) {
      const { status, text } = await ask(fleet, { format, body })
      // Gemini tells it as an answer without candidates.
      expect([status, text]).toEqual([format === 'gemini' ? 200 : 400, expect.stringMatching(/filtering|sensitive/)])
    }
    expect(new Set(whoWasAsked())).toEqual(new Set([channel]))
    fleet.says(channel)
    const { headers } = await ask(fleet, { format, body, headers: { 'x-causeway-explain': '1' } })
    const { candidates } = JSON.parse(headers.get('x-causeway-explain') ?? '{}')
    expect(candidates[0]).toMatchObject({ channel, position: 1 })
    expect(candidates[0]).not.toHaveProperty('rest')
  })

  it('goes to another model where the client itself says so', async () => {
    fleet.says('gemini')
    expect((await ask(fleet, { format, body: { models: ['n'] } })).status).toBe(200)
    expect(whoWasAsked()).toEqual(['claude', 'gemini'])
  })
})
