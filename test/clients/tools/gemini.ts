import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { via } from '../../support/gateway.ts'
import { hide } from '../cases.ts'
import { answersWith, bringsBack, showsPicture, wentWell } from '../checks.ts'
import type { Case, Client } from '../client.ts'
import { directory as here, installed } from '../install.ts'
import { makePicture } from '../picture.ts'

const program = process.execPath
const script = installed('@google', 'gemini-cli', 'bundle', 'gemini.js')
const picture = makePicture([30, 30, 200])

const image: Case = {
  name: 'image',
  order({ dialect, directory }) {
    writeFileSync(join(directory, 'picture.png'), picture)
    return { model: via(dialect, 'sandbox-vision'), prompt: 'What is this? @picture.png' }
  },
  expect(result) {
    wentWell(result)
    showsPicture(result, picture)
  },
}

/** Without a model the tool asks one of its own which of its own to take. */
const unnamed: Case = {
  name: 'no model',
  aliases: (dialect) => ({ 'gemini-*': via(dialect) }),
  order: (scene, { says }) => ({ model: '', prompt: says.shell(hide(scene)) }),
  expect(result) {
    wentWell(result)
    answersWith(result, result.scene.secret)
    const router = result.answered.filter(({ path }) => path.endsWith(':generateContent'))
    assert.ok(router.length > 0, 'no router was asked')
  },
}

/** A tool of a server of its own, whose name no format but its own allows. */
const server: Case = {
  name: 'mcp',
  order: ({ dialect }) => ({
    model: via(dialect),
    prompt: 'call mcp_fx_add-two.v1 with {"number": 40}',
    settings: { mcp: true },
  }),
  expect(result) {
    wentWell(result)
    bringsBack(result, 'sum=42')
    answersWith(result, 'sum=42')
  },
}

/** @see https://github.com/google-gemini/gemini-cli/blob/main/docs/get-started/configuration.md */
export const geminiCli: Client = {
  name: 'Gemini CLI',
  version: { launch: { program, words: [script, '--version'] }, is: '0.61.0' },
  prepare({ url, key, home }, { prompt, model, settings = {} }) {
    mkdirSync(join(home, '.gemini'))
    const servers = { fx: { command: process.execPath, args: [join(here, 'mcp.ts')], trust: true } }
    writeFileSync(
      join(home, '.gemini', 'settings.json'),
      JSON.stringify({ ...quiet, ...(settings.mcp === true && { mcpServers: servers }) }),
    )
    return {
      program,
      words: [
        ...[script, '-p', prompt, '-o', 'json', '--approval-mode', 'yolo', '--skip-trust'],
        ...(model === '' ? [] : ['-m', model]),
      ],
      environment: {
        GEMINI_API_KEY: key,
        GOOGLE_GEMINI_BASE_URL: url,
        // It starts itself again with more memory otherwise, and the settings would be read twice.
        GEMINI_CLI_NO_RELAUNCH: 'true',
      },
    }
  },
  report({ out, code }) {
    const text = out.slice(out.indexOf('{'))
    const said = text.startsWith('{') ? parse(text) : {}
    return { answer: String(said.response ?? ''), hasFailed: code !== 0 || said.error !== undefined }
  },
  says: {
    shell: (command) => `call run_shell_command with ${JSON.stringify({ command })}`,
    edit: ({ path, from, to }) =>
      `call replace with ${JSON.stringify({
        file_path: path,
        instruction: 'put the new words in',
        old_string: from,
        new_string: to,
      })}`,
  },
  cases: [image, unnamed, server],
}

const quiet = {
  security: { auth: { selectedType: 'gemini-api-key' }, folderTrust: { enabled: false } },
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false },
  general: { disableAutoUpdate: true, disableUpdateNag: true, enableAutoUpdate: false, maxAttempts: 2 },
}

/** Where it breaks off in the middle of its JSON it has said nothing. */
function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
