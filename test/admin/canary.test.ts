import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endpoints } from '../../src/admin/index.ts'
import { type Manager, startManager } from './manager.ts'

const fileSecret = 'sk-vendor-of-the-file-7Kq2ZxV9'
const firstSecret = 'sk-vendor-first-Xw81mPq4LrT0'
const secondSecret = 'sk-vendor-second-Bn55cVz3Yh2D'
const thirdSecret = 'sk-vendor-third-Jd90sKe6Rf7G'
const fileKey = 'sk-own-choice-Qa3Ws4Ed5Rf6Tg7'

/** Everything that must be told once at most, in the answer that made it. */
const secrets: string[] = [fileSecret, firstSecret, secondSecret, thirdSecret, fileKey]
let manager: Manager
const ids: Record<string, readonly string[]> = {}
/** Answers to what changes something. */
const said: string[] = []

async function change(method: string, path: string, body?: unknown) {
  const answer = await manager.ask(method, path, body)
  expect(answer.status, `${method} ${path}: ${answer.text}`).toBeLessThan(300)
  const { key, token, ...rest } = answer.body
  for (const shown of [key, token]) if (typeof shown === 'string') secrets.push(shown)
  said.push(JSON.stringify(rest))
  return answer.body
}

beforeAll(async () => {
  manager = await startManager(`
sandbox: true
channels: [{ name: of-file, provider: openai, base_url: "http://127.0.0.1:9", keys: [${fileSecret}], models: [gpt] }]
keys: [{ name: chosen, key: ${fileKey} }]`)
  secrets.push(...Object.values(manager.tokens))
  const account = await change('POST', '/accounts', { name: 'acme' })
  await change('POST', `/accounts/${account.id}/credit`, { amount_nano: 10, reason: 'paid' })
  await change('POST', `/accounts/${account.id}/adjust`, { amount_nano: -1, reason: 'slip' })
  await change('PATCH', `/accounts/${account.id}`, { name: 'acme & sons' })
  const key = await change('POST', '/keys', { name: 'k', account: account.id })
  await change('PATCH', `/keys/${key.id}`, { models: ['sandbox-*'] })
  await change('POST', `/keys/${key.id}/rotate`, { overlap_seconds: 60 })
  await change('DELETE', `/keys/${(await change('POST', '/keys', { name: 'gone' })).id}`)
  const channel = await change('POST', '/channels', {
    ...{ name: 'stored', provider: 'openai', base_url: 'http://127.0.0.1:9', models: ['m'] },
    secrets: [firstSecret, secondSecret],
  })
  const added = await change('POST', `/channels/${channel.id}/credentials`, { secret: thirdSecret })
  const credential = added.credentials[2].id
  await change('PATCH', `/channels/${channel.id}/credentials/${credential}`, { is_enabled: false })
  await change('PATCH', `/channels/${channel.id}`, { weight: 2 })
  await change('POST', `/channels/${channel.id}/test`, {})
  await change('DELETE', `/channels/${channel.id}/credentials/${credential}`)
  await change('POST', `/channels/${channel.id}/health/reset`)
  await change('POST', '/prices', { model: 'm', input_nano: 1 })
  await change('POST', '/groups', { name: 'vip', multiplier_ppm: 2 })
  await change('PATCH', '/groups/vip', { channels: ['stored'] })
  await change('DELETE', '/groups/vip')
  const token = await change('POST', '/tokens', { name: 't', role: 'root' })
  await change('DELETE', `/tokens/${token.id}`)
  const gone = await change('POST', '/channels', { name: 'gone', provider: 'openai', secrets: [firstSecret] })
  await change('DELETE', `/channels/${gone.id}`)
  await change('DELETE', `/accounts/${(await change('POST', '/accounts', { name: 'gone' })).id}`)
  const response = await fetch(`${manager.gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${fileKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sandbox-1', messages: [{ role: 'user', content: 'hello' }] }),
  })
  expect(response.status).toBe(200)
  await response.text()
  const request = response.headers.get('x-request-id') ?? ''
  Object.assign(ids, {
    accounts: [account.id, 'acc_default'],
    keys: [key.id],
    channels: [channel.id, 'file:of-file', 'file:sandbox'],
    requests: [request],
  })
})
afterAll(() => manager.close())

/** Every page of every GET. */
async function* crawl(): AsyncGenerator<readonly [string, string]> {
  for (const { method, path } of endpoints) {
    if (method !== 'GET') continue
    const [noun = ''] = path.slice(1).split('/')
    for (const id of path.includes('{id}') ? (ids[noun] ?? []) : ['']) {
      let cursor = ''
      do {
        const page = path.replace('{id}', id) + (cursor === '' ? '' : `?cursor=${cursor}`)
        const answer = await manager.ask('GET', page)
        yield [page, answer.text]
        cursor = answer.body?.next ?? ''
      } while (cursor !== '')
    }
  }
}

/** Any eight characters in a row of a secret that is not a part of its prefix. */
const windows = (secret: string): string[] => {
  const tail = secret.slice(10)
  return Array.from({ length: tail.length - 7 }, (_, at) => tail.slice(at, at + 8))
}

describe('secrets', () => {
  it('come back in no answer, not even a part of them', async () => {
    const answers: (readonly [string, string])[] = []
    for await (const answer of crawl()) answers.push(answer)
    for (const text of said) answers.push(['a change', text])
    expect(answers.length).toBeGreaterThan(45)
    const whole = answers.map(([path, text]) => `${path}\n${text}`).join('\n')
    expect(secrets.length).toBeGreaterThan(11)
    for (const secret of secrets)
      for (const window of windows(secret)) expect(whole.includes(window), `${secret}: ${window}`).toBe(false)
  })

  it('are in no answer by another form of them', async () => {
    for await (const [path, text] of crawl()) {
      // 64 digits of a hash, and what the secret box makes.
      expect(text, path).not.toMatch(/\b[0-9a-f]{64}\b/)
      expect(text, path).not.toMatch(/v1\.[0-9a-f]{8}\./)
      if (path !== '/openapi.json')
        expect(text, path).not.toMatch(/"(?:hash|sealed|secret|secrets|pepper|token|key_text)"/)
    }
  })

  it('are in no line of the log', () => {
    const lines = JSON.stringify(manager.gateway.lines)
    for (const secret of secrets) for (const window of windows(secret)) expect(lines).not.toContain(window)
  })
})

describe('the audit log', () => {
  it('has every change, by whom and of what', async () => {
    const rows: { action: string; actor: string; subject: string }[] = []
    let cursor = ''
    do {
      const page = await manager.done('GET', `/audit?limit=7${cursor && `&cursor=${cursor}`}`)
      rows.push(...page.data)
      cursor = page.next ?? ''
    } while (cursor !== '')
    const root = (await manager.done('GET', '/tokens')).data.find(({ name }: { name: string }) => name === 'root')
    expect(new Set(rows.map(({ actor }) => actor))).toEqual(new Set([root.id]))
    expect(rows.map(({ action }) => action).toReversed()).toEqual([
      ...['token.create', 'token.create', 'account.create', 'account.credit', 'account.adjust', 'account.update'],
      ...['key.create', 'key.update', 'key.rotate', 'key.create', 'key.revoke'],
      ...['channel.create', 'credential.create', 'credential.update', 'channel.update', 'channel.test'],
      ...['credential.delete', 'channel.reset', 'price.create', 'group.create', 'group.update', 'group.delete'],
      ...['token.create', 'token.revoke', 'channel.create', 'channel.delete', 'account.create', 'account.delete'],
    ])
  })

  it('tells what differs, before and after', async () => {
    const { data } = await manager.done('GET', '/audit?limit=200')
    const update = data.find(({ action }: { action: string }) => action === 'account.update')
    expect(update.change).toEqual({ before: { name: 'acme' }, after: { name: 'acme & sons' } })
  })

  it('stays as it is when a change is refused', async () => {
    const before = await manager.done('GET', '/audit?limit=1')
    for (const [method, path, body] of [
      ['POST', '/accounts', { name: 'acme & sons' }],
      ['PATCH', '/groups/nothing', {}],
      ['POST', '/keys', { name: 'k', account: 'acc_nobody' }],
      ['POST', '/channels', { name: 'of-file', provider: 'openai' }],
    ] as const)
      expect((await manager.ask(method, path, body)).status, path).toBeGreaterThanOrEqual(400)
    expect(await manager.done('GET', '/audit?limit=1')).toEqual(before)
  })
})
