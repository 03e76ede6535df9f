import type { TierFactor } from '../../model/rates.ts'
import { listPrice } from './list-prices.ts'
import type { Price } from './price.ts'

/** A price that the operator set. Rows are never changed: a new price is a new row with a later date. */
export interface PriceRow {
  /** The name that clients ask for; `*` stands for any characters. */
  readonly model: string
  readonly price: Price
  /** Counts from then on, until a later row for the same name does. */
  readonly fromMs: number
}

/** What is to be priced: the name that was asked for, and what it is at the vendor that would answer. */
export interface Priced {
  readonly model: string
  readonly upstream: string
  /** The vendor in the catalogue of list prices; absent where it has none. */
  readonly vendor?: string
  /** How that vendor prices its service tiers. */
  readonly tierFactors?: readonly TierFactor[] | undefined
  /** Nobody bills this upstream (a server of one's own, the sandbox). */
  readonly isFree: boolean
}

export interface PriceBook {
  /** What is charged, or undefined when nobody has said a price. */
  charged(asked: Priced, atMs: number): Price | undefined
  /** What the vendor will bill us; undefined when it is not known. */
  cost(asked: Priced, atMs: number): Price | undefined
}

/** Price changes by the hour of the day exist; a list price is looked up again after a minute. */
const listedForMs = 60_000
/** Names come from clients. */
const mostListed = 10_000

/** The name itself before patterns, those that say most of it first; of one name the newest. */
function byRank(left: PriceRow, right: PriceRow): number {
  const [one, other] = [saidBy(left), saidBy(right)]
  if (one !== other) return other - one
  return left.model === right.model ? right.fromMs - left.fromMs : left.model < right.model ? -1 : 1
}

const saidBy = ({ model }: PriceRow): number =>
  model.includes('*') ? model.replaceAll('*', '').length : Number.POSITIVE_INFINITY

/** `matches` is the matching of patterns that keys and channels have too. */
export function priceBook(
  rows: readonly PriceRow[],
  free: Price,
  matches: (pattern: string, name: string) => boolean,
): PriceBook {
  const ranked = [...rows].sort(byRank)
  const known = new Map<string, readonly PriceRow[]>()
  const listed = new Map<string, { readonly price: Price | undefined; readonly atMs: number }>()
  const rowsFor = (model: string): readonly PriceRow[] => {
    const found = known.get(model) ?? ranked.filter((row) => row.model === model || matches(row.model, model))
    if (known.size >= mostListed) known.clear()
    known.set(model, found)
    return found
  }
  const set = (model: string, atMs: number): Price | undefined =>
    rowsFor(model).find(({ fromMs }) => fromMs <= atMs)?.price
  const list = ({ tierFactors, upstream, vendor }: Priced, atMs: number): Price | undefined => {
    if (vendor === undefined) return undefined
    const name = `${vendor} ${upstream}`
    const last = listed.get(name)
    if (last && atMs - last.atMs < listedForMs) return last.price
    if (listed.size >= mostListed) listed.clear()
    const price = listPrice(vendor, upstream, atMs, tierFactors)
    listed.set(name, { price, atMs })
    return price
  }
  const cost = (asked: Priced, atMs: number): Price | undefined => (asked.isFree ? free : list(asked, atMs))
  return { cost, charged: (asked, atMs) => set(asked.model, atMs) ?? cost(asked, atMs) }
}
