import type { AnswerOf } from '../ledger/answer.ts'
import type { Cost } from '../ledger/command.ts'
import type { Postponed } from '../ledger/ledger.ts'
import { type Fault, fault } from '../model/fault.ts'
import { type Nano, nano, usdOf } from '../model/money.ts'
import type { Exchange } from './exchange.ts'
import { floorOf, holdsOf, nameOfAccount, userAccount } from './holds.ts'
import { writeMemo } from './memo.ts'
import type { Till } from './till.ts'

/** Whom something is set aside for. */
export type Payer = Pick<Exchange, 'client' | 'key' | 'peek' | 'relay' | 'requestId'>

/** What a request that is over is charged, and costs us. */
export interface Settlement {
  readonly charge: bigint
  readonly costs: readonly Cost[]
  /** Where the figures come from. */
  readonly source: string
  /** The id of the price that it is charged by; absent where nobody answered. */
  readonly price: string | undefined
}

/** What is set aside for one request, at the ledger. Nothing is, for what is free. */
export class Reservation {
  amount = nano(0n)
  readonly #payer: Payer
  #isExtending = false

  constructor(payer: Payer) {
    this.#payer = payer
  }

  get isNeeded(): boolean {
    return this.amount > 0n
  }

  /** The fault that refuses the request, if it is refused. `price`: what is charged by if nobody can tell any more who answered. */
  async open(amount: Nano, price: string): Promise<Fault | undefined> {
    // Nothing can be owed for what is free.
    if (amount === 0n) return undefined
    const { key, relay, requestId: id } = this.#payer
    this.#openAccount()
    const holds = holdsOf(key, relay.clock())
    const memo = memoOf(this.#payer)
    const answer = await relay.till.ledger.submit<'reserve'>({ do: 'reserve', id, holds, amount, price, memo })
    if (answer.is === 'reserved' && !answer.repeated) {
      this.amount = answer.amount
      return undefined
    }
    if (answer.is === 'insufficient') return shortOf(answer.account, answer.available, amount)
    if (answer.is === 'unavailable') return outOfOrder()
    throw new Error(`a reservation was answered with "${answer.is}"`)
  }

  /**
   * Asks for more while the answer goes on, one question at a time; when the ledger is away, the next chunk asks again.
   * @param granted is told when there is that much
   * @param refused is told why there is not
   */
  extend(amount: Nano, granted: () => void, refused: (why: Fault) => void): void {
    if (this.#isExtending) return
    this.#isExtending = true
    this.#extended(amount)
      .then(
        (answer) => {
          if (answer.is === 'insufficient') refused(shortOf(answer.account, answer.available, amount))
          if (answer.is === 'extended') granted()
        },
        (error: unknown) => this.#payer.relay.log.error({ err: error }, 'a reservation was not extended'),
      )
      .finally(() => {
        this.#isExtending = false
      })
  }

  /** See `reach`. */
  async follow(charge: bigint): Promise<void> {
    if (!this.isNeeded || charge <= this.amount) return
    const { relay, requestId } = this.#payer
    this.amount = await reach(relay.till.ledger, { id: requestId, amount: this.amount }, charge)
  }

  /** What is charged if this process dies. */
  checkpoint(used: Nano): void {
    const { relay, requestId: id } = this.#payer
    relay.till.ledger
      .submit<'checkpoint'>({ do: 'checkpoint', id, used })
      .catch((error: unknown) => relay.log.error({ err: error }, 'a checkpoint was not written'))
  }

  /** Gives what was really charged. */
  async settle({ charge, costs, price, source }: Settlement): Promise<bigint> {
    if (!this.isNeeded) return 0n
    const { relay, requestId: id } = this.#payer
    const { ledger } = relay.till
    if (price === undefined || (charge === 0n && costs.length === 0)) {
      await ledger.submit<'void'>({ do: 'void', id, reason: source })
      return 0n
    }
    const settled = await ledger.submit<'settle'>({ do: 'settle', id, charge: nano(charge), costs, source, price })
    return chargedOf(settled, charge)
  }

  async #extended(amount: Nano) {
    const { relay, requestId: id } = this.#payer
    const answer = await relay.till.ledger.submit<'extend'>({ do: 'extend', id, amount })
    if (answer.is === 'extended') this.amount = answer.amount
    return answer
  }

  /** The account is there before anything is held on it; both stand in one commit. */
  #openAccount(): void {
    const { key, relay } = this.#payer
    const account = relay.snapshot().accounts.get(key.account)
    if (!account) throw new Error('a key without an account was let in')
    const known = opened.get(relay.till) ?? new Map<string, Nano>()
    opened.set(relay.till, known)
    const floor = floorOf(account)
    if (known.get(account.id) === floor) return
    relay.till.ledger.submit<'open'>({ do: 'open', account: userAccount(account.id), floor }).then(
      (answer) => {
        if (answer.is === 'opened') known.set(account.id, floor)
      },
      (error: unknown) => relay.log.error({ err: error }, 'an account was not opened'),
    )
  }
}

/**
 * The bound is what a request says of itself, and a vendor may know better: thoughts that nobody is shown, documents that are
 * only named, limits that it does not heed. The reservation follows what it says in the end, as far as the money goes.
 * Gives what is set aside then.
 */
export async function reach(
  ledger: Till['ledger'],
  { amount, id }: { readonly id: string; readonly amount: Nano },
  charge: bigint,
): Promise<Nano> {
  const extend = (to: bigint) => ledger.submit<'extend'>({ do: 'extend', id, amount: nano(to) })
  let answer = await extend(charge)
  if (answer.is === 'insufficient' && answer.available > 0n) answer = await extend(amount + answer.available)
  return answer.is === 'extended' ? answer.amount : amount
}

/** Accounts whose floor the ledger was told by this process. */
const opened = new WeakMap<Till, Map<string, Nano>>()

const memoOf = ({ client, key, peek }: Payer): string =>
  writeMemo({ key: key.id, model: peek.model, format: client.format, isStream: peek.stream !== false })

/** What the customer has paid when all is written, whoever has written it: see `ledger/late.ts`. */
const chargedOf = (answer: AnswerOf<'settle'> | Postponed<'settle'>, charge: bigint): bigint => {
  if (answer.is === 'settled') return answer.charged
  return 'reserved' in answer && charge > answer.reserved ? answer.reserved : charge
}

const shortOf = (account: string, available: bigint, amount: bigint): Fault =>
  fault(
    'billing',
    `${nameOfAccount(account)} does not cover this request: it may cost up to $${usdOf(nano(amount))}, and $${usdOf(nano(available))} is left.`,
    { code: 'insufficient_quota', isOwn: true },
  )

const outOfOrder = (): Fault =>
  fault('overloaded', 'The ledger cannot be reached at the moment. Nothing was sent or charged.', {
    retryAfterMs: 2_000,
  })
