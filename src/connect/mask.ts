const named = /((?:key|token|secret|password)["']?\s*[:=]\s*["']?)([^"'\s,]+)/gi
const vendorKeys = /\b(sk-[\w-]{12,}|AIza[\w-]{10,})/g

/** A key as people may see it: its first characters. */
export const shortKey = (key: string): string => `${key.slice(0, Math.min(10, Math.floor(key.length / 3)))}…`

/** A line of a configuration with every key in it shortened: ours, and those of others beside it. */
export const masked = (line: string, key: string): string =>
  line
    .replaceAll(key, shortKey(key))
    .replace(named, (_, before: string, value: string) => before + (value.endsWith('…') ? value : shortKey(value)))
    .replace(vendorKeys, (value) => (value.endsWith('…') ? value : shortKey(value)))
