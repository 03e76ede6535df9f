import { describe, expect, it } from 'vitest'
import { bedrock } from '../../src/providers/bedrock.ts'
import { unwrapChunk } from '../../src/providers/bedrock-frame.ts'
import type { Asked, Provider } from '../../src/providers/provider.ts'
import { vertex } from '../../src/providers/vertex.ts'

const body = { model: 'claude-x', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }], stream: true }
const headers = { 'anthropic-version': '2023-06-01' }

const wrapped = (provider: Provider, asked: Partial<Asked>) => {
  const wrap = provider.formats['anthropic-messages']?.wrap
  if (!wrap) throw new Error('does not wrap')
  return wrap({ body, headers, action: 'stream', ...asked })
}
const path = (provider: Provider, model: string, action: Asked['action']) =>
  provider.formats['anthropic-messages']?.path?.(model, action)

describe('Claude on Bedrock', () => {
  it('says version and betas in the body, model and stream in the path', () => {
    const {
      body: sent,
      headers: left,
      lost,
    } = wrapped(bedrock, {
      headers: { ...headers, 'anthropic-beta': 'context-1m-2025-08-07, claude-code-20250219', 'x-other': '1' },
    })
    expect(Object.entries(sent)).toEqual([
      ['anthropic_version', 'bedrock-2023-05-31'],
      ['anthropic_beta', ['context-1m-2025-08-07']],
      ['max_tokens', 10],
      ['messages', body.messages],
    ])
    expect(left).toEqual({ 'x-other': '1' })
    expect(lost).toEqual([{ field: 'anthropic-beta:claude-code-20250219', how: 'dropped' }])
  })

  it.each([
    [{}, 'bedrock-2023-05-31'],
    [{ 'anthropic-version': '2026-10-21' }, '2026-10-21'],
  ])('turns the version of %j into %s', (said, version) => {
    expect(wrapped(bedrock, { headers: said as Record<string, string> }).body.anthropic_version).toBe(version)
  })

  it('names the fields that it does not take', () => {
    const { body: sent, lost } = wrapped(bedrock, { body: { ...body, service_tier: 'auto', speed: 'fast' } })
    expect(sent).not.toHaveProperty('service_tier')
    expect(lost.map(({ field }) => field)).toEqual(['service_tier', 'speed'])
  })

  it('takes the vendor’s beta of tool search by its own names', () => {
    const { body: sent, lost } = wrapped(bedrock, {
      headers: { ...headers, 'anthropic-beta': 'advanced-tool-use-2025-11-20,effort-2025-11-24' },
    })
    expect(sent.anthropic_beta).toEqual([
      'tool-search-tool-2025-10-19',
      'tool-examples-2025-10-29',
      'effort-2025-11-24',
    ])
    expect(lost).toEqual([])
  })

  it('does not see what betas that it lacks add to messages', () => {
    const messages = [{ role: 'system', content: 'Be.', output_config: { effort: 'low' } }]
    const { body: sent, lost } = wrapped(bedrock, { body: { ...body, messages, safeguards: [] } })
    expect(sent.messages).toEqual([{ role: 'system', content: 'Be.' }])
    expect(sent).not.toHaveProperty('safeguards')
    expect(lost.map(({ field }) => field)).toEqual(['safeguards', 'messages[].output_config'])
  })

  it.each([
    ['anthropic.claude-sonnet-4-5-20250929-v1:0', 'unary', '/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke'],
    ['a/b', 'stream', '/model/a%2Fb/invoke-with-response-stream'],
  ] as const)('asks %s (%s) at %s', (model, action, expected) => {
    expect(path(bedrock, model, action)).toBe(expected)
  })

  const chunk = (inner: string) => JSON.stringify({ bytes: Buffer.from(inner).toString('base64'), p: 'abc' })
  it.each([
    ['a chunk', 'chunk', chunk('{"type":"ping"}'), { event: 'ping', data: '{"type":"ping"}' }],
    ['a chunk that is no JSON', 'chunk', chunk('ü{'), { event: undefined, data: 'ü{' }],
    [
      'an exception',
      'throttlingException',
      '{"message":"slow down"}',
      { event: 'error', data: '{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}' },
    ],
    [
      'an exception that nobody knows, without a body',
      'newException',
      '',
      { event: 'error', data: '{"type":"error","error":{"type":"api_error","message":"The model stream failed."}}' },
    ],
    ['an event of its own', 'initial-response', '{}', undefined],
    ['a frame without a name', undefined, '[]', undefined],
  ])('unwraps %s', (_name, event, data, expected) => {
    expect(unwrapChunk({ event, data })).toEqual(expected)
  })
})

describe('betas of Claude on Vertex', () => {
  it('has a name of its own for tool search', () => {
    const { headers: left } = wrapped(vertex, {
      headers: { ...headers, 'anthropic-beta': 'advanced-tool-use-2025-11-20' },
    })
    expect(left['anthropic-beta']).toBe('tool-search-tool-2025-10-19')
  })
})

describe('Claude on Vertex', () => {
  it('keeps stream in the body and betas in the header', () => {
    const { body: sent, headers: left } = wrapped(vertex, {
      headers: { ...headers, 'anthropic-beta': 'context-1m-2025-08-07,any-2099-01-01' },
    })
    expect(Object.keys(sent)).toEqual(['anthropic_version', 'max_tokens', 'messages', 'stream'])
    expect(sent.anthropic_version).toBe('vertex-2023-10-16')
    expect(left).toEqual({ 'anthropic-beta': 'context-1m-2025-08-07,any-2099-01-01' })
  })

  it('keeps the model in the body when it counts', () => {
    expect(wrapped(vertex, { action: 'count' }).body.model).toBe('claude-x')
    expect(path(vertex, 'claude-x', 'count')).toBe('/publishers/anthropic/models/count-tokens:rawPredict')
  })

  it.each([
    ['unary', '/publishers/anthropic/models/claude-opus-4-5@20251101:rawPredict'],
    ['stream', '/publishers/anthropic/models/claude-opus-4-5@20251101:streamRawPredict'],
  ] as const)('asks (%s) at %s', (action, expected) => {
    expect(path(vertex, 'claude-opus-4-5@20251101', action)).toBe(expected)
  })

  it('asks Gemini at its own path', () => {
    expect(vertex.formats.gemini?.path?.('gemini-3-pro', 'stream')).toBe(
      '/publishers/google/models/gemini-3-pro:streamGenerateContent?alt=sse',
    )
  })
})

describe('automatic caching, which clouds do not know, becomes a mark on the last block', () => {
  const mark = { type: 'ephemeral' }
  const asked = (messages: unknown, more: object = {}) =>
    wrapped(bedrock, { body: { messages, cache_control: mark, ...more } }).body
  const user = (content: unknown) => ({ role: 'user', content })
  const four = [1, 2, 3, 4].map((at) => ({ type: 'text', text: `${at}`, cache_control: mark }))

  it.each([
    ['a string', [user('hi')], [user([{ type: 'text', text: 'hi', cache_control: mark }])]],
    [
      'a block',
      [
        user([
          { type: 'text', text: 'a' },
          { type: 'tool_result', tool_use_id: 't' },
        ]),
      ],
      [
        user([
          { type: 'text', text: 'a' },
          { type: 'tool_result', tool_use_id: 't', cache_control: mark },
        ]),
      ],
    ],
    ['a thought', [user([{ type: 'thinking' }])], [user([{ type: 'thinking' }])]],
    ['a blank', [user(' ')], [user(' ')]],
    ['nothing', [], []],
    ['garbage', 7, 7],
  ])('%s', (_name, messages, expected) => {
    const sent = asked(messages)
    expect(sent.messages).toEqual(expected)
    expect(sent).not.toHaveProperty('cache_control')
  })

  it('but not on a fifth', () => {
    expect(asked([user('hi')], { system: four }).messages).toEqual([user('hi')])
  })
})
