// What one peer sends: frames gathered into one write a turn, one shared promise while the link is full.
import { concatBytes } from '../base/bytes.ts'
import { createDeferred } from '../base/abort.ts'
import type { Deferred } from '../base/abort.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import type { FrameCodec } from '../wire/frame-codec.ts'
import type { Link } from '../wire/link.ts'

const RESOLVED: Promise<void> = /* @__PURE__ */ Promise.resolve()
/** A frame of this size goes to the link by itself: joining it would copy more than a write costs. */
const ALONE_BYTES = 32 * 1024

/** What the outbox needs of its peer. */
export interface OutboxHost {
  fail(error: PeerError): void
}

export class Outbox {
  readonly #link: Link
  readonly #codec: FrameCodec
  readonly #maxBytes: number
  readonly #host: OutboxHost
  #frames: Uint8Array[] = []
  #frameBytes = 0
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
    return this.#frameBytes + this.#link.bufferedBytes
  }

  /** Whether the link has taken all it wants for now. */
  get full(): boolean {
    return this.#drained !== undefined
  }

  send(code: number, payload: Uint8Array): Promise<void> {
    return this.#refused ?? this.#push(this.#codec.seal(code, payload))
  }

  sendCompressed(code: number, compressed: Uint8Array): Promise<void> {
    return this.#refused ?? this.#push(this.#codec.sealCompressed(code, compressed))
  }

  #push(frame: Uint8Array): Promise<void> {
    if (this.queuedBytes + frame.length > this.#maxBytes) {
      const text = `${this.queuedBytes} bytes wait to be sent, ${frame.length} more are past the limit of ${this.#maxBytes}`
      this.#host.fail(new PeerError('send queue full', DiscReason.networkError, text))
      return this.#refused ?? RESOLVED
    }
    if (this.#frames.length === 0) queueMicrotask(() => this.flush())
    this.#frames.push(frame)
    this.#frameBytes += frame.length
    if (frame.length >= ALONE_BYTES) this.flush()
    return this.#drained?.promise ?? RESOLVED
  }

  /** Hands everything gathered to the link. */
  flush(): void {
    const frames = this.#frames
    if (frames.length === 0) return
    this.#frames = []
    this.#frameBytes = 0
    const last = frames.at(-1)!
    let free = true
    if (frames.length === 1) free = this.#link.write(last)
    else if (last.length < ALONE_BYTES) free = this.#link.write(concatBytes(...frames))
    else {
      this.#link.write(concatBytes(...frames.slice(0, -1)))
      free = this.#link.write(last)
    }
    if (free || this.#drained || this.#refused) return
    this.#drained = createDeferred()
    this.#drained.promise.catch(() => undefined)
    this.#progressBytes = this.#link.bufferedBytes
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
    this.#frames = []
    this.#frameBytes = 0
    this.#refused = Promise.reject(error)
    this.#refused.catch(() => undefined)
    this.#drained?.reject(error)
    this.#drained = undefined
  }
}
