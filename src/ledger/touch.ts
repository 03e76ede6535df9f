import type { Command, Verb } from './command.ts'
import { operationOf } from './decide/move.ts'
import { noReach, type Reach } from './lease/leasing.ts'
import { ownerOf, shareOf, sharesOf } from './lease/share.ts'
import type { Reservation } from './state.ts'
import { type SystemAccounts, systemAccounts } from './system-accounts.ts'

// A store reads what a batch touches in this order, and where it locks it locks in this order, each sorted: all
// reservations before all accounts. So no two batches wait for one another in a circle.

const onReservations = new Set<Verb>(['reserve', 'extend', 'checkpoint', 'settle', 'void', 'sweep'])

export const reservationsTouched = (commands: readonly Command[]): string[] =>
  sorted(commands.flatMap((command) => (onReservations.has(command.do) && 'id' in command ? [command.id] : [])))

export const operationsTouched = (commands: readonly Command[]): string[] =>
  sorted(
    commands.flatMap((command) => (command.do === 'credit' || command.do === 'adjust' ? [operationOf(command)] : [])),
  )

/**
 * Accounts that are named, those that touched reservations hold on, and the system's that may move with them; of leased
 * accounts as much as `reach` says.
 */
export function accountsTouched(
  commands: readonly Command[],
  reservations: Iterable<Reservation>,
  node: string,
  reach: Reach = noReach,
): string[] {
  const system = systemAccounts(node)
  const leased = (owner: string): string =>
    reach.wishes.has(owner) && !reach.whole.has(owner) ? shareOf(owner, node) : owner
  const touched = commands.flatMap((command) => [...named(command, leased), ...systems(command, system)])
  for (const { accounts } of reservations) touched.push(...accounts)
  for (const owner of reach.whole) touched.push(owner, ...sharesOf(owner))
  return sorted(touched)
}

function named(command: Command, leased: (owner: string) => string): readonly string[] {
  if (command.do === 'reserve') return command.holds.map(({ account }) => leased(account))
  if (command.do === 'return') return [command.share, ownerOf(command.share)]
  if (command.do === 'adjust') return command.accounts
  return command.do === 'open' || command.do === 'credit' ? [command.account] : []
}

function systems(command: Command, system: SystemAccounts): readonly string[] {
  const costs = 'costs' in command ? (command.costs ?? []) : []
  const vendors = costs.length > 0 ? [system.cost, ...costs.map(({ vendor }) => system.vendor(vendor))] : []
  return [...(moved[command.do]?.map((name) => system[name]) ?? []), ...vendors]
}

type Name = Exclude<keyof SystemAccounts, 'vendor'>

const moved: { readonly [V in Verb]?: readonly Name[] } = {
  credit: ['topUp'],
  adjust: ['adjustment', 'spent'],
  settle: ['revenue', 'spent', 'writtenOff'],
  sweep: ['revenue', 'spent'],
}

const sorted = (ids: readonly string[]): string[] => [...new Set(ids)].sort()
