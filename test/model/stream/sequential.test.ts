import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChatEvent } from '../../../src/model/event.ts'
import { fault } from '../../../src/model/fault.ts'
import { fold, tell } from '../../../src/model/reply.ts'
import { sequential } from '../../../src/model/stream/sequential.ts'
import { chain } from '../../../src/model/stream/transform.ts'
import { call, foldLawful, replyFrom, replyOf, run, text, usage } from './story.ts'

const argument = (index: number, said: string): ChatEvent => ({
  type: 'delta',
  index,
  delta: { kind: 'arguments', text: said },
})
const openCall = (index: number, id: string): ChatEvent => ({ type: 'open', index, part: call(id, 'f', '') })

describe('sequential', () => {
  it('untangles the arguments of two calls', () => {
    const events: ChatEvent[] = [
      { type: 'start' },
      openCall(0, 'a'),
      openCall(1, 'b'),
      argument(1, '{"y":'),
      argument(0, '{"x":'),
      argument(1, '2}'),
      argument(0, '1}'),
      { type: 'close', index: 1 },
      { type: 'close', index: 0 },
      { type: 'usage', usage },
      { type: 'stop', stop: { reason: 'tool_calls' } },
    ]
    const reply = replyFrom(run(sequential(), events))
    expect(reply.parts).toEqual([call('a', 'f', '{"x":1}'), call('b', 'f', '{"y":2}')])
  })

  it('lets the foremost part flow at once, and the next one as soon as it has its turn', () => {
    const pass = sequential()
    expect(pass.push(openCall(0, 'a'))).toHaveLength(1)
    expect(pass.push(openCall(4, 'b'))).toEqual([])
    expect(pass.push(argument(4, '{'))).toEqual([])
    expect(pass.push(argument(0, '{}'))).toEqual([argument(0, '{}')])
    expect(pass.push({ type: 'close', index: 0 })).toEqual([
      { type: 'close', index: 0 },
      openCall(1, 'b'),
      argument(1, '{'),
    ])
    expect(pass.push(argument(4, '}'))).toEqual([argument(1, '}')])
  })

  it.each<ChatEvent>([
    { type: 'usage', usage },
    { type: 'stop', stop: { reason: 'length' } },
    { type: 'fault', fault: fault('bad_gateway', 'broke off') },
  ])('closes what was left open before $type', (end) => {
    const events = run(sequential(), [openCall(0, 'a'), openCall(1, 'b'), argument(1, '{}'), end])
    expect(events.map((event) => event.type)).toEqual(['open', 'close', 'open', 'delta', 'close', end.type])
  })

  it('takes talk of a part that is not open for the bug it is', () => {
    expect(() => sequential().push(argument(0, 'x'))).toThrow('part 0, which is not open')
  })

  it('tells any interleaving as the same reply', () => {
    const piece = fc.string({ maxLength: 4 })
    const stories = fc.array(fc.array(piece, { maxLength: 4 }), { maxLength: 5 })
    fc.assert(
      fc.property(stories, fc.infiniteStream(fc.nat()), (pieces, chance) => {
        const events = interleave(pieces, chance)
        const said = run(sequential(), events)
        expect(foldLawful(said)).toEqual(fold(events))
      }),
    )
  })
})

/** Opens in order, everything else as chance has it. */
function interleave(pieces: readonly (readonly string[])[], chance: Iterator<number>): ChatEvent[] {
  const queues = pieces.map((deltas, index): ChatEvent[] => [
    { type: 'open', index, part: text('') },
    ...deltas.map((said): ChatEvent => ({ type: 'delta', index, delta: { kind: 'text', text: said } })),
    { type: 'close', index },
  ])
  const events: ChatEvent[] = [{ type: 'start' }]
  let opened = 0
  while (queues.some((queue) => queue.length > 0)) {
    const ready = queues.filter((queue, index) => queue.length > 0 && index <= opened)
    const event = ready[chance.next().value % ready.length]?.shift()
    if (!event) continue
    if (event.type === 'open') opened = event.index + 1
    events.push(event)
  }
  return [...events, { type: 'usage', usage }, { type: 'stop', stop: { reason: 'end' } }]
}

describe('chain', () => {
  it('runs its steps in the order given', () => {
    const add = (letter: string) => ({
      push: (event: ChatEvent): ChatEvent[] =>
        event.type === 'delta' && event.delta.kind === 'text'
          ? [{ ...event, delta: { kind: 'text', text: event.delta.text + letter } }]
          : [event],
    })
    expect(replyFrom(run(chain(add('b'), add('c')), tell(replyOf([text('a')])))).parts).toEqual([text('abc')])
    expect(replyFrom(run(chain(), tell(replyOf([text('a')])))).parts).toEqual([text('a')])
  })
})
