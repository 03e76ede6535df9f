import { describe, expect, it } from 'vitest'
import { type FaultClass, fault, faultTable } from '../../../src/model/fault.ts'
import { client, upstream } from './support.ts'

const body = (type: string, message: string, details?: object) =>
  JSON.stringify({ type: 'error', error: { type, message, details } })

describe('reading', () => {
  const cases: [number, string, FaultClass][] = [
    [400, body('invalid_request_error', 'max_tokens: Field required'), 'invalid'],
    [400, body('invalid_request_error', 'prompt is too long: 201000 tokens > 200000 maximum'), 'context_length'],
    [
      400,
      body('invalid_request_error', 'input length and `max_tokens` exceed context limit: 1 + 2 > 3'),
      'context_length',
    ],
    [400, body('invalid_request_error', 'Your credit balance is too low to access the API.'), 'billing'],
    [400, body('invalid_request_error', 'x', { error_code: 'enforced_spend_limit_reached' }), 'billing'],
    [
      400,
      body(
        'invalid_request_error',
        'You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.',
      ),
      'billing',
    ],
    [429, body('rate_limit_error', 'Your organization has reached its monthly spend limit.'), 'billing'],
    [429, body('rate_limit_error', 'This request would exceed your rate limit of 10 tokens per minute.'), 'rate_limit'],
    [400, body('invalid_request_error', 'max_tokens: the limit is 10'), 'invalid'],
    [400, body('invalid_request_error', 'Output blocked by content filtering policy'), 'content_policy'],
    [401, body('authentication_error', 'invalid x-api-key'), 'auth'],
    [402, body('billing_error', 'x'), 'billing'],
    [403, body('permission_error', 'x'), 'permission'],
    [404, body('not_found_error', 'model: claude-x'), 'model_not_found'],
    [404, body('not_found_error', 'thread is gone', { error_code: 'thread_not_found' }), 'not_found'],
    [409, body('conflict_error', 'x'), 'conflict'],
    [413, '<html>too large</html>', 'too_large'],
    [413, body('request_too_large', 'x'), 'too_large'],
    [429, body('rate_limit_error', 'x'), 'rate_limit'],
    [500, body('api_error', 'x'), 'internal'],
    [503, body('api_error', 'the catch-all of an edge'), 'overloaded'],
    [504, body('api_error', 'the catch-all of an edge'), 'timeout'],
    [503, body('api_error', 'x', { error_code: 'compaction_unavailable' }), 'overloaded'],
    [504, body('timeout_error', 'x'), 'timeout'],
    [529, body('overloaded_error', 'Overloaded'), 'overloaded'],
    [529, '', 'overloaded'],
    [502, '<html>', 'bad_gateway'],
    [599, '[]', 'bad_gateway'],
    [
      400,
      '{"error":{"message":"no","type":"invalid_request_error","code":"context_length_exceeded"}}',
      'context_length',
    ],
    [429, '{"error":"slow down"}', 'rate_limit'],
    [418, '7', 'invalid'],
  ]
  it.each(cases)('%i %s is %s', (status, text, faultClass) => {
    expect(upstream.readFault({ status, headers: {}, text }).class).toBe(faultClass)
  })

  const hints: [Record<string, string>, number | undefined][] = [
    [{ 'retry-after': '12' }, 12000],
    [{ 'retry-after': '12', 'retry-after-ms': '500' }, 500],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ]
  it.each(hints)('retry hints %j', (headers, retryAfterMs) => {
    expect(upstream.readFault({ status: 429, headers, text: '' }).retryAfterMs).toBe(retryAfterMs)
  })

  it('tells nothing of a page that is no JSON', () => {
    const read = upstream.readFault({ status: 502, headers: {}, text: '<html>http://internal.host</html>' })
    expect(read.message).toBe('the upstream answered with status 502')
  })
})

describe('writing', () => {
  it.each(Object.entries(faultTable))('%s', (faultClass, { anthropic }) => {
    // The keys of the table are the classes.
    const written = client.writeFault(fault(faultClass as FaultClass, 'prompt is too long'), 'req_1')
    expect(written).toMatchObject({
      status: anthropic.status,
      headers: { 'request-id': 'req_1' },
      body: { type: 'error', error: { type: anthropic.type, message: 'prompt is too long' }, request_id: 'req_1' },
    })
  })

  const overflows: [string, string][] = [
    ['prompt is too long: 5 tokens > 4 maximum', 'prompt is too long: 5 tokens > 4 maximum'],
    [
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130,500 tokens.",
      'prompt is too long: 130500 tokens > 128000 maximum',
    ],
    [
      'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
      'prompt is too long: 1200000 tokens > 1048576 maximum',
    ],
    ['Your input exceeds the context window.', 'prompt is too long: Your input exceeds the context window.'],
  ]
  it.each(overflows)('%s', (message, expected) => {
    const { body: written } = client.writeFault(fault('context_length', message), 'r')
    expect(written).toMatchObject({ error: { message: expected } })
  })

  it('says when to try again, and when not to', () => {
    expect(client.writeFault(fault('rate_limit', 'x', { retryAfterMs: 1500 }), 'r').headers).toEqual({
      'request-id': 'r',
      'retry-after': '2',
      'retry-after-ms': '1500',
    })
  })

  it.each([
    ['auth', 'false'],
    ['permission', 'false'],
    ['billing', 'false'],
    ['content_policy', 'false'],
    ['context_length', 'false'],
    ['rate_limit', undefined],
    ['overloaded', undefined],
    ['bad_gateway', undefined],
  ] as const)('%s: whether to try again is said as %s', (faultClass, said) => {
    expect(client.writeFault(fault(faultClass, 'x'), 'r').headers['x-should-retry']).toBe(said)
  })

  it('in a stream it is an error event', () => {
    expect(client.faultFrame(fault('timeout', 'x'), 'r', 'sse')).toBe(
      'event: error\ndata: {"type":"error","error":{"type":"timeout_error","message":"x"},"request_id":"r"}\n\n',
    )
  })
})
