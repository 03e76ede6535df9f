declare const unit: unique symbol

/** Integer nano-USD (10⁻⁹), signed, within ±2⁶²: one currency, no fractions, no floats. */
export type Nano = bigint & { readonly [unit]: 'nano-USD' }

/** 4.6 × 10⁹ USD. The sum of two still fits the 64 bits of a database. */
export const largestNano = 2n ** 62n

const nanoPerUsd = 1_000_000_000n

/** Whether it may be moved or held: an integer, 0 … 2⁶². Anything may be asked, so that borders can. */
export const isAmount = (value: unknown): value is Nano =>
  typeof value === 'bigint' && value >= 0n && value <= largestNano

/** Whether it may stand in a balance: an integer, ±2⁶². */
export const isBalance = (value: unknown): value is Nano =>
  typeof value === 'bigint' && value >= -largestNano && value <= largestNano

/**
 * An integer as money.
 * @throws RangeError beyond ±2⁶²: nobody may get there.
 */
export function nano(value: bigint): Nano {
  if (!isBalance(value)) throw new RangeError(`${value} nano-USD is out of range`)
  return value
}

export const zero = nano(0n)
export const sum = (one: Nano, other: Nano): Nano => nano(one + other)
export const difference = (one: Nano, other: Nano): Nano => nano(one - other)
export const opposite = (value: Nano): Nano => nano(-value)
export const smaller = (one: Nano, other: Nano): Nano => (one < other ? one : other)
export const larger = (one: Nano, other: Nano): Nano => (one > other ? one : other)

/** Decimal USD, exact: `-0.00000002`, `12`, `0.5`. */
export function usdOf(value: Nano): string {
  const size = value < 0n ? -value : value
  const fraction = String(size % nanoPerUsd)
    .padStart(9, '0')
    .replace(/0+$/, '')
  return `${value < 0n ? '-' : ''}${size / nanoPerUsd}${fraction && `.${fraction}`}`
}

/** Reads decimal USD exactly; undefined for anything else: exponents, more than nine decimals, out of range. */
export function nanoOfUsd(text: string): Nano | undefined {
  const found = /^(-?)(\d{1,10})(?:\.(\d{1,9}))?$/.exec(text)
  if (!found) return undefined
  const [, sign, whole = '0', fraction = ''] = found
  const size = BigInt(whole) * nanoPerUsd + BigInt(fraction.padEnd(9, '0'))
  const value = sign ? -size : size
  return isBalance(value) ? value : undefined
}
