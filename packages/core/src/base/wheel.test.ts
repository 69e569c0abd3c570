// Coarse deadlines: never early, at most one slot late, replaced and removed.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../testing/manual-clock.ts'
import { Wheel } from './wheel.ts'

describe('a wheel', () => {
  it('calls each entry once, never early and at most one slot late', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 50 }), (deadlines) => {
        const clock = createManualClock()
        const wheel = new Wheel(clock, 1000)
        const calls: number[][] = deadlines.map(() => [])
        deadlines.forEach((atMs, i) => wheel.set({ due: (now) => calls[i]!.push(now) }, atMs))
        clock.advance(200_000)
        calls.forEach((times, i) => {
          expect(times).toHaveLength(1)
          expect(times[0]! - deadlines[i]!).toBeGreaterThanOrEqual(0)
          expect(times[0]! - deadlines[i]!).toBeLessThanOrEqual(1000)
        })
        expect(clock.pendingTimers).toBe(0)
      }),
      { seed: 2 },
    )
  })

  it('keeps one deadline an entry: the latest set', () => {
    const clock = createManualClock()
    const wheel = new Wheel(clock, 10)
    const times: number[] = []
    const entry = { due: (now: number) => void times.push(Math.floor(now)) }
    wheel.set(entry, 100)
    wheel.set(entry, 500)
    wheel.set(entry, 300)
    clock.advance(1000)
    expect(times).toEqual([300])
  })

  it('forgets what is deleted, also from inside another entry', () => {
    const clock = createManualClock()
    const wheel = new Wheel(clock, 10)
    const times: string[] = []
    const second = { due: () => void times.push('second') }
    wheel.set(
      {
        due: () => {
          times.push('first')
          wheel.delete(second)
        },
      },
      100,
    )
    wheel.set(second, 110)
    clock.advance(1000)
    expect(times).toEqual(['first'])
    expect(clock.pendingTimers).toBe(0)
  })
})
