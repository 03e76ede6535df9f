import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { findExecutable } from '../connect/installed.ts'
import { launchTool } from '../connect/launch.ts'
import { toolOf, tools } from '../connect/tools/index.ts'
import { prepare } from './connection.ts'
import type { Flags } from './flags.ts'
import { callerFolder } from './invocation.ts'

const usage = `Usage: causeway run <${Object.keys(tools).join('|')}> [--model NAME] [--small-model NAME] [--url URL] [--key KEY] [--data DIR] -- ARGUMENTS`

/** As shells answer for a program that is not there. */
const notFound = 127

/** `run TOOL -- ARGUMENTS`: starts the tool with its settings; its own files stay as they are. Gives its exit code. */
export async function run(flags: Flags, [name, ...given]: readonly string[]): Promise<number> {
  const tool = toolOf(name)
  if (!tool) {
    console.error(name === undefined ? usage : `There is no tool "${name}".\n${usage}`)
    return 2
  }
  const executable = findExecutable(tool.id, process.env.PATH)
  if (!executable) {
    console.error(`${tool.title} is not installed. Install it with: npm install -g ${tool.package}`)
    return notFound
  }
  const preparation = await prepare(tool, flags)
  if (!preparation.ok) {
    console.error(preparation.message)
    return 1
  }
  const { connection, directory, notes } = preparation.prepared
  // The tool's own answer goes to the standard output, alone.
  for (const note of notes) console.error(note)
  const folder = resolve(join(directory, 'connect'))
  const launch = tool.launch(connection, { home: homedir(), environment: process.env, folder, arguments: given })
  if (launch.problem) {
    console.error(`${launch.problem.path}:${launch.problem.line}: ${launch.problem.message}`)
    return 1
  }
  return launchTool(launch, {
    executable,
    arguments: given,
    environment: process.env,
    folder,
    directory: callerFolder(process.env),
  })
}
