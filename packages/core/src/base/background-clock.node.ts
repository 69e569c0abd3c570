// A clock for what goes on beside a program, and doesn't keep it from ending.
import { setLongTimer, systemClock } from './clock.ts'
import type { Clock, Timer } from './clock.ts'

function setQuietTimer(delayMs: number, fn: () => void): Timer {
  const handle = setTimeout(fn, Math.ceil(delayMs))
  handle.unref()
  return { cancel: () => clearTimeout(handle) }
}

/** The clock of the platform; Node ends though its timers are pending. */
export const backgroundClock: Clock = {
  ...systemClock,
  setTimer: (delayMs, fn) => setLongTimer(delayMs, fn, setQuietTimer),
}
