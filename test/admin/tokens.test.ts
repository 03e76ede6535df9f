import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeApp } from '../../src/app.ts'
import { checkConfig } from '../../src/config.ts'
import { reaches, roles } from '../../src/model/role.ts'
import { type Manager, startManager } from './manager.ts'

let manager: Manager
let aheadMs = 0
beforeAll(async () => {
  manager = await startManager('', {}, { clock: () => Date.now() + aheadMs })
})
afterAll(() => manager.close())
beforeEach(() => {
  aheadMs += 60_000
})

describe('tokens', () => {
  const pairs = roles.flatMap((maker) => roles.map((wanted) => [maker, wanted] as const))
  it.each(pairs)('of a %s: it makes a %s only if that is no more than itself', async (maker, wanted) => {
    const answer = await manager.ask('POST', '/tokens', { name: 'x', role: wanted }, { token: manager.tokens[maker] })
    const may = reaches(maker, 'admin') && reaches(maker, wanted)
    expect(answer.status).toBe(may ? 201 : 403)
    if (may) expect(answer.body).toMatchObject({ role: wanted, token: expect.stringMatching(/^cwr-[0-9A-Za-z]{38}$/) })
    else expect(answer.body).not.toHaveProperty('token')
  })

  it('of a root are not revoked by an admin', async () => {
    const token = await manager.done('POST', '/tokens', { name: 'x', role: 'root' })
    expect(
      (await manager.ask('DELETE', `/tokens/${token.id}`, undefined, { token: manager.tokens.admin })).status,
    ).toBe(403)
    expect((await manager.ask('GET', '/keys', undefined, { token: token.token })).status).toBe(200)
  })

  it('count no more at once when they are revoked', async () => {
    const token = await manager.done('POST', '/tokens', { name: 'x', role: 'reader' })
    expect((await manager.ask('GET', '/keys', undefined, { token: token.token })).status).toBe(200)
    await manager.done('DELETE', `/tokens/${token.id}`)
    expect((await manager.ask('GET', '/keys', undefined, { token: token.token })).status).toBe(401)
    expect((await manager.ask('DELETE', `/tokens/${token.id}`)).status).toBe(404)
  })

  it('have no role but those that there are', async () => {
    for (const role of ['owner', '', 3, ['root'], null])
      expect(await manager.ask('POST', '/tokens', { name: 'x', role })).toMatchObject({
        status: 400,
        body: { error: { param: 'role' } },
      })
  })

  it('ask no models, and the answer says what does', async () => {
    for (const path of ['/v1/chat/completions', '/v1/messages'])
      for (const headers of [{ authorization: `Bearer ${manager.root}` }, { 'x-api-key': manager.root }]) {
        const response = await fetch(`${manager.gateway.url}${path}`, { method: 'POST', headers, body: '{}' })
        expect(response.status).toBe(403)
        expect(await response.text()).toContain('management API')
      }
  })
})

describe('what is shown in place of a token', () => {
  it.each([
    ['nothing', null, 401],
    ['a word', 'secret', 401],
    ['a token with one other letter', 'typo', 401],
    ['a token that nobody has', 'cwr-00000000000000000000000000000000000000', 401],
  ])('%s', async (_, shown, status) => {
    const token = shown === 'typo' ? `${manager.root.slice(0, -1)}${manager.root.endsWith('0') ? '1' : '0'}` : shown
    const answer = await manager.ask('GET', '/accounts', undefined, { token })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('www-authenticate')).toContain('Bearer')
  })

  it.each([
    ['without Bearer', () => ({ authorization: manager.root })],
    ['with Basic', () => ({ authorization: `Basic ${manager.root}` })],
    ['in x-api-key', () => ({ 'x-api-key': manager.root })],
  ])('the token %s', async (_, headers) => {
    expect((await manager.ask('GET', '/accounts', undefined, { token: null, headers: headers() })).status).toBe(401)
  })

  it('the token in the address', async () => {
    const answer = await manager.ask('GET', `/accounts?key=${manager.root}`, undefined, { token: null })
    expect(answer.status).toBe(401)
  })
})

describe('failures', () => {
  it('are limited by address, and hold up nobody who knows a token', async () => {
    const statuses: number[] = []
    for (let at = 0; at < 40; at++)
      statuses.push((await manager.ask('GET', '/accounts', undefined, { token: 'wrong' })).status)
    expect(statuses.slice(0, 30).every((status) => status === 401)).toBe(true)
    expect(statuses.slice(35)).toEqual([429, 429, 429, 429, 429])
    const late = await manager.ask('GET', '/accounts', undefined, { token: 'wrong' })
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await manager.ask('GET', '/accounts')).status).toBe(200)
    aheadMs += 60_000
    expect((await manager.ask('GET', '/accounts', undefined, { token: 'wrong' })).status).toBe(401)
  })
})

describe('the first start', () => {
  let directory: string
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'causeway-tokens-'))
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  const start = async () => {
    const checked = checkConfig({ environment: {}, flags: { port: '0', data: directory } })
    if (!checked.ok) throw new Error('not checked')
    const silent = () => {}
    return makeApp(checked.config, { log: { debug: silent, info: silent, warn: silent, error: silent } })
  }
  const list = async (app: Awaited<ReturnType<typeof start>>, token: string) =>
    app.server.inject({ url: '/api/tokens', headers: { authorization: `Bearer ${token}` } })

  it('makes a root token, once; and another when nobody has one any more', async () => {
    const first = await start()
    const token = first.rootToken ?? ''
    expect(token).toMatch(/^cwr-/)
    await first.close()
    const second = await start()
    expect(second.rootToken).toBeUndefined()
    const answer = await list(second, token)
    expect(answer.json().data).toMatchObject([{ name: 'root', role: 'root' }])
    await second.server.inject({
      method: 'DELETE',
      url: `/api/tokens/${answer.json().data[0].id}`,
      headers: { authorization: `Bearer ${token}` },
    })
    await second.close()
    const third = await start()
    expect((await list(third, token)).statusCode).toBe(401)
    expect((await list(third, third.rootToken ?? '')).statusCode).toBe(200)
    await third.close()
  })
})
