import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { expiredAfterMs, type Watcher, watch } from '../../src/store/watcher.ts'

let nowMs = 0
let version: () => Promise<number>
let refreshed = 0
let told: string[] = []
let watcher: Watcher

beforeEach(() => {
  vi.useFakeTimers()
  nowMs = 0
  refreshed = 0
  told = []
  version = async () => 1
  watcher = watch({
    store: { version: () => version() },
    seen: 1,
    refresh: async () => void refreshed++,
    stopwatch: () => nowMs,
    onTrouble: () => told.push('trouble'),
    onRecovery: () => told.push('recovery'),
  })
})
afterEach(() => vi.useRealTimers())

/** Time goes on, half a second after the other. */
async function pass(ms: number): Promise<void> {
  for (const end = nowMs + ms; nowMs < end; ) {
    nowMs += 500
    await vi.advanceTimersByTimeAsync(500)
  }
}

describe('a watcher of the store', () => {
  it('makes the snapshot again when something has changed, and only then', async () => {
    await pass(5_000)
    expect([refreshed, watcher.freshness()]).toEqual([0, 'fresh'])
    version = async () => 2
    await pass(1_000)
    expect(refreshed).toBe(1)
    await pass(1_000)
    expect(refreshed).toBe(1)
  })

  it('tells once that the store is away and once that it is back, and how long it was', async () => {
    version = () => Promise.reject(new Error('away'))
    await pass(1_000)
    expect(watcher.freshness()).toBe('stale')
    await pass(expiredAfterMs - 2_000)
    expect(watcher.freshness()).toBe('stale')
    await pass(2_000)
    expect(watcher.freshness()).toBe('expired')
    version = async () => 2
    await pass(1_000)
    expect([refreshed, watcher.freshness()]).toEqual([1, 'fresh'])
    expect(told).toEqual(['trouble', 'recovery'])
  })

  it('asks one question at a time, and takes silence for what it is', async () => {
    let asked = 0
    version = () => {
      asked++
      return new Promise(() => {})
    }
    await pass(3_000)
    expect([asked, watcher.freshness()]).toEqual([1, 'stale'])
  })

  it('looks no more when it is closed', async () => {
    await watcher.close()
    version = async () => 2
    await pass(5_000)
    expect(refreshed).toBe(0)
  })
})
