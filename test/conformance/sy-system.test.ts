import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Json } from '../support/formats/format.ts'
import { at, type Rig, startRig } from './rig/rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
beforeEach(() => rig.answer({ text: 'Hello.' }))
afterAll(() => rig.close())

const strict = { 'x-causeway-strict': '1' }
const hi = { role: 'user', content: 'Hi' }

const chat = (model: string, messages: Json[], headers = {}) =>
  rig.post('/v1/chat/completions', { model, messages }, headers)

const messages = (model: string, body: Json, headers = {}) =>
  rig.post('/v1/messages', { model, max_tokens: 100, ...body }, { 'anthropic-version': '2023-06-01', ...headers })

const text = (said: string) => ({ kind: 'text', text: said })

it('SY-01 (T54) leading system and developer messages become blocks of Anthropic’s system, in order', async () => {
  const answer = await chat(at('anthropic-messages'), [
    { role: 'system', content: 'First.' },
    { role: 'developer', content: 'Second.' },
    hi,
  ])
  expect(answer.body.system.map((block: Json) => block.text)).toEqual(['First.', 'Second.'])
  expect(answer.heard.turns).toEqual([{ role: 'user', parts: [text('Hi')] }])
})

it.each([
  ['gpt-5.6', 'developer'],
  ['gpt-4o', 'system'],
] as const)('SY-01 (T54) one kind of instructions goes to %s', async (model, role) => {
  const answer = await messages(at('openai-chat', model), {
    system: 'First.',
    messages: [hi, { role: 'system', content: 'Second.' }, { role: 'assistant', content: 'Yes.' }, hi],
  })
  const roles = answer.body.messages.map((message: Json) => message.role)
  expect(roles.filter((one: string) => one !== 'user' && one !== 'assistant')).toEqual([role, role])
})

const inTheMiddle = [
  { role: 'system', content: 'First.' },
  hi,
  { role: 'assistant', content: 'Yes?' },
  { role: 'developer', content: 'Be brief now.' },
  { role: 'user', content: 'Go on' },
]

it('SY-02 instructions in the middle stay a system turn where the model knows such', async () => {
  const answer = await chat(at('anthropic-messages', 'claude-opus-4-7'), inTheMiddle)
  expect(answer.heard.turns.map(({ role }) => role)).toEqual(['user', 'assistant', 'system', 'user'])
  expect(answer.heard.turns[2]?.parts).toEqual([text('Be brief now.')])
  expect(answer.lost).toEqual([])
})

it.each([
  ['anthropic-messages', 'claude-sonnet-4-5'],
  ['gemini', 'gemini-3-pro-preview'],
] as const)('SY-03 elsewhere they are a reminder at the same place: %s, %s', async (upstream, model) => {
  const answer = await chat(at(upstream, model), inTheMiddle)
  expect(answer.heard.system).toEqual(['First.'])
  expect(answer.heard.turns.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
  const [reminder, next] = answer.heard.turns[2]?.parts ?? []
  expect(reminder?.text).toMatch(/<system-reminder>\s*Be brief now\.\s*<\/system-reminder>/)
  expect(next).toEqual(text('Go on'))
  expect(answer.lost).not.toEqual([])
})

describe('SY-04 blocks with cache marks', () => {
  const marked = (ttl?: string) => ({ cache_control: { type: 'ephemeral', ...(ttl && { ttl }) } })
  const system = [
    { type: 'text', text: 'One.', ...marked('1h') },
    { type: 'text', text: 'Two.' },
    { type: 'text', text: 'Three.', ...marked() },
  ]
  const ask = (model: string) => messages(model, { system, messages: [hi] })

  it('stay as they are towards Anthropic', async () => {
    expect((await ask(at('anthropic-messages'))).body.system).toEqual(system)
  })
  it.each(['openai-chat', 'openai-responses', 'gemini'] as const)('keep their order towards %s', async (upstream) => {
    const answer = await ask(at(upstream))
    expect(answer.heard.system.join(' ').replace(/\s+/g, ' ')).toBe('One. Two. Three.')
    expect(answer.raw).not.toContain('cache_control')
  })
  it('become breakpoints of models that take them', async () => {
    const answer = await ask(at('openai-chat', 'gpt-5.6'))
    const [first]: Json[] = answer.body.messages
    expect(first?.content.map((part: Json) => part.prompt_cache_breakpoint?.mode)).toEqual([
      'explicit',
      undefined,
      'explicit',
    ])
  })
  it('(T11) are no more than four, with a mark of our own or without', async () => {
    const five = ['One.', 'Two.', 'Three.', 'Four.', 'Five.'].map((said) => ({
      role: 'user',
      content: [{ type: 'text', text: said, cache_control: { type: 'ephemeral' } }],
    }))
    const answer = await chat(at('anthropic-messages'), five)
    expect(answer.status).toBe(200)
    expect(answer.raw.split('"cache_control"').length - 1).toBeLessThanOrEqual(4)
  })
})

describe('SY-05 (T20) Claude Code’s accounting', () => {
  const billing = 'x-anthropic-billing-header: cc_version=2.1.0; cch=abc;'
  const system = [
    { type: 'text', text: billing },
    { type: 'text', text: 'You are Claude Code.' },
  ]
  it.each(['openai-chat', 'openai-responses', 'gemini'] as const)('does not reach %s', async (upstream) => {
    const answer = await messages(at(upstream), { system, messages: [hi] })
    expect(answer.heard.system).toEqual(['You are Claude Code.'])
    expect(answer.raw).not.toContain('billing')
  })
  it('reaches Anthropic first and untouched', async () => {
    const answer = await messages(at('anthropic-messages'), { system, messages: [hi] })
    expect(answer.raw).toContain(JSON.stringify(system))
  })
})

it.each(['anthropic-messages', 'gemini'] as const)(
  'SY-06 a history that starts with the assistant: %s',
  async (upstream) => {
    const answer = await chat(at(upstream), [{ role: 'assistant', content: 'Welcome!' }, hi])
    expect(answer.status).toBe(200)
    expect(answer.heard.turns.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    expect(answer.heard.turns[0]?.parts).toEqual([text('(conversation resumed)')])
  },
)

it.each(['anthropic-messages', 'gemini'] as const)(
  'SY-07 (T113) three user messages in a row are one turn: %s',
  async (upstream) => {
    const said = ['One', 'Two', 'Three'].map((content) => ({ role: 'user', content }))
    const answer = await chat(at(upstream), said)
    expect(answer.body.messages ?? answer.body.contents).toHaveLength(1)
    expect(answer.heard.turns).toEqual([{ role: 'user', parts: ['One', 'Two', 'Three'].map(text) }])
  },
)

it.each(['anthropic-messages', 'gemini'] as const)('SY-08 (T29) empty texts are left out: %s', async (upstream) => {
  const parts = (...texts: string[]) => texts.map((said) => ({ type: 'text', text: said }))
  const answer = await chat(at(upstream), [
    { role: 'user', content: parts('', 'Hi', ' \n') },
    { role: 'assistant', content: ' ' },
    { role: 'user', content: parts('there', '') },
  ])
  expect(answer.status).toBe(200)
  expect(answer.heard.turns).toEqual([{ role: 'user', parts: [text('Hi'), text('there')] }])
})

describe('SY-09 (T29) an assistant’s turn at the end', () => {
  const prefilled = [hi, { role: 'assistant', content: '{ ' }]
  it('is continued by an old model, its end trimmed', async () => {
    const answer = await chat(at('anthropic-messages', 'claude-sonnet-4-5'), prefilled)
    expect(answer.heard.turns.at(-1)).toEqual({ role: 'assistant', parts: [text('{')] })
    expect(answer.lost).toEqual([])
  })
  it.each([
    ['anthropic-messages', 'claude-opus-4-7'],
    ['openai-responses', 'gpt-5.6'],
    ['gemini', 'gemini-3-pro-preview'],
  ] as const)('is followed by a word of the user’s towards %s, %s', async (upstream, model) => {
    const answer = await chat(at(upstream, model), prefilled)
    expect(answer.status).toBe(200)
    expect(answer.heard.turns.at(-1)).toEqual({ role: 'user', parts: [text('Continue.')] })
    expect(answer.lost).not.toEqual([])
    expect((await chat(at(upstream, model), prefilled, strict)).status).toBe(400)
  })
  it('is the vendor’s to judge where nothing is translated', async () => {
    const answer = await messages(at('anthropic-messages', 'claude-sonnet-4-5'), { messages: prefilled })
    expect(answer.body.messages[1].content).toBe('{ ')
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('trailing whitespace')
  })
})

it('SY-10 (T69) instructions and a developer item are both Gemini’s system instruction, in order', async () => {
  const answer = await rig.post('/v1/responses', {
    model: at('gemini'),
    instructions: 'First.',
    input: [{ role: 'developer', content: 'Second.' }, hi],
  })
  expect(answer.heard.system).toEqual(['First.', 'Second.'])
  expect(answer.heard.turns).toEqual([{ role: 'user', parts: [text('Hi')] }])
})

it('SY-10 (T69) instructions are said once', async () => {
  const answer = await messages(at('openai-responses'), { system: 'Only once.', messages: [hi] })
  expect(answer.raw.split('Only once.')).toHaveLength(2)
})
