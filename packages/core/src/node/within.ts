// A wait that ends in time; loaded with whatever needs it.
import { abortable } from '../base/abort.ts'
import type { Clock } from '../base/clock.ts'

/**
 * Waits for `work` no longer than `ms`.
 *
 * @throws {Error} saying so when it took longer, else what `work` rejects with
 */
export async function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  const bound = new AbortController()
  const timer = clock.setTimer(ms, () => bound.abort(new Error(`not stopped within ${ms} ms`)))
  try {
    await abortable(work, bound.signal)
  } finally {
    timer.cancel()
  }
}
