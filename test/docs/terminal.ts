import { type ChildProcess, spawn } from 'node:child_process'

/** What a command showed, both outputs as they came, and the code that it ended with. */
export interface Shown {
  readonly text: string
  readonly code: number
}

/** Where commands are typed. */
export interface Place {
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
}

const patienceMs = 180_000
const mark = (at: number | string): string => `--- command ${at} ended with`

/**
 * Runs commands one after another in one shell, as somebody types them: what one exports, the next one has.
 * What never ran, since the shell ended or three minutes were over, is missing at the end.
 */
export async function type(commands: readonly string[], { environment, folder }: Place): Promise<readonly Shown[]> {
  const script = commands.map((command, at) => `${command}\nprintf '\\n${mark(at)} %d\\n' $?\n`).join('')
  const child = spawn('/bin/sh', ['-c', `exec 2>&1\n${script}`], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  const said = listen(child)
  const limit = setTimeout(() => end(child), patienceMs)
  await new Promise((resolve) => child.on('exit', resolve))
  clearTimeout(limit)
  end(child)
  const parts = said().split(new RegExp(`\n${mark('\\d+')} (\\d+)\n`))
  return commands.flatMap((_, at) => {
    const [text, code] = [parts[2 * at], parts[2 * at + 1]]
    return text === undefined || code === undefined ? [] : [{ text, code: Number(code) }]
  })
}

/** Something that goes on in a terminal of its own. */
export interface Running {
  readonly text: string
  stop(): Promise<void>
}

/** Starts what goes on until it is stopped; comes back when it says that it is ready. */
export async function start(command: string, ready: RegExp, { environment, folder }: Place): Promise<Running> {
  const child = spawn('/bin/sh', ['-c', `exec 2>&1\n${command}`], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  const said = listen(child)
  const closed = new Promise((resolve) => child.on('close', resolve))
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', () => ready.test(said()) && resolve())
    child.on('close', (code) => reject(new Error(`${command} ended with ${code}:\n${said()}`)))
  })
  return {
    text: said(),
    stop: async () => {
      end(child)
      await closed
    },
  }
}

function listen(child: ChildProcess): () => string {
  const chunks: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString('utf8')
}

function end({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody is left in the group, which is what was wanted.
  }
}
