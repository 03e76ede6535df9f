import { describe, expect, test } from 'vitest'
import { compatibleQuirks, openaiChat } from '../../../src/dialects/openai-chat/index.ts'
import type { ChatQuirks } from '../../../src/dialects/openai-chat/quirks.ts'
import type { Capabilities } from '../../../src/model/capability.ts'
import type { ChatRequest } from '../../../src/model/request.ts'
import { ask, target } from './setup.ts'

function write(request: ChatRequest, quirks: Partial<ChatQuirks> = {}, capabilities: Partial<Capabilities> = {}) {
  return openaiChat.upstream.writeRequest(request, target(quirks, capabilities))
}

/** The body, or the fault's message: a test that expects one fails with the other. */
function bodyOf(request: ChatRequest, quirks: Partial<ChatQuirks> = {}, capabilities: Partial<Capabilities> = {}) {
  const written = write(request, quirks, capabilities)
  return written.ok ? written.value.body : written.fault
}

const lostOf = (...args: Parameters<typeof write>) => {
  const written = write(...args)
  return written.ok ? written.value.lost.map(({ field }) => field) : written.fault
}

/** A request of another format's client. */
const foreign = (more: Partial<ChatRequest>): ChatRequest => ({ ...ask(), format: 'anthropic-messages', ...more })

const loop: ChatRequest['turns'] = [
  { role: 'user', parts: [{ kind: 'text', text: 'hi' }] },
  {
    role: 'assistant',
    parts: [
      { kind: 'thinking', text: 'old', form: 'raw' },
      { kind: 'text', text: 'hello' },
    ],
  },
  { role: 'user', parts: [{ kind: 'text', text: 'look' }] },
  {
    role: 'assistant',
    parts: [
      { kind: 'thinking', text: 'new', form: 'raw' },
      { kind: 'tool_call', id: 'a', name: 'f', tool: { flavor: 'function' }, arguments: '{"x":1.0}' },
    ],
  },
  {
    role: 'user',
    parts: [
      {
        kind: 'tool_result',
        id: 'a',
        tool: { flavor: 'function' },
        isError: true,
        parts: [
          { kind: 'text', text: 'no' },
          { kind: 'media', media: 'image', mime: 'image/png', source: { kind: 'base64', data: 'AAAA' } },
        ],
      },
      { kind: 'text', text: 'and?' },
    ],
  },
]

test('a request of this format comes out as it went in', () => {
  const body = {
    messages: [
      { role: 'system', content: 's' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'image_url', image_url: { url: 'https://x.test/a.png', detail: 'low' } },
        ],
        name: 'Ann',
      },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'call_1', type: 'custom', custom: { name: 'c', input: 'ls' } }],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'x' },
    ],
    max_completion_tokens: 9,
    temperature: 0.5,
    seed: 1,
    n: 2,
    stop: ['x'],
    logprobs: true,
    top_logprobs: 2,
    tools: [
      { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object', properties: {} } } },
      {
        type: 'custom',
        custom: { name: 'c', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'x' } } },
      },
    ],
    tool_choice: {
      type: 'allowed_tools',
      allowed_tools: { mode: 'auto', tools: [{ type: 'custom', custom: { name: 'c' } }] },
    },
    parallel_tool_calls: false,
    reasoning_effort: 'low',
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'n', schema: { type: 'object', properties: {} }, strict: false },
    },
    verbosity: 'low',
    web_search_options: { search_context_size: 'low' },
    safety_identifier: 'u',
    metadata: { a: 'b' },
    service_tier: 'flex',
    prompt_cache_key: 'k',
    prediction: { type: 'content', content: 'x' },
    store: true,
    unheard_of: 1,
  }
  expect(bodyOf(ask(body))).toEqual({ model: 'up', ...body })
  expect(lostOf(ask(body))).toEqual([])
})

describe('messages', () => {
  test('results stand directly behind their call, their pictures in the user message behind all of them', () => {
    expect(bodyOf(foreign({ turns: loop }))).toMatchObject({
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: 'hello' },
        { role: 'user', content: 'look' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{"x":1.0}' } }],
        },
        {
          role: 'tool',
          tool_call_id: 'a',
          content: [{ text: 'Error: no' }, { text: '[image: see the next user message]' }],
        },
        {
          role: 'user',
          content: [
            { type: 'text' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
            { text: 'and?' },
          ],
        },
      ],
    })
  })

  test.each<[string, Partial<ChatQuirks>, unknown[]]>([
    ['never', { sendsReasoningBack: 'never' }, [{ content: 'hello' }, { content: null }]],
    [
      'in the loop',
      { sendsReasoningBack: 'tool_loop' },
      [{ content: 'hello' }, { content: null, reasoning_content: 'new' }],
    ],
    [
      'always, under another name',
      { sendsReasoningBack: 'always', reasoningField: 'reasoning' },
      [
        { content: 'hello', reasoning: 'old' },
        { content: null, reasoning: 'new' },
      ],
    ],
    [
      'as tags',
      { sendsReasoningBack: 'always', reasoningField: 'think_tags' },
      [{ content: '<think>\nold\n</think>\n\nhello' }, { content: '<think>\nnew\n</think>\n\n' }],
    ],
  ])('thoughts go back %s', (_name, quirks, expected) => {
    const call = { role: 'assistant', tool_calls: expect.anything() }
    const turns = loop.slice(0, 4)
    const body = bodyOf(foreign({ turns: [...turns, { role: 'user', parts: [] }] }), quirks)
    const assistants =
      'messages' in body && Array.isArray(body.messages) ? body.messages.filter((one) => one.role === 'assistant') : []
    expect(assistants).toEqual([
      { role: 'assistant', ...(expected[0] as object) },
      { ...call, ...(expected[1] as object) },
    ])
  })

  test('a call of the loop without thoughts still says so where the server demands it', () => {
    const turns = loop.map((turn) => ({ ...turn, parts: turn.parts.filter((part) => part.kind !== 'thinking') }))
    const body = bodyOf(foreign({ turns }), { sendsReasoningBack: 'tool_loop' })
    expect(body).toMatchObject({ messages: [{}, {}, {}, { reasoning_content: '' }, {}, {}] })
  })

  test('state goes back to its own maker alone', () => {
    const seal = { kind: 'encrypted', data: '{"type":"reasoning.text","signature":"S","index":0}' } as const
    const turn = (dialect: 'openai-chat' | 'gemini'): ChatRequest['turns'] => [
      ...loop.slice(0, 1),
      {
        role: 'assistant',
        parts: [
          { kind: 'thinking', text: 'hm', form: 'raw', seal: { ...seal, dialect } },
          { kind: 'text', text: 'a' },
        ],
      },
      { role: 'user', parts: [{ kind: 'text', text: 'b' }] },
    ]
    const quirks = { reasoningDetails: true }
    expect(bodyOf(foreign({ turns: turn('openai-chat') }), quirks)).toMatchObject({
      messages: [{}, { reasoning_details: [{ type: 'reasoning.text', text: 'hm', signature: 'S', index: 0 }] }, {}],
    })
    expect(JSON.stringify(bodyOf(foreign({ turns: turn('gemini') }), quirks))).not.toContain('reasoning')
  })

  test.each<[string, Partial<ChatQuirks>, Partial<Capabilities>, string]>([
    ['a thinker of OpenAI', {}, { thinks: true }, 'developer'],
    ['others', {}, { thinks: false }, 'system'],
    ['other servers', { systemRole: 'system' }, { thinks: true }, 'system'],
  ])('instructions to %s', (_name, quirks, capabilities, role) => {
    const request = ask({
      messages: [
        { role: 'system', content: 'a' },
        { role: 'developer', content: 'b' },
        { role: 'user', content: 'x' },
        { role: 'system', content: 'c' },
        { role: 'user', content: 'y' },
      ],
    })
    expect(bodyOf(request, quirks, capabilities)).toMatchObject({
      messages: [{ role, content: 'a\n\nb' }, {}, { role, content: 'c' }, {}],
    })
  })

  test("a client's accounting stays out of the instructions", () => {
    const system = [
      { kind: 'text' as const, text: 'x-anthropic-billing-header: a=b' },
      { kind: 'text' as const, text: 'real' },
    ]
    expect(bodyOf(foreign({ system }))).toMatchObject({ messages: [{ role: 'system', content: 'real' }, {}] })
  })

  test('a server of plain strings', () => {
    const request = ask({
      messages: [
        {
          role: 'user',
          name: 'Ann',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
      ],
    })
    expect(bodyOf(request, compatibleQuirks)).toMatchObject({
      messages: [{ role: 'user', content: '[Ann]\n\na\n\nb' }],
    })
    expect(lostOf(request, compatibleQuirks)).toEqual(['name'])
  })

  test('nine letters for an id, the same for call and result', () => {
    const body = bodyOf(foreign({ turns: loop }), { toolIds: 'nine', bridgesAfterTools: true })
    const [, , , call, result, bridge] = 'messages' in body && Array.isArray(body.messages) ? body.messages : []
    expect(call.tool_calls[0].id).toMatch(/^[a-z0-9]{9}$/)
    expect(result.tool_call_id).toBe(call.tool_calls[0].id)
    expect(bridge).toEqual({ role: 'assistant', content: 'OK' })
  })

  test.each<[string, ChatRequest['turns'][number]['parts'][number], unknown]>([
    [
      'a PDF has a type and a name',
      { kind: 'media', media: 'document', mime: 'application/pdf', source: { kind: 'base64', data: 'JVBE' } },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBE', filename: 'document.pdf' } },
    ],
    [
      'a document of text',
      { kind: 'media', media: 'document', title: 'T', source: { kind: 'text', text: 'x' } },
      { type: 'text', text: 'Document: T\n\nx' },
    ],
    [
      'sound',
      { kind: 'media', media: 'audio', mime: 'audio/mpeg', source: { kind: 'base64', data: 'AA' } },
      { type: 'input_audio', input_audio: { data: 'AA', format: 'mp3' } },
    ],
  ])('media: %s', (_name, part, expected) => {
    const turns = [{ role: 'user' as const, parts: [{ kind: 'text' as const, text: 'see' }, part] }]
    expect(bodyOf(foreign({ turns }))).toMatchObject({ messages: [{ content: [{ text: 'see' }, expected] }] })
  })

  test.each<[string, ChatRequest['turns'][number]['parts'][number]]>([
    ['a film', { kind: 'media', media: 'video', source: { kind: 'url', url: 'https://x.test' } }],
    [
      'sound of another kind',
      { kind: 'media', media: 'audio', mime: 'audio/ogg', source: { kind: 'base64', data: 'A' } },
    ],
    [
      "another vendor's file",
      { kind: 'media', media: 'document', source: { kind: 'file', id: 'f', dialect: 'anthropic-messages' } },
    ],
  ])('refused: %s', (_name, part) => {
    expect(bodyOf(foreign({ turns: [{ role: 'user', parts: [part] }] }))).toMatchObject({
      class: 'unsupported',
      param: 'messages',
    })
  })
})

describe('tools', () => {
  const tools = [
    {
      type: 'function',
      function: { name: 'f', parameters: { type: 'object', properties: { a: { type: 'string' } } }, strict: true },
    },
    { type: 'function', function: { name: 'g' } },
  ]

  test('strict is kept only where the schema obeys its rules', () => {
    expect(bodyOf(ask({ tools }))).toMatchObject({
      tools: [{ function: expect.not.objectContaining({ strict: true }) }, {}],
    })
    expect(lostOf(ask({ tools }))).toEqual(['strict'])
  })

  test('free text becomes a function where it is unknown, and the way back is known', () => {
    const request = ask({ tools: [{ type: 'custom', custom: { name: 'c' } }] })
    const written = write(request, { customTools: false })
    expect(written).toMatchObject({
      ok: true,
      value: { body: { tools: [{ type: 'function', function: { name: 'c', parameters: { required: ['input'] } } }] } },
    })
    expect(written.ok && written.value.tools.get('c')).toMatchObject({
      name: 'c',
      tool: { flavor: 'custom' },
      wrapped: true,
    })
  })

  test.each<[string, Record<string, unknown>, Partial<ChatQuirks>, Partial<Capabilities>, unknown]>([
    ['required', { tool_choice: 'required' }, {}, {}, 'required'],
    ['any', { tool_choice: 'required' }, { toolChoiceRequired: 'any' }, {}, 'any'],
    ['one', { tool_choice: { type: 'function', name: 'f' } }, {}, {}, { type: 'function', function: { name: 'f' } }],
    ['one that cannot be forced', { tool_choice: { type: 'function', name: 'f' } }, {}, { forcedTools: false }, 'auto'],
    ['none', { tool_choice: 'none' }, {}, {}, 'none'],
  ])('choice: %s', (_name, choice, quirks, capabilities, expected) => {
    expect(bodyOf(ask({ tools, ...choice }), quirks, capabilities)).toMatchObject({ tool_choice: expected })
  })

  test('what cannot be forced is asked for', () => {
    const request = ask({ tools, tool_choice: { type: 'function', name: 'f' } })
    expect(bodyOf(request, {}, { forcedTools: false })).toMatchObject({
      messages: [{ role: 'system', content: 'Call the tool f now.' }, {}],
    })
  })

  test('allowed tools narrow the list where there is no such choice', () => {
    const only = {
      type: 'allowed_tools',
      allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'g' } }, { name: 'h' }] },
    }
    expect(bodyOf(ask({ tools, tool_choice: only }), { allowedTools: false })).toMatchObject({
      tools: [{ function: { name: 'g' } }],
      tool_choice: 'required',
    })
  })

  test('no tools, no choice', () => {
    const body = bodyOf(ask({ tools: [], tool_choice: 'auto', parallel_tool_calls: false }))
    expect(body).toEqual({ model: 'up', messages: [{ role: 'user', content: 'hi' }] })
  })

  test('one call at a time is watched over where it cannot be asked for', () => {
    const written = write(ask({ tools, parallel_tool_calls: false }), { parallelToolCalls: false })
    expect(written).toMatchObject({ ok: true, value: { emulate: { firstCallOnly: true } } })
  })

  test.each<[string, ChatRequest['tools'][number], Partial<Capabilities>, string]>([
    [
      'computer use',
      { kind: 'opaque', dialect: 'anthropic-messages', type: 'computer_20250124', value: {} },
      {},
      'computer_20250124',
    ],
    [
      'running code',
      { kind: 'server', tool: 'code', dialect: 'gemini', type: 'codeExecution', name: 'x', value: {} },
      {},
      'codeExecution',
    ],
    ['any tool at all', { kind: 'function', name: 'f' }, { tools: false }, 'tools'],
  ])('refused: %s', (_name, tool, capabilities, named) => {
    const refused = bodyOf(foreign({ tools: [tool] }), {}, capabilities)
    expect(refused).toMatchObject({ class: 'unsupported', message: expect.stringContaining(named) })
  })
})

describe('thinking', () => {
  test.each<[string, Record<string, unknown>, Partial<ChatQuirks>, Partial<Capabilities>, Record<string, unknown>]>([
    ['the level', { reasoning_effort: 'high' }, {}, {}, { reasoning_effort: 'high' }],
    ['the next level', { reasoning_effort: 'max' }, {}, {}, { reasoning_effort: 'high' }],
    [
      'a budget as level',
      { thinking: { type: 'enabled', budget_tokens: 16000 } },
      {},
      {},
      { reasoning_effort: 'high' },
    ],
    [
      'off, to one that cannot',
      { reasoning_effort: 'none' },
      {},
      { thinks: true, efforts: ['low', 'high'] },
      { reasoning_effort: 'low' },
    ],
    [
      'a switch with budget',
      { reasoning_effort: 'medium', max_tokens: 9000 },
      { thinking: { kind: 'thinking', budgets: true } },
      { thinks: true, budget: { min: 1024, max: 30_000, canBeOff: true }, maxOutput: 20_000 },
      { thinking: { type: 'enabled', budget_tokens: 6000 } },
    ],
    [
      'a switch, off',
      { reasoning_effort: 'none' },
      { thinking: { kind: 'thinking' } },
      {},
      { thinking: { type: 'disabled' } },
    ],
    [
      "a switch's own fields",
      { thinking: { type: 'enabled', clear: false } },
      { thinking: { kind: 'thinking' } },
      {},
      { thinking: { type: 'enabled', clear: false } },
    ],
    [
      'a boolean',
      { reasoning_effort: 'low' },
      { thinking: { kind: 'enable_thinking' } },
      {},
      { enable_thinking: true },
    ],
    [
      'an object',
      { reasoning_effort: 'low' },
      { thinking: { kind: 'reasoning' } },
      {},
      { reasoning: { effort: 'low' } },
    ],
    [
      'an object with budget',
      { thinking: { budget_tokens: 99 } },
      { thinking: { kind: 'reasoning', budgets: true } },
      {},
      { reasoning: { max_tokens: 99 } },
    ],
    [
      'a template',
      { enable_thinking: false, chat_template_kwargs: { other: 1 } },
      { thinking: { kind: 'chat_template', field: 'enable_thinking' } },
      {},
      { chat_template_kwargs: { other: 1, enable_thinking: false } },
    ],
    ['think', { reasoning_effort: 'high' }, { thinking: { kind: 'think' } }, {}, { think: 'high' }],
  ])('%s', (_name, body, quirks, capabilities, expected) => {
    expect(bodyOf(ask(body), quirks, capabilities)).toMatchObject(expected)
  })

  test('a model that does not think is not told not to', () => {
    const request = ask({ reasoning_effort: 'none' })
    expect(bodyOf(request, {}, { efforts: [] })).not.toHaveProperty('reasoning_effort')
    expect(lostOf(request, {}, { efforts: [] })).toEqual([])
  })
})

test.each<[string, Record<string, unknown>, Partial<ChatQuirks>, Partial<Capabilities>, string[]]>([
  ['top_k', { top_k: 5 }, {}, {}, ['top_k']],
  ['temperature of a thinker', { temperature: 0.2, top_p: 1 }, {}, { sampling: 'no' }, ['temperature']],
  [
    'temperature while thinking',
    { temperature: 0.2, reasoning_effort: 'low' },
    {},
    { sampling: 'unless_thinking' },
    ['temperature'],
  ],
  ['a limit beyond the model', { max_tokens: 99 }, {}, { maxOutput: 10 }, ['max_tokens']],
  ['fields that the server refuses', { seed: 1, foo: 1 }, { dropFields: ['foo'] }, {}, ['foo']],
  [
    'what a plain server lacks',
    { metadata: { a: 'b' }, verbosity: 'low', prompt_cache_key: 'k' },
    compatibleQuirks,
    {},
    ['verbosity', 'metadata', 'prompt_cache_key'],
  ],
])('lost by name: %s', (_name, body, quirks, capabilities, expected) => {
  expect(lostOf(ask(body), quirks, capabilities)).toEqual(expected)
})

test('fields of another format are lost by name', () => {
  expect(lostOf(foreign({ native: { context_management: {}, foo: 1 } }))).toEqual(['context_management', 'foo'])
})

test.each<[string, Record<string, unknown>, Partial<ChatQuirks>, Partial<Capabilities>, Record<string, unknown>]>([
  ['too many stop strings', { stop: ['1', '2', '3', '4', '5'] }, {}, {}, { stop: ['1', '2', '3', '4', '5'] }],
  ['a model without stop strings', { stop: ['x'] }, {}, { stopSequences: false }, { stop: ['x'] }],
])('done on the answer instead: %s', (_name, body, quirks, capabilities, emulate) => {
  const written = write(ask(body), quirks, capabilities)
  expect(written).toMatchObject({
    ok: true,
    value: { emulate, body: expect.not.objectContaining({ stop: expect.anything() }) },
  })
})

test('JSON is spoken of, or the server would refuse', () => {
  const body = bodyOf(ask({ response_format: { type: 'json_object' } }))
  expect(body).toMatchObject({
    response_format: { type: 'json_object' },
    messages: [{ role: 'system', content: expect.stringContaining('JSON') }, {}],
  })
  const told = bodyOf(
    ask({ response_format: { type: 'json_object' }, messages: [{ role: 'user', content: 'as JSON' }] }),
  )
  expect(told).toMatchObject({ messages: [{ role: 'user' }] })
})

test('one of some words is asked as an object and unwrapped', () => {
  const written = write(foreign({ format: 'gemini', output: { format: { kind: 'enum', values: ['a', 'b'] } } }))
  expect(written).toMatchObject({
    ok: true,
    value: {
      emulate: { textFromValue: true },
      body: {
        response_format: { json_schema: { strict: true, schema: { properties: { value: { enum: ['a', 'b'] } } } } },
      },
    },
  })
})

test('usage of a stream is always asked for', () => {
  expect(bodyOf(ask({ stream: true }))).toMatchObject({ stream: true, stream_options: { include_usage: true } })
  expect(bodyOf(ask({ stream: true }), { streamUsage: 'always' })).not.toHaveProperty('stream_options')
})

test('the same history gives the same bytes', () => {
  const request = foreign({ turns: loop, tools: [{ kind: 'function', name: 'a.b/c' }] })
  expect(JSON.stringify(bodyOf(request))).toBe(JSON.stringify(bodyOf(structuredClone(request))))
})
