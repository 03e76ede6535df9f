import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The oldest Python that the newest of these SDKs run on: google-genai 3 asks for it. */
const oldest = [3, 11] as const

/** The variables of this process that a program may see: no vendor's key, no proxy, no plugin of somebody's pytest. */
export const plainEnvironment: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !/^(?:anthropic|openai|gemini|google|pytest|python|virtual_env)|proxy$/i.test(entry[0]),
  ),
)

/**
 * The Python of a virtual environment below `folder` that holds exactly what `requirements.txt` there names; made when
 * it is missing or was made for another list.
 * @throws Error that says what the machine lacks.
 */
export async function preparePython(folder: string): Promise<string> {
  const requirements = join(folder, 'requirements.txt')
  const environment = join(folder, '.venv')
  const python = join(environment, ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']))
  const made = join(environment, 'made-for')
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex')
  if (existsSync(made) && readFileSync(made, 'utf8') === wanted) return python
  const base = await findPython()
  rmSync(environment, { recursive: true, force: true })
  await need(base, ['-m', 'venv', environment], 'Python is here, but cannot make virtual environments (python3-venv)')
  writeFileSync(join(environment, '.gitignore'), '*\n')
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary', ':all:']
  await need(python, [...install, '--require-hashes', '-r', requirements], 'The Python SDKs could not be installed')
  // Written last: an environment that was half made is made again.
  writeFileSync(made, wanted)
  return python
}

async function findPython(): Promise<string> {
  const check = `import sys; sys.exit(sys.version_info < (${oldest.join(', ')}))`
  for (const name of ['python3', 'python', ...['3.14', '3.13', '3.12', '3.11'].map((version) => `python${version}`)]) {
    if ((await run(name, ['-c', check], 'ignore')) === 0) return name
  }
  throw new Error(`No Python ${oldest.join('.')} or newer on this machine: the Python SDKs cannot be tested`)
}

async function need(program: string, words: readonly string[], complaint: string): Promise<void> {
  const code = await run(program, words, 'inherit')
  if (code !== 0) throw new Error(`${complaint}: ${program} ended with ${code}`)
}

/** The exit code of a program; undefined when there is no such program or it was killed. */
async function run(
  program: string,
  words: readonly string[],
  stdio: 'ignore' | 'inherit',
): Promise<number | undefined> {
  const child = spawn(program, words, { stdio, env: pipEnvironment })
  try {
    const [code] = await once(child, 'close')
    return typeof code === 'number' ? code : undefined
  } catch {
    // It could not be started: not there, or not for us.
    return undefined
  }
}

/** What a machine says of the way to its packages is kept: certificates, mirrors and proxies. */
const pipEnvironment: Readonly<Record<string, string>> = {
  ...plainEnvironment,
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && /proxy$/i.test(entry[0]),
    ),
  ),
}
