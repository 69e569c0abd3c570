// AES-CTR as one endless stream, a stretch of it taken ahead so that small frames cost an XOR.
import type { Keystream } from '../base/crypto.ts'
import { encryptBlock, expandKey } from './aes.ts'

/** Bytes taken ahead: a few small frames, and little enough that an idle peer's two streams are no burden. */
const AHEAD_BYTES = 512

/** The stream under a key of 16 or 32 bytes from the counter block `iv`, or zero; always ready. */
export function createPortableKeystream(key: Uint8Array, iv?: Uint8Array): Keystream {
  const keys = expandKey(key)
  const counter = new Uint32Array(4)
  if (iv) for (let i = 0; i < 16; i++) counter[i >> 2] = (counter[i >> 2]! << 8) | iv[i]!
  let ahead: Uint8Array | undefined
  let used = AHEAD_BYTES
  const refill = (): Uint8Array => {
    ahead ??= new Uint8Array(AHEAD_BYTES)
    const view = new DataView(ahead.buffer)
    for (let at = 0; at < AHEAD_BYTES; at += 16) {
      encryptBlock(keys, counter[0]!, counter[1]!, counter[2]!, counter[3]!, view, at)
      for (let i = 4; i-- > 0 && (counter[i] = (counter[i]! + 1) >>> 0) === 0;);
    }
    used = 0
    return ahead
  }
  return {
    apply: (bytes) => {
      for (let done = 0; done < bytes.length;) {
        const stream = used === AHEAD_BYTES ? refill() : ahead!
        const end = Math.min(bytes.length, done + AHEAD_BYTES - used)
        while (done < end) bytes[done++]! ^= stream[used++]!
      }
      return true
    },
    ready: () => Promise.resolve(),
  }
}
