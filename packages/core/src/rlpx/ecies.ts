// ECIES as RLPx has it: how auth and ack are encrypted to a public key.
import { concatBytes, equalBytes } from '../base/bytes.ts'
import type { Crypto } from '../base/crypto.ts'
import type { KeyPair } from './keys.ts'

/** What encryption adds: an uncompressed point, an IV and a tag. */
export const ECIES_OVERHEAD_BYTES: number = 65 + 16 + 32

/** Mark of an uncompressed point. */
const UNCOMPRESSED = 4

/**
 * Encrypts to `publicKey`, as point ‖ IV ‖ ciphertext ‖ tag.
 *
 * @param keyPair - used for this message only; its private key is overwritten
 * @param iv - 16 fresh random bytes
 * @param associated - authenticated with the message, not part of it
 */
export function encryptTo(
  crypto: Crypto,
  publicKey: Uint8Array,
  plain: Uint8Array,
  associated: ArrayLike<number>,
  keyPair: KeyPair,
  iv: Uint8Array,
): Uint8Array {
  const secret = crypto.sharedSecret(keyPair.privateKey, publicKey)
  keyPair.privateKey.fill(0)
  const { aesKey, macKey } = deriveKeys(crypto, secret)
  const sealed = concatBytes(iv, crypto.aes128Ctr(aesKey, iv, plain))
  const tag = crypto.hmacSha256(macKey, concatBytes(sealed, associated))
  return concatBytes([UNCOMPRESSED], keyPair.publicKey, sealed, tag)
}

/**
 * Decrypts what `encryptTo` made.
 *
 * The point is checked before anything is multiplied by the private key: a point off the curve would give it away.
 *
 * @throws {Error} saying what is wrong; for us alone, the remote must not learn it
 */
export function decryptWith(
  crypto: Crypto,
  privateKey: Uint8Array,
  packet: Uint8Array,
  associated: ArrayLike<number>,
): Uint8Array {
  if (packet.length < ECIES_OVERHEAD_BYTES) throw new Error(`ciphertext of ${packet.length} bytes`)
  if (packet[0] !== UNCOMPRESSED) throw new Error(`the ciphertext begins with ${packet[0]}, not 4`)
  const point = packet.subarray(1, 65)
  if (!crypto.isPublicKey(point)) throw new Error('the point of the ciphertext is not on the curve')
  const { aesKey, macKey } = deriveKeys(crypto, crypto.sharedSecret(privateKey, point))
  const sealed = packet.subarray(65, packet.length - 32)
  const tag = crypto.hmacSha256(macKey, concatBytes(sealed, associated))
  if (!equalBytes(tag, packet.subarray(packet.length - 32))) throw new Error('the tag of the ciphertext is wrong')
  return crypto.aes128Ctr(aesKey, sealed.subarray(0, 16), sealed.subarray(16))
}

// NIST SP 800-56 concatenation KDF, one round of SHA-256; the MAC key is hashed once more.
function deriveKeys(crypto: Crypto, secret: Uint8Array): { readonly aesKey: Uint8Array; readonly macKey: Uint8Array } {
  const derived = crypto.sha256(concatBytes([0, 0, 0, 1], secret))
  return { aesKey: derived.subarray(0, 16), macKey: crypto.sha256(derived.subarray(16)) }
}
