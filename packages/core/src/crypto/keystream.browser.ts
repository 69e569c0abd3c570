// AES-256-CTR in a page. WebCrypto is quick and answers later, so it makes the stream ahead of need; what isn't there
// when it is needed is made by the portable cipher: nobody ever waits.
import type { Keystream } from '../base/crypto.ts'
import { createPortableKeystream } from './portable-keystream.ts'

/** What WebCrypto is asked for, no more. */
export type KeystreamSource = Pick<SubtleCrypto, 'importKey' | 'encrypt'>

/** A stream asks for some ahead each time it has made as much by itself: idle and slow peers hold nothing. */
const ASK_AFTER_BYTES = 4096
/** The least stretch ahead, doubled at least each time it was too short; a call costs as much as 10 KiB of it. */
const LEAST_AHEAD_BYTES = 16_384
/** The longest: 1 MiB of a large message is decrypted at once, and more is asked for when half of this is used. */
const MOST_AHEAD_BYTES = 2_097_152
/** Asked for at once: long enough that the call doesn't count, short enough that the first is there soon. */
const PIECE_BYTES = 131_072
/** What all streams of a page may hold together; the one used longest ago gives up its own. */
const MAX_HELD_BYTES = 8_388_608

interface Piece {
  /** Where in the stream it begins, in bytes. */
  readonly from: number
  readonly bytes: Uint8Array
}

/** Read only: encrypting zeros gives the stream itself. */
let zeros: Uint8Array<ArrayBuffer> | undefined
/** Streams that hold or have asked for something, the one used longest ago first. */
const holders = /* @__PURE__ */ new Set<BrowserKeystream>()
let heldBytes = 0

/** Bytes of all streams that are there ahead or asked for. */
export function bytesAhead(): number {
  return heldBytes
}

export class BrowserKeystream implements Keystream {
  readonly #key: Uint8Array<ArrayBuffer>
  #source: KeystreamSource | undefined
  #imported: Promise<CryptoKey> | undefined
  /** Bytes used so far: 2^53 of them are 8 PiB. */
  #at = 0
  /** What is there ahead, in the order of the stream. */
  #pieces: Piece[] = []
  /** Until where the stream was asked for; behind `#at` it means nothing. */
  #askedTo = 0
  #aheadBytes = 0
  #held = 0
  /** Made by the portable cipher since something was asked for. */
  #missedBytes = 0
  /** How often everything was given up: what was asked for before that comes in vain. */
  #givenUp = 0
  #portable: Keystream | undefined
  #portableAt = 0

  /**
   * @param key - 32 bytes
   * @param source - `crypto.subtle`, which pages have that come by https or from localhost; without it the portable
   *   cipher makes everything
   */
  constructor(key: Uint8Array, source: KeystreamSource | undefined) {
    if (key.length !== 32) throw new RangeError(`an AES-256 key of ${key.length} bytes`)
    this.#key = new Uint8Array(key)
    this.#source = source
  }

  apply(bytes: Uint8Array, from = 0, to: number = bytes.length): boolean {
    for (let done = from; done < to;) {
      const piece = this.#current()
      if (piece && piece.from <= this.#at) done += this.#xor(bytes, done, to, piece)
      else done += this.#make(bytes.subarray(done, Math.min(to, done + (piece?.from ?? Infinity) - this.#at)))
    }
    this.#askAhead()
    return true
  }

  ready(): Promise<void> {
    return Promise.resolve()
  }

  rest(): void {
    this.#giveUp()
    this.#portable = undefined
  }

  /** The first piece that isn't used up. */
  #current(): Piece | undefined {
    for (;;) {
      const piece = this.#pieces[0]
      if (!piece || piece.from + piece.bytes.length > this.#at) return piece
      this.#pieces.shift()
      this.#hold(-piece.bytes.length)
    }
  }

  #xor(bytes: Uint8Array, from: number, to: number, piece: Piece): number {
    const used = this.#at - piece.from
    const length = Math.min(to - from, piece.bytes.length - used)
    xorInto(bytes, from, piece.bytes, used, length)
    this.#at += length
    return length
  }

  #make(bytes: Uint8Array): number {
    if (!this.#portable || this.#portableAt !== this.#at) {
      this.#portable = createPortableKeystream(this.#key, counterAt(this.#at))
      this.#portable.apply(new Uint8Array(this.#at % 16))
    }
    this.#portable.apply(bytes)
    this.#at += bytes.length
    this.#portableAt = this.#at
    this.#missedBytes += bytes.length
    return bytes.length
  }

  #askAhead(): void {
    if (!this.#source) return
    if (this.#missedBytes >= ASK_AFTER_BYTES) {
      // What was missed at once is likely to be wanted at once again.
      const wanted = Math.max(LEAST_AHEAD_BYTES, this.#aheadBytes * 2, (this.#missedBytes & ~15) * 2)
      this.#aheadBytes = Math.min(MOST_AHEAD_BYTES, wanted)
      this.#missedBytes = 0
    }
    if (this.#aheadBytes === 0) return
    if (this.#askedTo < this.#at) this.#askedTo = this.#at - (this.#at % 16) + 16
    // Half of it is used up before more is asked for, so that what is asked for is worth a call.
    if (this.#askedTo - this.#at > this.#aheadBytes / 2) return
    holders.delete(this)
    holders.add(this)
    for (let left = this.#at + this.#aheadBytes - this.#askedTo; left >= 16; left -= PIECE_BYTES) {
      this.#ask(Math.min(PIECE_BYTES, left & ~15))
    }
    for (const other of holders) {
      if (heldBytes <= MAX_HELD_BYTES) break
      other.#giveUp()
    }
  }

  #ask(length: number): void {
    const from = this.#askedTo
    const givenUp = this.#givenUp
    this.#askedTo += length
    this.#hold(length)
    this.#take(from, length).then(
      (bytes) => {
        if (givenUp === this.#givenUp) this.#keep({ from, bytes })
      },
      () => {
        // A browser without this cipher, or without memory for it: the portable one goes on.
        this.#source = undefined
        this.#giveUp()
      },
    )
  }

  async #take(from: number, length: number): Promise<Uint8Array> {
    const source = this.#source!
    this.#imported ??= source.importKey('raw', this.#key, 'AES-CTR', false, ['encrypt'])
    zeros ??= new Uint8Array(PIECE_BYTES)
    const algorithm = { name: 'AES-CTR', counter: counterAt(from), length: 128 }
    return new Uint8Array(await source.encrypt(algorithm, await this.#imported, zeros.subarray(0, length)))
  }

  #keep(piece: Piece): void {
    const after = this.#pieces.findIndex(({ from }) => from > piece.from)
    if (after < 0) this.#pieces.push(piece)
    else this.#pieces.splice(after, 0, piece)
  }

  #giveUp(): void {
    holders.delete(this)
    this.#hold(-this.#held)
    this.#givenUp++
    this.#pieces = []
    this.#askedTo = this.#aheadBytes = this.#missedBytes = 0
  }

  #hold(bytes: number): void {
    this.#held += bytes
    heldBytes += bytes
  }
}

/** The counter block of the byte `at`, big-endian. */
function counterAt(at: number): Uint8Array<ArrayBuffer> {
  const counter = new Uint8Array(16)
  for (let i = 15, rest = Math.floor(at / 16); rest > 0; i--, rest = Math.floor(rest / 256)) counter[i] = rest & 0xff
  return counter
}

// Whole words where both lie on their borders, as they do in frames that begin a chunk: eight times quicker.
function xorInto(bytes: Uint8Array, from: number, stream: Uint8Array, used: number, length: number): void {
  let done = 0
  const start = bytes.byteOffset + from
  if (length >= 64 && start % 4 === 0 && (stream.byteOffset + used) % 4 === 0) {
    const words = new Uint32Array(bytes.buffer, start, length >> 2)
    const others = new Uint32Array(stream.buffer, stream.byteOffset + used, length >> 2)
    for (let i = 0; i < words.length; i++) words[i]! ^= others[i]!
    done = words.length * 4
  }
  for (; done < length; done++) bytes[from + done]! ^= stream[used + done]!
}
