import { describe, expect, it } from 'vitest'
import type { Written } from '../../../src/dialects/dialect.ts'
import { gemini } from '../../../src/dialects/gemini/index.ts'
import type { GeminiQuirks } from '../../../src/dialects/gemini/quirks.ts'
import type { Capabilities } from '../../../src/model/capability.ts'
import type { MediaPart, Part } from '../../../src/model/part.ts'
import type { ChatRequest, FunctionTool, Turn } from '../../../src/model/request.ts'
import { ask, call, gemini3, gemini25, model, read, result, seal, target, text, user } from './support.ts'

const write = (
  request: Partial<ChatRequest>,
  capabilities: Partial<Capabilities> = {},
  quirks: Partial<GeminiQuirks> = {},
) => gemini.upstream.writeRequest(ask(request), target(capabilities, quirks))

function written(...args: Parameters<typeof write>): Written {
  const result = write(...args)
  if (!result.ok) throw new Error(result.fault.message)
  return result.value
}

const bodyOf = (...args: Parameters<typeof write>) => written(...args).body
const lostIn = (...args: Parameters<typeof write>) => written(...args).lost.map((loss) => loss.field)
const contentsOf = (turns: readonly Turn[], ...more: [Partial<Capabilities>?, Partial<GeminiQuirks>?]) =>
  bodyOf({ turns }, ...more).contents

const f: FunctionTool = { kind: 'function', name: 'f', description: 'F', schema: { type: 'object', properties: {} } }
const search = {
  kind: 'server',
  tool: 'web_search',
  dialect: 'anthropic-messages',
  type: 'web_search_20250305',
  name: 'web_search',
  value: {},
} as const
const image: MediaPart = { kind: 'media', media: 'image', mime: 'image/png', source: { kind: 'base64', data: 'AAAA' } }
const standIn = 'skip_thought_signature_validator'

describe('contents', () => {
  it('is the next turn of the golden history (§2.7)', () => {
    const turns = [
      user('Weather?'),
      model(text('Checking.'), { ...call('a', 'get_w', '{"c":"Oslo"}'), seal: seal('Z3cx') }, call('b')),
      user(result('b', 'rain'), result('a', 'sun')),
    ]
    expect(contentsOf(turns, gemini3)).toEqual([
      { role: 'user', parts: [{ text: 'Weather?' }] },
      {
        role: 'model',
        parts: [
          { text: 'Checking.' },
          { functionCall: { name: 'get_w', args: { c: 'Oslo' } }, thoughtSignature: 'Z3cx' },
          { functionCall: { name: 'get_w', args: {} } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { name: 'get_w', response: { output: 'sun' } } },
          { functionResponse: { name: 'get_w', response: { output: 'rain' } } },
        ],
      },
    ])
  })

  const cases: { name: string; turns: Turn[]; contents: unknown[] }[] = [
    {
      name: 'neighbours of one role become one (SY-07)',
      turns: [user('a'), user('b'), user('c')],
      contents: [{ role: 'user', parts: [{ text: 'a' }, { text: 'b' }, { text: 'c' }] }],
    },
    {
      name: 'a history that the model begins gets a user first (SY-06)',
      turns: [model('a'), user('b')],
      contents: [{ parts: [{ text: '(conversation resumed)' }] }, { role: 'model' }, { role: 'user' }],
    },
    {
      name: 'empty texts and turns are left out (SY-08)',
      turns: [user('a', ' '), model(''), user('b')],
      contents: [{ role: 'user', parts: [{ text: 'a' }, { text: 'b' }] }],
    },
    {
      name: 'instructions in between are the user’s at their place (SY-03)',
      turns: [user('a'), { role: 'system', parts: [text('Be brief.')] }],
      contents: [{ parts: [{ text: 'a' }, { text: expect.stringContaining('Be brief.') }] }],
    },
    {
      name: 'results stand first, and a missing one is made (T88, TL-23, TL-24)',
      turns: [user('a'), model(call('a'), call('b')), user('and', result('b', 'x'))],
      contents: [
        {},
        {},
        {
          parts: [
            { functionResponse: { response: { error: expect.stringContaining('no result') } } },
            { functionResponse: { response: { output: 'x' } } },
            { text: 'and' },
          ],
        },
      ],
    },
    {
      name: 'errors say so (TL-20)',
      turns: [user('a'), model(call('a')), user(result('a', 'bad', true))],
      contents: [{}, {}, { parts: [{ functionResponse: { response: { error: 'bad' } } }] }],
    },
    {
      name: 'arguments become objects',
      turns: [user('a'), model(call('a', 'f', '[1]'), call('b', 'f', '')), user(result('a', ''), result('b', ''))],
      contents: [{}, { parts: [{ functionCall: { args: { value: [1] } } }, { functionCall: { args: {} } }] }, {}],
    },
    {
      name: 'free text is the one argument of a custom tool',
      turns: [
        user('a'),
        model({ ...call('a', 'patch', 'raw\n'), tool: { flavor: 'custom' } } as Part),
        user(result('a', 'ok')),
      ],
      contents: [{}, { parts: [{ functionCall: { name: 'patch', args: { input: 'raw\n' } } }] }, {}],
    },
    {
      name: 'a speaker’s name stands before the words',
      turns: [{ ...user('hello'), name: 'ann' }],
      contents: [{ parts: [{ text: '[ann] hello' }] }],
    },
    {
      name: 'a document is its text below its title',
      turns: [
        user({ kind: 'media', media: 'document', title: 'T', source: { kind: 'text', text: 'body' } }),
        user({ ...image, media: 'document', mime: 'application/pdf', title: 'P', context: 'C' }),
      ],
      contents: [
        {
          parts: [
            { text: 'T\n\nbody' },
            { text: 'P\nC' },
            { inlineData: { mimeType: 'application/pdf', data: 'AAAA' } },
          ],
        },
      ],
    },
    {
      name: 'a film of the vendor’s own with its stretch',
      turns: [
        user({
          kind: 'media',
          media: 'video',
          mime: 'video/mp4',
          source: { kind: 'file', id: 'gs://b/a.mp4', dialect: 'gemini' },
          clip: { start: '1s', fps: 2 },
        }),
      ],
      contents: [
        {
          parts: [
            {
              fileData: { fileUri: 'gs://b/a.mp4', mimeType: 'video/mp4' },
              videoMetadata: { startOffset: '1s', fps: 2 },
            },
          ],
        },
      ],
    },
    {
      name: 'code that this vendor ran comes back as it was',
      turns: [
        user('a'),
        model({
          kind: 'server_call',
          id: 's',
          tool: 'code',
          name: 'code_execution',
          arguments: '{}',
          native: { dialect: 'gemini', value: { executableCode: { code: 'x', language: 'PYTHON' } } },
          seal: seal('YQ=='),
        }),
        user('b'),
      ],
      contents: [{}, { parts: [{ executableCode: { code: 'x' }, thoughtSignature: 'YQ==' }] }, {}],
    },
  ]

  it.each(cases)('$name', ({ turns, contents }) => {
    const made = contentsOf(turns)
    expect(made).toHaveLength(contents.length)
    expect(made).toMatchObject(contents)
  })

  it('goes on after an answer that was begun (SY-09)', () => {
    expect(contentsOf([user('a'), model('{')])).toMatchObject([
      {},
      {},
      { role: 'user', parts: [{ text: 'Continue.' }] },
    ])
  })

  it('says ids only where they are wanted', () => {
    const turns = [user('a'), model(call('c1', 'f')), user(result('c1', 'x'))]
    expect(contentsOf(turns, {}, { callIds: true })).toMatchObject([
      {},
      { parts: [{ functionCall: { id: 'c1' } }] },
      { parts: [{ functionResponse: { id: 'c1' } }] },
    ])
    expect(JSON.stringify(contentsOf(turns))).not.toContain('"id"')
  })

  it('puts pictures of a result inside it on newer models, behind it on older ones (TL-22)', () => {
    const turns = [user('a'), model(call('a'), call('b')), user(result('a', [text('see'), image]), result('b', 'x'))]
    const inline = { inlineData: { mimeType: 'image/png', data: 'AAAA' } }
    expect(contentsOf(turns, gemini3)).toMatchObject([
      {},
      {},
      { parts: [{ functionResponse: { response: { output: 'see' }, parts: [inline] } }, { functionResponse: {} }] },
    ])
    expect(contentsOf(turns, gemini25)).toMatchObject([
      {},
      {},
      { parts: [{ functionResponse: { response: { output: 'see' } } }, { functionResponse: {} }, inline] },
    ])
  })

  it('gives pictures inside a result nothing but their bytes', () => {
    const shown = { ...image, detail: 'high' } as const
    const turns = [user('a'), model(call('a')), user(result('a', [shown]))]
    const inline = { inlineData: { mimeType: 'image/png', data: 'AAAA' } }
    expect(contentsOf(turns, gemini3)).toEqual([
      expect.anything(),
      expect.anything(),
      { role: 'user', parts: [{ functionResponse: expect.objectContaining({ parts: [inline] }) }] },
    ])
  })

  it.each<[string, MediaPart]>([
    ['a file of another vendor', { ...image, source: { kind: 'file', id: 'file_1', dialect: 'openai-chat' } }],
    ['an office document', { ...image, media: 'file', mime: 'application/msword' }],
  ])('refuses %s', (_, part) => {
    expect(write({ turns: [user(part)] })).toMatchObject({
      ok: false,
      fault: { class: 'unsupported', param: 'messages' },
    })
  })
})

describe('thought signatures', () => {
  const foreign = { dialect: 'anthropic-messages', kind: 'signature', data: 'x' } as const
  const signatures = (turns: readonly Turn[], capabilities: Partial<Capabilities> = gemini3) =>
    (contentsOf(turns, capabilities) as { parts: { thoughtSignature?: string }[] }[]).map(({ parts }) =>
      parts.map((part) => part.thoughtSignature),
    )

  const steps = [
    user('a'),
    model(call('1'), call('2')),
    user(result('1', 'x'), result('2', 'y')),
    model(text('so'), call('3')),
    user(result('3', 'z')),
  ]

  it('stands in for the first call of every step of the current turn (T74, T75, TH-13)', () => {
    const made = signatures(steps)
    expect(made[1]).toEqual([standIn, undefined])
    expect(made[3]).toEqual([undefined, standIn])
    expect(lostIn({ turns: steps }, gemini3)).toEqual(['thought_signature', 'thought_signature'])
  })

  it('leaves it there when the turn is over, for the prompt cache, and models that sign nothing alone', () => {
    expect(signatures([...steps, model('done'), user('next')]).slice(0, steps.length)).toEqual(signatures(steps))
    expect(signatures(steps, gemini25).flat()).not.toContain(standIn)
  })

  it('uses the vendor’s own', () => {
    const own = [
      user('a'),
      model({ ...call('1'), seal: seal('YQ==') }, call('2')),
      user(result('1', 'x'), result('2', 'y')),
    ]
    expect(signatures(own)[1]).toEqual(['YQ==', undefined])
    expect(lostIn({ turns: own }, gemini3)).toEqual([])
  })

  it('puts the seal of a withheld thought on what follows (TH-11)', () => {
    const hidden: Part = { kind: 'thinking', text: '', form: 'redacted', seal: seal('YQ==') }
    const turns = [user('a'), model(hidden, call('1'), call('2')), user(result('1', 'x'), result('2', 'y'))]
    expect(signatures(turns)[1]).toEqual(['YQ==', undefined])
    expect(contentsOf([user('a'), model('b', hidden), user('c')])).toMatchObject([
      {},
      { parts: [{ text: 'b' }, { text: '', thoughtSignature: 'YQ==' }] },
      {},
    ])
  })

  it('sends thoughts back to their maker alone', () => {
    const thought = (of: typeof foreign | ReturnType<typeof seal>): Part => ({
      kind: 'thinking',
      text: 'Hm',
      form: 'summary',
      seal: of,
    })
    expect(contentsOf([user('a'), model(thought(seal('YQ==')), 'b'), user('c')])).toMatchObject([
      {},
      { parts: [{ text: 'Hm', thought: true, thoughtSignature: 'YQ==' }, { text: 'b' }] },
      {},
    ])
    expect(contentsOf([user('a'), model(thought(foreign), 'b'), user('c')])).toMatchObject([
      {},
      { parts: [{ text: 'b' }] },
      {},
    ])
  })
})

describe('tools', () => {
  const configOf = (request: Partial<ChatRequest>, capabilities: Partial<Capabilities> = {}) =>
    bodyOf({ tools: [f], ...request }, capabilities).toolConfig

  it('declares functions by JSON schema, cleaned of what is refused (T83)', () => {
    const schema = { $schema: 'x', type: 'object', properties: { a: { const: 'b' } }, additionalProperties: false }
    const [tool] = bodyOf({ tools: [{ ...f, schema }] }).tools as { functionDeclarations: Record<string, unknown>[] }[]
    const [declared] = tool?.functionDeclarations ?? []
    expect(declared).toMatchObject({ name: 'f', description: 'F', parametersJsonSchema: { type: 'object' } })
    expect(JSON.stringify(declared)).not.toMatch(/\$schema|"const"/)
  })

  it('declares them in the old way to old servers (T84)', () => {
    const schema = { type: 'object', properties: { a: { type: ['string', 'null'] } }, additionalProperties: false }
    const tools = bodyOf(
      {
        tools: [
          { ...f, schema },
          { ...f, name: 'g' },
        ],
      },
      {},
      { schemaField: 'openapi' },
    ).tools
    expect(tools).toMatchObject([
      {
        functionDeclarations: [{ name: 'f', parameters: { properties: { a: { nullable: true } } } }, { name: 'g' }],
      },
    ])
    expect(JSON.stringify(tools)).not.toMatch(/additionalProperties|JsonSchema/)
  })

  it('gives a function without description its name', () => {
    const { description: _, ...bare } = f
    expect(bodyOf({ tools: [bare] }).tools).toMatchObject([{ functionDeclarations: [{ description: 'f' }] }])
  })

  it('makes names legal, and knows the way back', () => {
    const { body, tools } = written({ tools: [{ ...f, name: '1 a/b' }] })
    const [tool] = body.tools as { functionDeclarations: { name: string }[] }[]
    const name = tool?.functionDeclarations[0]?.name ?? ''
    expect(name).toMatch(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/)
    expect(tools.get(name)).toMatchObject({ name: '1 a/b' })
  })

  it.each<[string, ChatRequest['toolChoice'], unknown]>([
    ['nothing', undefined, undefined],
    ['auto', { mode: 'auto' }, { mode: 'AUTO' }],
    ['none', { mode: 'none' }, { mode: 'NONE' }],
    ['required', { mode: 'required' }, { mode: 'ANY' }],
    ['one tool', { mode: 'required', only: [{ name: 'f' }] }, { mode: 'ANY', allowedFunctionNames: ['f'] }],
    ['a set, auto', { mode: 'auto', only: [{ name: 'f' }] }, { mode: 'VALIDATED', allowedFunctionNames: ['f'] }],
  ])('choice: %s', (_, toolChoice, calling) => {
    const config = configOf({ ...(toolChoice && { toolChoice }) })
    expect(config).toEqual(calling && { functionCallingConfig: calling })
  })

  it('says nothing of a choice when there are no tools (TL-34)', () => {
    expect(bodyOf({ toolChoice: { mode: 'auto' } })).not.toHaveProperty('toolConfig')
  })

  it('asks softly where calls cannot be forced', () => {
    const request = { tools: [f], toolChoice: { mode: 'required' } } as const
    expect(configOf(request, { forcedTools: false })).toEqual({ functionCallingConfig: { mode: 'AUTO' } })
    expect(lostIn(request, { forcedTools: false })).toEqual(['tool_choice'])
  })

  it('mixes built-in tools with functions where that is allowed (T91)', () => {
    const tools = [f, search]
    expect(bodyOf({ tools }, gemini3)).toMatchObject({
      tools: [{ functionDeclarations: [{}] }, { googleSearch: {} }],
      toolConfig: { functionCallingConfig: { mode: 'VALIDATED' }, includeServerSideToolInvocations: true },
    })
    expect(bodyOf({ tools }, gemini25).tools).toMatchObject([{ functionDeclarations: [{}] }])
    expect(lostIn({ tools }, gemini25)).toEqual(['web_search'])
    expect(bodyOf({ tools: [search] }, gemini25).tools).toEqual([{ googleSearch: {} }])
  })

  it('silences built-in tools when none may be called', () => {
    expect(bodyOf({ tools: [f, search], toolChoice: { mode: 'none' } }, gemini3).tools).toHaveLength(1)
  })

  it('names the limits of a search that are lost (WS-01)', () => {
    const limited = {
      ...search,
      maxUses: 3,
      allowedDomains: ['a.example'],
      blockedDomains: ['b.example'],
      location: { city: 'Oslo' },
    }
    expect(lostIn({ tools: [limited] })).toEqual(['max_uses', 'allowed_domains', 'user_location', 'blocked_domains'])
    const { maxUses: _, ...excluding } = limited
    expect(bodyOf({ tools: [excluding] }, {}, { excludeDomains: true }).tools).toEqual([
      { googleSearch: { excludeDomains: ['b.example'] } },
    ])
  })

  it('offers other servers’ tools in its own words', () => {
    const mcp = {
      ...search,
      tool: 'mcp',
      name: 'm',
      value: { server_url: 'https://m.example/', authorization: 't' },
    } as const
    expect(bodyOf({ tools: [{ ...search, tool: 'web_fetch' }, { ...search, tool: 'code' }, mcp] }).tools).toEqual([
      { urlContext: {} },
      { codeExecution: {} },
      {
        mcpServers: [
          { name: 'm', streamableHttpTransport: { url: 'https://m.example/', headers: { Authorization: 'Bearer t' } } },
        ],
      },
    ])
  })

  it('shows all tools at once and searches none (TL-32)', () => {
    const tools = [{ ...f, deferred: true }, { ...search, tool: 'tool_search' } as const]
    expect(bodyOf({ tools }, gemini3).tools).toHaveLength(1)
    expect(lostIn({ tools }, gemini3)).toEqual(['defer_loading', 'tool_search'])
  })

  it.each<[string, ChatRequest['tools']]>([
    [
      'a computer',
      [{ kind: 'typed', dialect: 'anthropic-messages', type: 'computer_20250124', name: 'computer', value: {} }],
    ],
    ['another vendor’s own', [{ kind: 'opaque', dialect: 'openai-responses', type: 'file_search', value: {} }]],
  ])('refuses %s (TL-31)', (_, tools) => {
    expect(write({ tools })).toMatchObject({ ok: false, fault: { class: 'unsupported', param: 'tools' } })
  })

  it('refuses two of one name (TL-33)', () => {
    expect(write({ tools: [f, f] })).toMatchObject({ ok: false, fault: { class: 'invalid' } })
  })

  it('lets a shell be a function (TL-30)', () => {
    const tools = [
      { kind: 'typed', dialect: 'anthropic-messages', type: 'bash_20250124', name: 'bash', value: {} },
    ] as const
    expect(bodyOf({ tools }).tools).toMatchObject([{ functionDeclarations: [{ name: 'bash' }] }])
  })

  it('tells one call of several when only one may be made (TL-18)', () => {
    expect(written({ tools: [f], parallel: false }).emulate).toEqual({ firstCallOnly: true })
    expect(written({ tools: [f], parallel: true }).emulate).toBeUndefined()
  })
})

describe('configuration', () => {
  const configOf = (request: Partial<ChatRequest>, capabilities: Partial<Capabilities> = {}) =>
    bodyOf(request, capabilities).generationConfig

  it('is left out when nothing is said', () => {
    expect(Object.keys(bodyOf({}))).toEqual(['contents'])
  })

  it('says what the client said', () => {
    const sampling = {
      temperature: 1.7,
      topP: 0.9,
      topK: 4,
      seed: 3,
      presencePenalty: 0.1,
      n: 3,
      stop: ['x'],
      logprobs: true,
      topLogprobs: 30,
    }
    expect(configOf({ sampling, maxOutput: 100 })).toEqual({
      temperature: 1.7,
      topP: 0.9,
      topK: 4,
      seed: 3,
      presencePenalty: 0.1,
      candidateCount: 3,
      stopSequences: ['x'],
      responseLogprobs: true,
      logprobs: 20,
      maxOutputTokens: 100,
    })
    expect(lostIn({ sampling })).toEqual(['top_logprobs'])
  })

  it('does not mention defaults (T51)', () => {
    const sampling = { presencePenalty: 0, frequencyPenalty: 0, n: 1, logitBias: {} }
    expect(configOf({ sampling })).toBeUndefined()
    expect(lostIn({ sampling })).toEqual([])
  })

  it('drops what a model or server refuses, by name', () => {
    const sampling = { temperature: 0.2, topP: 1, presencePenalty: 0.5, logitBias: { a: 1 } }
    expect(lostIn({ sampling }, { sampling: 'no' })).toEqual(['temperature', 'presence_penalty', 'logit_bias'])
    expect(lostIn({ sampling }, {}, { drop: ['presencePenalty'] })).toEqual(['logit_bias', 'presence_penalty'])
  })

  it('looks for stop strings itself when they are too many (SM-07)', () => {
    const stop = ['a', 'b', 'c', 'd', 'e', 'f']
    expect(written({ sampling: { stop } })).toMatchObject({ emulate: { stop } })
    expect(configOf({ sampling: { stop } })).toBeUndefined()
    expect(written({ sampling: { stop: stop.slice(1) } }).emulate).toBeUndefined()
  })

  it('keeps to the model’s longest output', () => {
    expect(configOf({ maxOutput: 100 }, { maxOutput: 50 })).toEqual({ maxOutputTokens: 50 })
    expect(lostIn({ maxOutput: 100 }, { maxOutput: 50 })).toEqual(['max_tokens'])
    expect(write({ maxOutput: 0 })).toMatchObject({ ok: false, fault: { param: 'max_tokens' } })
  })

  const schema = { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false }

  it.each<[string, Partial<ChatRequest>, Partial<Capabilities>, unknown]>([
    ['json', { output: { format: { kind: 'json' } } }, {}, { responseMimeType: 'application/json' }],
    [
      'schema',
      { output: { format: { kind: 'schema', schema, name: 'n', strict: true } } },
      {},
      { responseMimeType: 'application/json', responseJsonSchema: schema },
    ],
    [
      'enum',
      { output: { format: { kind: 'enum', values: ['a', 'b'] } } },
      {},
      { responseMimeType: 'text/x.enum', responseSchema: { type: 'STRING', enum: ['a', 'b'] } },
    ],
    [
      'schema and functions, before Gemini 3',
      { output: { format: { kind: 'schema', schema } }, tools: [f] },
      gemini25,
      { thinkingConfig: { includeThoughts: true } },
    ],
    [
      'sound',
      { output: { format: { kind: 'text' }, modalities: ['text', 'audio'], audio: { voice: 'alloy' } } },
      {},
      { responseModalities: ['AUDIO'] },
    ],
  ])('format: %s', (_, request, capabilities, config) => {
    expect(configOf(request, capabilities)).toEqual(config)
  })

  it.each<[string, ChatRequest['output']['format']]>([
    ['Reply with one JSON object only.', { kind: 'json' }],
    ['Reply with one of these alone: a, b', { kind: 'enum', values: ['a', 'b'] }],
  ])('says "%s" beside functions, before Gemini 3', (words, format) => {
    expect(bodyOf({ output: { format }, tools: [f] }, gemini25).systemInstruction).toEqual({ parts: [{ text: words }] })
  })

  it('asks for JSON in words where it must (SM-13)', () => {
    const request = { output: { format: { kind: 'schema', schema } }, tools: [f], system: [text('Hi')] } as const
    expect(bodyOf(request, gemini25).systemInstruction).toEqual({
      parts: [{ text: 'Hi' }, { text: expect.stringContaining(JSON.stringify(schema)) }],
    })
    expect(lostIn(request, gemini25)).toEqual(['response_format'])
  })
})

describe('thinking', () => {
  const thinkingOf = (request: Partial<ChatRequest>, capabilities: Partial<Capabilities>) => {
    const made = written(request, capabilities)
    const config = (made.body.generationConfig as { thinkingConfig?: object } | undefined)?.thinkingConfig
    return { config, lost: made.lost.map((loss) => loss.field) }
  }

  it.each<[ChatRequest['thinking'], Partial<Capabilities>, object | undefined, string[]]>([
    [{ mode: 'default' }, {}, undefined, []],
    [{ mode: 'default' }, gemini3, { includeThoughts: true }, []],
    [{ mode: 'default', show: 'none' }, gemini3, { includeThoughts: false }, []],
    [{ mode: 'on', effort: 'medium' }, gemini3, { includeThoughts: true, thinkingLevel: 'MEDIUM' }, []],
    [{ mode: 'on', effort: 'max' }, gemini3, { includeThoughts: true, thinkingLevel: 'HIGH' }, []],
    [{ mode: 'on', effort: 'minimal' }, gemini3, { includeThoughts: true, thinkingLevel: 'LOW' }, []],
    [{ mode: 'on', effort: 'high', budget: 16_000 }, gemini3, { includeThoughts: true, thinkingLevel: 'HIGH' }, []],
    [{ mode: 'off', effort: 'none' }, gemini3, { thinkingLevel: 'LOW' }, ['thinking']],
    [{ mode: 'off', effort: 'none' }, gemini25, { thinkingBudget: 128 }, ['thinking']],
    [{ mode: 'on', effort: 'high', budget: 16_000 }, gemini25, { includeThoughts: true, thinkingBudget: 16_000 }, []],
    [{ mode: 'on', effort: 'high', budget: 90_000 }, gemini25, { includeThoughts: true, thinkingBudget: 32_768 }, []],
    [{ mode: 'on', effort: 'minimal' }, gemini25, { includeThoughts: true, thinkingBudget: 512 }, []],
    [{ mode: 'on', effort: 'low' }, gemini25, { includeThoughts: true, thinkingBudget: 6553 }, []],
    [{ mode: 'on', effort: 'max' }, gemini25, { includeThoughts: true, thinkingBudget: 32_768 }, []],
    [{ mode: 'on' }, gemini25, { includeThoughts: true, thinkingBudget: -1 }, []],
    [{ mode: 'default', budget: -1 }, gemini25, { includeThoughts: true, thinkingBudget: -1 }, []],
    [{ mode: 'on', effort: 'high' }, { efforts: [] }, undefined, ['thinking']],
  ])('%j', (thinking, capabilities, config, lost) => {
    expect(thinkingOf({ thinking }, capabilities)).toEqual({ config, lost })
  })

  it('can be off where the model allows it', () => {
    const capabilities = { ...gemini25, budget: { min: 0, max: 24_576, canBeOff: true } }
    expect(thinkingOf({ thinking: { mode: 'off', effort: 'none' } }, capabilities)).toEqual({
      config: { thinkingBudget: 0 },
      lost: [],
    })
  })

  it('leaves room for the answer', () => {
    const thinking = { mode: 'on', effort: 'high' } as const
    expect(thinkingOf({ thinking, maxOutput: 2000 }, gemini25).config).toMatchObject({ thinkingBudget: 1999 })
  })

  it('shows thoughts to a client of this format only when it asks', () => {
    expect(thinkingOf({ format: 'gemini', thinking: { mode: 'default' } }, gemini3).config).toBeUndefined()
  })
})

describe('what the format has no place for', () => {
  it('is told by name', () => {
    expect(
      lostIn({
        turns: [{ role: 'user', parts: [{ ...text('a'), cache: { ttl: '5m' } }], phase: 'final_answer' }],
        cache: { key: 'k' },
        identity: { endUser: 'u', metadata: { a: 'b' } },
        maxToolCalls: 3,
        tier: 'batch',
        output: { format: { kind: 'text' }, verbosity: 'low' },
        native: { context_management: {}, foo: 1 },
        lost: ['met while reading'],
      }),
    ).toEqual([
      'phase',
      'service_tier',
      'user',
      'metadata',
      'met while reading',
      'prompt_cache_key',
      'cache_control',
      'max_tool_calls',
      'verbosity',
      'context_management',
      'foo',
    ])
  })

  it('is refused where the answer would be another', () => {
    expect(write({ native: { container: 'c' } })).toMatchObject({ ok: false, fault: { param: 'container' } })
    expect(write({ state: { background: true } })).toMatchObject({ ok: false, fault: { param: 'background' } })
  })

  it('leaves out what a client says to its own vendor (SY-05)', () => {
    const system = [text('x-anthropic-billing-header: cch=1'), text('Be kind.')]
    expect(bodyOf({ system }).systemInstruction).toEqual({ parts: [{ text: 'Be kind.' }] })
  })

  it('keeps labels where they are known', () => {
    const identity = { metadata: { team: 'a' } }
    expect(bodyOf({ identity }, {}, { labels: true }).labels).toEqual({ team: 'a' })
    expect(lostIn({ identity, format: 'gemini' })).toEqual(['labels'])
  })

  it.each([
    ['standard', 'standard'],
    ['priority', 'priority'],
    ['fast', 'priority'],
    ['auto', undefined],
  ] as const)('tier %s', (tier, serviceTier) => {
    expect(bodyOf({ tier }).serviceTier).toBe(serviceTier)
  })
})

describe('a client of this format', () => {
  const body = {
    contents: [
      { role: 'user', parts: [{ text: 'Hi' }] },
      {
        role: 'model',
        parts: [
          { text: 'Hm', thought: true },
          { functionCall: { name: 'f', args: { a: 1 } }, thoughtSignature: 'YQ==' },
        ],
      },
      { role: 'user', parts: [{ functionResponse: { name: 'f', response: { nested: { b: 2 } } } }] },
    ],
    systemInstruction: { parts: [{ text: 'Be kind.' }] },
    tools: [
      { googleSearch: { searchTypes: {} } },
      {
        functionDeclarations: [
          { name: 'f', description: 'F', parametersJsonSchema: { $schema: 'x', const: 1 }, behavior: 'BLOCKING' },
        ],
      },
      { googleMaps: { enableWidget: true } },
    ],
    toolConfig: { functionCallingConfig: { mode: 'VALIDATED' }, includeServerSideToolInvocations: true },
    safetySettings: [{ category: 'X', threshold: 'OFF' }],
    cachedContent: 'cachedContents/1',
    generationConfig: {
      temperature: 0.5,
      thinkingConfig: { includeThoughts: true, thinkingLevel: 'LOW' },
      responseModalities: ['TEXT', 'IMAGE'],
      imageConfig: { aspectRatio: '1:1' },
      speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } } },
      mediaResolution: 'MEDIA_RESOLUTION_LOW',
    },
    store: false,
  }

  const again = (sent: Record<string, unknown>) => {
    const request = read(sent)
    if (!request.ok) throw new Error(request.fault.message)
    const result = gemini.upstream.writeRequest(request.value, target(gemini3))
    if (!result.ok) throw new Error(result.fault.message)
    return result.value
  }

  it('has its request written again as it was', () => {
    const { body: made, lost } = again(body)
    expect(made).toEqual(body)
    expect(lost).toEqual([])
  })

  it('does not lose a request to a misspelt field (T85)', () => {
    const { body: made, lost } = again({ ...body, temperaure: 0.6 })
    expect(made).toEqual(body)
    expect(lost.map((loss) => loss.field)).toEqual(['temperaure'])
  })
})

describe('addresses', () => {
  it.each<[MediaPart['source'], boolean]>([
    [{ kind: 'url', url: 'https://a.example/a.png' }, true],
    [{ kind: 'file', id: 'https://youtu.be/x', dialect: 'gemini' }, false],
    [{ kind: 'base64', data: 'AAAA' }, false],
  ])('%j must be fetched first: %s', (source, expected) => {
    expect(gemini.upstream.mustInline({ ...image, source }, target())).toBe(expected)
  })
})

describe('the counter', () => {
  const request = ask({ system: [text('S')], tools: [f], maxOutput: 5 })

  it('takes the whole request in one member, or flat', () => {
    const counted = gemini.upstream.count?.writeRequest(request, target())
    expect(counted).toMatchObject({
      value: {
        generateContentRequest: { model: 'models/gemini-x', contents: [{}], systemInstruction: {}, tools: [{}] },
      },
    })
    const flat = gemini.upstream.count?.writeRequest(request, target({}, { countBody: 'flat' }))
    expect(flat).toMatchObject({ value: { contents: [{}], systemInstruction: {}, tools: [{}] } })
  })

  it.each([
    [{ totalTokens: 12 }, 12],
    [{ totalTokens: '12' }, 12],
    [{}, undefined],
    [null, undefined],
  ])('%j', (body, tokens) => {
    expect(gemini.upstream.count?.readReply(body)).toBe(tokens)
  })
})
