import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Conversation, converse, framesOf, type Loose } from './speakers.ts'

let sandbox: Conversation
beforeEach(async () => {
  sandbox = await converse()
})
afterEach(() => sandbox.close())

interface Session {
  readonly instruction: string
  /** What the user and the model said in turn. */
  readonly said: readonly string[]
  readonly key?: string
}

/** How the formats that cache unasked are spoken to, and where they say what was cached. */
const formats: Readonly<
  Record<string, (session: Session) => { path: string; body: object; cached(reply: Loose): unknown }>
> = {
  'openai-chat': ({ instruction, said }) => ({
    path: '/v1/chat/completions',
    body: {
      model: 'sandbox-1',
      messages: [
        { role: 'system', content: instruction },
        ...said.map((content, at) => ({ role: roles[at % 2], content })),
      ],
    },
    cached: (reply) => reply.usage.prompt_tokens_details.cached_tokens,
  }),
  'openai-responses': ({ instruction, said }) => ({
    path: '/v1/responses',
    body: {
      model: 'sandbox-1',
      instructions: instruction,
      input: said.map((content, at) => ({ role: roles[at % 2], content })),
    },
    cached: (reply) => reply.usage.input_tokens_details.cached_tokens,
  }),
  gemini: ({ instruction, said }) => ({
    path: '/v1beta/models/sandbox-1:generateContent',
    body: {
      systemInstruction: { parts: [{ text: instruction }] },
      contents: said.map((text, at) => ({ role: at % 2 === 0 ? 'user' : 'model', parts: [{ text }] })),
    },
    cached: (reply) => reply.usageMetadata.cachedContentTokenCount ?? 0,
  }),
}
const roles = ['user', 'assistant']
const long = 'so many words '.repeat(600)
const first: Session = { instruction: long, said: ['hi'] }
const second: Session = { instruction: long, said: ['hi', 'Hello.', 'and now?'] }

describe.each(Object.entries(formats))('%s', (_, format) => {
  async function cachedOf(session: Session): Promise<unknown> {
    const { path, body, cached } = format(session)
    const key = session.key ?? 'one'
    const response = await sandbox.send(path, body, { authorization: `Bearer ${key}` })
    expect(response.status).toBe(200)
    return cached(await response.json())
  }

  it('knows the prompt of the turn before, in whole blocks', async () => {
    expect(await cachedOf(first)).toBe(0)
    const known = Number(await cachedOf(second))
    expect(known).toBeGreaterThanOrEqual(1664)
    expect(known % 128).toBe(0)
  })

  const strangers: readonly [name: string, session: Session][] = [
    ['another beginning', { ...second, instruction: `A${long}` }],
    ['another account', { ...second, key: 'two' }],
  ]
  it.each(strangers)('does not know %s', async (__, stranger) => {
    await cachedOf(first)
    expect(await cachedOf(stranger)).toBe(0)
  })

  it('keeps nothing below the least size', async () => {
    const short = { ...first, instruction: 'so many words '.repeat(100) }
    await cachedOf(short)
    expect(await cachedOf(short)).toBe(0)
  })

  it('keeps nothing of a request that failed', async () => {
    const { path, body } = format(first)
    await sandbox.send(path, body, { authorization: 'Bearer one', 'x-sandbox-fail': '429' })
    expect(await cachedOf(first)).toBe(0)
  })
})

it('is told in a stream too', async () => {
  const { path, body } = formats['openai-chat']?.(first) ?? { path: '', body: {} }
  const ask = () =>
    sandbox.send(
      path,
      { ...body, stream: true, stream_options: { include_usage: true } },
      { authorization: 'Bearer k' },
    )
  await (await ask()).text()
  const frames = framesOf(await (await ask()).text())
  expect(frames.at(-1).usage.prompt_tokens_details.cached_tokens).toBeGreaterThan(1024)
})
