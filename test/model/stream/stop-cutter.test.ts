import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChatEvent } from '../../../src/model/event.ts'
import { fault } from '../../../src/model/fault.ts'
import type { TextPart } from '../../../src/model/part.ts'
import { tell } from '../../../src/model/reply.ts'
import { cutAtStop } from '../../../src/model/stream/stop-cutter.ts'
import { usageOf } from '../../../src/model/usage.ts'
import { call, cutDeltas, replyFrom, replyOf, run, text, usage } from './story.ts'

const delta = (index: number, said: string): ChatEvent => ({
  type: 'delta',
  index,
  delta: { kind: 'text', text: said },
})
const open = (index: number, choice?: number): ChatEvent => ({
  type: 'open',
  index,
  part: text(''),
  ...(choice !== undefined && { choice }),
})

/** By the rule's own words: the stop string that is complete first, the longest of those. */
function expected(said: string, stops: readonly string[]): { text: string; sequence?: string } {
  for (let end = 1; end <= said.length; end++) {
    const met = stops.filter((stop) => stop !== '' && said.slice(0, end).endsWith(stop))
    const sequence = met.toSorted((left, right) => right.length - left.length)[0]
    if (sequence !== undefined) return { text: said.slice(0, end - sequence.length), sequence }
  }
  return { text: said }
}

describe('cutAtStop', () => {
  it.each<[said: string, stops: string[], told: string, sequence?: string]>([
    ['one END two', ['END'], 'one ', 'END'],
    ['END', ['END'], '', 'END'],
    ['one EN', ['END'], 'one EN'],
    ['EEND', ['END'], 'E', 'END'],
    ['aabaabaaab', ['aabaaa'], 'aab', 'aabaaa'],
    ['xabcd', ['abcd', 'bc'], 'xa', 'bc'],
    ['xabc', ['bc', 'abc'], 'x', 'abc'],
    ['数据结束了', ['结束'], '数据', '结束'],
    ['a😀b', ['😀'], 'a', '😀'],
    ['nothing', [], 'nothing'],
    ['nothing', [''], 'nothing'],
    ['a\n\nb', ['\n\n'], 'a', '\n\n'],
  ])('%j up to %j, however it is cut', (said, stops, told, sequence) => {
    for (const size of [1, 2, 3, 100]) {
      const reply = replyFrom(run(cutAtStop(stops), cutDeltas(tell(replyOf([text(said)])), size)))
      expect(reply.parts).toEqual([text(told)])
      expect(reply.stop).toEqual(sequence === undefined ? { reason: 'end' } : { reason: 'stop_sequence', sequence })
    }
  })

  it('lets nothing of a stop string out and loses nothing before it', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '数'), maxLength: 40 })
    const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '数'), minLength: 1, maxLength: 5 }), {
      maxLength: 4,
    })
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 6 }), stops, (pieces, sequences) => {
        const events = [
          open(0),
          ...pieces.map((piece) => delta(0, piece)),
          { type: 'close', index: 0 } as const,
          { type: 'stop', stop: { reason: 'end' } } as const,
        ]
        const want = expected(pieces.join(''), sequences)
        const reply = replyFrom(run(cutAtStop(sequences), events))
        expect(reply.parts).toEqual([text(want.text)])
        expect(reply.stop.sequence).toBe(want.sequence)
      }),
      { numRuns: 500 },
    )
  })

  it('holds back no more than the beginning of a stop string', () => {
    const cutter = cutAtStop(['</end>'])
    cutter.push(open(0))
    expect(cutter.push(delta(0, 'a < b'))).toEqual([delta(0, 'a < b')])
    expect(cutter.push(delta(0, ' </e'))).toEqual([delta(0, ' ')])
    expect(cutter.push(delta(0, 'm>'))).toEqual([delta(0, '</em>')])
  })

  it('looks at visible text alone', () => {
    const parts = [{ kind: 'thinking', text: 'END', form: 'raw' } as const, call('1', 'f', '{"x":"END"}'), text('ok')]
    expect(replyFrom(run(cutAtStop(['END']), tell(replyOf(parts)))).parts).toEqual(parts)
  })

  it('swallows what follows, and takes the usage that comes with it', () => {
    const reply = replyFrom(
      run(cutAtStop(['END']), tell(replyOf([text('aEND'), call('1', 'f'), text('b')], { reason: 'tool_calls' }))),
    )
    expect(reply).toEqual(replyOf([text('a')], { reason: 'stop_sequence', sequence: 'END' }))
  })

  it('drops the state of a text that is told in part', () => {
    const sealed: TextPart = { kind: 'text', text: 'aEND', seal: { dialect: 'gemini', kind: 'thought', data: 's' } }
    expect(replyFrom(run(cutAtStop(['END']), tell(replyOf([sealed])))).parts).toEqual([text('a')])
    expect(replyFrom(run(cutAtStop(['STOP']), tell(replyOf([sealed])))).parts).toEqual([sealed])
  })

  it('can be finished at once, with the usage known so far', () => {
    const cutter = cutAtStop(['END'])
    expect(cutter.finish()).toEqual([])
    run(cutter, [{ type: 'start', usage }, open(0)])
    expect(cutter.isDone).toBe(false)
    expect(cutter.push(delta(0, 'aENDb'))).toEqual([delta(0, 'a'), { type: 'close', index: 0 }])
    expect(cutter.isDone).toBe(true)
    const end = [
      { type: 'usage', usage },
      { type: 'stop', stop: { reason: 'stop_sequence', sequence: 'END' } },
    ]
    expect(cutter.finish()).toEqual(end)
    expect(cutter.finish()).toEqual([])
    expect(cutter.push({ type: 'usage', usage })).toEqual([])
  })

  it('prefers the usage that came later to the one from the start', () => {
    const later = usageOf({ input: 9, output: 9 })
    const cutter = cutAtStop(['END'])
    run(cutter, [{ type: 'start', usage }, open(0), delta(0, 'END')])
    expect(cutter.push({ type: 'usage', usage: later })).toEqual([{ type: 'usage', usage: later }])
    expect(cutter.finish().map((event) => event.type)).toEqual(['stop'])
  })

  it('makes no fault of an upstream that breaks off after the stop string, but one before it', () => {
    const broken: ChatEvent = { type: 'fault', fault: fault('bad_gateway', 'broke off') }
    const events = (said: string): ChatEvent[] => [open(0), delta(0, said), { type: 'close', index: 0 }, broken]
    expect(run(cutAtStop(['END']), events('aEND')).at(-1)?.type).toBe('stop')
    expect(run(cutAtStop(['END']), events('a')).at(-1)).toBe(broken)
  })

  it('cuts each of several answers by itself', () => {
    const cutter = cutAtStop(['END'], 2)
    run(cutter, [open(0, 0), delta(0, 'aEND'), { type: 'close', index: 0 }])
    expect(cutter.isDone).toBe(false)
    const told = run(cutter, [
      open(1, 0),
      { type: 'close', index: 1 },
      open(2, 1),
      delta(2, 'b'),
      { type: 'close', index: 2 },
      { type: 'stop', stop: { reason: 'end' }, others: [{ reason: 'length' }] },
    ])
    expect(told).toEqual([
      open(1, 1),
      delta(1, 'b'),
      { type: 'close', index: 1 },
      { type: 'stop', stop: { reason: 'stop_sequence', sequence: 'END' }, others: [{ reason: 'length' }] },
    ])
  })

  it('tells the log probabilities of told tokens only', () => {
    const token = (said: string) => ({ token: said, logprob: -1 })
    const logprobs = ['a', 'E', 'N', 'D'].map(token)
    const events = ['a', 'E', 'N', 'D'].map(
      (said): ChatEvent => ({ type: 'delta', index: 0, delta: { kind: 'text', text: said, logprobs: [token(said)] } }),
    )
    const end: ChatEvent = { type: 'stop', stop: { reason: 'end' } }
    const all = [open(0), ...events, { type: 'close', index: 0 } as const, end]
    expect(replyFrom(run(cutAtStop(['END']), all)).parts).toEqual([{ ...text('a'), logprobs: logprobs.slice(0, 1) }])
    expect(replyFrom(run(cutAtStop(['ENDS']), all)).parts).toEqual([{ ...text('aEND'), logprobs }])
  })
})
