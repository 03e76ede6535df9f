import type { Cost } from '../ledger/price/price.ts'
import { type Nano, nano, usdOf } from '../model/money.ts'
import type { Tier } from '../model/request.ts'

/** How a charge is worked out, for those who ask why: what was set aside, and each bucket's quantity × price. USD as decimals. */
export const arithmetic = (reserved: Nano, cost?: Cost, tier?: Tier): Readonly<Record<string, unknown>> => ({
  reserved_usd: usdOf(reserved),
  ...(cost && {
    price: cost.priceId,
    ...(tier && { service_tier: tier }),
    lines: cost.lines.map(({ bucket, nanoPerMillion, quantity }) => ({
      unit: bucket,
      quantity,
      usd_per_million: usdOf(nano(nanoPerMillion)),
    })),
    multiplier: Number(cost.multiplierPpm) / 1_000_000,
    total_usd: usdOf(nano(cost.total)),
  }),
})
