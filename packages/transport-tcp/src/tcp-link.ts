// A link over one TCP socket.
import type { Socket } from 'node:net'
import {
  type Clock,
  type Direction,
  DiscReason,
  type Endpoint,
  type Link,
  type LinkSink,
  PeerError,
  type Timer,
} from '@peerwire/core'

/**
 * Bytes that may wait in this process before `write` says to stop: what a fast path takes in some milliseconds,
 * and small enough that 1,000 peers that don't read hold no more than 256 MiB.
 */
const HIGH_WATER_BYTES = 262_144

/** How long `close` waits for what is queued and for the remote's own end before it drops both. */
const CLOSE_TIMEOUT_MS = 5_000

/** Where a socket has its link, for listeners that all sockets share: own ones would be 250 bytes a link. */
const LINK = Symbol('link')
type LinkedSocket = Socket & { [LINK]?: TcpLink }

function onData(this: LinkedSocket, chunk: Buffer): void {
  this[LINK]?.received(chunk)
}

function onError(this: LinkedSocket, cause: NodeJS.ErrnoException): void {
  this[LINK]?.failed(cause)
}

function onClose(this: LinkedSocket): void {
  this[LINK]?.ended()
}

export class TcpLink implements Link {
  readonly direction: Direction
  readonly remoteAddress: string
  readonly #socket: Socket
  readonly #clock: Clock
  #sink: LinkSink | undefined
  #error: PeerError | undefined
  #paused = false
  #needDrain = false
  #closing = false
  #over = false
  #said = false
  #closeTimer: Timer | undefined

  /**
   * @param socket - connected, paused, without listeners
   * @param through - where the remote is, when the socket itself leads to a proxy
   */
  constructor(socket: Socket, direction: Direction, clock: Clock, through?: Endpoint) {
    this.#socket = socket
    this.#clock = clock
    this.direction = direction
    this.remoteAddress = through ? formatHost(through.host, through.port) : formatRemote(socket)
    const linked: LinkedSocket = socket
    linked[LINK] = this
    linked.on('error', onError).on('close', onClose)
  }

  // What the socket tells.

  received(chunk: Buffer): void {
    // A plain array: a Buffer's `slice` would share memory where the core expects a copy.
    if (!this.#closing) this.#sink?.bytes(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length))
  }

  failed(cause: NodeJS.ErrnoException): void {
    this.#error ??= new PeerError('link lost', DiscReason.networkError, lossText(cause), { cause })
  }

  ended(): void {
    this.#finish()
  }

  get bufferedBytes(): number {
    return this.#over ? 0 : this.#socket.writableLength
  }

  open(sink: LinkSink): void {
    if (this.#sink) throw new TypeError('a link is opened once')
    this.#sink = sink
    if (this.#over) return queueMicrotask(() => this.#sayEnd())
    if (this.#closing) return
    this.#socket.on('data', onData)
    if (!this.#paused) this.#socket.resume()
  }

  write(chunk: Uint8Array): boolean {
    const socket = this.#socket
    if (this.#closing || this.#over || !socket.writable) return false
    if (chunk.length > 0) socket.write(chunk)
    if (socket.writableLength <= HIGH_WATER_BYTES) return true
    if (!this.#needDrain) socket.once('drain', () => this.#drained())
    this.#needDrain = true
    return false
  }

  atTurnEnd(run: () => void): void {
    process.nextTick(run)
  }

  pause(): void {
    this.#paused = true
    if (!this.#closing) this.#socket.pause()
  }

  resume(): void {
    this.#paused = false
    if (this.#sink && !this.#over) this.#socket.resume()
  }

  close(): void {
    if (this.#closing || this.#over) return
    this.#closing = true
    this.#socket.end()
    // Unread bytes would make the kernel answer with a reset, which can overtake what was just sent.
    this.#socket.resume()
    this.#closeTimer = this.#clock.setTimer(CLOSE_TIMEOUT_MS, () => this.abort())
  }

  abort(error?: PeerError): void {
    if (this.#over) return
    this.#error = error
    this.#closing = true
    this.#over = true
    this.#closeTimer?.cancel()
    this.#socket.destroy()
    queueMicrotask(() => this.#sayEnd())
  }

  #drained(): void {
    this.#needDrain = false
    if (!this.#closing && !this.#over) this.#sink?.drain()
  }

  #finish(): void {
    if (this.#over) return
    this.#over = true
    this.#closeTimer?.cancel()
    if (this.#closing) this.#error = undefined
    this.#sayEnd()
  }

  #sayEnd(): void {
    if (this.#said || !this.#sink) return
    this.#said = true
    this.#sink.end(this.#error)
  }
}

/** `host:port` with IPv6 in brackets; an IPv4 address mapped into IPv6 is written as IPv4. */
export function formatRemote({ remoteAddress = 'unknown', remotePort = 0 }: Socket): string {
  const host =
    remoteAddress.startsWith('::ffff:') && remoteAddress.includes('.') ? remoteAddress.slice(7) : remoteAddress
  return formatHost(host, remotePort)
}

function formatHost(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

function lossText({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ECONNRESET') return 'the remote reset the connection'
  if (code === 'EPIPE') return 'the remote had closed the connection'
  return code ? `the connection failed with ${code}` : message
}
