import { describe, expect, test } from 'vitest'
import { openaiChat } from '../../../src/dialects/openai-chat/index.ts'
import { type FaultClass, fault } from '../../../src/model/fault.ts'

const { readFault } = openaiChat.upstream
const { writeFault, faultFrame } = openaiChat.client

test.each<[number, unknown, FaultClass]>([
  [400, { error: { message: 'x', type: 'invalid_request_error', code: 'context_length_exceeded' } }, 'context_length'],
  [400, { error: { message: "This model's maximum context length is 8192 tokens." } }, 'context_length'],
  [429, { error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } }, 'billing'],
  [429, { error: { message: 'x', type: 'engine_overloaded_error' } }, 'overloaded'],
  [429, { error: { message: 'slow' } }, 'rate_limit'],
  [402, { error: { message: 'Insufficient Balance' } }, 'billing'],
  [401, { error: { message: 'Incorrect API key provided' } }, 'auth'],
  [403, { error: 'forbidden' }, 'permission'],
  [404, { error: { message: 'The model `x` does not exist' } }, 'model_not_found'],
  [404, '404 page not found', 'not_found'],
  [400, { error: { message: 'x', code: 'cyber_policy' } }, 'content_policy'],
  [400, { error: { message: 'x', code: 'tool_use_failed' } }, 'bad_gateway'],
  [400, { error: { message: 'x', code: 'invalid_value', param: 'messages[3]' } }, 'invalid'],
  [422, { detail: [{ loc: ['body'], msg: 'field required' }] }, 'unprocessable'],
  [400, { object: 'error', message: 'bad', type: 'BadRequestError', code: 400 }, 'invalid'],
  [200, { base_resp: { status_code: 1008, status_msg: 'insufficient balance' } }, 'billing'],
  [400, [{ error: { code: 400, message: 'bad', status: 'INVALID_ARGUMENT' } }], 'invalid'],
  [500, { error: { message: 'rate limit of nothing' } }, 'internal'],
  [502, '<html>Bad gateway</html>', 'bad_gateway'],
  [503, '', 'overloaded'],
  [529, null, 'overloaded'],
  [400, 5, 'invalid'],
  [400, { error: { message: 'x', code: 'constructor', type: 'toString' } }, 'invalid'],
])('an answer %i %j is %s', (status, body, expected) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  expect(readFault({ status, headers: {}, text })).toMatchObject({ class: expected })
})

test.each<[string, Record<string, string>, string, number | undefined]>([
  ['exact', { 'retry-after-ms': '1500', 'retry-after': '2' }, '', 1500],
  ['seconds', { 'retry-after': '2' }, '', 2000],
  ['a date', { 'retry-after': 'Sat, 21 Nov 2026 10:00:05 GMT', date: 'Sat, 21 Nov 2026 10:00:00 GMT' }, '', 5000],
  ['in the text', {}, 'Please try again in 1m0.5s.', 60_500],
  ['nowhere', {}, 'no', undefined],
])('when to come back: %s', (_name, headers, message, expected) => {
  const text = JSON.stringify({ error: { message } })
  expect(readFault({ status: 429, headers, text }).retryAfterMs).toBe(expected)
})

describe('written', () => {
  test.each<[FaultClass, number, string, string | null]>([
    ['invalid', 400, 'invalid_request_error', null],
    ['billing', 429, 'insufficient_quota', 'insufficient_quota'],
    ['overloaded', 503, 'service_unavailable_error', 'server_is_overloaded'],
    ['bad_gateway', 502, 'server_error', 'upstream_error'],
  ])('%s', (faultClass, status, type, code) => {
    const told = writeFault(fault(faultClass, 'why', { param: 'p' }), 'req')
    expect(told).toMatchObject({
      status,
      headers: { 'x-request-id': 'req' },
      body: { error: { message: 'why', type, param: 'p', code } },
    })
  })

  test('when to come back, in headers and words', () => {
    const told = writeFault(fault('rate_limit', 'Too many requests', { retryAfterMs: 1200 }), 'req')
    expect(told.headers).toMatchObject({ 'retry-after': '2', 'retry-after-ms': '1200' })
    expect(told.body).toMatchObject({ error: { message: 'Too many requests. Please try again in 2s.' } })
  })

  test('what no second try will mend says so', () => {
    expect(writeFault(fault('context_length', 'x'), 'r').headers['x-should-retry']).toBe('false')
    expect(writeFault(fault('internal', 'x'), 'r').headers['x-should-retry']).toBeUndefined()
  })

  test.each<[FaultClass, string, string]>([
    ['content_policy', 'cyber_policy', 'cyber_policy'],
    ['content_policy', 'SAFETY', 'content_policy_violation'],
    ['invalid', 'string_above_max_length', 'string_above_max_length'],
  ])('%s: the code %s is told as %s', (faultClass, code, told) => {
    expect(writeFault(fault(faultClass, 'x', { code }), 'r').body).toMatchObject({ error: { code: told } })
  })

  test('in a stream', () => {
    expect(faultFrame(fault('internal', 'x'), 'r', 'sse')).toBe(
      'data: {"error":{"message":"x","type":"server_error","param":null,"code":"server_error"}}\n\n',
    )
  })
})
