import { describe, expect, test } from 'vitest'
import { isResponsesShaped, openaiChat } from '../../../src/dialects/openai-chat/index.ts'
import type { ChatRequest } from '../../../src/model/request.ts'
import { ask } from './setup.ts'

const png = `iVBORw0KGgo${'A'.repeat(80)}`

describe('messages', () => {
  test('leading instructions are hoisted, later ones stay in place', () => {
    const read = ask({
      messages: [
        { role: 'system', content: 'one' },
        { role: 'developer', content: [{ type: 'text', text: 'two' }] },
        { role: 'user', content: 'hi' },
        { role: 'developer', content: 'three' },
      ],
    })
    expect(read.system).toEqual([
      { kind: 'text', text: 'one' },
      { kind: 'text', text: 'two' },
    ])
    expect(read.turns.map(({ role, authority }) => [role, authority])).toEqual([
      ['user', undefined],
      ['system', 'developer'],
    ])
  })

  test('tool messages that follow one another are one turn of results, with the flavor of their calls', () => {
    const read = ask({
      messages: [
        { role: 'user', content: 'hi' },
        {
          role: 'assistant',
          content: null,
          reasoning_content: 'hm',
          tool_calls: [
            { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1.0}' } },
            { id: 'b', type: 'custom', custom: { name: 'c', input: 'ls' } },
          ],
        },
        { role: 'tool', tool_call_id: 'a', content: 'one' },
        { role: 'tool', tool_call_id: 'b', content: [{ type: 'text', text: 'two' }] },
        { role: 'user', content: 'go on' },
      ],
    })
    expect(read.turns.slice(1)).toEqual([
      {
        role: 'assistant',
        parts: [
          { kind: 'thinking', text: 'hm', form: 'raw' },
          { kind: 'tool_call', id: 'a', name: 'f', tool: { flavor: 'function' }, arguments: '{"x":1.0}' },
          { kind: 'tool_call', id: 'b', name: 'c', tool: { flavor: 'custom' }, arguments: 'ls' },
        ],
      },
      {
        role: 'user',
        parts: [
          { kind: 'tool_result', id: 'a', tool: { flavor: 'function' }, parts: [{ kind: 'text', text: 'one' }] },
          { kind: 'tool_result', id: 'b', tool: { flavor: 'custom' }, parts: [{ kind: 'text', text: 'two' }] },
        ],
      },
      { role: 'user', parts: [{ kind: 'text', text: 'go on' }] },
    ])
  })

  test('functions of the old kind are paired by their place', () => {
    const read = ask({
      functions: [{ name: 'f', parameters: { type: 'object' } }],
      function_call: { name: 'f' },
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
        { role: 'function', name: 'f', content: 'done' },
      ],
    })
    const [, call, result] = read.turns.map((turn) => turn.parts[0])
    expect(call).toMatchObject({ kind: 'tool_call', id: 'call_1', name: 'f' })
    expect(result).toMatchObject({ kind: 'tool_result', id: 'call_1', name: 'f' })
    expect(read.tools).toEqual([{ kind: 'function', name: 'f', schema: { type: 'object' } }])
    expect(read.toolChoice).toEqual({ mode: 'required', only: [{ name: 'f' }] })
  })

  test('opaque state comes back from every place where clients keep it', () => {
    const [, turn] = ask({
      messages: [
        { role: 'user', content: 'hi' },
        {
          role: 'assistant',
          content: 'yes',
          reasoning_content: 'firstsecond',
          reasoning_details: [
            { type: 'reasoning.encrypted', data: 'S1', text_length: 5 },
            { type: 'reasoning.encrypted', data: 'S2', text_length: 6 },
          ],
          tool_calls: [
            {
              id: 'a',
              type: 'function',
              function: { name: 'f', arguments: '{}' },
              extra_content: { google: { thought_signature: 'S3' } },
            },
          ],
        },
      ],
    }).turns
    const seal = { dialect: 'openai-chat', kind: 'encrypted' }
    expect(turn?.parts).toMatchObject([
      { kind: 'thinking', text: 'first', seal: { ...seal, data: 'S1' } },
      { kind: 'thinking', text: 'second', seal: { ...seal, data: 'S2' } },
      { kind: 'text', text: 'yes' },
      { kind: 'tool_call', seal: { dialect: 'openai-chat', kind: 'thought', data: 'S3' } },
    ])
  })

  test.each<[string, unknown, unknown]>([
    ['a string', 'hi', { kind: 'text', text: 'hi' }],
    ['input_text', [{ type: 'input_text', text: 'hi' }], { kind: 'text', text: 'hi' }],
    [
      'image_url',
      [{ type: 'image_url', image_url: { url: 'https://x.test/a.png', detail: 'high' } }],
      { media: 'image', mime: 'image/png', detail: 'high', source: { kind: 'url', url: 'https://x.test/a.png' } },
    ],
    [
      'a data URL that lies about its type',
      [{ type: 'image_url', image_url: { url: `data:image/jpeg;base64,${png}` } }],
      { media: 'image', mime: 'image/png', source: { kind: 'base64' } },
    ],
    [
      'bare base64',
      [{ type: 'image_url', image_url: { url: png } }],
      { media: 'image', source: { kind: 'base64', data: png } },
    ],
    ['a film', [{ type: 'image_url', image_url: 'https://x.test/a.mp4?x=1' }], { media: 'video', mime: 'video/mp4' }],
    [
      'a PDF in image_url',
      [{ type: 'image_url', image_url: { url: 'data:application/pdf;base64,JVBERi0xLjQK' } }],
      { media: 'document', mime: 'application/pdf', source: { data: 'JVBERi0xLjQK' } },
    ],
    ['video_url', [{ type: 'video_url', video_url: { url: 'https://x.test/v' } }], { media: 'video' }],
    [
      'a file by address',
      [{ type: 'file', file: { file_data: 'https://x.test/a.pdf', filename: 'b.pdf' } }],
      { media: 'document', name: 'b.pdf', source: { kind: 'url', url: 'https://x.test/a.pdf' } },
    ],
    [
      'file_url',
      [{ type: 'input_file', file_url: 'https://x.test/a.pdf' }],
      { media: 'document', source: { kind: 'url' } },
    ],
    [
      'a file by id',
      [{ type: 'file', file: { file_id: 'file-1' } }],
      { media: 'file', source: { kind: 'file', id: 'file-1', dialect: 'openai-chat' } },
    ],
    [
      'sound',
      [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }],
      { media: 'audio', mime: 'audio/wav', source: { data: 'AAAA' } },
    ],
    [
      "Anthropic's image",
      [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } }],
      { media: 'image', mime: 'image/png', source: { data: png } },
    ],
    [
      "Anthropic's tool result",
      [{ type: 'tool_result', tool_use_id: 'a', content: 'x', is_error: true }],
      { kind: 'tool_result', id: 'a', isError: true, parts: [{ kind: 'text', text: 'x' }] },
    ],
    [
      'a cache mark',
      [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '1h' } }],
      { kind: 'text', text: 'x', cache: { ttl: '1h' } },
    ],
    [
      'an unknown part',
      [{ type: 'hologram', x: 1 }],
      { kind: 'opaque', type: 'hologram', value: { type: 'hologram', x: 1 } },
    ],
    ['a part named like an inherited field', [{ type: 'constructor' }], { kind: 'opaque', type: 'constructor' }],
  ])('content: %s', (_name, content, part) => {
    expect(ask({ messages: [{ role: 'user', content }] }).turns[0]?.parts).toMatchObject([part])
  })
})

describe('fields', () => {
  test.each<[string, Record<string, unknown>, Partial<ChatRequest>]>([
    ['the newer limit wins', { max_completion_tokens: 5, max_tokens: 9 }, { maxOutput: 5 }],
    [
      'values that change nothing are absent',
      { n: 1, presence_penalty: 0, logit_bias: {}, stop: null },
      { sampling: {} },
    ],
    ['one stop string', { stop: 'x' }, { sampling: { stop: ['x'] } }],
    ['unknown fields are kept', { temperaure: 0.6, foo: {} }, { native: { temperaure: 0.6, foo: {} } }],
    ['effort', { reasoning_effort: 'high' }, { thinking: { mode: 'on', effort: 'high' } }],
    ['effort none', { reasoning_effort: 'none' }, { thinking: { mode: 'off', effort: 'none' } }],
    ['thinking', { thinking: { type: 'enabled', budget_tokens: 2000 } }, { thinking: { mode: 'on', budget: 2000 } }],
    ['enable_thinking', { enable_thinking: false }, { thinking: { mode: 'off', effort: 'none' } }],
    [
      'reasoning',
      { reasoning: { effort: 'low', exclude: true } },
      { thinking: { mode: 'on', effort: 'low', show: 'none' } },
    ],
    [
      "Google's thinking_config in extra_body",
      { extra_body: { google: { thinking_config: { thinking_budget: 0, include_thoughts: true } } } },
      { thinking: { mode: 'off', effort: 'none', show: 'summary' } },
    ],
    ['an unknown level', { reasoning_effort: 'ultra' }, { thinking: { mode: 'default' }, lost: ['reasoning_effort'] }],
    [
      'a schema',
      {
        response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' }, strict: true } },
      },
      { output: { format: { kind: 'schema', name: 'a', schema: { type: 'object' }, strict: true } } },
    ],
    [
      'the usage chunk',
      { stream: true, stream_options: { include_usage: true } },
      { stream: 'sse', includeUsage: true },
    ],
    ['the tier', { service_tier: 'default' }, { tier: 'standard' }],
    ['who asks', { user: 'u', metadata: { a: 1 } }, { identity: { endUser: 'u', metadata: { a: '1' } } }],
    [
      'pictures',
      { extra_body: { google: { image_config: { size: '1K' } } } },
      { output: { format: { kind: 'text' }, image: { size: '1K' } } },
    ],
    ['one call at a time', { tool_choice: { type: 'auto', disable_parallel_tool_use: true } }, { parallel: false }],
  ])('%s', (_name, body, expected) => {
    expect(ask(body)).toMatchObject(expected)
  })

  test.each<[string, unknown, unknown]>([
    ['auto', 'auto', { mode: 'auto' }],
    ["Anthropic's any", { type: 'any' }, { mode: 'required' }],
    ['nested', { type: 'function', function: { name: 'f' } }, { mode: 'required', only: [{ name: 'f' }] }],
    ['flat', { type: 'function', name: 'f' }, { mode: 'required', only: [{ name: 'f' }] }],
    ["Anthropic's", { type: 'tool', name: 'f' }, { mode: 'required', only: [{ name: 'f' }] }],
    ['custom', { type: 'custom', custom: { name: 'c' } }, { mode: 'required', only: [{ name: 'c' }] }],
    [
      'allowed tools',
      {
        type: 'allowed_tools',
        allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] },
      },
      { mode: 'auto', only: [{ name: 'f' }] },
    ],
  ])('tool choice: %s', (_name, choice, expected) => {
    expect(ask({ tool_choice: choice }).toolChoice).toEqual(expected)
  })

  test.each<[string, unknown, unknown]>([
    [
      'nested',
      { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true } },
      { kind: 'function', name: 'f', description: 'd', schema: { type: 'object' }, strict: true },
    ],
    ['flat', { type: 'function', name: 'f', parameters: {} }, { kind: 'function', name: 'f', schema: {} }],
    ["Anthropic's", { name: 'f', input_schema: { type: 'object' } }, { kind: 'function', schema: { type: 'object' } }],
    [
      'custom',
      {
        type: 'custom',
        custom: { name: 'c', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'x' } } },
      },
      { kind: 'custom', name: 'c', grammar: { syntax: 'lark', definition: 'x' } },
    ],
    ['typed', { type: 'bash_20250124', name: 'bash' }, { kind: 'typed', dialect: 'anthropic-messages', name: 'bash' }],
    [
      'search',
      { type: 'web_search', search_context_size: 'low' },
      { kind: 'server', tool: 'web_search', contextSize: 'low' },
    ],
    ['unknown', { type: 'maps' }, { kind: 'opaque', dialect: 'openai-chat', type: 'maps' }],
  ])('tool: %s', (_name, tool, expected) => {
    expect(ask({ tools: [tool] }).tools).toMatchObject([expected])
  })
})

test.each<[string, Record<string, unknown>, string]>([
  ['no model', { model: '' }, 'model'],
  ['messages are no list', { messages: {} }, 'messages'],
  ['no messages', { messages: [] }, 'messages'],
  ['a message is null', { messages: [null] }, 'messages[0]'],
  ['a role is a number', { messages: [{ role: 1 }] }, 'messages[0].role'],
  ['a role is unknown', { messages: [{ role: 'constructor' }] }, 'messages[0].role'],
  ['content is a number', { messages: [{ role: 'user', content: 5 }] }, 'messages[0].content'],
  ['a part is a number', { messages: [{ role: 'user', content: [5] }] }, 'messages[0].content[0]'],
  [
    'a picture without address',
    { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
    'messages[0].content[0].image_url',
  ],
  ['a limit is a string', { max_tokens: '5' }, 'max_tokens'],
  ['a stop is a number', { stop: [1] }, 'stop[0]'],
  ['no answer at all', { n: 0 }, 'n'],
  ['a tool without name', { tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name'],
  ['a choice is unknown', { tool_choice: 'maybe' }, 'tool_choice'],
  ['stream is a string', { stream: 'yes' }, 'stream'],
])('refused: %s', (_name, body, param) => {
  const read = openaiChat.client.readRequest({
    body: { model: 'm', messages: [{ role: 'user', content: 'hi' }], ...body },
    headers: {},
  })
  expect(read).toMatchObject({ ok: false, fault: { class: 'invalid', param } })
})

test('a Responses body is told from a chat body', () => {
  expect(isResponsesShaped({ model: 'm', input: [] })).toBe(true)
  expect(isResponsesShaped({ model: 'm', input: [], messages: [] })).toBe(false)
})
