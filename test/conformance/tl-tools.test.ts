import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { formats, type Json } from '../support/formats/format.ts'
import { at, type Rig, startRig, translated, ways } from './rig/rig.ts'
import { scripts } from './rig/said.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
beforeEach(() => rig.answer({ text: 'Hello.' }))
afterAll(() => rig.close())

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const weather = { name: 'get_weather', description: 'The weather in a city', schema }
const clock = { name: 'get_time', description: 'The time in a city', schema }
const tools = [weather, clock]
const hi = [{ user: 'Hi' }]
const strict = { 'x-causeway-strict': '1' }

describe.each([false, true])('answers, stream: %s', (stream) => {
  it.each(ways)('TL-01 (T6, T36, T59, T89) %s to %s: one call', async (client, upstream) => {
    rig.answer({ calls: [{ id: 'call_1', name: 'get_weather', input: { city: 'Zürich 🏔️' } }] })
    const { view, text } = await rig.ask(client, { model: at(upstream), stream, turns: hi, tools })
    expect(view.calls).toEqual([{ id: 'call_1', name: 'get_weather', input: { city: 'Zürich 🏔️' } }])
    expect(view.stop).toBe('tool_calls')
    if (stream && client === 'openai-responses') {
      const [added, done] = datas(text).flatMap(({ item }) => (item ? [item] : []))
      expect(done).toEqual({ ...added, arguments: done?.arguments, status: 'completed' })
    }
  })

  it.each(ways)('TL-02 (T3, T37) %s to %s: three calls at once, after a text', async (client, upstream) => {
    const calls = ['Oslo', 'Rome', 'Bern'].map((city, index) => ({
      id: `call_${index}`,
      name: index === 1 ? 'get_time' : 'get_weather',
      input: { city },
    }))
    rig.answer({ text: 'I look.', calls })
    const { view } = await rig.ask(client, { model: at(upstream), stream, turns: hi, tools })
    expect(view.calls).toEqual(calls)
    expect(view.text).toBe('I look.')
    expect(view.stop).toBe('tool_calls')
  })

  it.each(translated)('TL-04 (T7) %s to %s: a call without arguments', async (client, upstream) => {
    for (const input of ['', '{}']) {
      rig.answer({ calls: [{ id: 'call_1', name: 'get_time', input }] })
      const answer = await rig.ask(client, { model: at(upstream), stream, turns: hi, tools })
      expect(answer.text).not.toContain('null,"partial_json"')
      if (!stream && client.startsWith('openai')) expect(answer.text).toMatch(/"arguments":\s*"\{\}"/)
      if (client === 'gemini') expect(answer.text).toMatch(/"args":\{\}/)
      expect(emptyInput(client, answer.text, stream)).toBe(true)
    }
  })

  it.each(dialectIds)(
    'TL-12 gemini’s calls without ids get unique ones for %s, and the next turn is taken',
    async (client) => {
      const calls = [
        { name: 'get_weather', input: { city: 'Oslo' } },
        { name: 'get_weather', input: { city: 'Rome' } },
      ]
      rig.answer({ calls })
      const { view } = await rig.ask(client, { model: at('gemini'), stream, turns: hi, tools })
      expect(view.calls).toMatchObject(calls)
      if (client !== 'gemini') expect(new Set(view.calls.map(({ id }) => id)).size).toBe(2)
      const results = view.calls.map((call, index) => ({ call, text: `result ${index}` }))
      rig.answer({ text: 'Done.' })
      const next = await rig.ask(client, { model: at('gemini'), turns: [...hi, { answer: view }, { results }], tools })
      expect(next.status).toBe(200)
      expect(next.heard.turns.at(-1)?.parts).toMatchObject([
        { kind: 'result', name: 'get_weather', text: 'result 0' },
        { kind: 'result', name: 'get_weather', text: 'result 1' },
      ])
    },
  )

  it.each(dialectIds)('TL-18 parallel calls forbidden towards gemini: %s sees the first alone', async (client) => {
    rig.answer({
      calls: [
        { name: 'get_weather', input: { city: 'Oslo' } },
        { name: 'get_time', input: { city: 'Rome' } },
      ],
    })
    const more = notParallel[client]
    if (!more) return
    const { view, lost } = await rig.ask(client, { model: at('gemini'), stream, turns: hi, tools }, more)
    expect(view.calls).toMatchObject([{ name: 'get_weather', input: { city: 'Oslo' } }])
    expect(lost).toContain('parallel_tool_calls')
  })

  it.each(dialectIds.filter((client) => client !== 'openai-chat'))(
    'TL-35 (T38) an upstream that calls and says "stop": %s sees the call',
    async (client) => {
      rig.answer((response) => {
        const told = scripts['openai-chat']
        const said = { calls: [{ id: 'call_1', name: 'get_time', input: { city: 'Rome' } }] }
        response.setHeader('content-type', stream ? 'text/event-stream' : 'application/json')
        const text = stream ? told.frames(said).join('') : JSON.stringify(told.whole(said))
        response.end(text.replace('"finish_reason":"tool_calls"', '"finish_reason":"stop"'))
      })
      const { view } = await rig.ask(client, { model: at('openai-chat'), stream, turns: hi, tools })
      expect(view).toMatchObject({ stop: 'tool_calls', calls: [{ name: 'get_time' }] })
    },
  )

  it.each(dialectIds)('TL-37 (T73) a wrapper of parallel calls is unwrapped for %s', async (client) => {
    rig.answer({
      calls: [
        {
          id: 'call_1',
          name: 'multi_tool_use.parallel',
          input: {
            tool_uses: [
              { recipient_name: 'functions.get_weather', parameters: { city: 'Oslo' } },
              { recipient_name: 'functions.get_time', parameters: { city: 'Rome' } },
            ],
          },
        },
      ],
    })
    const upstream = client === 'openai-chat' ? 'openai-responses' : 'openai-chat'
    const { view } = await rig.ask(client, { model: at(upstream), stream, turns: hi, tools })
    expect(view.calls.map(({ name, input }) => ({ name, input }))).toEqual([
      { name: 'get_weather', input: { city: 'Oslo' } },
      { name: 'get_time', input: { city: 'Rome' } },
    ])
    expect(new Set(view.calls.map(({ id }) => id)).size).toBe(2)
  })
})

it.each(['anthropic-messages', 'openai-responses', 'gemini'] as const)(
  'TL-35 (T38) an upstream that says "tool_calls" and calls nothing has ended for %s',
  async (client) => {
    rig.answer((response) => {
      const text = JSON.stringify(scripts['openai-chat'].whole({ text: 'Done.' }))
      response.setHeader('content-type', 'application/json')
      response.end(text.replace('"finish_reason":"stop"', '"finish_reason":"tool_calls"'))
    })
    const { view } = await rig.ask(client, { model: at('openai-chat'), turns: hi, tools })
    expect(view).toMatchObject({ stop: 'end', calls: [], text: 'Done.' })
  },
)

it.each([false, true])(
  'TL-02 (T44) text behind a call is said before it to a chat client; stream: %s',
  async (stream) => {
    rig.answer((response) => {
      const { whole } = scripts['anthropic-messages']
      const message = whole({ text: 'Before. ', calls: [{ id: 'call_1', name: 'get_time', input: { city: 'Rome' } }] })
      message.content.push({ type: 'text', text: 'Behind.' })
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(message))
    })
    const { view } = await rig.ask('openai-chat', { model: at('anthropic-messages'), stream, turns: hi, tools })
    expect(view).toMatchObject({ text: 'Before. Behind.', calls: [{ name: 'get_time' }], stop: 'tool_calls' })
  },
)

const notParallel: Record<DialectId, Json | undefined> = {
  'anthropic-messages': { tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
  'openai-chat': { parallel_tool_calls: false },
  'openai-responses': { parallel_tool_calls: false },
  // Gemini’s clients have no word for it.
  gemini: undefined,
}

function emptyInput(client: DialectId, text: string, stream: boolean): boolean {
  const seen = stream ? formats[client].viewStream(text) : formats[client].view(JSON.parse(text))
  return JSON.stringify(seen.calls.map(({ input }) => input)) === '[{}]'
}

it.each(['anthropic-messages', 'openai-responses', 'gemini'] as const)(
  'TL-03 (T3, T37) interleaved arguments of a chat upstream come one after the other to %s',
  async (client) => {
    rig.answer((response) => {
      const [role = '', ...frames] = scripts['openai-chat'].frames({
        calls: [
          { id: 'call_1', name: 'get_weather', input: { city: 'Llanfairpwllgwyngyll' } },
          { id: 'call_2', name: 'get_time', input: { city: 'Constantinople' } },
        ],
      })
      const of = (index: number) => frames.filter((frame) => frame.includes(`"tool_calls":[{"index":${index}`))
      const both = of(0).flatMap((frame, place) => [frame, of(1)[place] ?? ''])
      response.setHeader('content-type', 'text/event-stream')
      response.end([role, ...both, ...frames.filter((frame) => !frame.includes('"tool_calls":[{'))].join(''))
    })
    const { view } = await rig.ask(client, { model: at('openai-chat'), stream: true, turns: hi, tools })
    expect(view.calls).toEqual([
      { id: 'call_1', name: 'get_weather', input: { city: 'Llanfairpwllgwyngyll' } },
      { id: 'call_2', name: 'get_time', input: { city: 'Constantinople' } },
    ])
  },
)

it.each(ways)('TL-05 %s to %s: arguments cut inside escapes and surrogate pairs', async (client, upstream) => {
  const input = '{"city":"Z\\u00fcrich \\ud83c\\udfd4 \\"here\\\\there\\" 🏔"}'
  rig.answer({ calls: [{ id: 'call_1', name: 'get_weather', input }], pieces: input.length })
  const { view } = await rig.ask(client, { model: at(upstream), stream: true, turns: hi, tools })
  expect(view.calls).toEqual([{ id: 'call_1', name: 'get_weather', input: JSON.parse(input) }])
})

/** A chat history with one call and its result. */
const chatLoop = (call: Json, result: Json = { content: 'fine' }): Json => ({
  messages: [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: null, tool_calls: [{ id: 'call_1', type: 'function', ...call }] },
    { role: 'tool', tool_call_id: 'call_1', ...result },
  ],
})

describe('arguments in histories', () => {
  const cases = [
    ['TL-06', '{"city":', { _raw: '{"city":' }],
    ['TL-06', 'no json', { _raw: 'no json' }],
    ['TL-07', '["Oslo"]', { value: ['Oslo'] }],
    ['TL-07', '"Oslo"', { value: 'Oslo' }],
    ['TL-04 (T7)', '', {}],
  ] as const
  describe.each(['anthropic-messages', 'gemini'] as const)('to %s', (upstream) => {
    it.each(cases)('%s (T43) %s', async (_, text, input) => {
      const answer = await rig.ask(
        'openai-chat',
        { model: at(upstream), turns: [], tools },
        chatLoop({ function: { name: 'get_weather', arguments: text } }),
      )
      expect(answer.status).toBe(200)
      expect(answer.heard.turns[1]?.parts).toMatchObject([{ kind: 'call', name: 'get_weather', input }])
    })
  })
})

describe('ids', () => {
  const strange = ['x'.repeat(86), 'a:b/c', '', 'twice', 'twice']
  const anthropicHistory = {
    messages: [
      { role: 'user', content: 'Hi' },
      ...strange.flatMap((id, index) => [
        { role: 'assistant', content: [{ type: 'tool_use', id, name: 'get_weather', input: { city: `${index}` } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: `result ${index}` }] },
      ]),
    ],
  }
  it.each(['openai-chat', 'openai-responses'] as const)('TL-08 (T35) strange ids towards %s', async (upstream) => {
    const ask = () => rig.ask('anthropic-messages', { model: at(upstream), turns: [], tools }, anthropicHistory)
    const first = await ask()
    expect(first.status).toBe(200)
    expect((await ask()).raw).toBe(first.raw)
    const parts = first.heard.turns.slice(1).flatMap((turn) => turn.parts)
    const calls = parts.filter(({ kind }) => kind === 'call')
    const results = parts.filter(({ kind }) => kind === 'result')
    expect(calls).toHaveLength(strange.length)
    expect(new Set(calls.map(({ id }) => id)).size).toBe(strange.length)
    for (const [index, call] of calls.entries()) {
      expect(call.id).toMatch(/^[A-Za-z0-9_-]{1,40}$/)
      expect(results[index]).toEqual({ kind: 'result', id: call.id, text: `result ${index}` })
    }
  })

  it.each(['openai-chat', 'openai-responses', 'gemini'] as const)(
    'TL-09 (T19) an id of Anthropic’s goes through a client of %s and back unchanged',
    async (client) => {
      const id = 'toolu_01A09q90qw90lq917835lq9'
      rig.answer({ calls: [{ id, name: 'get_weather', input: { city: 'Oslo' } }] })
      const { view } = await rig.ask(client, { model: at('anthropic-messages'), turns: hi, tools })
      const results = view.calls.map((call) => ({ call, text: 'Snow' }))
      rig.answer({ text: 'Done.' })
      const turns = [...hi, { answer: view }, { results }]
      const next = await rig.ask(client, { model: at('anthropic-messages'), turns, tools })
      expect(next.body.messages[1].content).toMatchObject([{ type: 'tool_use', id }])
      expect(next.body.messages[2].content).toMatchObject([{ type: 'tool_result', tool_use_id: id }])
    },
  )

  const geminiLoop = (ids: readonly (string | undefined)[]): Json => ({
    contents: [
      { role: 'user', parts: [{ text: 'Hi' }] },
      {
        role: 'model',
        parts: ids.map((id, index) => ({
          functionCall: { ...(id && { id }), name: 'read_file', args: { file: `${index}` } },
        })),
      },
      {
        role: 'user',
        parts: ids.map((id, index) => ({
          functionResponse: { ...(id && { id }), name: 'read_file', response: { output: `content ${index}` } },
        })),
      },
    ],
  })
  const readFile = [{ name: 'read_file', schema: { type: 'object', properties: { file: { type: 'string' } } } }]

  it.each(['anthropic-messages', 'openai-chat', 'openai-responses'] as const)(
    'TL-10 (T78) Gemini CLI’s prefix on ids means nothing to %s',
    async (upstream) => {
      const wish = { model: at(upstream), turns: [], tools: readFile }
      const answer = await rig.ask('gemini', wish, geminiLoop(['read_file__call_x']))
      expect(answer.status).toBe(200)
      expect(answer.heard.turns.slice(1)).toMatchObject([
        { parts: [{ kind: 'call', id: 'call_x' }] },
        { parts: [{ kind: 'result', id: 'call_x', text: 'content 0' }] },
      ])
    },
  )

  it('TL-10 (T78) the prefix may stand on one side alone', async () => {
    const body = geminiLoop(['call_x'])
    body.contents[2].parts[0].functionResponse.id = 'read_file__call_x'
    const wish = { model: at('anthropic-messages'), turns: [], tools: readFile }
    const answer = await rig.ask('gemini', wish, body)
    expect(answer.heard.turns[2]?.parts).toMatchObject([{ kind: 'result', id: 'call_x', text: 'content 0' }])
    expect(answer.lost).toEqual([])
  })

  it.each(['anthropic-messages', 'openai-chat', 'openai-responses'] as const)(
    'TL-11 calls without ids pair with their results in order: %s',
    async (upstream) => {
      const wish = { model: at(upstream), turns: [], tools: readFile }
      const answer = await rig.ask('gemini', wish, geminiLoop([undefined, undefined]))
      expect(answer.status).toBe(200)
      const [, calls, results] = answer.heard.turns
      expect(new Set(calls?.parts.map(({ id }) => id)).size).toBe(2)
      expect(results?.parts).toMatchObject(
        (calls?.parts ?? []).map(({ id }, index) => ({ kind: 'result', id, text: `content ${index}` })),
      )
    },
  )
})

it.each(['anthropic-messages', 'openai-chat', 'gemini'] as const)(
  'TL-09 (T65) items that %s’s client makes the Responses API read have no ids of a foreign shape',
  async (client) => {
    rig.answer({ text: 'I look.', calls: [{ id: 'toolu_1', name: 'get_weather', input: { city: 'Oslo' } }] })
    const { view } = await rig.ask(client, { model: at('anthropic-messages'), turns: hi, tools })
    const results = view.calls.map((call) => ({ call, text: 'Snow' }))
    const turns = [...hi, { answer: view }, { results }]
    const next = await rig.ask(client, { model: at('openai-responses'), turns, tools })
    expect(next.status).toBe(200)
    expect(next.body.input).toHaveLength(4)
    for (const item of next.body.input) expect(item.id).toBeUndefined()
  },
)

describe('names', () => {
  const names = ['a.b/c', `mcp:server/${'x'.repeat(90)}`, '9lives', 'a_b_c', 'a.b:c']
  it.each(translated)(
    'TL-13 (T28) %s to %s: strange names are legal upstream and restored',
    async (client, upstream) => {
      const odd = names.map((name) => ({ name, description: name, schema }))
      rig.answer((response, { body }) => {
        // Every tool that was offered is called.
        const { tools: offered } = heardTools(upstream, JSON.parse(body))
        const calls = offered.map((name, index) => ({ id: `call_${index}`, name, input: { city: 'Oslo' } }))
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify(scripts[upstream].whole({ calls })))
      })
      const { view, heard } = await rig.ask(client, { model: at(upstream), turns: hi, tools: odd })
      const wire = heard.tools.map(({ name }) => name)
      expect(new Set(wire).size).toBe(names.length)
      for (const name of wire) expect(name).toMatch(legalName[upstream])
      expect(view.calls.map(({ name }) => name)).toEqual(names)
      const results = view.calls.map((call) => ({ call, text: 'fine' }))
      rig.answer({ text: 'Done.' })
      const next = await rig.ask(client, {
        model: at(upstream),
        turns: [...hi, { answer: view }, { results }],
        tools: odd,
        choice: { name: 'a.b/c' },
      })
      expect(next.status).toBe(200)
      expect(next.heard.turns[1]?.parts.filter(({ kind }) => kind === 'call').map(({ name }) => name)).toEqual(wire)
      expect(next.heard.choice).toBe(`required ${wire[0]}`)
    },
  )
})

const legalName: Record<DialectId, RegExp> = {
  'anthropic-messages': /^[a-zA-Z0-9_-]{1,64}$/,
  'openai-chat': /^[a-zA-Z0-9_-]{1,64}$/,
  'openai-responses': /^[a-zA-Z0-9_-]{1,64}$/,
  gemini: /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/,
}

const heardTools = (format: DialectId, body: Json): { tools: string[] } => ({
  tools: (format === 'gemini' ? body.tools[0].functionDeclarations : body.tools).map(
    (tool: Json) => tool.name ?? tool.function.name,
  ),
})

describe('choice', () => {
  const choices = [
    ['auto', 'auto'],
    ['none', 'none'],
    ['required', 'required'],
    [{ name: 'get_time' }, 'required get_time'],
  ] as const
  describe.each(translated)('TL-14 %s to %s', (client, upstream) => {
    it.each(choices)('%o', async (choice, told) => {
      const answer = await rig.ask(client, { model: at(upstream), turns: hi, tools, choice })
      expect(answer.status).toBe(200)
      expect(answer.heard.choice ?? 'auto').toBe(told)
      expect(answer.lost).toEqual([])
    })
    it('no choice at all', async () => {
      const answer = await rig.ask(client, { model: at(upstream), turns: hi, tools })
      expect(answer.heard.choice ?? 'auto').toBe('auto')
    })
  })

  it.each(['openai-chat', 'openai-responses', 'gemini'] as const)(
    'TL-15 a model that cannot be forced is asked by words: %s',
    async (client) => {
      const wish = {
        model: at('anthropic-messages', 'claude-opus-5-5'),
        turns: hi,
        tools,
        choice: { name: 'get_time' },
      }
      const answer = await rig.ask(client, wish)
      expect(answer.heard.choice).toBe('auto')
      expect(JSON.stringify(answer.heard.system)).toContain('get_time')
      expect(answer.lost).toContain('tool_choice')
      const refused = await rig.ask(client, wish, {}, strict)
      expect(refused.status).toBe(400)
      expect(refused.text).toContain('tool_choice')
    },
  )

  it('TL-16 (T16) a forced tool switches a budget of thinking off', async () => {
    const wish = {
      model: at('anthropic-messages', 'claude-sonnet-4-5'),
      turns: hi,
      tools,
      thinking: true,
      choice: { name: 'get_time' },
    }
    const answer = await rig.ask('openai-chat', wish)
    expect(answer.body.thinking?.type ?? 'disabled').toBe('disabled')
    expect(answer.heard.choice).toBe('required get_time')
    expect(answer.lost).toContain('thinking')
  })

  it.each(['openai-chat', 'openai-responses'] as const)(
    'TL-17 parallel calls off towards Anthropic: %s',
    async (client) => {
      const answer = await rig.ask(client, { model: at('anthropic-messages'), turns: hi, tools }, notParallel[client])
      expect(answer.body.tool_choice).toEqual({ type: 'auto', disable_parallel_tool_use: true })
    },
  )

  const allowed: Partial<Record<DialectId, (mode: string) => Json>> = {
    'openai-chat': (mode) => ({
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: {
          mode,
          tools: ['get_weather', 'get_time'].map((name) => ({ type: 'function', function: { name } })),
        },
      },
    }),
    'openai-responses': (mode) => ({
      tool_choice: {
        type: 'allowed_tools',
        mode,
        tools: ['get_weather', 'get_time'].map((name) => ({ type: 'function', name })),
      },
    }),
  }
  it.each([
    ['openai-chat', 'anthropic-messages', 'required'],
    ['openai-responses', 'anthropic-messages', 'auto'],
    ['openai-chat', 'gemini', 'required'],
    ['openai-responses', 'gemini', 'auto'],
  ] as const)('TL-19 %s to %s: an allowed set, %s', async (client, upstream, mode) => {
    const offered = [{ name: 'look', schema }, ...tools]
    const answer = await rig.ask(client, { model: at(upstream), turns: hi, tools: offered }, allowed[client]?.(mode))
    expect(answer.status).toBe(200)
    if (upstream === 'gemini') {
      expect(answer.heard.choice).toBe(`${mode} get_weather get_time`)
      expect(answer.body.toolConfig.functionCallingConfig.mode).toBe(mode === 'auto' ? 'VALIDATED' : 'ANY')
    } else {
      expect(answer.heard.tools.map(({ name }) => name)).toEqual(['get_weather', 'get_time'])
      expect(answer.heard.choice ?? 'auto').toBe(mode)
    }
  })

  it.each(dialectIds)('TL-34 an empty list of tools takes its choice along: %s', async (upstream) => {
    if (upstream === 'openai-chat') return
    const answer = await rig.ask(
      'openai-chat',
      { model: at(upstream), turns: hi },
      { tools: [], tool_choice: 'auto', parallel_tool_calls: true },
    )
    expect(answer.status).toBe(200)
    for (const field of ['tools', 'tool_choice', 'toolConfig', 'parallel_tool_calls'])
      expect(answer.body).not.toHaveProperty(field)
  })
})

describe('results', () => {
  const failed = (text: string): Json => ({
    messages: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', name: 'get_time', input: {} }] },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 'call_1', is_error: true, content: text }],
      },
    ],
  })
  it.each([
    ['openai-chat', { text: 'Error: no clock' }],
    ['openai-responses', { text: 'Error: no clock' }],
    ['gemini', { text: 'no clock', isError: true }],
  ] as const)('TL-20 a failed tool towards %s', async (upstream, told) => {
    const wish = { model: at(upstream), turns: [], tools }
    const answer = await rig.ask('anthropic-messages', wish, failed('no clock'))
    expect(answer.heard.turns.at(-1)?.parts).toMatchObject([{ kind: 'result', ...told }])
    const prefixed = await rig.ask('anthropic-messages', wish, failed('Error: no clock'))
    if (upstream !== 'gemini') expect(prefixed.heard.turns.at(-1)?.parts).toMatchObject([{ text: 'Error: no clock' }])
  })

  it('TL-20 a failed tool of a Gemini client towards Anthropic', async () => {
    const call = { id: 'call_1', name: 'get_time', input: {} }
    const answer = await rig.ask(
      'gemini',
      { model: at('anthropic-messages'), turns: [], tools },
      {
        contents: [
          { role: 'user', parts: [{ text: 'Hi' }] },
          { role: 'model', parts: [{ functionCall: { name: 'get_time', id: call.id, args: {} } }] },
          { role: 'user', parts: [{ functionResponse: { id: call.id, name: 'get_time', response: { error: 'no' } } }] },
        ],
      },
    )
    expect(answer.body.messages[2].content).toMatchObject([{ tool_use_id: 'call_1', is_error: true }])
    expect(answer.heard.turns[2]?.parts).toMatchObject([{ kind: 'result', text: 'no', isError: true }])
  })

  const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } }
  const pictured: Json = {
    messages: [
      { role: 'user', content: 'Hi' },
      {
        role: 'assistant',
        content: ['call_1', 'call_2'].map((id) => ({ type: 'tool_use', id, name: 'get_time', input: {} })),
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'call_1', content: [{ type: 'text', text: 'two' }, image, image] },
          { type: 'tool_result', tool_use_id: 'call_2', content: 'none' },
        ],
      },
    ],
  }

  it('TL-21 (T45, T46) pictures in results go behind all tool messages of a chat upstream', async () => {
    const answer = await rig.ask('anthropic-messages', { model: at('openai-chat'), turns: [], tools }, pictured)
    const messages: Json[] = answer.body.messages
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool', 'user'])
    expect(JSON.stringify(messages.slice(2, 4))).not.toContain(png)
    expect(JSON.stringify(messages[2])).toContain('two')
    expect(messages[4]?.content.filter(({ type }: Json) => type === 'image_url')).toHaveLength(2)
    expect(answer.lost).not.toEqual([])
  })

  it.each([
    ['openai-responses', 'plain-model'],
    ['gemini', 'gemini-3-pro-preview'],
    ['gemini', 'gemini-2.5-flash'],
  ] as const)('TL-22 pictures in results towards %s, %s', async (upstream, model) => {
    const answer = await rig.ask('anthropic-messages', { model: at(upstream, model), turns: [], tools }, pictured)
    expect(answer.status).toBe(200)
    if (upstream === 'openai-responses') {
      const outputs = answer.body.input.filter(({ type }: Json) => type === 'function_call_output')
      expect(outputs[0].output.map(({ type }: Json) => type)).toEqual(['input_text', 'input_image', 'input_image'])
      expect(outputs).toHaveLength(2)
      return
    }
    const parts: Json[] = answer.body.contents[2].parts
    const inside = parts.flatMap(({ functionResponse }) => functionResponse?.parts ?? [])
    const behind = parts.filter(({ inlineData }) => inlineData)
    expect(parts.slice(0, 2).map((part) => Object.keys(part))).toEqual([['functionResponse'], ['functionResponse']])
    expect([inside.length, behind.length]).toEqual(model === 'gemini-3-pro-preview' ? [2, 0] : [0, 2])
  })

  it('TL-23 (T46) text beside results goes behind all tool messages of a chat upstream', async () => {
    const body = structuredClone(pictured)
    body.messages[2].content = [
      { type: 'text', text: 'By the way' },
      { type: 'tool_result', tool_use_id: 'call_1', content: 'one' },
      { type: 'text', text: 'and also' },
      { type: 'tool_result', tool_use_id: 'call_2', content: 'two' },
    ]
    const answer = await rig.ask('anthropic-messages', { model: at('openai-chat'), turns: [], tools }, body)
    expect(answer.status).toBe(200)
    expect(answer.body.messages.slice(2).map(({ role }: Json) => role)).toEqual(['tool', 'tool', 'user'])
    expect(answer.heard.turns.at(-1)?.parts).toMatchObject([
      { kind: 'result', text: 'one' },
      { kind: 'result', text: 'two' },
      { kind: 'text', text: 'By the way' },
      { kind: 'text', text: 'and also' },
    ])
  })

  it('TL-23 (T25, T26) results of a chat client come first and together towards Anthropic', async () => {
    const call = (id: string) => ({ id, type: 'function', function: { name: 'get_time', arguments: '{}' } })
    const answer = await rig.ask(
      'openai-chat',
      { model: at('anthropic-messages'), turns: [], tools },
      {
        messages: [
          { role: 'user', content: 'Hi' },
          { role: 'assistant', content: null, tool_calls: [call('call_1'), call('call_2')] },
          { role: 'tool', tool_call_id: 'call_2', content: 'two' },
          { role: 'user', content: 'By the way' },
          { role: 'tool', tool_call_id: 'call_1', content: 'one' },
          { role: 'user', content: 'and also' },
        ],
      },
    )
    expect(answer.status).toBe(200)
    expect(answer.body.messages.map(({ role }: Json) => role)).toEqual(['user', 'assistant', 'user'])
    expect(answer.body.messages[2].content.map(({ type }: Json) => type)).toEqual([
      'tool_result',
      'tool_result',
      'text',
      'text',
    ])
    expect(answer.heard.turns[2]?.parts).toMatchObject([{ id: 'call_1' }, { id: 'call_2' }, {}, {}])
  })

  const brokenHistories: Record<DialectId, Json> = {
    'openai-chat': {
      messages: [
        { role: 'user', content: 'Hi' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'get_time', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'call_9', content: 'from nowhere' },
        { role: 'user', content: 'Go on' },
      ],
    },
    'anthropic-messages': {
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', name: 'get_time', input: {} }] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'call_9', content: 'from nowhere' },
            { type: 'text', text: 'Go on' },
          ],
        },
      ],
    },
    'openai-responses': {
      input: [
        { role: 'user', content: 'Hi' },
        { type: 'function_call', call_id: 'call_1', name: 'get_time', arguments: '{}' },
        { type: 'function_call_output', call_id: 'call_9', output: 'from nowhere' },
        { role: 'user', content: 'Go on' },
      ],
    },
    gemini: {
      contents: [
        { role: 'user', parts: [{ text: 'Hi' }] },
        { role: 'model', parts: [{ functionCall: { id: 'call_1', name: 'get_time', args: {} } }] },
        {
          role: 'user',
          parts: [
            { functionResponse: { id: 'call_9', name: 'look', response: { output: 'from nowhere' } } },
            { text: 'Go on' },
          ],
        },
      ],
    },
  }
  it.each(translated)('TL-24 (T88) %s to %s: an unanswered call and an answer to nothing', async (client, upstream) => {
    const wish = { model: at(upstream), turns: [], tools }
    const answer = await rig.ask(client, wish, brokenHistories[client])
    expect(answer.status).toBe(200)
    const parts = answer.heard.turns.at(-1)?.parts ?? []
    expect(parts[0]).toMatchObject({ kind: 'result' })
    expect(parts[0]?.text).toContain('[no result supplied by client]')
    expect(parts.slice(1).map(({ kind }) => kind)).toEqual(['text', 'text'])
    expect(JSON.stringify(parts)).toContain('from nowhere')
    expect(answer.lost).not.toEqual([])
    expect((await rig.ask(client, wish, brokenHistories[client], strict)).status).toBe(400)
  })

  it('TL-25 (T30) a history of calls without tools gets stubs towards Anthropic', async () => {
    const answer = await rig.ask(
      'openai-chat',
      { model: at('anthropic-messages'), turns: [] },
      chatLoop({ function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }),
    )
    expect(answer.status).toBe(200)
    expect(answer.heard.tools).toMatchObject([{ name: 'get_weather', schema: { type: 'object' } }])
    expect(answer.heard.choice).toBe('none')
  })

  it.each([
    [{ output: 'Snow' }, 'Snow'],
    [
      { temperature: { value: -3, unit: 'C' }, places: ['Oslo'] },
      '{"temperature":{"value":-3,"unit":"C"},"places":["Oslo"]}',
    ],
  ])('TL-26 (T92) a Gemini client’s result %o', async (response, text) => {
    const contents = [
      { role: 'user', parts: [{ text: 'Hi' }] },
      { role: 'model', parts: [{ functionCall: { id: 'call_1', name: 'get_time', args: {} } }] },
      { role: 'user', parts: [{ functionResponse: { id: 'call_1', name: 'get_time', response } }] },
    ]
    const wish = { model: at('anthropic-messages'), turns: [], tools }
    const answer = await rig.ask('gemini', wish, { contents })
    expect(answer.heard.turns[2]?.parts).toMatchObject([{ kind: 'result', text }])
  })

  it('TL-26 (T92) a text result goes to Gemini as an object', async () => {
    const answer = await rig.ask(
      'openai-chat',
      { model: at('gemini'), turns: [], tools },
      chatLoop({ function: { name: 'get_weather', arguments: '{}' } }, { content: '["a", 1]' }),
    )
    expect(answer.body.contents[2].parts[0].functionResponse.response).toEqual({ output: '["a", 1]' })
  })
})

describe('tools of other kinds', () => {
  const grammar = 'start: "*** Begin Patch" LF'
  const patchTool = {
    type: 'custom',
    name: 'apply_patch',
    description: 'Applies a patch',
    format: { type: 'grammar', syntax: 'lark', definition: grammar },
  }
  const patch = '*** Begin Patch\n*** Update File: a.ts\n@@\n-"old"\n+"new\\n" 🌊\n*** End Patch\n'

  describe.each([false, true])('stream: %s', (stream) => {
    it.each(['anthropic-messages', 'gemini', 'openai-chat'] as const)(
      'TL-27 (T62) a grammar tool of Codex’s towards %s',
      async (upstream) => {
        const isNative = upstream === 'openai-chat'
        if (!isNative)
          rig.answer({ calls: [{ id: 'call_1', name: 'apply_patch', input: { input: patch } }], pieces: 9 })
        const body = { model: at(upstream), stream, tools: [patchTool], input: 'Patch it' }
        const answer = await rig.post('/v1/responses', body)
        const [tool] = answer.heard.tools
        if (isNative) return expect(tool).toMatchObject({ name: 'apply_patch', format: { type: 'grammar' } })
        expect(tool).toMatchObject({
          name: 'apply_patch',
          schema: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
        })
        expect(tool?.description).toContain(grammar)
        const items = itemsOf(answer.text, stream)
        expect(items).toMatchObject([
          { type: 'custom_tool_call', name: 'apply_patch', call_id: 'call_1', input: patch },
        ])
        if (stream) expect(deltasOf(answer.text, 'response.custom_tool_call_input.delta')).toBe(patch)
        const history = [
          { role: 'user', content: 'Patch it' },
          ...items,
          { type: 'custom_tool_call_output', call_id: 'call_1', output: 'Done!' },
        ]
        rig.answer({ text: 'Good.' })
        const next = await rig.post('/v1/responses', { ...body, input: history })
        expect(next.status).toBe(200)
        expect(next.heard.turns.slice(1)).toMatchObject([
          { parts: [{ kind: 'call', name: 'apply_patch', input: { input: patch } }] },
          { parts: [{ kind: 'result', text: 'Done!' }] },
        ])
      },
    )

    it.each(['anthropic-messages', 'openai-chat', 'gemini'] as const)(
      'TL-28 (T63) a tool in a namespace towards %s',
      async (upstream) => {
        const body = {
          model: at(upstream),
          stream,
          tools: [
            {
              type: 'namespace',
              name: 'mcp__files',
              description: 'Files',
              tools: [{ type: 'function', name: 'read', parameters: schema, strict: false }],
            },
          ],
          input: 'Read it' as string | Json[],
        }
        rig.answer({ calls: [{ id: 'call_1', name: 'mcp__files__read', input: { city: 'Oslo' } }] })
        const answer = await rig.post('/v1/responses', body)
        expect(answer.heard.tools).toMatchObject([{ name: 'mcp__files__read' }])
        const items = itemsOf(answer.text, stream)
        expect(items).toMatchObject([{ type: 'function_call', namespace: 'mcp__files', name: 'read' }])
        rig.answer({ text: 'Good.' })
        const output = { type: 'function_call_output', call_id: 'call_1', output: 'text' }
        const input = [{ role: 'user', content: 'Read it' }, ...items, output]
        const next = await rig.post('/v1/responses', { ...body, input })
        expect(next.heard.turns[1]?.parts).toMatchObject([{ kind: 'call', name: 'mcp__files__read' }])
      },
    )
  })

  it.each(['anthropic-messages', 'openai-chat'] as const)(
    'TL-29 (T49, T68) strictness towards %s',
    async (upstream) => {
      const closed = { ...schema, additionalProperties: false }
      const tool = (name: string, more: Json) => ({ type: 'function', name, parameters: closed, ...more })
      const answer = await rig.post('/v1/responses', {
        model: at(upstream),
        input: 'Hi',
        tools: [tool('unsaid', {}), tool('lax', { strict: false }), tool('exact', { strict: true })],
      })
      expect(answer.status).toBe(200)
      // Responses clients that say nothing mean strict, and this schema can be.
      expect(answer.heard.tools.map(({ strict: said }) => said ?? false)).toEqual([true, false, true])
    },
  )

  it.each(['openai-responses', 'openai-chat', 'anthropic-messages'] as const)(
    'TL-29 (T49, T68) nobody becomes strict by accident: a loose schema towards %s',
    async (upstream) => {
      const loose = { type: 'object', properties: { city: { type: 'string' }, unit: { type: 'string' } } }
      const client = upstream === 'openai-chat' ? 'anthropic-messages' : 'openai-chat'
      const wish = { model: at(upstream), turns: hi, tools: [{ name: 'look', schema: loose }] }
      const answer = await rig.ask(client, wish)
      const [tool] = answer.heard.tools
      if (upstream === 'openai-responses') expect(tool?.strict).toBe(false)
      else expect(tool?.strict ?? false).toBe(false)
    },
  )

  it('TL-30 a bash tool of Anthropic’s is a function to a chat upstream and itself to the client', async () => {
    rig.answer({ calls: [{ id: 'call_1', name: 'bash', input: { command: 'ls' } }] })
    const answer = await rig.ask(
      'anthropic-messages',
      { model: at('openai-chat'), turns: hi },
      { tools: [{ type: 'bash_20250124', name: 'bash' }] },
    )
    expect(answer.heard.tools).toMatchObject([
      { name: 'bash', schema: { properties: { command: { type: 'string' } } } },
    ])
    expect(answer.view.calls).toEqual([{ id: 'call_1', name: 'bash', input: { command: 'ls' } }])
  })

  it('TL-30 a shell tool of OpenAI’s is a function to Anthropic and a shell call to the client', async () => {
    rig.answer({ calls: [{ id: 'call_1', name: 'shell', input: { commands: ['ls'] } }] })
    const tools = [{ type: 'shell' }]
    const answer = await rig.post('/v1/responses', { model: at('anthropic-messages'), input: 'Hi', tools })
    expect(answer.heard.tools).toMatchObject([{ name: 'shell', schema: { type: 'object' } }])
    expect(itemsOf(answer.text, false)).toMatchObject([
      { type: 'shell_call', call_id: 'call_1', action: { commands: ['ls'] } },
    ])
  })

  it.each(['openai-chat', 'openai-responses', 'gemini'] as const)(
    'TL-31 a computer has no form towards %s and is refused by name',
    async (upstream) => {
      const tool = { type: 'computer_20250124', name: 'computer', display_width_px: 800, display_height_px: 600 }
      const answer = await rig.ask('anthropic-messages', { model: at(upstream), turns: hi }, { tools: [tool] })
      expect(answer.status).toBe(400)
      expect(answer.text).toContain('computer')
      expect(answer.sent).toBeUndefined()
    },
  )

  it('TL-32 tools behind a search are all shown to Gemini', async () => {
    const answer = await rig.ask(
      'anthropic-messages',
      { model: at('gemini'), turns: [] },
      {
        tools: [
          { type: 'tool_search_tool_regex_20251119', name: 'tool_search_tool_regex' },
          { name: 'get_time', description: 'Time', input_schema: schema, defer_loading: true },
          { name: 'find', description: 'Finds tools', input_schema: { type: 'object' } },
        ],
        messages: [
          { role: 'user', content: 'Hi' },
          { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', name: 'find', input: {} }] },
          {
            role: 'user',
            content: [
              {
                type: 'tool_result',
                tool_use_id: 'call_1',
                content: [{ type: 'tool_reference', tool_name: 'get_time' }],
              },
            ],
          },
        ],
      },
    )
    expect(answer.status).toBe(200)
    expect(answer.heard.tools.map(({ name }) => name)).toEqual(['get_time', 'find'])
    expect(answer.raw).not.toMatch(/defer_loading|tool_search/)
    expect(answer.heard.turns[2]?.parts[0]?.text).toContain('get_time')
    expect(answer.lost).not.toEqual([])
  })

  it.each([
    ['gemini-2.5-flash', [['functionDeclarations']], ['web_search']],
    ['gemini-3-pro-preview', [['googleSearch'], ['functionDeclarations']], []],
  ] as const)('TL-32 (T91) a search of the vendor’s beside functions: %s', async (model, told, lost) => {
    const answer = await rig.post('/v1/responses', {
      model: at('gemini', model),
      input: 'Hi',
      tools: [{ type: 'web_search' }, { type: 'function', name: 'look', parameters: schema, strict: false }],
    })
    expect(answer.status).toBe(200)
    expect(answer.body.tools.map((tool: Json) => Object.keys(tool))).toEqual(told)
    expect(answer.lost).toEqual(lost)
  })

  it.each(translated)('TL-33 %s to %s: two tools of one name are refused', async (client, upstream) => {
    const answer = await rig.ask(client, { model: at(upstream), turns: hi, tools: [weather, weather] })
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('get_weather')
    expect(answer.sent).toBeUndefined()
  })

  it('TL-36 an answer cut inside a call is length to Anthropic’s client, its block closed', async () => {
    rig.answer({ text: 'I', calls: [{ id: 'call_1', name: 'get_time', input: '{"city":"Ro' }], stop: 'length' })
    const answer = await rig.ask('anthropic-messages', { model: at('openai-chat'), stream: true, turns: hi, tools })
    const events = answer.text.split('\n').flatMap((line) => (line.startsWith('event: ') ? [line.slice(7)] : []))
    expect(events.filter((name) => name === 'content_block_start')).toHaveLength(2)
    expect(events.filter((name) => name === 'content_block_stop')).toHaveLength(2)
    expect(events.at(-1)).toBe('message_stop')
    expect(answer.text).toContain('"stop_reason":"max_tokens"')
  })
})

function itemsOf(text: string, stream: boolean): Json[] {
  if (!stream) return JSON.parse(text).output
  return datas(text).flatMap(({ type, item }) => (type === 'response.output_item.done' ? [item] : []))
}

const deltasOf = (text: string, kind: string): string =>
  datas(text)
    .flatMap(({ type, delta }) => (type === kind ? [delta] : []))
    .join('')

const datas = (text: string): Json[] =>
  text.split('\n').flatMap((line) => (line.startsWith('data: ') ? [JSON.parse(line.slice(6))] : []))

describe('TL-38 (T27, T83, T84, T85) schemas of every kind', () => {
  const zoo: Record<string, Json> = {
    references: {
      type: 'object',
      properties: { place: { $ref: '#/$defs/place' } },
      $defs: { place: { type: 'object', properties: { city: { type: 'string' } } } },
    },
    alternatives: { type: 'object', properties: { at: { oneOf: [{ type: 'string' }, { type: 'number' }] } } },
    constants: { type: 'object', properties: { kind: { const: 'city' } } },
    nullable: { type: 'object', properties: { city: { type: ['string', 'null'] } } },
    bounds: {
      type: 'object',
      properties: { degrees: { type: 'number', exclusiveMinimum: 0, multipleOf: 5 } },
      propertyNames: { pattern: '^[a-z]+$' },
    },
    recursion: {
      type: 'object',
      properties: { child: { $ref: '#/$defs/node' } },
      $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
    },
    empty: { type: 'object' },
    'root choice': {
      anyOf: [
        { type: 'object', properties: { city: { type: 'string' } } },
        { type: 'object', properties: { zip: { type: 'string' } } },
      ],
    },
    'no type': { properties: { city: { type: 'string' } } },
    marked: { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object', additionalProperties: false },
  }
  describe.each(translated.filter(([client]) => client !== 'gemini'))('%s to %s', (client, upstream) => {
    it.each(Object.entries(zoo))('%s', async (name, odd) => {
      const wish = { model: at(upstream), turns: hi, tools: [{ name: 'look', description: 'Looks', schema: odd }] }
      const answer = await rig.ask(client, wish)
      expect(answer.status).toBe(200)
      const [tool] = answer.heard.tools
      expect(objections(upstream, tool?.schema)).toEqual([])
      if (name === 'bounds' && upstream === 'gemini') expect(JSON.stringify(tool)).toMatch(/multipleOf|multiple of 5/i)
    })
  })
})

it('TL-38 (T98) numbers that Google’s clients write as texts are numbers to others', async () => {
  const answer = await rig.ask(
    'gemini',
    { model: at('anthropic-messages'), turns: hi },
    {
      generationConfig: { maxOutputTokens: '123' },
      tools: [
        {
          functionDeclarations: [
            {
              name: 'look',
              description: 'Looks',
              parameters: {
                type: 'OBJECT',
                properties: { places: { type: 'ARRAY', items: { type: 'STRING', nullable: true }, maxItems: '3' } },
              },
            },
          ],
        },
      ],
    },
  )
  expect(answer.body.max_tokens).toBe(123)
  expect(answer.heard.tools[0]?.schema).toEqual({
    type: 'object',
    properties: { places: { type: 'array', items: { type: ['string', 'null'] }, maxItems: 3 } },
  })
})

/** What a vendor would object to in a schema: the table of keywords, written once more by hand. */
function objections(upstream: DialectId, schema: unknown): string[] {
  const refused: Record<DialectId, readonly string[]> = {
    'anthropic-messages': [],
    'openai-chat': [],
    'openai-responses': [],
    gemini: ['$schema', 'const', 'exclusiveMinimum', 'multipleOf', 'propertyNames'],
  }
  const found: string[] = []
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    for (const [key, value] of Object.entries(node)) {
      if (refused[upstream].includes(key)) found.push(key)
      walk(value)
    }
  }
  walk(schema)
  const root = schema as Json | undefined
  if (root && upstream !== 'gemini') {
    if (root.type !== 'object') found.push('root is no object')
    for (const key of ['anyOf', 'oneOf', 'allOf']) if (key in root) found.push(`root ${key}`)
  }
  return found
}
