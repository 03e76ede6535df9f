import type { Account } from '../model/account.ts'
import { floorOf, userAccount } from '../relay/holds.ts'
import type { Relay } from '../relay/relay.ts'

type Told = Pick<Relay, 'log' | 'snapshot' | 'till'>

const againMs = 5_000

/**
 * Tells the ledger how far an account may be overdrawn. What was asked is saved already; when the ledger is away it hears of
 * it later, from here or from the first request that pays, so that nothing has to be asked again.
 */
export async function tellFloor(relay: Told, account: Account): Promise<void> {
  try {
    const floor = floorOf(account)
    const answer = await relay.till.ledger.submit({ do: 'open', account: userAccount(account.id), floor })
    if (answer.is === 'opened') return
    relay.log.warn({ account: account.id, answer: answer.is }, 'the ledger hears later of an account')
    if (answer.is === 'unavailable') setTimeout(() => void again(relay, account.id), againMs).unref()
  } catch (error) {
    // A ledger that is closed, or a bug: the first request that pays tells it again.
    relay.log.error({ account: account.id, err: error }, 'the ledger was not told of an account')
  }
}

/** What is said of the account by then. */
async function again(relay: Told, id: string): Promise<void> {
  const account = relay.snapshot().accounts.get(id)
  if (account) await tellFloor(relay, account)
}
