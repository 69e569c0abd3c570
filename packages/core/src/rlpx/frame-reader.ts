// Opens frames from bytes in pieces of any size. Nothing is released before its tag is right, and what a
// stranger says it will send is never allocated: room grows with what has come.
import type { FrameMac, Keystream } from '../base/crypto.ts'
import type { PeerErrorCode } from '../errors/codes.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import { ByteQueue } from '../wire/byte-queue.ts'
import { codeLength, HEADER_BYTES, paddedLength, readCode } from './frame-layout.ts'
import { TAG_BYTES } from './frame-mac.ts'

/** First room for a body that comes in pieces; doubled as it fills. */
const FIRST_ROOM_BYTES = 1024
/** Bytes hashed at once: 8 ms where keccak is JavaScript in a page. */
const ABSORB_BYTES = 262_144
/** Bytes decrypted or decompressed at once: 8 ms where AES is JavaScript in a page. */
export const SLICE_BYTES = 1_048_576

/** What isn't worth two slices: a message of 1 MiB with what surrounds it. */
export const AT_ONCE_BYTES = 1_114_112

const NOTHING = /* @__PURE__ */ new Uint8Array(0)

/** One opened frame: its payload as it was sent, perhaps compressed, lies in `bytes` from `from` to `to`. */
export interface OpenedFrame {
  readonly code: number
  readonly bytes: Uint8Array
  readonly from: number
  readonly to: number
  /** Whether nobody else holds the memory of `bytes`. */
  readonly owned: boolean
  readonly wireBytes: number
}

/** Judges a frame as soon as its code and the length of its payload are known. */
export interface FrameJudge {
  /** @throws {PeerError} */
  check(code: number, payloadBytes: number): void
}

export class FrameReader {
  readonly #stream: Keystream
  readonly #mac: FrameMac
  readonly #checker: FrameJudge
  /** What came behind `#chunk` while it was kept back. */
  #queue: ByteQueue | undefined
  #chunk: Uint8Array = NOTHING
  #at = 0
  #header: Uint8Array | undefined
  #headerFilled = 0
  /** What the header said: code and payload. */
  #size = 0
  /** Size with padding and tag; 0 until there is a header. */
  #total = 0
  /** A body that comes in pieces. */
  #body: Uint8Array | undefined
  #filled = 0
  /** Bytes at the start of the body that are plain already. */
  #plain = 0
  /** The most that a header may say. */
  maxFrameBytes: number
  /** Whether the last `next` stopped so that others get their turn, and not for want of bytes. */
  unfinished = false

  constructor(stream: Keystream, mac: FrameMac, maxFrameBytes: number, judge: FrameJudge) {
    this.#stream = stream
    this.#mac = mac
    this.maxFrameBytes = maxFrameBytes
    this.#checker = judge
  }

  /** Memory that unfinished and kept back frames take. */
  get heldBytes(): number {
    return this.#chunk.length - this.#at + this.#waiting + this.partialBytes
  }

  get #waiting(): number {
    return this.#queue?.length ?? 0
  }

  /** Memory that the frame which is arriving takes. */
  get partialBytes(): number {
    return this.#body?.length ?? 0
  }

  /** Whether a frame has begun that isn't whole yet. */
  get midFrame(): boolean {
    return this.#total > 0 || this.#headerFilled > 0
  }

  /** Gives back what was made ahead of need. */
  rest(): void {
    this.#stream.rest?.()
  }

  /** Takes ownership of `chunk`. */
  push(chunk: Uint8Array): void {
    if (this.#at < this.#chunk.length) (this.#queue ??= new ByteQueue()).push(chunk)
    else {
      this.#chunk = chunk
      this.#at = 0
    }
  }

  /** Lets go of whatever came; nothing can be read any more. */
  discard(): void {
    this.#chunk = NOTHING
    this.#at = 0
    this.#queue = undefined
    this.#body = undefined
    this.#filled = this.#total = this.#headerFilled = 0
  }

  /**
   * The next whole frame; `undefined` while it hasn't all come, or while `unfinished` says that there is more work on
   * what came. @throws {PeerError} after which nothing can be read
   */
  next(): OpenedFrame | undefined {
    this.unfinished = false
    if (this.#total === 0 && !this.#readHeader()) return undefined
    // The usual case: the whole body lies in the chunk.
    if (this.#filled === 0 && this.#chunk.length - this.#at >= this.#total && this.#total <= AT_ONCE_BYTES) {
      return this.#openInPlace()
    }
    return this.#gather() ? this.#openGathered() : undefined
  }

  /** Whether bytes are there; goes on to the next chunk at the end of one. */
  #more(): boolean {
    if (this.#at < this.#chunk.length) return true
    this.#chunk = this.#queue && this.#waiting > 0 ? this.#queue.take(Infinity) : NOTHING
    this.#at = 0
    return this.#chunk.length > 0
  }

  #readHeader(): boolean {
    const header = (this.#header ??= new Uint8Array(HEADER_BYTES))
    while (this.#headerFilled < HEADER_BYTES) {
      if (!this.#more()) return false
      header[this.#headerFilled++] = this.#chunk[this.#at++]!
    }
    this.#headerFilled = 0
    if (!this.#mac.openHeader(header, 0)) throw breach('bad mac', 'the tag of a header is wrong')
    this.#decrypt(header, 0, 16)
    this.#size = (header[0]! << 16) | (header[1]! << 8) | header[2]!
    if (this.#size === 0) throw breach('bad frame', 'a frame without a message code')
    if (this.#size > this.maxFrameBytes) throw tooBig(this.#size, this.maxFrameBytes)
    this.#total = paddedLength(this.#size) + TAG_BYTES
    return true
  }

  #openInPlace(): OpenedFrame {
    const bytes = this.#chunk
    const from = this.#at
    const to = from + this.#total
    if (!this.#mac.openBody(bytes, from, to)) throw breach('bad mac', 'the tag of a body is wrong')
    this.#decrypt(bytes, from, to - TAG_BYTES)
    this.#at = to
    return this.#frameOf(this.#judge(bytes, from), bytes, from, false)
  }

  // Answers whether the whole body is there and its tag is right.
  #gather(): boolean {
    let budget = ABSORB_BYTES
    while (this.#filled < this.#total) {
      if (!this.#more()) return false
      if (budget <= 0) return !(this.unfinished = true)
      const length = Math.min(this.#total - this.#filled, this.#chunk.length - this.#at, budget)
      this.#append(length)
      budget -= length
    }
    return true
  }

  #append(length: number): void {
    const end = this.#total - TAG_BYTES
    const before = this.#filled
    if (before < end) this.#mac.absorb(this.#chunk, this.#at, this.#at + Math.min(length, end - before))
    this.#reserve(before + length)
    this.#body!.set(this.#chunk.subarray(this.#at, this.#at + length), before)
    this.#at += length
    this.#filled = before + length
    if (this.#plain === 0 && this.#filled >= 16) this.#peek()
    if (this.#filled === this.#total && !this.#mac.closeBody(this.#body!, end)) {
      throw breach('bad mac', 'the tag of a body is wrong')
    }
  }

  #reserve(length: number): void {
    const room = this.#body?.length ?? 0
    if (length <= room) return
    const wanted = Math.min(this.#total, Math.max(length, room * 2, FIRST_ROOM_BYTES))
    const grown = new Uint8Array(wanted)
    if (this.#body) grown.set(this.#body)
    this.#body = grown
  }

  // Only to learn the code, and by it whether the rest may come at all.
  #peek(): void {
    this.#plain = 16
    this.#decrypt(this.#body!, 0, 16)
    this.#judge(this.#body!, 0)
  }

  #judge(body: Uint8Array, at: number): number {
    const code = readCode(body, at, this.#size)
    this.#checker.check(code, this.#size - codeLength(code))
    return code
  }

  // In slices: a large frame takes longer than others may wait.
  #openGathered(): OpenedFrame | undefined {
    const body = this.#body!
    const end = this.#total - TAG_BYTES
    const left = end - this.#plain
    const next = left <= AT_ONCE_BYTES ? end : this.#plain + SLICE_BYTES
    this.#decrypt(body, this.#plain, next)
    this.#plain = next
    if (next < end) {
      this.unfinished = true
      return undefined
    }
    this.#body = undefined
    return this.#frameOf(readCode(body, 0, this.#size), body, 0, true)
  }

  #frameOf(code: number, bytes: Uint8Array, at: number, owned: boolean): OpenedFrame {
    const wireBytes = HEADER_BYTES + this.#total
    const from = at + codeLength(code)
    this.#filled = this.#plain = this.#total = 0
    return { code, bytes, from, to: at + this.#size, owned, wireBytes }
  }

  #decrypt(bytes: Uint8Array, from: number, to: number): void {
    if (!this.#stream.apply(bytes, from, to)) throw new RangeError('the keystream is not ready')
  }
}

/** A frame or message past its limit. */
export function tooBig(bytes: number, allowed: number): PeerError {
  return breach('too big message', `${bytes} bytes, ${allowed} allowed`)
}

function breach(code: PeerErrorCode, text: string): PeerError {
  return new PeerError(code, DiscReason.breachOfProtocol, text)
}
