import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChatRequest, Tool, ToolChoice, Turn } from '../../../src/model/request.ts'
import { asked, type Body, faultOf, readBody } from './support.ts'

const user = (text: string): Turn => ({ role: 'user', parts: [{ kind: 'text', text }] })
const turnsOf = (...input: unknown[]): readonly Turn[] => asked({ input }).turns

test('the least that can be said', () => {
  expect(readBody({ model: 'm', input: 'Hi' })).toMatchObject({
    ok: true,
    value: {
      format: 'openai-responses',
      model: 'm',
      stream: false,
      system: [],
      turns: [user('Hi')],
      tools: [],
      lost: [],
    },
  })
})

describe('instructions', () => {
  const text = (words: string) => ({ kind: 'text', text: words })
  test('are read before leading messages of the system; later ones stay where they are', () => {
    const request = asked({
      instructions: 'A',
      input: [
        { role: 'developer', content: 'B' },
        { type: 'additional_tools', role: 'developer', tools: [] },
        { role: 'system', content: [{ type: 'input_text', text: 'C' }] },
        { role: 'user', content: 'Hi' },
        { role: 'developer', content: 'D' },
      ],
    })
    expect(request.system).toEqual([text('A'), text('B'), text('C')])
    expect(request.turns.map(({ role }) => role)).toEqual(['user', 'system'])
    expect(request.turns[1]).toEqual({ role: 'system', authority: 'developer', parts: [text('D')] })
  })

  test('may be all there is', () => {
    expect(asked({ instructions: 'A', input: undefined })).toMatchObject({ system: [text('A')], turns: [] })
  })
})

describe('content', () => {
  const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
  const base64 = (data: string) => ({ kind: 'base64', data })
  test.each<[Body, object]>([
    [
      { type: 'input_text', text: 'Hi' },
      { kind: 'text', text: 'Hi' },
    ],
    [
      { type: 'text', text: 'Hi' },
      { kind: 'text', text: 'Hi' },
    ],
    [
      { type: 'input_text', text: 'Hi', prompt_cache_breakpoint: { mode: 'explicit', ttl: '12h' } },
      { kind: 'text', text: 'Hi', cache: { ttl: '12h' } },
    ],
    [
      { type: 'input_image', image_url: 'https://a.example/x.png', detail: 'low' },
      { kind: 'media', media: 'image', source: { kind: 'url', url: 'https://a.example/x.png' }, detail: 'low' },
    ],
    [
      { type: 'image_url', image_url: { url: 'https://a.example/x.png' } },
      { kind: 'media', media: 'image', source: { kind: 'url', url: 'https://a.example/x.png' } },
    ],
    [
      { type: 'input_image', image_url: `data:image/jpeg;base64, ${png.replace(/=+$/, '')}` },
      { kind: 'media', media: 'image', source: base64(png), mime: 'image/png' },
    ],
    [
      { type: 'input_image', file_id: 'file_1' },
      { kind: 'media', media: 'image', source: { kind: 'file', id: 'file_1', dialect: 'openai-responses' } },
    ],
    [
      { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' },
      { kind: 'media', media: 'document', source: base64('JVBERi0='), mime: 'application/pdf', name: 'a.pdf' },
    ],
    [
      { type: 'input_file', file_data: 'JVBERi0=' },
      { kind: 'media', media: 'document', source: base64('JVBERi0='), mime: 'application/pdf' },
    ],
    [
      { type: 'input_file', file_url: 'https://a.example/x.pdf' },
      { kind: 'media', media: 'document', source: { kind: 'url', url: 'https://a.example/x.pdf' } },
    ],
    [
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } },
      { kind: 'media', media: 'audio', source: base64('AAAA'), mime: 'audio/mpeg' },
    ],
    [
      { type: 'input_hologram', a: 1 },
      { kind: 'opaque', dialect: 'openai-responses', type: 'input_hologram', value: { type: 'input_hologram', a: 1 } },
    ],
  ])('%j', (piece, part) => {
    expect(turnsOf({ role: 'user', content: [piece] })).toEqual([{ role: 'user', parts: [part] }])
  })
})

describe('items', () => {
  const call = { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' }
  const called = { kind: 'tool_call', id: 'a', name: 'f', tool: { flavor: 'function' }, arguments: '{}' }
  const output = (id: string) => ({ type: 'function_call_output', call_id: id, output: 'x' })
  const result = (id: string, flavor = 'function') => ({
    kind: 'tool_result',
    id,
    tool: { flavor },
    parts: [{ kind: 'text', text: 'x' }],
  })

  test('of one step are one turn, and their outputs the next', () => {
    const reasoning = {
      type: 'reasoning',
      id: 'rs_1',
      summary: [
        { type: 'summary_text', text: 'A' },
        { type: 'summary_text', text: 'B' },
      ],
      encrypted_content: 's',
    }
    const seal = { dialect: 'openai-responses', kind: 'encrypted', data: 's', itemId: 'rs_1' }
    const message = {
      type: 'message',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'Hi' }],
      phase: 'commentary',
    }
    expect(
      turnsOf(reasoning, message, call, { ...call, call_id: 'b' }, output('a'), output('b'), {
        role: 'user',
        content: 'C',
      }),
    ).toEqual([
      {
        role: 'assistant',
        phase: 'commentary',
        parts: [
          { kind: 'thinking', form: 'summary', text: 'A\n\nB', seal },
          { kind: 'text', text: 'Hi' },
          called,
          { ...called, id: 'b' },
        ],
      },
      { role: 'user', parts: [result('a'), result('b')] },
      user('C'),
    ])
  })

  test.each<[string, Body, object]>([
    [
      'a message without a type',
      { role: 'assistant', content: 'Hi' },
      { role: 'assistant', parts: [{ kind: 'text', text: 'Hi' }] },
    ],
    [
      'a refusal',
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
      { role: 'assistant', parts: [{ kind: 'refusal', text: 'No.' }] },
    ],
    [
      'a free-text output',
      { type: 'custom_tool_call_output', call_id: 'a', output: 'x' },
      { role: 'user', parts: [result('a', 'custom')] },
    ],
    [
      'an output of pieces',
      { type: 'function_call_output', call_id: 'a', output: [{ type: 'input_text', text: 'x' }] },
      { role: 'user', parts: [result('a')] },
    ],
    [
      'outputs of a shell',
      { type: 'shell_call_output', call_id: 'a', output: [{ stdout: 'x' }] },
      {
        role: 'user',
        parts: [
          {
            kind: 'tool_result',
            id: 'a',
            tool: { flavor: 'typed', type: 'shell' },
            parts: [{ kind: 'text', text: '[{"stdout":"x"}]' }],
          },
        ],
      },
    ],
    [
      'a local shell’s output, called by its id',
      { type: 'local_shell_call_output', id: 'a', output: 'x' },
      {
        role: 'user',
        parts: [
          {
            kind: 'tool_result',
            id: 'a',
            tool: { flavor: 'typed', type: 'local_shell' },
            parts: [{ kind: 'text', text: 'x' }],
          },
        ],
      },
    ],
    [
      'a patch that failed',
      { type: 'apply_patch_call_output', call_id: 'a', status: 'failed', output: 'x' },
      {
        role: 'user',
        parts: [
          {
            kind: 'tool_result',
            id: 'a',
            tool: { flavor: 'typed', type: 'apply_patch' },
            isError: true,
            parts: [{ kind: 'text', text: 'x' }],
          },
        ],
      },
    ],
    [
      'a tool’s message of Chat Completions',
      { role: 'tool', tool_call_id: 'a', content: 'x' },
      { role: 'user', parts: [result('a')] },
    ],
    [
      'a reference',
      { type: 'item_reference', id: 'rs_1' },
      {
        role: 'assistant',
        parts: [
          {
            kind: 'opaque',
            dialect: 'openai-responses',
            type: 'item_reference',
            value: { type: 'item_reference', id: 'rs_1' },
          },
        ],
      },
    ],
    [
      'what the client answers to a vendor’s tool',
      { type: 'mcp_approval_response', approve: true },
      {
        role: 'user',
        parts: [
          {
            kind: 'opaque',
            dialect: 'openai-responses',
            type: 'mcp_approval_response',
            value: { type: 'mcp_approval_response', approve: true },
          },
        ],
      },
    ],
  ])('%s', (_, item, turn) => {
    expect(turnsOf(item)).toEqual([turn])
  })

  test('may be called messages', () => {
    const request = readBody({
      model: 'm',
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{}' } }] },
      ],
    })
    expect(request).toMatchObject({ ok: true, value: { turns: [user('Hi'), { role: 'assistant', parts: [called] }] } })
  })
})

describe('tools', () => {
  const strictSchema = {
    type: 'object',
    properties: { a: { type: 'string' } },
    required: ['a'],
    additionalProperties: false,
  }
  const looseSchema = { type: 'object', properties: { a: { type: 'string' } } }
  const server = (type: string, some: object): object => ({
    kind: 'server',
    dialect: 'openai-responses',
    type,
    ...some,
  })
  test.each<[string, Body, object]>([
    [
      'a function',
      { type: 'function', name: 'f', description: 'd', parameters: looseSchema, strict: false },
      { kind: 'function', name: 'f', description: 'd', schema: looseSchema, strict: false },
    ],
    [
      'strict left out, as the schema allows',
      { type: 'function', name: 'f', parameters: strictSchema },
      { kind: 'function', name: 'f', schema: strictSchema, strict: true },
    ],
    [
      'strict left out, against the schema',
      { type: 'function', name: 'f', parameters: looseSchema, strict: null },
      { kind: 'function', name: 'f', schema: looseSchema, strict: false },
    ],
    [
      'a function in the wrapper of Chat Completions',
      { type: 'function', function: { name: 'f', parameters: looseSchema, strict: false } },
      { kind: 'function', name: 'f', schema: looseSchema, strict: false },
    ],
    [
      'a deferred function with fields of its own',
      { type: 'function', name: 'f', strict: false, defer_loading: true, allowed_callers: ['direct'] },
      { kind: 'function', name: 'f', strict: false, deferred: true, native: { allowed_callers: ['direct'] } },
    ],
    [
      'free text',
      { type: 'custom', name: 'f', format: { type: 'grammar', syntax: 'lark', definition: 'start: "a"' } },
      { kind: 'custom', name: 'f', grammar: { syntax: 'lark', definition: 'start: "a"' } },
    ],
    [
      'a shell of the client’s',
      { type: 'shell' },
      { kind: 'typed', dialect: 'openai-responses', type: 'shell', name: 'shell', value: { type: 'shell' } },
    ],
    [
      'a shell of the vendor’s',
      { type: 'shell', environment: { type: 'container_auto' } },
      server('shell', {
        tool: 'code',
        name: 'shell',
        value: { type: 'shell', environment: { type: 'container_auto' } },
      }),
    ],
    [
      'a search',
      {
        type: 'web_search',
        filters: { allowed_domains: ['a.example'] },
        user_location: { type: 'approximate', city: 'Oslo' },
        search_context_size: 'low',
      },
      server('web_search', {
        tool: 'web_search',
        name: 'web_search',
        allowedDomains: ['a.example'],
        location: { city: 'Oslo' },
        contextSize: 'low',
        value: expect.anything(),
      }),
    ],
    [
      'MCP',
      { type: 'mcp', server_label: 's', server_url: 'u' },
      server('mcp', { tool: 'mcp', name: 's', value: { type: 'mcp', server_label: 's', server_url: 'u' } }),
    ],
    [
      'a tool of this format alone',
      { type: 'file_search', vector_store_ids: [] },
      {
        kind: 'opaque',
        dialect: 'openai-responses',
        type: 'file_search',
        value: { type: 'file_search', vector_store_ids: [] },
      },
    ],
  ])('%s', (_, tool, expected) => {
    expect(asked({ tools: [tool] }).tools).toEqual([expected])
  })

  test('of a namespace know it', () => {
    const tools = [
      {
        type: 'namespace',
        name: 'n',
        description: 'd',
        tools: [
          { type: 'function', name: 'f', strict: false },
          { type: 'custom', name: 'g' },
        ],
      },
    ]
    expect(asked({ tools }).tools).toEqual([
      { kind: 'function', name: 'f', namespace: 'n', strict: false, native: { namespace_description: 'd' } },
      { kind: 'custom', name: 'g', namespace: 'n' },
    ] satisfies Tool[])
  })

  test('that an item brings along can be called too', () => {
    const f = { type: 'function', name: 'f', strict: false }
    const brought = { type: 'additional_tools', role: 'developer', tools: [f, { ...f, name: 'g' }] }
    const names = asked({ tools: [f], input: [brought, { role: 'user', content: 'Hi' }] }).tools
    expect(names).toMatchObject([{ name: 'f' }, { name: 'g' }])
  })

  test('that the client searches for by itself are a function, its finds are told and can be called', () => {
    const found = { type: 'function', name: 'spawn', strict: false, defer_loading: true }
    const { tools, turns } = asked({
      tools: [{ type: 'tool_search', execution: 'client', description: 'Finds.', parameters: { type: 'object' } }],
      input: [
        { role: 'user', content: 'Hi' },
        {
          type: 'tool_search_call',
          id: 'tsc_1',
          call_id: 'call_1',
          execution: 'client',
          status: 'completed',
          arguments: { query: 'agents', limit: 3 },
        },
        {
          type: 'tool_search_output',
          call_id: 'call_1',
          execution: 'client',
          tools: [{ type: 'namespace', name: 'agents', tools: [found] }],
        },
      ],
    })
    expect(tools).toMatchObject([
      { kind: 'typed', type: 'tool_search' },
      { name: 'spawn', namespace: 'agents' },
    ])
    expect(tools[1]).not.toHaveProperty('deferred')
    const tool = { flavor: 'typed', type: 'tool_search' }
    expect(turns.slice(1)).toMatchObject([
      {
        role: 'assistant',
        parts: [{ kind: 'tool_call', id: 'call_1', tool, arguments: '{"query":"agents","limit":3}' }],
      },
      {
        role: 'user',
        parts: [
          { kind: 'tool_result', id: 'call_1', tool, parts: [{ text: expect.stringContaining('agents__spawn') }] },
        ],
      },
    ])
  })

  test('that a tool search found are called in a namespace of their own name, and are the same functions', () => {
    const call = (name: string, namespace: string) =>
      ({ type: 'function_call', call_id: `call_${name}`, name, namespace, arguments: '{}' }) as const
    const found = { type: 'tool_search_output', tools: [{ type: 'function', name: 'f' }] }
    const { turns } = asked({ tools: [{ type: 'tool_search' }], input: [found, call('f', 'f'), call('g', 'g')] })
    const calls = turns.flatMap(({ parts }) => parts.filter(({ kind }) => kind === 'tool_call'))
    expect(calls).toMatchObject([{ name: 'f' }, { name: 'g', namespace: 'g' }])
    expect(calls[0]).not.toHaveProperty('namespace')
  })

  test.each<[unknown, ToolChoice | undefined]>([
    [null, undefined],
    ['none', { mode: 'none' }],
    ['required', { mode: 'required' }],
    [
      { type: 'function', name: 'f' },
      { mode: 'required', only: [{ name: 'f' }] },
    ],
    [
      { type: 'function', function: { name: 'f' } },
      { mode: 'required', only: [{ name: 'f' }] },
    ],
    [
      { type: 'custom', name: 'f', namespace: 'n' },
      { mode: 'required', only: [{ name: 'f', namespace: 'n' }] },
    ],
    [{ type: 'web_search_preview' }, { mode: 'required', only: [{ name: 'web_search' }] }],
    [{ type: 'apply_patch' }, { mode: 'required', only: [{ name: 'apply_patch' }] }],
    [
      { type: 'mcp', server_label: 's' },
      { mode: 'required', only: [{ name: 's' }] },
    ],
    [
      { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }, { type: 'shell' }] },
      { mode: 'auto', only: [{ name: 'f' }, { name: 'shell' }] },
    ],
  ])('are chosen by %j', (choice, expected) => {
    expect(asked({ tool_choice: choice }).toolChoice).toEqual(expected)
  })
})

test.each<[Body, Partial<ChatRequest>]>([
  [{ stream: true }, { stream: 'sse' }],
  [
    { max_output_tokens: 5, max_tool_calls: 2, parallel_tool_calls: false },
    { maxOutput: 5, maxToolCalls: 2, parallel: false },
  ],
  [{ max_tokens: 5 }, { maxOutput: 5 }],
  [
    { temperature: 0, top_p: 0.5, stop: 'X', seed: 1 },
    { sampling: { temperature: 0, topP: 0.5, stop: ['X'], seed: 1 } },
  ],
  [{ top_logprobs: 3 }, { sampling: { logprobs: true, topLogprobs: 3 } }],
  [
    { include: ['message.output_text.logprobs', 'reasoning.encrypted_content'] },
    { sampling: { logprobs: true }, native: {} },
  ],
  [
    { include: ['file_search_call.results'], brand_new: 1, truncation: 'auto' },
    { native: { include: ['file_search_call.results'], brand_new: 1, truncation: 'auto' } },
  ],
  [{ truncation: 'disabled', conversation: null, stream_options: {} }, { native: {} }],
  [
    { reasoning: { effort: 'low', summary: 'detailed' } },
    { thinking: { mode: 'on', effort: 'low', show: 'summary', summary: 'detailed' } },
  ],
  [
    { reasoning: { effort: 'none', context: 'all_turns' } },
    { thinking: { mode: 'off', effort: 'none', native: { context: 'all_turns' } } },
  ],
  [
    { reasoning: { effort: null, generate_summary: 'auto' } },
    { thinking: { mode: 'default', show: 'summary', summary: 'auto' } },
  ],
  [{ reasoning_effort: 'high' }, { thinking: { mode: 'on', effort: 'high' } }],
  [
    { text: { format: { type: 'json_object' }, verbosity: 'low' } },
    { output: { format: { kind: 'json' }, verbosity: 'low' } },
  ],
  [
    { text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true } } },
    { output: { format: { kind: 'schema', name: 'n', schema: { type: 'object' }, strict: true } } },
  ],
  [
    { response_format: { type: 'json_schema', json_schema: { name: 'n', schema: {} } } },
    { output: { format: { kind: 'schema', name: 'n', schema: {} } } },
  ],
  [{ safety_identifier: 's', user: 'u', metadata: { a: 'b' } }, { identity: { endUser: 's', metadata: { a: 'b' } } }],
  [
    { service_tier: 'default', prompt_cache_key: 'k' },
    { tier: 'standard', cache: { key: 'k' } },
  ],
  [
    { store: false, previous_response_id: 'resp_1', background: true },
    { state: { store: false, previousId: 'resp_1', background: true } },
  ],
])('%j', (body, expected) => {
  const request = JSON.parse(JSON.stringify(asked(body)))
  for (const [field, value] of Object.entries(expected)) expect(request).toHaveProperty(field, value)
})

describe('a wrong type is refused by name', () => {
  test.each<[Body, string]>([
    [{ model: undefined }, 'model'],
    [{ model: 5 }, 'model'],
    [{ input: 5 }, 'input'],
    [{ input: [null] }, 'input[0]'],
    [{ input: [{ role: 5, content: 'Hi' }] }, 'input[0].role'],
    [{ input: [{ role: 'wizard', content: 'Hi' }] }, 'input[0].role'],
    [{ input: [{ role: 'user', content: 5 }] }, 'input[0].content'],
    [{ input: [{ role: 'user', content: [[[{}]]] }] }, 'input[0].content[0]'],
    [{ input: [{ role: 'user', content: [{ type: 'input_text', text: {} }] }] }, 'input[0].content[0].text'],
    [{ input: [{ role: 'user', content: [{ type: 'input_image' }] }] }, 'input[0].content[0].image_url'],
    [{ input: [{ type: 'function_call', call_id: 'a', name: 'f', arguments: {} }] }, 'input[0].arguments'],
    [{ instructions: 5 }, 'instructions'],
    [{ max_output_tokens: '5' }, 'max_output_tokens'],
    [{ temperature: 'hot' }, 'temperature'],
    [{ stream: 'yes' }, 'stream'],
    [{ tools: {} }, 'tools'],
    [{ tools: [5] }, 'tools[0]'],
    [{ tools: [{ type: 'function' }] }, 'tools[0].name'],
    [{ tools: [{ type: 'function', name: 'f', parameters: 5 }] }, 'tools[0].parameters'],
    [{ tool_choice: 5 }, 'tool_choice'],
    [{ reasoning: 'hard' }, 'reasoning'],
    [{ text: { format: { type: 'json_schema' } } }, 'text.format.schema'],
    [{ metadata: [] }, 'metadata'],
  ])('%j', (body, param) => {
    expect(faultOf(readBody({ model: 'm', input: 'Hi', ...body }))).toMatchObject({ class: 'invalid', param })
  })

  test('and nothing is thrown', () => {
    const fields = [
      'input',
      'messages',
      'tools',
      'tool_choice',
      'reasoning',
      'text',
      'include',
      'metadata',
      'instructions',
    ]
    const types = [
      'message',
      'reasoning',
      'function_call',
      'shell_call_output',
      'web_search_call',
      'namespace',
      'custom',
      'allowed_tools',
    ]
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        fc.jsonValue(),
        fc.constantFrom(...types),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom('type', 'role', 'content', 'text', 'tools', 'name', 'output', 'action', 'image_url'),
          tie('value'),
        ),
      ),
    })).value
    const body = fc.dictionary(fc.constantFrom('model', ...fields), value)
    fc.assert(fc.property(body, (some) => typeof readBody(some).ok === 'boolean'))
  })
})
