// A link over one TCP socket.
import type { Socket } from 'node:net'
import {
  type Direction,
  DiscReason,
  type Endpoint,
  type Link,
  LinkOutlet,
  type LinkSink,
  type OutletHost,
  PeerError,
  type Timer,
} from '@peerwire/core'
import type { LateLink, LoopTurn } from './loop-turn.ts'

/**
 * Bytes that may wait in this process before `write` says to stop: what a fast path takes in some milliseconds,
 * and small enough that 1,000 peers that don't read hold no more than 256 MiB.
 */
const HIGH_WATER_BYTES = 262_144

/** Kept for a later turn before the remote is held back: chunks, and the last of them may have 64 KiB. */
const MAX_LATE_CHUNKS = 8
const SMALL_CHUNK_BYTES = 4096

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

export class TcpLink implements Link, LateLink, OutletHost {
  readonly direction: Direction
  readonly remoteAddress: string
  readonly #socket: Socket
  readonly #turn: LoopTurn
  /** What came when the turn's time was used up. */
  #late: Uint8Array[] | undefined
  /** The socket has closed in order, before what is late could be handed over. */
  #ended = false
  /** What the system didn't take at once. */
  #outlet: LinkOutlet | undefined
  #acceptedBytes = 0
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
   * @param turn - shared by all links of the transport
   * @param through - where the remote is, when the socket itself leads to a proxy
   */
  constructor(socket: Socket, direction: Direction, turn: LoopTurn, through?: Endpoint) {
    this.#socket = socket
    this.#turn = turn
    this.direction = direction
    this.remoteAddress = through ? formatHost(through.host, through.port) : formatRemote(socket)
    const linked: LinkedSocket = socket
    linked[LINK] = this
    linked.on('error', onError).on('close', onClose)
  }

  // What the socket tells.

  received(chunk: Buffer): void {
    if (this.#closing) return
    // A plain array: a Buffer's `slice` would share memory where the core expects a copy.
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length)
    if (!this.#late && this.#turn.hasTime(this)) this.#sink?.bytes(bytes)
    else this.#keep(bytes)
  }

  deliverLate(): void {
    while (this.#late && !this.#paused) {
      const chunk = this.#late.shift()!
      if (this.#late.length === 0) this.#late = undefined
      this.#sink!.bytes(chunk)
    }
    if (this.#closing || this.#paused) return
    if (this.#ended) this.#finish()
    else this.#socket.resume()
  }

  failed(cause: NodeJS.ErrnoException): void {
    this.#error ??= new PeerError('link lost', DiscReason.networkError, lossText(cause), { cause })
  }

  ended(): void {
    if (this.#late) this.deliverLate()
    // The sink still gets what came before an end in order, when it wants it.
    this.#ended = this.#late !== undefined && !this.#error
    if (!this.#ended) this.#finish()
  }

  get bufferedBytes(): number {
    return this.#over ? 0 : this.#waitingBytes
  }

  get sentBytes(): number {
    return this.#acceptedBytes - this.#waitingBytes
  }

  get #waitingBytes(): number {
    return this.#socket.writableLength + (this.#outlet?.bytes ?? 0)
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
    this.#acceptedBytes += chunk.length
    if (this.#outlet || LinkOutlet.needs(chunk, socket.writableLength)) {
      this.#outlet ??= new LinkOutlet(this)
      this.#outlet.write(chunk)
      this.#forgetOutlet()
    } else if (chunk.length > 0) socket.write(chunk)
    if (this.#waitingBytes <= HIGH_WATER_BYTES) return true
    this.#needDrain = true
    return false
  }

  // What the outlet asks.

  get pendingBytes(): number {
    return this.#socket.writableLength
  }

  give(chunks: readonly Uint8Array[], taken?: (error?: unknown) => void): void {
    const socket = this.#socket
    const last = chunks.length - 1
    if (last > 0) socket.cork()
    chunks.forEach((chunk, at) => socket.write(chunk, at === last ? taken : undefined))
    if (last > 0) socket.uncork()
  }

  outletEmpty(): void {
    this.#forgetOutlet()
    if (!this.#needDrain) return
    this.#needDrain = false
    if (!this.#closing && !this.#over) this.#sink?.drain()
  }

  atTurnEnd(run: () => void): void {
    process.nextTick(run)
  }

  pause(): void {
    this.#paused = true
    this.#turn.forget(this)
    if (!this.#closing) this.#socket.pause()
  }

  resume(): void {
    this.#paused = false
    if (!this.#sink || this.#over) return
    if (this.#late) this.#turn.wait(this)
    else if (this.#ended) queueMicrotask(() => this.#finish())
    else this.#socket.resume()
  }

  close(): void {
    if (this.#closing || this.#over) return
    if (this.#ended) return this.abort()
    this.#closing = true
    this.#dropLate()
    this.#outlet?.release()
    this.#socket.end()
    // Unread bytes would make the kernel answer with a reset, which can overtake what was just sent.
    this.#socket.resume()
    this.#closeTimer = this.#turn.clock.setTimer(CLOSE_TIMEOUT_MS, () => this.abort())
  }

  abort(error?: PeerError): void {
    if (this.#over) return
    this.#error = error
    this.#closing = true
    this.#over = true
    this.#dropLate()
    this.#closeTimer?.cancel()
    this.#socket.destroy()
    queueMicrotask(() => this.#sayEnd())
  }

  /** TCP has no codes. */
  refuse(_code: number, _text: string, error?: PeerError): void {
    this.abort(error)
  }

  #forgetOutlet(): void {
    if (this.#outlet?.idle) this.#outlet = undefined
  }

  #keep(bytes: Uint8Array): void {
    const late = (this.#late ??= [])
    late.push(bytes)
    this.#turn.wait(this)
    if (late.length === MAX_LATE_CHUNKS || bytes.length > SMALL_CHUNK_BYTES) this.#socket.pause()
  }

  #dropLate(): void {
    this.#late = undefined
    this.#turn.forget(this)
  }

  #finish(): void {
    if (this.#over) return
    this.#over = true
    this.#dropLate()
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
