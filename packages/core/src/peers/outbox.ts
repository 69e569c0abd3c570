// What one peer sends: frames gathered into one write a turn, one shared promise while the link is full.
import { concatBytes } from '../base/bytes.ts'
import { createDeferred } from '../base/abort.ts'
import type { Deferred } from '../base/abort.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { causeText, PeerError } from '../errors/peer-error.ts'
import type { FrameCodec } from '../wire/frame-codec.ts'
import type { Link } from '../wire/link.ts'
import type { Prepared } from '../wire/prepared.ts'
import type { Unsealed } from './sealing.ts'

const RESOLVED: Promise<void> = /* @__PURE__ */ Promise.resolve()
/** So much leaves at once; a frame of this size by itself, for joining it would copy more than a write costs. */
const ALONE_BYTES = 32 * 1024

/** Longer messages are compressed and sealed in slices, by what is loaded then: few programs ever send one. */
const AT_ONCE_BYTES = 1_114_112

/** What the outbox needs of its peer. */
export interface OutboxHost {
  /** What ended the peer. */
  readonly error: PeerError | undefined
  fail(error: PeerError): void
  /** Bytes were given to the link, which has taken all it wants for now where `full`. */
  wrote(full: boolean): void
  /** Nothing holds back what is sent any more. */
  outboxFree(): void
  /** Calls back when others have had their turn of the loop. */
  yieldTurn(run: () => void): void
}

export class Outbox {
  readonly #link: Link
  readonly #codec: FrameCodec
  readonly #maxBytes: number
  readonly #host: OutboxHost
  #frames: Uint8Array[] = []
  #frameBytes = 0
  #scheduled = false
  /** A large message that is being sealed, and what was sent after it. */
  #waiting: Unsealed[] | undefined
  #waitingBytes = 0
  #blocked = false
  #drained: Deferred<void> | undefined
  #refused: Promise<void> | undefined
  /** The last message, when a large one is being sealed before it. */
  #last: { readonly code: number; readonly payload: Uint8Array; readonly left: () => void } | undefined

  constructor(link: Link, codec: FrameCodec, maxBytes: number, host: OutboxHost) {
    this.#link = link
    this.#codec = codec
    this.#maxBytes = maxBytes
    this.#host = host
  }

  /** Bytes accepted that have not reached the operating system. */
  get queuedBytes(): number {
    return this.#frameBytes + this.#waitingBytes + this.#link.bufferedBytes
  }

  /** Whether the link has taken all it wants for now. */
  get full(): boolean {
    return this.#drained !== undefined
  }

  /** Whether the link takes nothing though nothing waits there: it is over, and hasn't said so yet. */
  get dead(): boolean {
    return this.#blocked && this.#link.bufferedBytes === 0
  }

  /** A payload past 1 MiB mustn't change before the promise has settled. */
  send(code: number, payload: Uint8Array): Promise<void> {
    if (this.#refused) return this.#refused
    if (this.#isPastBound(payload.length)) return this.#refused ?? RESOLVED
    if (this.#waiting || payload.length > AT_ONCE_BYTES) return this.#wait({ code, payload, compressed: undefined })
    return this.#push(this.#codec.seal(code, payload))
  }

  sendPrepared(code: number, prepared: Prepared): Promise<void> {
    if (this.#refused) return this.#refused
    const codec = this.#codec
    const { payload, compressed } = prepared
    if (this.#isPastBound(payload.length)) return this.#refused ?? RESOLVED
    if (this.#waiting || payload.length > AT_ONCE_BYTES) return this.#wait({ code, payload, compressed })
    const body = codec.snappy ? (prepared.compressed ??= codec.compressPayload(payload)) : payload
    return this.#push(codec.sealCompressed(code, body))
  }

  #wait(message: Unsealed): Promise<void> {
    this.#waitingBytes += message.payload.length
    if (this.#waiting) this.#waiting.push(message)
    else void this.#work((this.#waiting = [message]))
    return this.#markFull().promise
  }

  async #work(waiting: Unsealed[]): Promise<void> {
    try {
      const { sealWaiting } = await import('./sealing.ts')
      await sealWaiting(this.#codec, waiting, this.#host, (frame, { payload }) => {
        // Behind a frame that was left out, nothing could be read.
        if (this.#refused && !this.#last) return
        if (!this.#refused) this.#waitingBytes -= payload.length
        void this.#push(frame)
      })
    } catch (error) {
      this.#host.fail(
        new PeerError('failed to send a message', DiscReason.networkError, causeText(error), { cause: error }),
      )
    }
    if (this.#refused) return this.#sendLast()
    this.#waiting = undefined
    this.flush()
    if (!this.#blocked) this.drain()
  }

  #markFull(): Deferred<void> {
    if (!this.#drained) {
      this.#drained = createDeferred()
      this.#drained.promise.catch(() => undefined)
    }
    return this.#drained
  }

  // Asked before a frame is sealed: one that is sealed has to be sent, or the remote can read nothing after it.
  #isPastBound(bytes: number): boolean {
    if (this.queuedBytes + bytes <= this.#maxBytes) return false
    const text = `${this.queuedBytes} bytes wait to be sent, ${bytes} more are past the limit of ${this.#maxBytes}`
    this.#host.fail(new PeerError('send queue full', DiscReason.networkError, text))
    return true
  }

  #push(frame: Uint8Array): Promise<void> {
    if (frame.length >= ALONE_BYTES) this.flush()
    this.#frames.push(frame)
    this.#frameBytes += frame.length
    if (this.#frameBytes >= ALONE_BYTES) this.flush()
    else if (!this.#scheduled) this.#schedule()
    return this.#drained?.promise ?? RESOLVED
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
    const frames = this.#frames
    if (frames.length === 0) return
    const chunk = joined(frames, this.#frameBytes)
    this.#forget()
    // What has to wait must not keep alive the memory that it shares with frames of others.
    const waits = chunk.length < chunk.buffer.byteLength && this.#link.bufferedBytes > 0
    const free = this.#link.write(waits ? chunk.slice() : chunk)
    if (this.#refused) return
    if (!free) {
      this.#blocked = true
      this.#markFull()
    }
    this.#host.wrote(!free)
  }

  #forget(): void {
    this.#frames = []
    this.#frameBytes = 0
  }

  /** The link takes more. */
  drain(): void {
    this.#blocked = false
    if (this.#waiting) return
    this.#drained?.resolve()
    this.#drained = undefined
    this.#host.outboxFree()
  }

  /**
   * Sends one last message, past every bound. What waits to be sealed is left out, but for a frame that has been begun.
   * Then `refuse`. Answers whether it is with the link already; else `left` is called when it is.
   */
  end(error: PeerError, code: number, payload: Uint8Array, left: () => void): boolean {
    const busy = this.#waiting !== undefined
    this.#last = { code, payload, left }
    if (!busy) this.#sendLast()
    this.refuse(error)
    return !busy
  }

  #sendLast(): void {
    const last = this.#last
    if (!last) return
    this.#last = undefined
    void this.#push(this.#codec.seal(last.code, last.payload))
    this.flush()
    if (this.#refused) last.left()
  }

  /**
   * From now on every send is refused with `error`; a promise somebody waits for rejects, one nobody waits for is
   * silent. What is sealed already still goes to the link.
   */
  refuse(error: PeerError): void {
    this.flush()
    this.#waiting = undefined
    this.#waitingBytes = 0
    this.#refused = Promise.reject(error)
    this.#refused.catch(() => undefined)
    this.#drained?.reject(error)
    this.#drained = undefined
  }
}

// Without a copy where they lie side by side, as small ones sealed one after the other do.
function joined(frames: readonly Uint8Array[], length: number): Uint8Array {
  const { buffer, byteOffset } = frames[0]!
  const last = frames.at(-1)!
  const together =
    last.byteOffset + last.length - byteOffset === length && frames.every((frame) => frame.buffer === buffer)
  return together ? new Uint8Array(buffer, byteOffset, length) : concatBytes(...frames)
}
