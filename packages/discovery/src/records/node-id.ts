// Node ids: who is near whom in the space that discovery walks.
import { toHex } from '@peerwire/core'
import type { Crypto } from '@peerwire/core'

/** Bits of a node id. */
export const ID_BITS = 256

/** A node id: keccak-256 of the 64 bytes of a public key. */
export function nodeIdOf(publicKey: Uint8Array, crypto: Crypto): Uint8Array {
  return crypto.keccak256(publicKey)
}

/** The length in bits of `left` XOR `right`: 0 for the same id, 256 for the farthest half of all. */
export function logDistance(left: Uint8Array, right: Uint8Array): number {
  for (let i = 0; i < left.length; i++) {
    const difference = left[i]! ^ right[i]!
    if (difference !== 0) return 8 * (left.length - i) - Math.clz32(difference) + 24
  }
  return 0
}

/** Negative when `left` is nearer to `target` than `right`, positive when it is farther, 0 for the same id. */
export function compareDistance(target: Uint8Array, left: Uint8Array, right: Uint8Array): number {
  for (let i = 0; i < target.length; i++) {
    const order = (left[i]! ^ target[i]!) - (right[i]! ^ target[i]!)
    if (order !== 0) return order
  }
  return 0
}

/** The first 16 hex digits, for lines that people read. */
export function shortId(id: Uint8Array): string {
  return toHex(id.subarray(0, 8))
}
