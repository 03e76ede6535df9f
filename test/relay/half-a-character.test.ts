import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, type Fleet, startFleet } from './routing/fleet.ts'

// JSON can say half of a surrogate pair. No address can, and formats have the model in theirs.

let fleet: Fleet
beforeAll(async () => {
  fleet = await startFleet({
    chat: 'dialects: [openai-chat], models: ["c-*"]',
    messages: 'dialects: [anthropic-messages], models: ["a-*"]',
    responses: 'dialects: [openai-responses], models: ["o-*"]',
    google: 'dialects: [gemini], models: ["g-*"]',
  })
})
afterAll(() => fleet.close())

const input = [{ role: 'user', content: 'Hello' }]
const routes: readonly (readonly [string, object])[] = [
  ['/v1/chat/completions', { messages: input }],
  ['/v1/completions', { prompt: 'Hello' }],
  ['/v1/messages', { max_tokens: 5, messages: input }],
  ['/v1/messages/count_tokens', { messages: input }],
  ['/v1/responses', { input }],
  ['/v1/responses/input_tokens', { input }],
  ['/v1/responses/compact', { input }],
  ['/api/route', { messages: input }],
]

describe.each(['c', 'a', 'o', 'g'])('a model "%s-" and half a character', (prefix) => {
  it.each(routes)('is refused at %s', async (path, body) => {
    const refused = await ask(fleet, { path, body: { ...body, model: `${prefix}-\ud800` } })
    expect(refused.status).toBe(400)
    expect(refused.text).toContain('model')
    expect(fleet.asked()).toEqual([])
  })

  it('is refused where it stands in', async () => {
    const refused = await ask(fleet, { body: { model: 'c-1', models: [`${prefix}-\ud800`] } })
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('models')])
    expect(fleet.asked()).toEqual([])
  })
})
