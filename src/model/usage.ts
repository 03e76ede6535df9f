/**
 * What one answer used, in buckets that never overlap. Every number is ≥ 0; tokens unless said otherwise.
 * Vendors overlap them (OpenAI counts cached tokens inside `prompt_tokens`, Gemini leaves thoughts out of
 * `candidatesTokenCount`); the dialects' readers take that apart.
 */
export interface Usage {
  /** Text read afresh: neither from a cache nor written to one. */
  readonly input: number
  readonly cacheRead: number
  readonly cacheWrite5m: number
  readonly cacheWrite1h: number
  /** Visible text and tool arguments. */
  readonly output: number
  readonly reasoning: number
  readonly inputAudio: number
  readonly inputImage: number
  readonly outputAudio: number
  readonly outputImage: number
  /** Pictures made. */
  readonly images: number
  /** Seconds of sound or film. */
  readonly seconds: number
  readonly characters: number
  /** Web searches that the vendor ran. */
  readonly searches: number
  /** Pages that the vendor fetched. */
  readonly fetches: number
  readonly requests: number
}

/**
 * Nothing was told, or nothing that makes sense. Compared by identity: an upstream that says zero everywhere gives another
 * object, and is believed.
 */
export const noUsage: Usage = {
  input: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  output: 0,
  reasoning: 0,
  inputAudio: 0,
  inputImage: 0,
  outputAudio: 0,
  outputImage: 0,
  images: 0,
  seconds: 0,
  characters: 0,
  searches: 0,
  fetches: 0,
  requests: 0,
}

/** The names of all buckets. */
// The keys of noUsage are those of Usage, by its type.
export const buckets = Object.keys(noUsage) as readonly (keyof Usage)[]

/** All tokens read: fresh, cached, written, spoken and seen. */
export const totalInput = (usage: Usage): number =>
  usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h + usage.inputAudio + usage.inputImage

/** All tokens written: visible, thought, spoken and drawn. */
export const totalOutput = (usage: Usage): number =>
  usage.output + usage.reasoning + usage.outputAudio + usage.outputImage

/** Some buckets over the rest, which stay 0. */
export const usageOf = (some: Partial<Usage>): Usage => ({ ...noUsage, ...some })

/** Bucket by bucket, for an answer that took several upstream calls. */
export const addUsage = (left: Usage, right: Usage): Usage => {
  const sum: Record<string, number> = {}
  for (const bucket of buckets) sum[bucket] = left[bucket] + right[bucket]
  // Every bucket of noUsage was written above.
  return sum as unknown as Usage
}

/** The usage of an answer whose vendor told any. */
export const toldOf = (usage: Usage): Usage | undefined => (usage === noUsage ? undefined : usage)

/** No request reads or writes so much: a greater number is a mistake. */
const mostOfAll = 2 ** 31

/** Whether it is a count as vendors write them: a number from 0, or its digits in a string, as proto3 JSON has int64. */
export const isCount = (value: unknown): boolean => {
  const number = numberIn(value)
  return typeof number === 'number' && number >= 0 && number < mostOfAll
}

/** A count as a vendor wrote it; what is none is 0. */
export const count = (value: unknown): number => (isCount(value) ? Math.floor(Number(value)) : 0)

const numberIn = (value: unknown): unknown => (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value)

/** Shares of a total in this order, none of them above what those before it leave. What is left is the last of them. */
export function shared(total: number, ...shares: readonly number[]): readonly number[] {
  let left = total
  const parts = shares.map((share) => {
    const part = Math.min(share, left)
    left -= part
    return part
  })
  return [...parts, left]
}

/** What remains of a total after its named shares; never below 0, because vendors' sums do not always add up. */
export const rest = (total: number, ...shares: readonly number[]): number =>
  Math.max(
    0,
    shares.reduce((left, share) => left - share, total),
  )
