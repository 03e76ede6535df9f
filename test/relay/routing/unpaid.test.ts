import { afterAll, beforeAll, expect, it } from 'vitest'
import { key } from '../../support/gateway.ts'
import { ask, type Fleet, type Script, startFleet } from './fleet.ts'

// An answer without an end, for somebody whose money has one: that is between us and the customer.

const poor = {
  'openai-chat': 'sk-poor-1-0123456789abcdef',
  'anthropic-messages': 'sk-poor-2-0123456789abcdef',
} as const
const chunk = (content: string): string =>
  `data: ${JSON.stringify({
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }],
  })}\n\n`

/** Talks on until nobody listens. */
const endless: Script = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(chunk('Well,'))
  const talking = setInterval(() => response.write(chunk(' many words'.repeat(200))), 2)
  response.on('close', () => clearInterval(talking))
}

let fleet: Fleet
beforeAll(async () => {
  fleet = await startFleet(
    { only: 'models: [m], dialects: [openai-chat]' },
    `
prices: [{ model: m, input: 1, output: 1 }]
accounts: [{ name: one, credit_limit: 0.006 }, { name: other, credit_limit: 0.006 }]
keys:
  - { name: test, key: ${key} }
  - { name: one, key: ${poor['openai-chat']}, account: one }
  - { name: other, key: ${poor['anthropic-messages']}, account: other }`,
  )
})
afterAll(() => fleet.close())

it.each(['openai-chat', 'anthropic-messages'] as const)(
  'ends as a bill that is not paid, and parks nobody: %s',
  async (format) => {
    fleet.says('only', endless)
    const body = { stream: true, ...(format === 'anthropic-messages' && { max_tokens: undefined }) }
    const cut = await ask(fleet, { format, secret: poor[format], body })
    expect(cut.status).toBe(200)
    expect(cut.text).toMatch(/insufficient_quota|billing_error/)
    expect(cut.text).not.toContain('upstream')
    fleet.says('only')
    const { headers, status } = await ask(fleet, { headers: { 'x-causeway-explain': '1' } })
    expect([status, headers.get('x-causeway-explain')]).toEqual([200, expect.not.stringContaining('parked')])
    expect(fleet.gateway.lines.filter(({ record }) => record.state !== undefined)).toEqual([])
  },
)
