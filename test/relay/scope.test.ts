import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { Account, KeyScope } from '../../src/model/account.ts'
import type { KeyRow } from '../../src/model/rows.ts'
import { clientAddress, isWithin } from '../../src/relay/address.ts'
import { type Facts, scopeFault } from '../../src/relay/scope.ts'
import { startGateway } from '../support/gateway.ts'

describe('an address', () => {
  const cases: readonly (readonly [address: string, ranges: readonly string[], isIn: boolean])[] = [
    ['10.1.2.3', ['10.0.0.0/8'], true],
    ['11.1.2.3', ['10.0.0.0/8'], false],
    ['::ffff:10.1.2.3', ['10.0.0.0/8'], true],
    ['10.1.2.3', ['10.1.2.3'], true],
    ['10.1.2.3', ['192.168.0.0/16', '10.1.2.4', '10.1.2.0/24'], true],
    ['2001:db8::1', ['2001:db8::/32'], true],
    ['2001:db9::1', ['2001:db8::/32'], false],
    ['2001:db8::1', ['10.0.0.0/8'], false],
    ['10.1.2.3', [], false],
    ['', ['0.0.0.0/0'], false],
    ['unknown', ['0.0.0.0/0', '::/0'], false],
  ]
  for (const [address, ranges, isIn] of cases)
    it(`${address || '(none)'} is ${isIn ? '' : 'not '}in ${ranges.join(', ') || 'nothing'}`, () =>
      expect(isWithin(address, ranges)).toBe(isIn))
})

describe('the client behind proxies', () => {
  const request = (remoteAddress: string, forwarded?: string): IncomingMessage =>
    // Only these two are read.
    ({
      socket: { remoteAddress },
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    }) as IncomingMessage

  it('is whoever connects, unless that is a trusted proxy', () => {
    expect(clientAddress(request('1.2.3.4', '9.9.9.9'), [])).toBe('1.2.3.4')
    expect(clientAddress(request('1.2.3.4', '9.9.9.9'), ['10.0.0.0/8'])).toBe('1.2.3.4')
    expect(clientAddress(request('10.0.0.1', '9.9.9.9'), ['10.0.0.0/8'])).toBe('9.9.9.9')
  })

  it('is the last that no trusted proxy vouches for', () => {
    expect(clientAddress(request('10.0.0.1', '6.6.6.6, 9.9.9.9, 10.0.0.2'), ['10.0.0.0/8'])).toBe('9.9.9.9')
    expect(clientAddress(request('10.0.0.1', '6.6.6.6, nonsense'), ['10.0.0.0/8'])).toBe('10.0.0.1')
    expect(clientAddress(request('10.0.0.1'), ['10.0.0.0/8'])).toBe('10.0.0.1')
  })
})

describe('a key', () => {
  const account: Account = {
    id: 'a',
    name: 'a',
    group: 'default',
    isEnabled: true,
    limits: {},
    source: 'api',
    createdAtMs: 0,
  }
  const key = (scope: KeyScope): KeyRow => ({
    id: 'k',
    name: 'k',
    hash: 'h',
    hint: 'h',
    models: ['*'],
    aliases: [],
    source: 'api',
    createdAtMs: 0,
    account: 'a',
    scope,
  })
  const facts: Facts = { route: 'chat', address: () => '10.1.2.3', nowMs: 1000 }
  const cases: readonly (readonly [what: string, scope: KeyScope, refused: string | undefined])[] = [
    ['without a scope', {}, undefined],
    ['that has expired', { expiresAtMs: 1000 }, 'auth'],
    ['that will expire', { expiresAtMs: 1001 }, undefined],
    ['for other routes', { routes: ['models'] }, 'permission'],
    ['for this route', { routes: ['models', 'chat'] }, undefined],
    ['for other addresses', { addresses: ['192.168.0.0/16'] }, 'permission'],
    ['for this address', { addresses: ['10.0.0.0/8'] }, undefined],
  ]
  for (const [what, scope, refused] of cases)
    it(`${what} is ${refused ? `refused: ${refused}` : 'let in'}`, () =>
      expect(scopeFault(key(scope), account, facts)?.class).toBe(refused))

  it('of an account that is off or gone is refused', () => {
    expect(scopeFault(key({}), { ...account, isEnabled: false }, facts)?.class).toBe('permission')
    expect(scopeFault(key({}), undefined, facts)?.class).toBe('permission')
  })
})

describe('the configured scope of a key', () => {
  it('is held on every route, in the words of the route', async () => {
    const gateway = await startGateway(`
keys:
  - { name: old, key: sk-old-0123456789, expires: 2020-01-01 }
  - { name: listing, key: sk-listing-0123456789, routes: [models] }
  - { name: elsewhere, key: sk-elsewhere-0123456789, addresses: [203.0.113.0/24] }
  - { name: here, key: sk-here-0123456789, addresses: [127.0.0.0/8], routes: [chat] }`)
    const ask = async (secret: string, path: string, body?: object): Promise<readonly [number, string]> => {
      const answer = await fetch(`${gateway.url}${path}`, {
        headers: { 'x-api-key': secret, 'anthropic-version': '2023-06-01' },
        ...(body && { method: 'POST', body: JSON.stringify(body) }),
      })
      return [answer.status, await answer.text()]
    }
    const hello = { model: 'sandbox-1', max_tokens: 10, messages: [{ role: 'user', content: 'Hello' }] }
    expect(await ask('sk-old-0123456789', '/v1/messages', hello)).toEqual([
      401,
      expect.stringContaining('authentication_error'),
    ])
    expect(await ask('sk-listing-0123456789', '/v1/messages', hello)).toEqual([
      403,
      expect.stringContaining('permission_error'),
    ])
    expect((await ask('sk-listing-0123456789', '/v1/models'))[0]).toBe(200)
    expect((await ask('sk-elsewhere-0123456789', '/v1/models'))[0]).toBe(403)
    expect((await ask('sk-here-0123456789', '/v1/messages', hello))[0]).toBe(200)
    expect((await ask('sk-here-0123456789', '/v1/messages/count_tokens', hello))[0]).toBe(403)
    await gateway.close()
  })
})
