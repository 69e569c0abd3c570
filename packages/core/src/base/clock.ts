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
  /** Calls `fn` once, at least `delayMs` later, however long that is; `Infinity` is never. */
  setTimer(delayMs: number, fn: () => void): Timer
}

/** The longest wait that timers of platforms know, some 25 days: what is longer they take for none. */
export const LONGEST_TIMER_MS = 2_147_483_647

/** What waits for ever. */
export const NEVER: Timer = { cancel: () => undefined }

/** A wait of any length over timers of at most `LONGEST_TIMER_MS`, which `setTimer` sets. */
export function setLongTimer(delayMs: number, fn: () => void, setTimer: Clock['setTimer']): Timer {
  if (delayMs === Infinity) return NEVER
  if (!(delayMs > LONGEST_TIMER_MS)) return setTimer(delayMs, fn)
  let timer = setTimer(LONGEST_TIMER_MS, () => {
    timer = setLongTimer(delayMs - LONGEST_TIMER_MS, fn, setTimer)
  })
  return { cancel: () => timer.cancel() }
}

// Platforms cut off fractions, and Node counts from the last whole millisecond: what comes before its time waits on.
function setPlatformTimer(delayMs: number, fn: () => void): Timer {
  const dueMs = performance.now() + delayMs
  const fire = (): void => {
    const leftMs = dueMs - performance.now()
    if (leftMs > 0) handle = setTimeout(fire, Math.ceil(leftMs))
    else fn()
  }
  let handle = setTimeout(fire, Math.ceil(delayMs))
  return { cancel: () => clearTimeout(handle) }
}

/** The clock of the platform. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimer: (delayMs, fn) => setLongTimer(delayMs, fn, setPlatformTimer),
}
