import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Conversation, converse, framesOf, type Loose } from './speakers.ts'

let sandbox: Conversation
beforeAll(async () => {
  sandbox = await converse()
})
afterAll(() => sandbox.close())

const tool = {
  type: 'function',
  function: { name: 'look', parameters: { type: 'object', properties: { at: { type: 'string' } } } },
}
const user = (content: unknown) => ({ role: 'user', content })
const calling = (...ids: string[]) => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'look', arguments: '{}' } })),
})
const seen = (tool_call_id: string, content: unknown = 'seen') => ({ role: 'tool', tool_call_id, content })

async function send(body: object): Promise<{ status: number; body: Loose }> {
  const whole = { model: 'sandbox-1', messages: [user('hi')], ...body }
  const response = await sandbox.send('/v1/chat/completions', whole, { authorization: 'Bearer k' })
  return { status: response.status, body: await response.json() }
}

const accepted: readonly [name: string, body: object][] = [
  ['the least', {}],
  [
    'both kinds of instruction',
    { messages: [{ role: 'system', content: 'a' }, { role: 'developer', content: 'b' }, user('c')] },
  ],
  ['a loop of parallel calls', { tools: [tool], messages: [user('a'), calling('c1', 'c2'), seen('c2'), seen('c1')] }],
  [
    'an allowed choice',
    {
      tools: [tool],
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'look' } }] },
      },
    },
  ],
  [
    'a file',
    {
      messages: [
        user([{ type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERg==', filename: 'a.pdf' } }]),
      ],
    },
  ],
]

const refused: readonly [name: string, body: object, param: string | null, message: string][] = [
  ['no messages', { messages: undefined }, 'messages', "Missing required parameter: 'messages'"],
  ['a foreign field', { top_k: 4 }, 'top_k', "Unknown parameter: 'top_k'."],
  ['the fields of Responses', { input: 'a' }, 'input', "Unknown parameter: 'input'."],
  [
    'a hot temperature',
    { temperature: 3 },
    'temperature',
    "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3",
  ],
  ['two output limits', { max_tokens: 5, max_completion_tokens: 5 }, 'max_tokens', 'at the same time is not supported'],
  ['five stops', { stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop', 'array too long'],
  [
    'usage without a stream',
    { stream_options: { include_usage: true } },
    'stream_options',
    "only allowed when 'stream' is enabled",
  ],
  ['an unknown effort', { reasoning_effort: 'huge' }, 'reasoning_effort', "Invalid value: 'huge'"],
  [
    'an object that nobody mentions',
    { response_format: { type: 'json_object' } },
    'messages',
    "must contain the word 'json'",
  ],
  [
    'a schema without a name',
    { response_format: { type: 'json_schema', json_schema: {} } },
    'response_format.json_schema.name',
    'Missing required parameter',
  ],
  [
    'an open schema that is strict',
    {
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'a', strict: true, schema: { type: 'object', properties: {} } },
      },
    },
    'response_format',
    "'additionalProperties' is required to be supplied and to be false",
  ],
  ['no tools in the list', { tools: [] }, 'tools', 'empty array'],
  ['a choice without tools', { tool_choice: 'auto' }, 'tool_choice', "only allowed when 'tools' are specified"],
  ['a flat tool', { tools: [{ type: 'function', name: 'look' }] }, 'tools[0].function', 'Missing required parameter'],
  [
    'a tool without a type',
    { tools: [{ name: 'look', input_schema: {} }] },
    'tools[0].type',
    "Supported values are: 'function'",
  ],
  [
    'a name with a dot',
    { tools: [{ type: 'function', function: { name: 'a.b' } }] },
    'tools[0].function.name',
    'does not match pattern',
  ],
  [
    'a strict tool with options',
    {
      tools: [
        {
          type: 'function',
          function: {
            ...tool.function,
            strict: true,
            parameters: { ...tool.function.parameters, additionalProperties: false },
          },
        },
      ],
    },
    'tools[0].function.parameters',
    "Missing 'at'",
  ],
  ['the choice of another format', { tools: [tool], tool_choice: 'any' }, 'tool_choice', "Invalid value: 'any'"],
  [
    'a choice of nothing',
    { tools: [tool], tool_choice: { type: 'function', function: { name: 'x' } } },
    'tool_choice',
    "Tool choice 'x' not found",
  ],
  ['an unknown role', { messages: [{ role: 'model', content: 'a' }] }, 'messages[0].role', "Invalid value: 'model'"],
  ['a message without content', { messages: [user(null)] }, 'messages[0].content', 'expected a string, got null'],
  [
    'a part of another format',
    { messages: [user([{ type: 'image', source: {} }])] },
    'messages[0].content[0].type',
    "Invalid value: 'image'",
  ],
  [
    'a picture from a tool',
    {
      tools: [tool],
      messages: [user('a'), calling('c1'), seen('c1', [{ type: 'image_url', image_url: { url: 'data:,' } }])],
    },
    'messages[2].content[0].type',
    "Invalid value: 'image_url'",
  ],
  [
    'a call without a result',
    { tools: [tool], messages: [user('a'), calling('c1', 'c2'), seen('c1'), user('b')] },
    'messages.[3].role',
    'did not have response messages: c2',
  ],
  [
    'a message between results',
    { tools: [tool], messages: [user('a'), calling('c1', 'c2'), seen('c1'), user('b'), seen('c2')] },
    'messages.[3].role',
    'did not have response messages: c2',
  ],
  [
    'a result of nothing',
    { messages: [user('a'), seen('c1')] },
    'messages.[1].role',
    'must be a response to a preceeding message',
  ],
  [
    'a long id',
    { tools: [tool], messages: [user('a'), calling('c'.repeat(65)), seen('c'.repeat(65))] },
    'messages[1].tool_calls[0].id',
    'string too long. Expected a string with maximum length 64',
  ],
  [
    'arguments that are an object',
    {
      tools: [tool],
      messages: [
        user('a'),
        { role: 'assistant', tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look', arguments: {} } }] },
        seen('c1'),
      ],
    },
    'messages[1].tool_calls[0].function',
    'expected a string',
  ],
  [
    'a bare file',
    { messages: [user([{ type: 'file', file: { file_data: 'JVBERg==', filename: 'a.pdf' } }])] },
    'messages[0].content[0].file.file_data',
    'Expected a base64-encoded data URL',
  ],
]

describe('requests', () => {
  it.each(accepted)('may have %s', async (_, body) => expect(await send(body)).toMatchObject({ status: 200 }))

  it.each(refused)('may not have %s', async (_, body, param, message) => {
    const answer = await send(body)
    expect(answer).toMatchObject({ status: 400, body: { error: { type: 'invalid_request_error', param } } })
    expect(answer.body.error.message).toContain(message)
  })

  it('may not be too long', async () => {
    const answer = await send({ messages: [user('word '.repeat(200_001))] })
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'context_length_exceeded' } } })
  })
})

describe('answers', () => {
  it('refuse in a field of their own', async () => {
    const { body } = await send({ messages: [user('sandbox: end=refusal')] })
    expect(body.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: null, refusal: expect.any(String) },
    })
  })

  it('may be filtered', async () => {
    const { body } = await send({ messages: [user('sandbox: end=filter')] })
    expect(body.choices[0].finish_reason).toBe('content_filter')
  })

  it('stop before the stop sequence that comes first', async () => {
    const { body } = await send({ model: 'sandbox-echo', messages: [user('a b c d')], stop: [' d', ' b'] })
    expect(body.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'a' } })
  })

  it('report what was read from a cache when told to', async () => {
    const { body } = await send({ messages: [user('one two three sandbox: cached=2')] })
    expect(body.usage.prompt_tokens_details.cached_tokens).toBe(2)
  })

  it('obey the choice of tools', async () => {
    const names = async (body: object) =>
      ((await send(body)).body.choices[0].message.tool_calls ?? []).map((call: Loose) => call.function.name)
    const tools = [tool, { type: 'function', function: { name: 'hear' } }]
    const messages = [user('call look, call hear')]
    expect(await names({ tools, messages })).toEqual(['look', 'hear'])
    expect(await names({ tools, messages, tool_choice: 'none' })).toEqual([])
    expect(await names({ tools, messages, parallel_tool_calls: false })).toEqual(['look'])
    expect(await names({ tools, messages, tool_choice: { type: 'function', function: { name: 'hear' } } })).toEqual([
      'hear',
    ])
    expect(await names({ tools, messages: [user('hi')], tool_choice: 'required' })).toEqual(['look'])
  })
})

describe('a stream', () => {
  it('follows the grammar', async () => {
    const body = { model: 'sandbox-1', stream: true, stream_options: { include_usage: true }, messages: [user('hi')] }
    const raw = await (await sandbox.send('/v1/chat/completions', body, { authorization: 'Bearer k' })).text()
    const chunks = framesOf(raw)
    expect(raw.endsWith('data: [DONE]\n\n')).toBe(true)
    expect(raw).not.toContain('event:')
    expect(chunks[0].choices[0].delta).toEqual({ role: 'assistant', content: '', refusal: null })
    expect(chunks.at(-2).choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' })
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } })
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true)
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1)
  })

  it('tells no usage unasked', async () => {
    const body = { model: 'sandbox-1', stream: true, messages: [user('hi')] }
    const raw = await (await sandbox.send('/v1/chat/completions', body, { authorization: 'Bearer k' })).text()
    expect(raw).not.toContain('usage')
  })
})
