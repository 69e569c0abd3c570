// Time as a value that is passed in, so that tests own it.

/** A pending call; cancelling twice does nothing. */
export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Milliseconds since an arbitrary start, never going back. All deadlines use this. */
  now(): number
  /** Milliseconds since 1970, which a user may turn back. For stored and shown times only. */
  wallNow(): number
  /** Calls `fn` once, at least `delayMs` later. */
  setTimer(delayMs: number, fn: () => void): Timer
}

/** The clock of the platform. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimer: (delayMs, fn) => {
    // Platforms cut off fractions, and then the call comes before its time.
    const handle = setTimeout(fn, Math.ceil(delayMs))
    return { cancel: () => clearTimeout(handle) }
  },
}
