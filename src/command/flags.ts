import { existsSync, readFileSync } from 'node:fs'
import { type Checked, checkConfig, type Problem } from '../config.ts'

export const flagOptions = {
  config: { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string' },
  data: { type: 'string' },
  name: { type: 'string' },
  models: { type: 'string' },
  role: { type: 'string' },
  model: { type: 'string' },
  'small-model': { type: 'string' },
  url: { type: 'string' },
  key: { type: 'string' },
  write: { type: 'boolean' },
  undo: { type: 'boolean' },
  'new-key': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

export interface Flags {
  readonly config?: string | undefined
  readonly host?: string | undefined
  readonly port?: string | undefined
  readonly data?: string | undefined
  readonly name?: string | undefined
  readonly models?: string | undefined
  readonly role?: string | undefined
  readonly model?: string | undefined
  readonly 'small-model'?: string | undefined
  readonly url?: string | undefined
  readonly key?: string | undefined
  readonly write?: boolean | undefined
  readonly undo?: boolean | undefined
  readonly 'new-key'?: boolean | undefined
  readonly help?: boolean | undefined
}

const usualFile = 'causeway.yaml'

/** The configuration file that counts: `--config`, `CAUSEWAY_CONFIG`, or `causeway.yaml` when it is there. */
export const configFile = (flags: Flags, environment: NodeJS.ProcessEnv): string | undefined =>
  flags.config ?? environment.CAUSEWAY_CONFIG ?? (existsSync(usualFile) ? usualFile : undefined)

/** Reads and checks the configuration as it stands now. */
export function readConfig(flags: Flags, environment: NodeJS.ProcessEnv): Checked {
  const file = configFile(flags, environment)
  let text: string | undefined
  try {
    text = file === undefined ? undefined : readFileSync(file, 'utf8')
  } catch {
    return { ok: false, problems: [{ message: `${file} cannot be read` }] }
  }
  const { data, host, port } = flags
  return checkConfig({
    ...(text !== undefined && { file: text }),
    environment,
    flags: {
      ...(host !== undefined && { host }),
      ...(port !== undefined && { port }),
      ...(data !== undefined && { data }),
    },
  })
}

/** One line a problem: `causeway.yaml:12: channels.0: unknown key "modles"`. */
export const tellProblems = (problems: readonly Problem[], file: string | undefined): string =>
  problems
    .map(({ line, message }) => (line === undefined ? message : `${file ?? 'configuration'}:${line}: ${message}`))
    .join('\n')
