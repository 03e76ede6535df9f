import { largestNano, type Nano, nano } from '../../model/money.ts'
import type { Command, CommandOf, Hold } from '../command.ts'
import { type Account, availableOf, type Changes, type State } from '../state.ts'
import type { Reach, Terms } from './leasing.ts'
import { shareOf } from './share.ts'

/** What one process reserves on each account, by which it knows the hot ones. */
export interface Traffic {
  /** Counts a batch; what is to be read for it. */
  plan(commands: readonly Command[]): Reach
  /** What was read and written of it in the end. */
  learn(reach: Reach, state: Pick<State, 'accounts'>, changes: Changes): void
  /** Shares that this process has drawn. */
  drawn(): ReadonlySet<string>
}

interface Flow {
  readonly count: number
  readonly amount: bigint
}

export interface TrafficParts {
  readonly terms: Terms
  readonly node: string
  nowMs(): number
}

/** An account that could spare nothing is asked again only after so many windows. */
const directWindows = 2

export function trafficOf({ terms, node, nowMs }: TrafficParts): Traffic {
  const drawn = new Set<string>()
  /** Accounts that could spare nothing: until when they are left alone. */
  const direct = new Map<string, number>()
  /** Limits of hot accounts as they are written: another one counts at once, for what is on the share too. */
  const known = new Map<string, bigint | undefined>()
  let flows = new Map<string, Flow>()
  let wishes: ReadonlyMap<string, Nano> = new Map()
  let sinceMs = nowMs()

  function turn(): void {
    const now = nowMs()
    const elapsedMs = now - sinceMs
    if (elapsedMs < terms.windowMs || elapsedMs === 0) return
    for (const [owner, untilMs] of direct) if (untilMs <= now) direct.delete(owner)
    // What is hot stays so until it is half as hot.
    const isHot = ([owner, { count }]: [string, Flow]): boolean =>
      !direct.has(owner) && count * 1_000 >= terms.hotPerSecond * elapsedMs * (wishes.has(owner) ? 0.5 : 1)
    const spend = BigInt(terms.spendMs)
    const over = BigInt(Math.ceil(elapsedMs))
    wishes = new Map([...flows].filter(isHot).map(([owner, { amount }]) => [owner, inRange((amount * spend) / over)]))
    for (const owner of known.keys()) if (!wishes.has(owner)) known.delete(owner)
    flows = new Map()
    sinceMs = now
  }

  function leaveAlone(owner: string): void {
    direct.set(owner, nowMs() + directWindows * terms.windowMs)
    known.delete(owner)
    wishes = new Map([...wishes].filter(([other]) => other !== owner))
  }

  return {
    plan(commands) {
      turn()
      const whole = new Set<string>()
      for (const { amount, hold } of holdsOf(commands)) {
        const { count = 0, amount: before = 0n } = flows.get(hold.account) ?? {}
        flows.set(hold.account, { count: count + 1, amount: before + amount })
        if (!wishes.has(hold.account)) continue
        const limit = 'limit' in hold ? hold.limit : undefined
        if (!known.has(hold.account) || known.get(hold.account) !== limit) whole.add(hold.account)
      }
      return { wishes, whole }
    },
    learn(reach, state, changes) {
      const after = (id: string): Account | undefined => accountAfter(id, state, changes)
      for (const owner of reach.whole) {
        if (!reach.wishes.has(owner)) continue
        const share = after(shareOf(owner, node))
        if (share && availableOf(share) > 0n) known.set(owner, limitOf(after(owner)))
        else leaveAlone(owner)
        if (share) drawn.add(share.id)
      }
    },
    drawn: () => drawn,
  }
}

const holdsOf = (commands: readonly Command[]): { readonly amount: bigint; readonly hold: Hold }[] =>
  commands
    .filter((command): command is CommandOf<'reserve'> => command.do === 'reserve')
    .flatMap(({ holds, amount }) => holds.map((hold) => ({ amount, hold })))

const inRange = (amount: bigint): Nano => nano(amount < 0n ? 0n : amount < largestNano ? amount : largestNano)

function accountAfter(id: string, state: Pick<State, 'accounts'>, { opened, changed }: Changes): Account | undefined {
  const isIt = (account: Account): boolean => account.id === id
  return changed.find(({ account }) => isIt(account))?.account ?? opened.find(isIt) ?? state.accounts.get(id)
}

/** A customer's account has none. */
const limitOf = (owner: Account | undefined): bigint | undefined =>
  owner?.kind === 'budget' ? -owner.floor : undefined
