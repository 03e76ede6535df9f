/**
 * A price as people write it. USD per million tokens or characters; per picture, second, search, fetch and request. What
 * is missing is derived (cached tokens cost what fresh ones cost, thoughts what words cost) or free.
 */
export interface UsdRates extends Readonly<Partial<Record<RateName, number>>> {
  /** Other rates for requests that read more than so many tokens. */
  readonly above?: readonly (Readonly<Partial<Record<RateName, number>>> & { readonly tokens: number })[]
  /** Costs nothing, on purpose. */
  readonly free?: true
}

export const rateNames = [
  'input',
  'cache_read',
  'cache_write_5m',
  'cache_write_1h',
  'output',
  'reasoning',
  'input_audio',
  'input_image',
  'output_audio',
  'output_image',
  'image',
  'second',
  'character',
  'search',
  'fetch',
  'request',
] as const
export type RateName = (typeof rateNames)[number]
