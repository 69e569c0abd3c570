// A link over one WebSocket of the `ws` package, dialed or accepted in Node.
import type { Duplex } from 'node:stream'
import {
  cutReason,
  type Direction,
  DiscReason,
  type Link,
  LinkInbox,
  LinkOutlet,
  type LinkSink,
  type OutletHost,
  PeerError,
} from '@peerwire/core'
import type { WebSocket } from 'ws'
import { forEachMessage, isOrderly, lossOf, NORMAL_CLOSURE, textMessageError } from './wire.ts'

/** Bytes that may wait in this process before `write` says to stop; the same as the TCP transport's. */
const HIGH_WATER_BYTES = 262_144

/** How long `close` waits for what is queued and for the remote's own close frame before it drops both. */
const CLOSE_TIMEOUT_MS = 5_000

/**
 * Pieces that one unfinished message may arrive in. A message of 256 KiB comes in about 490 at the least usual segment
 * size; at 1 byte a piece the cost of keeping them is a hundred times their content.
 */
const MAX_PIECES = 4_096

/** For each address of a name that has several; Node's own 250 ms gives up on remotes that are far away. */
const ATTEMPT_TIMEOUT_MS = 2_000

/** Close code for a kind of message that is not taken. */
const UNSUPPORTED_DATA = 1003

/** For both ends of `ws`; as an object of its own because the published types lack some of these. */
export function socketOptions(maxPayload: number): { readonly maxPayload: number; readonly perMessageDeflate: false } {
  const bounds = {
    maxPayload,
    maxBufferedChunks: MAX_PIECES,
    maxFragments: MAX_PIECES,
    closeTimeout: CLOSE_TIMEOUT_MS,
    // The bytes are encrypted: compressing them costs and gains nothing.
    perMessageDeflate: false as const,
    skipUTF8Validation: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
  }
  return bounds
}

export class NodeWebSocketLink implements Link, OutletHost {
  readonly direction: Direction
  readonly remoteAddress: string
  readonly #ws: WebSocket
  readonly #socket: Duplex
  readonly #inbox = new LinkInbox()
  /** What the system didn't take at once. */
  #outlet: LinkOutlet | undefined
  #acceptedBytes = 0
  #sentBytes = 0
  #needDrain = false
  #closing = false
  /** What `refuse` was given. */
  #error: PeerError | undefined

  /**
   * @param ws - just opened; it is paused here, so that unread bytes stay with the remote
   * @param socket - the stream below `ws`
   */
  constructor(ws: WebSocket, socket: Duplex, direction: Direction, remoteAddress: string) {
    this.#ws = ws
    this.#socket = socket
    this.direction = direction
    this.remoteAddress = remoteAddress
    ws.pause()
    ws.on('message', (data: Buffer, isBinary: boolean) => this.#receive(data, isBinary))
    ws.on('error', (cause) => this.#fail(cause))
    ws.on('close', (code, text) => this.#finish(code, text))
  }

  get bufferedBytes(): number {
    return this.#inbox.ended ? 0 : this.#waitingBytes
  }

  // What waits in the socket includes the headers of its messages.
  get sentBytes(): number {
    return (this.#sentBytes = Math.max(this.#sentBytes, this.#acceptedBytes - this.#waitingBytes))
  }

  get #waitingBytes(): number {
    return this.#ws.bufferedAmount + (this.#outlet?.bytes ?? 0)
  }

  open(sink: LinkSink): void {
    this.#inbox.open(sink)
    if (!this.#inbox.paused) this.#ws.resume()
  }

  write(chunk: Uint8Array): boolean {
    const ws = this.#ws
    if (this.#closing || this.#inbox.ended || ws.readyState !== ws.OPEN) return false
    this.#acceptedBytes += chunk.length
    if (this.#outlet || LinkOutlet.needs(chunk, ws.bufferedAmount)) {
      this.#outlet ??= new LinkOutlet(this)
      this.#outlet.write(chunk)
      this.#forgetOutlet()
    } else if (chunk.length > 0) ws.send(chunk)
    if (this.#waitingBytes <= HIGH_WATER_BYTES) return true
    this.#needDrain = true
    return false
  }

  // What the outlet asks.

  get pendingBytes(): number {
    return this.#ws.bufferedAmount
  }

  give(chunks: readonly Uint8Array[], taken?: (error?: unknown) => void): void {
    const messages: Uint8Array[] = []
    for (const chunk of chunks) forEachMessage(chunk, (message) => messages.push(message))
    const last = messages.length - 1
    this.#socket.cork()
    messages.forEach((message, at) => this.#ws.send(message, at === last ? taken : undefined))
    this.#socket.uncork()
  }

  outletEmpty(): void {
    this.#forgetOutlet()
    if (!this.#needDrain) return
    this.#needDrain = false
    this.#inbox.drain()
  }

  atTurnEnd(run: () => void): void {
    process.nextTick(run)
  }

  pause(): void {
    this.#inbox.pause()
    if (!this.#closing) this.#ws.pause()
  }

  resume(): void {
    this.#inbox.resume()
    if (this.#inbox.opened) this.#ws.resume()
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
    this.#outlet?.release()
    this.#ws.close(code, text)
    // The remote's close frame is behind what it still sends.
    this.#ws.resume()
  }

  abort(error?: PeerError): void {
    this.#closing = true
    this.#inbox.abort(error)
    this.#ws.terminate()
  }

  #forgetOutlet(): void {
    if (this.#outlet?.idle) this.#outlet = undefined
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (!isBinary && !this.#closing) return this.#refuseText()
    // A plain array: a Buffer's `slice` would share memory where the core expects a copy.
    this.#inbox.push(new Uint8Array(data.buffer, data.byteOffset, data.length))
  }

  #refuseText(): void {
    this.#closing = true
    this.#inbox.abort(textMessageError())
    this.#ws.close(UNSUPPORTED_DATA)
  }

  #fail(cause: Error & { readonly code?: string }): void {
    if (this.#closing) return
    this.#inbox.end(errorOf(cause))
  }

  #finish(code: number, text: Buffer): void {
    this.#inbox.end(this.#closing || isOrderly(code) ? this.#error : lossOf(code, text.toString()))
  }
}

function errorOf(cause: Error & { readonly code?: string }): PeerError {
  const { code = '', message } = cause
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
    // Whoever carries the bytes can send one: no misdeed of the peer.
    return new PeerError('bad frame', DiscReason.breachOfProtocol, 'a WebSocket message past the limit', {
      cause,
    })
  }
  if (code.startsWith('WS_ERR_')) {
    return new PeerError('bad frame', DiscReason.breachOfProtocol, `not a valid WebSocket frame: ${message}`, { cause })
  }
  return new PeerError('link lost', DiscReason.networkError, `the connection failed with ${code || message}`, { cause })
}
