import type { Books } from './books.ts'
import type { Trace } from './customer.ts'
import type { Place } from './server.ts'
import type { Tally } from './tally.ts'

/** What must hold at any moment, even in the middle of the work. */
export function judgeBooks({ accounts, reservations, transfers }: Books, tally: Tally): void {
  const moved = new Map<string, bigint>()
  const add = (to: Map<string, bigint>, id: string, amount: bigint): void =>
    void to.set(id, (to.get(id) ?? 0n) + amount)
  for (const { amount, credit, debit } of transfers) {
    add(moved, debit, -amount)
    add(moved, credit, amount)
  }
  const held = new Map<string, bigint>()
  for (const row of reservations) if (row.state === 'open') for (const id of row.accounts) add(held, id, row.amount)
  for (const account of accounts) {
    const { balance, floor, id } = account
    const shouldBe = moved.get(id) ?? 0n
    tally.check(
      'a balance is the sum of its transfers',
      balance === shouldBe,
      () => `${id}: ${balance}, not ${shouldBe}`,
    )
    const open = held.get(id) ?? 0n
    tally.check(
      'what is held is the sum of open reservations',
      account.held === open,
      () => `${id}: ${account.held}, not ${open}`,
    )
    if (account.kind !== 'system')
      tally.check(
        'no balance is below its floor',
        balance - account.held >= floor,
        () => `${id}: ${balance} − ${account.held} < ${floor}`,
      )
  }
  const known = new Set(accounts.map(({ id }) => id))
  tally.check(
    'every transfer is between accounts that exist',
    [...moved.keys()].every((id) => known.has(id)),
    () => 'one is not',
  )
  tally.check(
    'the books sum to zero',
    accounts.reduce((sum, { balance }) => sum + balance, 0n) === 0n,
    () => 'they do not',
  )
}

/** A file has one server at a time: what a former life left open is ended as soon as the next is up. */
export function judgeSweep(
  { reservations }: Books,
  { lives, traces }: { readonly lives: readonly { readonly upMs: number }[]; readonly traces: readonly Trace[] },
  { databaseUrl }: Place,
  tally: Tally,
): void {
  const life = lives.length - 1
  if (databaseUrl !== undefined || (lives[life]?.upMs ?? 0) < slowestSweepMs) return
  const former = new Set(traces.filter((trace) => trace.life < life).map(({ requestId }) => requestId))
  const left = reservations.filter(({ id, state }) => state === 'open' && former.has(id))
  tally.check('nothing of a former life stays open', left.length === 0, () => left.map(({ id }) => id).join(' '))
}

const slowestSweepMs = 300
