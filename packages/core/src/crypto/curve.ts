// What a provider does on secp256k1, and what all of them say of inputs that are none.
import type { Crypto } from '../base/crypto.ts'
import { isPrivateKey } from './private-key.ts'

export type Curve = Pick<Crypto, 'isPublicKey' | 'publicKeyOf' | 'sharedSecret' | 'sign' | 'recover'>

/** Recovery numbers go up to 3. */
const MAX_RECOVERY = 3

/** Whether these have the form of a hash and its signature; libraries give up at what hasn't. */
export function mayRecover(hash: Uint8Array, signature: Uint8Array): boolean {
  return hash.length === 32 && signature.length === 65 && signature[64]! <= MAX_RECOVERY
}

/** @throws {RangeError} */
export function requirePrivateKey(privateKey: Uint8Array): void {
  if (!isPrivateKey(privateKey)) throw new RangeError('not a private key of secp256k1')
}

/** @throws {RangeError} */
export function requireHash(hash: Uint8Array): void {
  if (hash.length !== 32) throw new RangeError(`a hash of ${hash.length} bytes`)
}

export function notPublicKey(): RangeError {
  return new RangeError('not a public key of secp256k1')
}
