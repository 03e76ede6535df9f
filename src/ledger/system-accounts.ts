/** The other sides of all transfers. */
export interface SystemAccounts {
  /** What customers are charged. */
  readonly revenue: string
  /** What budgets were used for. */
  readonly spent: string
  /** Charges above the bound, which the operator bears. */
  readonly writtenOff: string
  /** Where credits come from, until payments are matched with them. */
  readonly topUp: string
  readonly adjustment: string
  /** What vendors cost, … */
  readonly cost: string
  /** … and what we will owe to each of them until the bill comes. */
  vendor(vendor: string): string
}

/** Into how many rows of its own kind an account that all processes touch is divided. */
export const shards = 16

/**
 * The system accounts of one node. All requests touch these, and no row may be touched by all processes: so each node
 * has a shard of its own (two may share one, at the price of waiting). A sum over shards is the figure of the book.
 */
export const systemAccounts = (node: string): SystemAccounts => {
  const shard = shardOf(node)
  const account = (name: string): string => `system/${name}/${shard}`
  return {
    revenue: account('revenue'),
    spent: account('spent'),
    writtenOff: account('written-off'),
    topUp: account('top-up'),
    adjustment: account('adjustment'),
    cost: account('cost'),
    vendor: (vendor) => account(`vendor/${vendor}`),
  }
}

export const isSystemAccount = (id: string): boolean => id.startsWith('system/')

/** The same for a node's name for ever. */
export function shardOf(node: string): number {
  let hash = 0
  for (const letter of node) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 65_521
  return hash % shards
}
