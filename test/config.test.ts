import { describe, expect, it } from 'vitest'
import { type Config, checkConfig, type Problem } from '../src/config.ts'

const check = (file: string, environment: Record<string, string> = {}, flags = {}) =>
  checkConfig({ file, environment, flags })

function configOf(file: string, environment: Record<string, string> = {}, flags = {}): Config {
  const checked = check(file, environment, flags)
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems))
  return checked.config
}

/** As a command tells them. */
function problemsOf(file: string, environment: Record<string, string> = {}, flags = {}): string[] {
  const checked = check(file, environment, flags)
  const told = ({ line, message }: Problem): string => (line === undefined ? message : `${line}: ${message}`)
  return checked.ok ? [] : checked.problems.map(told)
}

describe('what is wrong is told with its line', () => {
  it.each<[string, string, string[]]>([
    ['an unknown key', 'sandbox: true\nchanels: []', ['2: unknown key "chanels"']],
    [
      'two unknown keys, one deep',
      'channels:\n  - name: a\n    provider: openai\n    modles: []\nkyes: []',
      ['4: channels.0: unknown key "modles"', '5: unknown key "kyes"'],
    ],
    [
      'a provider that is none',
      'channels:\n  - { name: a, provider: openay }',
      ['2: channels.0.provider: no provider is called "openay"; see `causeway providers`'],
    ],
    [
      'a dialect that is none',
      'channels:\n  - name: a\n    provider: openai\n    dialects: [openai-chat, klingon]',
      [expect.stringMatching(/^4: channels\.0\.dialects\.1: /)],
    ],
    [
      'an address that is none',
      'channels:\n  - name: a\n    provider: openai\n    base_url: ftp://x',
      [expect.stringMatching(/^4: channels\.0\.base_url: /)],
    ],
    ['a name that is missing', 'channels:\n  - provider: openai', [expect.stringMatching(/^2: channels\.0\.name: /)]],
    [
      'no models at all',
      'channels:\n  - { name: a, provider: openai, models: [] }',
      [expect.stringMatching(/^2: channels\.0\.models: /)],
    ],
    [
      'a weight of nothing',
      'channels:\n  - { name: a, provider: openai, weight: 0 }',
      [expect.stringMatching(/^2: channels\.0\.weight: /)],
    ],
    ['a key that is too short', 'keys:\n  - { name: a, key: short }', [expect.stringMatching(/^2: keys\.0\.key: /)]],
    ['a limit that is no number', 'limits:\n  body_bytes: big', [expect.stringMatching(/^2: limits\.body_bytes: /)]],
    ['a limit beyond reason', 'limits: { attempts: 99 }', [expect.stringMatching(/^1: limits\.attempts: /)]],
    [
      'two channels of one name',
      'channels:\n  - { name: a, provider: openai }\n  - { name: a, provider: gemini }',
      ['3: two channels are called "a"'],
    ],
    ['two keys of one name', 'keys:\n  - name: a\n  - name: a', ['3: two keys are called "a"']],
    [
      'one key under two names',
      'keys:\n  - { name: a, key: sk-12345678 }\n  - { name: b, key: sk-12345678 }',
      ['3: key "b" is the same as another'],
    ],
    [
      'a channel without an address',
      'channels:\n  - { name: a, provider: sandbox }',
      ['2: channel "a" needs a base_url'],
    ],
    [
      'a variable that is not set, twice',
      'channels:\n  - name: a\n    provider: openai\n    keys:\n      - env:NOT_SET\nkeys: [{ name: k, key: env:NOR_THIS }]',
      ['5: the environment has no NOT_SET', '6: the environment has no NOR_THIS'],
    ],
    ['a list for a file', '- a\n- b', [expect.stringMatching(/expected object/i)]],
    ['a word for a file', 'hello', [expect.stringMatching(/expected object/i)]],
    ['YAML that is none', 'channels:\n  - name: "a\n', [expect.stringMatching(/^\d: /)]],
    ['a key given twice', 'sandbox: true\nsandbox: false', [expect.stringMatching(/^2: .*unique/i)]],
    ['an alias that leads nowhere', 'sandbox: *nothing', [expect.stringMatching(/nothing/)]],
    [
      'aliases without end',
      `a: &a [x, x, x, x, x, x, x, x, x]\n${'bcdefghij'
        .split('')
        .map((name, at) => `${name}: &${name} [${`*${'abcdefghij'[at]}, `.repeat(9)}x]`)
        .join('\n')}`,
      [expect.stringMatching(/alias/i)],
    ],
  ])('%s', (_, file, expected) => {
    expect(problemsOf(file)).toEqual(expected)
  })

  it.each<[string, Record<string, string>, object, string]>([
    ['a port that is a word', {}, { port: 'eighty' }, 'the port must be a whole number from 0 to 65535'],
    ['a port that is too large', { CAUSEWAY_PORT: '65536' }, {}, 'the port must be a whole number from 0 to 65535'],
    ['a port in another notation', { CAUSEWAY_PORT: '1e3' }, {}, 'the port must be a whole number from 0 to 65535'],
    ['a negative port', {}, { port: '-1' }, 'the port must be a whole number from 0 to 65535'],
    ['a short master key', { CAUSEWAY_MASTER_KEY: 'x' }, {}, 'CAUSEWAY_MASTER_KEY must have at least 16 characters'],
    [
      'another database',
      { CAUSEWAY_DATABASE_URL: 'mysql://me:secret@host/x' },
      {},
      'CAUSEWAY_DATABASE_URL must be like postgres://user:password@host:5432/database',
    ],
  ])('%s, of the environment, without a line', (_, environment, flags, problem) => {
    expect(problemsOf('', environment, flags)).toEqual([problem])
  })

  it('never holds a secret', () => {
    const told = problemsOf('keys: [{ name: a, key: sk-12345678 }, { name: b, key: sk-12345678 }]')
    expect(told.join()).not.toContain('sk-')
  })
})

describe('what is said is taken', () => {
  it('an empty file serves the sandbox on the loopback', () => {
    for (const file of ['', '# nothing\n', '---\n', '{}'])
      expect(configOf(file)).toMatchObject({
        host: '127.0.0.1',
        port: 3000,
        dataDirectory: './data',
        sandbox: true,
        channels: [],
        keys: [],
        limits: { body_bytes: 33_554_432, attempts: 3 },
      })
  })

  it('a channel, whole', () => {
    const file = `
channels:
  - name: claude
    provider: anthropic
    base_url: https://example.com/prefix/
    keys: [env:ONE, literal-two]
    dialects: [anthropic-messages]
    models: [claude-*, { name: fast, upstream: claude-haiku-4-5 }]
    priority: -2
    weight: 0.5`
    const config = configOf(file, { ONE: '  one\n' })
    expect(config.channels).toEqual([
      {
        name: 'claude',
        provider: 'anthropic',
        baseUrl: 'https://example.com/prefix',
        secrets: ['one', 'literal-two'],
        formats: ['anthropic-messages'],
        models: [{ name: 'claude-*' }, { name: 'fast', upstream: 'claude-haiku-4-5' }],
        priority: -2,
        weight: 0.5,
      },
    ])
    expect(config.sandbox).toBe(false)
  })

  it('the usual variables make channels where the file names none', () => {
    const environment = { OPENAI_API_KEY: ' sk-o ', ANTHROPIC_API_KEY: 'sk-a', GEMINI_API_KEY: '' }
    const names = (file: string) => configOf(file, environment).channels.map(({ name, secrets }) => [name, secrets])
    expect(names('')).toEqual(
      expect.arrayContaining([
        ['anthropic', ['sk-a']],
        ['openai', ['sk-o']],
      ]),
    )
    expect(names('')).toHaveLength(2)
    expect(names('channels: [{ name: mine, provider: openai, keys: [x] }]')).toEqual([['mine', ['x']]])
  })

  it.each<[string, Record<string, string>, object, Partial<Config>]>([
    ['flags before the environment', { CAUSEWAY_PORT: '1', CAUSEWAY_HOST: 'h' }, { port: '2' }, { port: 2, host: 'h' }],
    [
      'empty values not at all',
      { CAUSEWAY_PORT: '', CAUSEWAY_HOST: '', CAUSEWAY_DATA: '', CAUSEWAY_MASTER_KEY: '' },
      { port: '', host: '', data: '' },
      { port: 3000, host: '127.0.0.1', dataDirectory: './data' },
    ],
    ['port 0 as any free port', {}, { port: '0' }, { port: 0 }],
    ['where the data goes', { CAUSEWAY_DATA: '/a' }, { data: '/b' }, { dataDirectory: '/b' }],
    ['a master key', { CAUSEWAY_MASTER_KEY: '0123456789abcdef' }, {}, { masterKey: '0123456789abcdef' }],
  ])('%s', (_, environment, flags, expected) => {
    const config = configOf('', environment, flags)
    expect(config).toMatchObject(expected)
    if (!expected.masterKey) expect(config).not.toHaveProperty('masterKey')
  })

  it('a key without a value is to be made', () => {
    expect(configOf('keys: [{ name: a }, { name: b, key: sk-12345678, models: [gpt-*] }]').keys).toEqual([
      { name: 'a', models: ['*'], aliases: [], scope: {} },
      { name: 'b', models: ['gpt-*'], aliases: [], scope: {}, key: 'sk-12345678' },
    ])
  })

  it('and cannot be changed afterwards', () => {
    expect(Object.isFrozen(configOf(''))).toBe(true)
  })
})
