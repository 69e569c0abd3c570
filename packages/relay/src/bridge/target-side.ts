// The side of a bridge's link that is the target's TCP socket.
import type { Socket } from 'node:net'
import type { Clock, Timer } from '@peerwire/core'
import type { Ending, Goodbye, Side, SideSink } from '../splice/side.ts'
import { CloseCode, targetFailed } from './close-codes.ts'

/** How long the target may take to accept what was queued for it once one of both has ended. */
const LINGER_MS = 5_000

const TARGET_CLOSED = 'the target closed'

/** What is told to the tab when the target hung up on it: without a hint it looks like any lost connection. */
const UNANSWERED =
  'the target closed before it answered: wrong key, or throttled (go-ethereum: once in 30 s per address)'

export class TargetSide implements Side {
  readonly gone: Promise<void>
  readonly #socket: Socket
  readonly #clock: Clock
  #sink: SideSink | undefined
  #needDrain = false
  /** Bytes have come of it, and gone to it. */
  #answered = false
  #asked = false
  #timer: Timer | undefined

  /** @param socket - connected, without listeners */
  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket
    this.#clock = clock
    this.gone = new Promise((resolve) => {
      socket.once('close', () => {
        this.#timer?.cancel()
        this.#end(TARGET_CLOSED)
        resolve()
      })
    })
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('end', () => this.#ended())
    socket.on('error', (error: NodeJS.ErrnoException) => this.#failed(error))
    socket.pause()
  }

  open(sink: SideSink): void {
    this.#sink = sink
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  write(chunk: Uint8Array): boolean {
    const socket = this.#socket
    this.#asked = true
    if (!socket.writable) return true
    socket.write(chunk, this.#written)
    // What waits here is the memory that the whole piece came in; so there is one of it, and no other.
    if (socket.writableLength > 0) this.#needDrain = true
    return !this.#needDrain
  }

  finish({ orderly }: Ending): void {
    this.#sink = undefined
    const socket = this.#socket
    if (!orderly) return void socket.destroy()
    // What the tab had sent before an orderly end still goes to the target.
    this.#linger()
    socket.end()
    socket.resume()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    this.#answered = true
    this.#sink?.bytes(chunk, chunk.length)
  }

  readonly #written = (): void => {
    if (!this.#needDrain || this.#socket.writableLength > 0) return
    this.#needDrain = false
    this.#sink?.drained()
  }

  #ended(): void {
    if (this.#asked && !this.#answered) this.#end(UNANSWERED, targetFailed(UNANSWERED))
    else this.#end(TARGET_CLOSED)
  }

  #failed({ code, message }: NodeJS.ErrnoException): void {
    const what = code === 'ECONNRESET' ? 'the target reset the connection' : `the target failed: ${code ?? message}`
    const why = this.#asked && !this.#answered ? UNANSWERED : what
    this.#end(why, targetFailed(why))
  }

  #linger(): void {
    if (this.#socket.destroyed) return
    this.#timer ??= this.#clock.setTimer(LINGER_MS, () => this.#socket.destroy())
  }

  /** @param goodbye - left out where it ended in order */
  #end(why: string, goodbye?: Goodbye): void {
    this.#linger()
    const sink = this.#sink
    this.#sink = undefined
    sink?.ended({ goodbye: goodbye ?? { code: CloseCode.normal, text: why }, orderly: !goodbye, why })
  }
}
