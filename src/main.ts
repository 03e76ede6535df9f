#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { check } from './command/check.ts'
import { type Flags, flagOptions } from './command/flags.ts'
import { createKey } from './command/keys.ts'
import { listProviders } from './command/providers.ts'
import { serve } from './command/serve.ts'
import { version } from './command/version.ts'

const usage = `causeway [serve] [--config FILE] [--host H] [--port N] [--data DIR]
causeway check --config FILE      validate a configuration and show what it would serve
causeway keys create --name N [--models A,B] [--data DIR]
causeway providers                list the upstreams that channels can name
causeway version`

/** Each answers with the code to exit with; undefined: it goes on by itself. */
const commands: Record<string, (flags: Flags, words: readonly string[]) => Promise<number | undefined>> = {
  serve,
  check,
  keys: createKey,
  providers: async () => listProviders(),
  version: async () => {
    console.log(version)
    return 0
  },
  help: async () => {
    console.log(usage)
    return 0
  },
}

async function main(): Promise<number | undefined> {
  let parsed: { values: Flags; positionals: string[] }
  try {
    parsed = parseArgs({ options: flagOptions, allowPositionals: true })
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    return 2
  }
  const [name = 'serve', ...words] = parsed.positionals
  const command = parsed.values.help ? commands.help : Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command) return command(parsed.values, words)
  console.error(`There is no command "${name}".\n\n${usage}`)
  return 2
}

const code = await main()
if (code !== undefined) process.exitCode = code
