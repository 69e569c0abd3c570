// AES-CTR as one endless stream, a stretch of it taken ahead so that small frames cost an XOR.
import { unsafe } from '@noble/ciphers/aes.js'
import type { Keystream } from '../base/crypto.ts'

/** Bytes taken ahead: a few small frames, and little enough that an idle peer's two streams are no burden. */
const AHEAD_BYTES = 512

// Read only. ctrCounter XORs the stream into what it is given: zeros give the stream itself.
let zeros: Uint8Array | undefined

/** AES-CTR under a key of 16 or 32 bytes, from the counter block `iv`, or zero; always ready. */
export function createPortableKeystream(key: Uint8Array, iv: Uint8Array = new Uint8Array(16)): Keystream {
  const roundKeys = unsafe.expandKeyLE(key)
  const counter = new Uint8Array(iv)
  let ahead: Uint8Array | undefined
  let used = AHEAD_BYTES
  return {
    apply: (bytes, from = 0, to = bytes.length) => {
      ahead ??= new Uint8Array(AHEAD_BYTES)
      zeros ??= new Uint8Array(AHEAD_BYTES)
      for (let done = from; done < to;) {
        if (used === AHEAD_BYTES) {
          unsafe.ctrCounter(roundKeys, counter, zeros, ahead)
          used = 0
        }
        const end = Math.min(to, done + AHEAD_BYTES - used)
        while (done < end) bytes[done++]! ^= ahead[used++]!
      }
      return true
    },
    ready: () => Promise.resolve(),
  }
}
