import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Conversation, converse, framesOf, type Loose } from './speakers.ts'

let sandbox: Conversation
beforeAll(async () => {
  sandbox = await converse()
})
afterAll(() => sandbox.close())

const tool = {
  type: 'function',
  name: 'look',
  strict: false,
  parameters: { type: 'object', properties: { at: { type: 'string' } } },
}
const user = (content: unknown) => ({ role: 'user', content })
const call = (call_id: string, more: object = {}) => ({
  type: 'function_call',
  call_id,
  name: 'look',
  arguments: '{}',
  ...more,
})
const output = (call_id: string, value: unknown = 'seen') => ({ type: 'function_call_output', call_id, output: value })

async function send(body: object): Promise<{ status: number; body: Loose }> {
  const response = await sandbox.send(
    '/v1/responses',
    { model: 'sandbox-1', input: 'hi', ...body },
    { authorization: 'Bearer k' },
  )
  return { status: response.status, body: await response.json() }
}

const accepted: readonly [name: string, body: object][] = [
  ['the least', {}],
  [
    'items of every kind',
    {
      input: [
        { role: 'developer', content: 'a' },
        user([{ type: 'input_text', text: 'b' }]),
        { role: 'assistant', content: 'c' },
        user('d'),
      ],
    },
  ],
  [
    'a loop',
    {
      tools: [tool],
      input: [user('a'), call('c1'), call('c2'), output('c1'), output('c2', [{ type: 'input_text', text: 'x' }])],
    },
  ],
  [
    'a free call',
    {
      tools: [{ type: 'custom', name: 'patch' }],
      input: [
        user('a'),
        { type: 'custom_tool_call', call_id: 'c1', name: 'patch', input: 'x' },
        { type: 'custom_tool_call_output', call_id: 'c1', output: 'y' },
      ],
    },
  ],
  ['tools of the vendor', { tools: [{ type: 'web_search' }, { type: 'local_shell' }] }],
]

const refused: readonly [name: string, body: object, param: string | null, message: string][] = [
  ['an inherited role', { input: [{ role: 'constructor', content: [] }] }, 'input[0]', "Invalid value: 'constructor'"],
  ['no input', { input: undefined }, 'input', 'Missing required parameter'],
  ['the fields of Chat', { stop: 'a' }, 'stop', "Unknown parameter: 'stop'."],
  ['a field that has moved', { response_format: {} }, 'response_format', "has moved to 'text.format'"],
  ['little output', { max_output_tokens: 5 }, 'max_output_tokens', 'Expected a value >= 16, but got 5'],
  [
    'an earlier response',
    { previous_response_id: 'resp_1' },
    'previous_response_id',
    "Previous response with id 'resp_1' not found.",
  ],
  ['an unknown effort', { reasoning: { effort: 'huge' } }, 'reasoning.effort', "Invalid value: 'huge'"],
  [
    'a shape without a name',
    { text: { format: { type: 'json_schema', schema: {} } } },
    'text.format.name',
    'Missing required parameter',
  ],
  [
    'an object that nobody mentions',
    { text: { format: { type: 'json_object' } } },
    'input',
    "must contain the word 'json'",
  ],
  [
    'a nested tool',
    { tools: [{ type: 'function', function: { name: 'look' } }] },
    'tools[0].name',
    'Missing required parameter',
  ],
  ['a name with a dot', { tools: [{ ...tool, name: 'a.b' }] }, 'tools[0].name', 'does not match pattern'],
  [
    'options in a tool that is strict by default',
    { tools: [{ ...tool, strict: undefined }] },
    'tools[0].parameters',
    "'additionalProperties' is required",
  ],
  [
    'the nested choice of Chat',
    { tools: [tool], tool_choice: { type: 'function', function: { name: 'look' } } },
    'tool_choice.name',
    'Missing required parameter',
  ],
  [
    'a choice of nothing',
    { tools: [tool], tool_choice: { type: 'function', name: 'x' } },
    'tool_choice',
    "Tool choice 'x' not found",
  ],
  [
    'a part of Chat',
    { input: [user([{ type: 'text', text: 'a' }])] },
    'input[0].content[0]',
    "Invalid value: 'text'. Supported values are: 'input_text'",
  ],
  [
    'an answer in the words of a question',
    { input: [user([{ type: 'output_text', text: 'a' }])] },
    'input[0].content[0]',
    "Invalid value: 'output_text'",
  ],
  [
    'a call without an output',
    { tools: [tool], input: [user('a'), call('c1')] },
    'input',
    'No tool output found for function call c1.',
  ],
  [
    'a free call without an output',
    { input: [{ type: 'custom_tool_call', call_id: 'c1', name: 'p', input: '' }] },
    'input',
    'No tool output found for custom tool call c1.',
  ],
  [
    'an output without a call',
    { input: [user('a'), output('c1')] },
    'input',
    'No tool call found for function call output with call_id c1.',
  ],
  ['an output before its call', { input: [output('c1'), call('c1')] }, 'input', 'No tool call found'],
  [
    'a foreign item id',
    { input: [user('a'), call('c1', { id: 'call_1' }), output('c1')] },
    'input[1].id',
    "Invalid 'input[1].id': 'call_1'. Expected an ID that begins with 'fc'.",
  ],
  [
    'a long item id',
    { input: [user('a'), call('c1', { id: `fc_${'a'.repeat(62)}` }), output('c1')] },
    'input[1].id',
    'string too long',
  ],
  [
    'a long call id',
    { input: [user('a'), call('c'.repeat(65)), output('c'.repeat(65))] },
    'input[1].call_id',
    'maximum length 64',
  ],
  [
    'arguments that are an object',
    { input: [user('a'), call('c1', { arguments: {} }), output('c1')] },
    'input[1].arguments',
    'expected a string',
  ],
  [
    'a lonely thought',
    { input: [user('a'), { type: 'reasoning', id: 'rs_1', summary: [] }, user('b')] },
    'input',
    "'rs_1' of type 'reasoning' was provided without its required following item",
  ],
  [
    'a thought without a summary',
    { input: [user('a'), { type: 'reasoning', id: 'rs_1' }] },
    'input[1].summary',
    'Missing required parameter',
  ],
  [
    'an invented secret',
    {
      input: [
        user('a'),
        { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAA' },
        { role: 'assistant', content: 'b' },
      ],
    },
    null,
    'Encrypted content could not be decrypted or parsed.',
  ],
]

describe('requests', () => {
  it.each(accepted)('may have %s', async (_, body) => expect(await send(body)).toMatchObject({ status: 200 }))

  it.each(refused)('may not have %s', async (_, body, param, message) => {
    const answer = await send(body)
    expect(answer).toMatchObject({ status: 400, body: { error: { type: 'invalid_request_error', param } } })
    expect(answer.body.error.message).toContain(message)
  })

  it('may not refer to what is not kept', async () => {
    expect(await send({ input: [{ type: 'item_reference', id: 'msg_1' }] })).toMatchObject({ status: 404 })
  })

  it('have their input counted', async () => {
    const response = await sandbox.send(
      '/v1/responses/input_tokens',
      { model: 'sandbox-1', input: 'one two' },
      { authorization: 'k' },
    )
    const { body } = await send({ input: 'one two' })
    expect(await response.json()).toEqual({ object: 'response.input_tokens', input_tokens: body.usage.input_tokens })
  })
})

describe('thoughts', () => {
  const ask = { model: 'sandbox-thinker', tools: [tool], input: [user('call look')] }
  const goOn = (items: readonly Loose[]) => {
    const calls = items.filter(({ type }) => type === 'function_call')
    return send({ ...ask, input: [...ask.input, ...items, ...calls.map(({ call_id }) => output(call_id))] })
  }

  it('come back with what they led to', async () => {
    const { body } = await send(ask)
    const [thought, ...rest] = body.output
    expect(thought).toMatchObject({ type: 'reasoning', summary: [], encrypted_content: expect.any(String) })
    expect(await goOn(body.output)).toMatchObject({ status: 200 })
    const { id: _, ...unnamed } = thought
    expect(await goOn([unnamed, ...rest])).toMatchObject({ status: 200 })
    expect((await goOn([{ ...thought, id: 'rs_other' }, ...rest])).body.error.message).toContain(
      'did not match the target item id',
    )
    expect((await goOn(rest)).body.error.message).toContain(`without its required 'reasoning' item: '${thought.id}'`)
    expect(await goOn(rest.map(({ id: __, ...item }: Loose) => item))).toMatchObject({ status: 200 })
  })

  it('are told in a summary where one is asked for', async () => {
    const { body } = await send({ reasoning: { effort: 'low', summary: 'auto' } })
    expect(body.output[0].summary).toEqual([{ type: 'summary_text', text: expect.stringContaining('hi') }])
    expect((await send({ reasoning: { effort: 'none' } })).body.output[0].type).toBe('message')
  })
})

describe('tools', () => {
  it('live in namespaces', async () => {
    const { body } = await send({
      tools: [{ type: 'namespace', name: 'crm', description: 'x', tools: [tool] }],
      input: 'call look',
    })
    expect(body.output[1]).toMatchObject({ type: 'function_call', namespace: 'crm', name: 'look' })
  })
})

describe('a stream', () => {
  it('follows the grammar', async () => {
    const body = {
      model: 'sandbox-1',
      stream: true,
      reasoning: { effort: 'low', summary: 'auto' },
      tools: [tool, { type: 'custom', name: 'patch' }],
      input: 'call look, call patch with it',
    }
    const raw = await (await sandbox.send('/v1/responses', body, { authorization: 'Bearer k' })).text()
    const events = framesOf(raw)
    const types = events.map(({ type }) => type.replace('response.', ''))
    expect(types.filter((type, at) => type !== types[at - 1])).toEqual([
      ...[
        'created',
        'in_progress',
        'output_item.added',
        'reasoning_summary_part.added',
        'reasoning_summary_text.delta',
      ],
      ...['reasoning_summary_text.done', 'reasoning_summary_part.done', 'output_item.done'],
      ...[
        'output_item.added',
        'content_part.added',
        'output_text.delta',
        'output_text.done',
        'content_part.done',
        'output_item.done',
      ],
      ...['output_item.added', 'function_call_arguments.delta', 'function_call_arguments.done', 'output_item.done'],
      ...[
        'output_item.added',
        'custom_tool_call_input.delta',
        'custom_tool_call_input.done',
        'output_item.done',
        'completed',
      ],
    ])
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, number) => number))
    const done = events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item)
    expect(events.at(-1).response.output).toEqual(done)
  })
})
