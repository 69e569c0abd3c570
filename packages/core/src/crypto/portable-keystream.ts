// AES-CTR as one endless stream, a stretch of it taken ahead so that small frames cost an XOR.
// Of the package it takes CTR alone, by which bundlers leave out every other mode.
import { ctr } from '@noble/ciphers/aes.js'
import type { Keystream } from '../base/crypto.ts'

/**
 * Bytes taken ahead: a few small frames, little enough that an idle peer's two streams are no burden, and enough that
 * the key schedule, which is made anew each time, is a tenth of the work.
 */
const AHEAD_BYTES = 512

/** AES-CTR under a key of 16 or 32 bytes, from the counter block `iv`, or zero; always ready. */
export function createPortableKeystream(key: Uint8Array, iv: Uint8Array = new Uint8Array(16)): Keystream {
  // Refuses a key of another length now and not in the middle of a session.
  ctr(key, iv).encrypt(new Uint8Array(0))
  const ownKey = new Uint8Array(key)
  const counter = new Uint8Array(iv)
  let ahead: Uint8Array | undefined
  let used = AHEAD_BYTES
  return {
    apply: (bytes, from = 0, to = bytes.length) => {
      for (let done = from; done < to;) {
        if (used === AHEAD_BYTES) {
          ahead = ctr(ownKey, counter).encrypt(new Uint8Array(AHEAD_BYTES))
          advance(counter)
          used = 0
        }
        const end = Math.min(to, done + AHEAD_BYTES - used)
        while (done < end) bytes[done++]! ^= ahead![used++]!
      }
      return true
    },
    ready: () => Promise.resolve(),
  }
}

// By the blocks of one stretch: big-endian, and back to zero after its end.
function advance(counter: Uint8Array): void {
  let carry = AHEAD_BYTES / 16
  for (let i = 15; carry > 0 && i >= 0; i--) {
    carry += counter[i]!
    counter[i] = carry
    carry >>= 8
  }
}
