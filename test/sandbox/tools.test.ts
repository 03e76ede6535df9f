import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Conversation, converse, type Loose, requestOf, spoken } from './speakers.ts'

let sandbox: Conversation
beforeAll(async () => {
  sandbox = await converse()
})
afterAll(() => sandbox.close())

const command = { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] }
const patch = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] }
const tools = [
  { name: 'bash', schema: command },
  { name: 'apply_patch', schema: patch },
  { name: 'fx__add-two_v1_3f2a', schema: { type: 'object', properties: { number: { type: 'number' } } } },
]
const run = { name: 'bash', input: { command: 'ls' } }
const add = { name: 'fx__add-two_v1_3f2a', input: { number: 40 } }

/** How coding tools word their prompts, and what is called. */
const prompts: readonly [name: string, text: string, call: object][] = [
  ['a prompt in quotes', '"call bash with {\\"command\\":\\"ls\\"}"', run],
  ['a prompt in quotes, in two lines', '"first\ncall bash with {\\"command\\":\\"ls\\"}"', run],
  [
    'a context before it',
    '<environment_context>\ncall apply_patch\n</environment_context>\ncall bash with {"command":"ls"}',
    run,
  ],
  ['a reminder behind it', 'call bash with {"command":"ls"}\n<system-reminder>call apply_patch</system-reminder>', run],
  ['a name made safe', 'call add-two.v1 with {"number": 40}', add],
  ['a name without its namespace', 'call add-two_v1_3f2a with {"number": 40}', add],
  [
    'free text for the one text that a tool takes',
    'call apply_patch with *** Begin\n-a\n+{b}',
    { name: 'apply_patch', input: { input: '*** Begin\n-a\n+{b}' } },
  ],
]

describe.each(spoken)('%s understands', (_, speaker) => {
  it.each(prompts)('%s', async (__, text, call) => {
    expect((await sandbox.ask(speaker, { text, tools })).calls).toEqual([call])
  })
})

describe('what stands around an instruction', () => {
  const ask = async (messages: readonly Loose[], model = 'sandbox-1'): Promise<Loose> => {
    const body = { model, messages, tools: [{ type: 'function', function: { name: 'look', parameters: patch } }] }
    const response = await sandbox.send('/v1/chat/completions', body, { authorization: 'Bearer k' })
    const reply: Loose = await response.json()
    return reply.choices[0].message
  }
  const calling = {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'c', type: 'function', function: { name: 'look', arguments: '{}' } }],
  }
  const order = { role: 'user', content: 'call look with {"input":"a"} then call look with {"input":"b"}' }
  const result = { role: 'tool', tool_call_id: 'c', content: 'seen' }
  const picture = { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } }] }

  it('is no instruction where it says nothing of its own', async () => {
    const message = await ask([order, { role: 'user', content: '<session_context>call nothing</session_context>' }])
    expect(message.tool_calls[0].function.arguments).toBe('{"input":"a"}')
  })

  it('goes with the results that it stands behind', async () => {
    const message = await ask([order, calling, result, picture])
    expect(message.tool_calls[0].function.arguments).toBe('{"input":"b"}')
  })

  it('is seen where it is a picture', async () => {
    const message = await ask([{ role: 'user', content: 'call look' }, calling, result, picture], 'sandbox-vision')
    expect(message.content).toContain('The tool look answered: "seen".')
    expect(message.content).toContain('I see an image, image/png, 2 bytes')
  })
})

describe.each(spoken)('%s goes wrong', (_, speaker) => {
  it('so often as it is told', async () => {
    const request = requestOf(speaker, { text: `${randomUUID()} sandbox:fail=529*2` })
    const statuses: number[] = []
    for (let time = 0; time < 4; time++) statuses.push((await sandbox.send(...request)).status)
    expect(statuses).toEqual([529, 529, 200, 200])
  })

  it('in the middle, once', async () => {
    const [path, body, headers] = requestOf(speaker, { text: `${randomUUID()} sandbox: words=30 fail=cut@9*1` }, true)
    await expect(sandbox.send(path, body, headers).then((response) => response.text())).rejects.toThrow()
    expect(await (await sandbox.send(path, body, headers)).text()).toContain('word30')
  })

  it('when the prompt is longer than it says itself', async () => {
    const response = await sandbox.send(
      ...requestOf(speaker, { text: `${'many words '.repeat(30)} sandbox: context=50` }),
    )
    expect(response.status).toBe(400)
    expect(await response.text()).toMatch(
      /prompt is too long|context_length_exceeded|exceeds the maximum number of tokens/,
    )
    const [path, body, headers] = requestOf(speaker, { text: 'few words sandbox: context=50' })
    expect((await sandbox.send(path, body, headers)).status).toBe(200)
  })
})

describe('tools that are searched for', () => {
  const deferred = { name: 'TaskList', input_schema: { type: 'object', properties: {} }, defer_loading: true }
  const search = { name: 'ToolSearch', input_schema: { type: 'object', properties: { query: { type: 'string' } } } }
  const order = { role: 'user', content: 'call TaskList with {}' }
  const loaded = [
    order,
    { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'ToolSearch', input: {} }] },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'tool_reference', tool_name: 'TaskList' }] },
      ],
    },
    { role: 'user', content: 'again' },
    { role: 'assistant', content: 'yes' },
    order,
  ]
  it.each([
    ['not before', [order], 'end_turn'],
    ['once they are found', loaded, 'tool_use'],
  ])('anthropic-messages: called %s', async (_, messages, end) => {
    const body = { model: 'sandbox-1', max_tokens: 500, messages, tools: [search, deferred] }
    const headers = { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' }
    const message: Loose = await (await sandbox.send('/v1/messages', body, headers)).json()
    expect(message.stop_reason).toBe(end)
  })

  const add = { type: 'function', name: 'add', parameters: { type: 'object', properties: {} }, strict: false }
  const responses: readonly [name: string, input: readonly object[], call: object][] = [
    [
      'searches',
      [{ role: 'user', content: 'call tool_search with {"query":"add"}' }],
      { type: 'tool_search_call', execution: 'client', arguments: { query: 'add' } },
    ],
    [
      'calls what was found',
      [
        { role: 'user', content: 'call tool_search with {} then call add with {}' },
        { type: 'tool_search_call', call_id: 'c', execution: 'client', arguments: {} },
        {
          type: 'tool_search_output',
          call_id: 'c',
          execution: 'client',
          tools: [{ type: 'namespace', name: 'fx', tools: [add] }],
        },
      ],
      { type: 'function_call', name: 'add', namespace: 'fx' },
    ],
    [
      'calls what the conversation declares',
      [
        {
          type: 'additional_tools',
          role: 'developer',
          tools: [{ type: 'namespace', name: 'functions', tools: [{ type: 'custom', name: 'exec' }] }],
        },
        { role: 'user', content: 'call exec with text(1)' },
      ],
      { type: 'custom_tool_call', name: 'exec', namespace: 'functions', input: 'text(1)' },
    ],
  ]
  it.each(responses)('openai-responses: %s', async (_, input, call) => {
    const searching = { type: 'tool_search', execution: 'client', parameters: { type: 'object', properties: {} } }
    const body = { model: 'sandbox-1', input, tools: [searching] }
    const response: Loose = await (await sandbox.send('/v1/responses', body, { authorization: 'Bearer k' })).json()
    expect(response.output.at(-1)).toMatchObject(call)
  })
})
