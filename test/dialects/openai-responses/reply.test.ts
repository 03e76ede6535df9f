import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Part } from '../../../src/model/part.ts'
import type { Stop } from '../../../src/model/reply.ts'
import { usageOf } from '../../../src/model/usage.ts'
import { golden } from './golden.ts'
import {
  asked,
  type Body,
  client,
  faultOf,
  readContext,
  readWhole,
  replyWith,
  upstream,
  writeContext,
} from './support.ts'

const written = (parts: Part[], stop: Stop = { reason: 'end' }, body: Body = {}): Body =>
  client.writeReply({ ...replyWith(...parts), stop }, asked(body), writeContext())

const own = (value: Body) => ({ dialect: 'openai-responses' as const, value })

describe('items of an answer', () => {
  const search = {
    id: 'ws_1',
    type: 'web_search_call',
    status: 'completed',
    action: { type: 'search', query: 'q', sources: [{ type: 'url', url: 'https://a.example' }] },
  }
  const opened = {
    id: 'ws_1',
    type: 'web_search_call',
    status: 'completed',
    action: { type: 'open_page', url: 'https://a.example' },
  }
  const code = {
    id: 'ci_1',
    type: 'code_interpreter_call',
    status: 'completed',
    code: '1+1',
    container_id: 'c',
    outputs: [{ type: 'logs', logs: '2' }],
  }
  const foreignCode = {
    id: 'ci_1',
    type: 'code_interpreter_call',
    call_id: '',
    name: 'code_execution',
    arguments: '{"code":"1+1"}',
  }
  const image = {
    id: 'ig_1',
    type: 'image_generation_call',
    status: 'completed',
    output_format: 'webp',
    revised_prompt: 'cat',
    result: 'AAAA',
  }
  const mcp = {
    id: 'mcp_1',
    type: 'mcp_call',
    name: 'ask',
    server_label: 's',
    arguments: '{"a":1}',
    output: 'ok',
    error: null,
  }
  const typed = (type: string) => ({ flavor: 'typed' as const, type })
  test.each<[string, Body, Part[]]>([
    ['text', { type: 'message', content: [{ type: 'output_text', text: 'Hi' }] }, [{ kind: 'text', text: 'Hi' }]],
    ['empty text', { type: 'message', content: [{ type: 'output_text', text: '' }] }, []],
    [
      'refusal',
      { type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] },
      [{ kind: 'refusal', text: 'No.' }],
    ],
    [
      'chain of thought',
      { id: 'rs_1', type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'Hm.' }] },
      [{ kind: 'thinking', form: 'raw', text: 'Hm.' }],
    ],
    ['a thought without anything', { id: 'rs_1', type: 'reasoning', summary: [] }, []],
    [
      'a namespaced call',
      { type: 'function_call', call_id: 'a', name: 'f', namespace: 'n', arguments: '{}' },
      [{ kind: 'tool_call', id: 'a', name: 'f', namespace: 'n', tool: { flavor: 'function' }, arguments: '{}' }],
    ],
    [
      'a programmatic call',
      { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}', caller: { type: 'program', caller_id: 'p' } },
      [
        {
          kind: 'tool_call',
          id: 'a',
          name: 'f',
          tool: { flavor: 'function' },
          arguments: '{}',
          caller: { type: 'program', caller_id: 'p' },
        },
      ],
    ],
    [
      'a free-text call',
      { type: 'custom_tool_call', call_id: 'a', name: 'f', input: 'x\ny' },
      [{ kind: 'tool_call', id: 'a', name: 'f', tool: { flavor: 'custom' }, arguments: 'x\ny' }],
    ],
    [
      'a shell call',
      { type: 'shell_call', call_id: 'a', action: { commands: ['ls'] } },
      [{ kind: 'tool_call', id: 'a', name: 'shell', tool: typed('shell'), arguments: '{"commands":["ls"]}' }],
    ],
    [
      'a patch',
      { type: 'apply_patch_call', call_id: 'a', operation: { type: 'delete_file', path: 'x' } },
      [
        {
          kind: 'tool_call',
          id: 'a',
          name: 'apply_patch',
          tool: typed('apply_patch'),
          arguments: '{"type":"delete_file","path":"x"}',
        },
      ],
    ],
    [
      'a search',
      search,
      [
        {
          kind: 'server_call',
          id: 'ws_1',
          tool: 'web_search',
          name: 'web_search_call',
          arguments: '{"query":"q"}',
          native: own(search),
        },
        {
          kind: 'server_result',
          id: 'ws_1',
          tool: 'web_search',
          name: 'web_search_call',
          hits: [{ url: 'https://a.example', title: 'https://a.example' }],
        },
      ],
    ],
    [
      'an opened page',
      opened,
      [
        {
          kind: 'server_call',
          id: 'ws_1',
          tool: 'web_fetch',
          name: 'web_search_call',
          arguments: '{"url":"https://a.example"}',
          native: own(opened),
        },
        {
          kind: 'server_result',
          id: 'ws_1',
          tool: 'web_fetch',
          name: 'web_search_call',
          hits: [{ url: 'https://a.example', title: 'https://a.example' }],
        },
      ],
    ],
    [
      'code',
      code,
      [
        {
          kind: 'server_call',
          id: 'ci_1',
          tool: 'code',
          name: 'code_interpreter_call',
          arguments: '{"code":"1+1","language":"python"}',
          native: own(code),
        },
        { kind: 'server_result', id: 'ci_1', tool: 'code', name: 'code_interpreter_call', output: '2' },
      ],
    ],
    [
      'code of a server that says it in arguments',
      foreignCode,
      [
        {
          kind: 'server_call',
          id: 'ci_1',
          tool: 'code',
          name: 'code_interpreter_call',
          arguments: '{"code":"1+1"}',
          native: own(foreignCode),
        },
        { kind: 'server_result', id: 'ci_1', tool: 'code', name: 'code_interpreter_call', output: '' },
      ],
    ],
    [
      'a picture',
      image,
      [
        {
          kind: 'server_call',
          id: 'ig_1',
          tool: 'image',
          name: 'image_generation_call',
          arguments: '{"prompt":"cat"}',
          native: own(image),
        },
        { kind: 'media', media: 'image', source: { kind: 'base64', data: 'AAAA' }, mime: 'image/webp' },
      ],
    ],
    [
      'an MCP call',
      mcp,
      [
        { kind: 'server_call', id: 'mcp_1', tool: 'mcp', name: 'ask', arguments: '{"a":1}', native: own(mcp) },
        { kind: 'server_result', id: 'mcp_1', tool: 'mcp', name: 'ask', output: 'ok' },
      ],
    ],
    [
      'a compaction',
      { id: 'cmp_1', type: 'compaction', encrypted_content: 'x' },
      [{ kind: 'compaction', seal: { dialect: 'openai-responses', kind: 'compaction', data: 'x', itemId: 'cmp_1' } }],
    ],
    [
      'an item nobody knows',
      { type: 'brand_new', a: 1 },
      [{ kind: 'opaque', dialect: 'openai-responses', type: 'brand_new', value: { type: 'brand_new', a: 1 } }],
    ],
  ])('%s', (_, item, parts) => {
    expect(readWhole({ status: 'completed', output: [item] }).parts).toEqual(parts)
  })

  test('a shell in the vendor’s container is no call of the client’s', () => {
    const call = {
      type: 'shell_call',
      id: 'sh_1',
      call_id: 'a',
      action: { commands: ['ls'] },
      environment: { type: 'container_reference' },
    }
    const output = { type: 'shell_call_output', id: 'sho_1', call_id: 'a', output: [] }
    const reply = readWhole({ status: 'completed', output: [call, output] })
    expect(reply.parts.map(({ kind }) => kind)).toEqual(['server_call', 'server_result'])
    expect(reply.stop.reason).toBe('end')
  })
})

describe('usage', () => {
  test.each<[string, Body, Partial<ReturnType<typeof usageOf>>]>([
    ['none', {}, {}],
    [
      'cached and written shares',
      {
        input_tokens: 200,
        input_tokens_details: {
          cached_tokens: 100,
          cache_write_tokens: 50,
          cache_write_tokens_details: { ttl_30m_tokens: 20, ttl_12h_tokens: 30 },
        },
        output_tokens: 30,
        output_tokens_details: { reasoning_tokens: 12 },
      },
      { input: 50, cacheRead: 100, cacheWrite5m: 20, cacheWrite1h: 30, output: 18, reasoning: 12 },
    ],
    [
      'more cached than read',
      { input_tokens: 10, input_tokens_details: { cached_tokens: 60 }, output_tokens: 0 },
      { input: 0, cacheRead: 10 },
    ],
    [
      'thinking beside the output, as the total shows',
      { input_tokens: 10, output_tokens: 5, output_tokens_details: { reasoning_tokens: 100 }, total_tokens: 115 },
      { input: 10, output: 5, reasoning: 100 },
    ],
    ['nonsense', { input_tokens: 'many', output_tokens: -1, input_tokens_details: 7 }, {}],
  ])('%s', (_, usage, expected) => {
    expect(readWhole({ status: 'completed', output: [], usage }).usage).toEqual(usageOf(expected))
  })

  test('searches and pictures are counted', () => {
    const output = [
      { type: 'web_search_call', action: { type: 'search', query: 'q' } },
      { type: 'web_search_call', action: { type: 'open_page', url: 'u' } },
      { type: 'image_generation_call', result: 'AAAA' },
    ]
    const usage = { input_tokens: 9, output_tokens: 2 }
    expect(readWhole({ status: 'completed', output, usage }).usage).toMatchObject({ searches: 1, images: 1 })
    const told = { tool_usage: { web_search: { num_requests: 3 } } }
    expect(readWhole({ status: 'completed', output, usage, ...told }).usage).toMatchObject({ searches: 3 })
  })

  test('is written with every total and detail, always', () => {
    expect(written([]).usage).toEqual({
      input_tokens: 0,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: 0,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 0,
    })
  })
})

describe('a body that is no answer', () => {
  test.each<[unknown, string]>([
    [null, 'bad_gateway'],
    [[], 'bad_gateway'],
    [{}, 'bad_gateway'],
    [{ status: 'queued', output: [] }, 'bad_gateway'],
    [{ error: { message: 'Busy.', code: 'server_is_overloaded' } }, 'overloaded'],
    [{ status: 'failed', output: [], error: { code: 'server_error', message: 'Oops.' } }, 'internal'],
    [{ status: 'cancelled', output: [] }, 'cancelled'],
  ])('%j', (body, expected) => {
    expect(faultOf(upstream.readReply(body, readContext())).class).toBe(expected)
  })

  test('no JSON makes the reader throw', () => {
    const body = fc.oneof(fc.jsonValue(), fc.record({ output: fc.array(fc.jsonValue()), usage: fc.jsonValue() }))
    fc.assert(fc.property(body, (value) => typeof upstream.readReply(value, readContext()).ok === 'boolean'))
  })
})

describe('the written answer', () => {
  test('echoes the request and names the model that was asked for', () => {
    const ask = {
      temperature: 0.5,
      tools: [{ type: 'function', name: 'f', parameters: {} }],
      metadata: { a: 'b' },
      instructions: 'Be kind.',
      reasoning: { effort: 'low' },
    }
    expect(written([], { reason: 'end' }, ask)).toMatchObject({
      ...ask,
      object: 'response',
      model: 'asked-model',
      status: 'completed',
      error: null,
      incomplete_details: null,
      created_at: 1000,
      top_p: 1,
      tool_choice: 'auto',
      parallel_tool_calls: true,
      store: true,
      truncation: 'disabled',
      previous_response_id: null,
      max_output_tokens: null,
      text: { format: { type: 'text' } },
      reasoning: { effort: 'low', summary: null },
    })
  })

  test('is read again as it was', () => {
    const body = client.writeReply(golden, asked({ reasoning: { summary: 'auto' } }), writeContext())
    const again = readWhole(body)
    const bare = (parts: readonly Part[]) => parts.map(({ seal, ...part }) => ({ ...part, seal: seal?.data }))
    expect(bare(again.parts)).toEqual(bare(golden.parts))
    expect(again).toMatchObject({ stop: golden.stop, usage: golden.usage })
  })

  test('holds items with ids of the right form', () => {
    const body = written([
      { kind: 'thinking', form: 'raw', text: 'Hm.' },
      { kind: 'text', text: 'Hi' },
      { kind: 'tool_call', id: 'a', name: 'f', tool: { flavor: 'function' }, arguments: '' },
      { kind: 'tool_call', id: 'b', name: 'g', namespace: 'n', tool: { flavor: 'custom' }, arguments: 'x' },
    ])
    const id = (prefix: string) => expect.stringMatching(new RegExp(`^${prefix}_\\w{40}$`))
    expect(body.id).toEqual(id('resp'))
    expect(body.output).toEqual([
      {
        id: id('rs'),
        type: 'reasoning',
        summary: [],
        content: [{ type: 'reasoning_text', text: 'Hm.' }],
        status: 'completed',
      },
      {
        id: id('msg'),
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'Hi', annotations: [], logprobs: [] }],
      },
      { id: id('fc'), type: 'function_call', call_id: 'a', name: 'f', arguments: '{}', status: 'completed' },
      {
        id: id('ctc'),
        type: 'custom_tool_call',
        call_id: 'b',
        name: 'g',
        namespace: 'n',
        input: 'x',
        status: 'completed',
      },
    ])
  })

  test.each<[string, string, Body]>([
    [
      'shell',
      '{"commands":["ls"],"timeout_ms":5}',
      { type: 'shell_call', action: { commands: ['ls'], max_output_length: null, timeout_ms: 5 } },
    ],
    [
      'shell',
      '{"command":"ls"}',
      { type: 'shell_call', action: { commands: ['ls'], max_output_length: null, timeout_ms: null } },
    ],
    [
      'local_shell',
      '{"command":["ls","-l"]}',
      { type: 'local_shell_call', action: { type: 'exec', command: ['ls', '-l'], env: {} } },
    ],
    [
      'apply_patch',
      '{"type":"delete_file","path":"x"}',
      { type: 'apply_patch_call', operation: { type: 'delete_file', path: 'x' } },
    ],
    ['unheard_of', '{"a":1}', { type: 'function_call', name: 'unheard_of', arguments: '{"a":1}' }],
  ])('a call of the typed tool %s has its own item', (type, args, item) => {
    const body = written([{ kind: 'tool_call', id: 'a', name: type, tool: { flavor: 'typed', type }, arguments: args }])
    expect(body.output).toMatchObject([{ ...item, call_id: 'a', status: 'completed' }])
  })

  test('thoughts are shown to those who asked, and their seal to all', () => {
    const thought: Part = {
      kind: 'thinking',
      form: 'summary',
      text: 'Hm.',
      seal: { dialect: 'gemini', kind: 'thought', data: 'env' },
    }
    expect(written([thought]).output).toMatchObject([{ type: 'reasoning', summary: [], encrypted_content: 'env' }])
    const shown = written([thought], { reason: 'end' }, { reasoning: { summary: 'auto' } })
    expect(shown.output).toMatchObject([{ summary: [{ type: 'summary_text', text: 'Hm.' }], encrypted_content: 'env' }])
    expect(
      written([
        { kind: 'thinking', form: 'summary', text: 'Hm.' },
        { kind: 'text', text: 'Hi' },
      ]).output,
    ).toMatchObject([{ type: 'message' }])
  })

  test('texts that follow one another are one, their citations counted through', () => {
    const cited = (text: string, url: string): Part => ({
      kind: 'text',
      text,
      citations: [{ kind: 'url', url, title: 't' }],
    })
    const body = written([
      { kind: 'text', text: '见🙂 ' },
      cited('a fact', 'https://a.example'),
      { kind: 'text', text: '.' },
    ])
    const annotation = { type: 'url_citation', url: 'https://a.example', title: 't', start_index: 3, end_index: 9 }
    expect(body.output).toMatchObject([{ content: [{ text: '见🙂 a fact.', annotations: [annotation] }] }])
  })

  test('traces of another vendor’s tools become items of this format', () => {
    const body = written([
      { kind: 'server_call', id: 's1', tool: 'web_search', name: 'web_search', arguments: '{"query":"q"}' },
      { kind: 'server_call', id: 's2', tool: 'code', name: 'bash', arguments: '{"code":"ls"}' },
      {
        kind: 'server_result',
        id: 's1',
        tool: 'web_search',
        name: 'web_search',
        hits: [{ url: 'https://a.example', title: 'A' }],
      },
      { kind: 'server_result', id: 's2', tool: 'code', name: 'bash', output: 'x' },
      { kind: 'server_call', id: 's3', tool: 'web_search', name: 'web_search', arguments: '{"query":"r"}' },
      { kind: 'server_result', id: 's3', tool: 'web_search', name: 'web_search', errorCode: 'max_uses_exceeded' },
      { kind: 'text', text: 'Found.' },
    ])
    expect(body.output).toMatchObject([
      {
        type: 'web_search_call',
        status: 'completed',
        action: { type: 'search', query: 'q', sources: [{ type: 'url', url: 'https://a.example' }] },
      },
      { type: 'code_interpreter_call', status: 'completed', code: 'ls', outputs: [{ type: 'logs', logs: 'x' }] },
      { type: 'web_search_call', status: 'failed', action: { type: 'search', query: 'r' } },
      { type: 'message' },
    ])
  })

  test('a picture is an item', () => {
    const body = written([
      { kind: 'media', media: 'image', source: { kind: 'base64', data: 'AAAA' }, mime: 'image/png' },
    ])
    expect(body.output).toMatchObject([
      { type: 'image_generation_call', status: 'completed', output_format: 'png', result: 'AAAA' },
    ])
  })

  test.each<[Stop, Body]>([
    [{ reason: 'end' }, { status: 'completed', incomplete_details: null }],
    [{ reason: 'stop_sequence', sequence: 'X' }, { status: 'completed' }],
    [{ reason: 'length' }, { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }],
    [{ reason: 'context_window' }, { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }],
    [{ reason: 'filtered' }, { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }],
    [{ reason: 'malformed_call' }, { status: 'failed', error: { code: 'server_error' } }],
  ])('stop %j', (stop, expected) => {
    expect(written([{ kind: 'text', text: 'Hi' }], stop)).toMatchObject(expected)
  })

  test('a refusal is completed and says so in a part', () => {
    const refusal = (text: string) => [{ type: 'message', content: [{ type: 'refusal', refusal: text }] }]
    const explained: Stop = { reason: 'refusal', explanation: 'Not that.' }
    expect(written([], explained)).toMatchObject({ status: 'completed', output: refusal('Not that.') })
    expect(written([{ kind: 'refusal', text: 'No.' }], explained)).toMatchObject({ output: refusal('No.') })
  })

  test('nothing said is a message with nothing in it', () => {
    expect(written([]).output).toMatchObject([{ type: 'message', content: [{ type: 'output_text', text: '' }] }])
  })
})
