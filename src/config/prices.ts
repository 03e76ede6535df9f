import { z } from 'zod'
import { pricedTiers, type RateName, rateNames, type UsdRates } from '../model/rates.ts'
import { baseForEachRate } from './rate-bases.ts'

/** A million dollars for a token is a slip. */
const amount = z.number().min(0).max(1_000_000)

// Every name of a rate is given.
const rates = Object.fromEntries(rateNames.map((name) => [name, amount.optional()])) as Record<
  RateName,
  z.ZodOptional<typeof amount>
>

const byLength = {
  ...rates,
  above: z.array(z.strictObject({ tokens: z.int().min(1), ...rates })).optional(),
}

/** A hundred times as dear is a slip. */
const factor = z.number().min(0).max(100)

export const ratesFields = {
  ...byLength,
  /** A factor on the rates of tokens, or rates of its own. */
  tiers: z.partialRecord(z.enum(pricedTiers), z.union([factor, z.strictObject(byLength)])).optional(),
  free: z.literal(true).optional(),
}

/** Factors of something that nobody has said are nothing. */
export const saysRate = (said: Readonly<Record<string, unknown>>): boolean =>
  ['free', ...rateNames].some((name) => said[name] !== undefined)

export const priceSchema = z
  .strictObject({
    /** A name that clients ask for, or a glob. */
    model: z.string().min(1),
    /** Counts from then on; from the beginning where absent. */
    from: z.union([z.iso.date(), z.iso.datetime({ offset: true })]).optional(),
    ...ratesFields,
  })
  .refine(saysRate, { error: 'a price needs at least one rate, or `free: true`' })
  .superRefine(baseForEachRate)
  .transform(
    ({ model, from, ...said }): ConfiguredPrice => ({
      model,
      fromMs: from === undefined ? 0 : Date.parse(from),
      rates: withoutAbsent(said),
    }),
  )

/** No two of one model begin at the same moment: nobody could tell which of them counts. */
export const pricesSchema = z.array(priceSchema).superRefine((prices, context) => {
  for (const [at, price] of prices.entries()) {
    const first = prices.findIndex(({ fromMs, model }) => model === price.model && fromMs === price.fromMs)
    if (first === at) continue
    const message = `there is another price of "${price.model}" from the same moment, prices.${first}`
    context.addIssue({ code: 'custom', path: [at, 'from'], message })
  }
})

export interface ConfiguredPrice {
  readonly model: string
  readonly fromMs: number
  readonly rates: UsdRates
}

/** Stored as JSON, where absent and undefined are one. */
const withoutAbsent = (said: object): UsdRates =>
  Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
