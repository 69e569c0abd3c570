import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { delay } from '../base/abort.ts'
import { createManualClock, drainMicrotasks, tickManualClocks } from './manual-clock.ts'

describe('the manual clock', () => {
  it('stands still until it is moved', () => {
    const clock = createManualClock({ startMs: 500, wallStartMs: 1_000_000, tickMs: 0 })
    expect([clock.now(), clock.wallNow()]).toEqual([500, 1_000_000])
    clock.advance(20)
    expect([clock.now(), clock.wallNow()]).toEqual([520, 1_000_020])
    clock.shiftWall(-100)
    expect([clock.now(), clock.wallNow()]).toEqual([520, 999_920])
    expect(() => clock.advance(-1)).toThrow(RangeError)
  })

  it('goes on by a tick at each reading, and fires what came due so at the next move', () => {
    const clock = createManualClock({ tickMs: 0.25 })
    expect([clock.now(), clock.now(), clock.now()]).toEqual([0, 0.25, 0.5])
    const fired: number[] = []
    clock.setTimer(0.25, () => fired.push(clock.now()))
    for (let i = 0; i < 4; i++) clock.now()
    expect(fired).toEqual([])
    clock.advance(0)
    expect([fired, clock.pendingTimers]).toEqual([[1.75], 0])
    expect(clock.wallNow()).toBe(1_767_225_600_002)
    clock.advance(8)
    expect(clock.now()).toBe(10)
  })

  it('ends a move with all that came due by readings within it', () => {
    const clock = createManualClock({ tickMs: 1 })
    const order: string[] = []
    const soon = (name: string, next?: () => void): void => {
      clock.now()
      clock.setTimer(0, () => {
        order.push(name)
        next?.()
      })
    }
    soon('a', () => soon('b', () => soon('c')))
    clock.advance(0)
    expect(order).toEqual(['a', 'b', 'c'])
  })

  it('ticks by default as the setup file says, for clocks that are made afterwards', () => {
    const before = createManualClock()
    const usualMs = [before.now(), before.now()].reduce((a, b) => b - a)
    try {
      tickManualClocks(8)
      const after = createManualClock()
      expect([after.now(), after.now(), before.now()]).toEqual([0, 8, 2 * usualMs])
    } finally {
      tickManualClocks(usualMs)
    }
  })

  it('fires due timers at their own time, in order, also those set meanwhile', () => {
    const clock = createManualClock({ tickMs: 0 })
    const fired: [string, number][] = []
    const note = (name: string): void => void fired.push([name, clock.now()])
    clock.setTimer(30, () => note('c'))
    clock.setTimer(10, () => {
      note('a')
      clock.setTimer(10, () => note('b'))
      clock.setTimer(100, () => note('never'))
    })
    clock.setTimer(30, () => note('d'))
    clock.advance(50)
    expect(fired).toEqual([
      ['a', 10],
      ['b', 20],
      ['c', 30],
      ['d', 30],
    ])
    expect([clock.pendingTimers, clock.nextTimerAt]).toEqual([1, 110])
  })

  it('fires every timer once in order of time and of setting, but not the cancelled', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(50), fc.boolean()), { maxLength: 300 }), fc.nat(60), (plan, endMs) => {
        const clock = createManualClock()
        const fired: number[] = []
        const timers = plan.map(([dueMs], index) => clock.setTimer(dueMs, () => fired.push(index)))
        plan.forEach(([, cancels], index) => cancels && timers[index]!.cancel())
        const live = plan
          .map(([dueMs, cancels], index) => ({ dueMs, cancels, index }))
          .filter(({ cancels }) => !cancels)
        expect(clock.pendingTimers).toBe(live.length)
        clock.advance(endMs)
        const due = live
          .filter(({ dueMs }) => dueMs <= endMs)
          .toSorted((a, b) => a.dueMs - b.dueMs || a.index - b.index)
        expect(fired).toEqual(due.map(({ index }) => index))
        expect(clock.pendingTimers).toBe(live.length - due.length)
        for (const timer of timers) timer.cancel()
        expect(clock.pendingTimers).toBe(0)
        expect(clock.nextTimerAt).toBeUndefined()
      }),
    )
  })

  it('lets promises run between timers, however long their chain', async () => {
    const clock = createManualClock({ tickMs: 0 })
    const seen: number[] = []
    clock.setTimer(10, async () => {
      for (let turn = 0; turn < 5_000; turn++) await Promise.resolve()
      seen.push(clock.now())
      clock.setTimer(5, () => seen.push(clock.now()))
    })
    clock.setTimer(20, () => seen.push(clock.now()))
    await clock.advanceAsync(30)
    expect(seen).toEqual([10, 15, 20])
    expect(clock.now()).toBe(30)
  })

  it('runs until a promise settles, and no further', async () => {
    const clock = createManualClock({ tickMs: 0 })
    clock.setTimer(9_000, () => undefined)
    expect(await clock.run(delay(clock, 4_000).then(() => 'done'))).toBe('done')
    expect([clock.now(), clock.pendingTimers]).toEqual([4_000, 1])
    await expect(clock.run(Promise.reject(new Error('no')))).rejects.toThrow('no')
    await expect(clock.run(new Promise(() => undefined), 100)).rejects.toThrow('not settled within 100 ms')
  })

  it('says that a promise waits for ever when no timer is set', async () => {
    await expect(createManualClock().run(new Promise(() => undefined))).rejects.toThrow('waits for ever')
  })

  it('fails a timer that re-arms itself without delay instead of hanging', () => {
    const clock = createManualClock()
    const again = (): void => void clock.setTimer(0, again)
    again()
    expect(() => clock.advance(1)).toThrow(/re-arms itself/)
  })

  it('drains promises without moving', async () => {
    let done = false
    void Promise.resolve().then(async () => {
      await Promise.resolve()
      done = true
    })
    await drainMicrotasks()
    expect(done).toBe(true)
  })
})
