import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Program, run, temporaryDirectory } from '../support/program.ts'

let place: ReturnType<typeof temporaryDirectory>
const running: Program[] = []

beforeEach(() => {
  place = temporaryDirectory()
})
afterEach(async () => {
  for (const { child } of running) if (child.exitCode === null) child.kill('SIGKILL')
  await Promise.all(running.splice(0).map(({ ended }) => ended))
  place.remove()
})

function start(words: readonly string[] = [], environment: Record<string, string> = {}): Program {
  const program = run(place.path, words, environment)
  running.push(program)
  return program
}

/** Serves on a free port; gives the address when it is ready. */
async function serve(words: readonly string[] = [], environment: Record<string, string> = {}) {
  const program = start(['--port', '0', ...words], environment)
  const [, url = ''] = await program.says(/causeway listening on (http:\/\/127\.0\.0\.1:\d+)\n/)
  return { program, url }
}

const firstKey = ({ said }: Program): string => /new key "first": (\S+)/.exec(said.out)?.[1] ?? ''

function chat(url: string, key: string, more: Record<string, unknown> = {}, prompt = 'Hello'): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sandbox-1', messages: [{ role: 'user', content: prompt }], ...more }),
  })
}

const configure = (text: string): string => {
  const path = join(place.path, 'causeway.yaml')
  writeFileSync(path, text)
  return path
}

/** Asks again until the answer is as wanted; a server has a second to follow what happened elsewhere. */
async function soon(ask: () => Promise<Response>, status: number): Promise<void> {
  const until = performance.now() + 1_000
  let last = 0
  do {
    const answer = await ask()
    await answer.text()
    last = answer.status
  } while (last !== status && performance.now() < until)
  expect(last).toBe(status)
}

describe('the first start', () => {
  it('is ready within three seconds, prints a key and a curl that works, and keeps the key secret', async () => {
    const startedAt = performance.now()
    const { program, url } = await serve()
    expect(performance.now() - startedAt).toBeLessThan(3_000)
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    const key = firstKey(program)
    expect(key).toMatch(/^sk-cw-\w{38}$/)
    const curl = /curl (\S+) -H '(Authorization: Bearer \S+)'.*\\\n\s+-d '(.*)'/.exec(program.said.out)
    const [, address = '', authorization = '', body = ''] = curl ?? []
    expect(authorization).toContain(key)
    const answer = await fetch(address, { method: 'POST', body, headers: { authorization: authorization.slice(15) } })
    expect([answer.status, await answer.json()]).toMatchObject([200, { object: 'chat.completion' }])

    const data = join(place.path, 'data')
    expect(statSync(join(data, 'master.key')).mode & 0o777).toBe(0o600)
    expect(statSync(data).mode & 0o077).toBe(0)
    for (const file of readdirSync(data)) expect(readFileSync(join(data, file)).includes(key)).toBe(false)
  })

  it('is the only one that prints a key, which goes on working', async () => {
    const first = await serve()
    const key = firstKey(first.program)
    first.program.child.kill('SIGTERM')
    expect(await first.program.ended).toBe(0)
    const second = await serve()
    expect(second.program.said.out).not.toMatch(/sk-cw|curl/)
    expect((await chat(second.url, key)).status).toBe(200)
  })

  it('tells its key even when it cannot listen', async () => {
    const { address, close } = await occupied()
    const program = start(['--port', address])
    expect(await program.ended).toBe(1)
    expect(program.said.error).toMatch(/cannot listen on 127\.0\.0\.1:\d+/)
    expect(program.said.error).not.toMatch(/\n\s+at /)
    close()
    const { url } = await serve()
    expect((await chat(url, firstKey(program))).status).toBe(200)
  })
})

/** A port that somebody else listens on. */
async function occupied(): Promise<{ address: string; close(): void }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return { address: String(port), close: () => void server.close() }
}

describe('two at once', () => {
  it('make one database and one master key, and both their keys work', async () => {
    const makers = [start(['keys', 'create', '--name', 'a']), start(['keys', 'create', '--name', 'b'])]
    for (const { ended, said } of makers) expect([await ended, said.error]).toEqual([0, ''])
    const { program, url } = await serve()
    expect(firstKey(program)).toBe('')
    for (const { said } of makers) expect((await chat(url, said.out.trim())).status).toBe(200)
  })
})

describe('a running server', () => {
  it('knows a key that another process made, within a second', async () => {
    const { url } = await serve()
    const made = start(['keys', 'create', '--name', 'second', '--models', 'sandbox-1, other-*'])
    expect(await made.ended).toBe(0)
    const key = made.said.out.trim()
    expect(key).toMatch(/^sk-cw-\w{38}$/)
    await soon(() => chat(url, key), 200)
    expect((await chat(url, key, { model: 'sandbox-echo' })).status).toBe(403)
  })

  it('lets a running stream finish after SIGTERM, takes no new connection, and exits with 0', async () => {
    const { program, url } = await serve()
    const key = firstKey(program)
    const idle = await chat(url, key)
    await idle.text()
    const answer = await chat(url, key, { stream: true }, 'sandbox: words=30 delay=20ms')
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = (await reader?.read())?.value ?? ''
    program.child.kill('SIGTERM')
    const refused = async (): Promise<boolean> =>
      chat(url, key).then(
        (late) => late.status === 503,
        () => true,
      )
    while (!(await refused())) expect(text).not.toContain('[DONE]')
    for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) text += piece.value
    expect(text).toMatch(/data: \[DONE\]\n\n$/)
    const endedAt = performance.now()
    expect(await program.ended).toBe(0)
    expect(performance.now() - endedAt).toBeLessThan(2_000)
    expect(program.said.error).not.toMatch(/\n\s+at /)
  })

  it('cuts what does not end in time', async () => {
    configure('limits: { drain_timeout_ms: 200 }')
    const { program, url } = await serve()
    const answer = await chat(url, firstKey(program), { stream: true }, 'sandbox: words=500 delay=20ms')
    const text = answer.text().catch(() => 'cut')
    program.child.kill('SIGTERM')
    expect(await program.ended).toBe(0)
    expect(await text).not.toContain('"finish_reason":"stop"')
  })

  it('takes over a new configuration on SIGHUP, and refuses an invalid one whole', async () => {
    configure('sandbox: true\nkeys: [{ name: dev, key: sk-first-12345678 }]')
    const { program, url } = await serve()
    const reload = async (text: string, saying: RegExp) => {
      configure(text)
      const said = program.says(saying)
      program.child.kill('SIGHUP')
      await said
    }
    const keys = 'keys: [{ name: dev, key: sk-first-12345678 }, { name: more, key: sk-second-12345678 }]'
    const channel = 'channels: [{ name: own, provider: sandbox, base_url: http://127.0.0.1:9, models: [mine] }]'
    expect((await chat(url, 'sk-first-12345678', { model: 'mine' })).status).toBe(404)
    await reload(`sandbox: true\n${channel}\n${keys}`, /was read again/)
    expect((await chat(url, 'sk-second-12345678', { model: 'mine' })).status).toBe(502)
    await reload(`sandbox: true\n${channel}\nkyes: []`, /causeway\.yaml:3: unknown key/)
    expect((await chat(url, 'sk-second-12345678', { model: 'mine' })).status).toBe(502)
    expect((await chat(url, 'sk-second-12345678')).status).toBe(200)
  })

  it('follows its file: keys change their models, go, come back, and those without a value are printed once', async () => {
    configure('sandbox: true\nkeys: [{ name: dev, key: sk-first-12345678 }]')
    const { program, url } = await serve()
    const reload = async (text: string) => {
      const before = program.said.out.split('was read again').length
      configure(`sandbox: true\n${text}`)
      program.child.kill('SIGHUP')
      await program.says(new RegExp(`(?:[\\s\\S]*was read again){${before}}`))
    }
    await reload('keys: [{ name: dev, key: sk-first-12345678, models: [sandbox-echo] }]')
    expect((await chat(url, 'sk-first-12345678')).status).toBe(403)
    await reload('keys: [{ name: other }]')
    const made = /new key "other": (\S+)/.exec(program.said.out)?.[1] ?? ''
    expect((await chat(url, made)).status).toBe(200)
    expect((await chat(url, 'sk-first-12345678')).status).toBe(401)
    await reload('keys: [{ name: dev, key: sk-first-12345678 }, { name: other }]')
    expect((await chat(url, 'sk-first-12345678')).status).toBe(200)
    expect((await chat(url, made)).status).toBe(200)
    expect(program.said.out.match(/new key/g)).toHaveLength(1)
  })
})

describe('what cannot be', () => {
  it.each<[string, string[], Record<string, string>, number, RegExp]>([
    ['an unknown command', ['dance'], {}, 2, /no command "dance"[\s\S]*causeway keys create/],
    ['an unknown flag', ['--prot', '80'], {}, 2, /--prot[\s\S]*causeway keys create/],
    ['a file that is not there', ['check', '--config', 'nowhere.yaml'], {}, 1, /nowhere\.yaml cannot be read/],
    ['data in a file', ['--data', '/dev/null/x'], {}, 1, /\/dev\/null\/x/],
  ])('%s ends with a message and no stack', async (_, words, environment, code, message) => {
    const program = start(words, environment)
    expect(await program.ended).toBe(code)
    expect(program.said.error).toMatch(message)
    expect(program.said.error).not.toMatch(/\n\s+at /)
  })

  it('a file with two mistakes tells both, with their lines, and changes nothing', async () => {
    const path = configure('sandbox: true\nchannels:\n  - name: a\n    provider: openay\n    modles: [x]\n')
    for (const words of [['check', '--config', path], []]) {
      const program = start(words)
      expect(await program.ended).toBe(1)
      expect(program.said.error).toMatch(/causeway\.yaml:4: channels\.0\.provider: no provider is called "openay"/)
      expect(program.said.error).toMatch(/causeway\.yaml:5: channels\.0: unknown key "modles"/)
    }
    expect(existsSync(join(place.path, 'data'))).toBe(false)
  })

  it('a database that is none is left as it is', async () => {
    const data = join(place.path, 'causeway.db')
    writeFileSync(data, 'this is a letter to my grandmother, not a database\n'.repeat(40))
    const program = start(['--data', place.path, '--port', '0'])
    expect(await program.ended).toBe(1)
    expect(program.said.error).not.toMatch(/\n\s+at /)
    expect(program.said.error).toMatch(
      /causeway\.db is damaged, or is none of this program: put a copy from before in its place/,
    )
    expect(readFileSync(data, 'utf8')).toMatch(/^this is a letter/)
  })
})

describe('the small commands', () => {
  it('check shows what would be served, and no secret', async () => {
    configure(`
channels:
  - { name: a, provider: openai, keys: [env:MY_KEY], models: [{ name: fast, upstream: gpt-x }, gpt-*] }
keys: [{ name: dev, key: sk-first-12345678 }]`)
    const program = start(['check'], { MY_KEY: 'sk-secret-secret' })
    expect(await program.ended).toBe(0)
    expect(program.said.out).toMatch(/channel a \(openai, 1 key\): fast → gpt-x, gpt-\*/)
    expect(program.said.out).toMatch(/key dev: \*/)
    expect(program.said.out).not.toMatch(/sk-(first|secret)/)
  })

  it('tokens create makes a token that manages, beside a server that runs', async () => {
    const server = start(['--data', place.path, '--port', '0'])
    const [, url] = await server.says(/causeway listening on (http:\/\/127\.0\.0\.1:\d+)\n/)
    const maker = start(['tokens', 'create', '--name', 'second', '--role', 'reader', '--data', place.path])
    expect(await maker.ended).toBe(0)
    const token = maker.said.out.trim()
    expect(token).toMatch(/^cwr-\w+$/)
    const ask = (method: string): Promise<Response> =>
      fetch(`${url}/api/accounts`, { method, headers: { authorization: `Bearer ${token}` } })
    expect([(await ask('GET')).status, (await ask('POST')).status]).toEqual([200, 403])
    const wrong = start(['tokens', 'create', '--name', 'x', '--role', 'god', '--data', place.path])
    expect([await wrong.ended, wrong.said.error]).toEqual([2, expect.stringContaining('root')])
  })

  it('check says where everything is kept, without the password', async () => {
    const program = start(['check'], {
      CAUSEWAY_DATABASE_URL: 'postgres://me:hunter2@db.example:5433/gateway?sslmode=no',
    })
    expect(await program.ended).toBe(0)
    expect(program.said.out).toContain('keeps everything in postgres://me@db.example:5433/gateway\n')
    expect(program.said.out + program.said.error).not.toContain('hunter2')
  })

  it.each<[string[], RegExp]>([
    [['version'], /^\d+\.\d+\.\d+/],
    [['providers'], /anthropic[\s\S]*openai/],
  ])('%j says what it is asked', async (words, expected) => {
    const program = start(words)
    expect(await program.ended).toBe(0)
    expect(program.said.out).toMatch(expected)
  })
})
