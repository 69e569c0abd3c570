// HMAC against that of OpenSSL, for keys shorter and longer than a block.
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toHex } from '../base/bytes.ts'
import { portableCrypto } from './portable.ts'

const expected = (key: Uint8Array, message: Uint8Array): string =>
  createHmac('sha256', key).update(message).digest('hex')

it('of keys about as long as a block is that of OpenSSL', () => {
  const message = Uint8Array.of(1, 2, 3)
  for (const length of [0, 1, 32, 63, 64, 65, 131, 200]) {
    const key = new Uint8Array(length).fill(0xaa)
    expect(toHex(portableCrypto.hmacSha256(key, message))).toBe(expected(key, message))
    expect(key.every((byte) => byte === 0xaa)).toBe(true)
  }
})

it('of any key and message is that of OpenSSL', () => {
  const bytes = fc.uint8Array({ maxLength: 150 })
  fc.assert(
    fc.property(bytes, bytes, (key, message) => {
      expect(toHex(portableCrypto.hmacSha256(key, message))).toBe(expected(key, message))
    }),
  )
})
