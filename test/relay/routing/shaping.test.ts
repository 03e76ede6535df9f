import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkConfig } from '../../../src/config.ts'
import { type DialectId, dialectIds } from '../../../src/model/dialect.ts'
import { promptModes } from '../../../src/model/shaping.ts'
import { ask, type Fleet, startFleet } from './fleet.ts'

// One channel for each format and mode; models are named after both.
const own = 'Answer in rhymes.'
const shapes: Record<string, string> = {
  fields: `headers: { set: { X-Team: blue, user-agent: ours }, remove: [accept, Anthropic-Beta] },
    body: { set: { temperature: 0.5, metadata.team: blue, new.deep.field: [1], messages.0.name: ann }, remove: [top_p, metadata.user_id, not.there] }`,
  ...Object.fromEntries(promptModes.map((mode) => [mode, `system_prompt: { text: "${own}", mode: ${mode} }`])),
}

let fleet: Fleet
beforeAll(async () => {
  const channels = Object.entries(shapes).flatMap(([name, shape]) =>
    dialectIds.map((id) => [
      `${name}-${id}`,
      `dialects: [${id}], models: [{ name: ${name}-${id}, upstream: m }], ${shape}`,
    ]),
  )
  fleet = await startFleet(Object.fromEntries(channels))
})
afterAll(() => fleet.close())

/** What the channel's upstream was asked. */
async function seen(channel: string, format: DialectId, body: object, headers: Record<string, string> = {}) {
  fleet.forget()
  const answer = await ask(fleet, { format, model: channel, body, headers })
  const [asked] = fleet.asked(channel)
  if (!asked) throw new Error(`not asked: ${answer.text}`)
  return asked
}

describe('fields of the body', () => {
  const body = { temperature: 1, top_p: 0.9, metadata: { user_id: 'u', kept: 'k' }, unheard: 1e2 }

  it('are set and removed in forwarded bytes, the others stay as they came', async () => {
    const asked = await seen('fields-openai-chat', 'openai-chat', body)
    expect(asked.body).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hello', name: 'ann' }],
      temperature: 0.5,
      metadata: { kept: 'k', team: 'blue' },
      unheard: 100,
      new: { deep: { field: [1] } },
    })
  })

  it.each(dialectIds.filter((id) => id !== 'openai-chat'))(
    'are set and removed after translation from %s',
    async (id) => {
      const asked = await seen('fields-openai-chat', id, id === 'gemini' ? { generationConfig: { topP: 0.9 } } : body)
      expect(asked.body).toMatchObject({ temperature: 0.5, metadata: { team: 'blue' }, new: { deep: { field: [1] } } })
      expect(asked.body).not.toHaveProperty('top_p')
      expect(asked.body).not.toHaveProperty('metadata.user_id')
    },
  )
})

describe('headers', () => {
  it('are set and removed, secrets stay', async () => {
    const { headers } = await seen('fields-anthropic-messages', 'anthropic-messages', {}, { 'anthropic-beta': 'x' })
    expect(headers).toMatchObject({ 'x-team': 'blue', 'user-agent': 'ours', 'content-type': 'application/json' })
    expect(headers).not.toHaveProperty('accept')
    expect(headers).not.toHaveProperty('anthropic-beta')
    expect(JSON.stringify(headers)).toContain('secret-of-fields-anthropic-messages')
  })

  it('of the client are no way to set them', async () => {
    const { headers } = await seen('fields-openai-chat', 'openai-chat', {}, { 'x-team': 'red', 'x-other': 'red' })
    expect([headers['x-team'], headers['x-other']]).toEqual(['blue', undefined])
  })
})

describe('system prompts', () => {
  const texts: Record<DialectId, (body: Record<string, unknown>) => string> = {
    'anthropic-messages': ({ system }) => JSON.stringify(system ?? ''),
    'openai-chat': ({ messages }) =>
      JSON.stringify((messages as { role: string }[]).filter(({ role }) => role !== 'user')),
    'openai-responses': ({ instructions }) => JSON.stringify(instructions ?? ''),
    gemini: ({ systemInstruction }) => JSON.stringify(systemInstruction ?? ''),
  }
  const said = 'You are a pirate.'
  const instructed: Record<DialectId, object> = {
    'anthropic-messages': { system: said },
    'openai-chat': {
      messages: [
        { role: 'developer', content: said },
        { role: 'user', content: 'Hello' },
      ],
    },
    'openai-responses': { instructions: said },
    gemini: { systemInstruction: { parts: [{ text: said }] } },
  }
  const expected = {
    prepend: ['own said', 'own'],
    append: ['said own', 'own'],
    replace: ['own', 'own'],
    if_absent: ['said', 'own'],
  } as const
  const cases = promptModes.flatMap((mode) =>
    dialectIds.flatMap((to) => dialectIds.map((from) => ({ mode, from, to, channel: `${mode}-${to}` }))),
  )

  it.each(cases)('$mode: from $from to $to', async ({ mode, from, to, channel }) => {
    const inOrder = async (body: object): Promise<string> => {
      const text = texts[to]((await seen(channel, from, body)).body)
      const places = [['own', text.indexOf(own)] as const, ['said', text.indexOf(said)] as const]
      return places
        .filter(([, at]) => at >= 0)
        .sort(([, left], [, right]) => left - right)
        .map(([name]) => name)
        .join(' ')
    }
    expect([await inOrder(instructed[from]), await inOrder({})]).toEqual(expected[mode])
  })
})

describe('a configuration', () => {
  const problem = (settings: string): string => {
    const checked = checkConfig({
      file: `channels:\n  - { name: a, provider: sandbox, base_url: "http://127.0.0.1:1", ${settings} }`,
      environment: {},
    })
    return checked.ok ? '' : checked.problems.map(({ line, message }) => `${line}: ${message}`).join('; ')
  }

  it.each([
    'authorization',
    'X-Api-Key',
    'x-goog-api-key',
    'cookie',
    'host',
    'content-length',
    'Transfer-Encoding',
    'connection',
    'proxy-authorization',
    'accept-encoding',
    'x-amz-security-token',
    '"bad name"',
    '"bad\\nname"',
  ])('cannot set the header %s', (name) => {
    expect(problem(`headers: { set: { ${name}: x } }`)).toMatch(/^2: channels\.0\.headers/)
    expect(problem(`headers: { remove: [${name}] }`)).toMatch(/^2: channels\.0\.headers/)
  })

  it.each(['model', 'stream', 'stream_options.include_usage', '__proto__.a', 'a.constructor', 'a..b', '""'])(
    'cannot set the field %s',
    (path) => {
      expect(problem(`body: { set: { ${path}: 1 } }`)).toMatch(/^2: channels\.0\.body/)
      expect(problem(`body: { remove: [${path}] }`)).toMatch(/^2: channels\.0\.body/)
    },
  )

  it.each([
    'headers: { set: { x-a: "line\\nbreak" } }',
    'headers: { set: { x-a: "ümlaut" } }',
    'headers: { add: { x-a: b } }',
    'system_prompt: { text: "" }',
    'system_prompt: { text: hello, mode: shout }',
  ])('is refused: %s', (settings) => {
    expect(problem(settings)).toMatch(/^2: channels\.0\./)
  })
})
