import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the tools are installed, with a lock file of their own. */
export const directory = import.meta.dirname

/** Path of a file of an installed package. */
export const installed = (...path: readonly string[]): string => join(directory, 'node_modules', ...path)

/** Packages whose install scripts put their program in its place; no other package's script runs. */
const SCRIPTED = ['@anthropic-ai/claude-code', 'opencode-ai']

/** Engines are not asked: what is native runs beside any Node, and the rest is started with ours. */
const STEPS = [
  ['ci', '--ignore-scripts', '--engine-strict=false', '--no-audit', '--no-fund'],
  ['rebuild', '--no-ignore-scripts', ...SCRIPTED],
]

/** Installs the tools where what is there was not installed from this lock. Undefined when all is well, else what npm said. */
export async function install(): Promise<string | undefined> {
  const lock = createHash('sha256')
    .update(readFileSync(join(directory, 'package-lock.json')))
    .digest('hex')
  // npm removes the note with all the rest, so it stands for an installation that went through.
  const note = installed('.installed-from')
  if (existsSync(note) && readFileSync(note, 'utf8') === lock) return undefined
  for (const words of STEPS) {
    const { code, text } = await npm(words)
    if (code !== 0) return `The tools could not be installed: npm ${words[0]} ended with ${code}\n${text}`
  }
  writeFileSync(note, lock)
  return undefined
}

const npm = (words: readonly string[]): Promise<{ code: number | null; text: string }> =>
  new Promise((resolve) => {
    const child = spawn('npm', words, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    const hear = (chunk: Buffer): void => {
      text += chunk.toString()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.on('error', ({ message }) => resolve({ code: null, text: message }))
    child.on('close', (code) => resolve({ code, text }))
  })
