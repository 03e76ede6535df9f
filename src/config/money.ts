import { z } from 'zod'
import { type Nano, nanoOfUsd } from '../model/money.ts'

/** The largest amount that a number of JSON or YAML holds to the nano-dollar. */
const largestUsd = Math.floor(Number.MAX_SAFE_INTEGER / 1e9)

/** An amount in USD as people write it (`20`, `0.5`), at most nine decimals, as money. */
export const usd = z
  .number()
  .min(0)
  .max(largestUsd)
  .transform((amount, context): Nano => {
    const digits = digitsOf(amount)
    // What came to nothing by rounding would be another limit than was written.
    const nano = Number(digits) === amount ? nanoOfUsd(digits) : undefined
    if (nano !== undefined) return nano
    context.addIssue({ code: 'custom', message: 'an amount in USD has at most nine decimals' })
    return z.NEVER
  })

/** The shortest decimal that is this number, without an exponent. */
const digitsOf = (amount: number): string =>
  String(amount).includes('e') ? amount.toFixed(9).replace(/\.?0+$/, '') : String(amount)

/** A factor such as `1.2` in millionths, rounded; 0 is free, and only who writes 0 means it. */
export const multiplier = z
  .number()
  .min(0)
  .max(1000)
  .transform((factor, context) => {
    const millionths = Math.round(factor * 1_000_000)
    if (millionths > 0 || factor === 0) return BigInt(millionths)
    context.addIssue({
      code: 'custom',
      message: 'a multiplier has six decimals: this one would be 0, and all of it free',
    })
    return z.NEVER
  })
