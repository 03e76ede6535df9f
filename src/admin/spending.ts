import { z } from 'zod'
import { ok, type Result, refuse } from '../model/fault.ts'
import { dayMs, type Spender } from '../store/spending.ts'
import type { Admin } from './admin.ts'
import { givenMoment, moneyFields, tellMoney } from './api/amount.ts'
import { byId, type Endpoint, endpoint, noBody } from './api/endpoint.ts'
import { noSuchThing } from './api/refusal.ts'

const period = z.strictObject({
  from: givenMoment.optional().describe('its whole day (UTC) counts; from the beginning where absent'),
  to: givenMoment.optional().describe('its whole day (UTC) counts; up to today where absent'),
})

const spent = z.object({ ...moneyFields('charged') })

const ofAccount = endpoint({
  method: 'GET',
  path: '/accounts/{id}/spending',
  role: 'reader',
  bodyLimit: noBody,
  summary: 'What all keys of an account were charged, in whole days',
  params: byId,
  query: period,
  answer: spent,
  run: async ({ admin, params: { id }, query }) =>
    (await admin.relay.store.accounts.find(id)) ? sum(admin, { account: id }, query) : refuse(noSuchThing),
})

const ofKey = endpoint({
  method: 'GET',
  path: '/keys/{id}/spending',
  role: 'reader',
  bodyLimit: noBody,
  summary: 'What a key was charged, in whole days',
  params: byId,
  query: period,
  answer: spent,
  run: async ({ admin, params: { id }, query }) =>
    (await admin.relay.store.keys.find(id)) ? sum(admin, { keyId: id }, query) : refuse(noSuchThing),
})

async function sum(
  { relay }: Admin,
  whose: Spender,
  { from, to }: z.output<typeof period>,
): Promise<Result<z.output<typeof spent>>> {
  // Sums are of what is written, and the last half second may not be.
  await relay.till.requestLog.flush()
  const fromMs = from === undefined ? 0 : Date.parse(from)
  const toMs = to === undefined ? relay.clock() + dayMs : Date.parse(to)
  return ok(tellMoney('charged', await relay.store.spending.sum(whose, { fromMs, toMs })))
}

export const spendingEndpoints: readonly Endpoint[] = [ofAccount, ofKey]
