import { describe, expect, it } from 'vitest'
import { ledgerCounts, ledgerFigures } from '../../src/metrics/ledger.ts'
import { counter, histogram } from '../../src/metrics/series.ts'
import { nano } from '../../src/model/money.ts'

describe('a counter', () => {
  it('keeps one figure for the same labels', () => {
    const requests = counter({ name: 'requests', help: 'h', labels: ['a', 'b'] })
    requests.at('x', 'y').value++
    requests.at('x', 'y').value++
    requests.at('x', 'z').value++
    expect(requests.samples()).toEqual([
      { labels: { a: 'x', b: 'y' }, value: 2 },
      { labels: { a: 'x', b: 'z' }, value: 1 },
    ])
  })

  it('is there from the start when it has no labels', () => {
    expect(counter({ name: 'n', help: 'h' }).samples()).toEqual([{ labels: {}, value: 0 }])
  })

  it('does not grow without end', () => {
    const requests = counter({ name: 'requests', help: 'h', labels: ['a'] })
    for (let at = 0; at < 5_000; at++) requests.at(`name ${at}`).value++
    expect(requests.samples().length).toBeLessThanOrEqual(2_001)
    expect(requests.samples().reduce((sum, { value }) => sum + value, 0)).toBe(5_000)
    expect(requests.samples().at(-1)).toEqual({ labels: { a: 'other' }, value: 3_000 })
  })
})

describe('a histogram', () => {
  it('counts in each bucket what is no larger than its end', () => {
    const seconds = histogram({ name: 's', help: 'h', labels: ['a'] }, [1, 5])
    for (const value of [0.5, 1, 3, 9]) seconds.at('x').observe(value)
    const told = seconds.samples().map(({ metricName, labels, value }) => [metricName, labels.le, value])
    expect(told).toEqual([
      ['s_bucket', '1', 2],
      ['s_bucket', '5', 3],
      ['s_bucket', '+Inf', 4],
      ['s_sum', undefined, 13.5],
      ['s_count', undefined, 4],
    ])
  })
})

describe('figures of the ledger', () => {
  it('tell a difference in either direction, and never one against another', () => {
    const differences = [
      { account: 'a', figure: 'balance', is: 5n, shouldBe: 2_000_000_005n },
      { account: 'b', figure: 'held', is: 1_000_000_000n, shouldBe: 0n },
    ] as const
    const families = ledgerFigures({
      auditor: { differences: () => differences },
      ledger: { submit: () => Promise.reject(new Error('nobody asks')), kept: () => 3, close: async () => {} },
      sweeper: { swept: () => 4 },
    })
    const told = Object.fromEntries(families.map(({ name, samples }) => [name, samples()[0]?.value]))
    expect(told).toEqual({
      causeway_ledger_difference_usd: 3,
      causeway_ledger_differences: 2,
      causeway_ledger_kept_commands: 3,
      causeway_ledger_swept_total: 4,
    })
  })

  it('count a hold from when it is reserved until somebody ends it', () => {
    const counts = ledgerCounts()
    const open = () => counts.families.find(({ name }) => name.endsWith('open_holds'))?.samples()[0]?.value
    const reserve = (id: string) =>
      ({ do: 'reserve', id, ticket: 1, holds: [{ account: 'a' }], amount: nano(1n) }) as const
    const end = (id: string) => ({ do: 'void', id, reason: 'r' }) as const
    const reserved = { is: 'reserved', amount: nano(1n), repeated: false } as const
    counts.onCommit({ commands: [reserve('x'), reserve('y')], answers: [reserved, reserved], durationMs: 1 })
    // Written, and lost on the way: it is answered again.
    counts.onCommit({ commands: [reserve('x')], answers: [{ ...reserved, repeated: true }], durationMs: 1 })
    expect(open()).toBe(2)
    counts.onCommit({ commands: [end('x')], durationMs: 1 })
    expect(open()).toBe(2)
    counts.onCommit({ commands: [end('x'), end('of an earlier process')], answers: [voided, voided], durationMs: 1 })
    expect(open()).toBe(1)
  })
})

const voided = { is: 'voided', repeated: false } as const
