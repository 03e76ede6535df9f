import { shardOf, shards } from '../system-accounts.ts'

// A share is a part of a customer's account or of a budget that one process has drawn, so that its requests are paid for
// without touching what all processes have in common. It is an account like others, of its owner's kind, with a floor of
// 0; owner and shares together are the customer's one account. Its name says whose it is.

const prefix = 'share/'

export const isShare = (account: string): boolean => account.startsWith(prefix)

/** The share of this node. Two nodes may have the same one, at the price of waiting, as with the system's accounts. */
export const shareOf = (owner: string, node: string): string => `${prefix}${shardOf(node)}/${owner}`

/** Every share that there can be of an account. */
export const sharesOf = (owner: string): readonly string[] => prefixes.map((prefix) => prefix + owner)

const prefixes = Array.from({ length: shards }, (_, shard) => `${prefix}${shard}/`)

/** Whose share it is; any other account is its own. */
export const ownerOf = (account: string): string =>
  isShare(account) ? account.slice(account.indexOf('/', prefix.length) + 1) : account
