import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bedrockConverse } from '../../../src/dialects/bedrock-converse/index.ts'
import { anyModel } from '../../../src/model/capability.ts'
import type { Part } from '../../../src/model/part.ts'
import type { ChatRequest } from '../../../src/model/request.ts'
import {
  ask,
  assistant,
  call,
  claudeTraits,
  lostFields,
  type Model,
  result,
  user,
  weather,
  write,
  written,
} from './asking.ts'

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const pdf = Buffer.from('%PDF-1.7').toString('base64')
const text = (said: string, cache?: '5m' | '1h'): Part => ({
  kind: 'text',
  text: said,
  ...(cache && { cache: { ttl: cache } }),
})
const thought = (dialect: 'bedrock-converse' | 'anthropic-messages', form: 'raw' | 'redacted' = 'raw'): Part => ({
  kind: 'thinking',
  text: form === 'raw' ? 'hm' : '',
  form,
  seal: { dialect, kind: form === 'raw' ? 'signature' : 'redacted', data: 'U0lH' },
})
const image = (source: Extract<Part, { kind: 'media' }>['source']): Part => ({ kind: 'media', media: 'image', source })
const document = (title?: string): Part => ({
  kind: 'media',
  media: 'document',
  mime: 'application/pdf',
  source: { kind: 'base64', data: pdf },
  ...(title !== undefined && { title }),
})

describe('messages', () => {
  it.each<[string, ChatRequest['turns'], unknown]>([
    ['text', [user('Hi')], [{ role: 'user', content: [{ text: 'Hi' }] }]],
    [
      'turns of one role become one, the first is the user’s',
      [assistant('A'), user('B'), user('C')],
      [
        { role: 'user', content: [{ text: '(conversation resumed)' }] },
        { role: 'assistant', content: [{ text: 'A' }] },
        { role: 'user', content: [{ text: 'B' }, { text: 'C' }] },
      ],
    ],
    [
      'a tool loop',
      [
        user('Hi'),
        assistant('Let me see.', call('c1', 'weather', '{"city":"Oslo"}')),
        user(result('c1', text('Rain'))),
      ],
      [
        { role: 'user', content: [{ text: 'Hi' }] },
        {
          role: 'assistant',
          content: [
            { text: 'Let me see.' },
            { toolUse: { toolUseId: 'c1', name: 'weather', input: { city: 'Oslo' } } },
          ],
        },
        { role: 'user', content: [{ toolResult: { toolUseId: 'c1', content: [{ text: 'Rain' }] } }] },
      ],
    ],
    [
      'a picture',
      [user('What?', image({ kind: 'base64', data: png }))],
      [{ role: 'user', content: [{ text: 'What?' }, { image: { format: 'png', source: { bytes: png } } }] }],
    ],
    [
      'a picture in S3',
      [user(image({ kind: 'url', url: 's3://bucket/cat.jpg' }))],
      [
        {
          role: 'user',
          content: [{ image: { format: 'jpeg', source: { s3Location: { uri: 's3://bucket/cat.jpg' } } } }],
        },
      ],
    ],
    [
      'documents get legal names of their own, and a text beside them',
      [user(document('Ünder  the/sea.pdf'), document('Ünder  the/sea.pdf'))],
      [
        {
          role: 'user',
          content: [
            { document: { name: '-nder the-sea', format: 'pdf', source: { bytes: pdf } } },
            { document: { name: '-nder the-sea (2)', format: 'pdf', source: { bytes: pdf } } },
            { text: '(document attached)' },
          ],
        },
      ],
    ],
    [
      'own thoughts go back, withheld ones too; others do not',
      [
        user('Hi'),
        assistant(
          thought('bedrock-converse'),
          thought('bedrock-converse', 'redacted'),
          thought('anthropic-messages'),
          'A',
        ),
        user('B'),
      ],
      [
        { role: 'user', content: [{ text: 'Hi' }] },
        {
          role: 'assistant',
          content: [
            { reasoningContent: { reasoningText: { text: 'hm', signature: 'U0lH' } } },
            { reasoningContent: { redactedContent: 'U0lH' } },
            { text: 'A' },
          ],
        },
        { role: 'user', content: [{ text: 'B' }] },
      ],
    ],
  ])('%s', (_name, turns, expected) => {
    expect(written(ask({ turns })).body.messages).toEqual(expected)
  })

  it('results that failed or are empty', () => {
    const failed: Part = { ...(result('c1') as Extract<Part, { kind: 'tool_result' }>), isError: true }
    const { body } = written(ask({ turns: [user('Hi'), assistant(call('c1', 'weather')), user(failed)] }))
    expect(body.messages).toHaveProperty('[2].content[0].toolResult', {
      toolUseId: 'c1',
      content: [{ text: '(no output)' }],
      status: 'error',
    })
  })

  it.each<[string, Part, string]>([
    [
      'a picture of another kind',
      { kind: 'media', media: 'image', mime: 'image/svg+xml', source: { kind: 'base64', data: 'PHN2Zz4=' } },
      'messages[0].content[0]',
    ],
    [
      'a file of another vendor',
      image({ kind: 'file', id: 'file-1', dialect: 'openai-chat' }),
      'messages[0].content[0]',
    ],
  ])('refuses %s by name', (_name, part, param) => {
    expect(write(ask({ turns: [user(part)] }))).toMatchObject({ class: 'unsupported', param })
  })

  it('refuses to answer nothing', () => {
    expect(write(ask({ turns: [user(' ')] }))).toMatchObject({ class: 'invalid', param: 'messages' })
  })

  it.each([
    [image({ kind: 'url', url: 'https://x.example/a.png' }), true],
    [image({ kind: 'url', url: 's3://b/a.png' }), false],
    [image({ kind: 'url', url: `data:image/png;base64,${png}` }), false],
    [image({ kind: 'base64', data: png }), false],
  ])('%# is inlined only where it must be', (part, expected) => {
    const target = { model: 'm', capabilities: anyModel, quirks: bedrockConverse.quirks }
    expect(part.kind === 'media' && bedrockConverse.mustInline(part, target)).toBe(expected)
  })
})

describe('cache marks', () => {
  const marked = ask({
    system: [text('S', '1h')],
    turns: [user(text('Hi', '5m'))],
    tools: [{ ...weather, cache: { ttl: '5m' } }],
  })

  it('become points behind what they mark', () => {
    const { body, lost } = written(marked, { traits: claudeTraits })
    expect(body.system).toEqual([{ text: 'S' }, { cachePoint: { type: 'default', ttl: '1h' } }])
    expect(body.messages).toEqual([{ role: 'user', content: [{ text: 'Hi' }, { cachePoint: { type: 'default' } }] }])
    expect(body.toolConfig).toHaveProperty('tools[1]', { cachePoint: { type: 'default' } })
    expect(lost).toEqual([])
  })

  it('are lost where the model has none', () => {
    expect(lostFields(written(marked))).toContain('dropped cache_control')
  })

  it('mark the end by themselves when asked to', () => {
    const { body } = written(ask({ cache: { auto: { ttl: '5m' } } }), { traits: claudeTraits })
    expect(body.messages).toHaveProperty('[0].content[1]', { cachePoint: { type: 'default' } })
  })
})

describe('tools', () => {
  const spec = {
    toolSpec: { name: 'weather', description: 'Tells the weather.', inputSchema: { json: weather.schema } },
  }

  it.each<[string, Partial<ChatRequest>, unknown, string[]]>([
    ['auto', {}, { tools: [spec] }, []],
    ['required', { toolChoice: { mode: 'required' } }, { tools: [spec], toolChoice: { any: {} } }, []],
    [
      'one forced',
      { toolChoice: { mode: 'required', only: [{ name: 'weather' }] } },
      { tools: [spec], toolChoice: { tool: { name: 'weather' } } },
      [],
    ],
    ['none', { toolChoice: { mode: 'none' } }, undefined, []],
    [
      'none after a call',
      {
        toolChoice: { mode: 'none' },
        turns: [user('Hi'), assistant(call('c', 'weather')), user(result('c', text('R')))],
      },
      { tools: [spec] },
      ['changed tool_choice'],
    ],
    [
      'calls in the history of tools that are gone',
      { tools: [], turns: [user('Hi'), assistant(call('c', 'old tool')), user(result('c', text('R')))] },
      {
        tools: [
          {
            toolSpec: {
              name: expect.stringMatching(/^old_tool_[0-9a-f]{8}$/),
              inputSchema: { json: { type: 'object' } },
            },
          },
        ],
      },
      [],
    ],
    [
      'web search is left out by name',
      {
        tools: [
          weather,
          {
            kind: 'server',
            tool: 'web_search',
            dialect: 'anthropic-messages',
            type: 't',
            name: 'web_search',
            value: {},
          },
        ],
      },
      { tools: [spec] },
      ['dropped web_search'],
    ],
  ])('%s', (_name, over, expected, lost) => {
    const done = written(ask({ tools: [weather], ...over }))
    expect(done.body.toolConfig).toEqual(expected)
    expect(lostFields(done)).toEqual(lost)
  })

  it('of free text become functions, and the way back is known', () => {
    const { body, tools } = written(ask({ tools: [{ kind: 'custom', name: 'apply_patch', description: 'Patches.' }] }))
    expect(body.toolConfig).toHaveProperty('tools[0].toolSpec.inputSchema.json.required', ['input'])
    expect(tools.get('apply_patch')).toMatchObject({ name: 'apply_patch', tool: { flavor: 'custom' }, wrapped: true })
  })

  it('that only a vendor runs are refused', () => {
    const code = {
      kind: 'server',
      tool: 'code',
      dialect: 'anthropic-messages',
      type: 't',
      name: 'code_execution',
      value: {},
    } as const
    expect(write(ask({ tools: [code] }))).toMatchObject({ class: 'unsupported', param: 'tools[0]' })
    expect(
      write(ask({ tools: [{ kind: 'opaque', dialect: 'anthropic-messages', type: 'computer', value: {} }] })),
    ).toMatchObject({
      class: 'unsupported',
      param: 'tools[0]',
    })
  })

  it('are refused for models without tools, not dropped', () => {
    expect(write(ask({ tools: [weather] }), { capabilities: { tools: false } })).toMatchObject({
      class: 'unsupported',
      param: 'tools',
      message: expect.stringContaining('"m"'),
    })
  })

  it('cannot be forced everywhere: then the model is told in words', () => {
    const done = written(ask({ tools: [weather], toolChoice: { mode: 'required' } }), {
      traits: { forcedTools: false },
    })
    expect(done.body.toolConfig).not.toHaveProperty('toolChoice')
    expect(done.body.system).toEqual([{ text: 'Answer by calling one of the tools now.' }])
    expect(lostFields(done)).toEqual(['changed tool_choice'])
  })

  it('one at a time is done on the answer', () => {
    expect(written(ask({ tools: [weather], parallel: false })).emulate).toEqual({ firstCallOnly: true })
  })
})

describe('thinking', () => {
  const budgeted: Model = {
    traits: claudeTraits,
    capabilities: {
      thinks: true,
      thinkingForms: ['enabled', 'disabled'],
      efforts: [],
      maxOutput: 64_000,
      budget: { min: 1024, max: 63_999, canBeOff: true },
    },
  }
  const adaptive: Model = {
    traits: claudeTraits,
    capabilities: {
      thinks: true,
      thinkingForms: ['adaptive', 'disabled'],
      efforts: ['low', 'medium', 'high'],
      hidesThoughts: true,
    },
  }
  const always: Model = {
    traits: claudeTraits,
    capabilities: { ...adaptive.capabilities, thinkingForms: ['adaptive'] },
  }

  it.each<[string, Model, ChatRequest['thinking'], unknown, string[]]>([
    ['not said', budgeted, { mode: 'default' }, undefined, []],
    ['a budget', budgeted, { mode: 'on', budget: 2000 }, { thinking: { type: 'enabled', budget_tokens: 2000 } }, []],
    [
      'an effort as budget',
      budgeted,
      { mode: 'on', effort: 'low' },
      { thinking: { type: 'enabled', budget_tokens: 6400 } },
      [],
    ],
    ['off', budgeted, { mode: 'off' }, { thinking: { type: 'disabled' } }, []],
    [
      'an effort',
      adaptive,
      { mode: 'on', effort: 'high' },
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'high' } },
      [],
    ],
    [
      'an effort that is too high',
      adaptive,
      { mode: 'on', effort: 'max', show: 'none' },
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
      ['changed thinking'],
    ],
    [
      'off where it cannot be',
      always,
      { mode: 'off' },
      { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } },
      ['changed thinking'],
    ],
    [
      'OpenAI’s field',
      { traits: { thinking: 'reasoning_effort' } },
      { mode: 'on', effort: 'medium' },
      { reasoning_effort: 'medium' },
      [],
    ],
    [
      'Amazon’s field',
      { traits: { thinking: 'reasoningConfig' }, capabilities: { efforts: ['low', 'medium', 'high'] } },
      { mode: 'on', effort: 'low' },
      { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } },
      [],
    ],
    ['no field', {}, { mode: 'on', effort: 'low' }, undefined, ['dropped thinking']],
    ['no field, and not wanted', {}, { mode: 'off' }, undefined, []],
  ])('%s', (_name, model, thinking, expected, lost) => {
    const done = written(ask({ thinking }), model)
    expect(done.body.additionalModelRequestFields).toEqual(expected)
    expect(lostFields(done)).toEqual(lost)
  })

  it('leaves room for the text', () => {
    const done = written(ask({ thinking: { mode: 'on', budget: 2000 } }), budgeted)
    expect(done.body.inferenceConfig).toEqual({ maxTokens: 10_192 })
  })

  it('stays below the output limit, and off where that is too low', () => {
    const at = (maxOutput: number) => written(ask({ maxOutput, thinking: { mode: 'on', budget: 5000 } }), budgeted).body
    expect(at(3000).additionalModelRequestFields).toEqual({ thinking: { type: 'enabled', budget_tokens: 2999 } })
    expect(at(1000).additionalModelRequestFields).toBeUndefined()
  })

  it('gives way to a forced call', () => {
    const done = written(
      ask({ tools: [weather], toolChoice: { mode: 'required' }, thinking: { mode: 'on', budget: 2000 } }),
      budgeted,
    )
    expect(done.body.additionalModelRequestFields).toBeUndefined()
    expect(lostFields(done)).toEqual(['changed thinking'])
  })
})

describe('options', () => {
  it.each<[string, Partial<ChatRequest>, Model, unknown, string[]]>([
    ['sampling', { sampling: { temperature: 0.5, topP: 0.9 } }, {}, { temperature: 0.5, topP: 0.9 }, []],
    ['too hot', { sampling: { temperature: 1.5 } }, {}, { temperature: 1 }, ['changed temperature']],
    [
      'one of two',
      { sampling: { temperature: 0.5, topP: 0.9 } },
      { traits: claudeTraits },
      { temperature: 0.5 },
      ['dropped top_p'],
    ],
    [
      'no sampling',
      { sampling: { temperature: 0.5, topP: 0.9 } },
      { capabilities: { sampling: 'no' } },
      undefined,
      ['dropped temperature', 'dropped top_p'],
    ],
    [
      'defaults are no loss',
      { sampling: { temperature: 1, topP: 1, n: 1, presencePenalty: 0 } },
      { capabilities: { sampling: 'no' } },
      undefined,
      [],
    ],
    ['a limit', { maxOutput: 100 }, {}, { maxTokens: 100 }, []],
    [
      'a limit that is too high',
      { maxOutput: 100_000 },
      { capabilities: { maxOutput: 8192 } },
      { maxTokens: 8192 },
      ['changed max_tokens'],
    ],
    ['stop strings', { sampling: { stop: ['X'] } }, {}, { stopSequences: ['X'] }, []],
    [
      'fields without a place',
      { sampling: { seed: 1, topK: 5, logprobs: true }, identity: { endUser: 'u' }, native: { store: true } },
      {},
      undefined,
      ['dropped top_k', 'dropped seed', 'dropped logprobs', 'dropped user', 'dropped store'],
    ],
  ])('%s', (_name, over, model, expected, lost) => {
    const done = written(ask(over), model)
    expect(done.body.inferenceConfig).toEqual(expected)
    expect(lostFields(done)).toEqual(lost)
  })

  it('asks which stop string was met, and looks for them itself where the model does not', () => {
    const stop = ask({ sampling: { stop: ['X'] } })
    expect(written(stop).body.additionalModelResponseFieldPaths).toEqual(['/stop_sequence', '/delta/stop_sequence'])
    expect(written(stop, { capabilities: { stopSequences: false } }).emulate).toEqual({ stop: ['X'] })
  })

  it('sends top_k to models that take Anthropic’s fields', () => {
    const { body } = written(ask({ sampling: { topK: 5 } }), { traits: claudeTraits })
    expect(body.additionalModelRequestFields).toEqual({ top_k: 5 })
  })

  it.each([
    ['standard', { type: 'default' }],
    ['flex', { type: 'flex' }],
    ['auto', undefined],
    ['scale', undefined],
  ] as const)('tier %s', (tier, expected) => {
    expect(written(ask({ tier })).body.serviceTier).toEqual(expected)
  })

  it.each([
    ['n', { sampling: { n: 2 } }],
    ['modalities', { output: { format: { kind: 'text' }, modalities: ['audio'] } }],
  ] as const)('refuses %s', (param, over) => {
    expect(write(ask(over))).toMatchObject({ class: 'unsupported', param })
  })
})

describe('the form of the answer', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }
  const output: ChatRequest['output'] = { format: { kind: 'schema', schema, name: 'my answer' } }

  it('is asked for natively', () => {
    const { body, emulate } = written(ask({ output }), { traits: claudeTraits })
    expect(body.outputConfig).toEqual({
      textFormat: {
        type: 'json_schema',
        structure: { jsonSchema: { schema: JSON.stringify(schema), name: 'my_answer' } },
      },
    })
    expect(emulate).toBeUndefined()
  })

  it('or by a tool that must be called', () => {
    const { body, emulate } = written(ask({ output }))
    expect(body.toolConfig).toMatchObject({
      toolChoice: { tool: { name: 'answer' } },
      tools: [{ toolSpec: { inputSchema: { json: schema } } }],
    })
    expect(emulate).toEqual({ textFromTool: 'answer' })
  })

  it('or in words, beside the client’s own tools', () => {
    const done = written(ask({ output, tools: [weather] }))
    expect(done.body.system).toEqual([{ text: expect.stringContaining(JSON.stringify(schema)) }])
    expect(lostFields(done)).toEqual(['changed response_format'])
  })

  it('of one word among several', () => {
    const { emulate, body } = written(ask({ output: { format: { kind: 'enum', values: ['yes', 'no'] } } }))
    expect(emulate).toEqual({ textFromTool: 'answer', textFromValue: true })
    expect(body.toolConfig).toHaveProperty('tools[0].toolSpec.inputSchema.json.properties.value.enum', ['yes', 'no'])
  })

  it('JSON of any shape, in words', () => {
    const done = written(ask({ output: { format: { kind: 'json' } } }))
    expect(done.body.system).toEqual([{ text: 'Reply with one JSON object only.' }])
  })
})

describe('the counter', () => {
  it('is asked with what counts', () => {
    const target = { model: 'm', capabilities: anyModel, quirks: bedrockConverse.quirks }
    const asked = bedrockConverse.count?.writeRequest(ask({ system: [text('S')], maxOutput: 5 }), target)
    expect(asked).toMatchObject({
      ok: true,
      value: { input: { converse: { messages: [{ role: 'user' }], system: [{ text: 'S' }] } } },
    })
    expect(bedrockConverse.count?.readReply({ inputTokens: 7 })).toBe(7)
    expect(bedrockConverse.count?.readReply([])).toBeUndefined()
  })

  it('has a path of its own', () => {
    const target = { model: 'us.x:0', capabilities: anyModel, quirks: bedrockConverse.quirks }
    expect((['unary', 'stream', 'count'] as const).map((action) => bedrockConverse.path(target, action))).toEqual([
      '/model/us.x%3A0/converse',
      '/model/us.x%3A0/converse-stream',
      '/model/us.x%3A0/count-tokens',
    ])
  })
})

describe('the same history', () => {
  const part = fc.oneof(
    fc.string().map((said) => text(said)),
    fc
      .record({ id: fc.string(), name: fc.string({ minLength: 1 }), said: fc.string() })
      .map(({ id, name, said }) => call(id, name, said)),
    fc.string().map((id) => result(id, text('r'))),
  )
  const turn = fc.record({
    role: fc.constantFrom('user' as const, 'assistant' as const, 'system' as const),
    parts: fc.array(part, { maxLength: 4 }),
  })

  it('gives the same lawful bytes, whatever was said', () => {
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 6 }), (turns) => {
        const [first, second] = [write(ask({ turns })), write(ask({ turns }))]
        expect(JSON.stringify(first)).toBe(JSON.stringify(second))
        if ('class' in first) return
        // The body was written just now by this codec.
        const messages = first.body.messages as { role: string; content: unknown[] }[]
        expect(messages.map(({ role }) => role)).toEqual(messages.map((_, at) => (at % 2 === 0 ? 'user' : 'assistant')))
        expect(messages.every(({ content }) => content.length > 0)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})
