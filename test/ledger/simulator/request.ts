import type { Clock } from '../../../src/ledger/clock.ts'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import { nano } from '../../../src/model/money.ts'
import { count, type Journal, type SeenRequest } from './journal.ts'
import type { World } from './world.ts'

export interface Surroundings {
  readonly world: World
  readonly clock: Clock
  readonly ledger: Ledger
  readonly journal: Journal
}

/** The life of one request as the relay leads it, with the carelessness of retries: things are asked twice. */
export async function runRequest({ world, clock, ledger, journal }: Surroundings, id: string): Promise<void> {
  const wait = (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve))
  const account = `user-${world.below(2)}`
  const amount = nano(BigInt(50 + world.below(200)))
  const holds = [{ account }, ...(world.chance(0.5) ? [{ account: `key-${world.below(2)}`, limit: nano(1_500n) }] : [])]
  const seen: SeenRequest = {
    id,
    wasDispatched: false,
    used: 0n,
    checkpoint: 0n,
    acknowledged: 0n,
  }
  journal.requests.set(id, seen)

  const reserve = () => ledger.submit<'reserve'>({ do: 'reserve', id, holds, amount })
  const [reserved, rival] = await Promise.all([reserve(), world.chance(0.1) ? reserve() : undefined])
  count(journal, reserved.is)
  if (reserved.is !== 'reserved' || reserved.repeated) {
    // The rival was first: it goes on, and this one does not.
    if (rival?.is !== 'reserved' || rival.repeated) return
  }
  seen.wasDispatched = true

  let held: bigint = amount
  for (let chunks = world.below(6); chunks > 0; chunks--) {
    await wait(world.random() * 4_000)
    if (seen.used + 40n > held) {
      const extended = await ledger.submit<'extend'>({ do: 'extend', id, amount: nano(held + 100n) })
      count(journal, extended.is)
      if (extended.is !== 'extended') break
      held = extended.amount
    }
    seen.used += BigInt(world.below(40))
    if (world.chance(0.6)) await checkpoint({ ledger, journal }, seen)
  }
  await wait(world.random() * 500)
  // A vendor may report somewhat more than was bounded.
  if (world.chance(0.1)) seen.used += BigInt(world.below(20))
  await end({ world, ledger, journal }, seen)
}

async function checkpoint(
  { ledger, journal }: Pick<Surroundings, 'ledger' | 'journal'>,
  seen: SeenRequest,
): Promise<void> {
  const used = nano(seen.used)
  const answer = await ledger.submit<'checkpoint'>({ do: 'checkpoint', id: seen.id, used })
  count(journal, answer.is)
  if (answer.is === 'checkpointed') seen.checkpoint = used
}

async function end({ world, ledger, journal }: Omit<Surroundings, 'clock'>, seen: SeenRequest): Promise<void> {
  const { id } = seen
  if (seen.used === 0n) {
    const voided = await ledger.submit<'void'>({ do: 'void', id, reason: 'no answer' })
    count(journal, voided.is)
    return
  }
  const charge = nano(seen.used)
  const costs = [{ vendor: 'acme', amount: nano(charge / 2n) }]
  const settle = () => ledger.submit<'settle'>({ do: 'settle', id, charge, costs, source: 'vendor' })
  const [settled] = await Promise.all([settle(), world.chance(0.2) ? settle() : undefined])
  count(journal, settled.is)
  if (settled.is === 'settled' || settled.is === 'kept' || isSwept(settled)) seen.acknowledged = charge
  if (world.chance(0.1)) await ledger.submit<'void'>({ do: 'void', id, reason: 'too late' })
}

const isSwept = (answer: { is: string; source?: string }): boolean =>
  answer.is.startsWith('already') && answer.source === 'sweep'
