import type { ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { firstOpenMs, inARow } from '../../../src/relay/breaker.ts'
import { ask, refuses, startFleet } from './fleet.ts'

it('asks an upstream that was in trouble once, and everybody else elsewhere until it has answered', async () => {
  let nowMs = 1_000_000
  const settings = (priority: number) => `dialects: [openai-chat], models: [m], priority: ${priority}`
  const fleet = await startFleet({ first: settings(1), second: settings(0) }, '', { clock: () => nowMs })
  try {
    fleet.says('first', refuses(500))
    for (let time = 0; time < inARow; time++) expect((await ask(fleet)).status).toBe(200)
    expect(fleet.asked('first')).toHaveLength(inARow)
    expect((await ask(fleet)).status).toBe(200)
    expect(fleet.asked('first')).toHaveLength(inARow)

    nowMs += firstOpenMs
    const waiting: ServerResponse[] = []
    const probed = new Promise<void>((resolve) => {
      fleet.says('first', (response) => {
        waiting.push(response)
        resolve()
      })
    })
    const probe = ask(fleet)
    await probed
    const others = await Promise.all(Array.from({ length: 10 }, () => ask(fleet)))
    expect(others.map(({ status }) => status)).toEqual(Array(10).fill(200))
    expect(waiting).toHaveLength(1)

    fleet.says('first')
    for (const response of waiting) refuses(500)(response)
    expect((await probe).status).toBe(200)
    expect((await ask(fleet)).status).toBe(200)
    expect(fleet.asked('first')).toHaveLength(inARow + 1)

    nowMs += 2 * firstOpenMs
    fleet.forget()
    for (let time = 0; time < 3; time++) expect((await ask(fleet)).status).toBe(200)
    expect(fleet.asked().map(({ channel }) => channel)).toEqual(['first', 'first', 'first'])
  } finally {
    await fleet.close()
  }
})
