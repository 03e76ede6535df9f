import type { Candidate, TokenPrice } from './candidate.ts'
import { isCalled } from './policies/preferred.ts'
import type { Preferences } from './preferences.ts'

/** Which of the client's wishes leaves a candidate out, by its field; undefined when none does. */
export function excludedBy(
  candidate: Candidate,
  preferences: Preferences,
  priceOf: ((candidate: Candidate) => TokenPrice | undefined) | undefined,
): string | undefined {
  const { allowFallbacks, ignore, maxPrice, only, order } = preferences
  const isAmong = (names: readonly string[]): boolean => names.some((name) => isCalled(candidate, name))
  if (only && !isAmong(only)) return 'provider.only'
  if (isAmong(ignore)) return 'provider.ignore'
  if (!allowFallbacks && order.length > 0 && !isAmong(order)) return 'provider.allow_fallbacks'
  return maxPrice && isAbove(priceOf?.(candidate), maxPrice) ? 'provider.max_price' : undefined
}

/** A price that nobody knows could be any. */
function isAbove(price: TokenPrice | undefined, most: NonNullable<Preferences['maxPrice']>): boolean {
  if (!price) return most.input !== undefined || most.output !== undefined
  return price.input > (most.input ?? price.input) || price.output > (most.output ?? price.output)
}
