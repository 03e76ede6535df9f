import { spawn } from 'node:child_process'
import { dirname } from 'node:path'

/** A program to start: what is not in `environment` it does not see. */
export interface Launch {
  readonly program: string
  readonly words: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Where it runs, and what it takes for the user's home and the place for passing files, none inside another. */
  readonly directory: string
  readonly home: string
  readonly temporary: string
}

/** How a program ended. */
export interface Outcome {
  /** Null where it was ended, for it took too long. */
  readonly code: number | null
  readonly out: string
  readonly error: string
}

const LIMIT_MS = 60_000

/**
 * Runs a program in a process group of its own and ends the whole group with it, after a minute at the latest.
 * Its standard input is closed. `proxy` is told to it as the way to everything but the loopback.
 */
export function run(launch: Launch, proxy: string): Promise<Outcome> {
  const { program, words, directory: cwd } = launch
  return new Promise((resolve) => {
    const child = spawn(program, words, {
      cwd,
      env: { ...surroundings(launch, proxy), ...launch.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const said = { out: '', error: '' }
    child.stdout.on('data', (chunk: Buffer) => void (said.out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => void (said.error += chunk.toString()))
    const limit = setTimeout(() => end(child.pid), LIMIT_MS)
    child.on('error', ({ message }) => finish(null, message))
    // What a tool leaves behind may hold its pipes open.
    child.on('exit', (code) => {
      end(child.pid)
      child.on('close', () => finish(code))
    })
    const finish = (code: number | null, message = ''): void => {
      clearTimeout(limit)
      resolve({ code, out: said.out, error: said.error + message })
    }
  })
}

/** The project's Node comes first on the path. */
const surroundings = ({ home, temporary }: Launch, proxy: string): Record<string, string> => ({
  PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
  HOME: home,
  TMPDIR: temporary,
  TERM: 'dumb',
  LANG: 'C.UTF-8',
  NO_COLOR: '1',
  HTTP_PROXY: proxy,
  HTTPS_PROXY: proxy,
  NO_PROXY: '127.0.0.1,localhost',
})

function end(group: number | undefined): void {
  if (group === undefined) return
  try {
    process.kill(-group, 'SIGKILL')
  } catch {
    // Nobody is left in the group, which is what was wanted.
  }
}
