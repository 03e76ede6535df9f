import type { BookReservation } from './books.ts'
import type { Trace } from './customer.ts'
import { wholeCost } from './order.ts'
import type { Tally } from './tally.ts'
import type { Metered } from './vendor.ts'
import type { World } from './world.ts'

/** What one request came to, as customer, vendor and books tell it. */
interface Case {
  readonly trace: Trace
  readonly metered: Metered | undefined
  readonly row: BookReservation | undefined
  /** The server may have been killed before it could settle this one. */
  readonly mayBeKilled: boolean
  /** The server's life ended in one way or another while this one may have run. */
  readonly mayBeCut: boolean
  readonly endedAtMs: number
}

export interface Sums {
  readonly whole: number
  readonly left: number
  readonly refused: number
  readonly broken: number
  readonly atCheckpoint: number
  /** Nano-USD. */
  readonly metered: bigint
  readonly charged: bigint
  readonly killedLoss: bigint
  readonly leftLoss: bigint
}

/** Compares every request with the vendor's meter. */
export function judgeRequests(world: World, tally: Tally): Sums {
  const rows = new Map(world.books.reservations.map((row) => [row.id, row]))
  const cases = casesOf(world, rows)
  for (const one of cases) judgeOne(one, tally)
  judgeUnnamed(world, cases, tally)
  const loss = (some: readonly Case[]): bigint =>
    some.reduce((sum, { metered, row }) => sum + (metered?.cost ?? 0n) - (row?.charged ?? 0n), 0n)
  const isKilled = ({ row, trace, mayBeKilled }: Case): boolean =>
    mayBeKilled && trace.end !== 'refused' && (row === undefined || row.source === 'sweep' || row.state === 'voided')
  const killed = cases.filter(isKilled)
  const left = cases.filter((one) => one.trace.end === 'left' && !isKilled(one))
  const cut = cases.filter((one) => one.trace.end === 'broken' && !isKilled(one))
  const others = cases.filter((one) => !killed.includes(one) && !left.includes(one) && !cut.includes(one))
  tally.check(
    'the vendor’s meter and the charges differ by killed and left requests alone',
    loss(others) === 0n,
    () => `by ${loss(others)}`,
  )
  const count = (end: Trace['end']): number => cases.filter(({ trace }) => trace.end === end).length
  return {
    whole: count('whole'),
    left: count('left'),
    refused: count('refused'),
    broken: count('broken'),
    atCheckpoint: world.books.reservations.filter(({ charged, source }) => source === 'sweep' && charged > 0n).length,
    metered: cases.reduce((sum, { metered }) => sum + (metered?.cost ?? 0n), 0n),
    charged: world.books.reservations.reduce((sum, { charged }) => sum + charged, 0n),
    killedLoss: loss(killed),
    leftLoss: loss([...left, ...cut]),
  }
}

/** A customer asks one thing at a time, and commands are written in their order: what came before a reservation is safe. */
function casesOf({ lives, meter, traces }: World, rows: ReadonlyMap<string, BookReservation>): Case[] {
  const groups = Map.groupBy(traces, ({ customer, life }) => `${life} ${customer}`)
  return [...groups.values()].flatMap((group) =>
    group.map((trace, at) => {
      // Who leaves asks again before the server has noticed.
      const isLast = group
        .slice(at + 1)
        .every(({ requestId }, after) => requestId === undefined || (after === 0 && trace.end === 'left'))
      const life = lives[trace.life]
      return {
        trace,
        metered: meter.get(trace.order.mark),
        row: trace.requestId === undefined ? undefined : rows.get(trace.requestId),
        mayBeKilled: isLast && life?.end === 'killed',
        mayBeCut: isLast,
        endedAtMs: life?.endedAtMs ?? 0,
      }
    }),
  )
}

function judgeOne(one: Case, tally: Tally): void {
  const { metered, row, trace } = one
  const { order } = trace
  const tell = (): string =>
    `${JSON.stringify({ ...trace, row, metered: metered && { ...metered, steps: metered.steps.length } }, (_, value) => (typeof value === 'bigint' ? String(value) : value))} of ${wholeCost(order)}`
  tally.check('no vendor is asked twice', (metered?.times ?? 0) <= 1, tell)
  if (row) tally.check('every reservation is ended', row.state !== 'open', tell)
  judgments[trace.end](one, tally, tell)
}

type Judge = (one: Case, tally: Tally, tell: () => string) => void

const judgments: Readonly<Record<Trace['end'], Judge>> = {
  whole(one, tally, tell) {
    const cost = wholeCost(one.trace.order)
    tally.check('a whole answer is in the books', one.row !== undefined, tell)
    if (one.mayBeKilled && one.row?.source !== 'vendor') judgeKilled(one, tally, tell)
    else tally.check('a whole answer is charged what the vendor’s usage says', one.row?.charged === cost, tell)
  },
  left(one, tally, tell) {
    if (one.mayBeKilled && one.row?.source === 'sweep') return judgeKilled(one, tally, tell)
    const { metered, row, trace } = one
    const { leftAtMs = 0 } = trace
    const cost = metered?.cost ?? 0n
    tally.check('who left is charged no more than the meter says', (row?.charged ?? 0n) <= roughly(cost), tell)
    // The answer is told from its head on.
    if (row && trace.status === 200 && trace.isStream && !one.mayBeKilled)
      tally.check(
        'who left is charged what they got',
        row.charged >= (costAt(metered, leftAtMs - abortMs) * 6n) / 10n,
        tell,
      )
  },
  broken(one, tally, tell) {
    tally.check('a connection breaks only when the server ends', one.mayBeCut, tell)
    if (one.mayBeKilled) judgeKilled(one, tally, tell)
    else
      tally.check(
        'who was cut off is charged no more than the meter says',
        (one.row?.charged ?? 0n) <= roughly(one.metered?.cost ?? 0n),
        tell,
      )
  },
  refused({ metered, row, trace }, tally, tell) {
    tally.check('a refused request costs nothing', (row?.charged ?? 0n) === 0n && (metered?.cost ?? 0n) === 0n, tell)
    // A machine that is too busy makes the ledger turn requests away rather than let them wait.
    const isMeant =
      (trace.what ?? '').includes('The ledger cannot be reached') ||
      trace.order.ends === 'refused' ||
      (trace.customer.startsWith('poor') && [402, 429].includes(trace.status ?? 0))
    tally.check('requests are refused for want of money or by the vendor alone', isMeant, tell)
  },
  wrong: (_, tally, tell) => tally.check('an answer that ends well is right', false, tell),
}

/** The loss is at most what came after the last checkpoint, which is written every five seconds. */
const judgeKilled: Judge = ({ endedAtMs, metered, row }, tally, tell) => {
  const charged = row?.charged ?? 0n
  tally.check('who was killed is charged no more than the meter says', charged <= roughly(metered?.cost ?? 0n), tell)
  const known = costAt(metered, endedAtMs - checkpointMs)
  tally.check('who was killed loses at most one checkpoint', charged >= (known * 6n) / 10n, tell)
}

const checkpointMs = 6_000
const abortMs = 150

/** What is counted here and not told by the vendor is an estimate. */
const roughly = (cost: bigint): bigint => (cost * 13n) / 10n + 60_000n

function costAt(metered: Metered | undefined, atMs: number): bigint {
  const step = metered?.steps.findLast((one) => one.atMs <= atMs)
  return step?.cost ?? 0n
}

/** Reservations whose answer had no head yet: they are found by the key that asked. */
function judgeUnnamed({ books }: World, cases: readonly Case[], tally: Tally): void {
  const named = new Set(cases.map(({ trace }) => trace.requestId))
  const unnamed = books.reservations.filter(({ accounts, id }) => accounts.length > 0 && !named.has(id))
  for (const row of unnamed) tally.check('every reservation is ended', row.state !== 'open', () => row.id)
  const customerOf = ({ accounts }: BookReservation): string =>
    books.keys.get(accounts.find((id) => id.startsWith('key:'))?.split(':')[1] ?? '') ?? ''
  for (const [customer, rows] of Map.groupBy(unnamed, customerOf)) {
    const lost = cases.filter(({ trace }) => trace.customer === customer && trace.requestId === undefined)
    tally.check(
      'every reservation belongs to a request',
      rows.length <= lost.length,
      () => `${customer}: ${rows.length} of ${lost.length}`,
    )
    const charged = rows.reduce((sum, row) => sum + row.charged, 0n)
    const cost = lost.reduce((sum, { metered }) => sum + (metered?.cost ?? 0n), 0n)
    tally.check(
      'who never saw a head is charged no more than the meter says',
      charged <= roughly(cost),
      () => `${customer}: ${charged} of ${cost}`,
    )
  }
}
