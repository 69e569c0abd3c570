// AES-256-CTR by Node's own cryptography. A stream holds its key and place. A cipher is 1.4 KiB, and costs 1.5 µs to
// make: streams that are used keep theirs, as long as there aren't too many; those at rest have none, nor those that
// have just begun, for most sessions end soon and what is kept of them is what a collection of garbage takes long for.
import { createCipheriv } from 'node:crypto'
import { equalBytes } from '../base/bytes.ts'
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
/** Streams whose ciphers are kept: both of a thousand peers that get one item after the other; 2.8 MiB in all. */
const KEPT_CIPHERS = 2048

/** Fewer bytes are XORed one by one, more as words. */
const WORDS_FROM_BYTES = 16

const ZEROS = /* @__PURE__ */ new Uint8Array(MOST_AHEAD_BYTES)

type Cipher = ReturnType<typeof createCipheriv>

/** How often all streams took something: a clock that runs as fast as they are used. */
let taken = 0
/** Each place is of the stream that took it last, as long as that has a cipher and took no other place since. */
const keepers: (NodeKeystream | undefined)[] = []
let nextKeeper = 0

// Views of the memory that was XORed last: frames in one chunk, or in one slab, share theirs, and a view costs as much
// as a small frame. One for what is sent and one for what came.
let lastView: DataView = /* @__PURE__ */ new DataView(new ArrayBuffer(0))
let otherView: DataView = lastView

function viewOf(buffer: ArrayBufferLike): DataView {
  if (lastView.buffer === buffer) return lastView
  const found = otherView.buffer === buffer ? otherView : new DataView(buffer)
  otherView = lastView
  lastView = found
  return found
}

/** What both streams of a session share: they have one key, and begin with the same bytes. */
interface Start {
  readonly key: Uint8Array
  /** The first bytes, from when one stream has needed them until the other does. */
  ahead: DataView | undefined
}

// The two are made one after the other.
let unpaired: Start | undefined

function startOf(key: Uint8Array): Start {
  const other = unpaired
  unpaired = undefined
  if (other && equalBytes(other.key, key)) return other
  return (unpaired = { key: key.slice(), ahead: undefined })
}

export class NodeKeystream implements Keystream {
  readonly #start: Start
  #cipher: Cipher | undefined
  /** Where in `keepers` it is, while it has a cipher. */
  #place = 0
  /** Blocks taken from the cipher; 2^53 of them are 128 PiB. */
  #blocks = 0
  #ahead: DataView | undefined
  #used = 0
  /** Bytes of the next block that were used before a rest. */
  #skip = 0
  #takenAt = -Infinity

  /** @param key - 32 bytes */
  constructor(key: Uint8Array) {
    if (key.length !== 32) throw new RangeError(`an AES-256 key of ${key.length} bytes`)
    this.#start = startOf(key)
  }

  apply(bytes: Uint8Array, from = 0, to: number = bytes.length): boolean {
    for (let done = from; done < to;) {
      if (this.#ahead && this.#used < this.#ahead.byteLength) done = this.#xor(bytes, done, to, this.#ahead)
      else {
        const busy = taken - this.#takenAt <= BUSY_WITHIN
        const direct = this.#skip === 0 && to - done >= (busy ? DIRECT_BYTES : LEAST_AHEAD_BYTES)
        if (direct) done = this.#encrypt(bytes, done, to)
        else this.#takeAhead(busy)
      }
    }
    return true
  }

  ready(): Promise<void> {
    return Promise.resolve()
  }

  rest(): void {
    const ahead = this.#ahead
    this.#cipher = this.#start.ahead = undefined
    if (!ahead) return
    this.#blocks -= Math.ceil((ahead.byteLength - this.#used) / 16)
    this.#skip = this.#used % 16
    this.#ahead = undefined
  }

  #xor(bytes: Uint8Array, from: number, to: number, ahead: DataView): number {
    const length = Math.min(to - from, ahead.byteLength - this.#used)
    const used = this.#used
    let done = 0
    if (length >= WORDS_FROM_BYTES) {
      const view = viewOf(bytes.buffer)
      const start = bytes.byteOffset + from
      for (const end = length & ~3; done < end; done += 4) {
        view.setInt32(start + done, view.getInt32(start + done, true) ^ ahead.getInt32(used + done, true), true)
      }
    }
    for (; done < length; done++) bytes[from + done]! ^= ahead.getUint8(used + done)
    this.#used = used + length
    return from + length
  }

  #encrypt(bytes: Uint8Array, from: number, to: number): number {
    // Whole blocks, so that the stream goes on at the start of one.
    const end = from + Math.min(PIECE_BYTES, (to - from) & ~15)
    bytes.set(this.#take(bytes.subarray(from, end)), from)
    return end
  }

  #takeAhead(busy: boolean): void {
    const last = this.#ahead?.byteLength ?? 0
    const length = busy ? Math.min(MOST_AHEAD_BYTES, last * 2 || LEAST_AHEAD_BYTES) : LEAST_AHEAD_BYTES
    this.#ahead = this.#blocks === 0 ? this.#takeFirst() : viewAll(this.#take(ZEROS.subarray(0, length)))
    this.#used = this.#skip
    this.#skip = 0
  }

  // By a cipher that nobody keeps.
  #takeFirst(): DataView {
    const start = this.#start
    const ahead = start.ahead ?? viewAll(createCipher(start.key, 0).update(ZEROS.subarray(0, LEAST_AHEAD_BYTES)))
    start.ahead = start.ahead ? undefined : ahead
    this.#blocks = LEAST_AHEAD_BYTES / 16
    this.#takenAt = ++taken
    return ahead
  }

  #take(input: Uint8Array): Uint8Array {
    const cipher = (this.#cipher ??= this.#keepCipher())
    this.#blocks += input.length / 16
    this.#takenAt = ++taken
    return cipher.update(input)
  }

  #keepCipher(): Cipher {
    const last = keepers[nextKeeper]
    // One that rested has left its place; the cipher that it has by now is kept at another.
    if (last && last.#place === nextKeeper) last.#cipher = undefined
    keepers[nextKeeper] = this
    this.#place = nextKeeper
    nextKeeper = (nextKeeper + 1) % KEPT_CIPHERS
    return createCipher(this.#start.key, this.#blocks)
  }
}

function createCipher(key: Uint8Array, blocks: number): Cipher {
  const counter = new Uint8Array(16)
  // Big-endian, as the counter of CTR.
  for (let i = 15, rest = blocks; rest > 0; i--, rest = Math.floor(rest / 256)) counter[i] = rest & 0xff
  return createCipheriv('aes-256-ctr', key, counter)
}

function viewAll({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length)
}
