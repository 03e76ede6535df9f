import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkConfig } from '../../src/config.ts'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { formats, frames, type Json, type View } from '../support/formats/format.ts'
import { key } from '../support/gateway.ts'
import { bare, named, replies, type Said, streams } from './replies.ts'
import { at, otherKey, type Scripted, startScripted } from './scripted.ts'

const schema = { type: 'object', properties: { city: { type: 'string' } } }
const tools = [{ name: 'get_weather', schema }]
const call = { id: 'call_1', name: 'get_weather', input: { city: 'Oslo' } }
const question = { user: 'Is it cold in Oslo?' }

const models: Record<DialectId, readonly string[]> = {
  'anthropic-messages': [
    'claude-3-7-sonnet-20250219',
    'claude-sonnet-4-20250514',
    'claude-sonnet-4-5',
    'claude-sonnet-4-6',
    'claude-opus-4-7',
    'claude-sonnet-5-5',
    'claude-fable-5-1',
  ],
  'openai-chat': ['gpt-5', 'gpt-5.6', 'o3', 'deepseek-unknown'],
  'openai-responses': ['gpt-5', 'gpt-5.6', 'o3'],
  gemini: ['gemini-2.5-flash', 'gemini-2.5-pro', 'gemini-3.5-flash', 'gemini-4-hydrogen'],
}

let gateway: Scripted
beforeAll(async () => {
  gateway = await startScripted(
    models,
    `
  - { name: second, provider: openai, base_url: 'URL', keys: [k], dialects: [openai-responses], models: [{ name: second/gpt-5.5, upstream: gpt-5.5 }] }`,
  )
})
afterAll(() => gateway.close())

/** How strongly the upstream was told to think, in its own words. */
const degree: Record<DialectId, (body: Json) => unknown> = {
  'anthropic-messages': (body) => body.output_config?.effort ?? body.thinking?.budget_tokens ?? body.thinking?.type,
  'openai-chat': (body) => body.reasoning_effort,
  'openai-responses': (body) => body.reasoning?.effort,
  gemini: ({ generationConfig: { thinkingConfig } }) => thinkingConfig?.thinkingLevel ?? thinkingConfig?.thinkingBudget,
}

const ladder = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const

const classes: readonly (readonly [DialectId, string, readonly unknown[]])[] = [
  ['anthropic-messages', 'claude-opus-4-7', ['disabled', 'low', 'low', 'medium', 'high', 'xhigh', 'max']],
  ['anthropic-messages', 'claude-opus-4-6', ['disabled', 'low', 'low', 'medium', 'high', 'high', 'max']],
  ['anthropic-messages', 'claude-sonnet-5-5', ['low', 'low', 'low', 'medium', 'high', 'xhigh', 'max']],
  ['anthropic-messages', 'claude-sonnet-4-5', ['disabled', 1024, 6400, 19_200, 25_600, 25_600, 25_600]],
  ['openai-chat', 'gpt-4o', [undefined, undefined, undefined, undefined, undefined, undefined, undefined]],
  ['openai-chat', 'gpt-5', ['minimal', 'minimal', 'low', 'medium', 'high', 'high', 'high']],
  ['openai-chat', 'o3', ['low', 'low', 'low', 'medium', 'high', 'high', 'high']],
  ['openai-responses', 'gpt-5', ['minimal', 'minimal', 'low', 'medium', 'high', 'high', 'high']],
  ['openai-responses', 'gpt-5.5', ['none', 'low', 'low', 'medium', 'high', 'xhigh', 'xhigh']],
  ['openai-responses', 'gpt-5.6', ['none', 'low', 'low', 'medium', 'high', 'xhigh', 'max']],
  ['gemini', 'gemini-3-pro-preview', ['LOW', 'LOW', 'LOW', 'LOW', 'HIGH', 'HIGH', 'HIGH']],
  ['gemini', 'gemini-3.5-flash', ['MINIMAL', 'MINIMAL', 'LOW', 'MEDIUM', 'HIGH', 'HIGH', 'HIGH']],
  ['gemini', 'gemini-4-hydrogen', ['LOW', 'LOW', 'LOW', 'MEDIUM', 'HIGH', 'XHIGH', 'XHIGH']],
  ['gemini', 'gemini-2.5-flash', [0, 512, 6553, 19_660, 24_576, 24_576, 24_576]],
  ['gemini', 'gemini-2.5-pro', [128, 512, 6553, 19_660, 32_768, 32_768, 32_768]],
]

describe('TH-01 the ladder of efforts on every class of model', () => {
  const rows = classes.flatMap(([format, model, wanted]) =>
    ladder.map((effort, position) => [format, model, effort, wanted[position]] as const),
  )
  it.each(rows)('%s %s %s', async (format, model, effort, wanted) => {
    gateway.says({ body: replies[format]({ text: 'Yes' }) })
    // The Chat Completions client cannot judge its own format, which is forwarded.
    const client = format === 'openai-chat' ? 'openai-responses' : 'openai-chat'
    const change = client === 'openai-chat' ? { reasoning_effort: effort } : { reasoning: { effort } }
    const told = await gateway.ask(client, { model: at(format, model), turns: [question] }, change)
    expect(told.status).toBe(200)
    expect(degree[format](gateway.last().body)).toBe(wanted)
  })
})

describe('TH-02 a budget between Anthropic client and upstream is sent as it is', () => {
  const rows = ['claude-3-7-sonnet-20250219', 'claude-sonnet-4-20250514', 'claude-sonnet-4-6'].flatMap((model) =>
    [1024, 1200, 16_000].map((budget) => [model, budget] as const),
  )
  it.each(rows)('%s %d', async (model, budget) => {
    gateway.says({ body: replies['anthropic-messages']({ text: 'Yes' }) })
    const thinking = { type: 'enabled', budget_tokens: budget }
    await gateway.ask(
      'anthropic-messages',
      { model: at('anthropic-messages', model), maxOutput: 32_000, turns: [question] },
      { thinking },
    )
    expect(gateway.last().body.thinking).toEqual(thinking)
  })
})

it.each([
  ['openai-chat', 'gpt-5.6', 'high'],
  ['openai-responses', 'gpt-5.6', 'high'],
  ['gemini', 'gemini-2.5-flash', 16_000],
  ['gemini', 'gemini-3-pro-preview', 'HIGH'],
] as const)('TH-03 a budget of 16000 for %s %s is %s', async (format, model, wanted) => {
  gateway.says({ body: replies[format]({ text: 'Yes' }) })
  const thinking = { type: 'enabled', budget_tokens: 16_000 }
  await gateway.ask(
    'anthropic-messages',
    { model: at(format, model), maxOutput: 32_000, turns: [question] },
    { thinking },
  )
  expect(degree[format](gateway.last().body)).toBe(wanted)
})

it('TH-04 (T15) an output limit that leaves no room for a budget switches thinking off and says so', async () => {
  gateway.says({ body: replies['anthropic-messages']({ text: 'Yes' }) })
  const told = await gateway.ask(
    'openai-chat',
    { model: at('anthropic-messages', 'claude-sonnet-4-5'), maxOutput: 1024, turns: [question] },
    { reasoning_effort: 'high' },
  )
  expect(gateway.last().body.thinking?.type ?? 'disabled').toBe('disabled')
  expect(told.lost).toEqual([expect.stringMatching(/thinking|reasoning_effort/)])
})

it.each([
  ['gemini', 'gemini-2.5-pro', 128],
  ['gemini', 'gemini-3-pro-preview', 'LOW'],
  ['anthropic-messages', 'claude-sonnet-5-5', 'between_tools'],
  ['anthropic-messages', 'claude-fable-5-1', 'low'],
] as const)('TH-05 (T90) effort none on %s %s, which cannot be off, is %s and told', async (format, model, wanted) => {
  gateway.says({ body: replies[format]({ text: 'Yes' }) })
  const told = await gateway.ask(
    'openai-chat',
    { model: at(format, model), turns: [question] },
    { reasoning_effort: 'none' },
  )
  const { body } = gateway.last()
  expect(wanted === 'between_tools' ? body.thinking?.type : degree[format](body)).toBe(wanted)
  expect(told.lost).toEqual([expect.stringMatching(/thinking|reasoning_effort/)])
})

/** One step of a tool loop with this client: what the upstream was asked the second time. */
async function secondStep(
  client: DialectId,
  upstream: DialectId,
  said: Said,
  more: Json = {},
  stream = false,
): Promise<Json> {
  gateway.says(stream ? { stream: streams[upstream](said) } : { body: replies[upstream](said) })
  const first = await gateway.see(client, { model: at(upstream), thinking: true, stream, turns: [question], tools })
  const results = first.calls.map((one) => ({ call: one, text: 'Snow' }))
  gateway.says({ body: replies[upstream]({ text: 'Yes' }) })
  const turns = [question, { answer: first }, { results }]
  const told = await gateway.ask(client, { model: at(upstream), thinking: true, turns, tools }, more)
  expect(told.status, told.text).toBe(200)
  return gateway.last().body
}

const itemTypes = (body: Json): string[] => body.input.map((item: Json) => item.type ?? 'message')

const ofResponses: Said = { thinking: 'Need the weather.', seal: 'gAAAAB-encrypted', calls: [call] }

describe.each(['anthropic-messages', 'openai-chat', 'gemini'] as const)('a client of %s', (client) => {
  it.each([false, true])(
    'TH-06 TH-07 TH-08 (T64, T65, T67) brings encrypted reasoning back to its maker, before its call; stream: %s',
    async (stream) => {
      const body = await secondStep(client, 'openai-responses', ofResponses, {}, stream)
      expect(itemTypes(body)).toEqual(['message', 'reasoning', 'function_call', 'function_call_output'])
      expect(body.input[1]).toMatchObject({
        summary: [{ type: 'summary_text', text: 'Need the weather.' }],
        encrypted_content: 'gAAAAB-encrypted',
      })
      expect(body.input[1].id ?? 'rs_').toMatch(/^rs_/)
    },
  )
})

it('TH-08 (T77, T95) state on a Gemini client’s call is standard base64 and rides where the client keeps it', async () => {
  gateway.says({ body: replies['openai-responses'](ofResponses) })
  const { history } = await gateway.see('gemini', {
    model: at('openai-responses'),
    thinking: true,
    turns: [question],
    tools,
  })
  const signature = history.find((part) => part.functionCall)?.thoughtSignature
  expect(Buffer.from(signature, 'base64').toString('base64')).toBe(signature)
})

it('TH-09 Anthropic’s thinking, redacted thinking and call come back verbatim through a Responses client', async () => {
  const content = [
    { type: 'thinking', thinking: 'Cold there.', signature: 'c2lnMQ==' },
    { type: 'redacted_thinking', data: 'cmVkYWN0ZWQ=' },
    { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Oslo' } },
  ]
  const model = at('anthropic-messages')
  gateway.says({ body: { ...replies['anthropic-messages']({ calls: [call] }), content } })
  const first = await gateway.see('openai-responses', { model, thinking: true, turns: [question], tools })
  gateway.says({ body: replies['anthropic-messages']({ text: 'Yes' }) })
  const results = first.calls.map((one) => ({ call: one, text: 'Snow' }))
  await gateway.ask('openai-responses', {
    model,
    thinking: true,
    turns: [question, { answer: first }, { results }],
    tools,
  })
  expect(gateway.last().body.messages[1]).toMatchObject({ role: 'assistant', content })
})

it.each(dialectIds)('TH-10 (T9) a signature without text comes back through a client of %s', async (client) => {
  const body = await secondStep(client, 'anthropic-messages', {
    thinking: '',
    seal: 'c2lnbmVk',
    calls: [{ ...call, id: 'toolu_1' }],
  })
  expect(body.messages[1].content[0]).toMatchObject({ type: 'thinking', thinking: '', signature: 'c2lnbmVk' })
})

const two = [call, { id: 'call_2', name: 'get_weather', input: { city: 'Rome' } }]

const signatures = (body: Json): unknown[] =>
  body.contents
    .filter(({ role }: Json) => role === 'model')
    .flatMap(({ parts }: Json) =>
      parts.filter((part: Json) => part.functionCall).map((part: Json) => part.thoughtSignature),
    )

it.each(dialectIds)(
  'TH-11 (T75) parallel calls keep their signature on the first alone, client: %s',
  async (client) => {
    const body = await secondStep(client, 'gemini', { seal: 'c2lnbmVk', calls: two })
    expect(signatures(body)).toEqual(['c2lnbmVk', undefined])
  },
)

it.each(dialectIds)('TH-12 (T74) each of two steps keeps its own signature, client: %s', async (client) => {
  const model = at('gemini')
  const turns: Json[] = [question]
  for (const step of ['1', '2']) {
    const said = { seal: Buffer.from(step).toString('base64'), calls: [{ ...call, id: `call_${step}` }] }
    gateway.says({ body: replies.gemini(said) })
    const seen = await gateway.see(client, { model, turns: turns as [], tools })
    turns.push({ answer: seen }, { results: seen.calls.map((one) => ({ call: one, text: 'Snow' })) })
  }
  gateway.says({ body: replies.gemini({ text: 'Yes' }) })
  await gateway.see(client, { model, turns: turns as [], tools })
  expect(signatures(gateway.last().body)).toEqual(['MQ==', 'Mg=='])
})

it.each(dialectIds)(
  'TH-13 (T74) a conversation that moves to Gemini 3 gets the sentinel, client: %s',
  async (client) => {
    const calls = two.map((one) => ({ ...one, id: `${one.id}_moved` }))
    gateway.says({ body: replies['openai-responses']({ ...ofResponses, calls }) })
    const first = await gateway.see(client, { model: at('openai-responses'), thinking: true, turns: [question], tools })
    const results = first.calls.map((one) => ({ call: one, text: 'Snow' }))
    gateway.says({ body: replies.gemini({ text: 'Yes' }) })
    const turns = [question, { answer: first }, { results }]
    // A Gemini client's own history reaches Gemini unchanged, but for what is not Gemini's.
    await gateway.see(client, { model: at('gemini'), turns, tools })
    const { body, text } = gateway.last()
    expect(text).not.toContain('gAAAAB-encrypted')
    expect(signatures(body)).toEqual(['skip_thought_signature_validator', undefined])
  },
)

it.each(dialectIds)(
  'TH-14 (T17) a conversation that moves to a thinking Claude is not refused, client: %s',
  async (client) => {
    gateway.says({ body: replies.gemini({ seal: 'c2lnbmVk', calls: [call] }) })
    const first = await gateway.see(client, { model: at('gemini'), thinking: true, turns: [question], tools })
    const results = first.calls.map((one) => ({ call: one, text: 'Snow' }))
    gateway.says({ body: replies['anthropic-messages']({ text: 'Yes' }) })
    const turns = [question, { answer: first }, { results }]
    await gateway.see(client, { model: at('anthropic-messages', 'claude-sonnet-4-5'), thinking: true, turns, tools })
    const { body, text } = gateway.last()
    expect(text).not.toContain('c2lnbmVk')
    expect(body.messages[1].content.map(({ type }: Json) => type)).toEqual(['tool_use'])
    expect(body.thinking?.type ?? 'disabled').toBe('disabled')
  },
)

/** A step of a tool loop whose second request goes elsewhere, or comes changed. */
async function brought(
  client: DialectId,
  change: (first: View) => { view?: View; model?: string; headers?: Record<string, string> },
) {
  gateway.says({ body: replies['openai-responses'](ofResponses) })
  const first = await gateway.see(client, { model: at('openai-responses'), thinking: true, turns: [question], tools })
  const { headers, model = at('openai-responses'), view = first } = change(first)
  gateway.says({ body: replies['openai-responses']({ text: 'Yes' }) })
  const results = first.calls.map((one) => ({ call: one, text: 'Snow' }))
  const turns = [question, { answer: view }, { results }]
  return gateway.ask(client, { model, thinking: true, turns, tools }, {}, headers)
}

const forged = (view: View): View => ({
  ...view,
  history: view.history.map((part) => ({
    ...part,
    ...(part.signature && { signature: `${part.signature.slice(0, -8)}AAAAAAA=` }),
  })),
})

it.each([
  ['is forged', (first: View) => ({ view: forged(first) })],
  ['is another tenant’s', () => ({ headers: { authorization: `Bearer ${otherKey}` } })],
  ['was minted by another account', () => ({ model: 'second/gpt-5.5' })],
])('TH-15 (T18) state that %s is left out, and the conversation goes on', async (_, change) => {
  const told = await brought('anthropic-messages', change)
  expect(told.status).toBe(200)
  expect(itemTypes(gateway.last().body)).toEqual(['message', 'function_call', 'function_call_output'])
  expect(told.lost).toEqual(['messages[1].reasoning'])
})

it('TH-16 (T8) an envelope of ours never reaches Anthropic', async () => {
  gateway.says({ body: replies['openai-responses'](ofResponses) })
  const first = await gateway.see('anthropic-messages', {
    model: at('openai-responses'),
    thinking: true,
    turns: [question],
    tools,
  })
  const envelope = first.history[0]?.signature
  expect(envelope).toEqual(expect.any(String))
  gateway.says({ body: replies['anthropic-messages']({ text: 'Yes' }) })
  const results = first.calls.map((one) => ({ call: one, text: 'Snow' }))
  const turns = [question, { answer: first }, { results }]
  const told = await gateway.ask('anthropic-messages', { model: at('anthropic-messages'), turns, tools })
  expect(told.status).toBe(200)
  expect(gateway.last().text).not.toContain(envelope)
  expect(gateway.last().body.messages[1].content.map(({ type }: Json) => type)).toEqual(['tool_use'])
})

it('TH-17 state of an account that is gone is left out, and the conversation goes on', async () => {
  const own = await startScripted()
  own.says({ body: replies['openai-responses'](ofResponses) })
  const model = at('openai-responses')
  const first = await own.see('anthropic-messages', { model, thinking: true, turns: [question], tools })
  const checked = checkConfig({
    file: `
sandbox: false
channels:
  - { name: successor, provider: openai, base_url: '${own.upstream.url}', keys: [k], dialects: [openai-responses], models: [{ name: ${model}, upstream: gpt-5.5 }] }
keys: [{ name: test, key: ${key} }]`,
    environment: {},
    flags: { port: '0', data: ':memory:' },
  })
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems))
  await own.gateway.app.reconfigure(checked.config)
  own.says({ body: replies['openai-responses']({ text: 'Yes' }) })
  const results = first.calls.map((one) => ({ call: one, text: 'Snow' }))
  await own.see('anthropic-messages', {
    model,
    thinking: true,
    turns: [question, { answer: first }, { results }],
    tools,
  })
  expect(itemTypes(own.last().body)).toEqual(['message', 'function_call', 'function_call_output'])
  await own.close()
})

it('TH-18 (T19) the messages of a prefix-bound Claude keep their bytes from turn to turn', async () => {
  const model = at('anthropic-messages', 'claude-fable-5-1')
  const turns: Json[] = [question]
  const bodies: Json[] = []
  for (const step of ['1', '2', '3']) {
    const said = { thinking: `Step ${step}.`, seal: 'c2ln', calls: [{ ...call, id: `toolu_${step}` }] }
    gateway.says({ body: replies['anthropic-messages'](said) })
    const seen = await gateway.see('openai-responses', {
      model,
      thinking: true,
      turns: turns as [],
      tools,
      system: 'Be brief.',
    })
    bodies.push(gateway.last().body)
    turns.push({ answer: seen }, { results: seen.calls.map((one) => ({ call: one, text: `Snow ${step}` })) })
  }
  for (const [position, body] of bodies.slice(1).entries()) {
    const before = bodies[position]
    expect(JSON.stringify(body.messages.slice(0, before?.messages.length))).toBe(JSON.stringify(before?.messages))
    expect(JSON.stringify([body.tools, body.system])).toBe(JSON.stringify([before?.tools, before?.system]))
  }
})

const thoughtful: Said = { thinking: 'Let me see.', text: 'Yes' }

it.each(['anthropic-messages', 'openai-responses', 'gemini'] as const)(
  'TH-19 (T40) reasoning_content of a chat upstream is thinking that ends before the text, client: %s',
  async (client) => {
    gateway.says({ stream: streams['openai-chat'](thoughtful) })
    const told = await gateway.ask(client, {
      model: at('openai-chat'),
      thinking: true,
      stream: true,
      turns: [question],
    })
    const seen = formats[client].viewStream(told.text)
    expect(seen).toMatchObject({ thinking: 'Let me see.', text: 'Yes' })
    const closings: Record<typeof client, RegExp> = {
      'anthropic-messages': /thinking_delta.*content_block_stop.*text_delta/s,
      'openai-responses': /reasoning_text\.delta.*output_item\.done.*output_text\.delta/s,
      gemini: /"thought":true.*"text":"Yes"/s,
    }
    expect(told.text).toMatch(closings[client])
  },
)

it('TH-20 (T40, T41) Anthropic’s thinking is told to chat clients before the content, each piece once', async () => {
  gateway.says({ stream: streams['anthropic-messages'](thoughtful) })
  const told = await gateway.ask('openai-chat', {
    model: at('anthropic-messages'),
    thinking: true,
    stream: true,
    turns: [question],
  })
  const pieces = frames(told.text).flatMap(({ data }) =>
    Object.keys(data.choices?.[0]?.delta ?? {}).filter((name) => data.choices[0].delta[name]),
  )
  const told_ = pieces.filter((name) => name === 'content' || name === 'reasoning_content')
  expect(told_).toEqual(['reasoning_content', 'content'])
})

it('TH-20 effort none asks for no thinking, and none is told', async () => {
  gateway.says({ stream: streams['anthropic-messages']({ text: 'Yes' }) })
  const told = await gateway.ask(
    'openai-chat',
    { model: at('anthropic-messages'), stream: true, turns: [question] },
    { reasoning_effort: 'none' },
  )
  expect(gateway.last().body.thinking).toEqual({ type: 'disabled' })
  expect(told.text).not.toContain('reasoning_content')
})

it.each([false, true])(
  'TH-21 a Gemini client without includeThoughts gets the state and not the text; stream: %s',
  async (stream) => {
    const said: Said = { ...thoughtful, seal: 'c2lnbmVk' }
    gateway.says(
      stream ? { stream: streams['anthropic-messages'](said) } : { body: replies['anthropic-messages'](said) },
    )
    const seen = await gateway.see('gemini', { model: at('anthropic-messages'), stream, turns: [question] })
    expect(seen).toMatchObject({ thinking: '', text: 'Yes' })
    expect(JSON.stringify(seen.history)).toContain('thoughtSignature')
    gateway.says({ body: replies['anthropic-messages']({ text: 'Yes' }) })
    await gateway.see('gemini', {
      model: at('anthropic-messages'),
      turns: [question, { answer: seen }, { user: 'Sure?' }],
    })
    expect(gateway.last().body.messages[1].content).toEqual([
      { type: 'thinking', thinking: 'Let me see.', signature: 'c2lnbmVk' },
      { type: 'text', text: 'Yes' },
    ])
  },
)

const trailing = [
  { candidates: [{ content: { role: 'model', parts: [{ text: 'Yes' }] } }] },
  {
    candidates: [
      { content: { role: 'model', parts: [{ text: '', thoughtSignature: 'dHJhaWw=' }] }, finishReason: 'STOP' },
    ],
    usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 1, totalTokenCount: 6 },
  },
].map(bare)

it.each(['anthropic-messages', 'openai-responses', 'gemini'] as const)(
  'TH-22 (T76) a signature on an empty text at the end is kept, client: %s',
  async (client) => {
    gateway.says({ stream: trailing })
    const seen = await gateway.see(client, { model: at('gemini'), stream: true, thinking: true, turns: [question] })
    gateway.says({ body: replies.gemini({ text: 'Yes' }) })
    await gateway.see(client, {
      model: at('gemini'),
      thinking: true,
      turns: [question, { answer: seen }, { user: 'Sure?' }],
    })
    const parts = gateway.last().body.contents[1].parts
    expect(parts.map(({ text }: Json) => text).join('')).toBe('Yes')
    expect(parts.flatMap((part: Json) => part.thoughtSignature ?? [])).toEqual(['dHJhaWw='])
  },
)

it.each([false, true])(
  'TH-23 interleaved thoughts and calls keep their order for a Responses client; stream: %s',
  async (stream) => {
    const content = ['1', '2'].flatMap((step) => [
      { type: 'thinking', thinking: `Step ${step}.`, signature: 'c2ln' },
      { type: 'tool_use', id: `toolu_${step}`, name: 'get_weather', input: { city: step } },
    ])
    const whole = { ...replies['anthropic-messages']({ calls: [call] }), content }
    gateway.says(stream ? { stream: replayed(whole) } : { body: whole })
    const seen = await gateway.see('openai-responses', {
      model: at('anthropic-messages'),
      thinking: true,
      stream,
      turns: [question],
      tools,
    })
    expect(seen.history.map((item) => item.summary?.[0]?.text ?? item.call_id)).toEqual([
      'Step 1.',
      'toolu_1',
      'Step 2.',
      'toolu_2',
    ])
  },
)

/** A message as its stream. */
const replayed = (message: Json): string[] =>
  [
    { type: 'message_start', message: { ...message, content: [], stop_reason: null } },
    ...message.content.flatMap((block: Json, index: number) => [
      {
        type: 'content_block_start',
        index,
        content_block: block.type === 'thinking' ? { ...block, thinking: '', signature: '' } : { ...block, input: {} },
      },
      ...(block.type === 'thinking'
        ? [
            { type: 'content_block_delta', index, delta: { type: 'thinking_delta', thinking: block.thinking } },
            { type: 'content_block_delta', index, delta: { type: 'signature_delta', signature: block.signature } },
          ]
        : [
            {
              type: 'content_block_delta',
              index,
              delta: { type: 'input_json_delta', partial_json: JSON.stringify(block.input) },
            },
          ]),
      { type: 'content_block_stop', index },
    ]),
    {
      type: 'message_delta',
      delta: { stop_reason: message.stop_reason, stop_sequence: null },
      usage: { output_tokens: 20 },
    },
    { type: 'message_stop' },
  ].map(named)

it.each([false, true])(
  'TH-24 without reasoning.summary a Responses client gets the state and no text; stream: %s',
  async (stream) => {
    const said: Said = { ...thoughtful, seal: 'c2lnbmVk' }
    gateway.says(
      stream ? { stream: streams['anthropic-messages'](said) } : { body: replies['anthropic-messages'](said) },
    )
    const wish = { model: at('anthropic-messages'), stream, turns: [question] }
    const told = await gateway.ask('openai-responses', wish, { reasoning: { effort: 'medium' } })
    const seen = stream
      ? formats['openai-responses'].viewStream(told.text)
      : formats['openai-responses'].view(told.json)
    expect(seen).toMatchObject({ thinking: '', text: 'Yes' })
    expect(told.text).not.toContain('summary_text')
    expect(seen.history[0]).toMatchObject({ type: 'reasoning', encrypted_content: expect.any(String) })
  },
)
