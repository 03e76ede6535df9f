import { describe, expect, it } from 'vitest'
import { requestLog } from '../../src/relay/request-log.ts'
import type { RequestRow } from '../../src/store/requests.ts'

const row = (number: number): RequestRow => ({
  id: `req_${number}`,
  atMs: number,
  account: 'a',
  keyId: 'k',
  model: 'm',
  channel: 'c',
  outcome: 'answered',
  charged: 0n,
  detail: {},
})
const quiet = { debug() {}, info() {}, warn() {}, error() {} }

describe('the log of requests', () => {
  it('is written in parts, between which others have their turn', async () => {
    const parts: number[] = []
    let turns = 0
    const log = requestLog({ add: async (rows) => void parts.push(rows.length) }, quiet)
    for (let number = 0; number < 150; number++) log.add(row(number))
    const other = (): void => {
      turns++
      if (parts.length < 3) setImmediate(other)
    }
    setImmediate(other)
    await log.flush()
    expect(parts).toEqual([64, 64, 22])
    expect(turns).toBeGreaterThan(1)
    await log.close()
  })

  it('keeps what could not be written, each row once and in order', async () => {
    const written: string[] = []
    let isAway = false
    const log = requestLog(
      {
        add: async (rows) => {
          if (isAway && written.length >= 64) throw new Error('away')
          written.push(...rows.map(({ id }) => id))
        },
      },
      quiet,
    )
    isAway = true
    for (let number = 0; number < 100; number++) log.add(row(number))
    await log.flush()
    log.add(row(100))
    isAway = false
    await log.close()
    expect(written).toEqual(Array.from({ length: 101 }, (_, number) => `req_${number}`))
  })

  it('is written when it says so, however many ask at once', async () => {
    const gate = Promise.withResolvers<void>()
    const written: string[] = []
    const log = requestLog(
      {
        add: async (rows) => {
          await gate.promise
          written.push(...rows.map(({ id }) => id))
        },
      },
      quiet,
    )
    log.add(row(1))
    const first = log.flush()
    const seen = log.flush().then(() => [...written])
    gate.resolve()
    expect(await seen).toEqual(['req_1'])
    await first
    await log.close()
  })
})
