// Who is asked next, and for how much.
import { describe, expect, it } from 'vitest'
import { RateEstimator } from './rates.ts'

describe('the rate estimator', () => {
  it('prefers who was never asked, then who brings most per time', () => {
    const rates = new RateEstimator()
    rates.record('slow', 'headers', 1000, 100)
    rates.record('quick', 'headers', 100, 100)
    expect(rates.best('headers', ['slow', 'quick', 'new'])).toBe('new')
    expect(rates.best('headers', ['slow', 'quick'])).toBe('quick')
    expect(rates.best('headers', [])).toBeUndefined()
  })

  it('asks for what fits the time, at least 1, and halves it after a failure', () => {
    const rates = new RateEstimator()
    rates.record('a', 'headers', 1000, 1000)
    expect(rates.capacity('a', 'headers', 500)).toBe(506)
    rates.record('a', 'headers', 5000, 0)
    expect(rates.capacity('a', 'headers', 500)).toBe(253)
    expect(rates.capacity('unknown', 'headers', 500)).toBe(1)
  })

  it('follows a peer that changes, slowly', () => {
    const rates = new RateEstimator()
    rates.record('a', 'x', 100, 1)
    for (let i = 0; i < 50; i++) rates.record('a', 'x', 1000, 1)
    expect(rates.roundTripMs('a', 'x')).toBeGreaterThan(950)
  })

  it.each([
    [0, Number.MAX_SAFE_INTEGER],
    [1, Number.MAX_VALUE],
  ])('keeps a safe capacity for an answer after %d ms with %d items', (elapsedMs, items) => {
    const rates = new RateEstimator()
    rates.record('a', 'x', elapsedMs, items)
    expect(rates.capacity('a', 'x', 60_000)).toBe(Number.MAX_SAFE_INTEGER)
  })

  it('tracks a bounded number of kinds, and nothing of a peer that is gone', () => {
    const rates = new RateEstimator()
    for (let i = 0; i <= 32; i++) rates.record('a', `kind${i}`, 1, 1)
    expect(rates.roundTripMs('a', 'kind31')).toBe(1)
    expect(rates.roundTripMs('a', 'kind32')).toBeUndefined()
    rates.forget('a')
    expect(rates.size).toBe(0)
  })
})
