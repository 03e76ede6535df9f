import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export interface Program {
  readonly child: ChildProcess
  /** Everything that it has said so far. */
  readonly said: { out: string; error: string }
  /** The first match in what it says, out or error; rejects when it ends without. */
  says(pattern: RegExp): Promise<RegExpExecArray>
  /** The code that it ends with. */
  readonly ended: Promise<number | null>
}

/** Runs the command line in `directory`, with nothing of our own environment but the path. */
export function run(
  directory: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Program {
  const child = spawn(process.execPath, [main, ...words], {
    cwd: directory,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { out: '', error: '' }
  const hopes = new Set<() => void>()
  const hear = (where: 'out' | 'error') => (chunk: Buffer) => {
    said[where] += chunk.toString('utf8')
    for (const look of hopes) look()
  }
  child.stdout.on('data', hear('out'))
  child.stderr.on('data', hear('error'))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  return {
    child,
    said,
    ended,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(said.out) ?? pattern.exec(said.error)
          if (!found) return
          hopes.delete(look)
          resolve(found)
        }
        hopes.add(look)
        look()
        ended.then((code) => reject(new Error(`ended with ${code} before ${pattern}\n${said.out}${said.error}`)))
      }),
  }
}

/** A directory that goes away with `remove`. */
export function temporaryDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'causeway-test-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
