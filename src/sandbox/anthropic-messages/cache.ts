import type { AnswerUsage } from '../answer.ts'
import type { Call } from '../format.ts'
import { hash } from '../hash.ts'
import { asBlocks, asRecord, asRecords, isGiven, type Untyped } from '../untyped.ts'

/** Input tokens that a cache gave or took. */
export interface CacheUse {
  readonly read: number
  readonly written5m: number
  readonly written1h: number
}

/**
 * Looks up and stores the prefixes that a request marks with `cache_control`, as the vendor does: tools, system, messages, in that order;
 * from the last mark backwards over twenty blocks the longest known prefix is read, the rest up to the last mark is written.
 * @see https://docs.claude.com/en/docs/build-with-claude/prompt-caching
 */
export function readCache(call: Call, usage: AnswerUsage): CacheUse {
  const prefixes = prefixesOf(call, usage.input)
  const marks = prefixes.filter((prefix) => prefix.ttlMs !== undefined)
  const last = marks.at(-1)
  if (last === undefined) return { read: usage.cached, written5m: 0, written1h: 0 }
  const read = Math.min(findLongest(call, prefixes.slice(0, last.index + 1)), usage.input)
  const hourEnd = Math.max(read, marks.findLast((prefix) => prefix.ttlMs === HOUR_MS)?.tokens ?? 0)
  for (const prefix of marks) storePrefix(call, prefix)
  return { read, written1h: hourEnd - read, written5m: Math.max(0, last.tokens - hourEnd) }
}

const FIVE_MINUTES_MS = 300_000
const HOUR_MS = 3_600_000
const LOOK_BACK_BLOCKS = 20

interface Prefix {
  readonly index: number
  readonly digest: string
  /** The prefix's share of the request's tokens. */
  readonly tokens: number
  /** Set where the request marks the prefix. */
  readonly ttlMs: number | undefined
}

function findLongest(call: Call, prefixes: readonly Prefix[]): number {
  for (const prefix of prefixes.slice(-LOOK_BACK_BLOCKS).reverse()) {
    const tokens = call.cache.find(prefix.digest, call.nowMs)
    if (tokens !== undefined) return tokens
  }
  return 0
}

const storePrefix = ({ cache, nowMs }: Call, { digest, tokens, ttlMs = FIVE_MINUTES_MS }: Prefix): void =>
  cache.store(digest, { tokens, untilMs: nowMs + ttlMs })

/** Every block ends a prefix; its digest holds all that comes before it. */
function prefixesOf(call: Call, input: number): readonly Prefix[] {
  const blocks = blocksOf(call.body)
  const sizes = blocks.map((block) => JSON.stringify(block).length)
  const whole = sizes.reduce((sum, size) => sum + size, 0)
  const last = blocks.length - 1
  let digest = hash(call.account, call.model.id)
  let size = 0
  return blocks.map(({ cache_control: control, ...block }, index) => {
    digest = hash(digest, JSON.stringify(block))
    size += sizes[index] ?? 0
    const automatic = index === last ? call.body.cache_control : undefined
    return { index, digest, tokens: Math.floor((input * size) / whole), ttlMs: ttlOf(control ?? automatic) }
  })
}

const ttlOf = (control: unknown): number | undefined =>
  isGiven(control) ? (asRecord(control).ttl === '1h' ? HOUR_MS : FIVE_MINUTES_MS) : undefined

const blocksOf = (body: Untyped): readonly Untyped[] => [
  ...asRecords(body.tools),
  ...asBlocks(body.system),
  ...asRecords(body.messages).flatMap((message) =>
    asBlocks(message.content).map((block) => ({ role: message.role, ...block })),
  ),
]
