// Functions that engines compute differently, made of the four operations that all of them round alike.

const LN2 = 0.6931471805599453
const SQRT2 = 1.4142135623730951
/** Last power of the series; past it a term is below a rounding error, because the ratio is at most 0.172. */
const LAST_POWER = 21

/**
 * The natural logarithm: the same to the last bit in every engine, and true but for a few units in the last place.
 *
 * @throws {RangeError} when `x` is not a finite number above 0
 */
export function ln(x: number): number {
  if (!(x > 0 && x < Infinity)) throw new RangeError(`a logarithm is of a finite number above 0, not ${x}`)
  let exponent = 0
  let mantissa = x
  while (mantissa > SQRT2) {
    mantissa /= 2
    exponent++
  }
  while (mantissa < SQRT2 / 2) {
    mantissa *= 2
    exponent--
  }
  // ln m = 2 artanh((m - 1) / (m + 1)), whose series has odd powers only.
  const ratio = (mantissa - 1) / (mantissa + 1)
  const square = ratio * ratio
  let sum = 0
  for (let power = LAST_POWER; power >= 1; power -= 2) sum = sum * square + 1 / power
  return exponent * LN2 + 2 * ratio * sum
}
