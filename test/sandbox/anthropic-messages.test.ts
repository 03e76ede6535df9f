import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Conversation, converse, framesOf, type Loose } from './speakers.ts'

let sandbox: Conversation
beforeAll(async () => {
  sandbox = await converse()
})
afterAll(() => sandbox.close())

const tool = { name: 'look', input_schema: { type: 'object', properties: {} } }
const user = (content: unknown) => ({ role: 'user', content })
const assistant = (content: unknown) => ({ role: 'assistant', content })
const use = (id: string, name = 'look') => ({ type: 'tool_use', id, name, input: {} })
const result = (tool_use_id: string) => ({ type: 'tool_result', tool_use_id, content: 'seen' })
const text = (said: string) => ({ type: 'text', text: said })
const marked = (said: string) => ({ ...text(said), cache_control: { type: 'ephemeral' } })

async function send(body: object, headers: object = {}): Promise<{ status: number; body: Loose }> {
  const whole = { model: 'sandbox-1', max_tokens: 2000, messages: [user('hi')], ...body }
  const response = await sandbox.send('/v1/messages', whole, {
    'x-api-key': 'k',
    'anthropic-version': '2023-06-01',
    ...headers,
  })
  return { status: response.status, body: await response.json() }
}

const accepted: readonly [name: string, body: object][] = [
  ['the least', {}],
  ['sampling under the older version', { temperature: 0.5 }],
  [
    'a loop with its results first',
    { tools: [tool], messages: [user('a'), assistant([text('b'), use('t1')]), user([result('t1'), text('c')])] },
  ],
  [
    'results in two messages of one role',
    {
      tools: [tool],
      messages: [user('a'), assistant([use('t1'), use('t2')]), user([result('t1')]), user([result('t2')])],
    },
  ],
  ['an assistant first', { messages: [assistant('a'), user('b')] }],
  ['a prefill', { messages: [user('a'), assistant('b')] }],
  ['a system turn', { messages: [user('a'), { role: 'system', content: 'be brief' }, user('b')] }],
  ['four marks', { messages: [user([marked('a'), marked('b'), marked('c'), marked('d')])] }],
]

const refused: readonly [name: string, body: object, message: string][] = [
  ['no output limit', { max_tokens: undefined }, 'max_tokens: Field required'],
  ['too much output', { max_tokens: 1_000_000 }, 'max_tokens: 1000000 > 64000'],
  ['no messages', { messages: undefined }, 'messages: Field required'],
  ['an empty list', { messages: [] }, 'at least one message is required'],
  ['a thread', { thread: { type: 'create' } }, 'message threads are not supported'],
  ['a foreign field', { presence_penalty: 0 }, 'presence_penalty: Extra inputs are not permitted'],
  ['another format', { response_format: {} }, 'response_format: Extra inputs are not permitted'],
  [
    'a role of another format',
    { messages: [{ role: 'tool', content: 'a' }] },
    "messages.0.role: Input should be 'user'",
  ],
  ['an empty text', { messages: [user([text('')])] }, 'text content blocks must be non-empty'],
  ['a blank text', { messages: [user([text(' \n')])] }, 'must contain non-whitespace text'],
  [
    'an empty message',
    { messages: [user(''), assistant('b'), user('c')] },
    'messages.0: all messages must have non-empty content',
  ],
  ['a blank system text', { system: [text('')] }, 'system: text content blocks must be non-empty'],
  ['a block of another format', { messages: [user([{ type: 'input_text', text: 'a' }])] }, "Input tag 'input_text'"],
  [
    'a call without a result',
    { tools: [tool], messages: [user('a'), assistant([use('t1')]), user('b')] },
    '`tool_use` ids were found without `tool_result` blocks immediately after: t1',
  ],
  [
    'a result behind a text',
    { tools: [tool], messages: [user('a'), assistant([use('t1')]), user([text('b'), result('t1')])] },
    'immediately after: t1',
  ],
  ['a call at the end', { tools: [tool], messages: [user('a'), assistant([use('t1')])] }, 'immediately after: t1'],
  [
    'a result of nothing',
    { tools: [tool], messages: [user([result('t9')])] },
    'unexpected `tool_use_id` found in `tool_result` blocks: t9',
  ],
  [
    'an id used twice',
    { tools: [tool], messages: [user('a'), assistant([use('t1'), use('t1')]), user([result('t1')])] },
    '`tool_use` ids must be unique',
  ],
  [
    'an id with a dot',
    { tools: [tool], messages: [user('a'), assistant([use('t.1')]), user([result('t.1')])] },
    'tool_use.id: String should match pattern',
  ],
  [
    'a call whose input is a text',
    { tools: [tool], messages: [user('a'), assistant([{ ...use('t1'), input: '{}' }]), user([result('t1')])] },
    'tool_use.input: Input should be a valid dictionary',
  ],
  ['calls without tools', { messages: [user('a'), assistant([use('t1')]), user([result('t1')])] }, 'must define tools'],
  ['a name with a dot', { tools: [{ ...tool, name: 'a.b' }] }, 'tools.0.custom.name: String should match pattern'],
  ['one name twice', { tools: [tool, tool] }, 'Tool names must be unique'],
  ['a tool of another format', { tools: [{ type: 'function', function: tool }] }, "tools.0: Input tag 'function'"],
  [
    'a schema without a type',
    { tools: [{ ...tool, input_schema: {} }] },
    'tools.0.custom.input_schema.type: Field required',
  ],
  [
    'a schema that is a choice',
    { tools: [{ ...tool, input_schema: { type: 'object', anyOf: [] } }] },
    'does not support oneOf, allOf, or anyOf',
  ],
  [
    'a choice without tools',
    { tool_choice: { type: 'any' } },
    'tool_choice may only be specified while providing tools',
  ],
  ['a choice of nothing', { tools: [tool], tool_choice: { type: 'tool', name: 'x' } }, "Tool 'x' not found"],
  [
    'a choice of another format',
    { tools: [tool], tool_choice: { type: 'function', function: { name: 'look' } } },
    "Input tag 'function'",
  ],
  [
    'five marks',
    { messages: [user([marked('a'), marked('b'), marked('c'), marked('d'), marked('e')])] },
    'A maximum of 4 blocks with cache_control',
  ],
  ['a prefill that ends in a space', { messages: [user('a'), assistant('b ')] }, 'cannot end with trailing whitespace'],
  [
    'a picture of an unknown kind',
    { messages: [user([{ type: 'image', source: { type: 'base64', media_type: 'image/bmp', data: 'AA==' } }])] },
    'image.source.base64.media_type',
  ],
  ['a small budget', { thinking: { type: 'enabled', budget_tokens: 1000 } }, 'greater than or equal to 1024'],
  [
    'a budget above the limit',
    { thinking: { type: 'enabled', budget_tokens: 2000 } },
    '`max_tokens` must be greater than `thinking.budget_tokens`',
  ],
  [
    'thinking under force',
    { thinking: { type: 'enabled', budget_tokens: 1024 }, tools: [tool], tool_choice: { type: 'any' } },
    'Thinking may not be enabled when tool_choice forces tool use',
  ],
  [
    'thinking with a temperature',
    { thinking: { type: 'enabled', budget_tokens: 1024 }, temperature: 0 },
    '`temperature` may only be set to 1',
  ],
  [
    'a loop without its thought',
    {
      thinking: { type: 'enabled', budget_tokens: 1024 },
      tools: [tool],
      messages: [user('a'), assistant([use('t1')]), user([result('t1')])],
    },
    'Expected `thinking` or `redacted_thinking`, but found `tool_use`',
  ],
  [
    'an invented signature',
    {
      messages: [user('a'), assistant([{ type: 'thinking', thinking: 'b', signature: 'QUJD' }, text('c')]), user('d')],
    },
    'messages.1.content.0: Invalid `signature` in `thinking` block',
  ],
  [
    'a thought without a signature',
    { messages: [user('a'), assistant([{ type: 'thinking', thinking: 'b' }, text('c')]), user('d')] },
    'thinking.signature: Field required',
  ],
  [
    'invented hidden thoughts',
    { messages: [user('a'), assistant([{ type: 'redacted_thinking', data: 'QUJD' }, text('c')]), user('d')] },
    'Invalid `data` in `redacted_thinking` block',
  ],
  [
    'a prompt that is too long',
    { messages: [user('word '.repeat(200_001))] },
    'prompt is too long: 200006 tokens > 200000 maximum',
  ],
]

describe('requests', () => {
  it.each(accepted)('may have %s', async (_, body) => expect(await send(body)).toMatchObject({ status: 200 }))

  it.each(refused)('may not have %s', async (_, body, message) => {
    const answer = await send(body)
    expect(answer).toMatchObject({
      status: 400,
      body: { type: 'error', error: { type: 'invalid_request_error' }, request_id: expect.stringMatching(/^req_/) },
    })
    expect(answer.body.error.message).toContain(message)
  })

  it('need a version', async () => {
    expect(await send({}, { 'anthropic-version': '' })).toMatchObject({
      status: 400,
      body: { error: { message: 'anthropic-version: header is required' } },
    })
  })

  it.each(['temperature', 'top_p', 'top_k'])('may not have %s since 2026-10-21', async (field) => {
    const answer = await send({ [field]: 1 }, { 'anthropic-version': '2026-10-21' })
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { message: `${field}: Extra inputs are not permitted` } },
    })
  })
})

describe('thoughts', () => {
  const thinking = { type: 'adaptive' }
  const goOn = (content: unknown) => send({ messages: [user('a'), assistant(content), user('b')] })

  it('come back as they were, and in no other words', async () => {
    const { body } = await send({ thinking })
    const [thought, said] = body.content
    expect(await goOn([thought, said])).toMatchObject({ status: 200 })
    expect(await goOn([{ ...thought, thinking: 'something else' }, said])).toMatchObject({ status: 400 })
  })

  it('may be left out of sight', async () => {
    const { body } = await send({ thinking: { ...thinking, display: 'omitted' } })
    expect(body.content[0]).toMatchObject({ type: 'thinking', thinking: '' })
    expect(body.usage.output_tokens_details.thinking_tokens).toBeGreaterThan(5)
    expect(await goOn(body.content)).toMatchObject({ status: 200 })
  })

  it('may be withheld', async () => {
    const { body } = await send({ thinking, messages: [user('sandbox: think=redacted')] })
    expect(body.content[0]).toEqual({ type: 'redacted_thinking', data: expect.any(String) })
    expect(await goOn(body.content)).toMatchObject({ status: 200 })
  })
})

describe('the cache', () => {
  const system = [{ ...marked('a long instruction, many words long'), cache_control: { type: 'ephemeral', ttl: '1h' } }]
  const first = { system, messages: [user([marked('one two three')])] }
  const usageOf = async (body: object) => (await send(body)).body.usage

  it('is written once, then read, and grows with the conversation', async () => {
    const written = await usageOf(first)
    expect(written.cache_read_input_tokens).toBe(0)
    expect(written.cache_creation.ephemeral_1h_input_tokens).toBeGreaterThan(0)
    expect(written.cache_creation.ephemeral_5m_input_tokens).toBeGreaterThan(0)
    const read = await usageOf(first)
    expect(read).toMatchObject({
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: written.cache_creation_input_tokens,
    })
    const grown = await usageOf({
      system,
      messages: [user('one two three'), assistant('four'), user([marked('five six')])],
    })
    expect(grown.cache_read_input_tokens).toBe(written.cache_creation_input_tokens)
    expect(grown.cache_creation_input_tokens).toBeGreaterThan(0)
  })

  it('is not read after another beginning', async () => {
    await usageOf(first)
    const other = await usageOf({ ...first, system: [marked('another instruction')] })
    expect(other.cache_read_input_tokens).toBe(0)
  })
})

describe('a stream', () => {
  it('follows the grammar', async () => {
    const body = {
      model: 'sandbox-1',
      max_tokens: 200,
      stream: true,
      tools: [tool],
      thinking: { type: 'adaptive' },
      messages: [user('call look')],
    }
    const response = await sandbox.send('/v1/messages?beta=true', body, {
      authorization: 'Bearer k',
      'anthropic-version': '2023-06-01',
    })
    const raw = await response.text()
    const types = framesOf(raw).map(({ type, index, delta }) =>
      [type, index, delta?.type].filter((part) => part !== undefined).join(' '),
    )
    expect(types.filter((type, at) => type !== types[at - 1])).toEqual([
      ...[
        'message_start',
        'ping',
        'content_block_start 0',
        'content_block_delta 0 thinking_delta',
        'content_block_delta 0 signature_delta',
      ],
      ...['content_block_stop 0', 'content_block_start 1', 'content_block_delta 1 text_delta', 'content_block_stop 1'],
      ...[
        'content_block_start 2',
        'content_block_delta 2 input_json_delta',
        'content_block_stop 2',
        'message_delta',
        'message_stop',
      ],
    ])
    expect([...raw.matchAll(/^event: (.*)\ndata: {"type":"(.*?)"/gm)].every(([, event, type]) => event === type)).toBe(
      true,
    )
  })
})
