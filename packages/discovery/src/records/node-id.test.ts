import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex } from '@peerwire/core'
import { compareDistance, logDistance } from './node-id.ts'

const id = (): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: 32, maxLength: 32 })
const number = (bytes: Uint8Array): bigint => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)

describe('distances of node ids', () => {
  it.each([
    ['00', '00', 0],
    ['00', '01', 1],
    ['00', '80', 8],
    ['ff00', '00ff', 16],
    ['0100', '0000', 9],
  ])('%s and %s are %i bits apart', (left, right, bits) => {
    expect(logDistance(fromHex(left), fromHex(right))).toBe(bits)
  })

  it('are the length and the order of the numbers that the ids XOR to', () => {
    fc.assert(
      fc.property(id(), id(), id(), (target, left, right) => {
        const [a, b] = [number(target) ^ number(left), number(target) ^ number(right)]
        expect(logDistance(target, left)).toBe(a === 0n ? 0 : a.toString(2).length)
        expect(Math.sign(compareDistance(target, left, right))).toBe(a < b ? -1 : a > b ? 1 : 0)
      }),
    )
  })
})
