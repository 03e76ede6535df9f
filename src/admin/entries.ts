import { z } from 'zod'
import type { Transfer } from '../ledger/state.ts'
import { fault, ok, type Result, refuse } from '../model/fault.ts'
import { type Nano, nano, usdOf } from '../model/money.ts'
import { floorOf, userAccount } from '../relay/holds.ts'
import { newId } from '../store/secrets.ts'
import { ledgerAway, tellAccount, toldAccount } from './account-told.ts'
import type { Actor, Admin } from './admin.ts'
import { moment, moneyFields, nanoAmount, nanoChange, tellMoment, tellMoney } from './api/amount.ts'
import { byId, type Call, type Endpoint, endpoint, noBody, smallBody } from './api/endpoint.ts'
import { cut, pageFields, pageOf, readCursor } from './api/page.ts'
import { noSuchThing } from './api/refusal.ts'
import { line } from './api/text.ts'
import { change } from './change.ts'

/** Money from one account to another: the two entries are one row. */
export const toldTransfer = z.object({
  operation: z.string(),
  kind: z.string(),
  debit: z.string().describe('the account that it left'),
  credit: z.string().describe('the account that it came to'),
  ...moneyFields('amount'),
  request: z.string().nullable(),
  actor: z.string().nullable(),
  reason: z.string().nullable(),
  price: z.string().nullable().describe('the version of the prices that it was reckoned with'),
  at: moment,
})

export const tellTransfer = (row: Transfer) => ({
  operation: row.operation,
  kind: row.kind,
  debit: row.debit,
  credit: row.credit,
  ...tellMoney('amount', row.amount),
  request: row.reservation || null,
  actor: row.actor || null,
  reason: row.reason || null,
  price: row.price || null,
  at: tellMoment(row.atMs),
})

/** Where a transfer stands in the book. */
const place = z.strictObject({ batch: z.int(), n: z.int() })

const list = endpoint({
  method: 'GET',
  path: '/accounts/{id}/ledger',
  role: 'reader',
  bodyLimit: noBody,
  summary: 'What came to an account and what it was charged, the newest first',
  params: byId,
  query: z.strictObject(pageFields),
  answer: pageOf(toldTransfer),
  async run({ admin, params, query: { limit, cursor } }) {
    const before = readCursor(cursor, place)
    if (!before.ok) return before
    if (!(await admin.relay.store.accounts.find(params.id))) return refuse(noSuchThing)
    const rows = await admin.books.statement({
      account: userAccount(params.id),
      limit: limit + 1,
      ...(before.value && { before: before.value }),
    })
    return ok(
      cut(
        rows,
        limit,
        ({ transfer }) => tellTransfer(transfer),
        ({ batch, n }) => ({ batch, n }),
      ),
    )
  },
})

const reason = line(500)

const credit = endpoint({
  method: 'POST',
  path: '/accounts/{id}/credit',
  isOnce: true,
  role: 'admin',
  bodyLimit: smallBody,
  summary: 'Money from outside, for an account. With an `Idempotency-Key` it is counted once',
  params: byId,
  body: z.strictObject({ amount_nano: nanoAmount.min(1), reason }),
  answer: toldAccount,
  run: (call) => moved(call, 'credit', nano(BigInt(call.body.amount_nano)), call.body.reason),
})

const adjust = endpoint({
  method: 'POST',
  path: '/accounts/{id}/adjust',
  isOnce: true,
  role: 'admin',
  bodyLimit: smallBody,
  summary:
    'A correction, up or down, never below what the account may owe. With an `Idempotency-Key` it is counted once',
  params: byId,
  body: z.strictObject({ amount_nano: nanoChange, reason }),
  answer: toldAccount,
  run: (call) => moved(call, 'adjust', nano(BigInt(call.body.amount_nano)), call.body.reason),
})

type Moving = Pick<Call<{ readonly id: string }>, 'admin' | 'actor' | 'params' | 'idempotencyKey'>

async function moved(
  { admin, actor, params, idempotencyKey }: Moving,
  verb: 'credit' | 'adjust',
  amount: Nano,
  why: string,
): Promise<Result<Awaited<ReturnType<typeof tellAccount>>>> {
  const account = await admin.relay.store.accounts.find(params.id)
  if (!account) return refuse(noSuchThing)
  const to = userAccount(account.id)
  // Accounts that nobody has paid with yet are not in the ledger.
  const opened = await admin.relay.till.ledger.submit({ do: 'open', account: to, floor: floorOf(account) })
  if (opened.is === 'unavailable') return refuse(ledgerAway)
  const id = idempotencyKey === undefined ? newId('op') : `${actor.id}/${idempotencyKey}`
  const about = { id, reason: why, actor: actor.id, amount }
  const answer = await admin.relay.till.ledger.submit(
    verb === 'credit' ? { do: verb, account: to, ...about } : { do: verb, accounts: [to], ...about },
  )
  // Another id would be another movement: only who named this one may ask again without looking.
  if (answer.is === 'unavailable' && idempotencyKey === undefined) return refuse(unknownWhether)
  const refusal = refusalOf(answer)
  if (refusal) return refuse(refusal)
  // What was asked before is noted already, at the latest in the ledger itself.
  if (answer.is === 'done' && !answer.repeated)
    await noted(admin, actor, { verb, id, account: account.id, amount, why })
  return ok(await tellAccount(admin, account))
}

type Moved = Awaited<ReturnType<Admin['relay']['till']['ledger']['submit']>>

function refusalOf(answer: Moved) {
  switch (answer.is) {
    case 'done':
      return undefined
    case 'unavailable':
      return ledgerAway
    case 'conflict':
      return fault('conflict', 'This Idempotency-Key was used for another amount or account.')
    case 'insufficient':
      return fault('invalid', `amount_nano: no more than ${usdOf(answer.available)} USD can be taken away`, {
        param: 'amount_nano',
      })
    case 'too large':
      return fault('invalid', 'amount_nano: the balance would be too large', { param: 'amount_nano' })
    default:
      throw new Error(`the ledger answered ${answer.is}`)
  }
}

const unknownWhether = fault(
  'overloaded',
  'The ledger does not answer, and it may or may not have been written. Look at the ledger of the account before you ask again, and send an Idempotency-Key.',
)

interface Movement {
  readonly verb: 'credit' | 'adjust'
  readonly id: string
  readonly account: string
  readonly amount: Nano
  readonly why: string
}

/** The money is where it belongs already, whatever happens to this line: transfers tell their actor and reason too. */
const noted = (admin: Admin, actor: Actor, { verb, id, account, amount, why }: Movement) =>
  change(admin, actor, async (_, note) => {
    const after = { operation: `${verb}/${id}`, ...tellMoney('amount', amount), reason: why }
    await note({ action: `account.${verb}`, subject: account, after })
    return ok(undefined)
  })

export const ledgerEndpoints: readonly Endpoint[] = [list, credit, adjust]
