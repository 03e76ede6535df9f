import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Conversation, converse, type Loose } from './speakers.ts'

let sandbox: Conversation
beforeAll(async () => {
  sandbox = await converse()
})
afterAll(() => sandbox.close())

const look = { name: 'look', parametersJsonSchema: { type: 'object', additionalProperties: false, properties: {} } }
const tools = [{ functionDeclarations: [look, { name: 'hear' }] }]
const user = (...parts: object[]) => ({ role: 'user', parts })
const model = (...parts: object[]) => ({ role: 'model', parts })
const text = (said: string) => ({ text: said })
const call = (name: string, more: object = {}) => ({ functionCall: { name, args: {} }, ...more })
const answer = (name: string, response: unknown = { output: 'seen' }) => ({ functionResponse: { name, response } })
const config = (generationConfig: object) => ({ generationConfig })
const schema = (parameters: object) => ({ tools: [{ functionDeclarations: [{ name: 'look', parameters }] }] })

const key = { 'x-goog-api-key': 'k' }

async function send(body: object, name = 'sandbox-1'): Promise<{ status: number; body: Loose }> {
  const whole = { contents: [user(text('hi'))], ...body }
  const response = await sandbox.send(`/v1beta/models/${name}:generateContent`, whole, key)
  return { status: response.status, body: await response.json() }
}

const sentinel = { thoughtSignature: 'skip_thought_signature_validator' }

const accepted: readonly [name: string, body: object][] = [
  ['the least', {}],
  ['no role', { contents: [{ parts: [text('a')] }] }],
  [
    'names in the other spelling',
    { system_instruction: { parts: [text('a')] }, generation_config: { max_output_tokens: 9, top_k: 4 } },
  ],
  [
    'a loop',
    { tools, contents: [user(text('a')), model(call('look'), call('hear')), user(answer('look'), answer('hear'))] },
  ],
  [
    'a loop cut into contents',
    {
      tools,
      contents: [
        user(text('a')),
        model(text('b')),
        model(call('look')),
        model(call('hear')),
        user(answer('look')),
        user(answer('hear')),
      ],
    },
  ],
  ['the sentinel', { tools, contents: [user(text('a')), model(call('look', sentinel)), user(answer('look'))] }],
  [
    'a schema of its own',
    schema({
      type: 'OBJECT',
      properties: {
        type: { type: 'STRING', enum: ['a'] },
        list: { type: 'ARRAY', items: { type: 'STRING' }, minItems: '1' },
      },
      required: ['type'],
    }),
  ],
  ['any schema where one may be', { tools }],
]

const refused: readonly [name: string, body: object, message: string][] = [
  ['no contents', { contents: undefined }, 'contents is not specified'],
  ['a foreign field', { messages: [] }, 'Unknown name "messages": Cannot find field.'],
  [
    'a foreign setting',
    config({ max_tokens: 5 }),
    'Unknown name "max_tokens" at \'generation_config\': Cannot find field.',
  ],
  [
    'a foreign part',
    { contents: [user({ type: 'text', text: 'a' })] },
    'Unknown name "type" at \'contents[0].parts[0]\': Cannot find field.',
  ],
  [
    'a schema with a foreign word',
    schema({ type: 'object', additionalProperties: false }),
    'Unknown name "additionalProperties" at \'tools[0].function_declarations[0].parameters\'',
  ],
  ['a schema of two types', schema({ type: ['string', 'null'] }), "parameters.type' (TYPE_STRING)"],
  [
    'a number in an enumeration',
    schema({ type: 'object', properties: { a: { type: 'integer', enum: [1] } } }),
    'properties[a].enum',
  ],
  [
    'an unknown role',
    { contents: [{ role: 'assistant', parts: [text('a')] }] },
    'Please use a valid role: user, model.',
  ],
  ['no parts', { contents: [user()] }, 'contents.parts must not be empty.'],
  ['a part of nothing', { contents: [user({ thought: true })] }, "required oneof field 'data'"],
  [
    'a part of two things',
    { contents: [user({ text: 'a', inlineData: { mimeType: 'image/png', data: 'AA==' } })] },
    'oneof field',
  ],
  [
    'a signature that is no base64',
    { contents: [user(text('a')), model({ text: 'b', thoughtSignature: 'cw1.a.b' })] },
    'TYPE_BYTES',
  ],
  [
    'an invented signature',
    { contents: [user(text('a')), model({ text: 'b', thoughtSignature: 'QUJD' }), user(text('c'))] },
    'Corrupted thought signature.',
  ],
  [
    'a response that is a text',
    { tools, contents: [user(text('a')), model(call('look')), user(answer('look', 'seen'))] },
    "function_response.response' (TYPE_OBJECT)",
  ],
  [
    'too few responses',
    { tools, contents: [user(text('a')), model(call('look'), call('hear')), user(answer('look'))] },
    'number of function response parts is equal to the number of function call parts',
  ],
  [
    'no response',
    { tools, contents: [user(text('a')), model(call('look')), user(text('b'))] },
    'number of function response parts',
  ],
  [
    'a text before the responses',
    { tools, contents: [user(text('a')), model(call('look')), user(text('b'), answer('look'))] },
    'comes immediately after a function call turn',
  ],
  [
    'a response to nothing',
    { tools, contents: [user(answer('look'))] },
    'comes immediately after a function call turn',
  ],
  [
    'a call at the beginning',
    { tools, contents: [model(call('look')), user(answer('look'))] },
    'comes immediately after a user turn',
  ],
  [
    'a response of another name',
    { tools, contents: [user(text('a')), model(call('look')), user(answer('smell'))] },
    'Function response smell',
  ],
  [
    'a name that begins with a digit',
    { tools: [{ functionDeclarations: [{ name: '1a' }] }] },
    'Invalid function name.',
  ],
  ['one name twice', { tools: [...tools, ...tools] }, 'Duplicate function declaration found: look'],
  [
    'a budget and a level',
    config({ thinkingConfig: { thinkingBudget: 5, thinkingLevel: 'LOW' } }),
    'only one of thinking budget and thinking level',
  ],
  ['a hot temperature', config({ temperature: 2.5 }), 'generation_config.temperature'],
  ['six stops', config({ stopSequences: ['a', 'b', 'c', 'd', 'e', 'f'] }), 'at most 5 stop sequences'],
  ['a shape without its type', config({ responseSchema: { type: 'STRING' } }), 'response_mime_type application/json'],
  [
    'force without functions',
    { toolConfig: { functionCallingConfig: { mode: 'ANY' } } },
    'without function_declarations',
  ],
  [
    'a choice without force',
    { tools, toolConfig: { functionCallingConfig: { allowedFunctionNames: ['look'] } } },
    'ANY or VALIDATED',
  ],
]

describe('requests', () => {
  it.each(accepted)('may have %s', async (_, body) => expect(await send(body)).toMatchObject({ status: 200 }))

  it.each(refused)('may not have %s', async (_, body, message) => {
    const answered = await send(body)
    expect(answered).toMatchObject({ status: 400, body: { error: { code: 400, status: 'INVALID_ARGUMENT' } } })
    expect(answered.body.error.message).toContain(message)
  })

  it.each<[place: string, path: string, headers: Record<string, string>]>([
    ['a header', '', key],
    ['the query', '?key=k', {}],
    ['a bearer', '', { authorization: 'Bearer k' }],
  ])('have their key in %s', async (_, query, headers) => {
    const path = `/v1beta/models/sandbox-1:countTokens${query}`
    expect((await sandbox.send(path, { contents: [user(text('a'))] }, headers)).status).toBe(200)
  })

  it('have their tokens counted whole', async () => {
    const count = async (body: object) => {
      const counted: Loose = await (await sandbox.send('/v1beta/models/sandbox-1:countTokens', body, key)).json()
      return counted.totalTokens
    }
    const contents = [user(text('one two'))]
    const whole = await count({
      generateContentRequest: { contents, tools, systemInstruction: { parts: [text('a b c')] } },
    })
    expect(whole).toBeGreaterThan(await count({ contents }))
    expect((await send({ contents })).body.usageMetadata.promptTokenCount).toBe(await count({ contents }))
    expect((await sandbox.send('/v1beta/models/sandbox-1:countTokens', { contents, tools }, key)).status).toBe(400)
  })
})

describe('signatures', () => {
  const ask = { tools, contents: [user(text('call look, call hear'))] }
  const goOn = (parts: object[]) =>
    send(
      { tools, contents: [...ask.contents, model(...parts), user(answer('look'), answer('hear'))] },
      'sandbox-thinker',
    )

  it('stand on the first call and belong to it', async () => {
    const { body } = await send(ask, 'sandbox-thinker')
    const [said, first, second] = body.candidates[0].content.parts
    expect(first).toMatchObject({
      functionCall: { name: 'look' },
      thoughtSignature: expect.stringMatching(/^[A-Za-z\d+/]+=*$/),
    })
    expect(second).not.toHaveProperty('thoughtSignature')
    expect(await goOn([said, first, second])).toMatchObject({ status: 200 })
    const { thoughtSignature, ...bare } = first
    expect((await goOn([bare, second])).body.error.message).toContain('missing a thought_signature')
    expect(await goOn([{ ...bare, ...sentinel }, second])).toMatchObject({ status: 200 })
    expect((await goOn([{ ...second, thoughtSignature }, bare])).body.error.message).toBe(
      'Corrupted thought signature.',
    )
  })

  it('are not missed in turns that are over', async () => {
    const contents = [user(text('a')), model(call('look')), user(answer('look')), model(text('b')), user(text('c'))]
    expect(await send({ tools, contents }, 'sandbox-thinker')).toMatchObject({ status: 200 })
  })

  it('stand on the text where nothing is called', async () => {
    const { body } = await send({}, 'sandbox-thinker')
    const [said] = body.candidates[0].content.parts
    expect(said).toMatchObject({ text: expect.any(String), thoughtSignature: expect.any(String) })
    expect(await send({ contents: [user(text('a')), model(said), user(text('b'))] })).toMatchObject({ status: 200 })
  })
})

describe('a stream', () => {
  const body = {
    contents: [user(text('call look'))],
    tools,
    generationConfig: { thinkingConfig: { includeThoughts: true } },
  }

  it.each(['?alt=sse', ''])('follows the grammar, %s', async (query) => {
    const response = await sandbox.send(`/v1beta/models/sandbox-1:streamGenerateContent${query}`, body, key)
    const raw = await response.text()
    expect(response.headers.get('content-type')).toMatch(query ? 'text/event-stream' : 'application/json')
    const chunks: Loose[] = query
      ? raw
          .split('\r\n\r\n')
          .filter(Boolean)
          .map((frame) => JSON.parse(frame.replace(/^data: /, '')))
      : JSON.parse(raw)
    const parts = chunks.map((chunk) => chunk.candidates[0].content.parts[0])
    expect(parts[0]).toMatchObject({ thought: true })
    expect(parts.at(-2)).toMatchObject({
      functionCall: { name: 'look', args: {} },
      thoughtSignature: expect.any(String),
    })
    expect(parts.at(-1)).toEqual({ text: '' })
    expect(chunks.map((chunk) => chunk.candidates[0].finishReason).filter(Boolean)).toEqual(['STOP'])
    expect(chunks.every((chunk) => chunk.candidates[0].content.role === 'model')).toBe(true)
    expect(chunks.at(-1).usageMetadata.thoughtsTokenCount).toBeGreaterThan(0)
  })

  it('may give several candidates', async () => {
    const { body: answered } = await send({ generationConfig: { candidateCount: 2 } })
    expect(answered.candidates).toMatchObject([{ index: 0 }, { index: 1 }])
  })
})
