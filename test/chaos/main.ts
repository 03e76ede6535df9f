/** Kills the real server again and again while customers use it, and looks whether every nano-dollar is where it belongs. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { testDatabase } from '../support/postgres.ts'
import { chanceOf } from './chance.ts'
import { playFullDisks } from './full-disks.ts'
import { judgeMoney } from './judge-money.ts'
import { judgeRequests, type Sums } from './judge-requests.ts'
import { type Tally, tallyOf } from './tally.ts'
import { type Plan, runWorld, type World } from './world.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    postgres: { type: 'string', default: '5' },
    cycles: { type: 'string', default: '100' },
    keep: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
const kills = Number(values.cycles)
console.log(`seed ${seed}, ${kills} kills, ${values.postgres} more on PostgreSQL`)

/** Several deaths on one directory: what one leaves, the next must bear. */
const killsAWorld = 12
const kinds = {
  short: { lifeMs: [20, 700], habit: { texts: [1, 40], gapMs: [1, 6] }, sweepMs: 100 },
  // Longer than a checkpoint takes.
  long: { lifeMs: [8_000, 10_000], habit: { texts: [300, 420], gapMs: [20, 35] }, sweepMs: 100 },
  // Another server may live on the same database: nobody is taken for dead before half a minute has passed.
  shared: { lifeMs: [20, 1_500], habit: { texts: [1, 60], gapMs: [1, 10] }, sweepMs: 45_000 },
} as const satisfies Record<string, Pick<Plan, 'lifeMs' | 'habit' | 'sweepMs'>>

const directory = mkdtempSync(join(tmpdir(), 'causeway-chaos-'))
const startedAtMs = performance.now()
const tally = tallyOf()
try {
  const disks = playFullDisks(directory, tally)
  const lanes = [
    lane(chanceOf(seed), 'a', Math.ceil(kills / 2)),
    lane(chanceOf(seed + 1), 'b', Math.floor(kills / 2)),
    inDatabase(chanceOf(seed + 2), Number(values.postgres)),
  ]
  const worlds = (await Promise.all(lanes)).flat()
  await disks
  tell(worlds)
} finally {
  if (!values.keep) rmSync(directory, { recursive: true, force: true })
}
for (const line of tally.report()) console.log(line)
console.log(`chaos: ${tally.passed} passed, ${tally.failed} failed`)
process.exitCode = tally.failed > 0 ? 1 : 0

/** Worlds one after the other: lives of a second, and in the end a few that last longer than a checkpoint. */
async function lane(chance: ReturnType<typeof chanceOf>, name: string, count: number): Promise<World[]> {
  const worlds: World[] = []
  const long = Math.min(2, count)
  for (let left = count - long; left > 0; left -= killsAWorld)
    worlds.push(
      await judged(
        planOf({ name: `${name}${left}`, chance, kills: Math.min(left, killsAWorld), kind: 'short', tally }),
      ),
    )
  worlds.push(await judged(planOf({ name: `${name} long`, chance, kills: long, kind: 'long', tally })))
  return worlds
}

/** The same on PostgreSQL. */
async function inDatabase(chance: ReturnType<typeof chanceOf>, count: number): Promise<World[]> {
  if (count === 0) return []
  const database = await testDatabase()
  try {
    const plan = planOf({ name: 'postgres', chance, kills: count, kind: 'shared', tally })
    return [await judged({ ...plan, place: { ...plan.place, databaseUrl: database.url } })]
  } finally {
    await database.end()
  }
}

interface Wanted {
  readonly name: string
  readonly chance: Plan['chance']
  readonly kills: number
  readonly kind: keyof typeof kinds
  readonly tally: Tally
}

function planOf({ chance, kills, kind, name, tally }: Wanted): Plan {
  return {
    name,
    place: { directory: join(directory, name), databaseUrl: undefined },
    chance,
    kills,
    tally,
    ...kinds[kind],
  }
}

async function judged(plan: Plan): Promise<World> {
  const world = await runWorld(plan)
  const sums = judgeRequests(world, plan.tally)
  judgeMoney(world, plan.tally)
  console.log(`${seconds()} s  ${world.name}: ${world.lives.length} lives, ${told(sums)}`)
  return world
}

function seconds(): string {
  return ((performance.now() - startedAtMs) / 1000).toFixed(0).padStart(4)
}

function told({ atCheckpoint, broken, charged, killedLoss, left, leftLoss, metered, refused, whole }: Sums): string {
  return `${whole} whole, ${left} left, ${broken} broken, ${refused} refused; metered ${usd(metered)}, charged ${usd(charged)}, lost to kills ${usd(killedLoss)}, to leaving ${usd(leftLoss)}; ${atCheckpoint} charged at a checkpoint`
}

function usd(amount: bigint): string {
  return `$${(Number(amount) / 1e9).toFixed(4)}`
}

function tell(worlds: readonly World[]): void {
  const lives = worlds.flatMap((world) => world.lives)
  const count = (end: (typeof lives)[number]['end']): number => lives.filter((life) => life.end === end).length
  console.log(
    `${seconds()} s  ${count('killed')} killed at work, ${count('killed at start')} at their start, ${count('asked')} ended by SIGTERM; ${worlds.reduce((sum, { traces }) => sum + traces.length, 0)} requests`,
  )
}
