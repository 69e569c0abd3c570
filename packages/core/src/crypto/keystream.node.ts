// AES-256-CTR by Node's own cryptography. A stream holds its key and place, no cipher: one of those is 1.4 KiB that
// idle peers would keep, and costs 1.5 µs to make, which a stretch taken ahead or a large message makes little of.
import { createCipheriv } from 'node:crypto'
import type { Keystream } from '../base/crypto.ts'

/** Bytes that a stream takes ahead at first, and again after a rest: a few small frames. */
const LEAST_AHEAD_BYTES = 512
/** Bytes that a busy stream takes ahead; doubling gets there. */
const MOST_AHEAD_BYTES = 4096
/** From here on a cipher of its own is quicker than an XOR in JavaScript; for a stream at rest `LEAST_AHEAD_BYTES`. */
const DIRECT_BYTES = 4096
/** The most that is encrypted at once, for the result is a second copy. */
const PIECE_BYTES = 65_536
/** A stream is busy when all streams took at most so often since it did. */
const BUSY_WITHIN = 256

/** Fewer bytes are XORed one by one, more as words through a view that must be made. */
const WORDS_FROM_BYTES = 48

const ZEROS = /* @__PURE__ */ new Uint8Array(MOST_AHEAD_BYTES)

/** How often all streams took something: a clock that runs as fast as they are used. */
let taken = 0

export class NodeKeystream implements Keystream {
  readonly #key: Uint8Array
  /** Blocks taken from the cipher; 2^53 of them are 128 PiB. */
  #blocks = 0
  #ahead: DataView | undefined
  #used = 0
  #takenAt = -Infinity

  /** @param key - 32 bytes */
  constructor(key: Uint8Array) {
    if (key.length !== 32) throw new RangeError(`an AES-256 key of ${key.length} bytes`)
    this.#key = key.slice()
  }

  apply(bytes: Uint8Array): boolean {
    for (let done = 0; done < bytes.length;) {
      if (this.#ahead && this.#used < this.#ahead.byteLength) done = this.#xor(bytes, done, this.#ahead)
      else {
        const busy = taken - this.#takenAt <= BUSY_WITHIN
        if (bytes.length - done >= (busy ? DIRECT_BYTES : LEAST_AHEAD_BYTES)) done = this.#encrypt(bytes, done)
        else this.#takeAhead(busy)
      }
    }
    return true
  }

  ready(): Promise<void> {
    return Promise.resolve()
  }

  #xor(bytes: Uint8Array, from: number, ahead: DataView): number {
    const length = Math.min(bytes.length - from, ahead.byteLength - this.#used)
    const ready = length < WORDS_FROM_BYTES ? 0 : xorWords(bytes, from, ahead, this.#used, length)
    for (let i = ready; i < length; i++) bytes[from + i]! ^= ahead.getUint8(this.#used + i)
    this.#used += length
    return from + length
  }

  #encrypt(bytes: Uint8Array, from: number): number {
    // Whole blocks, so that the stream goes on at the start of one.
    const end = from + Math.min(PIECE_BYTES, (bytes.length - from) & ~15)
    bytes.set(this.#take(bytes.subarray(from, end)), from)
    return end
  }

  #takeAhead(busy: boolean): void {
    const last = this.#ahead?.byteLength ?? 0
    const length = busy ? Math.min(MOST_AHEAD_BYTES, last * 2 || LEAST_AHEAD_BYTES) : LEAST_AHEAD_BYTES
    const stretch = this.#take(ZEROS.subarray(0, length))
    this.#ahead = new DataView(stretch.buffer, stretch.byteOffset, length)
    this.#used = 0
  }

  #take(input: Uint8Array): Uint8Array {
    const counter = new Uint8Array(16)
    // Big-endian, as the counter of CTR.
    for (let i = 15, rest = this.#blocks; rest > 0; i--, rest = Math.floor(rest / 256)) counter[i] = rest & 0xff
    this.#blocks += input.length / 16
    this.#takenAt = ++taken
    return createCipheriv('aes-256-ctr', this.#key, counter).update(input)
  }
}

// As many whole words as fit; tells how many bytes that were.
function xorWords(bytes: Uint8Array, from: number, ahead: DataView, used: number, length: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + from, length)
  const end = length & ~3
  for (let at = 0; at < end; at += 4) view.setUint32(at, view.getUint32(at) ^ ahead.getUint32(used + at))
  return end
}
