// A link over the browser's WebSocket, which can neither stop reading nor say when it has sent.
import {
  type Clock,
  cutReason,
  type Direction,
  DiscReason,
  type Link,
  LinkInbox,
  type LinkSink,
  PeerError,
  type Timer,
} from '@peerwire/core'
import { forEachMessage, isOrderly, lossOf, NORMAL_CLOSURE, textMessageError } from './wire.ts'

/**
 * Bytes that may wait in the browser before `write` says to stop: what is sent between two looks at a fast connection.
 */
const HIGH_WATER_BYTES = 524_288

/**
 * The same once a look found that all of it had been sent: with a look every 5 ms the other would allow 100 MB/s, this
 * 200. Doubled up to this, and back to the first as soon as something is left.
 */
const MOST_HIGH_WATER_BYTES = 1_048_576

/** `drain` comes below this, so that the connection still has something to send meanwhile. */
const LOW_WATER_BYTES = 131_072

/**
 * How often `bufferedAmount` is looked at while above the mark: there is no event for it. Hidden tabs stretch it to 1
 * s.
 */
const LOOK_MS = 5

/** How long `close` waits for what is queued and for the remote's own close frame before it drops both. */
const CLOSE_TIMEOUT_MS = 5_000

export interface BrowserLinkOptions {
  readonly clock: Clock
  /** Most that is kept while nobody reads. */
  readonly maxUnreadBytes: number
}

export class BrowserWebSocketLink implements Link {
  readonly direction: Direction = 'outbound'
  readonly remoteAddress: string
  readonly #socket: WebSocket
  readonly #options: BrowserLinkOptions
  readonly #inbox = new LinkInbox()
  /** The next look at `bufferedAmount`, or the end of the patience of `close`. */
  #timer: Timer | undefined
  #closing = false
  /** What `refuse` was given. */
  #error: PeerError | undefined
  #acceptedBytes = 0
  #highWaterBytes = HIGH_WATER_BYTES

  /** @param socket - just opened, with `binaryType` `arraybuffer` */
  constructor(socket: WebSocket, remoteAddress: string, options: BrowserLinkOptions) {
    this.#socket = socket
    this.#options = options
    this.remoteAddress = remoteAddress
    socket.onmessage = (event) => this.#receive(event.data)
    socket.onclose = ({ code, reason }) => this.#finish(code, reason)
    socket.onerror = null
  }

  get bufferedBytes(): number {
    return this.#inbox.ended ? 0 : this.#socket.bufferedAmount
  }

  get sentBytes(): number {
    return this.#acceptedBytes - this.bufferedBytes
  }

  get unreadBytes(): number {
    return this.#inbox.heldBytes
  }

  open(sink: LinkSink): void {
    this.#inbox.open(sink)
  }

  write(chunk: Uint8Array): boolean {
    const socket = this.#socket
    if (this.#closing || this.#inbox.ended || socket.readyState !== socket.OPEN) return false
    this.#acceptedBytes += chunk.length
    // A send copies, so the view is the browser's no longer than the call.
    if (chunk.length > 0) forEachMessage(chunk, (message) => socket.send(message as Uint8Array<ArrayBuffer>))
    if (socket.bufferedAmount <= this.#highWaterBytes) return true
    this.#timer ??= this.#options.clock.setTimer(LOOK_MS, () => this.#lookAgain())
    return false
  }

  pause(): void {
    this.#inbox.pause()
  }

  resume(): void {
    this.#inbox.resume()
  }

  close(): void {
    this.#leave(NORMAL_CLOSURE)
  }

  refuse(code: number, text: string, error?: PeerError): void {
    this.#leave(code, cutReason(text), error)
  }

  #leave(code: number, text?: string, error?: PeerError): void {
    if (this.#closing || this.#inbox.ended) return
    this.#closing = true
    this.#error = error
    this.#inbox.discard()
    this.#socket.close(code, text)
    this.#timer?.cancel()
    this.#timer = this.#options.clock.setTimer(CLOSE_TIMEOUT_MS, () => this.abort(error))
  }

  abort(error?: PeerError): void {
    this.#inbox.abort(error)
    this.#release()
    this.#socket.close()
  }

  #receive(data: unknown): void {
    if (this.#closing) return
    if (!isBuffer(data)) return this.abort(textMessageError())
    this.#inbox.push(new Uint8Array(data))
    const { maxUnreadBytes } = this.#options
    if (this.#inbox.heldBytes > maxUnreadBytes) {
      const message = `more than ${maxUnreadBytes} unread bytes, and a browser cannot hold the remote back`
      this.abort(new PeerError('receive queue full', DiscReason.subprotocolError, message))
    } else if (this.#timer) this.#drainIfLow()
  }

  #lookAgain(): void {
    if (this.#drainIfLow()) return
    this.#timer = this.#options.clock.setTimer(LOOK_MS, () => this.#lookAgain())
  }

  #drainIfLow(): boolean {
    const { bufferedAmount } = this.#socket
    this.#highWaterBytes =
      bufferedAmount > 0 ? HIGH_WATER_BYTES : Math.min(MOST_HIGH_WATER_BYTES, this.#highWaterBytes * 2)
    if (this.#closing || bufferedAmount > LOW_WATER_BYTES) return false
    this.#timer?.cancel()
    this.#timer = undefined
    this.#inbox.drain()
    return true
  }

  #finish(code: number, reason: string): void {
    this.#inbox.end(this.#closing || isOrderly(code) ? this.#error : lossOf(code, reason))
    this.#release()
  }

  #release(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#socket.onmessage = null
    this.#socket.onclose = null
  }
}

// Of whatever realm: a page that tests run in has one of its own.
function isBuffer(data: unknown): data is ArrayBuffer {
  return data instanceof ArrayBuffer || Object.prototype.toString.call(data) === '[object ArrayBuffer]'
}
