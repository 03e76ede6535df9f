import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { via } from '../../support/gateway.ts'
import { hide, notes, wasRefusedOnce } from '../cases.ts'
import { bringsBack, bringsThoughts, showsPicture, wentWell } from '../checks.ts'
import type { Case, Client } from '../client.ts'
import { installed } from '../install.ts'
import { makePicture } from '../picture.ts'

const program = installed('.bin', 'opencode')
const picture = makePicture([200, 200, 30])

/** The first request is refused too: a start of this tool costs more than all that it does. */
const image: Case = {
  name: 'image, overload',
  order({ dialect, directory }) {
    writeFileSync(join(directory, 'picture.png'), picture)
    const prompt = 'What is this? sandbox:fail=529*1'
    return { model: via(dialect, 'sandbox-vision'), prompt, picture: 'picture.png' }
  },
  expect(result) {
    wasRefusedOnce(result)
    showsPicture(result, picture)
  },
}

/** Two calls at once, then an edit, by a model that wants its thoughts back each time. */
const work: Case = {
  name: 'thinking, parallel, edit',
  order(scene, { says }) {
    const { secret, dialect } = scene
    const command = says.shell(hide(scene, 'one', 'one-'))
    const change = says.edit({ path: notes.write(scene), from: 'old words', to: `new ${secret}` })
    return { model: via(dialect, 'sandbox-thinker'), prompt: `${command} and ${change}` }
  },
  expect(result) {
    const { secret } = result.scene
    wentWell(result)
    notes.check(result.scene)
    bringsBack(result, `one-${secret}`, 'old words', 'success')
    bringsThoughts(result)
  },
}

/** One tool that speaks all four formats, by the provider that it is told to use. */
const through = (name: string, npm: string, path: string): Client => ({
  name: `OpenCode (${name})`,
  version: { launch: { program, words: ['--version'] }, is: '1.18.33' },
  prepare({ url, key, home }, { prompt, model, picture: file }) {
    const folder = join(home, '.config', 'opencode')
    mkdirSync(folder, { recursive: true })
    const capable = { attachment: true, modalities: { input: ['text', 'image'], output: ['text'] } }
    const provider = { npm, options: { baseURL: url + path, apiKey: key }, models: { [model]: capable } }
    const permission = { bash: 'allow', edit: 'allow' }
    writeFileSync(join(folder, 'opencode.json'), JSON.stringify({ provider: { gateway: provider }, permission }))
    return {
      program,
      words: [
        ...['run', '-m', `gateway/${model}`, '--format', 'json', '--pure', '--title', 'test', prompt],
        ...(file === undefined ? [] : ['-f', file]),
      ],
      environment: {
        OPENCODE_DISABLE_AUTOUPDATE: '1',
        OPENCODE_DISABLE_MODELS_FETCH: '1',
        OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
        OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
        OPENCODE_DISABLE_SHARE: '1',
        npm_config_registry: 'http://127.0.0.1:9',
      },
    }
  },
  report({ out, code }) {
    const events = out
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
    const texts = events.filter(({ type }) => type === 'text')
    return {
      answer: texts.at(-1)?.part.text ?? '',
      hasFailed: code !== 0 || events.some(({ type }) => type === 'error'),
    }
  },
  says: {
    shell: (command) => `call bash with ${JSON.stringify({ command, description: 'show a file' })}`,
    edit: ({ path, from, to }) =>
      `call read with ${JSON.stringify({ filePath: path })} then call edit with ${JSON.stringify({
        filePath: path,
        oldString: from,
        newString: to,
      })}`,
  },
  cases: [work, image],
  leaves: ['task', 'parallel', 'thinking', 'edit', 'overload', 'limit'],
})

/** @see https://opencode.ai/docs/providers */
export const opencodes: readonly Client[] = [
  through('anthropic', '@ai-sdk/anthropic', '/v1'),
  through('chat', '@ai-sdk/openai-compatible', '/v1'),
  through('responses', '@ai-sdk/openai', '/v1'),
  through('google', '@ai-sdk/google', '/v1beta'),
]
