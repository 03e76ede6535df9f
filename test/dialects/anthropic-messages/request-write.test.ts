import { describe, expect, it } from 'vitest'
import { envelopeMark } from '../../../src/model/envelope.ts'
import type { Part } from '../../../src/model/part.ts'
import type { ChatRequest, FunctionTool } from '../../../src/model/request.ts'
import { askedBy, faultOf, lostBy, minimal, readBody, resultOf, targetWith, upstream, write } from './support.ts'

const chat = (some: Partial<ChatRequest> = {}) => askedBy('openai-chat', some)
const own = (body: Record<string, unknown>) => resultOf(readBody({ ...minimal, ...body }))
const bodyOf = (request: ChatRequest, target = targetWith()) => write(request, target).body
const said = (role: 'user' | 'assistant', ...parts: Part[]) => ({ role, parts })
const text = (value: string): Part => ({ kind: 'text', text: value })
const call = (id: string, args = '{}', name = 'f'): Part => ({
  kind: 'tool_call',
  id,
  name,
  tool: { flavor: 'function' },
  arguments: args,
})
const result = (id: string, ...parts: Part[]): Part => ({
  kind: 'tool_result',
  id,
  tool: { flavor: 'function' },
  parts,
})
const tool = (name: string, more: Partial<FunctionTool> = {}): FunctionTool => ({ kind: 'function', name, ...more })
const thought = (data: string, dialect: 'anthropic-messages' | 'gemini' = 'anthropic-messages'): Part => ({
  kind: 'thinking',
  text: 'Hm',
  form: 'summary',
  seal: { dialect, kind: 'signature', data },
})

describe('the same format', () => {
  const bodies: [string, Record<string, unknown>][] = [
    ['plain', { messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] }],
    [
      'a tool loop with thoughts',
      {
        thinking: { type: 'enabled', budget_tokens: 1024 },
        max_tokens: 4000,
        tools: [
          {
            name: 'f',
            description: 'F',
            input_schema: { type: 'object', $schema: 'x', oneOf: [] },
            eager_input_streaming: true,
          },
        ],
        messages: [
          { role: 'user', content: [{ type: 'text', text: 'Go' }] },
          {
            role: 'assistant',
            content: [
              { type: 'thinking', thinking: 'Hm', signature: 's' },
              { type: 'redacted_thinking', data: 'd' },
              { type: 'tool_use', id: 't', name: 'f', input: { a: 1 } },
            ],
          },
          {
            role: 'user',
            content: [
              { type: 'tool_result', tool_use_id: 't', content: 'ok' },
              { type: 'text', text: 'And?' },
            ],
          },
        ],
      },
    ],
    [
      'documents, searches, marks',
      {
        system: [{ type: 'text', text: 'Be.', cache_control: { type: 'ephemeral', ttl: '1h' } }],
        tools: [{ type: 'web_search_20260318', name: 'web_search', max_uses: 2, response_inclusion: 'full' }],
        messages: [
          {
            role: 'user',
            content: [
              {
                type: 'document',
                source: { type: 'base64', media_type: 'application/pdf', data: 'AA==' },
                title: 'T',
                citations: { enabled: true },
              },
              { type: 'search_result', source: 's', title: 't', content: [{ type: 'text', text: 'a' }] },
              { type: 'text', text: 'Q', cache_control: { type: 'ephemeral' } },
            ],
          },
          {
            role: 'assistant',
            content: [
              { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'q' } },
              {
                type: 'web_search_tool_result',
                tool_use_id: 'srvtoolu_1',
                content: [{ type: 'web_search_result', url: 'u', title: 't', encrypted_content: 'e', page_age: null }],
              },
              {
                type: 'text',
                text: 'A',
                citations: [
                  { type: 'web_search_result_location', url: 'u', title: 't', cited_text: 'c', encrypted_index: 'i' },
                ],
              },
            ],
          },
          { role: 'user', content: [{ type: 'text', text: 'More' }] },
        ],
      },
    ],
    [
      'what only this format knows',
      {
        messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
        container: 'c',
        context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
        output_config: {
          task_budget: { type: 'tokens', total: 9 },
          format: { type: 'json_schema', schema: { type: 'object' } },
        },
        metadata: { user_id: 'u' },
        service_tier: 'auto',
        cache_control: { type: 'ephemeral', ttl: '1h' },
        stop_sequences: ['END'],
        temperature: 0.5,
      },
    ],
  ]
  it.each(bodies)('asks the same: %s', (_name, some) => {
    const written = write(own(some))
    expect(written.body).toEqual({ ...minimal, ...some, model: 'upstream-model' })
    expect(written.lost).toEqual([])
  })

  it('names the betas that the body needs, and only those', () => {
    const headers = (some: Record<string, unknown>) => write(own(some)).headers
    expect(headers({})).toEqual({ 'anthropic-version': '2023-06-01' })
    expect(headers({ speed: 'fast', context_management: { edits: [{ type: 'compact_20260112' }] } })).toEqual({
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'fast-mode-2026-02-01,context-management-2025-06-27,compact-2026-01-12',
    })
  })

  it('leaves out a documented misspelling, by name', () => {
    const written = write(own({ temperaure: 0.6 }))
    expect(written.body).not.toHaveProperty('temperaure')
    expect(lostBy(written)).toEqual(['dropped temperaure'])
  })
})

describe('turns', () => {
  it('are lawful: a user first, calls answered, results first, roles merged, nothing blank', () => {
    const written = write(
      chat({
        turns: [
          said('assistant', text('Hello')),
          said('user', text('Go'), text('  ')),
          said('assistant', text(''), call('a'), call('b')),
          said('user', text('note'), result('b', text('B'))),
          said('user', result('a', text('A'))),
        ],
        tools: [tool('f')],
      }),
    )
    expect(written.body.messages).toMatchObject([
      { role: 'user', content: [{ text: '(conversation resumed)' }] },
      { role: 'assistant', content: [{ text: 'Hello' }] },
      { role: 'user', content: [{ text: 'Go' }] },
      { role: 'assistant', content: [{ id: 'a' }, { id: 'b' }] },
      {
        role: 'user',
        content: [{ tool_use_id: 'a', content: 'A' }, { tool_use_id: 'b', content: 'B' }, { text: 'note' }],
      },
    ])
  })

  it('system turns stay where they are, or become words of the user', () => {
    const turns = [said('user', text('Hi')), { role: 'system' as const, parts: [text('Be brief.')] }]
    expect(bodyOf(chat({ turns }), targetWith({ systemTurns: true })).messages).toMatchObject([
      { role: 'user' },
      { role: 'system', content: [{ text: 'Be brief.' }] },
    ])
    const flat = write(chat({ turns }))
    expect(JSON.stringify(flat.body.messages)).toContain('<system-reminder>')
    expect(flat.body.messages).toHaveLength(1)
  })

  it('a begun answer is trimmed, or answered where models cannot go on from it', () => {
    const turns = [said('user', text('Hi')), said('assistant', text('{" '))]
    expect(bodyOf(chat({ turns })).messages).toMatchObject([{}, { content: [{ text: '{"' }] }])
    expect(bodyOf(chat({ turns }), targetWith({ prefill: false })).messages).toMatchObject([
      {},
      {},
      { content: [{ text: 'Continue.' }] },
    ])
  })

  it("thoughts travel under the vendor's own seal alone", () => {
    const turns = [
      said('user', text('Hi')),
      said(
        'assistant',
        thought('native'),
        thought('other', 'gemini'),
        thought(`${envelopeMark}AAAA`),
        { kind: 'thinking', text: 'bare', form: 'raw' },
        text('Yes'),
      ),
      said('user', text('And?')),
    ]
    expect(bodyOf(chat({ turns })).messages).toMatchObject([
      {},
      {
        content: [
          { type: 'thinking', signature: 'native' },
          { type: 'text', text: 'Yes' },
        ],
      },
      {},
    ])
  })

  it('arguments become objects; free text is wrapped; long legal ids stay', () => {
    const long = `call_${'x'.repeat(80)}`
    const free: Part = { kind: 'tool_call', id: 'c', name: 'patch', tool: { flavor: 'custom' }, arguments: '*** Begin' }
    const written = write(
      chat({
        turns: [
          said('user', text('Go')),
          said('assistant', call(long, '{bad'), call('b', ''), free),
          said('user', result(long), result('b'), result('c')),
        ],
        tools: [tool('f'), { kind: 'custom', name: 'patch', grammar: { syntax: 'lark', definition: 'start: X' } }],
      }),
    )
    expect(written.body.messages).toMatchObject([
      {},
      { content: [{ id: long, input: { _raw: '{bad' } }, { input: {} }, { input: { input: '*** Begin' } }] },
      {},
    ])
    expect(lostBy(written)).toContain('changed arguments')
    expect(written.body.tools).toMatchObject([{}, { name: 'patch', input_schema: { required: ['input'] } }])
    expect(JSON.stringify(written.body.tools)).toContain('start: X')
    expect(written.tools.get('patch')).toMatchObject({ name: 'patch', wrapped: true })
  })
})

describe('media', () => {
  it('that another model answered with is told in words', () => {
    const picture: Part = { kind: 'media', media: 'image', mime: 'image/png', source: { kind: 'base64', data: 'AA==' } }
    const written = write(
      chat({ turns: [said('user', text('Draw')), said('assistant', picture), said('user', text('Again'))] }),
    )
    expect(written.body.messages).toMatchObject([{}, { content: [{ type: 'text', text: '[image]' }] }, {}])
    expect(lostBy(written)).toEqual(['dropped image'])
  })

  const png = 'iVBORw0KGgoAAAANSUhEUg=='
  const cases: [string, Part, object][] = [
    [
      'a picture by address',
      { kind: 'media', media: 'image', source: { kind: 'url', url: 'https://x' } },
      { type: 'image', source: { type: 'url', url: 'https://x' } },
    ],
    [
      'a picture in a data URL',
      { kind: 'media', media: 'image', source: { kind: 'url', url: `data:image/png;base64,${png}` } },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
    ],
    [
      'a picture of unknown type',
      { kind: 'media', media: 'image', source: { kind: 'base64', data: png } },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
    ],
    [
      'a PDF with a name',
      {
        kind: 'media',
        media: 'file',
        mime: 'application/pdf',
        name: 'a.pdf',
        source: { kind: 'base64', data: 'AA==' },
      },
      { type: 'document', title: 'a.pdf', source: { type: 'base64', media_type: 'application/pdf', data: 'AA==' } },
    ],
    [
      'a text file',
      { kind: 'media', media: 'file', mime: 'text/csv', source: { kind: 'base64', data: 'YSxi' } },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'a,b' } },
    ],
  ]
  it.each(cases)('%s', (_name, part, block) => {
    expect(bodyOf(chat({ turns: [said('user', part)] })).messages).toEqual([{ role: 'user', content: [block] }])
  })

  const refused: [string, Part][] = [
    ['sound', { kind: 'media', media: 'audio', source: { kind: 'base64', data: '' } }],
    ['film', { kind: 'media', media: 'video', source: { kind: 'url', url: 'https://x' } }],
    ['a bitmap', { kind: 'media', media: 'image', mime: 'image/bmp', source: { kind: 'base64', data: 'Qk0=' } }],
    [
      "another vendor's file",
      { kind: 'media', media: 'image', source: { kind: 'file', id: 'f', dialect: 'openai-chat' } },
    ],
  ]
  it.each(refused)('%s is refused', (_name, part) => {
    expect(faultOf(upstream.writeRequest(chat({ turns: [said('user', part)] }), targetWith()))).toMatchObject({
      class: 'unsupported',
      param: 'messages',
    })
  })

  const inlined: [string, string, boolean][] = [
    ['https', 'https://x/y.png', false],
    ['plain http', 'http://x/y.png', true],
    ['data', 'data:image/png;base64,AA==', false],
  ]
  it.each(inlined)('%s addresses', (_name, url, expected) => {
    expect(upstream.mustInline({ kind: 'media', media: 'image', source: { kind: 'url', url } }, targetWith())).toBe(
      expected,
    )
  })
})

describe('tools', () => {
  it('strict stays only where nothing is lost by it', () => {
    const loose = {
      type: 'object',
      properties: { a: { type: 'string', pattern: 'x' } },
      required: ['a'],
      additionalProperties: false,
    }
    const tight = {
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    }
    const written = write(
      chat({ tools: [tool('loose', { schema: loose, strict: true }), tool('tight', { schema: tight, strict: true })] }),
    )
    expect(written.body.tools).toMatchObject([{ input_schema: loose }, { input_schema: tight, strict: true }])
    expect(written.body.tools).not.toHaveProperty('[0].strict')
    expect(lostBy(written)).toEqual(['changed strict'])
  })

  it('a root that is no object is made one', () => {
    const [written] = bodyOf(chat({ tools: [tool('f', { schema: {} }), tool('g')] })).tools as {
      input_schema: object
    }[]
    expect(written?.input_schema).toMatchObject({ type: 'object' })
  })

  it('names are made legal in declaration, choice and history', () => {
    const written = write(
      chat({
        tools: [tool('mcp.files/read'), tool('f')],
        toolChoice: { mode: 'required', only: [{ name: 'mcp.files/read' }] },
        turns: [
          said('user', text('Go')),
          said('assistant', call('a', '{}', 'mcp.files/read')),
          said('user', result('a')),
        ],
      }),
    )
    const [declared] = written.body.tools as { name: string }[]
    expect(declared?.name).toMatch(/^mcp_files_read_[0-9a-f]{8}$/)
    expect(written.body.tool_choice).toEqual({ type: 'tool', name: declared?.name })
    expect(written.body.messages).toMatchObject([{}, { content: [{ name: declared?.name }] }, {}])
    expect(written.tools.get(declared?.name ?? '')).toMatchObject({ name: 'mcp.files/read' })
  })

  it('history without declarations gets stubs that cannot be called', () => {
    const turns = [said('user', text('Go')), said('assistant', call('a')), said('user', result('a', text('x')))]
    expect(bodyOf(chat({ turns }))).toMatchObject({
      tools: [{ name: 'f', input_schema: { type: 'object' } }],
      tool_choice: { type: 'none' },
    })
  })

  const choices: [string, Partial<ChatRequest>, object | undefined][] = [
    ['nothing said', {}, undefined],
    ['required', { toolChoice: { mode: 'required' } }, { type: 'any' }],
    ['none', { toolChoice: { mode: 'none' } }, { type: 'none' }],
    ['one at a time', { parallel: false }, { type: 'auto', disable_parallel_tool_use: true }],
    [
      'one by name',
      { toolChoice: { mode: 'required', only: [{ name: 'g' }] }, parallel: false },
      { type: 'tool', name: 'g', disable_parallel_tool_use: true },
    ],
  ]
  it.each(choices)('choice: %s', (_name, some, expected) => {
    expect(bodyOf(chat({ tools: [tool('f'), tool('g')], ...some })).tool_choice).toEqual(expected)
  })

  it('a narrowed choice narrows the list', () => {
    const written = bodyOf(
      chat({
        tools: [tool('f'), tool('g'), tool('h')],
        toolChoice: { mode: 'required', only: [{ name: 'f' }, { name: 'g' }] },
      }),
    )
    expect(written).toMatchObject({ tools: [{ name: 'f' }, { name: 'g' }], tool_choice: { type: 'any' } })
    expect(written.tools).toHaveLength(2)
  })

  it('models that cannot be forced are asked in words', () => {
    const written = write(
      chat({ tools: [tool('f')], toolChoice: { mode: 'required', only: [{ name: 'f' }] } }),
      targetWith({ forcedTools: false }),
    )
    expect(written.body).toMatchObject({ tool_choice: { type: 'auto' }, system: [{ text: 'Call the tool f now.' }] })
    expect(lostBy(written)).toEqual(['changed tool_choice'])
  })

  it("another vendor's search and code become this one's", () => {
    const search = {
      kind: 'server',
      tool: 'web_search',
      dialect: 'openai-responses',
      type: 'web_search',
      name: 'web_search',
      contextSize: 'high',
      allowedDomains: ['a.b'],
      value: {},
    } as const
    const code = {
      kind: 'server',
      tool: 'code',
      dialect: 'gemini',
      type: 'codeExecution',
      name: 'codeExecution',
      value: {},
    } as const
    const unmarked = targetWith({}, { autoCache: false })
    const written = write(askedBy('openai-responses', { tools: [search, code], maxToolCalls: 3 }), unmarked)
    expect(written.body.tools).toEqual([
      { type: 'web_search_20250305', name: 'web_search', allowed_domains: ['a.b'], max_uses: 3 },
      { type: 'code_execution_20250825', name: 'code_execution' },
    ])
    expect(lostBy(written)).toEqual(['dropped search_context_size', 'changed max_tool_calls'])
  })

  it('hosted tools of others are refused by name, or left out where they are only a help', () => {
    const opaque = (dialect: 'openai-responses' | 'gemini', type: string) =>
      chat({ tools: [{ kind: 'opaque', dialect, type, value: {} }] })
    expect(faultOf(upstream.writeRequest(opaque('openai-responses', 'file_search'), targetWith())).message).toContain(
      'file_search',
    )
    expect(lostBy(write(opaque('gemini', 'googleMaps')))).toEqual(['dropped googleMaps'])
  })

  it('servers of tools are reached as the client allows, or not at all', () => {
    const mcp = (value: Record<string, unknown>) =>
      askedBy('openai-responses', {
        tools: [{ kind: 'server', tool: 'mcp', dialect: 'openai-responses', type: 'mcp', name: 'wiki', value }],
      })
    const written = write(
      mcp({ server_url: 'https://w', require_approval: 'never', allowed_tools: ['read'], authorization: 'a' }),
    )
    expect(written.body).toMatchObject({
      mcp_servers: [{ type: 'url', name: 'wiki', url: 'https://w', authorization_token: 'a' }],
      tools: [
        {
          type: 'mcp_toolset',
          mcp_server_name: 'wiki',
          default_config: { enabled: false },
          configs: { read: { enabled: true } },
        },
      ],
    })
    expect(written.headers).toMatchObject({ 'anthropic-beta': 'mcp-client-2025-11-20' })
    expect(faultOf(upstream.writeRequest(mcp({ server_url: 'https://w' }), targetWith()))).toMatchObject({
      class: 'unsupported',
      param: 'tools',
    })
  })

  it('deferred tools are shown where nothing searches them', () => {
    const [shown] = bodyOf(chat({ tools: [tool('f', { deferred: true })] })).tools as object[]
    expect(shown).not.toHaveProperty('defer_loading')
    const search = {
      kind: 'server',
      tool: 'tool_search',
      dialect: 'openai-responses',
      type: 'tool_search',
      name: 'tool_search',
      value: {},
    } as const
    expect(bodyOf(chat({ tools: [search, tool('f', { deferred: true })] })).tools).toMatchObject([
      { type: 'tool_search_tool_bm25_20251119' },
      { defer_loading: true },
    ])
  })

  it('a shell of another format is a function here', () => {
    const shell = {
      kind: 'typed',
      dialect: 'openai-responses',
      type: 'local_shell',
      name: 'local_shell',
      value: {},
    } as const
    const written = write(askedBy('openai-responses', { tools: [shell] }))
    expect(written.body.tools).toMatchObject([{ name: 'local_shell', input_schema: { type: 'object' } }])
    expect(written.tools.get('local_shell')).toMatchObject({ tool: { flavor: 'typed', type: 'local_shell' } })
  })
})

describe('thinking', () => {
  const budgets = {
    thinks: true,
    efforts: [],
    thinkingForms: ['enabled', 'disabled'],
    maxOutput: 64000,
    budget: { min: 1024, max: 64000, canBeOff: true },
  } as const
  const adaptive = {
    thinks: true,
    efforts: ['low', 'medium', 'high', 'xhigh', 'max'],
    thinkingForms: ['adaptive'],
    hidesThoughts: true,
    sampling: 'no',
    maxOutput: 128000,
  } as const
  const between = { ...adaptive, thinkingForms: ['adaptive', 'between_tools'] } as const
  const cases: [string, Partial<ChatRequest>, object, object, string[]][] = [
    [
      'a level as a budget',
      { thinking: { mode: 'on', effort: 'high' } },
      budgets,
      { thinking: { type: 'enabled', budget_tokens: 25600 }, max_tokens: 32000 },
      [],
    ],
    [
      'a budget below the limit',
      { thinking: { mode: 'on', budget: 16000 }, maxOutput: 8000 },
      budgets,
      { thinking: { type: 'enabled', budget_tokens: 7999 } },
      [],
    ],
    [
      'too little room to think',
      { thinking: { mode: 'on', effort: 'low' }, maxOutput: 1024 },
      budgets,
      { max_tokens: 1024 },
      ['changed thinking'],
    ],
    ['off', { thinking: { mode: 'off' } }, budgets, { thinking: { type: 'disabled' }, max_tokens: 8192 }, []],
    [
      'a level as it is, thoughts shown',
      { thinking: { mode: 'on', effort: 'xhigh' } },
      adaptive,
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'xhigh' } },
      [],
    ],
    [
      'a budget as a level',
      { thinking: { mode: 'on', budget: 16000 } },
      adaptive,
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'high' } },
      [],
    ],
    ['minimal', { thinking: { mode: 'on', effort: 'minimal' } }, adaptive, { output_config: { effort: 'low' } }, []],
    [
      'always on, thoughts shown all the same',
      {},
      adaptive,
      { thinking: { type: 'adaptive', display: 'summarized' }, max_tokens: 32000 },
      [],
    ],
    [
      'off where it cannot be',
      { thinking: { mode: 'off' } },
      adaptive,
      { output_config: { effort: 'low' } },
      ['changed thinking'],
    ],
    [
      'off where it can be between tools alone',
      { thinking: { mode: 'off' } },
      between,
      { thinking: { type: 'between_tools' } },
      ['changed thinking'],
    ],
    [
      'a forced call beside a budget',
      { thinking: { mode: 'on', budget: 2000 }, tools: [tool('f')], toolChoice: { mode: 'required' } },
      budgets,
      { tool_choice: { type: 'any' } },
      ['changed thinking'],
    ],
  ]
  it.each(cases)('%s', (_name, some, capabilities, expected, lost) => {
    const written = write(chat(some), targetWith(capabilities))
    expect(written.body).toMatchObject(expected)
    if (!('thinking' in expected))
      expect(written.body.thinking).toEqual(lost.length > 0 ? undefined : expect.anything())
    expect(lostBy(written)).toEqual(lost)
  })

  it('a budget is given up in the middle of a tool loop that began without thoughts', () => {
    const turns = [said('user', text('Go')), said('assistant', call('a')), said('user', result('a', text('x')))]
    const written = write(
      chat({ turns, tools: [tool('f')], thinking: { mode: 'on', budget: 2000 } }),
      targetWith(budgets),
    )
    expect(written.body).not.toHaveProperty('thinking')
    expect(lostBy(written)).toEqual(['changed thinking'])
  })
})

describe('options', () => {
  const plain = { sampling: 'yes' } as const
  const cases: [string, Partial<ChatRequest>, object, Record<string, unknown>, string[]][] = [
    ['temperature above one', { sampling: { temperature: 1.7 } }, plain, { temperature: 1 }, ['changed temperature']],
    [
      'temperature and top_p',
      { sampling: { temperature: 0.5, topP: 0.9 } },
      plain,
      { temperature: 0.5, top_p: undefined },
      ['dropped top_p'],
    ],
    ['top_k', { sampling: { topK: 40 } }, plain, { top_k: 40 }, []],
    [
      'no sampling',
      { sampling: { temperature: 0, topP: 0.9, topK: 4 } },
      { sampling: 'no' },
      { temperature: undefined },
      ['dropped temperature', 'dropped top_p', 'dropped top_k'],
    ],
    [
      'no sampling, defaults',
      { sampling: { temperature: 1, topP: 1 } },
      { sampling: 'no' },
      { temperature: undefined, top_p: undefined },
      [],
    ],
    [
      'what has no field here',
      { sampling: { seed: 1, presencePenalty: 1, frequencyPenalty: 1, logitBias: { a: 1 }, logprobs: true } },
      plain,
      {},
      [
        'dropped seed',
        'dropped presence_penalty',
        'dropped frequency_penalty',
        'dropped logit_bias',
        'dropped logprobs',
      ],
    ],
    [
      'defaults of the same',
      { sampling: { n: 1, presencePenalty: 0, frequencyPenalty: 0, logitBias: {} } },
      plain,
      {},
      [],
    ],
    [
      'stop strings',
      { sampling: { stop: ['END', '\n'] } },
      plain,
      { stop_sequences: ['END'] },
      ['dropped stop_sequences'],
    ],
    ['no limit', {}, plain, { max_tokens: 8192 }, []],
    [
      'a limit above the cap',
      { maxOutput: 99999 },
      { maxOutput: 32000 },
      { max_tokens: 32000 },
      ['changed max_tokens'],
    ],
    [
      'any JSON',
      { output: { format: { kind: 'json' } } },
      plain,
      { system: [{ type: 'text', text: 'Reply with one JSON object only.', cache_control: { type: 'ephemeral' } }] },
      ['changed response_format'],
    ],
    ['verbosity', { output: { format: { kind: 'text' }, verbosity: 'low' } }, plain, {}, ['dropped verbosity']],
    [
      'user, metadata, cache key',
      { identity: { endUser: 'u', metadata: { a: 'b' } }, cache: { key: 'k' } },
      plain,
      { metadata: { user_id: 'u' } },
      ['dropped metadata', 'dropped prompt_cache_key'],
    ],
    ['flex', { tier: 'flex' }, plain, { service_tier: undefined }, ['dropped service_tier']],
    ['fast', { tier: 'fast' }, plain, { speed: 'fast' }, []],
    [
      "another format's own fields",
      { native: { prediction: {} }, lost: ['tools[1]'] },
      plain,
      {},
      ['dropped prediction', 'dropped tools[1]'],
    ],
  ]
  it.each(cases)('%s', (_name, some, capabilities, expected, lost) => {
    const written = write(chat(some), targetWith(capabilities))
    for (const [field, value] of Object.entries(expected)) expect(written.body[field]).toEqual(value)
    expect(lostBy(written).toSorted()).toEqual(lost.toSorted())
  })

  const refused: [string, Partial<ChatRequest>, string][] = [
    ['several answers', { sampling: { n: 3 } }, 'n'],
    ['a spoken answer', { output: { format: { kind: 'text' }, modalities: ['text', 'audio'] } }, 'modalities'],
    ['the background', { state: { background: true } }, 'background'],
  ]
  it.each(refused)('%s is refused', (_name, some, param) => {
    expect(faultOf(upstream.writeRequest(chat(some), targetWith()))).toMatchObject({ class: 'unsupported', param })
  })

  const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }
  it('a schema is asked for, or emulated by a forced tool', () => {
    const asked = chat({ output: { format: { kind: 'schema', name: 'n', schema } } })
    expect(bodyOf(asked).output_config).toEqual({ format: { type: 'json_schema', schema } })
    const old = write(asked, targetWith({ schemaOutput: false }))
    expect(old.body).toMatchObject({
      tools: [{ name: 'json', input_schema: schema }],
      tool_choice: { type: 'tool', name: 'json' },
    })
    expect(old.emulate).toEqual({ textFromTool: 'json' })
  })

  it('one of some words is a schema whose value is told', () => {
    const written = write(chat({ output: { format: { kind: 'enum', values: ['x', 'y'] } } }))
    expect(written.emulate).toEqual({ textFromValue: true })
    expect(JSON.stringify(written.body.output_config)).toContain('["x","y"]')
  })

  it('stop strings are emulated where the model takes none', () => {
    const written = write(chat({ sampling: { stop: ['END'] } }), targetWith({ stopSequences: false }))
    expect(written.emulate).toEqual({ stop: ['END'] })
    expect(written.body).not.toHaveProperty('stop_sequences')
  })
})

describe('caching', () => {
  const marked = (count: number, ttl: '5m' | '1h' = '5m') =>
    Array.from({ length: count }, (_, at): Part => ({ kind: 'text', text: `${at}`, cache: { ttl } }))
  const marksIn = (body: unknown) =>
    [...JSON.stringify(body).matchAll(/"cache_control":(\{[^}]*\})/g)].map(([, mark]) => mark)

  it('is asked for on behalf of clients that know no marks', () => {
    expect(bodyOf(chat()).cache_control).toEqual({ type: 'ephemeral' })
    expect(bodyOf(chat(), targetWith({}, { autoCache: false }))).not.toHaveProperty('cache_control')
    expect(bodyOf(own({}))).not.toHaveProperty('cache_control')
    expect(bodyOf(chat({ system: marked(1) }))).not.toHaveProperty('cache_control')
  })

  it('takes four marks: the last ones', () => {
    const { messages } = bodyOf(own({ messages: [{ role: 'user', content: 'Hi' }] }))
    expect(marksIn(messages)).toEqual([])
    const many = bodyOf(chat({ turns: [said('user', ...marked(6))] }))
    expect(marksIn(many)).toHaveLength(4)
    expect(JSON.stringify(many.messages)).toContain('{"type":"text","text":"1"}')
  })

  it('never has a long mark behind a short one', () => {
    const body = bodyOf(chat({ system: marked(1, '5m'), turns: [said('user', ...marked(1, '1h'))] }))
    expect(marksIn(body)).toEqual(['{"type":"ephemeral"}', '{"type":"ephemeral"}'])
  })
})

describe('quirks', () => {
  it('a compatible server gets neither what it refuses nor what it does not know', () => {
    const quirks = { drop: ['metadata', 'service_tier'], cacheMarks: false, toolFields: false, betas: false }
    const request = own({
      metadata: { user_id: 'u' },
      system: [{ type: 'text', text: 'Be.', cache_control: { type: 'ephemeral' } }],
      tools: [{ name: 'f', strict: true, input_schema: { type: 'object' }, input_examples: [{ a: 1 }] }],
      speed: 'fast',
    })
    const written = write(request, targetWith({}, quirks))
    expect(written.body).not.toHaveProperty('metadata')
    expect(JSON.stringify(written.body)).not.toMatch(/cache_control|strict|input_examples/)
    expect(written.headers).toEqual({ 'anthropic-version': '2023-06-01' })
    expect(lostBy(written)).toContain('dropped metadata')
  })

  it('a server that knows fewer forms of thinking is asked in those', () => {
    const quirks = { thinkingForms: ['enabled', 'disabled'], effort: false } as const
    const written = write(chat({ thinking: { mode: 'on', effort: 'high' } }), targetWith({ thinks: true }, quirks))
    expect(written.body).toMatchObject({ thinking: { type: 'enabled', budget_tokens: expect.any(Number) } })
    expect(written.body).not.toHaveProperty('output_config')
  })

  it('a server without documents gets their words, or refuses them', () => {
    const words: Part = { kind: 'media', media: 'document', title: 'T', source: { kind: 'text', text: 'words' } }
    const pdf: Part = {
      kind: 'media',
      media: 'document',
      mime: 'application/pdf',
      source: { kind: 'base64', data: 'AA==' },
    }
    const target = targetWith({}, { documents: false })
    expect(JSON.stringify(bodyOf(chat({ turns: [said('user', words)] }), target).messages)).toContain('words')
    expect(faultOf(upstream.writeRequest(chat({ turns: [said('user', pdf)] }), target)).class).toBe('unsupported')
  })

  it('a server without search refuses it by name', () => {
    const request = own({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] })
    expect(faultOf(upstream.writeRequest(request, targetWith({}, { serverTools: false }))).message).toContain(
      'web_search',
    )
  })
})

describe('counting', () => {
  it('asks without what only an answer needs', () => {
    const counted = resultOf(
      upstream.count?.writeRequest(
        own({ stop_sequences: ['a'], metadata: { user_id: 'u' }, temperature: 1, stream: true }),
        targetWith(),
      ) ?? { ok: true, value: {} },
    )
    expect(counted).toEqual({
      model: 'upstream-model',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
    })
    expect(upstream.count?.readReply({ input_tokens: 9 })).toBe(9)
    expect(upstream.count?.readReply({ error: {} })).toBeUndefined()
  })
})

describe('determinism', () => {
  it('the same request gives the same bytes', () => {
    const request = chat({
      tools: [tool('a.b'), tool('c')],
      turns: [said('user', text('x')), said('assistant', call('a b')), said('user', result('a b'))],
    })
    expect(JSON.stringify(write(request))).toBe(JSON.stringify(write(structuredClone(request))))
  })
})
