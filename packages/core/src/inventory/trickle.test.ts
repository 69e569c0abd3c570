import { describe, expect, it } from 'vitest'
import { seededRandom } from '../base/random.ts'
import { batchSize, nextTickMs } from './trickle.ts'

describe('the times of what trickles', () => {
  it('are a Poisson process: mean and spread are alike, and a third lies past the mean', () => {
    const random = seededRandom(5)
    const waits = Array.from({ length: 20_000 }, () => nextTickMs(1000, 5000, random) - 1000)
    const mean = waits.reduce((sum, ms) => sum + ms, 0) / waits.length
    const variance = waits.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / waits.length
    expect(Math.abs(mean / 5000 - 1)).toBeLessThan(0.03)
    expect(Math.abs(Math.sqrt(variance) / 5000 - 1)).toBeLessThan(0.05)
    const late = waits.filter((ms) => ms > 5000).length / waits.length
    expect(Math.abs(late - Math.exp(-1))).toBeLessThan(0.02)
  })

  it('are now to the millisecond for the least draw, and finite for the greatest', () => {
    const draw = (value: number) => ({ uint32: () => value, bytes: (length: number) => new Uint8Array(length) })
    expect(nextTickMs(7, 5000, draw(0))).toBe(7)
    expect(nextTickMs(0, 5000, draw(0xffff_ffff))).toBe(110_904)
  })

  it.each([
    [0, 35],
    [999, 35],
    [1000, 40],
    [5000, 60],
    [193_000, 1000],
    [1_000_000, 1000],
  ])('of %d that wait, a batch has %d at most', (waiting, size) => {
    expect(batchSize(waiting)).toBe(size)
  })
})
