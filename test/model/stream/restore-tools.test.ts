import { describe, expect, it } from 'vitest'
import type { ToolCallPart } from '../../../src/model/part.ts'
import { tell } from '../../../src/model/reply.ts'
import { restoreTools } from '../../../src/model/stream/restore-tools.ts'
import type { WireTool } from '../../../src/model/tools/name.ts'
import { call, cutDeltas, replyFrom, replyOf, run, text } from './story.ts'

const map = new Map<string, WireTool>([
  ['mail__send', { name: 'send', namespace: 'mail', tool: { flavor: 'function' } }],
  ['apply_patch', { name: 'apply_patch', tool: { flavor: 'custom' }, wrapped: true }],
  ['grep', { name: 'grep', tool: { flavor: 'custom' } }],
  ['bash', { name: 'bash', tool: { flavor: 'typed', type: 'bash_20250124' } }],
  ['a_b_12345678', { name: 'a.b', tool: { flavor: 'function' } }],
])

const patch = '*** Begin Patch\n+ "é" 😀\\\n*** End Patch'
const parallel = JSON.stringify({
  tool_uses: [
    { recipient_name: 'functions.mail__send', parameters: { to: 'x' } },
    { recipient_name: 'apply_patch', parameters: { input: patch } },
    { recipient_name: 'functions.other' },
  ],
})

describe('restoreTools', () => {
  it.each<[what: string, from: ToolCallPart, to: ToolCallPart]>([
    ['a mangled name', call('1', 'a_b_12345678', '{"x":1}'), call('1', 'a.b', '{"x":1}')],
    ['a namespace', call('1', 'mail__send'), { ...call('1', 'send'), namespace: 'mail' }],
    [
      'free text in our schema',
      call('1', 'apply_patch', JSON.stringify({ input: patch })),
      { ...call('1', 'apply_patch', patch), tool: { flavor: 'custom' } },
    ],
    [
      'free text without the schema',
      call('1', 'apply_patch', patch),
      { ...call('1', 'apply_patch', patch), tool: { flavor: 'custom' } },
    ],
    [
      'free text that the upstream knows itself',
      call('1', 'grep', '{"input":"x"}'),
      { ...call('1', 'grep', '{"input":"x"}'), tool: { flavor: 'custom' } },
    ],
    [
      'a typed tool',
      call('1', 'bash', '{"command":"ls"}'),
      { ...call('1', 'bash', '{"command":"ls"}'), tool: { flavor: 'typed', type: 'bash_20250124' } },
    ],
    ['a name that nobody knows', call('1', 'else'), call('1', 'else')],
    ['a wrapper that holds nothing', call('1', 'multi_tool_use.parallel'), call('1', 'multi_tool_use.parallel')],
    ['a wrapper that was cut off', call('1', 'parallel', '{"tool_us'), call('1', 'parallel', '{"tool_us')],
  ])('tells %s, however it is cut', (_, from, to) => {
    const reply = replyOf([text('before'), from, text('after')])
    for (const size of [1, 2, 3, 7, 1000])
      expect(replyFrom(run(restoreTools(map), cutDeltas(tell(reply), size)))).toEqual(
        replyOf([text('before'), to, text('after')]),
      )
  })

  it('takes a wrapper of several calls apart', () => {
    const seal = { dialect: 'openai-responses', kind: 'encrypted', data: 'x' } as const
    const reply = replyOf([{ ...call('1', 'multi_tool_use.parallel', parallel), seal }, text('after')])
    for (const size of [1, 5, 1000])
      expect(replyFrom(run(restoreTools(map), cutDeltas(tell(reply), size))).parts).toEqual([
        { ...call('1_1', 'send', '{"to":"x"}'), namespace: 'mail', seal },
        { ...call('1_2', 'apply_patch', patch), tool: { flavor: 'custom' } },
        call('1_3', 'other', '{}'),
        text('after'),
      ])
  })

  it('leaves a tool alone that is really named so', () => {
    const own = new Map<string, WireTool>([['parallel', { name: 'parallel', tool: { flavor: 'function' } }]])
    const reply = replyOf([call('1', 'parallel', parallel)])
    expect(replyFrom(run(restoreTools(own), tell(reply)))).toEqual(reply)
  })
})
