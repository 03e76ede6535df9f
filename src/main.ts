#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { type Flags, flagOptions } from './command/flags.ts'
import { version } from './command/version.ts'

const usage = `causeway [serve] [--config FILE] [--host H] [--port N] [--data DIR]
causeway check --config FILE      validate a configuration and show what it would serve
causeway keys create --name N [--models A,B] [--data DIR]
causeway tokens create --name N [--role root|admin|reader]   a token of the management API
causeway master-key rotate        another master key, beside servers that run
causeway connect TOOL [--write]   set up claude, codex, gemini or opencode; --undo takes it back
causeway run TOOL -- ARGUMENTS    start one of them with the settings for this once
causeway providers                list the upstreams that channels can name
causeway version`

/** Each answers with the code to exit with; undefined: it goes on by itself. Loaded when called: most need little. */
const commands: Record<string, (flags: Flags, words: readonly string[]) => Promise<number | undefined>> = {
  serve: async (flags) => (await import('./command/serve.ts')).serve(flags),
  check: async (flags) => (await import('./command/check.ts')).check(flags),
  keys: async (flags, words) => (await import('./command/keys.ts')).createKey(flags, words),
  tokens: async (flags, words) => (await import('./command/tokens.ts')).createToken(flags, words),
  'master-key': async (flags, words) => (await import('./command/master-key.ts')).rotateMasterKey(flags, words),
  connect: async (flags, words) => (await import('./command/connect.ts')).connect(flags, words),
  run: async (flags, words) => (await import('./command/run.ts')).run(flags, words),
  providers: async () => (await import('./command/providers.ts')).listProviders(),
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
  if (command) return command(parsed.values, words).catch(giveUp)
  console.error(`There is no command "${name}".\n\n${usage}`)
  return 2
}

/** A data directory or a database that cannot be used is told in a line; `CAUSEWAY_LOG=debug` shows where it came from. */
function giveUp(error: unknown): never {
  const lines = (cause: unknown): string[] =>
    cause instanceof Error ? [cause.message, ...lines(cause.cause)] : cause === undefined ? [] : [String(cause)]
  console.error(process.env.CAUSEWAY_LOG === 'debug' ? error : `causeway: ${lines(error).join(': ')}`)
  // What was opened already would keep the process alive.
  process.exit(1)
}

const code = await main()
if (code !== undefined) process.exitCode = code
