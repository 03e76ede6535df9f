import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FakeUpstream, startUpstream } from '../support/gateway.ts'
import { type Program, run, temporaryDirectory } from '../support/program.ts'

let place: ReturnType<typeof temporaryDirectory>
let vendor: FakeUpstream
const running: Program[] = []

beforeEach(async () => {
  place = temporaryDirectory()
  vendor = await startUpstream((response, { body }) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const { model } = JSON.parse(body)
    const message = { role: 'assistant', content: 'Hello.' }
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
    response.end(
      JSON.stringify({
        id: 'a',
        object: 'chat.completion',
        created: 1,
        model,
        choices: [{ index: 0, message, finish_reason: 'stop' }],
        usage,
      }),
    )
  })
})
afterEach(async () => {
  for (const { child } of running) if (child.exitCode === null) child.kill('SIGKILL')
  await Promise.all(running.splice(0).map(({ ended }) => ended))
  await vendor.close()
  place.remove()
})

function start(words: readonly string[], environment: Record<string, string> = {}): Program {
  const program = run(place.path, words, environment)
  running.push(program)
  return program
}

interface Server {
  readonly program: Program
  readonly url: string
}

async function serve(environment: Record<string, string> = {}): Promise<Server> {
  const program = start(['--port', '0'], environment)
  const [, url = ''] = await program.says(/causeway listening on (http:\/\/127\.0\.0\.1:\d+)\n/)
  return { program, url }
}

async function stop({ program }: Server): Promise<void> {
  program.child.kill('SIGTERM')
  expect(await program.ended).toBe(0)
}

async function rotate(environment: Record<string, string> = {}) {
  const { said, ended } = start(['master-key', 'rotate'], environment)
  return { code: await ended, ...said }
}

interface Grant {
  readonly key: string
  readonly token: string
}

const told = ({ said }: Program, pattern: RegExp): string => pattern.exec(said.out)?.[1] ?? ''

/** A first server, with a channel of the store and its credential. */
async function firstServer(environment: Record<string, string> = {}): Promise<Server & Grant> {
  const server = await serve(environment)
  const key = told(server.program, /new key "first": (\S+)/)
  const token = told(server.program, /root token: (\S+)/)
  const channel = {
    name: 'vendor',
    provider: 'openai',
    base_url: vendor.url,
    dialects: ['openai-chat'],
    models: ['gpt-test'],
  }
  expect((await post(server, token, '/api/channels', { ...channel, secrets: ['sk-vendor-secret-0001'] })).status).toBe(
    201,
  )
  const free = await post(server, token, '/api/prices', { model: 'gpt-test', free: true })
  expect(free.status).toBe(201)
  return { ...server, key, token }
}

const post = ({ url }: Pick<Server, 'url'>, bearer: string, path: string, body: unknown): Promise<Response> =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

/** That the key counts, the credential is opened, and the token counts. */
async function works(server: Server, { key, token }: Grant): Promise<void> {
  const asked = { model: 'gpt-test', messages: [{ role: 'user', content: 'Hello' }] }
  const answer = await post(server, key, '/v1/chat/completions', asked)
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('Hello.')])
  expect(vendor.asked.at(-1)?.headers.authorization).toBe('Bearer sk-vendor-secret-0001')
  const listed = await fetch(`${server.url}/api/keys`, { headers: { authorization: `Bearer ${token}` } })
  expect(listed.status).toBe(200)
}

const masterFile = () => join(place.path, 'data', 'master.key')
const formerFile = () => join(place.path, 'data', 'master.key.old')

describe('causeway master-key rotate', () => {
  it('changes the file of the data directory beside a server that runs, and keys and credentials go on', async () => {
    const first = await firstServer()
    const before = readFileSync(masterFile(), 'utf8')
    expect(await rotate()).toMatchObject({
      code: 0,
      error: '',
      out: expect.stringContaining('sealed anew: 1, left: 0'),
    })
    expect(readFileSync(masterFile(), 'utf8')).not.toBe(before)
    expect(statSync(masterFile()).mode & 0o777).toBe(0o600)
    expect(existsSync(formerFile())).toBe(false)
    await works(first, first)
    const more = { name: 'second', provider: 'openai', base_url: vendor.url, models: ['gpt-second'] }
    expect(
      (await post(first, first.token, '/api/channels', { ...more, secrets: ['sk-vendor-secret-0002'] })).status,
    ).toBe(201)
    await stop(first)
    const second = await serve()
    expect(second.program.said.error).toBe('')
    await works(second, first)
    await stop(second)

    // With the old one in its place nobody would be known.
    writeFileSync(masterFile(), before)
    const third = start(['--port', '0'])
    expect(await third.ended).toBe(1)
    expect(third.said.error).toMatch(/^causeway: the database was made under another master key: .*\n$/)
  })

  it.each([
    ['before the new key was written', (former: string) => writeFileSync(formerFile(), former)],
    [
      'before the store had taken it over',
      (former: string) => {
        writeFileSync(formerFile(), former)
        writeFileSync(masterFile(), 'the key that was written before the end')
      },
    ],
  ])('killed %s: servers start, and the next run finishes it', async (_, leave) => {
    const first = await firstServer()
    await stop(first)
    const former = readFileSync(masterFile(), 'utf8')
    leave(former)
    const second = await serve()
    await works(second, first)
    await stop(second)
    expect(await rotate()).toMatchObject({ code: 0 })
    expect(readFileSync(masterFile(), 'utf8')).not.toBe(former)
    expect(existsSync(formerFile())).toBe(false)
    await works(await serve(), first)
  })

  it('takes both keys from the environment', async () => {
    const [old, fresh] = ['the master key of old times', 'the master key of new times']
    const first = await firstServer({ CAUSEWAY_MASTER_KEY: old })
    await stop(first)
    const both = { CAUSEWAY_MASTER_KEY: fresh, CAUSEWAY_MASTER_KEY_OLD: old }
    const second = await serve(both)
    await works(second, first)
    expect(await rotate(both)).toMatchObject({ code: 0, out: expect.stringContaining('not needed any more') })
    expect(await rotate(both)).toMatchObject({ code: 0, out: expect.stringContaining('sealed anew: 0, left: 0') })
    await works(second, first)
    await stop(second)
    await works(await serve({ CAUSEWAY_MASTER_KEY: fresh }), first)
    expect(existsSync(masterFile())).toBe(false)
  })

  it.each([
    [['master-key'], {}, 2, /Usage: causeway master-key rotate/],
    [['master-key', 'rotate'], { CAUSEWAY_MASTER_KEY: 'a key of the environment' }, 2, /CAUSEWAY_MASTER_KEY_OLD/],
    [['master-key', 'rotate', '--data', ':memory:'], {}, 2, /Nothing is kept in memory/],
    [
      ['master-key', 'rotate'],
      { CAUSEWAY_MASTER_KEY: 'a key of the environment', CAUSEWAY_MASTER_KEY_OLD: 'a key of the environment' },
      1,
      /must be another key/,
    ],
    [['master-key', 'rotate'], { CAUSEWAY_MASTER_KEY_OLD: 'short' }, 1, /at least 16 characters/],
  ])('%j with %j says what is missing', async (words, environment, code, message) => {
    const program = start(words, environment)
    expect([await program.ended, program.said.error]).toEqual([code, expect.stringMatching(message)])
    expect(existsSync(join(place.path, 'data'))).toBe(false)
  })

  it('leaves everything as it is when the file is not the key of the store', async () => {
    await stop(await firstServer())
    renameSync(masterFile(), join(place.path, 'kept'))
    writeFileSync(masterFile(), 'another master key altogether')
    expect(await rotate()).toMatchObject({ code: 1, error: expect.stringContaining('another master key') })
    expect(readFileSync(masterFile(), 'utf8')).toBe('another master key altogether')
    expect(existsSync(formerFile())).toBe(false)
  })
})
