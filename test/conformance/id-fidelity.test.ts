import {
  type Arbitrary,
  array,
  assert,
  constantFrom,
  dictionary,
  double,
  integer,
  option,
  property,
  record,
  string,
  uuid,
} from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { dialects } from '../../src/dialects/index.ts'
import { anyModel } from '../../src/model/capability.ts'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { formats, type Json, type WishedTurn } from '../support/formats/format.ts'
import { type Heard, heard } from './rig/heard.ts'
import { at, type Rig, startRig } from './rig/rig.ts'
import { scripts } from './rig/said.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig({ lenient: true })
})
beforeEach(() => rig.answer({ text: 'Hello.' }))
afterAll(() => rig.close())

const renamed = (text: string, model: string): string => text.replace(JSON.stringify(model), '"plain-model"')

describe('requests', () => {
  it('ID-01 (T19, T21, T22) a full beta request reaches Anthropic byte for byte but for the model', async () => {
    const model = at('anthropic-messages')
    const body = JSON.stringify({
      model,
      max_tokens: 32_000,
      thread: { type: 'continue', previous_message_id: 'msg_1' },
      compaction: { type: 'summarize', instructions: 'Keep names.' },
      context_management: { edits: [{ type: 'clear_tool_uses_20250919', keep: { type: 'tool_uses', value: 3 } }] },
      mcp_servers: [{ type: 'url', name: 'files', url: 'https://mcp.example/sse', authorization_token: 't' }],
      output_config: { effort: 'xhigh', task_budget: { type: 'tokens', total: 100_000 } },
      thinking: { type: 'adaptive', display: 'summarized', block_binding: { prefix_mismatch_behavior: 'drop_block' } },
      container: { skills: [{ type: 'anthropic', skill_id: 'pdf' }] },
      fallbacks: 'default',
      diagnostics: { previous_message_id: 'msg_1' },
      tools: [
        { type: 'web_search_20260209', name: 'web_search', max_uses: 3 },
        { name: 'look', input_schema: { type: 'object' }, eager_input_streaming: true, input_examples: [{ a: 1 }] },
      ],
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Hi', cache_control: { type: 'ephemeral', ttl: '1h' } }] },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm.', signature: 'RXJpZ2luYWw=' },
            { type: 'redacted_thinking', data: 'cmVkYWN0ZWQ=' },
            { type: 'compaction', content: 'So far…', encrypted_content: 'Y29tcGFjdA==' },
            { type: 'text', text: 'Yes?' },
          ],
        },
        { role: 'system', content: 'Be brief.', clear_at: 'next_user_message' },
        { role: 'user', content: 'Go on' },
      ],
    })
    const headers = {
      'anthropic-version': '2026-10-21',
      'anthropic-beta': 'compact-2026-09-04,message-threads-2026-08-12,mcp-client-2026-09-15,made-up-2031-01-01',
    }
    const answer = await rig.post('/v1/messages', body, headers)
    expect(answer.status).toBe(200)
    expect(answer.raw).toBe(renamed(body, model))
    expect(answer.sent?.headers).toMatchObject(headers)
    expect(answer.lost).toEqual([])
  })

  it('ID-02 (T66) items of every type reach the Responses API as they came', async () => {
    const call = { call_id: 'call_1', id: 'fc_1', status: 'completed' }
    const output = { call_id: 'call_1', output: 'fine' }
    const body = {
      model: at('openai-responses'),
      store: false,
      include: ['reasoning.encrypted_content', 'web_search_call.action.sources'],
      reasoning: { effort: 'max', summary: 'auto', context: 'all_turns', mode: 'pro' },
      prompt_cache_options: { mode: 'explicit', ttl: '12h' },
      moderation: { model: 'omni-moderation-latest' },
      tools: [
        { type: 'namespace', name: 'files', tools: [{ type: 'function', name: 'read', parameters: {}, async: true }] },
        { type: 'custom', name: 'patch', format: { type: 'grammar', syntax: 'lark', definition: 'start: "a"' } },
        { type: 'tool_search', execution: 'client' },
      ],
      input: [
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'Hi', prompt_cache_breakpoint: { mode: 'explicit' } },
            { type: 'input_image', file_id: 'file_1', detail: 'original' },
            { type: 'input_file', file_url: 'https://example.com/a.pdf' },
          ],
        },
        { role: 'developer', content: 'Be brief.' },
        { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'ZW5j' },
        {
          type: 'function_call',
          ...call,
          name: 'read',
          namespace: 'files',
          arguments: '{ "a" : 1.0 }',
          caller: { type: 'direct' },
        },
        { type: 'function_call_output', call_id: 'call_1', output: [{ type: 'input_text', text: 'fine' }] },
        { type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_2', name: 'patch', input: 'a\n' },
        { type: 'custom_tool_call_output', call_id: 'call_2', output: 'ok' },
        {
          type: 'web_search_call',
          id: 'ws_1',
          status: 'completed',
          action: { type: 'open_page', url: 'https://example.com' },
        },
        { type: 'file_search_call', id: 'fs_1', status: 'completed', queries: ['a'], results: null },
        { type: 'code_interpreter_call', id: 'ci_1', status: 'completed', code: '1', container_id: 'c', outputs: null },
        { type: 'image_generation_call', id: 'ig_1', status: 'completed', result: 'aW1hZ2U=' },
        {
          type: 'computer_call',
          id: 'cu_1',
          call_id: 'call_3',
          action: { type: 'screenshot' },
          pending_safety_checks: [],
          status: 'completed',
        },
        { type: 'computer_call_output', call_id: 'call_3', output: { type: 'computer_screenshot', file_id: 'file_2' } },
        {
          type: 'local_shell_call',
          id: 'lsh_1',
          call_id: 'call_4',
          action: { type: 'exec', command: ['ls'], env: {} },
          status: 'completed',
        },
        { type: 'local_shell_call_output', id: 'call_4', output: '{}' },
        { type: 'shell_call', ...call, id: 'sh_1', call_id: 'call_5', action: { commands: ['ls'] } },
        {
          type: 'shell_call_output',
          call_id: 'call_5',
          output: [{ stdout: 'a', stderr: '', outcome: { type: 'exit', exit_code: 0 } }],
        },
        {
          type: 'apply_patch_call',
          id: 'ap_1',
          call_id: 'call_6',
          status: 'completed',
          operation: { type: 'delete_file', path: 'a' },
        },
        { type: 'apply_patch_call_output', ...output, call_id: 'call_6', status: 'completed' },
        { type: 'mcp_list_tools', id: 'mcpl_1', server_label: 'a', tools: [] },
        { type: 'mcp_approval_request', id: 'mcpr_1', server_label: 'a', name: 'b', arguments: '{}' },
        { type: 'mcp_approval_response', approval_request_id: 'mcpr_1', approve: true },
        { type: 'mcp_call', id: 'mcp_1', server_label: 'a', name: 'b', arguments: '{}', output: 'c' },
        { type: 'tool_search_call', id: 'ts_1', arguments: {}, status: 'completed' },
        { type: 'tool_search_output', tools: [] },
        { type: 'program', id: 'p_1', call_id: 'call_7', code: 'x', fingerprint: 'f' },
        { type: 'program_output', call_id: 'call_7', result: 'y' },
        { type: 'additional_tools', role: 'developer', tools: [] },
        { type: 'configuration_update', reasoning: { effort: 'low' } },
        { type: 'compaction', id: 'cmp_1', encrypted_content: 'Y29tcGFjdA==' },
        {
          type: 'message',
          role: 'assistant',
          id: 'msg_1',
          phase: 'commentary',
          content: [
            { type: 'output_text', text: 'a', annotations: [], logprobs: [] },
            { type: 'refusal', refusal: 'no' },
          ],
        },
        // As the last item it would ask for a compaction, which this upstream leaves to the gateway.
        { type: 'compaction_trigger' },
        { type: 'something_of_next_year', payload: { a: [1] } },
      ],
    }
    const answer = await rig.post('/v1/responses', body)
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({ ...body, model: 'plain-model' })
    expect(answer.lost).toEqual([])
  })

  it('ID-03 parts of every type reach Gemini as they came', async () => {
    const body = {
      contents: [
        {
          role: 'user',
          parts: [
            { text: 'Hi', part_metadata: { a: 1 } },
            {
              inline_data: { mime_type: 'image/png', data: 'aW1n' },
              media_resolution: { level: 'MEDIA_RESOLUTION_HIGH' },
            },
            {
              fileData: { fileUri: 'gs://bucket/a.mp4', mimeType: 'video/mp4' },
              videoMetadata: { startOffset: '1.5s', fps: 5 },
            },
          ],
        },
        {
          role: 'model',
          parts: [
            { text: 'Hm.', thought: true },
            { text: '', thoughtSignature: 'c2ln' },
            { functionCall: { id: 'a', name: 'look', args: { at: 1.0 } }, thought_signature: 'c2ln' },
            { executableCode: { language: 'PYTHON', code: '1', id: 'x' } },
            { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1', id: 'x' } },
            { toolCall: { toolType: 'GOOGLE_SEARCH_WEB', args: {} } },
            { toolResponse: { toolType: 'GOOGLE_SEARCH_WEB', response: {} } },
          ],
        },
        {
          role: 'function',
          parts: [
            {
              function_response: {
                id: 'a',
                name: 'look',
                response: { result: [1] },
                parts: [{ inlineData: { mimeType: 'image/png', data: 'aW1n' } }],
                scheduling: 'SILENT',
              },
            },
          ],
        },
      ],
      system_instruction: { parts: [{ text: 'Be brief.' }] },
      generation_config: {
        max_output_tokens: '100',
        thinking_config: { thinking_budget: -1 },
        topK: 3,
        speechConfig: {},
      },
      safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'OFF' }],
      tools: [
        { googleMaps: {} },
        {
          functionDeclarations: [
            { name: 'look', parameters: { type: 'OBJECT', properties: { at: { type: 'NUMBER', nullable: true } } } },
          ],
        },
      ],
      labels: { team: 'a' },
      somethingOfNextYear: true,
    }
    const answer = await rig.post(`/v1beta/models/${at('gemini')}:generateContent`, body)
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual(body)
    expect(answer.lost).toEqual([])
  })

  it('ID-04 what only Chat Completions knows reaches it as it came', async () => {
    const body = {
      model: at('openai-chat'),
      messages: [
        { role: 'developer', content: 'Be brief.', name: 'boss' },
        { role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } }] },
        { role: 'assistant', audio: { id: 'audio_1' } },
        { role: 'user', content: 'Go on', name: 'ada' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'call_1', type: 'custom', custom: { name: 'patch', input: 'a\n' } }],
        },
        { role: 'tool', tool_call_id: 'call_1', content: [{ type: 'text', text: 'ok' }] },
      ],
      tools: [{ type: 'custom', custom: { name: 'patch', format: { type: 'text' } } }],
      tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } },
      modalities: ['text', 'audio'],
      audio: { voice: 'marin', format: 'pcm16' },
      prediction: { type: 'content', content: 'a' },
      moderation: { model: 'omni-moderation-latest' },
      web_search_options: {},
      logit_bias: { 50256: -100 },
      n: 2,
      store: true,
      something_of_next_year: { a: 1 },
    }
    const answer = await rig.post('/v1/chat/completions', body)
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({ ...body, model: 'plain-model' })
    expect(answer.lost).toEqual([])
  })

  it.each(dialectIds)(
    'ID-07 (T19) order of keys, numbers and escapes reach %s as they were written',
    async (format) => {
      const model = at(format)
      const { path, body, headers } = formats[format].ask({
        model,
        turns: [{ user: 'Hi' }],
        tools: ['z', 'a', 'm'].map((name) => ({ name, schema: { type: 'object', properties: { b: {}, a: {} } } })),
      })
      const odd = JSON.stringify(body)
        .replace(
          /^\{/,
          '{ "zeta":1.0,\n\t"alpha" : 1e3 , "big":12345678901234567890, "text":"\\u00e9\\ud83c\\udfd4 /\\/", ',
        )
        .replace('"Hi"', '"H\\u0069"')
      const answer = await rig.post(path, odd, headers)
      expect(answer.status).toBe(200)
      expect(answer.raw).toBe(format === 'gemini' ? odd : renamed(odd, model))
    },
  )

  it('ID-08 what the vendor refuses under a later version is the client’s to know', async () => {
    const strictRig = await startRig()
    const answer = await strictRig.ask(
      'anthropic-messages',
      { model: at('anthropic-messages'), turns: [{ user: 'Hi' }], temperature: 0.5 },
      {},
      { 'anthropic-version': '2026-10-21' },
    )
    await strictRig.close()
    expect(answer.sent?.headers['anthropic-version']).toBe('2026-10-21')
    expect(answer.body.temperature).toBe(0.5)
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.text)).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringContaining('temperature') },
    })
  })
})

describe('answers', () => {
  it.each([
    ['anthropic-messages', 'event: of_next_year\ndata: {"type":"of_next_year","a":[1.0]}\n\n'],
    [
      'anthropic-messages',
      'event: content_block_start\ndata: {"type":"content_block_start","index":1,"content_block":{"type":"hologram","x":1}}\n\n' +
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":1,"delta":{"type":"photon_delta","y":2}}\n\n' +
        'event: content_block_stop\ndata: {"type":"content_block_stop","index":1}\n\n',
    ],
    ['openai-responses', 'event: response.of_next_year\ndata: {"type":"response.of_next_year","a":[1.0]}\n\n'],
    ['openai-chat', 'data: {"id":"1","object":"of.next.year","choices":[{"index":0,"delta":{"smell":"rose"}}]}\n\n'],
    ['gemini', 'data: {"candidates":[{"content":{"role":"model","parts":[{"smell":"rose"}]}}],"ofNextYear":[1.0]}\n\n'],
  ] as const)('ID-06 frames that nobody knows come back untouched: %s', async (format, frame) => {
    const [first = '', ...rest] = scripts[format].frames({ text: 'Hello.' })
    const told = [first, ...rest.slice(0, -3), frame, ...rest.slice(-3)].join('')
    rig.answer((response) => {
      response.setHeader('content-type', 'text/event-stream')
      response.end(told)
    })
    const wish = { model: at(format), stream: true, turns: [{ user: 'Hi' }] }
    const answer = await rig.ask(format, wish)
    expect(answer.text).toContain(frame)
    expect(answer.text.replaceAll(at(format), 'upstream-model')).toBe(told)
  })
})

const words = string({ minLength: 1, maxLength: 20 }).filter((word) => word.trim() !== '')
const inputs = dictionary(constantFrom('city', 'unit', 'when'), words)
const maybe = <T>(one: Arbitrary<T>) => option(one, { nil: undefined })

interface Step {
  readonly said: string | undefined
  readonly calls: readonly {
    readonly id: string
    readonly name: string
    readonly input: Json
    readonly result: string
  }[]
}

/** A request with as many steps of a tool loop behind it, and settings that any format can say. */
const stories = record({
  system: words,
  first: words,
  steps: array(
    record({
      said: maybe(words),
      calls: array(record({ id: uuid(), name: constantFrom('look'), input: inputs, result: words }), {
        minLength: 1,
        maxLength: 3,
      }),
    }),
    { maxLength: 3 },
  ),
  temperature: double({ min: 0, max: 1, noNaN: true }),
  maxOutput: integer({ min: 16, max: 4000 }),
  choice: maybe(constantFrom('auto' as const, 'none' as const, 'required' as const, { name: 'look' })),
})

/** A former answer as clients of each format keep it. */
const histories: Record<DialectId, (step: Step) => Json[]> = {
  'anthropic-messages': ({ said, calls }) => [
    ...(said ? [{ type: 'text', text: said }] : []),
    ...calls.map(({ id, name, input }) => ({ type: 'tool_use', id, name, input })),
  ],
  'openai-chat': ({ said, calls }) => [
    {
      role: 'assistant',
      content: said ?? null,
      tool_calls: calls.map(({ id, name, input }) => ({
        id,
        type: 'function',
        function: { name, arguments: JSON.stringify(input) },
      })),
    },
  ],
  'openai-responses': ({ said, calls }) => [
    ...(said
      ? [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: said, annotations: [] }] }]
      : []),
    ...calls.map(({ id, name, input }) => ({
      type: 'function_call',
      call_id: id,
      name,
      arguments: JSON.stringify(input),
    })),
  ],
  gemini: ({ said, calls }) => [
    ...(said ? [{ text: said }] : []),
    ...calls.map(({ id, name, input }) => ({ functionCall: { id, name, args: input } })),
  ],
}

const unseen = { text: '', thinking: '', stop: '', model: '', usage: { input: 0, output: 0, cached: 0, reasoning: 0 } }

const turnsOf = (format: DialectId, first: string, steps: readonly Step[]): WishedTurn[] => [
  { user: first },
  ...steps.flatMap((step): WishedTurn[] => [
    { answer: { ...unseen, calls: step.calls, history: histories[format](step) } },
    { results: step.calls.map((call) => ({ call, text: call.result })) },
  ]),
]

/** The numbers of a request, wherever its format puts them. */
const settings = (body: Json): unknown[] => [
  body.temperature ?? body.generationConfig?.temperature,
  body.max_tokens ?? body.max_completion_tokens ?? body.max_output_tokens ?? body.generationConfig?.maxOutputTokens,
]

it.each(dialectIds)('ID-05 read and written again, a request of %s says the same', (format) => {
  const { client, upstream } = dialects[format]
  assert(
    property(stories, ({ first, steps, choice, ...story }) => {
      const { body, headers = {} } = formats[format].ask({
        ...story,
        model: 'plain-model',
        tools: [{ name: 'look', description: 'Looks', schema: { type: 'object', properties: { city: {} } } }],
        turns: turnsOf(format, first, steps),
        ...(choice && { choice }),
      })
      const read = client.readRequest({ body, headers, path: { model: 'plain-model', stream: false } })
      if (!read.ok) throw new Error(read.fault.message)
      const target = { model: 'plain-model', capabilities: anyModel, quirks: upstream.quirks }
      // The codec is given its own quirks, which the union of all codecs cannot say.
      const written = upstream.writeRequest(read.value, target as Parameters<typeof upstream.writeRequest>[1])
      if (!written.ok) throw new Error(written.fault.message)
      // What leaves is JSON: absent and undefined are one.
      const told: Json = JSON.parse(JSON.stringify(written.value.body))
      expect(comparable(format, heard[format](told))).toEqual(comparable(format, heard[format](body)))
      expect(settings(told)).toEqual(settings(body))
    }),
    { numRuns: 200, seed: 7 },
  )
})

/** Gemini’s developer API pairs calls by their order and gets no ids; `auto` need not be said. */
const comparable = (format: DialectId, told: Heard): unknown => ({
  ...told,
  choice: told.choice ?? 'auto',
  turns:
    format === 'gemini'
      ? told.turns.map(({ role, parts }) => ({ role, parts: parts.map(({ id: _, ...part }) => part) }))
      : told.turns,
})
