// SHA-256 against OpenSSL.
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { toHex } from '../base/bytes.ts'
import { seededRandom } from '../base/random.ts'
import { sha256 } from './sha256.ts'

const expected = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

it('is right for every length up to five blocks, and leaves what it is given as it is', () => {
  const bytes = seededRandom(32).bytes(330)
  const before = toHex(bytes)
  for (let length = 0; length <= bytes.length; length++) {
    const part = bytes.subarray(0, length)
    expect(toHex(sha256(part))).toBe(expected(part))
  }
  expect(toHex(bytes)).toBe(before)
})

it('is right for some MB, and for bytes of ones alone, which carry most', () => {
  const large = seededRandom(33).bytes(3_000_001)
  expect(toHex(sha256(large))).toBe(expected(large))
  for (const length of [64, 119, 128]) {
    const ones = new Uint8Array(length).fill(255)
    expect(toHex(sha256(ones))).toBe(expected(ones))
  }
})
