import { type ChildProcess, spawn } from 'node:child_process'
import { lstatSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { replaceFile } from './file.ts'
import type { Launch } from './tool.ts'

const passedOn = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const

/** From a terminal these reach the tool by themselves; twice would mean something else to it. */
const fromTerminal: readonly string[] = ['SIGINT', 'SIGQUIT']

/** What is to be started, and with what around it. */
export interface Start {
  readonly executable: string
  readonly arguments: readonly string[]
  readonly environment: NodeJS.ProcessEnv
  /** Where the private files go. */
  readonly folder: string
  /** Where the tool works. */
  readonly directory: string
}

/**
 * Runs a tool until it ends: in this terminal, signals passed on. Gives its exit code, 128 and the signal's number where
 * one ended it.
 * @throws Error when it cannot be started.
 */
export function launchTool(
  launch: Launch,
  { arguments: given, directory, environment, executable, folder }: Start,
): Promise<number> {
  for (const [name, text] of Object.entries(launch.files)) replaceFile(join(folder, name), `${text.trimEnd()}\n`, 0o600)
  for (const [name, target] of Object.entries(launch.links ?? {})) link(join(folder, name), target)
  const kept = Object.fromEntries(Object.entries(environment).filter(([name]) => !launch.without.includes(name)))
  let child: ChildProcess | undefined
  const pass = (signal: NodeJS.Signals): void => {
    if (!(process.stdin.isTTY && fromTerminal.includes(signal))) child?.kill(signal)
  }
  // Before the tool is there, so that no signal can end us and leave it alone.
  for (const signal of passedOn) process.on(signal, pass)
  const started = spawn(executable, [...launch.arguments, ...given], {
    stdio: 'inherit',
    cwd: directory,
    // Some programs take the shell's word for where they are.
    env: { ...kept, PWD: directory, ...launch.environment },
  })
  child = started
  return new Promise<number>((resolve, reject) => {
    started.on('error', (error) => reject(new Error(`${executable} cannot be started`, { cause: error })))
    started.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)))
  }).finally(() => {
    for (const signal of passedOn) process.off(signal, pass)
  })
}

/** What the tool has put in the place of a link by itself stays. */
function link(path: string, target: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(path)
  if (!lstatSync(path, { throwIfNoEntry: false })) symlinkSync(target, path)
}
