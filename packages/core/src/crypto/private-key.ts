// Private keys: making them, and telling whether 32 bytes are one.
import { fromHex } from '../base/bytes.ts'
import { type Random, systemRandom } from '../base/random.ts'

/** The order of secp256k1; a private key is from 1 to one below it. */
const GROUP_ORDER = /* @__PURE__ */ fromHex('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141')

/** Draws before a source of chance is called broken: a fair one fails once in 2^128 draws. */
const MAX_DRAWS = 8

/** Whether these are 32 bytes from 1 to the group order less 1; takes the same time for all keys. */
export function isPrivateKey(bytes: Uint8Array): boolean {
  if (bytes.length !== 32) return false
  let any = 0
  // What is left to borrow when the order is taken away, from the last byte to the first: 1 when the key is less.
  let borrow = 0
  for (let i = 31; i >= 0; i--) {
    any |= bytes[i]!
    borrow = ((bytes[i]! - GROUP_ORDER[i]! - borrow) >> 8) & 1
  }
  return any !== 0 && borrow === 1
}

/** A fresh private key, 32 bytes. @throws {RangeError} when the source of chance gives no key in 8 draws */
export function generatePrivateKey(random: Random = systemRandom): Uint8Array {
  for (let i = 0; i < MAX_DRAWS; i++) {
    const key = random.bytes(32)
    if (isPrivateKey(key)) return key
  }
  throw new RangeError(`no private key in ${MAX_DRAWS} draws`)
}
