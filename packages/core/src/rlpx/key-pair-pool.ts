// Key pairs made ahead while nothing else is to be done, for the bursts that handshakes come in.
import type { Clock, Timer } from '../base/clock.ts'
import type { KeyPair } from './keys.ts'

/** Pairs that are made ahead at most, unless told otherwise: for 50 handshakes, as many as go-ethereum has at once. */
const MOST_PAIRS = 100
/** Pairs that are made ahead at least, once one was taken: for two handshakes. */
const LEAST_PAIRS = 4
/** Without a handshake for so long, in milliseconds, there is time to make pairs. */
const IDLE_MS = 50
/** Pairs are made for so long at once, in milliseconds, and then the loop has so much time for others. */
const SLICE_MS = 2
const REST_MS = 8

export interface KeyPairPoolOptions {
  /** Makes one pair, such as `() => generateKeyPair(crypto, random)`. */
  readonly create: () => KeyPair
  readonly clock: Clock
  /** Most pairs to hold; a handshake uses two. */
  readonly limit?: number | undefined
}

/** A source of key pairs for the `createKeyPair` of handshakes. */
export interface KeyPairPool {
  /** Pairs that are ready now. */
  readonly size: number
  /** A pair that nobody had before: one of those made ahead, or made now. */
  take(): KeyPair
  /** Overwrites the private keys of all pairs that nobody took, and makes no more ahead. */
  close(): void
}

/**
 * A pool that is empty until the first pair is taken. After each rest it holds as many as the busiest time needed, half
 * of which it forgets with every quieter one, within its limits.
 */
export function createKeyPairPool({ create, clock, limit = MOST_PAIRS }: KeyPairPoolOptions): KeyPairPool {
  const pairs: KeyPair[] = []
  let wanted = 0
  let taken = 0
  let takenAtMs = 0
  let filled = true
  let timer: Timer | undefined
  let closed = false

  const wait = (ms: number): void => {
    timer = clock.setTimer(ms, work)
  }
  const work = (): void => {
    timer = undefined
    const nowMs = clock.now()
    const idleMs = nowMs - takenAtMs
    if (idleMs < IDLE_MS) return wait(IDLE_MS - idleMs)
    // What was interrupted goes on for as many.
    const before = filled ? wanted >> 1 : wanted
    if (taken > 0) wanted = Math.min(limit, Math.max(LEAST_PAIRS, taken, before))
    taken = 0
    const endMs = nowMs + SLICE_MS
    while (pairs.length < wanted && clock.now() < endMs) pairs.push(create())
    filled = pairs.length >= wanted
    if (!filled) wait(REST_MS)
  }
  return {
    get size() {
      return pairs.length
    },
    take: () => {
      taken++
      takenAtMs = clock.now()
      if (!timer && !closed) wait(IDLE_MS)
      return pairs.pop() ?? create()
    },
    close: () => {
      closed = true
      timer?.cancel()
      for (const { privateKey } of pairs.splice(0)) privateKey.fill(0)
    },
  }
}
