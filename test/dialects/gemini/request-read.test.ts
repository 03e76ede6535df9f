import { describe, expect, it } from 'vitest'
import { gemini } from '../../../src/dialects/gemini/index.ts'
import type { ChatRequest } from '../../../src/model/request.ts'
import { read } from './support.ts'

const requestOf = (body: Record<string, unknown>): ChatRequest => {
  const result = read(body)
  if (!result.ok) throw new Error(result.fault.message)
  return result.value
}

const turnsOf = (contents: unknown) => requestOf({ contents }).turns
const configOf = (generationConfig: Record<string, unknown>) => requestOf({ contents: 'Hi', generationConfig })

describe('contents', () => {
  const hi = { kind: 'text', text: 'Hi' }
  const cases: [name: string, contents: unknown, turns: unknown[]][] = [
    ['an ordinary turn', [{ role: 'user', parts: [{ text: 'Hi' }] }], [{ role: 'user', parts: [hi] }]],
    ['no role', [{ parts: [{ text: 'Hi' }] }], [{ role: 'user', parts: [hi] }]],
    ['one content instead of a list', { role: 'user', parts: [{ text: 'Hi' }] }, [{ role: 'user', parts: [hi] }]],
    ['one part instead of a list', [{ parts: { text: 'Hi' } }], [{ role: 'user', parts: [hi] }]],
    ['a string', 'Hi', [{ role: 'user', parts: [hi] }]],
    ['a part that is a string', [{ parts: ['Hi'] }], [{ role: 'user', parts: [hi] }]],
    ['the role assistant', [{ role: 'assistant', parts: [{ text: 'Hi' }] }], [{ role: 'assistant', parts: [hi] }]],
    [
      'results under other roles',
      [{ role: 'function', parts: [{ functionResponse: { name: 'f', response: { output: 'x' } } }] }],
      [{ role: 'user', parts: [{ kind: 'tool_result', name: 'f', parts: [{ kind: 'text', text: 'x' }] }] }],
    ],
    [
      'a call without role',
      [{ parts: [{ function_call: { name: 'f', args: { snake_key: 1 } } }] }],
      [{ role: 'assistant', parts: [{ kind: 'tool_call', id: 'call_0_1', name: 'f', arguments: '{"snake_key":1}' }] }],
    ],
    [
      'a picture in snake_case with a mime nobody registered',
      [{ parts: [{ inline_data: { mime_type: 'image/jpg', data: 'A-_A' } }] }],
      [
        {
          role: 'user',
          parts: [{ kind: 'media', media: 'image', mime: 'image/jpeg', source: { kind: 'base64', data: 'A+/A' } }],
        },
      ],
    ],
    [
      'a film of another house with its stretch',
      [
        {
          parts: [
            {
              fileData: { fileUri: 'https://youtu.be/x', mimeType: 'video/mp4' },
              videoMetadata: { startOffset: '1s', endOffset: '9.5s', fps: 2 },
            },
          ],
        },
      ],
      [
        {
          role: 'user',
          parts: [
            {
              kind: 'media',
              media: 'video',
              source: { kind: 'file', id: 'https://youtu.be/x', dialect: 'gemini' },
              clip: { start: '1s', end: '9.5s', fps: 2 },
            },
          ],
        },
      ],
    ],
    [
      'addresses, files and how closely to look',
      [
        {
          parts: [
            { fileData: { fileUri: 'https://a.example/b.pdf', mimeType: 'application/pdf' } },
            { fileData: { fileUri: 'gs://bucket/a.wav', mimeType: 'audio/wav' } },
            {
              inlineData: { mimeType: 'image/png', data: 'AAAA' },
              mediaResolution: { level: 'MEDIA_RESOLUTION_ULTRA_HIGH' },
            },
          ],
        },
      ],
      [
        {
          role: 'user',
          parts: [
            { media: 'document', source: { kind: 'url', url: 'https://a.example/b.pdf' } },
            { media: 'audio', source: { kind: 'file', id: 'gs://bucket/a.wav' } },
            { media: 'image', detail: 'original' },
          ],
        },
      ],
    ],
  ]

  it('a result that a resumed session holds twice is one', () => {
    const functionResponse = { id: 'a', name: 'f', response: { output: 'x' } }
    const [turn] = turnsOf([{ role: 'user', parts: [{ functionResponse }, { functionResponse }, { text: 'Go on.' }] }])
    expect(turn?.parts.map(({ kind }) => kind)).toEqual(['tool_result', 'text'])
  })

  it.each(cases)('%s', (_, contents, turns) => {
    const read = turnsOf(contents)
    expect(read).toHaveLength(turns.length)
    expect(read).toMatchObject(turns)
  })

  it('joins the chunks of a streamed chat, signatures and all (T113, SG-17)', () => {
    const model = (...parts: unknown[]) => ({ role: 'model', parts })
    const turns = turnsOf([
      { role: 'user', parts: [{ text: 'Hi' }] },
      model({ text: 'Hm', thought: true }),
      model({ text: 'Hel' }),
      model({ text: 'lo' }),
      model({ text: '', thought: true }),
      model({ text: '', thoughtSignature: 'YQ==' }),
      model({ functionCall: { name: 'f', args: {} }, thoughtSignature: 'Yg==' }),
      model({ functionCall: { name: 'g', args: {} } }),
      model({ text: '' }),
    ])
    expect(turns).toEqual([
      { role: 'user', parts: [{ kind: 'text', text: 'Hi' }] },
      {
        role: 'assistant',
        parts: [
          { kind: 'thinking', text: 'Hm', form: 'summary' },
          { kind: 'text', text: 'Hello', seal: { dialect: 'gemini', kind: 'thought', data: 'YQ==' } },
          expect.objectContaining({
            kind: 'tool_call',
            id: 'call_6_1',
            name: 'f',
            seal: expect.objectContaining({ data: 'Yg==' }),
          }),
          expect.objectContaining({ kind: 'tool_call', id: 'call_7_1', name: 'g' }),
        ],
      },
    ])
  })

  it('keeps the texts of one content apart', () => {
    expect(turnsOf([{ role: 'model', parts: [{ text: 'a' }, { text: 'b' }] }])[0]?.parts).toHaveLength(2)
  })

  it('keeps ids, also those that a client put its function’s name before', () => {
    const turns = turnsOf([
      { role: 'model', parts: [{ functionCall: { id: 'f__call_x', name: 'f' } }] },
      { role: 'user', parts: [{ functionResponse: { id: 'f__call_x', name: 'f', response: {} } }] },
    ])
    expect(turns).toMatchObject([{ parts: [{ id: 'f__call_x' }] }, { parts: [{ id: 'f__call_x' }] }])
  })

  it('names siblings of a part that have no place', () => {
    expect(requestOf({ contents: [{ parts: [{ text: 'a', partMetadata: { a: 1 } }] }] }).lost).toEqual(['partMetadata'])
  })
})

describe('results', () => {
  const resultOf = (functionResponse: Record<string, unknown>) =>
    turnsOf([{ parts: [{ functionResponse: { name: 'f', ...functionResponse } }] }])[0]?.parts[0]

  it.each([
    ['exactly an output', { output: 'x' }, [{ text: 'x' }], undefined],
    ['what the AI SDK wraps', { name: 'f', content: 'x' }, [{ text: 'x' }], undefined],
    [
      'a name of its own beside the content',
      { name: 'g', content: 'x' },
      [{ text: '{"name":"g","content":"x"}' }],
      undefined,
    ],
    ['an error', { error: 'no' }, [{ text: 'no' }], true],
    ['an error with more', { error: 'no', code: 3 }, [{ text: '{"error":"no","code":3}' }], true],
    ['an output that is no text', { output: [1] }, [{ text: '{"output":[1]}' }], undefined],
    ['anything else', { a: { b: 1 } }, [{ text: '{"a":{"b":1}}' }], undefined],
    ['nothing', {}, [{ text: '{}' }], undefined],
    ['a bare string', 'x', [{ text: 'x' }], undefined],
  ])('%s', (_, response, parts, isError) => {
    const read = resultOf({ response })
    expect(read).toMatchObject({ kind: 'tool_result', parts })
    expect(read).toHaveProperty('kind')
    expect(read?.kind === 'tool_result' ? read.isError : 'none').toBe(isError)
  })

  it('holds pictures', () => {
    const parts = [{ inline_data: { mime_type: 'image/png', data: 'AAAA' } }]
    expect(resultOf({ response: {}, parts })).toMatchObject({ parts: [{ kind: 'media', media: 'image' }] })
    expect(resultOf({ response: { output: 'see' }, parts })).toMatchObject({
      parts: [{ text: 'see' }, { kind: 'media' }],
    })
  })
})

describe('instructions', () => {
  it.each([
    ['a content', { parts: [{ text: 'a' }, { text: 'b' }] }, ['a', 'b']],
    ['a string', 'a', ['a']],
    ['parts', [{ text: 'a' }], ['a']],
    ['one part', { text: 'a' }, ['a']],
  ])('as %s', (_, systemInstruction, texts) => {
    const expected = texts.map((text) => ({ kind: 'text', text }))
    expect(requestOf({ contents: 'Hi', systemInstruction }).system).toEqual(expected)
    expect(requestOf({ contents: 'Hi', system_instruction: systemInstruction }).system).toEqual(expected)
  })
})

describe('configuration', () => {
  it('is read in both spellings, numbers also as text (T98)', () => {
    expect(
      configOf({
        temperature: 0.5,
        top_p: 0.9,
        topK: '40',
        candidateCount: 2,
        max_output_tokens: '1000',
        stopSequences: ['END', ''],
        seed: 7,
        presencePenalty: 0.1,
        frequency_penalty: 0.2,
        responseLogprobs: true,
        logprobs: 3,
      }),
    ).toMatchObject({
      maxOutput: 1000,
      sampling: {
        temperature: 0.5,
        topP: 0.9,
        topK: 40,
        n: 2,
        stop: ['END'],
        seed: 7,
        presencePenalty: 0.1,
        frequencyPenalty: 0.2,
        logprobs: true,
        topLogprobs: 3,
      },
    })
  })

  it.each([
    [{ thinkingBudget: 0 }, { mode: 'off', effort: 'none' }],
    [{ thinkingBudget: -1 }, { mode: 'default', budget: -1 }],
    [{ thinkingBudget: 16_000 }, { mode: 'on', budget: 16_000, effort: 'high' }],
    [{ thinkingLevel: 'LOW' }, { mode: 'on', effort: 'low' }],
    [{ thinking_level: 'thinking_level_high' }, { mode: 'on', effort: 'high' }],
    [{ thinkingLevel: 'THINKING_LEVEL_UNSPECIFIED' }, { mode: 'default' }],
    [{ includeThoughts: true }, { mode: 'default', show: 'summary' }],
    [{ include_thoughts: false }, { mode: 'default', show: 'none' }],
  ])('thinking %j', (thinkingConfig, thinking) => {
    expect(configOf({ thinkingConfig }).thinking).toEqual(thinking)
  })

  it.each([
    [{}, { kind: 'text' }],
    [{ responseMimeType: 'text/plain' }, { kind: 'text' }],
    [{ responseMimeType: 'application/json' }, { kind: 'json' }],
    [
      { response_mime_type: 'application/json', response_json_schema: { type: 'object', properties: { a_b: {} } } },
      { kind: 'schema', schema: { type: 'object', properties: { a_b: {} } } },
    ],
    [
      { responseMimeType: 'application/json', responseSchema: { type: 'STRING', nullable: true } },
      { kind: 'schema', schema: { type: ['string', 'null'] } },
    ],
    [
      { responseMimeType: 'text/x.enum', responseSchema: { type: 'STRING', enum: ['a', 'b'] } },
      { kind: 'enum', values: ['a', 'b'] },
    ],
  ])('format %j', (config, format) => {
    expect(configOf(config).output.format).toEqual(format)
  })

  it('knows what is made beside text', () => {
    expect(configOf({ responseModalities: ['TEXT'] }).output).not.toHaveProperty('modalities')
    expect(
      configOf({
        response_modalities: ['TEXT', 'image'],
        imageConfig: { aspectRatio: '16:9' },
        speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } } },
      }).output,
    ).toMatchObject({ modalities: ['text', 'image'], image: { aspectRatio: '16:9' }, audio: { voice: 'Kore' } })
  })

  it('keeps what only this format knows by its path', () => {
    const speechConfig = { languageCode: 'de', multiSpeakerVoiceConfig: {} }
    const request = requestOf({
      contents: 'Hi',
      safety_settings: [{ category: 'X', threshold: 'OFF' }],
      cachedContent: 'cachedContents/1',
      temperaure: 0.6,
      generationConfig: { mediaResolution: 'MEDIA_RESOLUTION_LOW', speechConfig },
      toolConfig: { retrievalConfig: { languageCode: 'de' }, functionCallingConfig: { mode: 'VALIDATED' } },
    })
    expect(request.native).toEqual({
      safetySettings: [{ category: 'X', threshold: 'OFF' }],
      cachedContent: 'cachedContents/1',
      temperaure: 0.6,
      'generationConfig.mediaResolution': 'MEDIA_RESOLUTION_LOW',
      'generationConfig.speechConfig': speechConfig,
      'toolConfig.retrievalConfig': { languageCode: 'de' },
      'toolConfig.functionCallingConfig.mode': 'VALIDATED',
    })
  })

  it('reads tier, labels and store', () => {
    const labels = { team_name: 'a' }
    expect(requestOf({ contents: 'Hi', service_tier: 'FLEX', labels, store: false })).toMatchObject({
      tier: 'flex',
      identity: { metadata: labels },
      state: { store: false },
    })
  })
})

describe('tools', () => {
  const toolsOf = (tools: unknown) => requestOf({ contents: 'Hi', tools }).tools

  it('reads functions of either kind of schema', () => {
    expect(
      toolsOf({
        function_declarations: [
          { name: 'f', description: 'F', parameters: { type: 'OBJECT', properties: { a_b: { type: 'STRING' } } } },
          { name: 'g', parametersJsonSchema: { type: 'object' }, behavior: 'BLOCKING' },
          { name: 'h' },
        ],
      }),
    ).toEqual([
      {
        kind: 'function',
        name: 'f',
        description: 'F',
        schema: { type: 'object', properties: { a_b: { type: 'string' } } },
        strict: false,
      },
      { kind: 'function', name: 'g', schema: { type: 'object' }, strict: false, native: { behavior: 'BLOCKING' } },
      { kind: 'function', name: 'h', strict: false },
    ])
  })

  it('tells vendor-run tools from those that nobody else has', () => {
    const mcp = { name: 'm', streamableHttpTransport: { url: 'https://m.example/' } }
    expect(
      toolsOf([
        { google_search: { exclude_domains: ['a.example'] } },
        { urlContext: {}, codeExecution: {} },
        { googleMaps: {} },
        { mcpServers: [mcp] },
      ]),
    ).toMatchObject([
      { kind: 'server', tool: 'web_search', type: 'googleSearch', blockedDomains: ['a.example'] },
      { kind: 'server', tool: 'web_fetch', type: 'urlContext' },
      { kind: 'server', tool: 'code', type: 'codeExecution' },
      { kind: 'opaque', type: 'googleMaps' },
      { kind: 'server', tool: 'mcp', name: 'm', value: { server_url: 'https://m.example/' } },
    ])
  })

  it.each([
    [{ mode: 'AUTO' }, { mode: 'auto' }],
    [{ mode: 'any' }, { mode: 'required' }],
    [{ mode: 'NONE' }, { mode: 'none' }],
    [
      { mode: 'ANY', allowed_function_names: ['f'] },
      { mode: 'required', only: [{ name: 'f' }] },
    ],
    [
      { mode: 'VALIDATED', allowedFunctionNames: ['f'] },
      { mode: 'auto', only: [{ name: 'f' }] },
    ],
    [{ mode: 'MODE_UNSPECIFIED' }, undefined],
  ])('choice %j', (functionCallingConfig, toolChoice) => {
    expect(requestOf({ contents: 'Hi', toolConfig: { functionCallingConfig } }).toolChoice).toEqual(toolChoice)
  })
})

describe('where the request says who and how', () => {
  it('takes model and stream from the path', () => {
    const path = { model: 'models/gemini-x', stream: 'json-array' } as const
    expect(gemini.client.readRequest({ body: { contents: 'Hi' }, headers: {}, path })).toMatchObject({
      value: { format: 'gemini', model: 'gemini-x', stream: 'json-array' },
    })
  })

  it('reads a count in its wrapping', () => {
    const body = { generateContentRequest: { model: 'models/x', contents: [{ parts: [{ text: 'Hi' }] }] } }
    expect(gemini.client.readRequest({ body, headers: {} })).toMatchObject({ value: { model: 'x', turns: [{}] } })
  })
})

describe('wrong types', () => {
  it.each<[unknown, string]>([
    [{}, 'contents'],
    [{ contents: null }, 'contents'],
    [{ contents: 5 }, 'contents'],
    [{ contents: [5] }, 'contents[0]'],
    [{ contents: [null] }, 'contents[0]'],
    [{ contents: [{ role: 7, parts: [] }] }, 'contents[0].role'],
    [{ contents: [{ parts: 7 }] }, 'contents[0].parts'],
    [{ contents: [{ parts: [null] }] }, 'contents[0].parts[0]'],
    [{ contents: [{ parts: [{ text: 7 }] }] }, 'contents[0].parts[0].text'],
    [{ contents: [{ parts: [{ inline_data: 'x' }] }] }, 'contents[0].parts[0].inline_data'],
    [{ contents: [{ parts: [{ functionCall: { name: 'f', args: [1] } }] }] }, 'contents[0].parts[0].functionCall.args'],
    [{ contents: 'Hi', generationConfig: [] }, 'generationConfig'],
    [{ contents: 'Hi', generation_config: { max_output_tokens: 'many' } }, 'generation_config.max_output_tokens'],
    [{ contents: 'Hi', generationConfig: { stopSequences: [3] } }, 'generationConfig.stopSequences[0]'],
    [
      { contents: 'Hi', generationConfig: { thinkingConfig: { includeThoughts: 'yes' } } },
      'generationConfig.thinkingConfig.includeThoughts',
    ],
    [{ contents: 'Hi', tools: 'all' }, 'tools'],
    [{ contents: 'Hi', tools: [{ functionDeclarations: [{ name: 3 }] }] }, 'tools[0].functionDeclarations[0].name'],
    [{ contents: 'Hi', toolConfig: { functionCallingConfig: { mode: 1 } } }, 'toolConfig.functionCallingConfig.mode'],
    [{ contents: 'Hi', systemInstruction: 7 }, 'systemInstruction'],
  ])('%j names %s', (body, param) => {
    expect(read(body as Record<string, unknown>)).toMatchObject({ ok: false, fault: { class: 'invalid', param } })
  })
})
