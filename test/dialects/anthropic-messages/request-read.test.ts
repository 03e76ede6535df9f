import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { client, faultOf, minimal, readBody, resultOf } from './support.ts'

const read = (some: Record<string, unknown>) => resultOf(readBody({ ...minimal, ...some }))
const partsOf = (content: unknown, role = 'user') => read({ messages: [{ role, content }] }).turns[0]?.parts
const dialect = 'anthropic-messages'

describe('content', () => {
  const cases: [string, unknown, unknown][] = [
    ['a string', 'Hi', [{ kind: 'text', text: 'Hi' }]],
    [
      'text with a mark',
      [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '1h' } }],
      [{ kind: 'text', text: 'a', cache: { ttl: '1h' } }],
    ],
    [
      'a picture',
      [{ type: 'image', source: { type: 'base64', media_type: 'image/jpg', data: 'AA==' } }],
      [{ kind: 'media', media: 'image', mime: 'image/jpeg', source: { kind: 'base64', data: 'AA==' } }],
    ],
    [
      "a picture in OpenAI's words",
      [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'low' } }],
      [{ kind: 'media', media: 'image', mime: 'image/png', detail: 'low', source: { kind: 'base64', data: 'AA==' } }],
    ],
    [
      'a document of blocks, to be cited',
      [
        {
          type: 'document',
          title: 'T',
          context: 'C',
          citations: { enabled: true },
          source: { type: 'content', content: [{ type: 'text', text: 'a' }] },
        },
      ],
      [
        {
          kind: 'media',
          media: 'document',
          title: 'T',
          context: 'C',
          cite: true,
          source: { kind: 'parts', parts: [{ kind: 'text', text: 'a' }] },
        },
      ],
    ],
    [
      'a plain text document',
      [{ type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'words' } }],
      [{ kind: 'media', media: 'document', mime: 'text/plain', source: { kind: 'text', text: 'words' } }],
    ],
    [
      'a file',
      [{ type: 'image', source: { type: 'file', file_id: 'f' } }],
      [{ kind: 'media', media: 'image', source: { kind: 'file', id: 'f', dialect } }],
    ],
    [
      'a search result',
      [
        {
          type: 'search_result',
          source: 's',
          title: 't',
          content: [{ type: 'text', text: 'a' }],
          citations: { enabled: true },
        },
      ],
      [{ kind: 'search_result', source: 's', title: 't', parts: [{ kind: 'text', text: 'a' }], cite: true }],
    ],
    [
      'thoughts and their seals',
      [
        { type: 'thinking', thinking: 'Hm', signature: 's' },
        { type: 'thinking', thinking: '', signature: 'only' },
        { type: 'redacted_thinking', data: 'd' },
        { type: 'thinking', thinking: 'bare', signature: '' },
      ],
      [
        { kind: 'thinking', text: 'Hm', form: 'summary', seal: { dialect, kind: 'signature', data: 's' } },
        { kind: 'thinking', text: '', form: 'summary', seal: { dialect, kind: 'signature', data: 'only' } },
        { kind: 'thinking', text: '', form: 'redacted', seal: { dialect, kind: 'redacted', data: 'd' } },
        { kind: 'thinking', text: 'bare', form: 'summary' },
      ],
    ],
    [
      'a call',
      [{ type: 'tool_use', id: 't', name: 'f', input: { b: 1, a: [2] }, caller: { type: 'direct' } }],
      [{ kind: 'tool_call', id: 't', name: 'f', tool: { flavor: 'function' }, arguments: '{"b":1,"a":[2]}' }],
    ],
    [
      'a failed result with a picture and a tool that was found',
      [
        {
          type: 'tool_result',
          tool_use_id: 't',
          is_error: true,
          content: [
            { type: 'text', text: 'no' },
            { type: 'image', source: { type: 'url', url: 'https://x' } },
            { type: 'tool_reference', tool_name: 'g' },
          ],
        },
      ],
      [
        {
          kind: 'tool_result',
          id: 't',
          tool: { flavor: 'function' },
          isError: true,
          parts: [
            { kind: 'text', text: 'no' },
            { kind: 'media', media: 'image', source: { kind: 'url', url: 'https://x' } },
            { kind: 'tool_reference', name: 'g' },
          ],
        },
      ],
    ],
    [
      'an unknown block',
      [{ type: 'hologram', depth: 3 }],
      [{ kind: 'opaque', dialect, type: 'hologram', value: { type: 'hologram', depth: 3 } }],
    ],
    [
      'traces that we told for another vendor are gone',
      [
        { type: 'server_tool_use', id: 'srvtoolu_cw1', name: 'web_search', input: {} },
        { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_cw1', content: [] },
        { type: 'text', text: 'found' },
      ],
      [{ kind: 'text', text: 'found' }],
    ],
  ]
  it.each(cases)('%s', (_name, content, parts) => {
    expect(partsOf(content)).toEqual(parts)
  })

  it("results of a typed tool have its call's flavor", () => {
    const { turns } = read({
      tools: [{ type: 'bash_20250124', name: 'bash' }],
      messages: [
        { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'bash', input: { command: 'ls' } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'a' }] },
      ],
    })
    const tool = { flavor: 'typed', type: 'bash_20250124' }
    expect(turns.map(({ parts }) => parts[0])).toMatchObject([
      { kind: 'tool_call', tool },
      { kind: 'tool_result', tool },
    ])
  })
})

describe('roles', () => {
  it('a system message in the middle keeps its own fields', () => {
    const message = { role: 'system', content: 'Be brief.', output_config: { effort: 'low' }, clear_at: 'never' }
    expect(read({ messages: [...minimal.messages, message] }).turns[1]).toEqual({
      role: 'system',
      authority: 'system',
      parts: [{ kind: 'text', text: 'Be brief.' }],
      native: { output_config: { effort: 'low' }, clear_at: 'never' },
    })
  })

  it("OpenAI's developer, tool calls and tool messages are understood", () => {
    const { turns } = read({
      messages: [
        { role: 'developer', content: 'Be brief.' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c', content: 'done' },
      ],
    })
    expect(turns).toMatchObject([
      { role: 'system', authority: 'developer' },
      { role: 'assistant', parts: [{ kind: 'tool_call', id: 'c', name: 'f', arguments: '{}' }] },
      { role: 'user', parts: [{ kind: 'tool_result', id: 'c', parts: [{ text: 'done' }] }] },
    ])
  })

  it('the changing billing block is no instruction', () => {
    const billing = { type: 'text', text: 'x-anthropic-billing-header: cc_version=1;' }
    const { system, native } = read({
      system: [billing, { type: 'text', text: 'You are.', cache_control: { type: 'ephemeral' } }],
    })
    expect(system).toEqual([{ kind: 'text', text: 'You are.', cache: { ttl: '5m' } }])
    expect(native).toEqual({ 'x-anthropic-billing-header': [billing.text] })
  })

  it.each([
    ['a string', 'Be.'],
    ['one block', { type: 'text', text: 'Be.' }],
  ])('system may be %s', (_name, system) => {
    expect(read({ system }).system).toEqual([{ kind: 'text', text: 'Be.' }])
  })
})

describe('tools', () => {
  it('functions in every spelling', () => {
    const parameters = { type: 'object', properties: {} }
    const { tools, lost } = read({
      tools: [
        {
          name: 'a',
          description: 'A',
          input_schema: parameters,
          strict: true,
          eager_input_streaming: true,
          input_examples: [{}],
        },
        { type: 'custom', name: 'b', input_schema: parameters, cache_control: { type: 'ephemeral' } },
        { type: 'function', function: { name: 'c', parameters } },
        { type: 'function', name: 'd', parameters },
        'e',
        null,
      ],
    })
    expect(tools).toEqual([
      {
        kind: 'function',
        name: 'a',
        description: 'A',
        schema: parameters,
        strict: true,
        examples: [{}],
        native: { eager_input_streaming: true },
      },
      { kind: 'function', name: 'b', schema: parameters, strict: false, cache: { ttl: '5m' } },
      { kind: 'function', name: 'c', schema: parameters, strict: false },
      { kind: 'function', name: 'd', schema: parameters, strict: false },
    ])
    expect(lost).toEqual(['tools[4]', 'tools[5]'])
  })

  it('typed tools, tools that the vendor runs, and others', () => {
    const search = {
      type: 'web_search_20250305',
      name: 'web_search',
      max_uses: 8,
      allowed_domains: ['a.b'],
      user_location: { type: 'approximate', city: 'Oslo' },
    }
    const { tools } = read({
      tools: [
        { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool' },
        { type: 'computer_toolset_20260801' },
        search,
        { type: 'code_execution_20250825', name: 'code_execution' },
        { type: 'tool_search_tool_bm25_20251119', name: 'tool_search_tool_bm25' },
        { type: 'advisor_20260301', name: 'advisor' },
      ],
    })
    expect(tools).toMatchObject([
      { kind: 'typed', type: 'text_editor_20250728', name: 'str_replace_based_edit_tool' },
      { kind: 'typed', type: 'computer_toolset_20260801', name: 'computer' },
      {
        kind: 'server',
        tool: 'web_search',
        maxUses: 8,
        allowedDomains: ['a.b'],
        location: { city: 'Oslo' },
        value: search,
      },
      { kind: 'server', tool: 'code' },
      { kind: 'server', tool: 'tool_search' },
      { kind: 'opaque', type: 'advisor_20260301' },
    ])
  })

  const choices: [unknown, object][] = [
    [{ type: 'auto' }, { toolChoice: { mode: 'auto' } }],
    [
      { type: 'any', disable_parallel_tool_use: true },
      { toolChoice: { mode: 'required' }, parallel: false },
    ],
    [{ type: 'tool', name: 'f' }, { toolChoice: { mode: 'required', only: [{ name: 'f' }] } }],
    [{ type: 'none' }, { toolChoice: { mode: 'none' } }],
    ['required', { toolChoice: { mode: 'required' } }],
    [{ type: 'function', function: { name: 'f' } }, { toolChoice: { mode: 'required', only: [{ name: 'f' }] } }],
    [
      { type: 'auto', disable_parallel_tool_use: true },
      { toolChoice: { mode: 'auto' }, parallel: false },
    ],
  ]
  it.each(choices)('choice %j', (tool_choice, expected) => {
    expect(read({ tool_choice })).toMatchObject(expected)
  })

  it.each([[{}], [null]])('choice %j says nothing', (tool_choice) => {
    expect(read({ tool_choice })).not.toHaveProperty('toolChoice')
  })
})

describe('options', () => {
  const cases: [string, Record<string, unknown>, object][] = [
    ['streaming', { stream: true }, { stream: 'sse' }],
    [
      'sampling',
      { temperature: 0.5, top_p: 0.9, top_k: 5, stop_sequences: ['a'] },
      { sampling: { temperature: 0.5, topP: 0.9, topK: 5, stop: ['a'] } },
    ],
    [
      "OpenAI's sampling",
      { stop: 'END', seen: 7, n: 1, presence_penalty: 0, frequency_penalty: 1, logit_bias: null, user: 'u' },
      {
        sampling: { stop: ['END'], seed: 7, n: 1, presencePenalty: 0, frequencyPenalty: 1 },
        identity: { endUser: 'u' },
      },
    ],
    ['no output limit', { max_tokens: undefined, max_completion_tokens: 7 }, { maxOutput: 7 }],
    ['warming the cache', { max_tokens: 0 }, { maxOutput: 0 }],
    ['a budget', { thinking: { type: 'enabled', budget_tokens: 1024 } }, { thinking: { mode: 'on', budget: 1024 } }],
    ['a budget without a type', { thinking: { budget_tokens: 1024 } }, { thinking: { mode: 'on', budget: 1024 } }],
    ['no thinking', { thinking: { type: 'disabled' } }, { thinking: { mode: 'off' } }],
    ['thinking between tools', { thinking: { type: 'between_tools' } }, { thinking: { mode: 'between_tools' } }],
    [
      'adaptive thinking with effort',
      { thinking: { type: 'adaptive', display: 'omitted' }, output_config: { effort: 'xhigh' } },
      { thinking: { mode: 'on', effort: 'xhigh', show: 'none' } },
    ],
    [
      'a display of its own',
      { thinking: { type: 'adaptive', display: 'updates' } },
      { thinking: { mode: 'on', native: { display: 'updates' } } },
    ],
    [
      'a schema',
      { output_config: { format: { type: 'json_schema', schema: { a: 1 } } } },
      { output: { format: { kind: 'schema', schema: { a: 1 } } } },
    ],
    [
      'a schema by its old name',
      { output_format: { type: 'json_schema', schema: { a: 1 } } },
      { output: { format: { kind: 'schema', schema: { a: 1 } } } },
    ],
    [
      "OpenAI's schema",
      { response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { a: 1 }, strict: true } } },
      { output: { format: { kind: 'schema', name: 'n', schema: { a: 1 }, strict: true } } },
    ],
    ['any JSON', { response_format: { type: 'json_object' } }, { output: { format: { kind: 'json' } } }],
    ['speed', { speed: 'fast' }, { tier: 'fast' }],
    ['tier', { service_tier: 'standard_only' }, { tier: 'standard' }],
    ['end user', { metadata: { user_id: 'u' } }, { identity: { endUser: 'u' } }],
    ['automatic caching', { cache_control: { type: 'ephemeral' } }, { cache: { auto: { ttl: '5m' } } }],
    [
      'what only this format knows',
      {
        temperaure: 0.6,
        context_management: { edits: [] },
        safeguards: [],
        output_config: { task_budget: { total: 1 } },
      },
      {
        native: {
          temperaure: 0.6,
          context_management: { edits: [] },
          safeguards: [],
          output_config: { task_budget: { total: 1 } },
        },
      },
    ],
  ]
  it.each(cases)('%s', (_name, body, expected) => {
    expect(read(body)).toMatchObject(expected)
  })
})

describe('wrong types', () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ model: 7 }, 'model'],
    [{ model: undefined }, 'model'],
    [{ messages: 'Hi' }, 'messages'],
    [{ messages: undefined }, 'messages'],
    [{ messages: [7] }, 'messages[0]'],
    [{ messages: [{ role: 7, content: 'Hi' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'robot', content: 'Hi' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: 7 }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: [[[{}]]] }] }, 'messages[0].content[0]'],
    [{ messages: [{ role: 'user', content: [{ type: 'image' }] }] }, 'messages[0].content[0].source'],
    [{ messages: [{ role: 'user', content: [{ type: 'text', text: 1 }] }] }, 'messages[0].content[0].text'],
    [{ system: [[[{}]]] }, 'system[0]'],
    [{ max_tokens: '100' }, 'max_tokens'],
    [{ max_tokens: -1 }, 'max_tokens'],
    [{ stream: 'yes' }, 'stream'],
    [{ temperature: 'hot' }, 'temperature'],
    [{ tools: 7 }, 'tools'],
    [{ tools: [{ input_schema: {} }] }, 'tools[0].name'],
    [{ tool_choice: 7 }, 'tool_choice'],
    [{ tool_choice: { type: 'perhaps' } }, 'tool_choice.type'],
    [{ stop_sequences: [1] }, 'stop_sequences[0]'],
    [{ thinking: 'hard' }, 'thinking'],
    [{ thinking: { type: 'deep' } }, 'thinking.type'],
    [{ metadata: 'me' }, 'metadata'],
    [{ output_config: { effort: 'huge' } }, 'output_config.effort'],
  ]
  it.each(cases)('%j names %s', (body, param) => {
    expect(faultOf(readBody({ ...minimal, ...body }))).toMatchObject({ class: 'invalid', param })
  })

  it('a thread is refused in the words that make the SDK go without', () => {
    const fault = faultOf(readBody({ ...minimal, thread: { type: 'create' } }))
    expect(client.writeFault(fault, 'r')).toMatchObject({
      status: 400,
      body: { error: { details: { error_code: 'thread_unsupported_request', unsupported: ['gateway'] } } },
    })
  })

  it('never throws, whatever stands in the fields', () => {
    const fields = [
      'model',
      'messages',
      'system',
      'tools',
      'tool_choice',
      'thinking',
      'output_config',
      'metadata',
      'stop',
    ]
    const block = fc.record({
      type: fc.constantFrom('text', 'image', 'tool_use', 'tool_result', 'web_search_tool_result'),
      content: fc.jsonValue(),
      source: fc.jsonValue(),
      text: fc.jsonValue(),
      input: fc.jsonValue(),
    })
    const messages = fc.array(
      fc.record({
        role: fc.constantFrom('user', 'assistant', 'tool'),
        content: fc.oneof(fc.jsonValue(), fc.array(block)),
      }),
    )
    const anything = fc.dictionary(
      fc.constantFrom(...fields),
      fc.oneof(
        fc.jsonValue(),
        messages,
        fc.array(fc.dictionary(fc.constantFrom('type', 'name', 'function', 'input_schema'), fc.jsonValue())),
      ),
    )
    fc.assert(
      fc.property(anything, (body) => {
        const result = readBody(body)
        expect(result.ok || result.fault.class === 'invalid').toBe(true)
      }),
    )
  })
})
