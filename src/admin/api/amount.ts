import { z } from 'zod'
import { nano, usdOf } from '../../model/money.ts'

const most = Number.MAX_SAFE_INTEGER

/** Money in requests: a whole number of nano-USD (10⁻⁹), as far as numbers of JSON are exact: 9,007,199 USD. */
export const nanoAmount = z.int().min(0).max(most).describe('nano-USD (10⁻⁹), a whole number')

/** A change of a balance, up or down. */
export const nanoChange = z
  .int()
  .min(-most)
  .max(most)
  .refine((amount) => amount !== 0, { error: 'a change of nothing' })
  .describe('nano-USD (10⁻⁹), a whole number, negative to take away')

/** A factor in millionths: 1,000,000 leaves a price as it is. At most a thousandfold. */
export const ppm = z.int().min(0).max(1_000_000_000).describe('millionths: 1000000 is the price as it stands')

/** Money in answers: nano-USD as digits, because balances outgrow numbers of JSON, and the same in USD. */
export const toldNano = z.string().describe('nano-USD (10⁻⁹), a whole number as a string')
export const toldUsd = z.string().describe('USD, exact, as a decimal string')

type Told<Name extends string, Value> = { [Field in `${Name}_nano` | `${Name}_usd`]: Value }

/** The two fields of an amount. */
export const moneyFields = <Name extends string>(name: Name) =>
  // These two names are the type's.
  ({ [`${name}_nano`]: toldNano, [`${name}_usd`]: toldUsd }) as Told<Name, typeof toldNano>

/** An amount in the two fields. */
export const tellMoney = <Name extends string>(name: Name, amount: bigint) =>
  // These two names are the type's.
  ({ [`${name}_nano`]: String(amount), [`${name}_usd`]: usdOf(nano(amount)) }) as Told<Name, string>

/** Where an amount may be absent. */
export const moneyFieldsOrNull = <Name extends string>(name: Name) =>
  // These two names are the type's.
  ({ [`${name}_nano`]: toldNano.nullable(), [`${name}_usd`]: toldUsd.nullable() }) as Told<
    Name,
    z.ZodNullable<typeof toldNano>
  >

export const tellMoneyOrNull = <Name extends string>(name: Name, amount: bigint | undefined) =>
  amount === undefined
    ? // These two names are the type's.
      ({ [`${name}_nano`]: null, [`${name}_usd`]: null } as Told<Name, string | null>)
    : (tellMoney(name, amount) as Told<Name, string | null>)

/** A moment in answers: ISO 8601, UTC. */
export const moment = z.string().describe('ISO 8601, UTC')
export const tellMoment = (ms: number): string => new Date(ms).toISOString()
/** A moment in requests. */
export const givenMoment = z.iso.datetime({ offset: true })
