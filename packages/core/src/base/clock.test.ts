// Waits of any length, over timers that know 24.8 days at most.
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../testing/manual-clock.ts'
import { LONGEST_TIMER_MS, setLongTimer, systemClock, type Timer } from './clock.ts'

function fixture() {
  const clock = createManualClock({ tickMs: 0 })
  const set = (delayMs: number, fn: () => void): Timer => {
    expect(delayMs).toBeLessThanOrEqual(LONGEST_TIMER_MS)
    return clock.setTimer(delayMs, fn)
  }
  return { clock, set }
}

describe('a wait', () => {
  it.each([1000, LONGEST_TIMER_MS, LONGEST_TIMER_MS + 1, 10 * LONGEST_TIMER_MS + 7])('of %i ms is as long', (ms) => {
    const { clock, set } = fixture()
    let calls = 0
    setLongTimer(ms, () => calls++, set)
    clock.advance(ms - 1)
    expect(calls).toBe(0)
    clock.advance(1)
    expect(calls).toBe(1)
    expect(clock.pendingTimers).toBe(0)
  })

  it.each([0, LONGEST_TIMER_MS + 1])('is cancelled after %i ms', (afterMs) => {
    const { clock, set } = fixture()
    let calls = 0
    const timer = setLongTimer(3 * LONGEST_TIMER_MS, () => calls++, set)
    clock.advance(afterMs)
    timer.cancel()
    clock.advance(5 * LONGEST_TIMER_MS)
    expect(calls).toBe(0)
  })

  it('of Infinity sets no timer, also under a clock of tests', () => {
    const { clock, set } = fixture()
    setLongTimer(Infinity, () => expect.unreachable(), set).cancel()
    clock.setTimer(Infinity, () => expect.unreachable()).cancel()
    expect(clock.pendingTimers).toBe(0)
  })

  it('of the platform never ends before its time, though its timers may', async () => {
    const wait = async (delayMs: number): Promise<number> => {
      const startMs = systemClock.now()
      await new Promise<void>((resolve) => void systemClock.setTimer(delayMs, resolve))
      return systemClock.now() - startMs - delayMs
    }
    // Begun all over a millisecond, one after another: Node counts from the last whole one.
    const chains = Array.from({ length: 100 }, async (_, i) => {
      await wait((i % 10) / 10)
      return Math.min(await wait(1), await wait(2.5), await wait(3))
    })
    expect(Math.min(...(await Promise.all(chains)))).toBeGreaterThanOrEqual(0)
  })

  it('past what the platform knows is not over at once', async () => {
    const over: number[] = []
    const timers = [Infinity, 2 ** 31, 30 * 86_400_000].map((ms) => systemClock.setTimer(ms, () => over.push(ms)))
    await new Promise<void>((resolve) => void systemClock.setTimer(3, resolve))
    for (const timer of timers) timer.cancel()
    expect(over).toEqual([])
  })
})
