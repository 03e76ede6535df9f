import { mkdirSync } from 'node:fs'
import { type Books, readBooks } from './books.ts'
import type { Chance } from './chance.ts'
import { type Credit, payIn, smallCredits } from './credits.ts'
import { type Habit, runCustomer, type Trace } from './customer.ts'
import { judgeBooks, judgeSweep } from './judge-books.ts'
import { configure, customers, listening, type Place, spawnServer } from './server.ts'
import type { Tally } from './tally.ts'
import { startVendor, type Vendor } from './vendor.ts'

/** Lives and deaths of one server on one directory or database. */
export interface World {
  readonly name: string
  readonly traces: readonly Trace[]
  readonly lives: readonly Life[]
  readonly credits: readonly Credit[]
  readonly meter: Vendor['meter']
  /** After the last life. */
  readonly books: Books
}

export interface Life {
  /** `killed`: at any moment. `asked`: SIGTERM, which lets what is under way end. */
  readonly end: 'killed' | 'killed at start' | 'asked'
  readonly endedAtMs: number
  /** How long it listened. */
  readonly upMs: number
}

export interface Plan {
  readonly name: string
  readonly place: Place
  readonly chance: Chance
  /** How often it is killed. */
  readonly kills: number
  /** Shortest and longest life, from when it listens. */
  readonly lifeMs: readonly [number, number]
  readonly habit: Habit
  readonly tally: Tally
  /** How long the last life gives the sweeper. */
  readonly sweepMs: number
}

interface SoFar {
  readonly traces: Trace[]
  readonly lives: Life[]
  readonly credits: Credit[]
  token: string | undefined
  mark: number
}

export async function runWorld(plan: Plan): Promise<World> {
  const { chance, name, place, tally } = plan
  mkdirSync(place.directory, { recursive: true })
  const vendor = await startVendor()
  configure(place, vendor.url)
  const first: Credit = { name: 'first', account: 'rich', amount: 10 ** 12, isAcknowledged: false }
  const so: SoFar = { traces: [], lives: [], credits: [first], token: undefined, mark: 0 }
  try {
    while (so.lives.filter(({ end }) => end !== 'asked').length < plan.kills) {
      const dice = chance.next()
      // The first life tells the token, once: it must not die before.
      if (dice < 0.08 && so.token !== undefined) so.lives.push(await dieAtStart(plan))
      else so.lives.push(await liveAndEnd(plan, so, dice > 0.94 ? 'asked' : 'killed'))
      const books = await readBooks(place)
      judgeBooks(books, tally)
      judgeSweep(books, so, place, tally)
    }
    so.lives.push(await lastLife(plan, so))
    const books = await readBooks(place)
    judgeBooks(books, tally)
    return { name, ...so, meter: vendor.meter, books }
  } finally {
    await vendor.close()
  }
}

async function dieAtStart({ chance, place }: Plan): Promise<Life> {
  const program = spawnServer(place)
  await wait(chance.between(20, 900))
  program.child.kill('SIGKILL')
  await program.ended
  return { end: 'killed at start', endedAtMs: performance.now(), upMs: 0 }
}

async function liveAndEnd(plan: Plan, so: SoFar, end: 'killed' | 'asked'): Promise<Life> {
  const { chance, habit, lifeMs, place, tally } = plan
  const life = so.lives.length
  const program = spawnServer(place)
  const { rootToken, url } = await listening(program)
  so.token ??= rootToken
  const till = { url, token: so.token ?? '' }
  // Nobody can ask for anything without the first.
  if (!so.credits[0]?.isAcknowledged) await payIn(till, so.credits)
  so.credits.push(...smallCredits(chance, life))
  const startedAtMs = performance.now()
  let isOver = false
  const working = customers.map(({ name: customer }) => {
    const workload = { customer, life, url, chance: chance.fork(), habit, nextMark: () => so.mark++ }
    return runCustomer(workload, so.traces, () => isOver)
  })
  const paying = payIn(till, so.credits).catch((error: unknown) => {
    // What the server dies of is asked for again in its next life.
    if (!isOver) throw error
  })
  await wait(chance.between(...lifeMs))
  isOver = true
  const endedAtMs = performance.now()
  program.child.kill(end === 'asked' ? 'SIGTERM' : 'SIGKILL')
  const code = await program.ended
  if (end === 'asked') tally.check('a server that is asked to end ends well', code === 0, () => program.said.error)
  tally.check(
    'the server does not complain',
    program.said.error === '' && !isTrouble(program.said.out),
    () => program.said.out + program.said.error,
  )
  await Promise.all([...working, paying])
  return { end, endedAtMs, upMs: endedAtMs - startedAtMs }
}

const isTrouble = (out: string): boolean => /"level":50/.test(out)

/** Sweeps what the one before left, takes the last credits, and ends well. */
async function lastLife({ place, sweepMs, tally }: Plan, so: SoFar): Promise<Life> {
  const program = spawnServer(place)
  const { url } = await listening(program)
  await payIn({ url, token: so.token ?? '' }, so.credits)
  await wait(sweepMs)
  program.child.kill('SIGTERM')
  const code = await program.ended
  tally.check('a server that is asked to end ends well', code === 0, () => program.said.error)
  return { end: 'asked', endedAtMs: performance.now(), upMs: sweepMs }
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
