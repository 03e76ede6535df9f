import { z } from 'zod'
import { rateFromUsd } from '../ledger/price/rates.ts'
import { ok } from '../model/fault.ts'
import { type RateName, rateNames } from '../model/rates.ts'
import { isRecord } from '../model/record.ts'
import type { StoredPrice } from '../store/prices.ts'
import { newId } from '../store/secrets.ts'
import { givenMoment, moment, tellMoment, tellMoney } from './api/amount.ts'
import { type Endpoint, endpoint, noBody, smallBody } from './api/endpoint.ts'
import { cut, idCursor, pageFields, pageOf, readCursor } from './api/page.ts'
import { line } from './api/text.ts'
import { change } from './change.ts'

/** A million dollars for a token is a slip. */
const rate = z
  .int()
  .min(0)
  .max(1_000_000_000_000_000)
  .describe('nano-USD for a million tokens or characters; for one picture, second, search, fetch or request')

type RateField = `${RateName}_nano`

// Every name of a rate is given.
const rateFields = Object.fromEntries(rateNames.map((name) => [`${name}_nano`, rate.optional()])) as Record<
  RateField,
  z.ZodOptional<typeof rate>
>

const toldRates = z.record(z.string(), z.string()).describe('of each rate `…_nano` and `…_usd`')

export const toldPrice = z.object({
  id: z.string(),
  model: z.string().describe('a name that clients ask for, or a glob'),
  rates: toldRates,
  above: z.array(z.object({ tokens: z.int(), rates: toldRates })),
  free: z.boolean(),
  valid_from: moment,
  source: z.string(),
  created_at: moment,
})

export const tellPrice = ({ id, model, rates, validFromMs, source, createdAtMs }: StoredPrice) => ({
  id,
  model,
  rates: tellRates(rates),
  above: Array.isArray(rates.above)
    ? rates.above.filter(isRecord).map((tier) => ({ tokens: Number(tier.tokens), rates: tellRates(tier) }))
    : [],
  free: rates.free === true,
  valid_from: tellMoment(validFromMs),
  source,
  created_at: tellMoment(createdAtMs),
})

/** As they are stored, in USD, so in both units. A rate finer than a nano-dollar a million is rounded up. */
function tellRates(rates: Readonly<Record<string, unknown>>): Record<string, string> {
  const told = rateNames.map((name) => {
    const usd = rates[name]
    return typeof usd === 'number' ? tellMoney(name, rateFromUsd(usd, 1_000_000)) : {}
  })
  return Object.assign({}, ...told)
}

const list = endpoint({
  method: 'GET',
  path: '/prices',
  role: 'reader',
  bodyLimit: noBody,
  summary: 'Prices that were set here or in the file, old ones too; the latest that has begun counts',
  query: z.strictObject(pageFields),
  answer: pageOf(toldPrice),
  async run({ admin, query: { limit, cursor } }) {
    const place = readCursor(cursor, idCursor)
    if (!place.ok) return place
    const rows = (await admin.relay.store.prices.list()).toSorted((left, right) => (left.id < right.id ? -1 : 1))
    const rest = rows.filter(({ id }) => place.value === undefined || id > place.value)
    return ok(cut(rest, limit, tellPrice, ({ id }) => id))
  },
})

const create = endpoint({
  method: 'POST',
  path: '/prices',
  role: 'admin',
  bodyLimit: smallBody,
  summary: 'Set a price. Prices are never edited: a new one counts from its date on',
  body: z
    .strictObject({
      model: line(200),
      valid_from: givenMoment.optional().describe('from now on where absent'),
      ...rateFields,
      above: z
        .array(z.strictObject({ tokens: z.int().min(1).max(1_000_000_000), ...rateFields }))
        .max(10)
        .optional()
        .describe('other rates for requests that read more than so many tokens'),
      free: z.literal(true).optional().describe('costs nothing, on purpose'),
    })
    .refine(({ model, valid_from, ...said }) => Object.values(said).some((value) => value !== undefined), {
      error: 'a price needs at least one rate, or `free: true`',
    }),
  answer: toldPrice,
  status: 201,
  run: ({ admin, actor, body: { model, valid_from, above, free, ...said } }) =>
    change(admin, actor, async ({ prices }, note) => {
      const nowMs = admin.relay.clock()
      const price: StoredPrice = {
        id: newId('price', nowMs),
        model,
        rates: {
          ...inUsd(said),
          ...(above && { above: above.map(({ tokens, ...tier }) => ({ tokens, ...inUsd(tier) })) }),
          ...(free && { free }),
        },
        validFromMs: valid_from === undefined ? nowMs : Date.parse(valid_from),
        source: 'api',
        createdAtMs: nowMs,
      }
      await prices.add(price)
      await note({ action: 'price.create', subject: price.id, after: tellPrice(price) })
      return ok(tellPrice(price))
    }),
})

/** Prices are stored in USD, as people write them. Up to 10¹⁵ nano-USD the digits survive that. */
const inUsd = (said: Readonly<Partial<Record<RateField, number | undefined>>>): Partial<Record<RateName, number>> =>
  Object.fromEntries(
    rateNames.flatMap((name) => {
      const amount = said[`${name}_nano`]
      return amount === undefined ? [] : [[name, amount / 1_000_000_000]]
    }),
  )

export const priceEndpoints: readonly Endpoint[] = [list, create]
