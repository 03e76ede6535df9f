/**
 * A token bucket: it holds at most a minute's worth and fills evenly. It may be owed to: what an answer used is known
 * only afterwards, and who took more than was there waits until it has been filled up again.
 */
export interface Bucket {
  /** Units at `atMs`; below 0 where more was used than was there. */
  readonly level: number
  readonly atMs: number
}

/** What a bucket shows to those who ask. */
export interface BucketView {
  readonly limit: number
  readonly remaining: number
  /** Until it is full again. */
  readonly fullInMs: number
}

const minuteMs = 60_000

export const fullBucket = (perMinute: number, nowMs: number): Bucket => ({ level: perMinute, atMs: nowMs })

/** A bucket of which units have been taken since `sinceMs` without it, by others. */
export const owingBucket = (perMinute: number, units: number, sinceMs: number): Bucket =>
  take(fullBucket(perMinute, sinceMs), units)

/** The bucket as it is now. A clock that went back fills nothing. */
export const filled = (bucket: Bucket, perMinute: number, nowMs: number): Bucket => {
  const gain = (Math.max(0, nowMs - bucket.atMs) * perMinute) / minuteMs
  return { level: Math.min(perMinute, bucket.level + gain), atMs: Math.max(nowMs, bucket.atMs) }
}

/** Milliseconds until `units` can be taken; 0 when they can be now. More than the bucket ever holds waits for it to be full. */
export function waitFor(bucket: Bucket, perMinute: number, units: number): number {
  const missing = Math.min(units, perMinute) - bucket.level
  return missing <= 0 ? 0 : Math.ceil((missing * minuteMs) / perMinute)
}

export const take = (bucket: Bucket, units: number): Bucket => ({ level: bucket.level - units, atMs: bucket.atMs })

export const viewOf = (bucket: Bucket, perMinute: number): BucketView => ({
  limit: perMinute,
  remaining: Math.max(0, Math.floor(bucket.level)),
  fullInMs: Math.ceil(((perMinute - bucket.level) * minuteMs) / perMinute),
})
