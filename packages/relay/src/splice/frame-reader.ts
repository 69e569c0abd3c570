// Reads the client's half of a WebSocket as a stream of bytes: where they lie, at any split, assembling no message.
import { type HalfEnd, PROTOCOL_ERROR, readClose } from './frames.ts'
import { maskBehind, unmask } from './unmask.ts'

const FINAL = 0x80
const RESERVED = 0x70
const OPCODE = 0x0f
const MASKED = 0x80
const LENGTH = 0x7f

const CONTINUATION = 0
const TEXT = 1
const BINARY = 2
const CLOSE = 8
const PING = 9
const PONG = 10

/** A whole frame that is a message of less than 126 bytes, as its first byte and the mask's bit of its second say. */
const WHOLE_MESSAGE = FINAL | BINARY
const SHORT_HEADER_BYTES = 6
const MAX_SHORT_BYTES = 125
const MAX_CONTROL_BYTES = 125

/** Close codes of RFC 6455 for what a client must not send; of a text message, that only binary ones are taken. */
const UNSUPPORTED_DATA = 1003
const TOO_BIG = 1009

export const TEXT_MESSAGE = 'a text message where only binary ones belong'

/**
 * One for each WebSocket. RLPx is a stream of bytes, so where a message begins and ends is of no matter; only how many
 * bytes one claims to have is looked at.
 */
export class FrameReader {
  readonly #maxMessageBytes: number
  /** The same, of messages whose length is in their second byte. */
  readonly #shortBytes: number
  /** Payload of the current frame that is still to come, and its mask as it goes on. */
  #left = 0
  #mask = 0
  /** The control frame that is being read. */
  #control = 0
  /** What a ping or close holds up to now; a pong's content is of no matter. */
  #controlBytes: Uint8Array | undefined
  #controlLength = 0
  /** A message has begun, and how long its frames were up to now. */
  #fragmented = false
  #messageBytes = 0
  /** A header that came in pieces. */
  #header: Uint8Array | undefined
  #headerLength = 0
  /** The last whole ping that isn't answered yet; the length is -1 without one. */
  #pingBytes: Uint8Array | undefined
  #pingLength = -1
  #end: HalfEnd | undefined

  /** @param maxMessageBytes - a message that claims more is a breach, answered by 1009 */
  constructor(maxMessageBytes: number = Infinity) {
    this.#maxMessageBytes = maxMessageBytes
    this.#shortBytes = Math.min(maxMessageBytes, MAX_SHORT_BYTES)
  }

  /** Set once the half has ended; what comes behind that is not looked at. */
  get end(): HalfEnd | undefined {
    return this.#end
  }

  /** What the last ping of a piece held; a pong for it answers those before it, too. To be asked after each piece. */
  takePing(): Uint8Array | undefined {
    const length = this.#pingLength
    if (length < 0) return undefined
    this.#pingLength = -1
    return this.#pingBytes?.slice(0, length) ?? new Uint8Array(0)
  }

  /**
   * Reads one piece, and writes into it: the payload found there, that of all its frames in one, lies at its beginning.
   *
   * @returns how long the payload is
   */
  read(chunk: Uint8Array): number {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length)
    let at = 0
    let written = 0
    while (at < chunk.length && this.#end === undefined) {
      if (this.#left === 0 && this.#headerLength === 0 && !this.#fragmented) {
        // Short messages one behind the other, which are what a flood is made of: nothing is kept between them.
        while (at + SHORT_HEADER_BYTES <= chunk.length && chunk[at] === WHOLE_MESSAGE) {
          const length = chunk[at + 1]! - MASKED
          const from = at + SHORT_HEADER_BYTES
          if (length < 0 || length > this.#shortBytes || from + length > chunk.length) break
          const mask = view.getInt32(at + 2, true)
          if (length === 1) chunk[written] = chunk[from]! ^ mask
          else unmask(chunk, view, from, written, length, mask)
          written += length
          at = from + length
        }
        if (at === chunk.length) break
      }
      if (this.#left > 0) {
        const length = Math.min(this.#left, chunk.length - at)
        if (this.#control === 0) {
          unmask(chunk, view, at, written, length, this.#mask)
          written += length
        } else if (this.#control !== PONG) this.#keepControl(chunk, at, length)
        at += length
        this.#passed(length)
        continue
      }
      at = this.#headerLength > 0 ? this.#readSplitHeader(chunk, at) : this.#readHeader(chunk, view, at)
    }
    return written
  }

  /** Of the current frame so many bytes have been read. */
  #passed(length: number): void {
    this.#left -= length
    if (this.#left > 0) this.#mask = maskBehind(this.#mask, length)
    else if (this.#control !== 0) this.#endControl()
  }

  /** @returns where to go on */
  #readHeader(chunk: Uint8Array, view: DataView, at: number): number {
    const available = chunk.length - at
    if (available < 2) return this.#readSplitHeader(chunk, at)
    const first = chunk[at]!
    const second = chunk[at + 1]!
    if (!this.#judge(first, second)) return chunk.length
    const headerLength = headerBytes(second)
    if (available < headerLength) return this.#readSplitHeader(chunk, at)
    this.#begin(first, payloadLength(view, at, second), view.getInt32(at + headerLength - 4, true))
    return at + headerLength
  }

  #readSplitHeader(chunk: Uint8Array, start: number): number {
    const header = (this.#header ??= new Uint8Array(14))
    for (let at = start; at < chunk.length; at++) {
      header[this.#headerLength++] = chunk[at]!
      if (this.#headerLength === 2 && !this.#judge(header[0]!, header[1]!)) return chunk.length
      if (this.#headerLength < 2 || this.#headerLength < headerBytes(header[1]!)) continue
      const view = new DataView(header.buffer)
      this.#begin(header[0]!, payloadLength(view, 0, header[1]!), view.getInt32(this.#headerLength - 4, true))
      this.#headerLength = 0
      this.#header = undefined
      return at + 1
    }
    return chunk.length
  }

  /** Whether a client may send a frame that begins with these two bytes. */
  #judge(first: number, second: number): boolean {
    if (first === WHOLE_MESSAGE && second >= MASKED && !this.#fragmented) return true
    const breach = this.#breachOf(first, second)
    if (breach !== undefined) this.#break(PROTOCOL_ERROR, breach)
    else if ((first & OPCODE) === TEXT) this.#break(UNSUPPORTED_DATA, TEXT_MESSAGE)
    return this.#end === undefined
  }

  #breachOf(first: number, second: number): string | undefined {
    const opcode = first & OPCODE
    const length = second & LENGTH
    if ((first & RESERVED) !== 0) return 'a frame with reserved bits'
    if ((second & MASKED) === 0) return 'a frame without a mask'
    if (opcode >= CLOSE) {
      if (opcode > PONG) return 'an unknown control frame'
      if ((first & FINAL) === 0) return 'a control frame in fragments'
      if (length > MAX_CONTROL_BYTES) return 'a control frame of more than 125 bytes'
      if (opcode === CLOSE && length === 1) return 'a close frame of one byte'
      return undefined
    }
    if (opcode > BINARY) return 'an unknown kind of message'
    if (opcode === CONTINUATION && !this.#fragmented) return 'a fragment of no message'
    if (opcode !== CONTINUATION && this.#fragmented) return 'a message within a message'
    return undefined
  }

  #begin(first: number, length: number, mask: number): void {
    const opcode = first & OPCODE
    this.#left = length
    this.#mask = mask
    if (opcode >= CLOSE) {
      this.#control = opcode
      this.#controlLength = 0
      if (length === 0) this.#endControl()
      return
    }
    const messageBytes = this.#messageBytes + length
    const isLast = (first & FINAL) !== 0
    this.#fragmented = !isLast
    this.#messageBytes = isLast ? 0 : messageBytes
    if (messageBytes > this.#maxMessageBytes)
      this.#break(TOO_BIG, `a message of more than ${this.#maxMessageBytes} bytes`)
    else if (!Number.isSafeInteger(messageBytes)) this.#break(TOO_BIG, 'a message of more than 2^53 bytes')
  }

  #keepControl(chunk: Uint8Array, from: number, length: number): void {
    const kept = (this.#controlBytes ??= new Uint8Array(MAX_CONTROL_BYTES))
    for (let at = 0; at < length; at++) {
      kept[this.#controlLength++] = chunk[from + at]! ^ (this.#mask >>> ((at & 3) * 8))
    }
  }

  #endControl(): void {
    const opcode = this.#control
    const length = this.#controlLength
    this.#control = 0
    if (opcode === PING) {
      this.#pingLength = length
      const free = this.#pingBytes
      this.#pingBytes = this.#controlBytes
      this.#controlBytes = free
    } else if (opcode === CLOSE) this.#end = readClose(this.#controlBytes?.subarray(0, length) ?? new Uint8Array(0))
  }

  #break(code: number, text: string): void {
    this.#end = { code, text, broken: true }
  }
}

/** Of the header whose second byte this is, mask included. */
function headerBytes(second: number): number {
  const length = second & LENGTH
  if (length < 126) return SHORT_HEADER_BYTES
  return length === 126 ? SHORT_HEADER_BYTES + 2 : SHORT_HEADER_BYTES + 8
}

/** Of the frame whose header is at `at`; past 2^53 it isn't exact. */
function payloadLength(view: DataView, at: number, second: number): number {
  const length = second & LENGTH
  if (length < 126) return length
  if (length === 126) return view.getUint16(at + 2)
  return view.getUint32(at + 2) * 0x1_0000_0000 + view.getUint32(at + 6)
}
