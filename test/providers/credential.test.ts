import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { credential } from '../../src/providers/credential.ts'
import { regionOf, signing } from '../../src/providers/credentials/aws.ts'
import { keptToken } from '../../src/providers/credentials/token.ts'
import type { Auth } from '../../src/providers/provider.ts'

const outgoing = { method: 'POST', url: 'https://host.example/v1/x', headers: {}, body: '{}' }

describe('plain secrets become headers at once', () => {
  it.each<[string, Auth, string, Record<string, string>]>([
    ['bearer', { kind: 'bearer' }, 'sk-1', { authorization: 'Bearer sk-1' }],
    ['a header', { kind: 'header', name: 'x-api-key' }, 'sk-1', { 'x-api-key': 'sk-1' }],
    ['none', { kind: 'none' }, 'sk-1', {}],
    ['no secret', { kind: 'bearer' }, '', {}],
    ['a Bedrock key', { kind: 'sigv4', service: 'bedrock' }, 'ABSKabc=', { authorization: 'Bearer ABSKabc=' }],
    ['a Google API key', { kind: 'google' }, 'AIzaX', { 'x-goog-api-key': 'AIzaX' }],
    ['a Google access token', { kind: 'google' }, 'ya29.abc', { authorization: 'Bearer ya29.abc' }],
  ])('%s', (_name, auth, secret, expected) => {
    expect(credential(auth, secret).headers(outgoing)).toEqual(expected)
  })

  it('gives a fresh object each time, so that nobody changes another one', () => {
    const one = credential({ kind: 'bearer' }, 'sk-1')
    expect(one.headers(outgoing)).not.toBe(one.headers(outgoing))
  })
})

describe('Signature Version 4', () => {
  const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
  const clock = () => Date.UTC(2015, 7, 30, 12, 36, 0)
  const signed = async (method: string, url: string, key = `AKIDEXAMPLE:${secret}`) => {
    const sign = signing(key, 'service', clock)
    if (!sign) throw new Error('no pair of keys')
    return sign({ method, url, headers: {} })
  }

  // From AWS's published test suite.
  it.each([
    [
      'get-vanilla',
      'GET',
      'https://example.amazonaws.com/',
      '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    ],
    [
      'post-vanilla',
      'POST',
      'https://example.amazonaws.com/',
      '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    ],
    [
      'get-vanilla-query-order-key-case',
      'GET',
      'https://example.amazonaws.com/?Param2=value2&Param1=value1',
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
  ])('%s', async (_name, method, url, signature) => {
    expect(await signed(method, url)).toEqual({
      'x-amz-date': '20150830T123600Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, ' +
        `SignedHeaders=host;x-amz-date, Signature=${signature}`,
    })
  })

  it('adds the session of temporary keys and signs it', async () => {
    const headers = await signed('POST', 'https://example.amazonaws.com/', `AKIDEXAMPLE:${secret}:session/+=`)
    expect(headers['x-amz-security-token']).toBe('session/+=')
    expect(headers.authorization).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token')
  })

  it('signs the body', async () => {
    const sign = signing(`AKIDEXAMPLE:${secret}`, 'service', clock)
    const url = 'https://example.amazonaws.com/'
    const texts = await Promise.all(['{}', '{"a":1}'].map((body) => sign?.({ method: 'POST', url, headers: {}, body })))
    const bytes = await sign?.({ method: 'POST', url, headers: {}, body: Buffer.from('{}') })
    expect(texts[0]?.authorization).not.toBe(texts[1]?.authorization)
    expect(bytes).toEqual(texts[0])
  })

  it.each([
    ['bedrock-runtime.eu-central-1.amazonaws.com', 'eu-central-1'],
    ['bedrock-runtime.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
    ['vpce-1.bedrock-runtime.ap-southeast-2.vpce.amazonaws.com', 'ap-southeast-2'],
    ['127.0.0.1', 'us-east-1'],
  ])('reads the region of %s', (host, region) => {
    expect(regionOf(host)).toBe(region)
  })
})

describe('Google’s accounts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-google-'))
  let asked = 0
  const server = createServer((_request, response) => {
    asked++
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ access_token: `token${asked}`, expires_in: 3600, token_type: 'Bearer' }))
  })
  beforeAll(() => new Promise<void>((done) => server.listen(0, '127.0.0.1', done)))
  afterAll(async () => {
    await new Promise((done) => server.close(done))
    rmSync(folder, { recursive: true })
  })

  it('are changed for a token once, by everybody who holds the same secret', async () => {
    const subject = join(folder, 'subject')
    writeFileSync(subject, 'subject')
    // The server listens on a port by now, so its address is an object.
    const { port } = server.address() as AddressInfo
    const secret = JSON.stringify({
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/provider',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `http://127.0.0.1:${port}/token`,
      credential_source: { file: subject },
    })
    const ask = () => credential({ kind: 'google' }, secret).headers(outgoing)
    expect(await Promise.all([ask(), ask()])).toEqual([
      { authorization: 'Bearer token1' },
      { authorization: 'Bearer token1' },
    ])
    expect(await ask()).toEqual({ authorization: 'Bearer token1' })
    expect(asked).toBe(1)
  })

  it('of a kind that nobody knows fail', async () => {
    const headers = async () => credential({ kind: 'google' }, '{"type":"x"}').headers(outgoing)
    await expect(headers()).rejects.toThrow('neither a service account nor an external one')
  })

  it.each([
    ['that are no JSON', () => '{"private_key": "secret'],
    [
      'in a file that is no JSON',
      () => {
        const path = join(folder, 'broken.json')
        writeFileSync(path, '{"private_key": "secret')
        return path
      },
    ],
  ])('%s fail without being quoted', async (_name, secret) => {
    const headers = async () => credential({ kind: 'google' }, secret()).headers(outgoing)
    const failure = await headers().catch((error: unknown) => error)
    expect(String(failure)).toBe('Error: the Google service account is not JSON')
  })
})

describe('a kept token', () => {
  const minute = 60_000

  it('is fetched once by many, kept until five minutes before its end, and fetched again', async () => {
    let now = 0
    let fetched = 0
    const token = keptToken(
      async () => ({ text: `t${++fetched}`, expiresAtMs: now + 60 * minute }),
      () => now,
    )
    expect(await Promise.all([token(), token(), token()])).toEqual(['t1', 't1', 't1'])
    now = 55 * minute - 1
    expect(await token()).toBe('t1')
    now = 55 * minute
    expect(await Promise.all([token(), token()])).toEqual(['t2', 't2'])
    expect(fetched).toBe(2)
  })

  it('is asked for again after a failure', async () => {
    let fetched = 0
    const token = keptToken(async () => {
      if (++fetched === 1) throw new Error('down')
      return { text: 'good', expiresAtMs: Number.MAX_SAFE_INTEGER }
    })
    await expect(token()).rejects.toThrow('down')
    expect(await token()).toBe('good')
  })
})
