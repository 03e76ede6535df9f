import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkConfig } from '../../src/config.ts'
import { clientCodecs, upstreamCodecs } from '../../src/dialects/index.ts'
import { type DialectId, dialectIds, type UpstreamFormat } from '../../src/model/dialect.ts'
import { provider } from '../../src/providers/index.ts'
import { capabilitiesOf } from '../../src/providers/models.ts'
import type { Json } from '../support/formats/format.ts'
import { key, type SandboxGateway, startGateway, startSandboxGateway, startUpstream, via } from '../support/gateway.ts'
import { agents, type Entry, type Session } from './agents.ts'

const schema = { type: 'object', properties: { city: { type: 'string' } } }
const tools = [{ name: 'get_weather', description: 'The weather in a city', schema }]
const call = { id: 'toolu_1', name: 'get_weather', input: { city: 'Oslo' } }
const answered = (history: readonly Json[]): Entry => ({
  answer: { text: '', thinking: '', calls: [call], stop: 'tool_calls', model: 'm', usage: none, history },
})
const none = { input: 0, output: 0, cached: 0, reasoning: 0 }

/** A session that has just got a tool's result, as each agent tells it. */
const histories: Record<DialectId, readonly Json[]> = {
  'anthropic-messages': [{ type: 'tool_use', ...call }],
  'openai-chat': [
    {
      role: 'assistant',
      tool_calls: [{ id: call.id, type: 'function', function: { name: call.name, arguments: '{"city":"Oslo"}' } }],
    },
  ],
  'openai-responses': [{ type: 'function_call', call_id: call.id, name: call.name, arguments: '{"city":"Oslo"}' }],
  gemini: [{ functionCall: { id: call.id, name: call.name, args: call.input } }],
}
const session = (client: DialectId, model = 'm'): Session => ({
  model,
  stream: false,
  system: ['You are an agent.', 'Be brief.'],
  tools,
  entries: [{ user: 'How is Oslo?' }, answered(histories[client]), { results: [{ call, text: 'Snow' }] }],
})

interface Upstream {
  readonly id: string
  readonly format: UpstreamFormat
  readonly model: string
  readonly quirks?: object
}

/** What the upstream is asked by this agent, `change` made to its request. */
function asked(client: DialectId, upstream: Upstream, change: (body: Json) => Json = (body) => body): Json {
  const { body, headers = {} } = agents[client](session(client))
  const path = client === 'gemini' ? { path: { model: 'm', stream: false as const } } : {}
  const read = clientCodecs[client].readRequest({ body: change(body), headers, ...path })
  if (!read.ok) throw new Error(read.fault.message)
  const codec = upstreamCodecs[upstream.format]
  const offer = provider(upstream.id)?.formats[upstream.format]
  const quirks = { ...codec.quirks, ...offer?.quirks, ...upstream.quirks }
  const { model } = upstream
  const written = codec.writeRequest(read.value, { model, capabilities: capabilitiesOf(model), quirks })
  if (!written.ok) throw new Error(written.fault.message)
  return written.value.body
}

const ephemeral = { type: 'ephemeral' }
const explicit = { mode: 'explicit', ttl: '30m' }
const openrouter: Upstream = { id: 'openrouter', format: 'openai-chat', model: 'anthropic/claude-sonnet-4.5' }
const openai: Upstream = { id: 'openai', format: 'openai-responses', model: 'gpt-5.6' }
const anthropic: Upstream = { id: 'anthropic', format: 'anthropic-messages', model: 'claude-sonnet-4-5' }
const nova: Upstream = { id: 'bedrock', format: 'bedrock-converse', model: 'amazon.nova-2-lite-v1:0' }

describe('marks that the client has made', () => {
  it('stand in the parts of vendors that take them there, on a tool’s result too', () => {
    const { messages, ...body } = asked('anthropic-messages', openrouter)
    expect(messages[0].content).toEqual([
      { type: 'text', text: 'You are an agent.', cache_control: ephemeral },
      { type: 'text', text: 'Be brief.', cache_control: ephemeral },
    ])
    expect(messages.at(-1)).toMatchObject({
      role: 'tool',
      content: [{ type: 'text', text: 'Snow', cache_control: ephemeral }],
    })
    expect(body).not.toHaveProperty('prompt_cache_options')
  })

  it('become breakpoints of models that take those', () => {
    const { input, prompt_cache_options } = asked('anthropic-messages', openai)
    expect(input[0].content).toEqual([
      { type: 'input_text', text: 'You are an agent.', prompt_cache_breakpoint: explicit },
      { type: 'input_text', text: 'Be brief.', prompt_cache_breakpoint: explicit },
    ])
    expect(input.at(-1).output).toEqual([{ type: 'input_text', text: 'Snow', prompt_cache_breakpoint: explicit }])
    expect(prompt_cache_options).toEqual({ mode: 'explicit' })
  })

  it('do not switch caching off where none of them has a place', () => {
    const onTool = (body: Json): Json => ({
      ...body,
      system: 'You are an agent.',
      messages: [{ role: 'user', content: 'Hello' }],
      tools: body.tools.map((tool: Json) => ({ ...tool, cache_control: ephemeral })),
    })
    const chat: Upstream = { id: 'openai', format: 'openai-chat', model: 'gpt-5.6-chat', quirks: {} }
    expect(asked('anthropic-messages', openai, onTool)).not.toHaveProperty('prompt_cache_options')
    expect(
      asked('anthropic-messages', chat, (body) => ({ ...onTool(body), tools: [], metadata: undefined })),
    ).not.toHaveProperty('prompt_cache_options')
  })

  it('become cache points, and none is added', () => {
    const { system, messages } = asked('anthropic-messages', nova)
    const text = JSON.stringify([system, messages])
    expect(text.match(/cachePoint/g)).toHaveLength(3)
  })
})

describe('marks for clients whose format has none', () => {
  const others = dialectIds.filter((client) => client !== 'anthropic-messages')

  it.each(others)('stand behind the instructions and at the end: %s', (client) => {
    const { system, messages, tools: offered, cache_control } = asked(client, anthropic)
    expect(system.at(-1)).toMatchObject({ text: expect.stringContaining('Be brief.'), cache_control: ephemeral })
    expect(cache_control).toEqual(ephemeral)
    expect(JSON.stringify([messages, offered])).not.toContain('cache_control')
  })

  it('stand where the last request ended, when one turn has added more than the vendor looks back over', () => {
    const [question, , result] = asked('openai-chat', anthropic).messages
    expect(JSON.stringify(question)).not.toContain('cache_control')
    const ids = Array.from({ length: 10 }, (_, at) => `toolu_${at}`)
    const busy = (body: Json): Json => {
      const [system, user, { tool_calls: calls }, answer] = body.messages
      const many = { role: 'assistant', tool_calls: ids.map((id) => ({ ...calls[0], id })) }
      const answers = ids.map((id) => ({ ...answer, tool_call_id: id }))
      return { ...body, messages: [system, user, many, ...answers] }
    }
    const { messages } = asked('openai-chat', anthropic, busy)
    expect(messages[0].content).toEqual([{ ...question.content[0], cache_control: ephemeral }])
    expect(JSON.stringify(messages.slice(1))).not.toContain('cache_control')
    expect(messages[2].content).toHaveLength(result.content.length * 10)
  })

  it('stand behind the tools where there are no instructions', () => {
    const without = (body: Json): Json => ({ ...body, messages: body.messages.slice(1) })
    const { tools: offered, system } = asked('openai-chat', anthropic, without)
    expect(system).toBeUndefined()
    expect(offered.at(-1)).toMatchObject({ cache_control: ephemeral })
  })

  it.each(others)('are cache points in Converse: %s', (client) => {
    const { system, messages } = asked(client, nova)
    const point = { cachePoint: { type: 'default' } }
    expect(system.at(-1)).toEqual(point)
    const hasPoint = messages.map(({ content }: Json) => JSON.stringify(content.at(-1)) === JSON.stringify(point))
    expect(hasPoint).toEqual([true, false, true])
  })

  it('are not needed by models that Converse caches nothing of, and not placed for Anthropic’s own clients', () => {
    const plain = asked('openai-chat', { ...nova, model: 'openai.gpt-oss-120b' })
    expect(JSON.stringify(plain)).not.toContain('cachePoint')
    const unmarked = (body: Json): Json =>
      JSON.parse(JSON.stringify(body, (name, value) => (name === 'cache_control' ? undefined : value)))
    expect(JSON.stringify(asked('anthropic-messages', nova, unmarked))).not.toContain('cachePoint')
  })

  it('leave those of the client alone', () => {
    const marked = (body: Json): Json => ({
      ...body,
      messages: body.messages.map((message: Json, at: number) =>
        at === 1 ? { ...message, content: [{ type: 'text', text: 'How?', cache_control: ephemeral }] } : message,
      ),
    })
    expect(JSON.stringify(asked('openai-chat', anthropic, marked)).match(/cache_control/g)).toHaveLength(1)
  })

  it('can be switched off for a channel', async () => {
    const upstream = await startUpstream((response) => response.writeHead(500).end())
    const channel = (name: string, more: string): string =>
      `{ name: ${name}, provider: sandbox, base_url: "${upstream.url}", dialects: [anthropic-messages], models: [${name}]${more} }`
    const gateway = await startGateway(
      `sandbox: false\nchannels: [${channel('on', '')}, ${channel('off', ', cache_breakpoints: off')}]\nkeys: [{ name: test, key: ${key} }]`,
    )
    try {
      for (const model of ['on', 'off']) {
        const { body, path } = agents['openai-chat'](session('openai-chat', model))
        await fetch(gateway.url + path, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
      }
      expect(upstream.asked.map(({ body }) => body.includes('cache_control'))).toEqual([true, false])
    } finally {
      await gateway.close()
      await upstream.close()
    }
  })

  it('are on or off, nothing else', () => {
    const file = 'channels:\n  - { name: a, provider: openai, cache_breakpoints: some }'
    const checked = checkConfig({ file, environment: {} })
    expect(checked).toMatchObject({ ok: false, problems: [{ line: 2 }] })
  })
})

describe('the key under which prompts are cached', () => {
  let gateway: SandboxGateway
  beforeAll(async () => {
    gateway = await startSandboxGateway()
  })
  afterAll(() => gateway.close())

  async function keyed(client: DialectId, upstream: DialectId, headers: Record<string, string> = {}) {
    const before = gateway.asked.length
    const { body, path, ...own } = agents[client]({ ...session(client, via(upstream)), entries: [{ user: 'Hello' }] })
    const answer = await fetch(gateway.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...own.headers, ...headers },
      body: JSON.stringify(body),
    })
    expect(answer.status).toBe(200)
    await answer.text()
    expect(answer.headers.get('x-causeway-lost') ?? '').not.toContain('prompt_cache_key')
    // The sandbox is asked in JSON objects.
    const seen = gateway.asked[before]?.body as Json | undefined
    return seen?.prompt_cache_key
  }

  it.each(['openai-chat', 'openai-responses'] as const)('is the session’s, in a name of ours: %s', async (upstream) => {
    const made = await keyed('anthropic-messages', upstream)
    expect(made).toMatch(/^[\w-]{20,64}$/)
    expect(made).not.toContain('5f0c1d3e')
    expect(await keyed('anthropic-messages', upstream)).toBe(made)
    expect(await keyed('anthropic-messages', upstream, { 'x-claude-code-session-id': 'another' })).not.toBe(made)
  })

  it('is the client’s own where it has one', async () => {
    const { body } = agents['openai-responses'](session('openai-responses'))
    expect(await keyed('openai-responses', 'openai-chat')).toBe(body.prompt_cache_key)
    expect(await keyed('openai-responses', 'openai-responses')).toBe(body.prompt_cache_key)
  })

  it('is not made up where nobody names a session, nor for vendors that have none', async () => {
    expect(await keyed('gemini', 'openai-chat')).toBeUndefined()
    expect(await keyed('anthropic-messages', 'gemini')).toBeUndefined()
    expect(await keyed('openai-chat', 'anthropic-messages')).toBeUndefined()
    expect(
      asked('anthropic-messages', { id: 'groq', format: 'openai-responses', model: 'openai/gpt-oss-120b' }),
    ).not.toHaveProperty('prompt_cache_key')
  })
})
