// Messages to frames and back for one session: codes, limits, compression.
import { plainBytes } from '../base/bytes.ts'
import type { Crypto } from '../base/crypto.ts'
import { BASE_MESSAGE_BYTES, BaseCode } from '../wire/base-messages.ts'
import type { FrameCodec, Sealing, WireMessage } from '../wire/frame-codec.ts'
import { readLength, startUncompress, uncompressSome, type Uncompressing } from '../wire/snappy.ts'
import { compress, compressBriefly, uncompress } from '#quick-snappy'
import { MAX_FRAME_BYTES } from './frame-layout.ts'
import { createFrameMac } from './frame-mac.ts'
import { AT_ONCE_BYTES, FrameReader, type OpenedFrame, SLICE_BYTES, tooBig } from './frame-reader.ts'
import { FrameWriter } from './frame-writer.ts'
import type { SessionSecrets } from './secrets.ts'

/** What the codec of `createInitiator` and `createResponder` is. Until `setLimit` a message may have 2 KiB. */
export class SessionCodec implements FrameCodec {
  readonly #writer: FrameWriter
  readonly #reader: FrameReader
  #limitOf: (code: number) => number = () => BASE_MESSAGE_BYTES
  #snappy = false
  #failure: unknown
  /** A large message that is being uncompressed. */
  #opening: { readonly frame: OpenedFrame; readonly state: Uncompressing } | undefined
  sliced = false

  constructor(crypto: Crypto, { aes, mac, egress, ingress }: SessionSecrets) {
    this.#writer = new FrameWriter(crypto.createKeystream(aes), createFrameMac(crypto, egress, mac))
    this.#reader = new FrameReader(
      crypto.createKeystream(aes),
      createFrameMac(crypto, ingress, mac),
      BASE_MESSAGE_BYTES + 1,
      this,
    )
  }

  /** Whether payloads are compressed. */
  get snappy(): boolean {
    return this.#snappy
  }

  /** Memory that unfinished and kept back frames take. */
  get heldBytes(): number {
    return this.#reader.heldBytes + this.#openingBytes()
  }

  get partialBytes(): number {
    return this.#reader.partialBytes + this.#openingBytes()
  }

  get midFrame(): boolean {
    return this.#reader.midFrame || this.#opening !== undefined
  }

  get unfinished(): boolean {
    return this.#reader.unfinished || this.#opening !== undefined
  }

  #openingBytes(): number {
    return this.#opening ? this.#opening.frame.bytes.length + this.#opening.state.output.length : 0
  }

  rest(): void {
    this.#writer.rest()
    this.#reader.rest()
  }

  enableSnappy(): void {
    this.#snappy = true
  }

  /** From the next frame on. `limitOf` may also throw a PeerError, to refuse a code before its message comes. */
  setLimit(limitOf: (code: number) => number): void {
    this.#limitOf = limitOf
    this.#reader.maxFrameBytes = MAX_FRAME_BYTES
  }

  /** @throws {RangeError} for a code that is no whole number below 2^32, or more bytes than a frame can have */
  seal(code: number, payload: Uint8Array): Uint8Array {
    // Hello is never compressed, also when the remote's came first.
    const compressed = this.#snappy && code !== BaseCode.hello
    return this.#writer.seal(code, compressed ? compressBriefly(payload) : payload)
  }

  /** As `sealCompressed`, in slices. */
  sealingOf(code: number, compressed: Uint8Array): Sealing {
    const state = this.#writer.start(code, compressed)
    return { frame: state.frame, goOn: () => this.#writer.goOn(state) }
  }

  compressPayload(payload: Uint8Array): Uint8Array {
    return this.#snappy ? compress(payload) : payload
  }

  sealCompressed(code: number, compressed: Uint8Array): Uint8Array {
    return this.#writer.seal(code, compressed)
  }

  /** Takes ownership of `chunk`, which is overwritten. After a failure each call throws it again. */
  read(chunk: Uint8Array, onMessage: (message: WireMessage) => boolean | void): boolean {
    if (this.#failure) throw this.#failure
    this.#reader.push(plainBytes(chunk))
    for (;;) {
      const message = this.#next()
      if (!message) return !this.unfinished
      if (onMessage(message) === false) return false
    }
  }

  discard(): void {
    this.#opening = undefined
    this.#reader.discard()
  }

  #next(): WireMessage | undefined {
    try {
      for (;;) {
        const message = this.#opening ? this.#goOn(this.#opening) : this.#open()
        if (message || !this.unfinished || this.sliced) return message
      }
    } catch (error) {
      this.#failure = error
      throw error
    }
  }

  #open(): WireMessage | undefined {
    const frame = this.#reader.next()
    if (!frame) return undefined
    const { code, bytes, from, to, owned, wireBytes } = frame
    if (!this.#isCompressed(code)) {
      return { code, payload: owned ? bytes.subarray(from, to) : bytes.slice(from, to), wireBytes }
    }
    const limit = this.#limitOf(code)
    if (!this.sliced || readLength(bytes, from, to).length <= AT_ONCE_BYTES) {
      return { code, payload: uncompress(bytes, limit, from, to), wireBytes }
    }
    this.#opening = { frame, state: startUncompress(bytes, limit, from, to) }
    return this.#goOn(this.#opening)
  }

  #goOn({ frame, state }: { frame: OpenedFrame; state: Uncompressing }): WireMessage | undefined {
    if (!uncompressSome(state, SLICE_BYTES)) return undefined
    this.#opening = undefined
    return { code: frame.code, payload: state.output, wireBytes: frame.wireBytes }
  }

  /** What the reader asks before a frame's payload may come. @throws {PeerError} */
  check(code: number, payloadBytes: number): void {
    const limit = this.#limitOf(code)
    const allowed = this.#isCompressed(code) ? 32 + limit + Math.floor(limit / 6) : limit
    if (payloadBytes > allowed) throw tooBig(payloadBytes, allowed)
  }

  // A Disconnect comes compressed from some and plain from others: whoever decodes it tries both.
  #isCompressed(code: number): boolean {
    return this.#snappy && code !== BaseCode.disconnect
  }
}
