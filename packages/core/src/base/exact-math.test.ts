import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ln } from './exact-math.ts'

describe('ln', () => {
  it('is what mathematics says, within a few units in the last place', () => {
    const above0 = fc.double({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, noNaN: true })
    fc.assert(
      fc.property(above0, (x) => {
        const exact = Math.log(x)
        expect(Math.abs(ln(x) - exact)).toBeLessThanOrEqual(4e-15 * Math.max(1, Math.abs(exact)))
      }),
    )
  })

  it.each([
    [1, 0],
    [2, 0.6931471805599453],
    [0.5, -0.6931471805599453],
    // The least that 1 - u gives for a draw of 32 bits.
    [2 ** -32, -22.18070977791825],
  ])('of %d is %d', (x, expected) => {
    expect(ln(x)).toBeCloseTo(expected, 14)
  })

  it.each([0, -1, Number.NaN, Infinity])('refuses %d', (x) => {
    expect(() => ln(x)).toThrow(RangeError)
  })
})
