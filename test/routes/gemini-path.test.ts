import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dialectIds } from '../../src/model/dialect.ts'
import { geminiPath } from '../../src/routes/gemini-path.ts'
import { canonicalPath } from '../../src/routes/path.ts'
import { key, type SandboxGateway, startSandboxGateway, via } from '../support/gateway.ts'

describe('the model in the path of a Gemini request', () => {
  it.each([
    ['/v1beta/models/a/b:streamGenerateContent?alt=sse', 'a/b'],
    ['/v1/models/a:generateContent', 'a'],
    ['/v1alpha/models/a%2Fb:countTokens', 'a/b'],
    ['/v1beta/models/a%2Fb%3AgenerateContent', 'a/b'],
    ['/v1beta/models/models/a:generateContent', 'a'],
    ['/v1beta/models/vendor/a:latest:generateContent', 'vendor/a:latest'],
    // The AI SDK leaves `models/` out when the name holds a slash.
    ['/v1beta/vendor/a:streamGenerateContent?alt=sse', 'vendor/a'],
    ['/v1beta/accounts/fireworks/models/a:generateContent', 'accounts/fireworks/models/a'],
    ['/v1beta/models/accounts/fireworks/models/a:generateContent', 'accounts/fireworks/models/a'],
    ['/v1beta/tunedModels/a:generateContent', 'tunedModels/a'],
    ['/v1beta1/publishers/google/models/a:streamGenerateContent', 'a'],
    ['/v1/projects/p/locations/us-central1/publishers/google/models/a:generateContent', 'a'],
    ['/v1beta1/projects/p/locations/global/publishers/google/models/vendor/a:generateContent', 'vendor/a'],
    // The vendor's SDK in Vertex mode makes a publisher of what stands before the slash.
    ['/v1beta1/publishers/vendor/models/a:streamGenerateContent', 'vendor/a'],
    ['/v1/projects/p/locations/l/endpoints/12:generateContent', 'endpoints/12'],
    ['//v1beta//models//a:generateContent', 'a'],
    ['/team/blue/v1beta/models/a:generateContent', 'a'],
    ['/team/blue/v1beta/vendor/a:generateContent', 'vendor/a'],
    ['/v1beta/v1beta/vendor/a:generateContent', 'vendor/a'],
    ['/v1/v1beta/models/a:generateContent', 'a'],
  ])('%s', (url, model) => expect(geminiPath(canonicalPath(url))?.model).toBe(model))

  it.each([
    '/v1beta/models/:generateContent',
    '/v1beta/models/a',
    '/v1beta/models/a:embedContent',
    '/v1beta/models/a%:generateContent',
    '/v2/models/a:generateContent',
    '/v1/messages',
  ])('none in %s', (url) => expect(geminiPath(canonicalPath(url))).toBeUndefined())

  it('the query of another path is nothing to go by', () =>
    expect(canonicalPath('/x/v1/y?z=a:generateContent')).toBe('/x/v1/y?z=a:generateContent'))
})

describe('a Gemini request', () => {
  let gateway: SandboxGateway
  beforeAll(async () => {
    gateway = await startSandboxGateway()
  })
  afterAll(() => gateway.close())

  const post = (path: string, headers: Record<string, string>) =>
    fetch(gateway.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] }),
    })

  const places = dialectIds.flatMap((format) =>
    ['/v1beta', '/v1beta/models', '/v1/models', '/v1beta1/publishers/google/models', '/v1'].map((root) => [
      `${root}/${via(format)}`,
    ]),
  )
  it.each(places)('is answered at %s', async (place) => {
    const answer = await post(`${place}:generateContent`, { 'x-goog-api-key': key, authorization: `Bearer ${key}` })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ candidates: [{ finishReason: 'STOP' }] })
  })

  it.each([
    ['Bearer beside another key', { authorization: `Bearer ${key}`, 'x-goog-api-key': 'unknown' }],
    ['the key beside a Bearer of another service', { authorization: 'Bearer ya29.x', 'x-goog-api-key': key }],
    ['an empty key header', { authorization: `Bearer ${key}`, 'x-goog-api-key': '' }],
  ])('%s is accepted', async (_, headers) =>
    expect((await post(`/v1beta/models/${via('gemini')}:generateContent`, headers)).status).toBe(200),
  )

  it.each(['/v1beta/models/x:embedNothing', '/v1/nothing:countTokens/', '/x/y:generateContent'])(
    'to %s is refused in its own format',
    async (path) => {
      const answer = await post(path, { 'x-goog-api-key': key })
      expect(answer.status).toBe(404)
      expect(await answer.json()).toMatchObject({ error: { code: 404, status: 'NOT_FOUND' } })
    },
  )
})
