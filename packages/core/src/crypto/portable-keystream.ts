// AES-CTR as one endless stream, a block of it taken ahead.
import type { Keystream } from '../base/crypto.ts'
import { encryptBlock, expandKey } from './aes.ts'

const BLOCK_BYTES = 16

/** AES-CTR under a key of 16 or 32 bytes, from the counter block `iv`, or zero; always ready. */
export function createPortableKeystream(key: Uint8Array, iv?: Uint8Array): Keystream {
  const keys = expandKey(key)
  const counter = iv ? new Uint8Array(iv) : new Uint8Array(BLOCK_BYTES)
  const ahead = new Uint8Array(BLOCK_BYTES)
  let used = BLOCK_BYTES
  return {
    apply: (bytes, from = 0, to = bytes.length) => {
      for (let at = from; at < to;) {
        if (used === BLOCK_BYTES) {
          encryptBlock(keys, counter, ahead)
          advance(counter)
          used = 0
        }
        const end = Math.min(to, at + BLOCK_BYTES - used)
        while (at < end) bytes[at++]! ^= ahead[used++]!
      }
      return true
    },
    ready: () => Promise.resolve(),
  }
}

// Big-endian, and back to zero after its end.
function advance(counter: Uint8Array): void {
  for (let i = BLOCK_BYTES - 1; i >= 0; i--) {
    counter[i]!++
    if (counter[i] !== 0) return
  }
}
