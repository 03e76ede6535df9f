import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { plainEnvironment, preparePython } from './environment.ts'
import { startStage } from './stage.ts'

const folder = import.meta.dirname

interface Counts {
  readonly passed: number
  readonly failed: number
}

/**
 * The official Python SDKs before a gateway, each on upstreams of every format. Words on the command line go to pytest.
 * The last line counts the tests; the exit code is 1 when any failed or none ran.
 */
async function main(): Promise<Counts> {
  const python = await preparePython(folder)
  const stage = await startStage()
  try {
    return await pytest(python, stage.environment)
  } finally {
    await stage.close()
  }
}

/** Runs the tests, telling what pytest says as it comes. */
async function pytest(python: string, environment: Readonly<Record<string, string>>): Promise<Counts> {
  const child = spawn(python, ['-B', '-m', 'pytest', ...process.argv.slice(2)], {
    cwd: folder,
    env: { ...plainEnvironment, ...environment, NO_PROXY: '127.0.0.1', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const told: Buffer[] = []
  child.stdout.on('data', (piece: Buffer) => {
    told.push(piece)
    process.stdout.write(piece)
  })
  const [code] = await once(child, 'close')
  const counts = count(Buffer.concat(told).toString())
  // A run that broke before any test could fail has failed all the same.
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
}

/** Reads pytest's last line: `3 failed, 120 passed, 2 errors in 9.50s`. What was skipped has not passed. */
function count(told: string): Counts {
  const last = told.trim().split('\n').at(-1) ?? ''
  const of = (word: string) => Number(new RegExp(`(\\d+) ${word}`).exec(last)?.[1] ?? 0)
  return { passed: of('passed'), failed: of('failed') + of('errors?') + of('skipped') + of('xfailed') + of('xpassed') }
}

try {
  const { passed, failed } = await main()
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0
  console.log(`python sdks: ${passed} passed, ${failed} failed`)
} catch (error) {
  process.exitCode = 1
  console.error(error instanceof Error ? error.message : error)
  console.log('python sdks: 0 passed, 1 failed')
}
