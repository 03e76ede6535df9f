import { describe, expect, test } from 'vitest'
import { compactAnswer, compactRequest } from '../../../src/dialects/openai-responses/compact.ts'
import { countAnswer } from '../../../src/dialects/openai-responses/count.ts'
import { conversation, inputItems, resolveReferences } from '../../../src/dialects/openai-responses/items.ts'
import { usageOf } from '../../../src/model/usage.ts'
import { asked, given, replyWith, targetWith, upstream, writeContext } from './support.ts'

describe('input items', () => {
  const id = (prefix: string) => expect.stringMatching(new RegExp(`^${prefix}_\\w{40}$`))

  test('are a list with ids, whatever the input was', () => {
    expect(inputItems({})).toEqual([])
    expect(inputItems({ input: 'Hi' })).toEqual([
      { id: id('msg'), type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
    ])
    const call = { type: 'function_call', id: 'fc_1', call_id: 'a', name: 'f', arguments: '{}' }
    const output = { type: 'function_call_output', call_id: 'a', output: 'x' }
    expect(inputItems({ input: [{ role: 'assistant', content: 'Hi' }, call, output, null] })).toEqual([
      {
        id: id('msg'),
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'Hi', annotations: [] }],
      },
      call,
      { ...output, id: id('fco') },
      null,
    ])
  })

  test('have the same ids every time, and different ones in different places', () => {
    const body = {
      input: [
        { role: 'user', content: 'Hi' },
        { role: 'user', content: 'Hi' },
      ],
    }
    expect(inputItems(body)).toEqual(inputItems(body))
    expect(new Set(inputItems(body).map((item) => JSON.stringify(item))).size).toBe(2)
  })
})

test('a conversation is written out in full, without the earlier instructions', () => {
  const previous = {
    input: [{ role: 'user', content: 'A' }],
    output: [{ type: 'message', role: 'assistant', content: [] }],
  }
  const body = { model: 'm', previous_response_id: 'resp_1', input: 'B', temperature: 1 }
  expect(conversation(previous, body)).toEqual({
    model: 'm',
    temperature: 1,
    input: [
      ...previous.input,
      ...previous.output,
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'B' }] },
    ],
  })
})

test('references become what they mean, as far as it is known', () => {
  const known = { type: 'reasoning', id: 'rs_1', summary: [] }
  const lookup = (id: string): unknown => (id === 'rs_1' ? known : undefined)
  const items = [
    { type: 'item_reference', id: 'rs_1' },
    { id: 'rs_1' },
    { type: 'item_reference', id: 'rs_2' },
    7,
    known,
  ]
  expect(resolveReferences(items, lookup)).toEqual([known, known, items[2], 7, known])
})

describe('compaction', () => {
  const body = {
    model: 'm',
    instructions: 'Be kind.',
    input: [
      { role: 'user', content: 'A' },
      { role: 'assistant', content: 'B' },
    ],
    tools: [{ type: 'function', name: 'f' }],
    previous_response_id: null,
  }

  test('asks for a summary of everything, without calling tools', () => {
    const request = compactRequest(body)
    expect(request).toMatchObject({
      model: 'm',
      instructions: 'Be kind.',
      tools: body.tools,
      tool_choice: 'none',
      store: false,
    })
    expect(request.input).toMatchObject([
      ...body.input,
      { role: 'user', content: [{ text: expect.stringContaining('Summarise') }] },
    ])
    expect(asked(request).turns.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
  })

  test('answers with what users said, and the summary sealed', () => {
    const reply = { ...replyWith({ kind: 'text', text: 'Short.' }), usage: usageOf({ input: 10, output: 2 }) }
    const answer = compactAnswer(body, reply, { ...writeContext(), seal: (text) => `sealed ${text}` })
    expect(answer).toMatchObject({
      object: 'response.compaction',
      created_at: 1000,
      output: [
        { type: 'message', role: 'user' },
        { type: 'compaction', encrypted_content: 'sealed Short.' },
      ],
      usage: { input_tokens: 10, output_tokens: 2, total_tokens: 12 },
    })
  })
})

describe('counting', () => {
  test('asks with the fields that count', () => {
    const request = asked({
      instructions: 'Be kind.',
      tools: [{ type: 'function', name: 'f' }],
      max_output_tokens: 50,
      stream: true,
    })
    const body = given(upstream.count?.writeRequest(request, targetWith()) ?? { ok: true, value: {} })
    expect(Object.keys(body).toSorted()).toEqual(['input', 'instructions', 'model', 'tools'])
    expect(upstream.path(targetWith(), 'count')).toBe('/v1/responses/input_tokens')
  })

  test.each([
    [{ object: 'response.input_tokens', input_tokens: 7 }, 7],
    [{}, undefined],
    [null, undefined],
  ])('%j', (body, tokens) => {
    expect(upstream.count?.readReply(body)).toBe(tokens)
  })

  test('tells a client in its own words', () => {
    expect(countAnswer(7)).toEqual({ object: 'response.input_tokens', input_tokens: 7 })
  })
})
