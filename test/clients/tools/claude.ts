import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { via } from '../../support/gateway.ts'
import { answersWith, showsPicture, wentWell } from '../checks.ts'
import type { Case, Client } from '../client.ts'
import { installed } from '../install.ts'
import { makePicture } from '../picture.ts'

const program = installed('.bin', 'claude')
const picture = makePicture([200, 30, 30])

/** The tool reads a picture, which comes back inside a tool result. */
const image: Case = {
  name: 'image',
  order({ dialect, directory }) {
    writeFileSync(join(directory, 'picture.png'), picture)
    const path = JSON.stringify({ file_path: join(directory, 'picture.png') })
    return { model: via(dialect, 'sandbox-vision'), prompt: `call Read with ${path}` }
  },
  expect(result) {
    wentWell(result)
    showsPicture(result, picture)
  },
}

/** A tool that is not declared until the model has searched for it. */
const search: Case = {
  name: 'tool search',
  order: ({ dialect }) => ({
    model: via(dialect),
    prompt: 'call ToolSearch with {"query":"select:TaskList"} then call TaskList with {}',
    settings: { allowed: 'ToolSearch,TaskList' },
  }),
  expect(result) {
    wentWell(result)
    answersWith(result, 'TaskList')
  },
}

/** @see https://code.claude.com/docs/en/cli-reference */
export const claude: Client = {
  name: 'Claude Code',
  version: { launch: { program, words: ['--version'] }, is: '2.1.330' },
  prepare: ({ url, key }, { prompt, model, settings }) => ({
    program,
    words: [
      ...['-p', prompt, '--model', model, '--output-format', 'json'],
      ...['--allowedTools', String(settings?.allowed ?? 'Bash,Read,Edit,Write')],
    ],
    environment: {
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: key,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_TELEMETRY: '1',
      DISABLE_ERROR_REPORTING: '1',
      DISABLE_AUTOUPDATER: '1',
      CLAUDE_CODE_MAX_RETRIES: '2',
    },
  }),
  report({ out, code }) {
    const last = out.split('\n').findLast((line) => line.startsWith('{')) ?? '{}'
    const { result = '', is_error: isError = true } = JSON.parse(last)
    return { answer: String(result), hasFailed: isError === true || code !== 0 }
  },
  says: {
    shell: (command) => `call Bash with ${JSON.stringify({ command, description: 'show a file' })}`,
    edit: ({ path, from, to }) =>
      `call Read with ${JSON.stringify({ file_path: path })} then call Edit with ${JSON.stringify({
        file_path: path,
        old_string: from,
        new_string: to,
      })}`,
  },
  cases: [image, search],
}
