// Messages to frames and back for one session: codes, limits, compression.
import { plainBytes } from '../base/bytes.ts'
import type { Crypto } from '../base/crypto.ts'
import { BASE_MESSAGE_BYTES, BaseCode } from '../wire/base-messages.ts'
import type { FrameCodec, WireMessage } from '../wire/frame-codec.ts'
import { compress } from '../wire/snappy-compress.ts'
import { uncompress } from '../wire/snappy.ts'
import { MAX_FRAME_BYTES } from './frame-layout.ts'
import { createFrameMac } from './frame-mac.ts'
import { FrameReader, type OpenedFrame, tooBig } from './frame-reader.ts'
import { FrameWriter } from './frame-writer.ts'
import type { SessionSecrets } from './secrets.ts'

/** What the codec of `createInitiator` and `createResponder` is. Until `setLimit` a message may have 2 KiB. */
export class SessionCodec implements FrameCodec {
  readonly #writer: FrameWriter
  readonly #reader: FrameReader
  #limitOf: (code: number) => number = () => BASE_MESSAGE_BYTES
  #snappy = false
  #failure: unknown

  constructor(crypto: Crypto, { aes, mac, egress, ingress }: SessionSecrets) {
    this.#writer = new FrameWriter(crypto.createKeystream(aes), createFrameMac(crypto, egress, mac))
    this.#reader = new FrameReader(
      crypto.createKeystream(aes),
      createFrameMac(crypto, ingress, mac),
      BASE_MESSAGE_BYTES + 1,
      (code, payloadBytes) => this.#check(code, payloadBytes),
    )
  }

  /** Whether payloads are compressed. */
  get snappy(): boolean {
    return this.#snappy
  }

  /** Memory that unfinished and kept back frames take. */
  get heldBytes(): number {
    return this.#reader.heldBytes
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
    return this.#writer.seal(code, code === BaseCode.hello ? payload : this.compressPayload(payload))
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
      if (!message) return true
      if (onMessage(message) === false) return false
    }
  }

  #next(): WireMessage | undefined {
    try {
      for (;;) {
        const frame = this.#reader.next()
        if (frame) return this.#messageOf(frame)
        if (!this.#reader.unfinished) return undefined
      }
    } catch (error) {
      this.#failure = error
      throw error
    }
  }

  #messageOf({ code, bytes, from, to, owned, wireBytes }: OpenedFrame): WireMessage {
    if (this.#isCompressed(code)) return { code, payload: uncompress(bytes, this.#limitOf(code), from, to), wireBytes }
    return { code, payload: owned ? bytes.subarray(from, to) : bytes.slice(from, to), wireBytes }
  }

  #check(code: number, payloadBytes: number): void {
    const limit = this.#limitOf(code)
    const allowed = this.#isCompressed(code) ? 32 + limit + Math.floor(limit / 6) : limit
    if (payloadBytes > allowed) throw tooBig(payloadBytes, allowed)
  }

  // A Disconnect comes compressed from some and plain from others: whoever decodes it tries both.
  #isCompressed(code: number): boolean {
    return this.#snappy && code !== BaseCode.disconnect
  }
}
