// AES against the examples of its standards; and our use of the package's inner parts against its outer ones.
import { ctr, ecb } from '@noble/ciphers/aes.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../base/bytes.ts'
import { createPortableKeystream } from './portable-keystream.ts'
import { portableCrypto } from './portable.ts'

const keys = fc.constantFrom(16, 32).chain((length) => fc.uint8Array({ minLength: length, maxLength: length }))
const blocks = fc.uint8Array({ minLength: 16, maxLength: 16 })

describe('one block', () => {
  // FIPS 197, appendix C.
  it.each([
    ['000102030405060708090a0b0c0d0e0f', '69c4e0d86a7b0430d8cdb78070b4c55a'],
    ['000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', '8ea2b7ca516745bfeafc49904b496089'],
  ])('under %s is that of FIPS 197', (key, expected) => {
    const encrypt = portableCrypto.createBlockCipher(fromHex(key))
    expect(toHex(encrypt(fromHex('00112233445566778899aabbccddeeff')))).toBe(expected)
  })

  it('is that of ECB, for any key and block, wherever they lie in memory', () => {
    fc.assert(
      fc.property(keys, blocks, (key, block) => {
        const shifted = new Uint8Array(17)
        shifted.set(block, 1)
        const expected = toHex(ecb(key, { disablePadding: true }).encrypt(block))
        expect(toHex(portableCrypto.createBlockCipher(key)(shifted.subarray(1)))).toBe(expected)
      }),
      { numRuns: 500 },
    )
  })

  it('changes neither the key nor the block', () => {
    const key = new Uint8Array(32).fill(1)
    const block = new Uint8Array(16).fill(2)
    portableCrypto.createBlockCipher(key)(block)
    expect(key).toEqual(new Uint8Array(32).fill(1))
    expect(block).toEqual(new Uint8Array(16).fill(2))
  })
})

describe('a stream', () => {
  const counters = fc.oneof(
    blocks,
    fc.constantFrom(new Uint8Array(16).fill(0xff), fromHex('00'.repeat(11) + 'ff'.repeat(5))),
  )

  it('is that of CTR, for any key and counter, also where the counter runs over', () => {
    fc.assert(
      fc.property(keys, counters, fc.uint8Array({ maxLength: 1200 }), (key, counter, plain) => {
        const bytes = new Uint8Array(plain)
        createPortableKeystream(key, counter).apply(bytes)
        expect(toHex(bytes)).toBe(toHex(ctr(key, counter).encrypt(plain)))
      }),
    )
  })
})

describe('keys', () => {
  it.each([0, 15, 17, 31, 33])('of %i bytes are refused', (length) => {
    expect(() => createPortableKeystream(new Uint8Array(length))).toThrow('key')
  })
})
