import { z } from 'zod'
import type { Reservation, Transfer } from '../ledger/state.ts'
import { ok, refuse } from '../model/fault.ts'
import type { RequestRow } from '../store/requests.ts'
import { givenMoment, moment, moneyFields, tellMoment, tellMoney } from './api/amount.ts'
import { byId, type Endpoint, endpoint, noBody } from './api/endpoint.ts'
import { cut, pageFields, pageOf, readCursor } from './api/page.ts'
import { noSuchThing } from './api/refusal.ts'
import { line } from './api/text.ts'
import { tellTransfer, toldTransfer } from './entries.ts'

const requestFields = {
  id: z.string(),
  at: moment,
  account: z.string(),
  key: z.string(),
  model: z.string(),
  channel: z.string(),
  outcome: z
    .string()
    .describe(
      'how its last attempt ended; `swept` and `recovered`: its server died during it or right after it, and this is what the ledger knows',
    ),
  ...moneyFields('charged'),
}
const toldRequest = z.object(requestFields)

const told = (row: RequestRow) => ({
  id: row.id,
  at: tellMoment(row.atMs),
  account: row.account,
  key: row.keyId,
  model: row.model,
  channel: row.channel,
  outcome: row.outcome,
  ...tellMoney('charged', row.charged),
})

const toldReservation = z.object({
  state: z.string(),
  accounts: z.array(z.string()),
  ...moneyFields('asked'),
  ...moneyFields('held'),
  ...moneyFields('charged'),
  ...moneyFields('excess'),
  source: z.string().describe('where the usage comes from, or why it ended'),
  price: z.string().describe('the version of the prices that it was reckoned with'),
  reserved_at: moment,
  resolved_at: moment.nullable(),
})

const tellReservation = (row: Reservation) => ({
  state: row.state,
  accounts: [...row.accounts],
  ...tellMoney('asked', row.asked),
  ...tellMoney('held', row.amount),
  ...tellMoney('charged', row.charged),
  ...tellMoney('excess', row.excess),
  source: row.source,
  price: row.price,
  reserved_at: tellMoment(row.reservedAtMs),
  resolved_at: row.resolvedAtMs === 0 ? null : tellMoment(row.resolvedAtMs),
})

/** Requests sort by time and, within a moment, by id. */
const place = z.strictObject({ atMs: z.int(), id: line(200) })

const list = endpoint({
  method: 'GET',
  path: '/requests',
  role: 'reader',
  bodyLimit: noBody,
  summary: 'Requests that were answered or refused, the newest first',
  query: z.strictObject({
    ...pageFields,
    account: line(200).optional(),
    key: line(200).optional(),
    from: givenMoment.optional(),
    to: givenMoment.optional(),
  }),
  answer: pageOf(toldRequest),
  async run({ admin, query: { limit, cursor, account, key, from, to } }) {
    const after = readCursor(cursor, place)
    if (!after.ok) return after
    const filter = {
      ...(account !== undefined && { account }),
      ...(key !== undefined && { keyId: key }),
      ...(from !== undefined && { fromMs: Date.parse(from) }),
      ...(to !== undefined && { toMs: Date.parse(to) }),
    }
    const rows = await admin.relay.store.requests.page(filter, limit + 1, after.value)
    return ok(cut(rows, limit, told, ({ atMs, id }) => ({ atMs, id })))
  },
})

const read = endpoint({
  method: 'GET',
  path: '/requests/{id}',
  role: 'reader',
  bodyLimit: noBody,
  summary: 'One request: what was reserved for it, its attempts and usage, and what was charged',
  params: byId,
  answer: z.object({
    id: z.string(),
    request: toldRequest
      .extend({ detail: z.record(z.string(), z.unknown()).describe('usage, price, attempts, durations, losses') })
      .nullable(),
    reservation: toldReservation.nullable(),
    entries: z.array(toldTransfer),
  }),
  async run({ admin: { relay, books }, params: { id } }) {
    const row = await relay.store.requests.find(id)
    const reservation = await books.reservation(id)
    // One that is under way is in the ledger only; one that cost nothing may be in the log only.
    if (!row && !reservation) return refuse(noSuchThing)
    const transfers: readonly Transfer[] = reservation ? await books.transfersOf(id) : []
    return ok({
      id,
      request: row ? { ...told(row), detail: { ...row.detail } } : null,
      reservation: reservation ? tellReservation(reservation) : null,
      entries: transfers.map(tellTransfer),
    })
  },
})

export const requestEndpoints: readonly Endpoint[] = [list, read]
