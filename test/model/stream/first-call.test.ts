import { expect, it } from 'vitest'
import type { Part } from '../../../src/model/part.ts'
import { tell } from '../../../src/model/reply.ts'
import { firstCallOnly } from '../../../src/model/stream/first-call.ts'
import { call, replyFrom, replyOf, run, text } from './story.ts'

it.each<[what: string, parts: Part[], told: Part[]]>([
  ['no call', [text('a'), text('b')], [text('a'), text('b')]],
  ['one call', [text('a'), call('1', 'f')], [text('a'), call('1', 'f')]],
  [
    'calls around a text',
    [call('1', 'f'), call('2', 'f'), text('a'), call('3', 'g', '{"x":1}'), text('b')],
    [call('1', 'f'), text('a'), text('b')],
  ],
])('firstCallOnly with %s', (_, parts, told) => {
  expect(replyFrom(run(firstCallOnly(), tell(replyOf(parts)))).parts).toEqual(told)
})

it('firstCallOnly counts each answer by itself', () => {
  const stop = { reason: 'tool_calls' } as const
  const reply = {
    ...replyOf([call('1', 'f'), call('2', 'f')], stop),
    others: [{ parts: [call('3', 'f'), call('4', 'f')], stop }],
  }
  expect(replyFrom(run(firstCallOnly(), tell(reply)))).toEqual({
    ...reply,
    parts: [call('1', 'f')],
    others: [{ parts: [call('3', 'f')], stop }],
  })
})
