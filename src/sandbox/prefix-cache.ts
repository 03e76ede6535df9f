/** Remembers which prompt prefixes were asked to be cached, and what they cost. */
export interface PrefixCache {
  /** Tokens of a stored prefix; undefined when it was never stored or has expired. */
  find(prefix: string, nowMs: number): number | undefined
  store(prefix: string, entry: { readonly tokens: number; readonly untilMs: number }): void
}

/** A bounded memory: the oldest prefix is forgotten first. */
export function prefixCache(size = 20_000): PrefixCache {
  const entries = new Map<string, { readonly tokens: number; readonly untilMs: number }>()
  return {
    find(prefix, nowMs) {
      const entry = entries.get(prefix)
      return entry && entry.untilMs > nowMs ? entry.tokens : undefined
    },
    store(prefix, entry) {
      entries.delete(prefix)
      entries.set(prefix, entry)
      const oldest = entries.keys().next()
      if (entries.size > size && !oldest.done) entries.delete(oldest.value)
    },
  }
}
