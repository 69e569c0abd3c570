// How fast a ticket's link may carry, and how much all of them together.
import { createManualClock } from '@peerwire/core/testing'
import { describe, expect, it } from 'vitest'
import { createMeter } from './meter.ts'

const open = (most: number, use = { links: 1, bytes: 0 }) => {
  const clock = createManualClock({ tickMs: 0 })
  return { clock, use, meter: createMeter({ clock, rate: 1_000, burst: 5_000, use, most }) }
}

describe('the meter of a link', () => {
  it('lets a burst pass, and then makes both sides wait for what was too much', () => {
    const { clock, meter } = open(1e6)
    expect([meter.take(5_000), meter.take(1), meter.take(999)]).toEqual([0, 1, 1_000])
    clock.advance(1_000)
    expect(meter.take(500)).toBe(500)
    clock.advance(3_600_000)
    expect([meter.take(5_000), meter.take(1)]).toEqual([0, 1])
  })

  it('ends with the byte past what all links of the ticket may carry', () => {
    const { meter, use } = open(1_000)
    expect(meter.take(600)).toBe(0)
    const { meter: second } = open(1_000, use)
    expect(second.take(400)).toBe(0)
    const end = { code: 4429, text: "full; the ticket's 1000 bytes are used up" }
    expect([meter.take(1), second.take(1)]).toEqual([end, end])
  })
})
