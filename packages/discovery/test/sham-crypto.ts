// A stand-in for cryptography in simulations of whole networks: thousands of nodes sign as fast as they can copy.
// Nothing is proven by it: a "signature" holds the public key of whoever made it, and hashes are short of everything
// but an even spread. Packets, proofs, tables and walks are the real ones; tests of them alone use the real crypto.
import { concatBytes, portableCrypto } from '@peerwire/core'
import type { Crypto } from '@peerwire/core'

/** Everything that discovery uses of `Crypto`, without its cost. */
export const shamCrypto: Crypto = {
  ...portableCrypto,
  isPublicKey: (publicKey) => publicKey.length === 64,
  publicKeyOf,
  sign: (_, privateKey) => concatBytes(publicKeyOf(privateKey), Uint8Array.of(0)),
  recover: (_, signature) => (signature[64] === 0 ? signature.slice(0, 64) : undefined),
  keccak256: shamHash,
}

// The second half, where signatures have their s, is below half the order of the curve.
function publicKeyOf(privateKey: Uint8Array): Uint8Array {
  const half = shamHash(concatBytes(privateKey, Uint8Array.of(1)))
  half[0]! &= 0x3f
  return concatBytes(shamHash(privateKey), half)
}

/** 32 bytes that are spread evenly: eight 32-bit lanes of a multiply-and-rotate hash. */
function shamHash(bytes: Uint8Array): Uint8Array {
  let a = 0x9e3779b9
  let b = bytes.length
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x85ebca6b)
    a = (a << 13) | (a >>> 19)
    b = Math.imul(b + (byte ^ a), 0xc2b2ae35) ^ (b >>> 15)
  }
  const hash = new Uint8Array(32)
  const view = new DataView(hash.buffer)
  for (let lane = 0; lane < 8; lane++) {
    a = Math.imul(a ^ (a >>> 16) ^ lane, 0x7feb352d)
    b = Math.imul(b ^ (b >>> 15) ^ a, 0x846ca68b)
    view.setUint32(4 * lane, a ^ b ^ (b >>> 16))
  }
  return hash
}
