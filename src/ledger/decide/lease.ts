import { type Nano, nano, smaller, zero } from '../../model/money.ts'
import type { Answers } from '../answer.ts'
import type { CommandOf, Hold } from '../command.ts'
import { ownerOf, shareOf, sharesOf } from '../lease/share.ts'
import { type Account, availableOf, type TransferKind } from '../state.ts'
import type { Draft } from './draft.ts'

// An account and its shares are one: what any of them has is there for all, and nobody is refused for where it lies.
// Where that needs more than was read, the draft says what it wants, and is made again from that.

/** Whether only this node's share of the account was read. */
export const isLeased = (draft: Draft, owner: string): boolean =>
  !draft.isWhole(owner) && (draft.context.leasing?.wishes.has(owner) ?? false)

/** The share that a hold goes on, if there is enough on it. */
export function shareFor(draft: Draft, hold: Hold, amount: bigint): Account | undefined {
  const share = draft.account(shareOf(hold.account, draft.context.node))
  const isOfKind = !('limit' in hold) || share?.kind === 'budget'
  if (share && isOfKind && availableOf(share) >= amount) return share
  draft.want(hold.account)
  return undefined
}

/** The same, of an account that was read whole: drawn, or filled up, where the account can spare it. */
export function filledShare(draft: Draft, owner: Account, amount: bigint): Account | undefined {
  const { leasing, node } = draft.context
  const wish = leasing?.wishes.get(owner.id)
  if (!leasing || wish === undefined || !draft.isWhole(owner.id)) return undefined
  // A limit that changes is written with the hold that says so, on the account itself.
  if (draft.account(owner.id)?.floor !== owner.floor) return undefined
  const id = shareOf(owner.id, node)
  const [onOwner, onShare] = [availableIn(draft, owner), freeOn(draft, id)]
  if (onOwner < 0n || onOwner + onShare < leasing.terms.poorBelow) {
    if (onShare > 0n) pass(draft, 'return', { from: id, to: owner.id, amount: onShare })
    return undefined
  }
  if (onShare >= amount) return draft.account(id)
  const target = smaller(nano((onOwner + onShare) / leasing.terms.part), wish)
  if (target < amount || target <= onShare) return undefined
  draft.place({ id, kind: owner.kind, floor: zero })
  pass(draft, 'lease', { from: owner.id, to: id, amount: target - onShare })
  return draft.account(id)
}

/**
 * Brings this amount onto an account, from wherever it is. What is available then; when that is less, all that there is
 * of it anywhere, and nothing was moved.
 */
export function gathered(draft: Draft, account: Account, amount: bigint): bigint {
  const here = availableIn(draft, account)
  if (here >= amount || draft.context.leasing === undefined) return here
  const owner = account.id === ownerOf(account.id) ? account : draft.account(ownerOf(account.id))
  if (!draft.isWhole(ownerOf(account.id))) draft.want(ownerOf(account.id))
  if (!owner || !draft.isWhole(owner.id)) return here
  const all = sharesOf(owner.id).reduce((sum, id) => sum + freeOn(draft, id), availableIn(draft, owner))
  if (all < amount) return all
  const missing = amount - here
  if (account === owner || availableIn(draft, owner) < missing) unite(draft, owner.id, account.id)
  if (account !== owner) pass(draft, 'lease', { from: owner.id, to: account.id, amount: missing })
  return availableIn(draft, account)
}

/** All that is free on shares, but for one of them, goes back to their owner: somebody has a reason to know it exactly. */
export function unite(draft: Draft, owner: string, except = owner): void {
  if (draft.context.leasing === undefined) return
  if (!draft.isWhole(owner)) draft.want(owner)
  for (const id of sharesOf(owner)) {
    const amount = id === except ? 0n : freeOn(draft, id)
    if (amount > 0n) pass(draft, 'return', { from: id, to: owner, amount })
  }
}

export function giveBack(draft: Draft, { share, version }: CommandOf<'return'>): Answers['return'] {
  const amount = draft.account(share)?.version === version ? freeOn(draft, share) : zero
  if (amount <= 0n) return { is: 'returned', amount: zero }
  const isMoved = pass(draft, 'return', { from: share, to: ownerOf(share), amount })
  return { is: 'returned', amount: isMoved ? amount : zero }
}

/** As the hold sees the account, whose limit may be another than is written; its money as the batch has left it. */
const availableIn = (draft: Draft, account: Account): bigint => {
  const written = draft.account(account.id) ?? account
  return availableOf(written === account ? account : { ...written, floor: account.floor })
}

const freeOn = (draft: Draft, share: string): Nano => {
  const account = draft.account(share)
  return account ? nano(availableOf(account)) : zero
}

function pass(
  draft: Draft,
  kind: Extract<TransferKind, 'lease' | 'return'>,
  { from, to, amount }: { readonly from: string; readonly to: string; readonly amount: bigint },
): boolean {
  const { batch, node } = draft.context
  const operation = `lease/${batch}`
  const leg = draft.operation(operation)?.length ?? 0
  const about = { operation, leg, kind, reservation: '', actor: '', reason: node, price: '' }
  return draft.move([{ ...about, debit: from, credit: to, amount: nano(amount) }]) === undefined
}
