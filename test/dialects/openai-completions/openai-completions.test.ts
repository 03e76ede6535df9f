import { describe, expect, test } from 'vitest'
import { openaiCompletions } from '../../../src/dialects/openai-completions/index.ts'
import { type Reply, tell } from '../../../src/model/reply.ts'
import { usageOf } from '../../../src/model/usage.ts'
import { payloads, writeContext } from '../openai-chat/setup.ts'

const read = (body: Record<string, unknown>) =>
  openaiCompletions.readRequest({ body: { model: 'm', prompt: 'Say hi', ...body }, headers: {} })

function ask(body: Record<string, unknown> = {}) {
  const request = read(body)
  if (!request.ok) throw new Error(request.fault.message)
  return request.value
}

const reply: Reply = {
  parts: [
    { kind: 'thinking', text: 'hm', form: 'raw' },
    {
      kind: 'text',
      text: 'hello',
      logprobs: [
        { token: 'hel', logprob: -0.5, top: [{ token: 'hel', logprob: -0.5 }] },
        { token: 'lo', logprob: -1 },
      ],
    },
  ],
  stop: { reason: 'length' },
  usage: usageOf({ input: 2, output: 3 }),
}

test('a prompt is a turn of the user', () => {
  expect(ask({ max_tokens: 5, logprobs: 2, stop: ['x'], user: 'u', temperature: 0 })).toMatchObject({
    format: 'openai-completions',
    turns: [{ role: 'user', parts: [{ kind: 'text', text: 'Say hi' }] }],
    maxOutput: 5,
    sampling: { logprobs: true, topLogprobs: 2, stop: ['x'], temperature: 0 },
    identity: { endUser: 'u' },
  })
  expect(ask({ prompt: ['one'] }).turns[0]?.parts).toEqual([{ kind: 'text', text: 'one' }])
})

test('what a chat cannot do is told', () => {
  expect(ask({ suffix: 'x', best_of: 3 }).lost).toEqual(['suffix', 'best_of'])
})

test.each<[string, Record<string, unknown>, string]>([
  ['several prompts', { prompt: ['a', 'b'] }, 'exactly one prompt'],
  ['token numbers', { prompt: [1, 2] }, 'token numbers'],
  ['lists of token numbers', { prompt: [[1]] }, 'token numbers'],
  ['no prompt', { prompt: null }, 'expected a string'],
  ['logprobs of a wrong type', { logprobs: 'x' }, 'expected an integer'],
])('refused: %s', (_name, body, message) => {
  expect(read(body)).toMatchObject({
    ok: false,
    fault: { class: 'invalid', message: expect.stringContaining(message) },
  })
})

const logprobs = {
  tokens: ['hel', 'lo'],
  token_logprobs: [-0.5, -1],
  top_logprobs: [{ hel: -0.5 }, {}],
  text_offset: [0, 3],
}

describe('the answer', () => {
  test('whole', () => {
    expect(openaiCompletions.writeReply(reply, ask(), writeContext())).toMatchObject({
      id: 'cmpl-id0',
      object: 'text_completion',
      created: 1_700_000_000,
      model: 'm',
      choices: [{ text: 'hello', index: 0, finish_reason: 'length', logprobs }],
      usage: { prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 },
    })
  })

  test('with its prompt before it', () => {
    const whole = openaiCompletions.writeReply(reply, ask({ echo: true }), writeContext())
    expect(whole).toMatchObject({ choices: [{ text: 'Say hihello', logprobs: { text_offset: [6, 9] } }] })
  })

  test.each([false, true])('in a stream (echo: %s)', (echo) => {
    const request = ask({ stream: true, echo, stream_options: { include_usage: true } })
    const writer = openaiCompletions.eventWriter(request, writeContext())
    const frames = payloads([...tell(reply)].map((event) => writer.push(event)).join(''))
    expect(frames.at(-1)).toBe('[DONE]')
    const chunks = frames.slice(0, -1).map((data) => JSON.parse(data))
    expect(new Set(chunks.map(({ id, object, model }) => `${id} ${object} ${model}`))).toEqual(
      new Set(['cmpl-id0 text_completion m']),
    )
    expect(chunks.map((chunk) => [chunk.choices[0]?.text, chunk.choices[0]?.finish_reason])).toEqual([
      [echo ? 'Say hihello' : 'hello', null],
      ['', 'length'],
      [undefined, undefined],
    ])
    expect(chunks.at(-1).usage).toMatchObject({ total_tokens: 5 })
  })
})
