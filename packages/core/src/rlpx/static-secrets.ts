// What our static key shares with others', kept for those that come again.
import { toHex } from '../base/bytes.ts'
import type { Crypto } from '../base/crypto.ts'

/** Secrets kept: more than a node has peers, at about 400 bytes each. */
const KEPT_SECRETS = 1024

/** Our static key with what has been worked out from it; for all handshakes of one identity. */
export interface StaticSecrets {
  /** Our public key, 64 bytes. */
  readonly publicKey: Uint8Array
  /** How many secrets are kept now. */
  readonly size: number
  /** What `crypto.sharedSecret` gives, as bytes of the caller's own. @throws {RangeError} when the key is none */
  sharedSecret(remotePublicKey: Uint8Array): Uint8Array
  /** Overwrites and forgets all secrets. */
  forget(): void
}

/**
 * Secrets of `privateKey` with the keys that were used most recently. A stranger who makes up keys pushes others out,
 * which costs those one multiplication more.
 *
 * @param limit - most secrets that are kept; with 0 only the public key is
 */
export function keepStaticSecrets(crypto: Crypto, privateKey: Uint8Array, limit: number = KEPT_SECRETS): StaticSecrets {
  // Least recently used first.
  const kept = new Map<string, Uint8Array>()
  const drop = (key: string): void => {
    kept.get(key)?.fill(0)
    kept.delete(key)
  }
  const trim = (): void => {
    for (const oldest of kept.keys()) {
      if (kept.size <= limit) break
      drop(oldest)
    }
  }
  return {
    publicKey: crypto.publicKeyOf(privateKey),
    get size() {
      return kept.size
    },
    sharedSecret: (remotePublicKey) => {
      const key = toHex(remotePublicKey)
      const secret = kept.get(key) ?? crypto.sharedSecret(privateKey, remotePublicKey)
      kept.delete(key)
      kept.set(key, secret)
      const copy = secret.slice()
      trim()
      return copy
    },
    forget: () => {
      for (const key of kept.keys()) drop(key)
    },
  }
}
