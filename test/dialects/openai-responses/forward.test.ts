import { describe, expect, test } from 'vitest'
import { envelopeMark } from '../../../src/model/envelope.ts'
import { usageOf } from '../../../src/model/usage.ts'
import { splice } from '../../../src/wire/splice.ts'
import { golden, goldenPayloads } from './golden.ts'
import { type Body, faultOf, forwarding, given, targetWith } from './support.ts'

describe('peek', () => {
  test.each<[Body, object]>([
    [{ model: 'm' }, { model: 'm', stream: false }],
    [
      { model: 'm', stream: true, max_output_tokens: 5 },
      { model: 'm', stream: 'sse', maxOutput: 5 },
    ],
    [
      { model: 'm', stream: null, max_output_tokens: null },
      { model: 'm', stream: false },
    ],
  ])('%j', (body, expected) => {
    expect(given(forwarding.peek({ body, headers: {} }))).toEqual(expected)
  })

  test.each<[Body, string]>([
    [{}, 'model'],
    [{ model: 7 }, 'model'],
    [{ model: 'm', stream: 'yes' }, 'stream'],
    [{ model: 'm', max_output_tokens: '5' }, 'max_output_tokens'],
  ])('%j is refused', (body, param) => {
    expect(faultOf(forwarding.peek({ body, headers: {} }))).toMatchObject({ class: 'invalid', param })
  })
})

describe('fits', () => {
  const plain = {
    customTools: false,
    namespaces: false,
    typedTools: [],
    serverTools: [],
    opaqueItems: false,
    listOutputs: false,
  }
  const call = { call_id: 'call_1', name: 'f' }
  const bodies: [string, Body, boolean][] = [
    [
      'functions and messages',
      { tools: [{ type: 'function', name: 'f' }], input: [{ role: 'user', content: 'Hi' }] },
      true,
    ],
    [
      'a call and its output',
      {
        input: [
          { type: 'function_call', ...call },
          { type: 'function_call_output', output: 'x' },
        ],
      },
      true,
    ],
    ['a tool that the vendor runs', { tools: [{ type: 'web_search' }] }, true],
    ['a free-text tool', { tools: [{ type: 'custom', name: 'apply_patch' }] }, false],
    ['a namespace', { tools: [{ type: 'namespace', name: 'n', tools: [] }] }, false],
    ['a tool search', { tools: [{ type: 'tool_search', execution: 'client' }] }, false],
    ['a typed tool', { tools: [{ type: 'local_shell' }] }, false],
    ['tools in an item', { input: [{ type: 'additional_tools', tools: [] }] }, false],
    ['a free-text call', { input: [{ type: 'custom_tool_call', ...call, input: '' }] }, false],
    ['a call in a namespace', { input: [{ type: 'function_call', ...call, namespace: 'n' }] }, false],
    ['a picture as output', { input: [{ type: 'function_call_output', output: [{ type: 'input_image' }] }] }, false],
  ]
  test.each(bodies)('%s', (_, body, expected) => {
    const fits = (target: ReturnType<typeof targetWith>) => forwarding.fits?.({ body, headers: {} }, target)
    expect(fits(targetWith({}, plain))).toBe(expected)
    expect(fits(targetWith())).toBe(true)
  })
})

describe('edits', () => {
  const edited = (input: unknown): [unknown, string[]] => {
    const body = { model: 'asked-model', input, unknown_field: 1 }
    const { edits, lost } = forwarding.edits({ body, headers: {} }, targetWith())
    const bytes = splice(Buffer.from(JSON.stringify(body)), edits)
    const after = JSON.parse(Buffer.from(bytes).toString())
    expect(after).toMatchObject({ model: 'upstream-model', unknown_field: 1 })
    return [after.input, lost.map(({ field }) => field)]
  }
  const ours = (prefix: string): string => `${prefix}_ca5e${'0'.repeat(36)}`
  const user = { role: 'user', content: 'Hi' }
  const vendors = { type: 'reasoning', id: 'rs_0123', summary: [], encrypted_content: 'gAAAAA' }

  test('change nothing but the model', () => {
    expect(edited('Hi')).toEqual(['Hi', []])
    expect(edited([user, vendors, null, 7])).toEqual([[user, vendors, null, 7], []])
  })

  test('take out our envelopes', () => {
    const envelope = `${envelopeMark}abcd`
    const items = [
      user,
      { type: 'reasoning', encrypted_content: envelope },
      { type: 'compaction', encrypted_content: envelope },
    ]
    expect(edited(items)).toEqual([[user], ['input[1]', 'input[2]']])
  })

  test('take out ids that no vendor gave, and items that are nothing without them', () => {
    const items = [
      { type: 'message', id: ours('msg'), role: 'assistant', content: 'Hi' },
      { type: 'web_search_call', id: ours('ws') },
      { type: 'reasoning', id: ours('rs'), summary: [] },
      { type: 'function_call', id: 'fc_1', call_id: 'a' },
    ]
    expect(edited(items)).toEqual([
      [{ type: 'message', role: 'assistant', content: 'Hi' }, items[3]],
      ['input[1]', 'input[2]'],
    ])
  })
})

describe('the watcher', () => {
  const watch = (payloads: readonly Body[], isNamed = true) => {
    const watcher = forwarding.watcher()
    for (const payload of payloads) {
      const data = JSON.stringify(payload)
      watcher.see({ ...(isNamed && { event: String(payload.type) }), data, raw: Buffer.from(data) })
    }
    return watcher.seen
  }

  test.each([true, false])('sees content, end and usage; frames with names: %j', (isNamed) => {
    const payloads = goldenPayloads()
    expect(watch(payloads.slice(0, 2), isNamed)).toEqual({ hasContent: false, hasEnded: false })
    expect(watch(payloads.slice(0, 3), isNamed)).toEqual({ hasContent: true, hasEnded: false })
    expect(watch(payloads, isNamed)).toEqual({ hasContent: true, hasEnded: true, usage: golden.usage })
  })

  test('sees a failure, and what it cost', () => {
    const usage = { input_tokens: 5, output_tokens: 0 }
    const response = { status: 'failed', error: { code: 'server_error', message: 'Oops.' }, usage }
    expect(watch([{ type: 'response.failed', response }])).toMatchObject({
      hasContent: false,
      hasEnded: true,
      usage: usageOf({ input: 5 }),
      fault: { class: 'internal', message: 'Oops.' },
    })
    expect(watch([{ type: 'error', code: 'slow_down', message: 'Slow.' }])).toMatchObject({
      fault: { class: 'overloaded' },
    })
  })

  test('takes an ending that cannot be read for garbage', () => {
    const watcher = forwarding.watcher()
    watcher.see({ event: 'response.completed', data: '{"response":', raw: Buffer.alloc(0) })
    expect(watcher.seen).toMatchObject({ hasEnded: true, fault: { class: 'bad_gateway' } })
  })
})

test.each<[unknown, object]>([
  [goldenPayloads().at(-1)?.response, { hasContent: true, hasEnded: true, usage: golden.usage }],
  [
    { status: 'queued', output: [] },
    { hasContent: true, hasEnded: true },
  ],
  [
    { status: 'failed', error: { code: 'server_error', message: 'Oops.' } },
    { hasEnded: true, fault: { class: 'internal' } },
  ],
  [{ error: { message: 'Oops.', type: 'invalid_request_error' } }, { hasEnded: true, fault: { class: 'invalid' } }],
  [[], { hasEnded: false, fault: { class: 'bad_gateway' } }],
])('a unary answer is seen: %#', (body, expected) => {
  expect(forwarding.readReply(body)).toMatchObject(expected)
})
