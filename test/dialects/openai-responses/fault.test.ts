import { describe, expect, test } from 'vitest'
import { type Fault, type FaultClass, fault, faultTable } from '../../../src/model/fault.ts'
import { client, payloadsOf, upstream } from './support.ts'

const body = (error: object): string => JSON.stringify({ error })

describe('an upstream’s refusal', () => {
  test.each<[string, number, string, Partial<Fault>]>([
    [
      'a code',
      429,
      body({ message: 'm', type: 'insufficient_quota', code: 'insufficient_quota' }),
      { class: 'billing', code: 'insufficient_quota' },
    ],
    ['a code before the status', 400, body({ message: 'm', code: 'rate_limit_exceeded' }), { class: 'rate_limit' }],
    [
      'a param',
      400,
      body({ message: 'm', type: 'invalid_request_error', param: 'temperature', code: null }),
      { class: 'invalid', param: 'temperature' },
    ],
    [
      'an unknown code',
      400,
      body({ message: 'm', code: 'decimal_below_min_value' }),
      { class: 'invalid', code: 'decimal_below_min_value' },
    ],
    [
      'context by its words',
      400,
      body({ message: "This model's maximum context length is 8192 tokens." }),
      { class: 'context_length' },
    ],
    ['a model by its words', 404, body({ message: 'The model `x` does not exist' }), { class: 'model_not_found' }],
    ['a wide type', 401, body({ message: 'm', type: 'invalid_request_error' }), { class: 'auth' }],
    ['a type', 500, body({ message: 'm', type: 'service_unavailable_error' }), { class: 'overloaded' }],
    [
      'a delay in words',
      429,
      body({ message: 'Please try again in 1m2.5s.' }),
      { class: 'rate_limit', retryAfterMs: 62500 },
    ],
    [
      'an address in the words',
      400,
      body({ message: 'See https://example.com/a?b=c for more.' }),
      { message: 'See [link] for more.' },
    ],
    ['a bare string', 400, JSON.stringify({ code: 'x', error: 'Bad.' }), { class: 'invalid', message: 'Bad.' }],
    ['FastAPI’s detail', 422, JSON.stringify({ detail: 'Bad.' }), { class: 'unprocessable', message: 'Bad.' }],
    ['HTML', 502, '<html>', { class: 'bad_gateway', message: 'The upstream answered with status 502.' }],
    ['nothing', 503, '', { class: 'overloaded' }],
    ['JSON without an error', 529, '[]', { class: 'overloaded' }],
    ['a status nobody knows', 418, '', { class: 'invalid' }],
  ])('%s', (_, status, text, expected) => {
    expect(upstream.readFault({ status, headers: {}, text })).toMatchObject(expected)
  })

  test.each<[Record<string, string>, number]>([
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after': '2', 'retry-after-ms': '1500' }, 1500],
  ])('says when to try again: %j', (headers, retryAfterMs) => {
    expect(upstream.readFault({ status: 429, headers, text: '' }).retryAfterMs).toBe(retryAfterMs)
  })
})

describe('a refusal of ours', () => {
  test.each(Object.keys(faultTable) as FaultClass[])('%s is spelled as the table says', (faultClass) => {
    const { status, type, code } = { code: null, ...faultTable[faultClass].openai }
    expect(client.writeFault(fault(faultClass, 'Why.', { param: 'x' }), 'req_1')).toMatchObject({
      status,
      headers: { 'x-request-id': 'req_1' },
      body: { error: { message: expect.stringMatching(/^Why\./), type, code, param: 'x' } },
    })
  })

  // Codex 0.169 gives up at once on either of them where it is told no time.
  test.each(['rate_limit', 'overloaded'] as const)(
    'says when to try again after %s though nobody did',
    (faultClass) => {
      const { headers, body } = client.writeFault(fault(faultClass, 'Why.'), 'r')
      expect(Number(headers['retry-after'])).toBeGreaterThan(0)
      expect(body).toMatchObject({ error: { message: expect.stringMatching(/try again in \d+s\.$/) } })
    },
  )

  test('says when to try again', () => {
    const { headers, body } = client.writeFault(fault('rate_limit', 'Slow down.', { retryAfterMs: 1500 }), 'r')
    expect(headers).toMatchObject({ 'retry-after': '2', 'retry-after-ms': '1500' })
    expect(body).toMatchObject({ error: { message: 'Slow down. Please try again in 1.5s.' } })
  })

  test('says when it is no use to try again', () => {
    expect(client.writeFault(fault('billing', 'No money.'), 'r').headers).toMatchObject({ 'x-should-retry': 'false' })
  })

  test('in forwarded bytes is told in both forms that clients look for', () => {
    const busy = { code: 'rate_limit_exceeded', message: 'Busy. Please try again in 2s.' }
    const payloads = payloadsOf(client.faultFrame(fault('overloaded', 'Busy.'), 'req_1', 'sse'))
    expect(payloads).toMatchObject([
      { type: 'error', ...busy, param: null },
      { type: 'response.failed', response: { status: 'failed', error: busy } },
    ])
  })
})
