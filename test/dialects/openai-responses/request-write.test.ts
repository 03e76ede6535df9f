import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { envelopeMark } from '../../../src/model/envelope.ts'
import type { Part, Seal, ToolFlavor } from '../../../src/model/part.ts'
import type { ChatRequest, FunctionTool, Tool } from '../../../src/model/request.ts'
import {
  asked,
  askedBy,
  type Body,
  faultOf,
  inputOf,
  lostBy,
  readBody,
  targetWith,
  upstream,
  withTurns,
  write,
} from './support.ts'

const text = (words: string): Part => ({ kind: 'text', text: words })
const call = (id: string, some: Partial<Extract<Part, { kind: 'tool_call' }>> = {}): Part => ({
  kind: 'tool_call',
  id,
  name: 'f',
  tool: { flavor: 'function' },
  arguments: '{}',
  ...some,
})
const result = (id: string, parts: Part[], some: Partial<Extract<Part, { kind: 'tool_result' }>> = {}): Part => ({
  kind: 'tool_result',
  id,
  tool: { flavor: 'function' },
  parts,
  ...some,
})
const userSays = (content: unknown) => ({ type: 'message', role: 'user', content })
const assistantSays = (content: unknown) => ({ type: 'message', role: 'assistant', content })
const bodyOf = (some: Partial<ChatRequest>, target = targetWith()): Body =>
  write(askedBy('anthropic-messages', some), target).body
const thinker = { thinks: true, efforts: ['low', 'medium', 'high'] } as const

test('nothing is kept at the vendor, and thoughts come back encrypted', () => {
  expect(bodyOf({}, targetWith(thinker))).toEqual({
    model: 'upstream-model',
    input: [userSays('Hi')],
    reasoning: { summary: 'auto' },
    include: ['reasoning.encrypted_content'],
    store: false,
  })
})

test('the same request gives the same bytes', () => {
  const request = asked({ tools: [{ type: 'function', name: 'f' }], instructions: 'A' })
  expect(JSON.stringify(write(request))).toBe(JSON.stringify(write(request)))
})

describe('the history', () => {
  const seal = (data: string, dialect: Seal['dialect'] = 'openai-responses'): Seal => ({
    dialect,
    kind: 'encrypted',
    data,
  })

  test('is items without ids, each thought before what it led to', () => {
    const request = withTurns(
      { role: 'user', parts: [text('Hi')] },
      {
        role: 'assistant',
        phase: 'commentary',
        parts: [
          { kind: 'thinking', form: 'summary', text: 'Hm.', seal: { ...seal('s'), itemId: 'rs_1' } },
          text('A'),
          text('B'),
          call('a'),
        ],
      },
      { role: 'user', parts: [result('a', [text('x')]), text('C')] },
    )
    expect(inputOf(request)).toEqual([
      userSays('Hi'),
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }], encrypted_content: 's' },
      {
        ...assistantSays([
          { type: 'output_text', text: 'A' },
          { type: 'output_text', text: 'B' },
        ]),
        phase: 'commentary',
      },
      { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'a', output: 'x' },
      userSays('C'),
    ])
  })

  test.each<[string, Part]>([
    ['another maker’s thought', { kind: 'thinking', form: 'summary', text: 'Hm.', seal: seal('s', 'gemini') }],
    ['a thought without state', { kind: 'thinking', form: 'raw', text: 'Hm.' }],
    ['an envelope of ours', { kind: 'thinking', form: 'redacted', text: '', seal: seal(`${envelopeMark}x`) }],
    ['an empty text', text('')],
  ])('leaves out %s', (_, part) => {
    const request = withTurns({ role: 'assistant', parts: [part, text('A')] }, { role: 'user', parts: [text('Hi')] })
    expect(inputOf(request)).toEqual([assistantSays('A'), userSays('Hi')])
  })

  test('leaves out a thought that nothing followed', () => {
    const thought: Part = { kind: 'thinking', form: 'redacted', text: '', seal: seal('s') }
    expect(inputOf(withTurns({ role: 'assistant', parts: [thought] }, { role: 'user', parts: [text('Hi')] }))).toEqual([
      userSays('Hi'),
    ])
  })

  test('says a chain of thought again where the server wants it', () => {
    const request = withTurns(
      { role: 'assistant', parts: [{ kind: 'thinking', form: 'raw', text: 'Hm.' }, text('A')] },
      { role: 'user', parts: [text('Hi')] },
    )
    const target = targetWith({}, { replaysReasoningText: true })
    expect(inputOf(request, target)).toMatchObject([
      { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'Hm.' }] },
      assistantSays('A'),
      {},
    ])
  })

  test.each<[string, ToolFlavor, string, object, object]>([
    [
      'custom',
      { flavor: 'custom' },
      'x\ny',
      { type: 'custom_tool_call', call_id: 'a', name: 'f', input: 'x\ny' },
      { type: 'custom_tool_call_output', call_id: 'a', output: 'out' },
    ],
    [
      'shell',
      { flavor: 'typed', type: 'shell' },
      '{"commands":["ls"]}',
      { type: 'shell_call', call_id: 'a', action: { commands: ['ls'] } },
      {
        type: 'shell_call_output',
        call_id: 'a',
        output: [{ stdout: 'out', stderr: '', outcome: { type: 'exit', exit_code: 0 } }],
      },
    ],
    [
      'local_shell',
      { flavor: 'typed', type: 'local_shell' },
      '{"command":["ls"]}',
      { type: 'local_shell_call', call_id: 'a', action: { type: 'exec', command: ['ls'] } },
      { type: 'local_shell_call_output', id: 'a', output: 'out' },
    ],
    [
      'apply_patch',
      { flavor: 'typed', type: 'apply_patch' },
      '{"type":"delete_file","path":"x"}',
      { type: 'apply_patch_call', call_id: 'a', operation: { type: 'delete_file', path: 'x' } },
      { type: 'apply_patch_call_output', call_id: 'a', status: 'completed', output: 'out' },
    ],
    [
      'another format’s typed tool',
      { flavor: 'typed', type: 'bash_20250124' },
      '{"command":"ls"}',
      { type: 'function_call', call_id: 'a', name: 'f', arguments: '{"command":"ls"}' },
      { type: 'function_call_output', call_id: 'a', output: 'out' },
    ],
  ])('has calls and outputs of %s tools in their own items', (_, tool, args, called, output) => {
    const turns = [
      { role: 'assistant', parts: [call('a', { tool, arguments: args })] },
      { role: 'user', parts: [result('a', [text('out')], { tool })] },
    ] as const
    expect(inputOf(withTurns(...turns))).toMatchObject([called, output])
  })

  test('keeps what a shell’s reader kept', () => {
    const outputs = [{ stdout: 'x', stderr: '', outcome: { type: 'exit', exit_code: 2 } }]
    const input = [
      { type: 'shell_call', call_id: 'a', action: { commands: ['ls'] } },
      { type: 'shell_call_output', call_id: 'a', output: outputs },
    ]
    expect(inputOf(asked({ input }))).toMatchObject([{}, { type: 'shell_call_output', output: outputs }])
  })

  test('says errors in words, and pictures in lists', () => {
    const picture: Part = { kind: 'media', media: 'image', source: { kind: 'base64', data: 'AAAA' }, mime: 'image/png' }
    const turns = (parts: Part[], isError = false) =>
      withTurns({ role: 'assistant', parts: [call('a')] }, { role: 'user', parts: [result('a', parts, { isError })] })
    const output = (parts: Part[], isError = false) => inputOf(turns(parts, isError))
    const image = { type: 'input_image', detail: 'auto', image_url: 'data:image/png;base64,AAAA' }
    expect(output([text('x')], true)).toMatchObject([{}, { output: 'Error: x' }])
    expect(output([text('Error: x')], true)).toMatchObject([{}, { output: 'Error: x' }])
    expect(output([], true)).toMatchObject([{}, { output: 'Error: the tool failed.' }])
    expect(output([text('x'), picture])).toMatchObject([{}, { output: [{ type: 'input_text', text: 'x' }, image] }])
    const plain = write(turns([text('x'), picture]), targetWith({}, { listOutputs: false }))
    expect(plain.body.input).toMatchObject([{}, { output: 'x' }, userSays([image])])
    expect(lostBy(plain)).toEqual(['changed tool_result'])
  })

  test('puts pictures of several outputs behind them all', () => {
    const picture: Part = { kind: 'media', media: 'image', source: { kind: 'url', url: 'https://a.example' } }
    const request = withTurns(
      { role: 'assistant', parts: [call('a'), call('b')] },
      { role: 'user', parts: [result('a', [picture]), result('b', [text('x')]), text('Hi')] },
    )
    const items = inputOf(request, targetWith({}, { listOutputs: false }))
    expect(items).toMatchObject([
      {},
      {},
      { call_id: 'a' },
      { call_id: 'b' },
      userSays([{ type: 'input_image' }, { type: 'input_text', text: 'Hi' }]),
    ])
  })

  test('asks to go on after an assistant’s turn at the end', () => {
    const written = write(withTurns({ role: 'user', parts: [text('Hi')] }, { role: 'assistant', parts: [text('A')] }))
    expect(written.body.input).toMatchObject([{}, assistantSays('A'), userSays('Continue.')])
    expect(lostBy(written)).toEqual(['changed messages[1]'])
  })

  test('tells another vendor’s traces in words', () => {
    const request = withTurns(
      {
        role: 'assistant',
        parts: [
          { kind: 'server_call', id: 's', tool: 'web_search', name: 'web_search', arguments: '{"query":"q"}' },
          {
            kind: 'server_result',
            id: 's',
            tool: 'web_search',
            name: 'web_search',
            hits: [{ url: 'https://a.example', title: 'A' }],
          },
          text('Found.'),
        ],
      },
      { role: 'user', parts: [text('Hi')] },
    )
    expect(inputOf(request)).toEqual([
      assistantSays('[web_search: {"query":"q"}]'),
      assistantSays('[web_search found:]\n- A: https://a.example'),
      assistantSays('Found.'),
      userSays('Hi'),
    ])
  })

  test('gives this format’s own items back as they were', () => {
    const own = [
      {
        type: 'web_search_call',
        id: 'ws_1',
        status: 'completed',
        action: { type: 'search', query: 'q', sources: [{ type: 'url', url: 'https://a.example' }] },
      },
      {
        type: 'code_interpreter_call',
        id: 'ci_1',
        code: '1',
        container_id: 'c',
        outputs: [{ type: 'logs', logs: '1' }],
      },
      { type: 'image_generation_call', id: 'ig_1', result: 'AAAA' },
      { type: 'computer_call', id: 'cu_1', call_id: 'x' },
      { type: 'computer_call_output', call_id: 'x', output: {} },
      { type: 'compaction', encrypted_content: 'c' },
      userSays('Hi'),
    ]
    expect(inputOf(asked({ input: own }))).toEqual(own)
  })
})

describe('instructions', () => {
  test('are one text, without the line that spoils caches', () => {
    const system = [text('x-anthropic-billing-header: cc=1;'), text('A'), text('B')]
    const written = write(askedBy('anthropic-messages', { system }))
    expect(written.body).toMatchObject({ instructions: 'A\n\nB', input: [userSays('Hi')] })
    expect(lostBy(written)).toEqual(['dropped x-anthropic-billing-header'])
  })

  test('with a cache breakpoint become a message, for models that take one', () => {
    const system: Part[] = [{ kind: 'text', text: 'A', cache: { ttl: '1h' } }]
    const marked = { type: 'input_text', text: 'A', prompt_cache_breakpoint: { mode: 'explicit', ttl: '30m' } }
    const body = bodyOf({ system }, targetWith({ cacheBreakpoints: true }))
    expect(body).toMatchObject({
      input: [{ role: 'developer', content: [marked] }, userSays('Hi')],
      prompt_cache_options: { mode: 'explicit' },
    })
    expect(body).not.toHaveProperty('instructions')
    expect(bodyOf({ system })).toMatchObject({ instructions: 'A', input: [userSays('Hi')] })
  })

  test('in the middle stay there', () => {
    const turns = [
      { role: 'user', parts: [text('Hi')] },
      { role: 'system', parts: [text('A')] },
    ] as const
    expect(inputOf(withTurns(...turns))).toEqual([userSays('Hi'), { type: 'message', role: 'developer', content: 'A' }])
  })

  test('of breakpoints the last four are kept', () => {
    const parts: Part[] = [1, 2, 3, 4, 5, 6].map((at) => ({ kind: 'text', text: String(at), cache: { ttl: '5m' } }))
    const input = inputOf(withTurns({ role: 'user', parts }), targetWith({ cacheBreakpoints: true }))
    expect(JSON.stringify(input).match(/prompt_cache_breakpoint/g)).toHaveLength(4)
    expect(input).toMatchObject([
      userSays([{ text: '1' }, { text: '2' }, { text: '3', prompt_cache_breakpoint: {} }, {}, {}, {}]),
    ])
    expect(JSON.stringify(input)).toMatch(/^[^b]*"text":"1"\},\{"type":"input_text","text":"2"\}/)
  })
})

describe('content', () => {
  const media = (some: Partial<Extract<Part, { kind: 'media' }>>): Part => ({
    kind: 'media',
    media: 'document',
    source: { kind: 'url', url: 'https://a.example' },
    ...some,
  })
  const pdf = { kind: 'base64', data: 'JVBERi0=' } as const
  test.each<[string, Part, object[]]>([
    [
      'a picture by address',
      media({ media: 'image', detail: 'high' }),
      [{ type: 'input_image', detail: 'high', image_url: 'https://a.example' }],
    ],
    ['a document by address', media({}), [{ type: 'input_file', file_url: 'https://a.example' }]],
    [
      'a document',
      media({ source: pdf, mime: 'application/pdf' }),
      [{ type: 'input_file', filename: 'document.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' }],
    ],
    [
      'a document with a title and context',
      media({ source: pdf, mime: 'application/pdf', name: 'a.pdf', title: 'T', context: 'C' }),
      [
        { type: 'input_text', text: 'T\nC' },
        { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' },
      ],
    ],
    ['a text', media({ source: { kind: 'text', text: 'x' }, title: 'T' }), [{ type: 'input_text', text: 'T\n\nx' }]],
    [
      'an own file',
      media({ source: { kind: 'file', id: 'file_1', dialect: 'openai-chat' } }),
      [{ type: 'input_file', file_id: 'file_1' }],
    ],
    [
      'a search result',
      { kind: 'search_result', source: 'https://a.example', title: 'T', parts: [text('x')] },
      [{ type: 'input_text', text: 'T\nhttps://a.example\n\nx' }],
    ],
  ])('%s', (_, part, content) => {
    expect(inputOf(withTurns({ role: 'user', parts: [text('See:'), part] }))).toEqual([
      userSays([{ type: 'input_text', text: 'See:' }, ...content]),
    ])
  })

  test.each<[string, Part]>([
    ['sound', media({ media: 'audio', source: { kind: 'base64', data: 'AAAA' } })],
    ['film', media({ media: 'video', source: { kind: 'base64', data: 'AAAA' } })],
    ['another vendor’s file', media({ source: { kind: 'file', id: 'x', dialect: 'gemini' } })],
    [
      'a picture of a kind that is not opened',
      media({ media: 'image', source: { kind: 'base64', data: 'AAAA' }, mime: 'image/tiff' }),
    ],
  ])('%s is refused', (_, part) => {
    expect(faultOf(upstream.writeRequest(withTurns({ role: 'user', parts: [part] }), targetWith()))).toMatchObject({
      class: 'unsupported',
    })
  })

  test('is fetched by the server where it can', () => {
    const picture = media({ media: 'image' })
    if (picture.kind !== 'media') throw new Error('no picture')
    expect(upstream.mustInline(picture, targetWith())).toBe(false)
    expect(upstream.mustInline(picture, targetWith({}, { fetchesUrls: false }))).toBe(true)
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
  const plain: FunctionTool = { kind: 'function', name: 'f', schema: looseSchema }
  const toolsOf = (tools: Tool[], target = targetWith()): unknown => bodyOf({ tools }, target).tools

  test.each<[string, Tool, object]>([
    [
      'a function says that it is not strict',
      plain,
      { type: 'function', name: 'f', parameters: looseSchema, strict: false },
    ],
    [
      'a strict function',
      { ...plain, schema: strictSchema, strict: true },
      { type: 'function', name: 'f', parameters: strictSchema, strict: true },
    ],
    [
      'a strict function whose schema is not',
      { ...plain, strict: true },
      { type: 'function', name: 'f', parameters: looseSchema, strict: false },
    ],
    [
      'a function without a schema',
      { kind: 'function', name: 'f' },
      { type: 'function', name: 'f', parameters: { type: 'object', properties: {} }, strict: false },
    ],
    ['a name that is not legal', { ...plain, name: 'a.b' }, { name: expect.stringMatching(/^a_b_[0-9a-f]{8}$/) }],
    [
      'free text',
      { kind: 'custom', name: 'f', grammar: { syntax: 'lark', definition: 'x' } },
      { type: 'custom', name: 'f', format: { type: 'grammar', syntax: 'lark', definition: 'x' } },
    ],
    [
      'a namespace',
      { ...plain, namespace: 'n' },
      { type: 'namespace', name: 'n', tools: [{ type: 'function', name: 'f' }] },
    ],
    [
      'another format’s typed tool',
      { kind: 'typed', dialect: 'anthropic-messages', type: 'bash_20250124', name: 'bash', value: {} },
      { type: 'function', name: 'bash', strict: false },
    ],
    [
      'another format’s search',
      {
        kind: 'server',
        tool: 'web_search',
        dialect: 'anthropic-messages',
        type: 'web_search_20250305',
        name: 'web_search',
        allowedDomains: ['a.example'],
        location: { city: 'Oslo' },
        value: {},
      },
      {
        type: 'web_search',
        filters: { allowed_domains: ['a.example'] },
        user_location: { type: 'approximate', city: 'Oslo' },
      },
    ],
    [
      'another format’s code',
      { kind: 'server', tool: 'code', dialect: 'gemini', type: 'codeExecution', name: 'code', value: {} },
      { type: 'code_interpreter', container: { type: 'auto' } },
    ],
  ])('%s', (_, tool, expected) => {
    expect(toolsOf([tool])).toMatchObject([expected])
  })

  test('of this format alone go as they came', () => {
    const tools = [
      { type: 'file_search', vector_store_ids: ['v'] },
      { type: 'shell' },
      { type: 'web_search', external_web_access: false },
    ]
    expect(write(asked({ tools })).body.tools).toEqual(tools)
  })

  test('become functions where a server knows nothing else', () => {
    const poor = targetWith(
      {},
      { customTools: false, namespaces: false, typedTools: [], opaqueItems: false, serverTools: [] },
    )
    const tools = [
      { type: 'custom', name: 'c' },
      { type: 'namespace', name: 'n', tools: [{ type: 'function', name: 'f' }] },
      { type: 'shell' },
    ]
    const written = write(asked({ tools }), poor)
    expect(written.body.tools).toMatchObject([
      { name: 'c', parameters: { required: ['input'] } },
      { name: 'n__f' },
      { name: 'shell' },
    ])
    expect(written.tools.get('c')).toMatchObject({ name: 'c', wrapped: true })
    expect(written.tools.get('n__f')).toMatchObject({ name: 'f', namespace: 'n' })
    expect(written.tools.get('shell')).toMatchObject({ tool: { flavor: 'typed', type: 'shell' } })
    expect(lostBy(written)).toEqual([])
    expect(upstream.writeRequest(asked({ tools: [{ type: 'file_search' }] }), poor).ok).toBe(false)
  })

  test('are chosen', () => {
    const tools: Tool[] = [plain, { ...plain, name: 'g' }, { kind: 'custom', name: 'c' }]
    const choice = (toolChoice: ChatRequest['toolChoice'], target = targetWith()) =>
      bodyOf({ tools, ...(toolChoice && { toolChoice }) }, target).tool_choice
    expect(choice(undefined)).toBeUndefined()
    expect(choice({ mode: 'none' })).toBe('none')
    expect(choice({ mode: 'required' })).toBe('required')
    expect(choice({ mode: 'required', only: [{ name: 'f' }] })).toEqual({ type: 'function', name: 'f' })
    expect(choice({ mode: 'required', only: [{ name: 'c' }] })).toEqual({ type: 'custom', name: 'c' })
    const some = { mode: 'auto', only: [{ name: 'f' }, { name: 'c' }] } as const
    expect(choice(some)).toEqual({
      type: 'allowed_tools',
      mode: 'auto',
      tools: [
        { type: 'function', name: 'f' },
        { type: 'custom', name: 'c' },
      ],
    })
    expect(choice(some, targetWith({}, { allowedTools: false }))).toBe('auto')
    expect(choice({ mode: 'required' }, targetWith({ forcedTools: false }))).toBe('auto')
  })

  test('none at all leaves no trace', () => {
    expect(Object.keys(bodyOf({ toolChoice: { mode: 'auto' }, parallel: false }))).not.toContain('tool_choice')
  })
})

test.each<[string, Partial<ChatRequest>, ReturnType<typeof targetWith>, Body, string[]]>([
  ['few tokens', { maxOutput: 5 }, targetWith(), { max_output_tokens: 16 }, ['changed max_tokens']],
  [
    'too many tokens',
    { maxOutput: 500 },
    targetWith({ maxOutput: 100 }),
    { max_output_tokens: 100 },
    ['changed max_tokens'],
  ],
  ['sampling', { sampling: { temperature: 0.5, topP: 0.5 } }, targetWith(), { temperature: 0.5, top_p: 0.5 }, []],
  [
    'sampling of a model without it',
    { sampling: { temperature: 0.5, topP: 1 } },
    targetWith({ sampling: 'no' }),
    {},
    ['dropped temperature'],
  ],
  [
    'foreign sampling',
    { sampling: { topK: 5, seed: 1, presencePenalty: 0, frequencyPenalty: 1, logitBias: {} } },
    targetWith(),
    {},
    ['dropped top_k', 'dropped seed', 'dropped frequency_penalty'],
  ],
  [
    'probabilities',
    { sampling: { logprobs: true, topLogprobs: 2 } },
    targetWith({ efforts: [] }),
    { top_logprobs: 2, include: ['message.output_text.logprobs'] },
    [],
  ],
  [
    'a budget',
    { thinking: { mode: 'on', budget: 16000 } },
    targetWith(thinker),
    { reasoning: { effort: 'high', summary: 'auto' } },
    [],
  ],
  [
    'an effort that the model lacks',
    { thinking: { mode: 'on', effort: 'max' } },
    targetWith(thinker),
    { reasoning: { effort: 'high', summary: 'auto' } },
    ['changed reasoning_effort'],
  ],
  [
    'no thinking',
    { thinking: { mode: 'off' } },
    targetWith({ thinks: true, efforts: ['none', 'low'] }),
    { reasoning: { effort: 'none' } },
    [],
  ],
  [
    'no thinking of a model that always does',
    { thinking: { mode: 'off' } },
    targetWith(thinker),
    { reasoning: { effort: 'low', summary: 'auto' } },
    ['changed reasoning_effort'],
  ],
  [
    'hidden thoughts',
    { thinking: { mode: 'on', effort: 'low', show: 'none' } },
    targetWith(thinker),
    { reasoning: { effort: 'low' } },
    [],
  ],
  ['an unknown model', {}, targetWith(), { reasoning: undefined }, []],
  [
    'who asks',
    { identity: { endUser: 'u'.repeat(200), metadata: { a: 'b' } } },
    targetWith(),
    { safety_identifier: expect.stringMatching(/^[0-9a-f]{64}$/), metadata: { a: 'b' } },
    [],
  ],
  [
    'tier and cache key',
    { tier: 'standard', cache: { key: 'k' } },
    targetWith(),
    { service_tier: 'default', prompt_cache_key: 'k' },
    [],
  ],
  ['a tier of another vendor', { tier: 'batch' }, targetWith(), { service_tier: undefined }, ['dropped service_tier']],
  [
    'fields of another format',
    { native: { brand_new: 1 } },
    targetWith(),
    { brand_new: undefined },
    ['dropped brand_new'],
  ],
  [
    'pictures wanted',
    { output: { format: { kind: 'text' }, modalities: ['text', 'image'] } },
    targetWith(),
    { tools: [{ type: 'image_generation' }] },
    [],
  ],
  [
    'verbosity',
    { output: { format: { kind: 'text' }, verbosity: 'low' } },
    targetWith(),
    { text: { verbosity: 'low' } },
    [],
  ],
  [
    'fixed fields of a server',
    {},
    targetWith({}, { drop: ['store'], extra: { a: 1 } }),
    { store: undefined, a: 1 },
    [],
  ],
])('%s', (_, some, target, expected, lost) => {
  const written = write(askedBy('anthropic-messages', some), target)
  for (const [field, value] of Object.entries(expected)) expect(written.body[field]).toEqual(value)
  expect(lostBy(written)).toEqual(lost)
})

describe('the output’s format', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }
  const textOf = (format: ChatRequest['output']['format'], target = targetWith()): Body =>
    bodyOf({ output: { format } }, target)

  test('a schema has a legal name and says how strict it is', () => {
    expect(textOf({ kind: 'schema', schema })).toMatchObject({
      text: { format: { type: 'json_schema', name: 'response', schema, strict: true } },
    })
    expect(textOf({ kind: 'schema', schema, name: 'a b', strict: false })).toMatchObject({
      text: { format: { name: 'a_b', strict: false } },
    })
    expect(textOf({ kind: 'schema', schema: { type: 'object', properties: { a: {} } } })).toMatchObject({
      text: { format: { strict: false } },
    })
  })

  test('JSON is asked for in words, once', () => {
    const asks = { type: 'message', role: 'developer', content: 'Reply with one JSON object only.' }
    expect(textOf({ kind: 'json' })).toMatchObject({
      text: { format: { type: 'json_object' } },
      input: [asks, userSays('Hi')],
    })
    expect(write(asked({ input: 'As JSON.', text: { format: { type: 'json_object' } } })).body.input).toEqual([
      userSays('As JSON.'),
    ])
  })

  test('one of some words is the only field of an object', () => {
    const written = write(askedBy('gemini', { output: { format: { kind: 'enum', values: ['a', 'b'] } } }))
    expect(written.body).toMatchObject({
      text: { format: { strict: true, schema: { properties: { value: { enum: ['a', 'b'] } } } } },
    })
    expect(written.emulate).toEqual({ textFromValue: true })
  })
})

test('stop strings are looked for in the answer', () => {
  expect(write(askedBy('openai-chat', { sampling: { stop: ['X', 'Y'] } })).emulate).toEqual({ stop: ['X', 'Y'] })
})

test.each<[string, Partial<ChatRequest>, string]>([
  ['several answers', { sampling: { n: 2 } }, 'n'],
  ['spoken answers', { output: { format: { kind: 'text' }, modalities: ['audio'] } }, 'modalities'],
  ['background', { state: { background: true } }, 'background'],
  [
    'a computer',
    { tools: [{ kind: 'opaque', dialect: 'anthropic-messages', type: 'computer_20250124', value: {} }] },
    'tools',
  ],
])('%s: refused', (_, some, param) => {
  expect(faultOf(upstream.writeRequest(askedBy('openai-chat', some), targetWith()))).toMatchObject({
    class: 'unsupported',
    param,
  })
})

test('whatever can be read can be written or is refused', () => {
  const types = [
    'message',
    'reasoning',
    'function_call',
    'function_call_output',
    'shell_call',
    'shell_call_output',
    'web_search_call',
    'image_generation_call',
    'compaction',
    'brand_new',
    'input_text',
    'input_file',
  ]
  const names = [
    'type',
    'role',
    'content',
    'text',
    'name',
    'call_id',
    'arguments',
    'input',
    'output',
    'action',
    'result',
    'summary',
    'encrypted_content',
    'file_id',
  ]
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      fc.constantFrom(...types, 'user', 'assistant', 'developer', 7, null),
      fc.array(tie('value'), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom(...names), tie('value')),
    ),
  }))
  const item = fc.record(
    {
      type: fc.constantFrom(...types),
      role: fc.constantFrom('user', 'assistant', 'system'),
      content: value,
      output: value,
      action: value,
      summary: value,
      result: value,
      call_id: fc.constantFrom('a', 'b'),
      name: fc.constantFrom('f', 'g'),
    },
    { requiredKeys: ['type'] },
  )
  const isDecided = (input: unknown[]): boolean => {
    const read = readBody({ model: 'm', input, tools: [{ type: 'function', name: 'f' }] })
    return !read.ok || typeof upstream.writeRequest(read.value, targetWith({ cacheBreakpoints: true })).ok === 'boolean'
  }
  fc.assert(fc.property(fc.array(item, { maxLength: 6 }), isDecided), { numRuns: 500 })
})
