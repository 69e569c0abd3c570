// The running MAC of one direction of a session.
import type { RunningHash } from '../base/crypto.ts'

/** Length of a tag on the wire. */
export const TAG_BYTES = 16

export class FrameMac {
  readonly #hash: RunningHash
  readonly #encryptBlock: (block: Uint8Array) => Uint8Array
  // The digest of everything so far, where it is known: a body's tag is what the next header starts from.
  #digest: Uint8Array | undefined

  constructor(hash: RunningHash, encryptBlock: (block: Uint8Array) => Uint8Array) {
    this.#hash = hash
    this.#encryptBlock = encryptBlock
  }

  /** Absorbs an encrypted header of 16 bytes; the first 16 bytes of the answer are its tag. */
  header(cipher: Uint8Array): Uint8Array {
    return this.#step(this.#digest ?? this.#hash.digest(), cipher)
  }

  /** Absorbs a piece of an encrypted body. */
  absorb(cipher: Uint8Array): void {
    this.#hash.update(cipher)
  }

  /** After the whole body was absorbed; the first 16 bytes of the answer are its tag. */
  body(): Uint8Array {
    const digest = this.#hash.digest()
    return this.#step(digest, digest)
  }

  #step(digest: Uint8Array, mixed: Uint8Array): Uint8Array {
    const seed = this.#encryptBlock(digest)
    for (let i = 0; i < TAG_BYTES; i++) seed[i]! ^= mixed[i]!
    this.#hash.update(seed)
    this.#digest = this.#hash.digest()
    return this.#digest
  }
}
