// Opens frames from bytes in pieces of any size. Nothing is released before its tag is right, and what a
// stranger says it will send is never allocated: room grows with what has come.
import type { Keystream } from '../base/crypto.ts'
import type { PeerErrorCode } from '../errors/codes.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import { ByteQueue } from '../wire/byte-queue.ts'
import { codeLength, HEADER_BYTES, paddedLength, readCode } from './frame-layout.ts'
import { type FrameMac, TAG_BYTES } from './frame-mac.ts'

/** First room for a body that comes in pieces; doubled as it fills. */
const FIRST_ROOM_BYTES = 1024

/** One opened frame. */
export interface OpenedFrame {
  readonly code: number
  /** As it was sent, perhaps compressed; a view into `body`. */
  readonly payload: Uint8Array
  /** Whether nobody else holds the memory of `payload`. */
  readonly owned: boolean
  readonly wireBytes: number
}

/** Judges a frame as soon as its code and the length of its payload are known. @throws {PeerError} */
export type CheckFrame = (code: number, payloadBytes: number) => void

export class FrameReader {
  readonly #stream: Keystream
  readonly #mac: FrameMac
  readonly #check: CheckFrame
  readonly #queue = new ByteQueue()
  readonly #header = new Uint8Array(HEADER_BYTES)
  #headerFilled = 0
  /** What the header said: code and payload. */
  #size = 0
  /** Size with padding and tag. */
  #total = 0
  #body: Uint8Array | undefined
  #filled = 0
  #owned = false
  /** Bytes at the start of the body that are plain already. */
  #plain = 0
  /** The most that a header may say. */
  maxFrameBytes: number

  constructor(stream: Keystream, mac: FrameMac, maxFrameBytes: number, check: CheckFrame) {
    this.#stream = stream
    this.#mac = mac
    this.maxFrameBytes = maxFrameBytes
    this.#check = check
  }

  /** Memory that unfinished and kept back frames take. */
  get heldBytes(): number {
    return this.#queue.length + (this.#body?.length ?? 0)
  }

  /** Takes ownership of `chunk`. */
  push(chunk: Uint8Array): void {
    this.#queue.push(chunk)
  }

  /** The next whole frame; `undefined` while it hasn't all come. @throws {PeerError} after which nothing can be read */
  next(): OpenedFrame | undefined {
    if (this.#headerFilled < HEADER_BYTES && !this.#readHeader()) return undefined
    while (this.#filled < this.#total) {
      const piece = this.#queue.take(this.#total - this.#filled)
      if (piece.length === 0) return undefined
      this.#append(piece)
    }
    return this.#open()
  }

  #readHeader(): boolean {
    while (this.#headerFilled < HEADER_BYTES) {
      const piece = this.#queue.take(HEADER_BYTES - this.#headerFilled)
      if (piece.length === 0) return false
      this.#header.set(piece, this.#headerFilled)
      this.#headerFilled += piece.length
    }
    const cipher = this.#header.subarray(0, 16)
    if (!sameTag(this.#mac.header(cipher), this.#header, 16)) throw breach('bad mac', 'the tag of a header is wrong')
    this.#decrypt(cipher)
    this.#size = (cipher[0]! << 16) | (cipher[1]! << 8) | cipher[2]!
    if (this.#size === 0) throw breach('bad frame', 'a frame without a message code')
    if (this.#size > this.maxFrameBytes) throw tooBig(this.#size, this.maxFrameBytes)
    this.#total = paddedLength(this.#size) + TAG_BYTES
    return true
  }

  #append(piece: Uint8Array): void {
    const end = this.#total - TAG_BYTES
    if (this.#filled < end) this.#mac.absorb(piece.subarray(0, end - this.#filled))
    if (piece.length === this.#total) {
      this.#body = piece
      this.#owned = false
    } else {
      this.#reserve(this.#filled + piece.length)
      this.#body!.set(piece, this.#filled)
    }
    this.#filled += piece.length
    if (this.#plain === 0 && this.#filled >= 16 && this.#filled < this.#total) this.#peek()
  }

  #reserve(length: number): void {
    const room = this.#body?.length ?? 0
    if (length <= room) return
    const grown = new Uint8Array(Math.min(this.#total, Math.max(length, room * 2, FIRST_ROOM_BYTES)))
    if (this.#body) grown.set(this.#body)
    this.#body = grown
    this.#owned = true
  }

  // Only to learn the code, and by it whether the rest may come at all.
  #peek(): void {
    this.#plain = 16
    const block = this.#body!.subarray(0, 16)
    this.#decrypt(block)
    this.#judge(block.subarray(0, this.#size))
  }

  #judge(start: Uint8Array): number {
    const code = readCode(start)
    this.#check(code, this.#size - codeLength(code))
    return code
  }

  #open(): OpenedFrame {
    const body = this.#body!
    const end = this.#total - TAG_BYTES
    if (!sameTag(this.#mac.body(), body, end)) throw breach('bad mac', 'the tag of a body is wrong')
    this.#decrypt(body.subarray(this.#plain, end))
    const code = this.#plain === 0 ? this.#judge(body.subarray(0, this.#size)) : readCode(body)
    const frame = {
      code,
      payload: body.subarray(codeLength(code), this.#size),
      owned: this.#owned,
      wireBytes: HEADER_BYTES + this.#total,
    }
    this.#headerFilled = this.#filled = this.#plain = this.#total = 0
    this.#body = undefined
    return frame
  }

  #decrypt(bytes: Uint8Array): void {
    if (!this.#stream.apply(bytes)) throw new RangeError('the keystream is not ready')
  }
}

/** A frame or message past its limit. */
export function tooBig(bytes: number, allowed: number): PeerError {
  return breach('too big message', `${bytes} bytes, ${allowed} allowed`)
}

function breach(code: PeerErrorCode, text: string): PeerError {
  return new PeerError(code, DiscReason.breachOfProtocol, text)
}

// In the same time wherever they differ.
function sameTag(digest: Uint8Array, bytes: Uint8Array, at: number): boolean {
  let difference = 0
  for (let i = 0; i < TAG_BYTES; i++) difference |= digest[i]! ^ bytes[at + i]!
  return difference === 0
}
