// Seals messages into frames, one buffer each.
import type { Keystream } from '../base/crypto.ts'
import { codeLength, HEADER_BYTES, MAX_FRAME_BYTES, paddedLength, writeCode } from './frame-layout.ts'
import { type FrameMac, TAG_BYTES } from './frame-mac.ts'

export class FrameWriter {
  readonly #stream: Keystream
  readonly #mac: FrameMac

  constructor(stream: Keystream, mac: FrameMac) {
    this.#stream = stream
    this.#mac = mac
  }

  /** @throws {RangeError} for a code that is no whole number below 2^32, or more bytes than a frame can have */
  seal(code: number, payload: Uint8Array): Uint8Array {
    if (!Number.isInteger(code) || code < 0 || code > 0xffff_ffff) throw new RangeError(`message code ${code}`)
    const codeBytes = codeLength(code)
    const size = codeBytes + payload.length
    if (size > MAX_FRAME_BYTES) throw new RangeError(`a frame of ${size} bytes, at most ${MAX_FRAME_BYTES} fit`)
    const bodyEnd = HEADER_BYTES + paddedLength(size)
    const frame = new Uint8Array(bodyEnd + TAG_BYTES)
    // The header lies next to the body until both are encrypted, where its tag belongs: one call for the two.
    frame[16] = size >> 16
    frame[17] = size >> 8
    frame[18] = size
    // An empty capability id and context, which nobody reads.
    frame[19] = 0xc2
    frame[20] = frame[21] = 0x80
    writeCode(code, codeBytes, frame, HEADER_BYTES)
    frame.set(payload, HEADER_BYTES + codeBytes)
    if (!this.#stream.apply(frame.subarray(16, bodyEnd))) throw new RangeError('the keystream is not ready')
    frame.copyWithin(0, 16, HEADER_BYTES)
    writeTag(frame, 16, this.#mac.header(frame))
    this.#mac.absorb(frame.subarray(HEADER_BYTES, bodyEnd))
    writeTag(frame, bodyEnd, this.#mac.body())
    return frame
  }
}

function writeTag(frame: Uint8Array, at: number, digest: Uint8Array): void {
  for (let i = 0; i < TAG_BYTES; i++) frame[at + i] = digest[i]!
}
