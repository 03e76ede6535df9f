import { z } from 'zod'
import type { Price } from '../ledger/price/price.ts'
import { ok } from '../model/fault.ts'
import type { Channel } from '../model/rows.ts'
import { buckets } from '../model/usage.ts'
import { catalogueName, isFree } from '../providers/list-prices.ts'
import { tierFactors } from '../providers/tiers.ts'
import { listModels } from '../relay/model-list.ts'
import type { Relay } from '../relay/relay.ts'
import { upstreamName } from '../relay/serving.ts'
import { toldNano } from './api/amount.ts'
import { type Endpoint, endpoint, noBody } from './api/endpoint.ts'
import { cut, idCursor, pageFields, pageOf, readCursor } from './api/page.ts'

const toldModel = z.object({
  model: z.string(),
  channels: z.array(
    z.object({
      name: z.string(),
      upstream: z.string().describe('what the vendor calls it'),
      price: z
        .object({
          id: z.string(),
          rates: z.record(z.string(), toldNano).describe('nano-USD for a million units, the first tier'),
          tiers: z
            .record(z.string(), z.record(z.string(), toldNano))
            .optional()
            .describe('the same where another service tier answers'),
        })
        .nullable()
        .describe('null: no price is known, so that it is not served'),
    }),
  ),
})

const list = endpoint({
  method: 'GET',
  path: '/models',
  role: 'reader',
  bodyLimit: noBody,
  summary: 'What is served, by which channels, at which price',
  query: z.strictObject(pageFields),
  answer: pageOf(toldModel),
  async run({ admin: { relay }, query: { limit, cursor } }) {
    const place = readCursor(cursor, idCursor)
    if (!place.ok) return place
    const names = await listModels(relay)
    const rest = names.filter((name) => place.value === undefined || name > place.value)
    return ok(
      cut(
        rest,
        limit,
        (model) => ({ model, channels: servedBy(relay, model) }),
        (name) => name,
      ),
    )
  },
})

const servedBy = (relay: Relay, model: string) =>
  relay.snapshot().channels.flatMap((channel) => {
    const upstream = upstreamName(channel, model)
    const price = upstream === undefined ? undefined : priceOf(relay, channel, model, upstream)
    return upstream === undefined ? [] : [{ name: channel.name, upstream, price: price ? tellPrice(price) : null }]
  })

function priceOf(relay: Relay, channel: Channel, model: string, upstream: string): Price | undefined {
  const provider = relay.providerOf(channel.provider)
  return (
    provider &&
    relay.till.prices().charged(
      {
        model,
        upstream,
        vendor: catalogueName(provider),
        tierFactors: tierFactors(provider),
        isFree: isFree(provider),
      },
      relay.clock(),
    )
  )
}

/** What costs nothing is not told. */
const tellPrice = ({ byTier, id, rates }: Price) => ({
  id,
  rates: tellRates(rates),
  ...(byTier && {
    tiers: Object.fromEntries(Object.entries(byTier).map(([tier, price]) => [tier, tellRates(price.rates)])),
  }),
})

const tellRates = (rates: Price['rates']): Record<string, string> =>
  Object.fromEntries(
    buckets.flatMap((bucket) => (rates[bucket].base > 0n ? [[bucket, String(rates[bucket].base)]] : [])),
  )

export const modelEndpoints: readonly Endpoint[] = [list]
