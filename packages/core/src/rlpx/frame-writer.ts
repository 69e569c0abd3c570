// Seals messages into frames. Small ones lie one behind the other in shared memory, so that those of one turn can leave
// as one view; none is ever written to again.
import type { FrameMac, Keystream } from '../base/crypto.ts'
import { codeLength, HEADER_BYTES, MAX_FRAME_BYTES, paddedLength, writeCode } from './frame-layout.ts'
import { TAG_BYTES } from './frame-mac.ts'

/** Memory for small frames is taken by as much: some hundred of them, and little enough for one frame to keep alive. */
const SLAB_BYTES = 32_768
/** Longer frames have memory of their own, which costs little beside the work on them. */
const SMALL_FRAME_BYTES = 4096

/** Encrypted and hashed at once: 2 ms where both are JavaScript in a page. */
const PIECE_BYTES = 32_768

// Shared by all writers: sealing is synchronous.
let slab: Uint8Array | undefined
let slabUsed = 0

function takeRoom(length: number): Uint8Array {
  if (length > SMALL_FRAME_BYTES) return new Uint8Array(length)
  if (!slab || slabUsed + length > SLAB_BYTES) {
    slab = new Uint8Array(SLAB_BYTES)
    slabUsed = 0
  }
  const start = slabUsed
  slabUsed += length
  return slab.subarray(start, slabUsed)
}

/** A frame, and how much of it is done. */
export interface SealedFrame {
  readonly frame: Uint8Array
  sealed: number
}

export class FrameWriter {
  readonly #stream: Keystream
  readonly #mac: FrameMac

  constructor(stream: Keystream, mac: FrameMac) {
    this.#stream = stream
    this.#mac = mac
  }

  /** Gives back what was made ahead of need. */
  rest(): void {
    this.#stream.rest?.()
  }

  /** @throws {RangeError} for a code that is no whole number below 2^32, or more bytes than a frame can have */
  seal(code: number, payload: Uint8Array): Uint8Array {
    const sealing = this.start(code, payload)
    while (!this.goOn(sealing)) continue
    return sealing.frame
  }

  /** Begins a frame; `goOn` follows until it answers `true`, and nothing else meanwhile. @throws as `seal` */
  start(code: number, payload: Uint8Array): SealedFrame {
    if (!Number.isInteger(code) || code < 0 || code > 0xffff_ffff) throw new RangeError(`message code ${code}`)
    const codeBytes = codeLength(code)
    const size = codeBytes + payload.length
    if (size > MAX_FRAME_BYTES) throw new RangeError(`a frame of ${size} bytes, at most ${MAX_FRAME_BYTES} fit`)
    const frame = takeRoom(HEADER_BYTES + paddedLength(size) + TAG_BYTES)
    // The header lies next to the body until both are encrypted, where its tag belongs: one call for the two.
    frame[16] = size >> 16
    frame[17] = size >> 8
    frame[18] = size
    // An empty capability id and context, which nobody reads.
    frame[19] = 0xc2
    frame[20] = frame[21] = 0x80
    writeCode(code, codeBytes, frame, HEADER_BYTES)
    frame.set(payload, HEADER_BYTES + codeBytes)
    return { frame, sealed: 0 }
  }

  /** Encrypts and hashes the next piece; answers whether the frame is sealed. */
  goOn(sealing: SealedFrame): boolean {
    const { frame, sealed } = sealing
    const bodyEnd = frame.length - TAG_BYTES
    const end = Math.min(bodyEnd, sealed + PIECE_BYTES)
    this.#encrypt(frame, sealed || 16, end)
    if (sealed === 0) {
      for (let i = 0; i < 16; i++) frame[i] = frame[i + 16]!
      if (end === bodyEnd && this.#mac.seal) {
        this.#mac.seal(frame)
        return true
      }
      this.#mac.sealHeader(frame)
    }
    this.#mac.absorb(frame, sealed || HEADER_BYTES, end)
    sealing.sealed = end
    if (end < bodyEnd) return false
    this.#mac.sealBody(frame)
    return true
  }

  #encrypt(frame: Uint8Array, from: number, to: number): void {
    if (!this.#stream.apply(frame, from, to)) throw new RangeError('the keystream is not ready')
  }
}
