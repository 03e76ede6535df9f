import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { type Change, planChange } from '../connect/change.ts'
import { diff } from '../connect/diff.ts'
import type { FileProblem } from '../connect/edit.ts'
import { aboutTool } from '../connect/installed.ts'
import { masked } from '../connect/mask.ts'
import { readRecord } from '../connect/record.ts'
import { sheet } from '../connect/sheet.ts'
import type { Tool } from '../connect/tool.ts'
import { toolOf, tools } from '../connect/tools/index.ts'
import { undo } from '../connect/undo.ts'
import { isNeeded, writeChanges } from '../connect/write.ts'
import { type Prepared, prepare } from './connection.ts'
import { configFile, type Flags, readConfig, tellProblems } from './flags.ts'
import { invocation } from './invocation.ts'

const usage = `Usage: causeway connect <${Object.keys(tools).join('|')}> [--model NAME] [--small-model NAME] [--url URL] [--key KEY]
       [--write | --undo] [--new-key] [--data DIR] [--config FILE]`

/** `connect TOOL`: shows the tool's settings, writes them into its files, or takes them out again. */
export async function connect(flags: Flags, [name]: readonly string[]): Promise<number> {
  const tool = toolOf(name)
  if (!tool || (flags.write && flags.undo)) {
    console.error(name === undefined || tool ? usage : `There is no tool "${name}".\n${usage}`)
    return 2
  }
  if (flags.undo) return undoTool(tool, flags)
  // What is wrong with the files is told before anything is made.
  const problem = flags.write ? fileProblem(tool) : undefined
  if (problem) return tellFile(problem)
  const preparation = await prepare(tool, flags)
  if (!preparation.ok) return tell(preparation.message)
  const { prepared } = preparation
  const about = await aboutTool(tool, process.env.PATH)
  for (const line of [...(about ? [about] : []), ...prepared.notes]) console.log(line)
  return flags.write ? write(tool, prepared) : show(tool, prepared)
}

const surroundings = () => ({ home: homedir(), environment: process.env })

function tell(message: string): number {
  console.error(message)
  return 1
}

const tellFile = ({ line, message, path }: FileProblem): number =>
  tell(`${path}${line === undefined ? '' : `:${line}`}: ${message}. Nothing was changed.`)

/** With settings that stand for the real ones: the places are the same. */
function fileProblem(tool: Tool): FileProblem | undefined {
  const connection = { url: 'http://127.0.0.1', key: 'key', models: [], roles: { main: 'model', small: 'model' } }
  for (const { claim: _, ...settings } of tool.files(connection, surroundings())) {
    const planned = planChange(settings, undefined)
    if (!planned.ok) return planned.problem
  }
  return undefined
}

function show(tool: Tool, { connection, isNewKey, keyPath }: Prepared): number {
  const path = keyPath && resolve(keyPath)
  console.log(
    sheet(tool, connection, surroundings(), {
      run: invocation(`run ${tool.id}`),
      write: invocation(`connect ${tool.id} --write`),
      isNewKey,
      ...(path !== undefined && { keyPath: path }),
    }),
  )
  return 0
}

function write(tool: Tool, { connection, directory }: Prepared): number {
  const record = readRecord(directory, tool.id)
  const changes: Change[] = []
  for (const settings of tool.files(connection, surroundings())) {
    const planned = planChange(
      settings,
      record.find(({ path }) => path === settings.path),
    )
    if (!planned.ok) return tellFile(planned.problem)
    changes.push(planned.change)
  }
  if (!changes.some(isNeeded)) {
    console.log(`${tool.title} is set up already; nothing changed.`)
    return 0
  }
  for (const { after, before, file } of changes) {
    const text = diff(file.path, before, after, (line) => masked(line, connection.key))
    if (text) console.log(`${text}\n`)
  }
  for (const { backup, path } of writeChanges(directory, tool.id, changes))
    console.log(`wrote ${path}${backup === undefined ? '' : `, as it was: ${backup}`}`)
  if (tool.caveat) console.log(`${tool.caveat} Everywhere works: ${invocation(`run ${tool.id}`)}`)
  console.log(`${tool.title} now asks ${connection.url}. Take it back with: ${invocation(`connect ${tool.id} --undo`)}`)
  return 0
}

const ways = {
  restored: 'is again as it was',
  'taken out': 'was changed since: our settings were taken out, the rest was left',
  removed: 'was made by us, and removed',
  gone: 'is not there any more',
} as const

function undoTool(tool: Tool, flags: Flags): number {
  const checked = readConfig(flags, process.env)
  if (!checked.ok) return tell(tellProblems(checked.problems, configFile(flags, process.env)))
  const { dataDirectory } = checked.config
  const undone = undo(dataDirectory, tool.id)
  if (!undone.ok) return tellFile(undone.problem)
  if (undone.files.length === 0)
    return tell(
      `Nothing was written for ${tool.title}, as far as ${dataDirectory} knows. Name another directory with --data.`,
    )
  for (const { path, way } of undone.files) console.log(`${path} ${ways[way]}`)
  return 0
}
