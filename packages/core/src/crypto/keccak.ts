// keccak-256, whole or running, and SHA3-256, which ends a message otherwise and is the same else: the package's
// permutation in a sponge of our own, since the package's, for all hashes of the family, is three times as large.
import { keccakP } from '@noble/hashes/sha3.js'
import type { RunningHash } from '../base/crypto.ts'

/** Bytes that are absorbed at once, for digests of 32. */
const RATE_BYTES = 136
const DIGEST_BYTES = 32
/** What follows a message: of keccak as it was submitted, and of the standard. @see FIPS 202, appendix B.2 */
const KECCAK_END = 1
const SHA3_END = 6

// What is finished while the state itself goes on.
const ending = /* @__PURE__ */ new Uint32Array(50)

/** keccak-256 that goes on: `digest` tells the hash of what it was given so far. */
export class Keccak256 implements RunningHash {
  readonly #state: Uint32Array = new Uint32Array(50)
  #filled = 0

  update(bytes: Uint8Array): void {
    const state = this.#state
    let filled = this.#filled
    for (let i = 0; i < bytes.length; i++) {
      state[filled >> 2]! ^= bytes[i]! << (8 * filled)
      if (++filled < RATE_BYTES) continue
      keccakP(state)
      filled = 0
    }
    this.#filled = filled
  }

  digest(end: number = KECCAK_END): Uint8Array {
    const filled = this.#filled
    ending.set(this.#state)
    ending[filled >> 2]! ^= end << (8 * filled)
    ending[RATE_BYTES / 4 - 1]! ^= 1 << 31
    keccakP(ending)
    const digest = new Uint8Array(DIGEST_BYTES)
    for (let i = 0; i < DIGEST_BYTES; i++) digest[i] = ending[i >> 2]! >>> (8 * i)
    ending.fill(0)
    return digest
  }
}

export function keccak256(bytes: Uint8Array): Uint8Array {
  return hash(bytes, KECCAK_END)
}

export function sha3(bytes: Uint8Array): Uint8Array {
  return hash(bytes, SHA3_END)
}

function hash(bytes: Uint8Array, end: number): Uint8Array {
  const running = new Keccak256()
  running.update(bytes)
  return running.digest(end)
}
