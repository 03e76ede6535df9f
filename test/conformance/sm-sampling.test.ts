import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { formats, type Json } from '../support/formats/format.ts'
import { deltas, replies, streams } from './replies.ts'
import { at, type Scripted, startScripted, usual } from './scripted.ts'

const models: Record<DialectId, readonly string[]> = {
  'anthropic-messages': [
    'claude-opus-4-7',
    'claude-sonnet-4-5',
    'claude-3-5-sonnet-20241022',
    'claude-3-haiku-20240307',
  ],
  'openai-chat': ['gpt-5', 'o3'],
  'openai-responses': ['gpt-6', 'gpt-4.1'],
  gemini: ['gemini-2.5-flash'],
}

let gateway: Scripted
beforeAll(async () => {
  gateway = await startScripted(
    models,
    `
  - { name: compatible, provider: compatible, base_url: 'URL', keys: [k], models: [{ name: local, upstream: llama }] }`,
  )
})
afterAll(() => gateway.close())

const turns = [{ user: 'Hello' }]
const a = (model = usual['anthropic-messages']) => at('anthropic-messages', model)

/** What the upstream was asked, and what was told as lost, of a chat client's request. */
async function chat(model: string, change: Json): Promise<{ body: Json; lost: readonly string[]; status: number }> {
  const format = dialectIds.find((id) => model.startsWith(id)) ?? 'openai-chat'
  gateway.says({ body: replies[format]({ text: 'Hi' }) })
  const told = await gateway.ask('openai-chat', { model, turns }, change)
  const [asked] = gateway.asked()
  return { body: asked?.body ?? {}, lost: told.lost, status: told.status }
}

it('SM-01 a temperature above Anthropic’s 1 becomes 1 and is told', async () => {
  const { body, lost } = await chat(a(), { temperature: 1.7 })
  expect(body.temperature).toBe(1)
  expect(lost).toEqual(['temperature'])
})

it.each([
  [at('anthropic-messages', 'claude-opus-4-7'), 0.2],
  [at('openai-responses', 'gpt-6'), 0.2],
])('SM-02 (T12) %s takes no temperature: it is left out and told', async (model, temperature) => {
  const { body, lost } = await chat(model, { temperature })
  expect(body).not.toHaveProperty('temperature')
  expect(lost).toEqual(['temperature'])
})

it('SM-03 (T13) temperature and top_p together: Claude gets the temperature alone', async () => {
  const { body, lost } = await chat(a('claude-sonnet-4-5'), { temperature: 0.5, top_p: 0.9 })
  expect(body.temperature).toBe(0.5)
  expect(body).not.toHaveProperty('top_p')
  expect(lost).toEqual(['top_p'])
})

it.each([
  ['claude-opus-4-6', 8192],
  ['claude-3-haiku-20240307', 4096],
])('SM-04 (T14) %s gets an output limit that it takes', async (model, wanted) => {
  const { body, lost } = await chat(a(model), {})
  expect(body.max_tokens).toBe(wanted)
  expect(lost).toEqual([])
})

it('SM-04 (T14) with thinking the limit leaves room for coding agents', async () => {
  const { body } = await chat(a(), { reasoning_effort: 'high' })
  expect(body.max_tokens).toBe(32_000)
})

it.each([
  ['openai-responses', at('openai-chat', 'gpt-5'), { max_completion_tokens: 500 }],
  ['openai-responses', 'local', { max_tokens: 500 }],
] as const)(
  'SM-05 (T47) the limit of a client of %s goes to %s under the name that it takes',
  async (client, model, wanted) => {
    gateway.says({ body: replies['openai-chat']({ text: 'Hi' }) })
    await gateway.ask(client, { model, turns, maxOutput: 500 })
    const { max_completion_tokens: newer, max_tokens: older } = gateway.last().body
    expect({ ...(newer && { max_completion_tokens: newer }), ...(older && { max_tokens: older }) }).toEqual(wanted)
  },
)

it('SM-05 (T47) a chat client’s max_tokens is what a thinking model takes, even forwarded', async () => {
  const { body } = await chat(at('openai-chat', 'gpt-5'), { max_tokens: 500 })
  expect(body.max_completion_tokens).toBe(500)
  expect(body).not.toHaveProperty('max_tokens')
})

it('SM-06 (T72) a limit below 16 becomes 16 for the Responses API and is told', async () => {
  const { body, lost } = await chat(at('openai-responses'), { max_completion_tokens: 5 })
  expect(body.max_output_tokens).toBe(16)
  expect(lost).toEqual([expect.stringMatching(/^max_(completion_)?tokens$|^max_output_tokens$/)])
})

const six = ['one', 'two', 'three', 'four', 'five', 'six']

describe('SM-07 (T52) stop strings that the upstream cannot take are looked for here', () => {
  it('six for a chat upstream: none above four is sent, the text is cut', async () => {
    gateway.says({ body: replies['openai-chat']({ text: 'and then six more' }) })
    const seen = await gateway.see('anthropic-messages', { model: at('openai-chat'), turns, stop: six })
    expect(gateway.last().body.stop?.length ?? 0).toBeLessThanOrEqual(4)
    expect(seen.text).toBe('and then ')
  })
  it.each([false, true])(
    'any for the Responses API, and the Anthropic client learns which; stream: %s',
    async (stream) => {
      const said = { text: 'one, two, END and more' }
      gateway.says(stream ? { stream: streams['openai-responses'](said) } : { body: replies['openai-responses'](said) })
      const told = await gateway.ask('anthropic-messages', {
        model: at('openai-responses'),
        turns,
        stream,
        stop: ['END'],
      })
      expect(gateway.last().body).not.toHaveProperty('stop')
      const format = formats['anthropic-messages']
      const seen = stream ? format.viewStream(told.text) : format.view(told.json)
      expect(seen).toMatchObject({ text: 'one, two, ', stop: 'stop_sequence' })
      expect(told.text).toContain('"stop_sequence":"END"')
    },
  )
  it('a model that thinks and takes none', async () => {
    gateway.says({ body: replies['openai-chat']({ text: 'one END two' }) })
    const seen = await gateway.see('anthropic-messages', { model: at('openai-chat', 'o3'), turns, stop: ['END'] })
    expect(gateway.last().body).not.toHaveProperty('stop')
    expect(seen.text).toBe('one ')
  })
})

it.each(['anthropic-messages', 'openai-chat', 'gemini'] as const)(
  'SM-08 nothing leaks of a stop string split over three deltas, with a false start, client: %s',
  async (client) => {
    const pieces = deltas('openai-responses', ['abc<<', '<S', 'TO', 'P>> rest'])
    gateway.says({ stream: [...pieces, ...streams['openai-responses']({ text: 'x' }).slice(-1)] })
    const seen = await gateway.see(client, {
      model: at('openai-responses'),
      turns,
      stream: true,
      stop: ['<<STOP>>', '<STOP>>>'],
    })
    expect(seen.text).toBe('abc<')
  },
)

it('SM-09 several answers at once are refused where Anthropic is asked, naming n', async () => {
  const told = await gateway.ask('openai-chat', { model: a(), turns }, { n: 3 })
  expect(told.status).toBe(400)
  expect(told.json.error.param).toBe('n')
})

it('SM-09 several answers at once are candidateCount for Gemini, and come back as choices', async () => {
  const [candidate] = replies.gemini({ text: 'Hi' }).candidates
  const candidates = [0, 1, 2].map((index) => ({ ...candidate, index }))
  gateway.says({ body: { ...replies.gemini({}), candidates } })
  const told = await gateway.ask('openai-chat', { model: at('gemini'), turns }, { n: 3 })
  expect(gateway.last().body.generationConfig.candidateCount).toBe(3)
  expect(told.json.choices.map(({ index, message }: Json) => [index, message.content])).toEqual([
    [0, 'Hi'],
    [1, 'Hi'],
    [2, 'Hi'],
  ])
})

it('SM-10 logprobs are mapped for Gemini', async () => {
  const [candidate] = replies.gemini({ text: 'Hi' }).candidates
  const chosen = { token: 'Hi', logProbability: -0.5 }
  const logprobsResult = { chosenCandidates: [chosen], topCandidates: [{ candidates: [chosen] }] }
  gateway.says({ body: { ...replies.gemini({}), candidates: [{ ...candidate, logprobsResult }] } })
  const told = await gateway.ask('openai-chat', { model: at('gemini'), turns }, { logprobs: true, top_logprobs: 3 })
  expect(gateway.last().body.generationConfig).toMatchObject({ responseLogprobs: true, logprobs: 3 })
  expect(told.json.choices[0].logprobs.content[0]).toMatchObject({ token: 'Hi', logprob: -0.5 })
})

it('SM-10 logprobs are null and told where Anthropic is asked', async () => {
  gateway.says({ body: replies['anthropic-messages']({ text: 'Hi' }) })
  const told = await gateway.ask('openai-chat', { model: a(), turns }, { logprobs: true, top_logprobs: 3 })
  expect(told.json.choices[0].logprobs).toBeNull()
  expect(told.lost).toContain('logprobs')
})

it('SM-11 a JSON object is asked of Anthropic in words, and told', async () => {
  const { body, lost } = await chat(a(), { response_format: { type: 'json_object' } })
  expect(JSON.stringify(body.system)).toMatch(/JSON object/)
  expect(lost).toEqual(['response_format'])
})

it.each(['openai-chat', 'openai-responses'] as const)(
  'SM-11 (T50) a JSON object is asked of %s with the word JSON',
  async (format) => {
    gateway.says({ body: replies[format]({ text: '{}' }) })
    const client = format === 'openai-chat' ? 'openai-responses' : 'openai-chat'
    const change =
      client === 'openai-chat'
        ? { response_format: { type: 'json_object' } }
        : { text: { format: { type: 'json_object' } } }
    await gateway.ask(client, { model: at(format), turns }, change)
    const { body } = gateway.last()
    expect(JSON.stringify(body.messages ?? [body.instructions, body.input])).toMatch(/json/i)
  },
)

const nested = {
  type: 'object',
  properties: {
    city: { type: 'string' },
    sky: {
      type: 'object',
      properties: { clouds: { type: 'integer' }, note: { type: 'string' } },
      required: ['clouds'],
    },
  },
  required: ['city'],
}

/** The schema in each format's body. */
const schemaIn: Record<DialectId, (body: Json) => Json> = {
  'anthropic-messages': (body) => body.output_config.format.schema,
  'openai-chat': (body) => body.response_format.json_schema.schema,
  'openai-responses': (body) => body.text.format.schema,
  gemini: (body) => body.generationConfig.responseJsonSchema,
}

/** Whether the vendor's own rules for schemas let it pass. */
const lawful: Record<DialectId, (body: Json) => boolean> = {
  'anthropic-messages': (body) => isClosed(schemaIn['anthropic-messages'](body)),
  'openai-chat': (body) => body.response_format.json_schema.strict !== true || isStrict(schemaIn['openai-chat'](body)),
  'openai-responses': (body) => body.text.format.strict !== true || isStrict(schemaIn['openai-responses'](body)),
  gemini: (body) => body.generationConfig.responseMimeType === 'application/json',
}

const isObject = (schema: Json): boolean => schema.type === 'object' || [schema.type].flat().includes('object')
const inside = (schema: Json): Json[] => [
  ...Object.values<Json>(schema.properties ?? {}),
  ...(schema.items ? [schema.items] : []),
]
const isClosed = (schema: Json): boolean =>
  (!isObject(schema) || schema.additionalProperties === false) && inside(schema).every(isClosed)
const isStrict = (schema: Json): boolean =>
  isClosed(schema) &&
  (!isObject(schema) || Object.keys(schema.properties).every((name) => schema.required.includes(name))) &&
  inside(schema).every(isStrict)

describe.each(dialectIds)('SM-12 a schema with optional fields, client: %s', (client) => {
  it.each(dialectIds.filter((format) => format !== client))('upstream: %s', async (format) => {
    gateway.says({ body: replies[format]({ text: '{"city":"Oslo"}' }) })
    const seen = await gateway.see(client, { model: at(format), turns, schema: nested })
    expect(JSON.parse(seen.text)).toEqual({ city: 'Oslo' })
    const { body } = gateway.last()
    expect(Object.keys(schemaIn[format](body).properties)).toEqual(['city', 'sky'])
    expect(lawful[format](body)).toBe(true)
  })
})

it('SM-12 an older Claude gives its JSON through a tool, which the client reads as text', async () => {
  const input = { city: 'Oslo' }
  gateway.says((asked) => ({
    body: replies['anthropic-messages']({ calls: [{ id: 'toolu_1', name: asked.body.tools[0].name, input }] }),
  }))
  const seen = await gateway.see('openai-chat', { model: a('claude-3-5-sonnet-20241022'), turns, schema: nested })
  expect(seen).toMatchObject({ text: '{"city":"Oslo"}', calls: [], stop: 'end' })
})

it('SM-13 (T91) a schema beside tools is asked of Gemini 2.5 in words, and told', async () => {
  gateway.says({ body: replies.gemini({ text: '{}' }) })
  const tools = [{ name: 'f', schema: { type: 'object', properties: {} } }]
  const told = await gateway.ask('openai-chat', {
    model: at('gemini', 'gemini-2.5-flash'),
    turns,
    tools,
    schema: nested,
  })
  const { body } = gateway.last()
  expect(body.generationConfig ?? {}).not.toHaveProperty('responseJsonSchema')
  expect(JSON.stringify(body.systemInstruction)).toContain('city')
  expect(told.lost).toContain('response_format')
})

it.each([
  [undefined, 'response'],
  ['weather report', 'weather_report'],
])('SM-14 a schema’s name %s goes to the Responses API as %s', async (name, wanted) => {
  const json_schema = { ...(name && { name }), schema: nested }
  const { body } = await chat(at('openai-responses'), { response_format: { type: 'json_schema', json_schema } })
  expect(body.text.format.name).toBe(wanted)
})

it('SM-15 verbosity is left out for Anthropic and told', async () => {
  const { body, lost } = await chat(a(), { verbosity: 'low' })
  expect(JSON.stringify(body)).not.toContain('verbosity')
  expect(lost).toEqual(['verbosity'])
})
