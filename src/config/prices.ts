import { z } from 'zod'
import { type RateName, rateNames, type UsdRates } from '../model/rates.ts'

/** A million dollars for a token is a slip. */
const amount = z.number().min(0).max(1_000_000)

// Every name of a rate is given.
const rates = Object.fromEntries(rateNames.map((name) => [name, amount.optional()])) as Record<
  RateName,
  z.ZodOptional<typeof amount>
>

export const ratesFields = {
  ...rates,
  above: z.array(z.strictObject({ tokens: z.int().min(1), ...rates })).optional(),
  free: z.literal(true).optional(),
}

export const priceSchema = z
  .strictObject({
    /** A name that clients ask for, or a glob. */
    model: z.string().min(1),
    /** Counts from then on; from the beginning where absent. */
    from: z.union([z.iso.date(), z.iso.datetime({ offset: true })]).optional(),
    ...ratesFields,
  })
  .refine(({ model, from, ...said }) => Object.values(said).some((value) => value !== undefined), {
    error: 'a price needs at least one rate, or `free: true`',
  })
  .transform(
    ({ model, from, ...said }): ConfiguredPrice => ({
      model,
      fromMs: from === undefined ? 0 : Date.parse(from),
      rates: withoutAbsent(said),
    }),
  )

export interface ConfiguredPrice {
  readonly model: string
  readonly fromMs: number
  readonly rates: UsdRates
}

/** Stored as JSON, where absent and undefined are one. */
const withoutAbsent = (said: object): UsdRates =>
  Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
