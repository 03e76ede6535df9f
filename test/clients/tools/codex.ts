import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { via } from '../../support/gateway.ts'
import { hide, notes } from '../cases.ts'
import { answersWith, bringsBack, showsPicture, wentWell } from '../checks.ts'
import type { Case, Client, Scene } from '../client.ts'
import { directory as here, installed } from '../install.ts'
import { makePicture } from '../picture.ts'

const program = process.execPath
const script = installed('@openai', 'codex', 'bin', 'codex.js')
const picture = makePicture([30, 200, 30])

const image: Case = {
  name: 'image',
  order({ dialect, directory }) {
    writeFileSync(join(directory, 'picture.png'), picture)
    return { model: via(dialect, 'sandbox-vision'), prompt: 'What is this?', picture: 'picture.png' }
  },
  expect(result) {
    wentWell(result)
    showsPicture(result, picture)
  },
}

/** The tool looks at a picture, which comes back inside a tool result. */
const viewed: Case = {
  name: 'image result',
  order({ dialect, directory }) {
    const path = join(directory, 'picture.png')
    writeFileSync(path, picture)
    return { model: via(dialect, 'sandbox-vision'), prompt: `call view_image with ${JSON.stringify({ path })}` }
  },
  expect: image.expect,
}

/** By these names the tool changes its protocol: a model of any upstream gets them through an alias. */
const named = (name: string, model = 'sandbox-1') => ({
  aliases: (dialect: Scene['dialect']) => ({ [name]: via(dialect, model) }),
})

/** A patch is free text, which formats without such tools carry as a function. */
const edit: Case = {
  name: 'edit',
  ...named('gpt-5.5'),
  order(scene, { says }) {
    const change = { path: notes.write(scene), from: 'old words', to: `new ${scene.secret}` }
    return { model: 'gpt-5.5', prompt: says.edit(change) }
  },
  expect(result) {
    wentWell(result)
    notes.check(result.scene)
  },
}

/** `gpt-6` gets no tools but one that runs JavaScript, declared in an item. */
const script6: Case = {
  name: 'gpt-6',
  ...named('gpt-6'),
  order: (scene) => ({
    model: 'gpt-6',
    prompt: `call exec with const r = await tools.exec_command({cmd:"${hide(scene)}"}); text(r.output)`,
  }),
  expect(result) {
    wentWell(result)
    bringsBack(result, result.scene.secret)
    answersWith(result, result.scene.secret)
  },
}

/** A tool of a server of its own, whose name no format but its own allows; found by a search where the tool offers one. */
const server: Case = {
  name: 'mcp',
  order: (scene) => ({
    model: via(scene.dialect),
    prompt: 'call add-two.v1 with {"number": 40}',
    settings: { mcp: true },
  }),
  expect(result) {
    wentWell(result)
    bringsBack(result, 'sum=42')
    answersWith(result, 'sum=42')
  },
}

const search: Case = {
  name: 'tool search',
  ...named('gpt-5.5'),
  order: () => ({
    model: 'gpt-5.5',
    prompt: 'call tool_search with {"query":"add two", "limit": 5} then call add-two.v1 with {"number": 40}',
    settings: { mcp: true },
  }),
  expect(result) {
    wentWell(result)
    answersWith(result, 'sum=42')
  },
}

/** The same loop over a WebSocket, where only what is new is sent. */
const socket: Case = {
  name: 'websocket',
  order: (scene, { says }) => ({
    model: via(scene.dialect),
    prompt: says.shell(hide(scene)),
    settings: { websocket: true },
  }),
  expect(result) {
    const { answered, scene } = result
    wentWell(result)
    answersWith(result, scene.secret)
    bringsBack(result, scene.secret)
    assert.equal(answered.filter(({ method }) => method === 'POST').length, 0, 'asked without the socket')
  },
}

/** @see https://developers.openai.com/codex/config */
export const codex: Client = {
  name: 'Codex',
  version: { launch: { program, words: [script, '--version'] }, is: '0.169.0' },
  prepare(scene, { prompt, model, picture: file, settings = {} }) {
    mkdirSync(join(scene.home, '.codex'))
    writeFileSync(join(scene.home, '.codex', 'config.toml'), configuration(scene, model, settings))
    return {
      program,
      words: [
        ...[script, 'exec', '--skip-git-repo-check', '--json', '--disable', 'plugins', '--disable', 'apps', prompt],
        ...(file === undefined ? [] : ['-i', file]),
      ],
      environment: { GATEWAY_KEY: scene.key },
    }
  },
  report({ out, code }) {
    const events = out
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
    const messages = events.filter(({ type, item }) => type === 'item.completed' && item.type === 'agent_message')
    return {
      answer: messages.at(-1)?.item.text ?? '',
      hasFailed: code !== 0 || events.some(({ type }) => type === 'turn.failed'),
    }
  },
  says: {
    shell: (command) => `call exec_command with ${JSON.stringify({ cmd: command })}`,
    edit: ({ from, to }) =>
      `call apply_patch with *** Begin Patch\n*** Update File: notes.txt\n@@\n first\n-${from}\n+${to}\n last\n*** End Patch`,
  },
  cases: [image, viewed, edit, script6, server, search, socket],
}

const configuration = (
  { url }: Scene,
  model: string,
  { mcp, websocket }: Readonly<Record<string, unknown>>,
): string => `
model = ${JSON.stringify(model)}
model_provider = "gateway"
approval_policy = "never"
sandbox_mode = "danger-full-access"
check_for_update_on_startup = false
[analytics]
enabled = false
[feedback]
enabled = false
[model_providers.gateway]
name = "gateway"
base_url = "${url}/v1"
wire_api = "responses"
env_key = "GATEWAY_KEY"
request_max_retries = 2
stream_max_retries = 1
supports_websockets = ${websocket === true}
${mcp === true ? serverTable : ''}`

const serverTable = `[mcp_servers.fx]
command = ${JSON.stringify(process.execPath)}
args = [${JSON.stringify(join(here, 'mcp.ts'))}]
`
