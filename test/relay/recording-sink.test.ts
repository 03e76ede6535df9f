import { afterEach, describe, expect, it, vi } from 'vitest'
import { RecordingSink } from '../../src/relay/recording-sink.ts'
import type { Sink } from '../../src/relay/sink.ts'

const limits = { mostBytes: 10, patienceMs: 1_000 }

/** A client that reads as the test says. */
function client() {
  const seen: string[] = []
  const gone: (() => void)[] = []
  const drained: (() => void)[] = []
  const sink: Sink & { isGone: boolean; isSlow: boolean } = {
    isGone: false,
    hasHead: false,
    isSlow: false,
    head: (status: number) => void seen.push(`head ${status}`),
    write: (data: string | Uint8Array) => {
      seen.push(Buffer.from(data).toString())
      return !sink.isSlow
    },
    end: (data?: string | Uint8Array) => void seen.push(`end ${Buffer.from(data ?? '').toString()}`),
    breakOff: () => void seen.push('break'),
    onGone: (listener: () => void) => void gone.push(listener),
    onDrain: (listener: () => void) => void drained.push(listener),
    onFlushed: () => {},
  }
  return {
    sink,
    seen,
    leave() {
      sink.isGone = true
      for (const listener of gone) listener()
    },
    drain() {
      for (const listener of drained) listener()
    },
  }
}

afterEach(() => vi.useRealTimers())

describe('an answer that is recorded', () => {
  it('reaches its client as it is, and is there when it has ended', async () => {
    const { seen, sink } = client()
    const recorder = new RecordingSink(sink, limits)
    recorder.head(200, { a: 'b' })
    expect([recorder.hasHead, recorder.write('one '), recorder.write(Buffer.from('two'))]).toEqual([true, true, true])
    recorder.end('.')
    expect(seen).toEqual(['head 200', 'one ', 'two', 'end .'])
    expect(await recorder.recorded).toEqual({
      is: 'whole',
      status: 200,
      headers: { a: 'b' },
      bytes: Buffer.from('one two.'),
    })
  })

  it('keeps its own copy of what it was given', async () => {
    const recorder = new RecordingSink(client().sink, limits)
    const bytes = Buffer.from('abc')
    recorder.head(200, {})
    recorder.write(bytes)
    bytes.fill('x')
    recorder.end()
    expect(await recorder.recorded).toMatchObject({ bytes: Buffer.from('abc') })
  })

  it('is told apart when it was broken off', async () => {
    const { seen, sink } = client()
    const recorder = new RecordingSink(sink, limits)
    recorder.head(200, {})
    recorder.breakOff()
    expect(seen).toEqual(['head 200', 'break'])
    expect(await recorder.recorded).toMatchObject({ is: 'broken' })
  })

  it('waits for a slow client, and for none that has left', () => {
    const one = client()
    const recorder = new RecordingSink(one.sink, limits)
    const drained = vi.fn()
    recorder.onDrain(drained)
    one.sink.isSlow = true
    recorder.head(200, {})
    expect(recorder.write('a')).toBe(false)
    one.drain()
    expect(drained).toHaveBeenCalledTimes(1)
    expect(recorder.write('b')).toBe(false)
    one.leave()
    expect(drained).toHaveBeenCalledTimes(2)
    expect(recorder.write('c')).toBe(true)
    expect(one.seen).toEqual(['head 200', 'a', 'b'])
  })
})

describe('a client that leaves', () => {
  it('is not missed while its answer is waited for', async () => {
    vi.useFakeTimers()
    const { leave, sink } = client()
    const recorder = new RecordingSink(sink, limits)
    const gone = vi.fn()
    recorder.onGone(gone)
    leave()
    expect(recorder.isGone).toBe(false)
    recorder.head(200, {})
    recorder.end('late')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(gone).not.toHaveBeenCalled()
    expect(await recorder.recorded).toMatchObject({ is: 'whole', bytes: Buffer.from('late') })
  })

  it('is missed when that takes too long', async () => {
    vi.useFakeTimers()
    const { leave, sink } = client()
    const recorder = new RecordingSink(sink, limits)
    const gone = vi.fn()
    recorder.onGone(gone)
    recorder.head(200, {})
    leave()
    await vi.advanceTimersByTimeAsync(999)
    expect(gone).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect([gone.mock.calls.length, recorder.isGone]).toEqual([1, true])
    expect(await recorder.recorded).toEqual({ is: 'lost' })
  })

  it.each([
    ['before its answer became too large', true],
    ['after that', false],
  ])('%s is missed', async (_, isFirst) => {
    const { leave, sink } = client()
    const recorder = new RecordingSink(sink, limits)
    const gone = vi.fn()
    recorder.onGone(gone)
    recorder.head(200, {})
    if (isFirst) leave()
    recorder.write('more than ten')
    expect(recorder.isGone).toBe(isFirst)
    if (!isFirst) leave()
    expect([gone.mock.calls.length, recorder.isGone]).toEqual([1, true])
    expect(await recorder.recorded).toEqual({ is: 'lost' })
  })
})
