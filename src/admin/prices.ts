import { z } from 'zod'
import { baseForEachRate } from '../config/rate-bases.ts'
import { rateFromUsd } from '../ledger/price/rates.ts'
import { ok } from '../model/fault.ts'
import { type PricedTier, pricedTiers, type RateName, rateNames, type TierRates } from '../model/rates.ts'
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

/** A hundred times as dear is a slip. */
const factorPpm = z.int().min(0).max(100_000_000).describe('on the rates of tokens, in millionths')

const aboveField = z
  .array(z.strictObject({ tokens: z.int().min(1).max(1_000_000_000), ...rateFields }))
  .max(10)
  .optional()
  .describe('other rates for requests that read more than so many tokens')

/** One object with all names, so that a slip in one is an answer that names its place. */
const tierFields = z
  .strictObject({ factor_ppm: factorPpm.optional(), ...rateFields, above: aboveField })
  .refine(({ factor_ppm: factor, ...own }) => (factor === undefined) !== Object.values(own).every(isAbsent), {
    error: 'a tier has either a factor or rates of its own',
  })

// Every name of a tier is given.
const tiersFields = z.strictObject(
  Object.fromEntries(pricedTiers.map((tier) => [tier, tierFields.optional()])) as Record<
    PricedTier,
    z.ZodOptional<typeof tierFields>
  >,
)

const isAbsent = (value: unknown): boolean => value === undefined

const toldRates = z.record(z.string(), z.string()).describe('of each rate `…_nano` and `…_usd`')
const toldAbove = z.array(z.object({ tokens: z.int(), rates: toldRates }))

export const toldPrice = z.object({
  id: z.string(),
  model: z.string().describe('a name that clients ask for, or a glob'),
  rates: toldRates,
  above: toldAbove,
  tiers: z
    .array(z.object({ tier: z.string(), factor_ppm: z.int().optional(), rates: toldRates, above: toldAbove }))
    .describe('where the vendor says that another service tier answered'),
  free: z.boolean(),
  valid_from: moment,
  source: z.string(),
  created_at: moment,
})

export const tellPrice = ({ id, model, rates, validFromMs, source, createdAtMs }: StoredPrice) => ({
  id,
  model,
  rates: tellRates(rates),
  above: tellAbove(rates),
  tiers: Object.entries(isRecord(rates.tiers) ? rates.tiers : {}).map(([tier, own]) =>
    isRecord(own)
      ? { tier, rates: tellRates(own), above: tellAbove(own) }
      : { tier, factor_ppm: Math.round(Number(own) * 1_000_000), rates: {}, above: [] },
  ),
  free: rates.free === true,
  valid_from: tellMoment(validFromMs),
  source,
  created_at: tellMoment(createdAtMs),
})

const tellAbove = ({ above }: Readonly<Record<string, unknown>>) =>
  Array.isArray(above)
    ? above.filter(isRecord).map((tier) => ({ tokens: Number(tier.tokens), rates: tellRates(tier) }))
    : []

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
    return ok(cut(await admin.relay.store.prices.page(limit + 1, place.value), limit, tellPrice, ({ id }) => id))
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
      above: aboveField,
      tiers: tiersFields.optional().describe('other prices where the vendor says that another service tier answered'),
      free: z.literal(true).optional().describe('costs nothing, on purpose'),
    })
    .refine((said) => said.free || Object.keys(rateFields).some((name) => name in said), {
      error: 'a price needs at least one rate, or `free: true`',
    })
    .superRefine(baseForEachRate),
  answer: toldPrice,
  status: 201,
  run: ({ admin, actor, body: { model, valid_from, above, tiers, free, ...said } }) =>
    change(admin, actor, async ({ prices }, note) => {
      const nowMs = admin.relay.clock()
      const price: StoredPrice = {
        id: newId('price', nowMs),
        model,
        rates: {
          ...allInUsd({ ...said, above }),
          ...(tiers && { tiers: tiersInUsd(tiers) }),
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
const inUsd = (said: SomeRates): Partial<Record<RateName, number>> =>
  Object.fromEntries(
    rateNames.flatMap((name) => {
      const amount = said[`${name}_nano`]
      return amount === undefined ? [] : [[name, amount / 1_000_000_000]]
    }),
  )

type SomeRates = Readonly<Partial<Record<RateField, number | undefined>>>
type RatesByLength = SomeRates & { readonly above?: readonly (SomeRates & { readonly tokens: number })[] | undefined }

const allInUsd = ({ above, ...said }: RatesByLength): TierRates => ({
  ...inUsd(said),
  ...(above && { above: above.map(({ tokens, ...tier }) => ({ tokens, ...inUsd(tier) })) }),
})

const tiersInUsd = (tiers: z.infer<typeof tiersFields>) =>
  Object.fromEntries(
    pricedTiers.flatMap((tier) => {
      const { factor_ppm: factor, ...own } = tiers[tier] ?? {}
      if (tiers[tier] === undefined) return []
      return [[tier, factor === undefined ? allInUsd(own) : factor / 1_000_000]]
    }),
  )

export const priceEndpoints: readonly Endpoint[] = [list, create]
