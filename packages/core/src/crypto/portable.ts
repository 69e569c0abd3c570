// The reference provider: the noble packages, the same in every browser and in Node.
import { ctr } from '@noble/ciphers/aes.js'
import { _SHA256 } from '@noble/hashes/sha2.js'
import { Keccak } from '@noble/hashes/sha3.js'
import { getPublicKey, getSharedSecret, hashes, Point, recoverPublicKey, sign } from '@noble/secp256k1'
import { concatBytes } from '../base/bytes.ts'
import type { Crypto, RunningHash } from '../base/crypto.ts'
import { mayRecover, notPublicKey, requireHash } from './curve.ts'
import { hmacSha256 } from './hmac.ts'
import { createPortableKeystream } from './portable-keystream.ts'
import { isPrivateKey } from './private-key.ts'

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
  keccak256: (bytes) => newKeccak256().update(bytes).digest(),
  createKeccak256,
  sha256,
  hmacSha256: (key, bytes) => hmacSha256(sha256, key, bytes),
  aes128Ctr: (key, iv, bytes) => {
    const result = new Uint8Array(bytes)
    createPortableKeystream(key, iv).apply(result)
    return result
  },
  createKeystream: (key) => createPortableKeystream(key),
  createBlockCipher,
}

// The package's classes themselves: the functions that it makes of them bring what chooses among all of its hashes.
function sha256(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new _SHA256().update(bytes).digest()
}

// Of blocks of 136 bytes, which the byte 1 follows.
function newKeccak256(): Keccak {
  return new Keccak(136, 1, 32)
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
  hashes.hmacSha256 = (key, message) => hmacSha256(sha256, key, message)
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

function createKeccak256(): RunningHash {
  const state = newKeccak256()
  return {
    update: (bytes) => void state.update(bytes),
    digest: () => state.clone().digest(),
  }
}

// A block is CTR of zeros with the block as counter. The key schedule is made anew each time, which costs a message of
// 100 B a fifth of its rate and spares a page the package's other modes, 0.9 kB; faster providers do otherwise.
function createBlockCipher(key: Uint8Array): (block: Uint8Array) => Uint8Array {
  const ownKey = new Uint8Array(key)
  const zeros = new Uint8Array(16)
  ctr(ownKey, zeros).encrypt(zeros)
  return (block) => ctr(ownKey, block.subarray(0, 16)).encrypt(zeros)
}
