import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DialectId } from '../../src/model/dialect.ts'
import type { Case, Client, Scene } from './client.ts'
import { type Outcome, run } from './run.ts'
import { openStage, type Stage, type Wall } from './stage.ts'
import { loopOf } from './upstream.ts'

/** One tool on one upstream format doing one thing. */
export interface Trial {
  readonly client: Client
  readonly dialect: DialectId
  readonly item: Case
}

/** How a trial came out; without a problem it passed. */
export interface Verdict extends Trial {
  readonly problem?: string
  readonly seconds: number
}

export const labelOf = ({ client, dialect, item }: Trial): string => `${client.name} / ${dialect} / ${item.name}`

/** Runs a trial on a stage of its own and leaves nothing behind. */
export async function judge(trial: Trial, wall: Wall): Promise<Verdict> {
  const { dialect, item } = trial
  const started = performance.now()
  const stage = await openStage(item.aliases?.(dialect) ?? {})
  const place = mkdtempSync(join(tmpdir(), 'causeway-client-'))
  try {
    const problem = await perform(trial, { stage, wall, scene: setScene(place, dialect, stage) })
    return { ...trial, ...(problem !== undefined && { problem }), seconds: (performance.now() - started) / 1000 }
  } finally {
    await stage.close()
    rmSync(place, { recursive: true, force: true, maxRetries: 3 })
  }
}

function setScene(place: string, dialect: DialectId, { url, key }: Stage): Scene {
  const scene = {
    dialect,
    url,
    key,
    directory: join(place, 'work'),
    home: join(place, 'home'),
    temporary: join(place, 'passing'),
  }
  for (const path of [scene.directory, scene.home, scene.temporary]) mkdirSync(path)
  return { ...scene, secret: randomBytes(6).toString('hex') }
}

interface Setting {
  readonly stage: Stage
  readonly wall: Wall
  readonly scene: Scene
}

async function perform({ client, dialect, item }: Trial, { stage, wall, scene }: Setting): Promise<string | undefined> {
  const outcome = await run({ ...scene, ...client.prepare(scene, item.order(scene, client)) }, wall.url)
  const { asked, answered } = stage
  if (outcome.code === null) return tell('it did not end by itself', outcome, stage)
  try {
    item.expect({ scene, outcome, report: client.report(outcome), loop: loopOf(dialect, asked), asked, answered })
    return undefined
  } catch (error) {
    // Whatever a case throws is what is wrong with the run.
    return tell(error instanceof Error ? error.message : String(error), outcome, stage)
  }
}

const LONGEST = 1500

const tell = (problem: string, { code, out, error }: Outcome, { answered }: Stage): string =>
  [
    problem,
    `  exit code ${code}; answered: ${answered.map(({ method, path, status }) => `${method} ${path} ${status}`).join(', ')}`,
    `  said: ${out.slice(-LONGEST).trim()}`,
    `  complained: ${error.slice(-LONGEST).trim()}`,
  ].join('\n')
