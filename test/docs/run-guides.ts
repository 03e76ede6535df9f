import { dirname, join } from 'node:path'
import { install, installed } from '../clients/install.ts'
import { buildWall } from '../clients/stage.ts'
import { preparePython } from '../sdk-python/environment.ts'
import { type Programs, welcome } from './newcomer.ts'
import { type Guide, guides } from './pages.ts'
import { walk } from './walk.ts'

/** What a page is tried with, beside what every machine has. */
type Kind = 'clients' | 'python'

/** How many pages did what they say. */
export interface Counts {
  readonly passed: number
  readonly failed: number
}

/**
 * Does what the guides say with the real tools (`clients`), or the guides of the SDKs with Python as well (`python`), and
 * tells each. Nothing gets farther than the loopback.
 */
export async function runGuides(kind: Kind): Promise<Counts> {
  const counts = { passed: 0, failed: 0 }
  const wall = await buildWall()
  const proxies = { HTTP_PROXY: wall.url, HTTPS_PROXY: wall.url, NO_PROXY: '127.0.0.1,localhost' }
  try {
    const folder = await programsFor(kind)
    for (const guide of guides.filter(({ isSdk }) => isSdk === (kind === 'python'))) {
      const problems = await tryGuide(guide, kind, { folders: [folder], environment: { ...quiet, ...proxies } })
      counts[problems.length > 0 ? 'failed' : 'passed']++
      console.log([`${problems.length > 0 ? 'FAILED' : 'ok    '} ${guide.name}`, ...problems].join('\n'))
    }
  } finally {
    wall.close()
  }
  return counts
}

/** @throws Error that says what the machine lacks. */
async function programsFor(kind: Kind): Promise<string> {
  if (kind === 'python') return dirname(await preparePython(join(import.meta.dirname, '..', 'sdk-python')))
  const problem = await install()
  if (problem !== undefined) throw new Error(problem)
  return installed('.bin')
}

/** A machine at home lets tools look for updates and report; here they would only wait for the wall. */
const quiet = {
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  DISABLE_AUTOUPDATER: '1',
  OPENCODE_DISABLE_AUTOUPDATE: '1',
  OPENCODE_DISABLE_MODELS_FETCH: '1',
  npm_config_registry: 'http://127.0.0.1:9',
}

async function tryGuide({ english }: Guide, kind: Kind, programs: Programs): Promise<readonly string[]> {
  const newcomer = await welcome(programs)
  try {
    return await walk(english, newcomer, { hasPython: kind === 'python' })
  } finally {
    newcomer.leave()
  }
}

if (import.meta.main) {
  const kinds = process.argv.slice(2).filter((word): word is Kind => word === 'clients' || word === 'python')
  const counts = { passed: 0, failed: 0 }
  for (const kind of kinds.length > 0 ? kinds : (['clients', 'python'] as const)) {
    try {
      const { failed, passed } = await runGuides(kind)
      counts.passed += passed
      counts.failed += failed
    } catch (error) {
      counts.failed++
      console.log(error instanceof Error ? error.message : error)
    }
  }
  console.log(`guides: ${counts.passed} passed, ${counts.failed} failed`)
  process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0
}
