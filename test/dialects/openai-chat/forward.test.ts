import { describe, expect, test } from 'vitest'
import { openaiChat } from '../../../src/dialects/openai-chat/index.ts'
import type { ChatQuirks } from '../../../src/dialects/openai-chat/quirks.ts'
import type { Capabilities } from '../../../src/model/capability.ts'
import { envelopeMark } from '../../../src/model/envelope.ts'
import { splice } from '../../../src/wire/splice.ts'
import { delta, done, finish, target } from './setup.ts'

const { forwarding } = openaiChat

function forwarded(
  body: Record<string, unknown>,
  quirks: Partial<ChatQuirks> = {},
  capabilities: Partial<Capabilities> = {},
) {
  const whole = { model: 'm', ...body }
  const { edits, ...rest } = forwarding.edits({ body: whole, headers: {} }, target(quirks, capabilities))
  const bytes = splice(Buffer.from(JSON.stringify(whole)), edits)
  return { body: JSON.parse(Buffer.from(bytes).toString()), ...rest }
}

const envelope = `${envelopeMark}AAAA`

test('peek', () => {
  const body = { model: 'm', stream: true, max_tokens: 5, max_completion_tokens: 7 }
  expect(forwarding.peek({ body, headers: {} })).toEqual({
    ok: true,
    value: { model: 'm', stream: 'sse', maxOutput: 7 },
  })
  expect(forwarding.peek({ body: { model: 5 }, headers: {} })).toMatchObject({ ok: false, fault: { param: 'model' } })
})

test.each<[string, Record<string, unknown>, Partial<ChatQuirks>, Partial<Capabilities>, Record<string, unknown>]>([
  ['the model, and nothing else', { foo: 1, messages: [] }, {}, {}, { model: 'up', foo: 1, messages: [] }],
  ['usage asked for', { stream: true }, {}, {}, { model: 'up', stream: true, stream_options: { include_usage: true } }],
  [
    'beside other options',
    { stream: true, stream_options: { include_obfuscation: false } },
    {},
    {},
    { model: 'up', stream: true, stream_options: { include_obfuscation: false, include_usage: true } },
  ],
  ['not where it is told anyway', { stream: true }, { streamUsage: 'always' }, {}, { model: 'up', stream: true }],
  ['the newer limit for a thinker', { max_tokens: 5 }, {}, { thinks: true }, { model: 'up', max_completion_tokens: 5 }],
  [
    'the older limit',
    { max_completion_tokens: 5 },
    { maxTokensField: 'max_tokens' },
    {},
    { model: 'up', max_tokens: 5 },
  ],
  [
    'the older role',
    { messages: [{ role: 'developer', content: 'x' }] },
    { systemRole: 'system' },
    {},
    { model: 'up', messages: [{ role: 'system', content: 'x' }] },
  ],
  [
    'refused and demanded fields',
    { foo: 1 },
    { dropFields: ['foo'], alwaysFields: { bar: 2 } },
    {},
    { model: 'up', bar: 2 },
  ],
  [
    'our envelopes',
    {
      messages: [
        { role: 'assistant', content: 'a', reasoning_details: [{ type: 'reasoning.encrypted', data: envelope }] },
        { role: 'assistant', reasoning_details: [{ data: envelope }, { data: 'theirs' }] },
        { role: 'assistant', tool_calls: [{ id: 'a', extra_content: { google: { thought_signature: envelope } } }] },
      ],
    },
    {},
    {},
    {
      model: 'up',
      messages: [
        { role: 'assistant', content: 'a' },
        { role: 'assistant', reasoning_details: [{ data: 'theirs' }] },
        { role: 'assistant', tool_calls: [{ id: 'a' }] },
      ],
    },
  ],
])('edits: %s', (_name, body, quirks, capabilities, expected) => {
  expect(forwarded(body, quirks, capabilities).body).toEqual(expected)
})

test('whose usage chunk it is', () => {
  expect(forwarded({ stream: true }).hideUsageChunk).toBe(true)
  expect(forwarded({ stream: true, stream_options: { include_usage: true } }).hideUsageChunk).toBe(false)
  expect(forwarded({}).hideUsageChunk).toBe(false)
})

describe('the watcher', () => {
  const watch = (frames: readonly string[]) => {
    const watcher = forwarding.watcher()
    const usageChunks: number[] = []
    for (const [at, data] of frames.entries()) {
      watcher.see({ data, raw: Buffer.from(`data: ${data}\n\n`) })
      if (watcher.isUsageChunk) usageChunks.push(at)
    }
    return { ...watcher.seen, usageChunks }
  }
  const usage = '{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}'

  test.each<[string, string[], Record<string, unknown>]>([
    ['a role is no content', [delta({ role: 'assistant', content: '' })], { hasContent: false, hasEnded: false }],
    ['a thought is', [delta({ reasoning_content: 'x' })], { hasContent: true }],
    ['a call is', [delta({ tool_calls: [{ index: 0 }] })], { hasContent: true }],
    ['[DONE]', [delta({ content: 'a' }), done], { hasContent: true, hasEnded: true }],
    ['a finish reason', [delta({ content: 'a' }), finish('stop')], { hasEnded: true }],
    [
      'one of two answers',
      [delta({ content: 'a' }), JSON.stringify({ choices: [{ index: 1, delta: { content: 'b' } }] }), finish('stop')],
      { hasEnded: true },
    ],
    [
      'usage',
      [delta({ content: 'a' }), finish('stop'), usage, done],
      { usage: expect.objectContaining({ input: 3, output: 2 }), usageChunks: [2], hasEnded: true },
    ],
    [
      'usage: null in between',
      [delta({ content: 'a' }), JSON.stringify({ choices: [{ delta: { content: 'b' } }], usage: null })],
      { usageChunks: [], hasEnded: false },
    ],
    [
      'a text that speaks of usage',
      [delta({ content: 'a' }), delta({ content: '"usage": {"error": 1}' })],
      { hasEnded: false },
    ],
    [
      'an error',
      [delta({ content: 'a' }), '{"error":{"message":"x","code":"slow_down"}}'],
      { fault: expect.objectContaining({ class: 'overloaded' }) },
    ],
    ['no JSON', ['<html>'], { fault: expect.objectContaining({ class: 'bad_gateway' }) }],
  ])('%s', (_name, frames, expected) => {
    expect(watch(frames)).toMatchObject(expected)
  })

  test('does not decode frames that are but more content', () => {
    const watcher = forwarding.watcher()
    watcher.see({ data: delta({ content: 'a' }), raw: Buffer.from(delta({ content: 'a' })) })
    const raw = Buffer.from(`data: ${delta({ content: 'b' }, { finish_reason: null })}\n\n`)
    const frame = {
      raw,
      get data(): string {
        throw new Error('decoded')
      },
    }
    expect(() => watcher.see(frame)).not.toThrow()
  })
})

test.each<[string, unknown, Record<string, unknown>]>([
  [
    'an answer',
    {
      choices: [{ message: { content: 'a' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 3, completion_tokens: 2 },
    },
    { hasContent: true, hasEnded: true, usage: expect.objectContaining({ input: 3, output: 2 }) },
  ],
  [
    'an error in a 200',
    { error: { message: 'x', code: 'insufficient_quota' } },
    { fault: expect.objectContaining({ class: 'billing' }) },
  ],
  ['no choices', {}, { fault: expect.objectContaining({ class: 'bad_gateway' }) }],
  ['a page', '<html>', { fault: expect.objectContaining({ class: 'bad_gateway' }) }],
])('a whole reply: %s', (_name, body, expected) => {
  expect(forwarding.readReply(body)).toMatchObject(expected)
})
