import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ToolId } from '../../src/connect/tool.ts'
import { tools } from '../../src/connect/tools/index.ts'
import { type Program, run, temporaryDirectory } from '../support/program.ts'

/** One server for all; every test has a home and a folder of tools of its own. */
const server = temporaryDirectory()
let serving: Program
let url = ''
let home: ReturnType<typeof temporaryDirectory>

beforeAll(async () => {
  serving = run(server.path, ['--port', '0', '--data', join(server.path, 'data')], { CAUSEWAY_LOG: 'silent' })
  const [, address = ''] = await serving.says(/causeway listening on (http:\/\/127\.0\.0\.1:\d+)\n/)
  url = address
})
afterAll(async () => {
  serving.child.kill('SIGTERM')
  await serving.ended
  server.remove()
})
beforeEach(() => {
  home = temporaryDirectory()
})
afterEach(() => home.remove())

const ids = Object.keys(tools) as ToolId[] // the table is keyed by them
const data = (): string => join(server.path, 'data')
const inHome = (name: string): string => join(home.path, name)
const keyOf = (tool: string): string => readFileSync(join(data(), 'connect', `${tool}.key`), 'utf8').trim()
const modeOf = (path: string): number => statSync(path).mode & 0o777

async function cli(words: readonly string[], environment: Record<string, string> = {}) {
  const port = new URL(url).port
  const program = run(home.path, [...words.slice(0, 2), '--port', port, '--data', data(), ...words.slice(2)], {
    HOME: home.path,
    PATH: `${inHome('bin')}:${process.env.PATH ?? ''}`,
    ...environment,
  })
  return { code: await program.ended, ...program.said }
}

function put(name: string, text: string, mode = 0o644): string {
  mkdirSync(dirname(inHome(name)), { recursive: true })
  writeFileSync(inHome(name), text)
  chmodSync(inHome(name), mode)
  return inHome(name)
}

/** A tool that tells what it was started with, as JSON. */
const fake = (tool: string, version: string, then = ''): string =>
  put(
    `bin/${tool}`,
    `#!${process.execPath}
if (process.argv[2] === '--version') console.log(${JSON.stringify(version)})
else { console.log(JSON.stringify({ arguments: process.argv.slice(2), environment: process.env })); ${then} }
`,
    0o755,
  )

/** Every file below the home, with its contents. */
const everything = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(home.path, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(inHome(name)).isFile())
      .map((name) => [name, readFileSync(inHome(name), 'utf8')]),
  )

const models = async (key: string, name = ''): Promise<Response> =>
  fetch(`${url}/v1/models${name}`, { headers: { authorization: `Bearer ${key}` } })

const filesOf: Record<ToolId, readonly string[]> = {
  claude: ['.claude/settings.json'],
  codex: ['.codex/config.toml'],
  gemini: ['.gemini/settings.json', '.gemini/.env'],
  opencode: ['.config/opencode/opencode.json'],
}

describe.each(ids)('connect %s', (tool) => {
  it('shows settings, a key once, and no more of it later', async () => {
    const first = await cli(['connect', tool, '--new-key'])
    expect(first).toMatchObject({ code: 0, error: '' })
    const key = keyOf(tool)
    expect(first.out).toContain(key)
    expect(first.out).toContain(url)
    expect(first.out).toContain('sandbox-1')
    for (const name of filesOf[tool]) expect(first.out).toContain(inHome(name))
    expect((await models(key)).status).toBe(200)
    const second = await cli(['connect', tool])
    expect(second.code).toBe(0)
    expect(second.out).not.toContain(key)
    expect(second.out).toContain(`${key.slice(0, 10)}…`)
    expect(keyOf(tool)).toBe(key)
    expect(modeOf(join(data(), 'connect', `${tool}.key`))).toBe(0o600)
    expect(everything()).toEqual({})
  })

  it('writes, changes nothing the second time, and takes all back', async () => {
    const written = await cli(['connect', tool, '--write'])
    expect(written).toMatchObject({ code: 0, error: '' })
    const key = keyOf(tool)
    expect(written.out).not.toContain(key)
    expect(written.out).toMatch(/^\+\+\+ /m)
    const after = everything()
    expect(Object.keys(after).sort()).toEqual([...filesOf[tool]].sort())
    for (const [name, text] of Object.entries(after)) if (text.includes(key)) expect(modeOf(inHome(name))).toBe(0o600)
    expect(Object.values(after).join('\n')).toContain(key)
    expect((await cli(['connect', tool, '--write'])).out).toContain('nothing changed')
    expect(everything()).toEqual(after)
    expect(await cli(['connect', tool, '--undo'])).toMatchObject({ code: 0, error: '' })
    expect(everything()).toEqual({})
    expect(await cli(['connect', tool, '--undo'])).toMatchObject({ code: 1 })
  })

  it('refuses a broken file before anything is made', async () => {
    const [name = ''] = filesOf[tool]
    const path = put(name, '{\n= broken')
    const before = everything()
    const refused = await cli(['connect', tool, '--write'])
    expect(refused.code).toBe(1)
    expect(refused.error).toMatch(new RegExp(`^${path}:[12]: .*Nothing was changed`))
    expect(everything()).toEqual(before)
  })

  it('is run with its settings, its arguments and its exit code, and no file is touched', async () => {
    fake(tool, '9.9.9', 'process.exit(7)')
    put('.claude/settings.json', '{"env":{"ANTHROPIC_BASE_URL":"http://mine"}}')
    put('.gemini/settings.json', '{"security":{"auth":{"selectedType":"oauth-personal"}},"mine":1}')
    const before = everything()
    const ran = await cli(['run', tool, '--', '-p', 'say "hi"'])
    expect(ran.code).toBe(7)
    const started = JSON.parse(ran.out)
    expect(started.arguments.slice(-2)).toEqual(['-p', 'say "hi"'])
    expect(started.arguments.join(' ')).not.toContain(keyOf(tool))
    expect(JSON.stringify(started.environment)).toContain(keyOf(tool))
    expect(JSON.stringify(started)).toContain(url)
    expect(everything()).toEqual(before)
  })

  it('says how to install what is not there', async () => {
    const ran = await cli(['run', tool, '--', 'x'], { PATH: inHome('bin') })
    expect(ran).toMatchObject({ code: 127, out: '' })
    expect(ran.error).toContain(`npm install -g ${tools[tool].package}`)
  })
})

describe('run', () => {
  it.each(['SIGTERM', 'SIGHUP'] as const)('passes %s on, and tells what ended the tool', async (signal) => {
    put('bin/codex', '#!/bin/sh\necho started\nexec sleep 30\n', 0o755)
    const program = run(home.path, ['run', 'codex', '--port', new URL(url).port, '--data', data()], {
      HOME: home.path,
      PATH: `${inHome('bin')}:${process.env.PATH ?? ''}`,
    })
    await program.says(/started/)
    program.child.kill(signal)
    expect(await program.ended).toBe(signal === 'SIGTERM' ? 143 : 129)
  })

  it("keeps the user's own login from the server", async () => {
    const secrets = { ANTHROPIC_API_KEY: 'sk-ant-mine', CLAUDE_CODE_OAUTH_TOKEN: 'mine', CLAUDE_CODE_USE_BEDROCK: '1' }
    fake('claude', '2.1.328')
    const { environment, arguments: given } = JSON.parse((await cli(['run', 'claude'], secrets)).out)
    expect(environment).toMatchObject({ ANTHROPIC_API_KEY: '', ANTHROPIC_AUTH_TOKEN: keyOf('claude') })
    expect(environment).not.toHaveProperty('CLAUDE_CODE_OAUTH_TOKEN')
    expect(environment).not.toHaveProperty('CLAUDE_CODE_USE_BEDROCK')
    const settings = JSON.parse(readFileSync(given[1], 'utf8'))
    expect(settings).toMatchObject({ apiKeyHelper: '', env: { ANTHROPIC_BASE_URL: url } })
    expect(modeOf(given[1])).toBe(0o600)
  })

  it("gives Gemini CLI a home of its own, with the user's settings and no login", async () => {
    fake('gemini', '0.61.0')
    put('.gemini/settings.json', '{"mine": 1, "security": {"auth": {"selectedType": "oauth-personal"}}}')
    put('.gemini/oauth_creds.json', '{}')
    put('.gemini/GEMINI.md', 'remember')
    const { environment } = JSON.parse((await cli(['run', 'gemini'], { GOOGLE_API_KEY: 'mine' })).out)
    const folder = join(environment.GEMINI_CLI_HOME, '.gemini')
    expect(JSON.parse(readFileSync(join(folder, 'settings.json'), 'utf8'))).toMatchObject({
      mine: 1,
      security: { auth: { selectedType: 'gemini-api-key' } },
    })
    expect(readFileSync(join(folder, 'GEMINI.md'), 'utf8')).toBe('remember')
    expect(existsSync(join(folder, 'oauth_creds.json'))).toBe(false)
    expect(environment.GOOGLE_API_KEY).toBe('')
  })
})

describe('models', () => {
  it('maps the names that a tool has wired in', async () => {
    const said = await cli(['connect', 'gemini', '--model', 'sandbox-thinker', '--small-model', 'sandbox-echo'])
    expect(said).toMatchObject({ code: 0, error: '' })
    const ask = async (model: string): Promise<string> => {
      const answer = await fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${keyOf('gemini')}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }),
      })
      return `${answer.status} ${JSON.stringify(await answer.json())}`
    }
    expect(await ask('gemini-3.8-flash')).toMatch(/^200 /)
    expect(await ask('gemini-3.5-flash-lite')).toMatch(/^200 /)
    expect(await ask('claude-opus-5-5')).toMatch(/^404 /)
  })

  it('tells the nearest names of one that is not there', async () => {
    const refused = await cli(['connect', 'claude', '--model', 'sandbox-l'])
    expect(refused).toMatchObject({ code: 1, out: '' })
    expect(refused.error).toContain('The server has no model "sandbox-l". Did you mean sandbox-1')
  })

  it('keeps nothing here for a key that was given', async () => {
    await cli(['connect', 'claude'])
    const own = run(home.path, ['connect', 'codex', '--url', `${url}/v1/`, '--key', keyOf('claude')], {
      HOME: home.path,
    })
    expect(await own.ended).toBe(0)
    expect(own.said.out).toContain('nothing is kept here')
    expect(own.said.out).toContain(`base_url = "${url}/v1"`)
    expect(own.said.out).not.toContain(keyOf('claude'))
    expect(existsSync(inHome('data'))).toBe(false)
  })
})

describe('keys', () => {
  it('are renewed when asked, and the old one ends', async () => {
    await cli(['connect', 'opencode'])
    const old = keyOf('opencode')
    const renewed = await cli(['connect', 'opencode', '--new-key'])
    expect(renewed.out).toContain(keyOf('opencode'))
    expect(keyOf('opencode')).not.toBe(old)
    expect((await models(old)).status).toBe(401)
  })
})

describe('servers', () => {
  const alone = async (words: readonly string[]) => {
    const program = run(home.path, words, { HOME: home.path })
    return { code: await program.ended, ...program.said }
  }

  it('none: says how to start one', async () => {
    const closed = createServer()
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
    // Listening on a port of the loopback.
    const { port } = closed.address() as AddressInfo
    await new Promise((resolve) => closed.close(resolve))
    const said = await alone(['connect', 'claude', '--port', `${port}`, '--data', 'my data'])
    expect(said.code).toBe(1)
    expect(said.error).toBe(
      `No Causeway answers at http://127.0.0.1:${port}. Start it with: npm start -- --port ${port} --data 'my data'\n`,
    )
    expect(existsSync(inHome('my data'))).toBe(false)
  })

  it('another: says so', async () => {
    const other = createServer((_, response) => response.end('hello'))
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    // Listening on a port of the loopback.
    const { port } = other.address() as AddressInfo
    const said = await alone(['connect', 'claude', '--port', `${port}`])
    other.close()
    other.closeAllConnections()
    expect(said).toMatchObject({ code: 1, out: '' })
    expect(said.error).toContain('is not Causeway')
  })

  it('one with other data: says so', async () => {
    const said = await alone(['connect', 'claude', '--port', new URL(url).port, '--data', 'other'])
    expect(said).toMatchObject({ code: 1, out: '' })
    expect(said.error).toContain('it uses other data')
  })
})

describe('tools', () => {
  it.each([
    ['2.0.1', /Claude Code 2\.0\.1 is older than 2\.1\.197.*npm install -g @anthropic-ai\/claude-code/],
    ['99.0.0 (Claude Code)', /Claude Code 99\.0\.0 is newer than/],
    ['what?', /does not tell its version/],
  ])('of version %s', async (version, expected) => {
    fake('claude', version)
    expect((await cli(['connect', 'claude'])).out).toMatch(expected)
  })

  it.each([[['connect']], [['connect', 'emacs']], [['run', 'emacs']], [['connect', 'claude', '--write', '--undo']]])(
    '%j is told how to ask',
    async (words) => {
      const said = await cli(words)
      expect(said).toMatchObject({ code: 2, out: '' })
      expect(said.error).toContain('Usage: causeway')
    },
  )
})
