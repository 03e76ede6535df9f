import { expect, it } from 'vitest'
import type { Part } from '../../../src/model/part.ts'
import { type StopReason, tell } from '../../../src/model/reply.ts'
import { textFromTool } from '../../../src/model/stream/text-from-tool.ts'
import { textFromValue } from '../../../src/model/stream/text-from-value.ts'
import { call, cutDeltas, replyFrom, replyOf, run, text } from './story.ts'

const thought: Part = { kind: 'thinking', text: 'hm', form: 'summary' }

it.each<[what: string, from: [Part[], StopReason], to: [Part[], StopReason]]>([
  ['the call', [[thought, call('1', 'json', '{"a":1}')], 'tool_calls'], [[thought, text('{"a":1}')], 'end']],
  ['a call without arguments', [[call('1', 'json', '')], 'tool_calls'], [[text('{}')], 'end']],
  ['words around it', [[text('Sure:'), call('1', 'json', '[]'), text('Done.')], 'end'], [[text('[]')], 'end']],
  [
    'words and thoughts before it',
    [[text('a'), thought, call('1', 'json', '[]')], 'end'],
    [[thought, text('[]')], 'end'],
  ],
  ['a second call', [[call('1', 'json', '[]'), call('2', 'json', '{}')], 'tool_calls'], [[text('[]')], 'end']],
  ['no call', [[text('I cannot.'), text('No.')], 'refusal'], [[text('I cannot.'), text('No.')], 'refusal']],
  ['a call that was cut off', [[call('1', 'json', '{"a')], 'length'], [[text('{"a')], 'length']],
  ['another call', [[text('a'), call('1', 'f')], 'tool_calls'], [[text('a'), call('1', 'f')], 'tool_calls']],
])('textFromTool tells %s', (_, [from, before], [to, after]) => {
  for (const size of [1, 3, 100]) {
    const events = cutDeltas(tell(replyOf(from, { reason: before })), size)
    expect(replyFrom(run(textFromTool('json'), events))).toEqual(replyOf(to, { reason: after }))
  }
})

it.each<[from: string, to: string]>([
  ['{"value":"red"}', 'red'],
  [' {"value": "r\\u00e9d" }', 'réd'],
  ['{"value":5}', '5'],
  ['{"value":"red","why":"?"}', '{"value":"red","why":"?"}'],
  ['red', 'red'],
  ['1.0', '1.0'],
  ['{"value":"re', '{"value":"re'],
  ['', ''],
])('textFromValue tells %j as %j', (from, to) => {
  for (const size of [1, 100]) {
    const events = cutDeltas(tell(replyOf([thought, text(from)])), size)
    expect(replyFrom(run(textFromValue(), events))).toEqual(replyOf([thought, text(to)]))
  }
})
