// What one peer sends: frames gathered into one write a turn, one shared promise while the link is full.
import { concatBytes } from '../base/bytes.ts'
import { createDeferred } from '../base/abort.ts'
import type { Deferred } from '../base/abort.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import type { FrameCodec } from '../wire/frame-codec.ts'
import type { Link } from '../wire/link.ts'
import type { Prepared } from '../wire/prepared.ts'

const RESOLVED: Promise<void> = /* @__PURE__ */ Promise.resolve()
/** So much leaves at once; a frame of this size by itself, for joining it would copy more than a write costs. */
const ALONE_BYTES = 32 * 1024
/** What lies together and has this size isn't copied to be joined with what follows elsewhere. */
const WORTH_A_WRITE_BYTES = 8 * 1024

/** What the outbox needs of its peer. */
export interface OutboxHost {
  fail(error: PeerError): void
}

export class Outbox {
  readonly #link: Link
  readonly #codec: FrameCodec
  readonly #maxBytes: number
  readonly #host: OutboxHost
  /** Gathered frames: as far as they lie together in memory they are one view. */
  #gathered: Uint8Array[] | undefined
  #last: ArrayBufferLike | undefined
  #lastFrom = 0
  #lastTo = 0
  #gatheredBytes = 0
  #scheduled = false
  #drained: Deferred<void> | undefined
  #refused: Promise<void> | undefined
  #progressBytes = 0

  constructor(link: Link, codec: FrameCodec, maxBytes: number, host: OutboxHost) {
    this.#link = link
    this.#codec = codec
    this.#maxBytes = maxBytes
    this.#host = host
  }

  /** Bytes accepted that have not reached the operating system. */
  get queuedBytes(): number {
    return this.#gatheredBytes + this.#link.bufferedBytes
  }

  /** Whether the link has taken all it wants for now. */
  get full(): boolean {
    return this.#drained !== undefined
  }

  send(code: number, payload: Uint8Array): Promise<void> {
    return this.#refused ?? this.#push(this.#codec.seal(code, payload))
  }

  sendPrepared(code: number, prepared: Prepared): Promise<void> {
    const codec = this.#codec
    const { payload } = prepared
    const body = codec.snappy ? (prepared.compressed ??= codec.compressPayload(payload)) : payload
    return this.#refused ?? this.#push(codec.sealCompressed(code, body))
  }

  #push(frame: Uint8Array): Promise<void> {
    if (this.queuedBytes + frame.length > this.#maxBytes) {
      const text = `${this.queuedBytes} bytes wait to be sent, ${frame.length} more are past the limit of ${this.#maxBytes}`
      this.#host.fail(new PeerError('send queue full', DiscReason.networkError, text))
      return this.#refused ?? RESOLVED
    }
    this.#gather(frame)
    if (this.#gatheredBytes >= ALONE_BYTES) this.flush()
    else if (!this.#scheduled) this.#schedule()
    return this.#drained?.promise ?? RESOLVED
  }

  #gather(frame: Uint8Array): void {
    const { buffer, byteOffset, length } = frame
    if (buffer !== this.#last || byteOffset !== this.#lastTo) {
      if (this.#gatheredBytes >= WORTH_A_WRITE_BYTES || length >= ALONE_BYTES) this.flush()
      else if (this.#last) (this.#gathered ??= []).push(this.#lastView(this.#last))
      this.#last = buffer
      this.#lastFrom = byteOffset
    }
    this.#lastTo = byteOffset + length
    this.#gatheredBytes += length
  }

  #lastView(buffer: ArrayBufferLike): Uint8Array {
    return new Uint8Array(buffer, this.#lastFrom, this.#lastTo - this.#lastFrom)
  }

  #schedule(): void {
    this.#scheduled = true
    const run = (): void => {
      this.#scheduled = false
      this.flush()
    }
    if (this.#link.atTurnEnd) this.#link.atTurnEnd(run)
    else queueMicrotask(run)
  }

  /** Hands everything gathered to the link. */
  flush(): void {
    if (!this.#last) return
    const last = this.#lastView(this.#last)
    const chunk = this.#gathered ? concatBytes(...this.#gathered, last) : last
    this.#forget()
    // What has to wait must not keep alive the memory that it shares with frames of others.
    const waits = chunk.length < chunk.buffer.byteLength && this.#link.bufferedBytes > 0
    const free = this.#link.write(waits ? chunk.slice() : chunk)
    if (free || this.#drained || this.#refused) return
    this.#drained = createDeferred()
    this.#drained.promise.catch(() => undefined)
    this.#progressBytes = this.#link.bufferedBytes
  }

  #forget(): void {
    this.#gathered = this.#last = undefined
    this.#gatheredBytes = this.#lastTo = 0
  }

  drain(): void {
    this.#drained?.resolve()
    this.#drained = undefined
  }

  /** Whether a full link has taken any byte since this was last asked. */
  progressed(): boolean {
    const before = this.#progressBytes
    this.#progressBytes = this.#link.bufferedBytes
    return this.#progressBytes < before
  }

  /**
   * From now on every send is refused with `error`; a promise somebody waits for rejects, one nobody waits for is
   * silent.
   */
  refuse(error: PeerError): void {
    this.#forget()
    this.#refused = Promise.reject(error)
    this.#refused.catch(() => undefined)
    this.#drained?.reject(error)
    this.#drained = undefined
  }
}
