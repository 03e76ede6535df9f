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
const mostListed = 10_000

/** `matches` is the matching of patterns that keys and channels have too. */
export function priceBook(
  rows: readonly PriceRow[],
  free: Price,
  matches: (pattern: string, name: string) => boolean,
): PriceBook {
  const newestFirst = [...rows].sort((left, right) => right.fromMs - left.fromMs)
  const listed = new Map<string, { readonly price: Price | undefined; readonly atMs: number }>()
  const set = (model: string, atMs: number): Price | undefined => {
    const current = newestFirst.filter(({ fromMs }) => fromMs <= atMs)
    const row = current.find((one) => one.model === model) ?? current.find((one) => matches(one.model, model))
    return row?.price
  }
  const list = ({ vendor, upstream }: Priced, atMs: number): Price | undefined => {
    if (vendor === undefined) return undefined
    const name = `${vendor} ${upstream}`
    const known = listed.get(name)
    if (known && atMs - known.atMs < listedForMs) return known.price
    if (listed.size >= mostListed) listed.clear()
    const price = listPrice(vendor, upstream, atMs)
    listed.set(name, { price, atMs })
    return price
  }
  const cost = (asked: Priced, atMs: number): Price | undefined => (asked.isFree ? free : list(asked, atMs))
  return { cost, charged: (asked, atMs) => set(asked.model, atMs) ?? cost(asked, atMs) }
}
