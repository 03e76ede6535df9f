import { type Nano, nano } from '../model/money.ts'
import { tellsCostInUsd } from '../providers/list-prices.ts'
import type { Candidate } from './candidate.ts'

/** No answer costs so much, in USD: a vendor that says more is not believed. */
export const mostBelievedUsd = 1_000

/**
 * What the vendor bills for an answer by its own word, where that is known to be in USD; undefined where it says nothing that
 * can be believed. It is what the operator pays, and never what the customer is charged. Rounded up.
 */
export function vendorCost({ provider }: Pick<Candidate, 'provider'>, billed: number | undefined): Nano | undefined {
  if (billed === undefined || !(billed >= 0) || billed > mostBelievedUsd || !tellsCostInUsd(provider)) return undefined
  // To 15 digits first: 0.0003 is 300,000 and not one more.
  return nano(BigInt(Math.ceil(Number((billed * 1e9).toPrecision(15)))))
}
