/** What ids of this format begin with; servers check it. */
export type IdPrefix =
  | 'resp'
  | 'rs'
  | 'msg'
  | 'fc'
  | 'ctc'
  | 'ws'
  | 'ci'
  | 'ig'
  | 'sh'
  | 'lsh'
  | 'apc'
  | 'tsc'
  | 'mcp'
  | 'cmp'
  | 'call'

/**
 * Ids of items that were made here begin with this after their prefix and are shorter than a vendor's. No vendor must see
 * them again: it would look the item up and not find it.
 */
const ourMark = 'ca5e'
const itemLength = 40
/** Ids of calls are limited to 40 characters in all by other formats. */
const callLength = 24

/** A new id: the prefix and 40 letters and digits (24 for calls, whose ids go to every vendor). */
export function mintId(prefix: IdPrefix, newId: () => string): string {
  const length = prefix === 'call' ? callLength : itemLength
  let body = prefix === 'call' ? '' : ourMark
  while (body.length < length) {
    const piece = newId()
    if (piece === '') throw new Error('newId gave an empty id')
    body += piece
  }
  return `${prefix}_${body.slice(0, length)}`
}

/** The same, from a digest: the same item has the same id whenever it is shown. */
export const digestId = (prefix: string, digest: string): string =>
  `${prefix}_${(ourMark + digest).slice(0, itemLength)}`

/** Whether an item's id was made here. */
export const isOurs = (id: unknown): boolean => typeof id === 'string' && ours.test(id)

const ours = new RegExp(`^[a-z]+_${ourMark}[0-9A-Za-z]{${itemLength - ourMark.length}}$`)
