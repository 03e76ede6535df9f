import { describe, expect, it } from 'vitest'
import { gemini } from '../../../src/dialects/gemini/index.ts'
import { type FaultClass, fault, faultTable } from '../../../src/model/fault.ts'

const rpc = (name: string, members: object) => ({ '@type': `type.googleapis.com/google.rpc.${name}`, ...members })

const readFault = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  gemini.upstream.readFault({ status, headers, text: typeof body === 'string' ? body : JSON.stringify(body) })

const errorOf = (status: string, message = 'why', details: unknown[] = []) => ({
  error: { code: 400, message, status, details },
})

describe('reading', () => {
  const cases: [name: string, status: number, body: unknown, expected: object][] = [
    ['a body that is too large', 413, errorOf('INVALID_ARGUMENT'), { class: 'too_large' }],
    ['a wrong argument', 400, errorOf('INVALID_ARGUMENT'), { class: 'invalid', message: 'why' }],
    [
      'a key that is not valid',
      400,
      errorOf('INVALID_ARGUMENT', 'API key not valid.', [rpc('ErrorInfo', { reason: 'API_KEY_INVALID' })]),
      { class: 'auth' },
    ],
    ['a key that is not valid, by its text', 400, errorOf('INVALID_ARGUMENT', 'API key expired.'), { class: 'auth' }],
    [
      'a prompt that is too long',
      400,
      errorOf(
        'INVALID_ARGUMENT',
        'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
      ),
      { class: 'context_length' },
    ],
    [
      'a quota by minute',
      429,
      errorOf('RESOURCE_EXHAUSTED', 'quota', [
        rpc('QuotaFailure', { violations: [{ quotaId: 'GenerateRequestsPerMinutePerProject' }] }),
        rpc('RetryInfo', { retryDelay: '34.4s' }),
      ]),
      { class: 'rate_limit', retryAfterMs: 34_400 },
    ],
    [
      'a quota by day',
      429,
      errorOf('RESOURCE_EXHAUSTED', 'quota', [
        rpc('QuotaFailure', { violations: [{ quotaId: 'GenerateRequestsPerDayPerProject' }] }),
      ]),
      { class: 'billing' },
    ],
    [
      'an exhausted quota',
      429,
      errorOf('RESOURCE_EXHAUSTED', 'quota', [rpc('ErrorInfo', { reason: 'QUOTA_EXHAUSTED' })]),
      { class: 'billing' },
    ],
    ['a wait told in words', 429, errorOf('RESOURCE_EXHAUSTED', 'Please retry in 1.5s.'), { retryAfterMs: 1500 }],
    [
      'an unknown model',
      404,
      errorOf('NOT_FOUND', 'models/x is not found for API version v1beta'),
      { class: 'model_not_found' },
    ],
    ['an unknown file', 404, errorOf('NOT_FOUND', 'File abc'), { class: 'not_found' }],
    ['a forbidden thing', 403, errorOf('PERMISSION_DENIED'), { class: 'permission' }],
    ['an overloaded model', 503, errorOf('UNAVAILABLE'), { class: 'overloaded' }],
    ['a deadline', 504, errorOf('DEADLINE_EXCEEDED'), { class: 'timeout' }],
    ['a cancelled call', 499, errorOf('CANCELLED'), { class: 'cancelled' }],
    ['a failure inside', 500, errorOf('INTERNAL'), { class: 'internal' }],
    ['something not built', 501, errorOf('UNIMPLEMENTED'), { class: 'unsupported' }],
    ['an error in an array (T94)', 400, [errorOf('INVALID_ARGUMENT')], { class: 'invalid' }],
    [
      'a field that is at fault',
      400,
      errorOf('INVALID_ARGUMENT', 'x', [rpc('BadRequest', { fieldViolations: [{ field: 'contents[0]' }] })]),
      { param: 'contents[0]' },
    ],
    ['an unknown word', 418, errorOf('TEAPOT'), { class: 'invalid' }],
    [
      'an error of one word',
      401,
      { error: 'invalid_grant', error_description: 'Bad token' },
      { class: 'auth', message: 'Bad token' },
    ],
    ['HTML', 502, '<html>502</html>', { class: 'bad_gateway' }],
    ['HTML with a status of its own', 429, '<html>', { class: 'rate_limit' }],
    ['nothing', 500, '', { class: 'internal' }],
    ['JSON without error', 503, '{}', { class: 'overloaded' }],
  ]

  it.each(cases)('%s', (_, status, body, expected) => {
    expect(readFault(status, body)).toMatchObject(expected)
  })

  it('takes the wait from the headers when the body has none', () => {
    expect(readFault(429, errorOf('RESOURCE_EXHAUSTED'), { 'retry-after': '7' })).toMatchObject({ retryAfterMs: 7000 })
  })

  it('keeps addresses out of the message', () => {
    const { message } = readFault(429, errorOf('RESOURCE_EXHAUSTED', 'See https://ai.example/limits for more.'))
    expect(message).toBe('See (address) for more.')
  })
})

describe('writing', () => {
  const others = Object.keys(faultTable).filter((name) => name !== 'content_policy') as FaultClass[] // keys of the table

  it.each(others)('%s has its status and its word', (name) => {
    const { status, type } = faultTable[name].gemini
    const written = gemini.client.writeFault(fault(name, 'why'), 'req_1')
    expect(written.status).toBe(status)
    expect(written.body).toMatchObject({ error: { code: status, status: type, message: expect.any(String) } })
    expect(written.body).toMatchObject({
      error: { details: expect.arrayContaining([rpc('RequestInfo', { requestId: 'req_1' })]) },
    })
  })

  it('tells a refused prompt as an answer without candidates', () => {
    expect(gemini.client.writeFault(fault('content_policy', 'no'), 'r')).toMatchObject({
      status: 200,
      headers: { 'x-should-retry': 'false' },
      body: { promptFeedback: { blockReason: 'PROHIBITED_CONTENT', blockReasonMessage: 'no' } },
    })
  })

  it.each([
    [
      'how long to wait',
      fault('rate_limit', 'Too many requests.', { retryAfterMs: 12_000 }),
      [
        rpc('ErrorInfo', { reason: 'RATE_LIMIT_EXCEEDED', domain: 'googleapis.com', metadata: {} }),
        rpc('RetryInfo', { retryDelay: '12s' }),
      ],
    ],
    [
      'which field is wrong',
      fault('invalid', 'bad', { param: 'contents' }),
      [rpc('BadRequest', { fieldViolations: [{ field: 'contents', description: 'bad' }] })],
    ],
    [
      'that the money is gone',
      fault('billing', 'empty'),
      [expect.objectContaining({ violations: [expect.anything()] })],
    ],
    ['that the key is wrong', fault('auth', 'who'), [expect.objectContaining({ reason: 'API_KEY_INVALID' })]],
  ])('says in its details %s', (_, cause, details) => {
    expect(gemini.client.writeFault(cause, 'r').body).toMatchObject({
      error: { details: expect.arrayContaining(details) },
    })
  })

  it('says of an empty balance that the limit is 0: Gemini CLI waits for any other quota', () => {
    const error = (message: string) => gemini.client.writeFault(fault('billing', message), 'r').body.error
    expect(error('Top up.')).toMatchObject({
      code: 429,
      message: 'Top up. Quota exceeded for metric: balance, limit: 0',
    })
    expect(error('Quota exceeded, limit: 0')).toMatchObject({ message: 'Quota exceeded, limit: 0' })
    expect(JSON.stringify(error('Top up.'))).not.toMatch(/PerDay|Daily/)
  })

  it('says the wait in headers and words, too', () => {
    const written = gemini.client.writeFault(fault('rate_limit', 'Too many.', { retryAfterMs: 1500 }), 'r')
    expect(written.headers).toEqual({ 'retry-after': '2', 'retry-after-ms': '1500' })
    expect(written.body).toMatchObject({ error: { message: 'Too many. Please retry in 1.5s.' } })
  })

  it.each([
    [
      'prompt is too long: 215000 tokens > 200000 maximum',
      '(215000) exceeds the maximum number of tokens allowed (200000).',
    ],
    [
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130001 tokens.",
      '(130001) exceeds the maximum number of tokens allowed (128000).',
    ],
    ['Too much.', 'exceeds the maximum number of tokens allowed. Too much.'],
  ])('tells an overflow in the words that clients look for: %s', (message, words) => {
    const { body } = gemini.client.writeFault(fault('context_length', message), 'r')
    expect(body).toMatchObject({ error: { message: `The input token count ${words}` } })
  })

  it('closes the array in a forwarded stream', () => {
    const frame = gemini.client.faultFrame(fault('internal', 'x'), 'r', 'json-array')
    expect(JSON.parse(`[{}${frame}`)).toHaveLength(2)
    expect(gemini.client.faultFrame(fault('internal', 'x'), 'r', 'sse')).toMatch(/^data: \{"error":.*\}\r\n\r\n$/)
  })
})
