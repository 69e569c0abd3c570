// A rate with a burst: tokens that come back with time.

/** How fast tokens come back, and how many there are at most. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

export interface Bucket {
  tokens: number
  atMs: number
}

/** A full one. */
export function createBucket({ burst }: Rate, nowMs: number): Bucket {
  return { tokens: burst, atMs: nowMs }
}

/** Tokens there are now; a token is whole from 1 on. */
export function tokensOf(bucket: Bucket, { perSecond, burst }: Rate, nowMs: number): number {
  if (perSecond === Infinity) return burst
  return Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) * perSecond) / 1000)
}

/** Takes a token if there is one. */
export function take(bucket: Bucket, rate: Rate, nowMs: number): boolean {
  bucket.tokens = tokensOf(bucket, rate, nowMs)
  bucket.atMs = nowMs
  if (bucket.tokens < 1) return false
  bucket.tokens--
  return true
}
