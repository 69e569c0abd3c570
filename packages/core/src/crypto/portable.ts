// The reference provider: the same JavaScript in every browser and in Node, the curve and keccak by the noble packages.
import { getPublicKey, getSharedSecret, hashes, Point, recoverPublicKey, sign } from '@noble/secp256k1'
import { concatBytes } from '../base/bytes.ts'
import type { Crypto } from '../base/crypto.ts'
import { createBlockCipher } from './block-cipher.ts'
import { mayRecover, notPublicKey, requireHash } from './curve.ts'
import { hmacSha256 } from './hmac.ts'
import { keccak256, Keccak256 } from './keccak.ts'
import { createPortableKeystream } from './portable-keystream.ts'
import { isPrivateKey } from './private-key.ts'
import { sha256 } from './sha256.ts'

/** SEC 1's mark of an uncompressed point. */
const UNCOMPRESSED = /* @__PURE__ */ Uint8Array.of(4)

/**
 * Everything in JavaScript, always ready; the provider that faster ones are held to. Its curve takes the same steps for
 * every secret, but numbers of JavaScript take a time that depends on their value.
 */
export const portableCrypto: Crypto = {
  isPublicKey,
  isPrivateKey,
  publicKeyOf: (privateKey) => getPublicKey(privateKey, false).slice(1),
  sharedSecret,
  sign: signRecoverable,
  recover,
  keccak256,
  createKeccak256: () => new Keccak256(),
  sha256,
  hmacSha256,
  aes128Ctr: (key, iv, bytes) => {
    const result = new Uint8Array(bytes)
    createPortableKeystream(key, iv).apply(result)
    return result
  },
  createKeystream: (key) => createPortableKeystream(key),
  createBlockCipher,
}

function isPublicKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== 64) return false
  try {
    // Bounds both coordinates by the field prime and checks the curve equation; multiplies no point.
    Point.fromBytes(concatBytes(UNCOMPRESSED, publicKey))
    return true
  } catch {
    return false // noble's way to say no
  }
}

function sharedSecret(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  if (!isPublicKey(publicKey)) throw notPublicKey()
  return getSharedSecret(privateKey, concatBytes(UNCOMPRESSED, publicKey)).slice(1)
}

function signRecoverable(hash: Uint8Array, privateKey: Uint8Array): Uint8Array {
  requireHash(hash)
  // Signing at once needs these two; set here and not on loading, so that bundlers may drop what nobody signs with.
  hashes.sha256 = sha256
  hashes.hmacSha256 = hmacSha256
  const vrs = sign(hash, privateKey, { prehash: false, format: 'recovered' })
  return concatBytes(vrs.subarray(1), vrs.subarray(0, 1))
}

function recover(hash: Uint8Array, signature: Uint8Array): Uint8Array | undefined {
  if (!mayRecover(hash, signature)) return undefined
  const vrs = concatBytes(signature.subarray(64), signature.subarray(0, 64))
  try {
    return recoverPublicKey(vrs, hash, { prehash: false, isCompressed: false }).slice(1)
  } catch {
    return undefined // noble throws for numbers out of range and for points that are not on the curve
  }
}
