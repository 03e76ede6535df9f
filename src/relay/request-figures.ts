import { isRecord } from '../model/record.ts'
import { buckets, totalInput, totalOutput, type Usage, usageOf } from '../model/usage.ts'
import type { RequestRow } from '../store/requests.ts'

/** What the log of a request says beyond its columns, read back. What is not there is 0 or false. */
export interface RequestFigures {
  readonly promptTokens: number
  readonly completionTokens: number
  readonly reasoningTokens: number
  readonly cachedTokens: number
  readonly searches: number
  readonly isStream: boolean
  readonly durationMs: number
  /** Until the first content; undefined where there was none, and where an answer came at once. */
  readonly firstMs: number | undefined
}

export function figuresOf({ detail }: RequestRow): RequestFigures {
  const usage = usageIn(detail.usage)
  return {
    promptTokens: totalInput(usage),
    completionTokens: totalOutput(usage),
    reasoningTokens: usage.reasoning,
    cachedTokens: usage.cacheRead,
    searches: usage.searches,
    isStream: detail.isStream === true,
    durationMs: amount(detail.durationMs),
    firstMs: typeof detail.firstMs === 'number' ? detail.firstMs : undefined,
  }
}

function usageIn(value: unknown): Usage {
  if (!isRecord(value)) return usageOf({})
  return usageOf(Object.fromEntries(buckets.map((bucket) => [bucket, amount(value[bucket])])))
}

const amount = (value: unknown): number => (typeof value === 'number' && value > 0 ? value : 0)
