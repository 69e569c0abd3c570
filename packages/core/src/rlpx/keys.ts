// The key pairs that a handshake makes for itself, and how they are made.
import type { Crypto } from '../base/crypto.ts'
import type { Random } from '../base/random.ts'
import { generatePrivateKey } from '../crypto/private-key.ts'

export interface KeyPair {
  /** 32 bytes. */
  readonly privateKey: Uint8Array
  /** 64 bytes x‖y. */
  readonly publicKey: Uint8Array
}

/** Makes one pair, the dear part of which is the public key; pairs can be made ahead. */
export function generateKeyPair(crypto: Crypto, random: Random): KeyPair {
  const privateKey = generatePrivateKey(random)
  return { privateKey, publicKey: crypto.publicKeyOf(privateKey) }
}
