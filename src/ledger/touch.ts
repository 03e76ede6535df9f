import type { Command, Verb } from './command.ts'
import { operationOf } from './decide/move.ts'
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

/** Accounts that are named, those that touched reservations hold on, and the system's that may move with them. */
export function accountsTouched(
  commands: readonly Command[],
  reservations: Iterable<Reservation>,
  node: string,
): string[] {
  const system = systemAccounts(node)
  const touched = commands.flatMap((command) => [...named(command), ...systems(command, system)])
  for (const { accounts } of reservations) touched.push(...accounts)
  return sorted(touched)
}

function named(command: Command): readonly string[] {
  if (command.do === 'reserve') return command.holds.map(({ account }) => account)
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
