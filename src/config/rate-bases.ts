import type { z } from 'zod'

interface Rates {
  readonly above?: readonly object[] | undefined
  readonly tiers?: Readonly<Record<string, unknown>> | undefined
}

/** A rate for long requests stands beside the rate of all others: alone it would be lost. For schemas of either spelling. */
export function baseForEachRate(said: Rates, context: z.RefinementCtx): void {
  look(said, [], context)
  for (const [tier, own] of Object.entries(said.tiers ?? {}))
    if (typeof own === 'object' && own !== null) look(own, ['tiers', tier], context)
}

function look(rates: Rates, path: readonly string[], context: z.RefinementCtx): void {
  const base = new Map(Object.entries(rates))
  for (const [at, tier] of (rates.above ?? []).entries())
    for (const [name, rate] of Object.entries(tier))
      if (name !== 'tokens' && rate !== undefined && base.get(name) === undefined)
        context.addIssue({
          code: 'custom',
          path: [...path, 'above', at, name],
          message: `there is no ${name} for requests that read less`,
        })
}
