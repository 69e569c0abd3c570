// Joins one WebSocket and one TCP socket byte for byte, each held back by the other.
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock, Timer } from '@peerwire/core'
import type { WebSocket } from 'ws'
import { CloseCode, type Goodbye, idle, targetFailed } from './close-codes.ts'

/** Bytes that may wait for a slow tab before the target is not read any more; RLPx frames are mostly smaller. */
const HIGH_WATER_BYTES = 65_536

/** How long one side may take to accept what was queued for it once the other has ended. */
const LINGER_MS = 5_000

/** Close codes of a tab that goes away, and of a close frame without one. */
const GOING_AWAY = 1001
const NO_CODE = 1005

const TARGET_CLOSED = 'the target closed'
const TEXT_MESSAGE = 'a text message where only binary ones belong'

/** What is told to the tab when the target hung up on it: without a hint it looks like any lost connection. */
const UNANSWERED =
  'the target closed before it answered: wrong key, or throttled (go-ethereum: once in 30 s per address)'

export interface SpliceOptions {
  readonly clock: Clock
  readonly idleMs: number
}

/** How a link ended. */
export interface SpliceEnd {
  /** Bytes from the WebSocket to the target. */
  readonly upBytes: number
  readonly downBytes: number
  readonly why: string
}

export class Splice {
  /** Resolves when both sockets are gone. */
  readonly ended: Promise<SpliceEnd>
  readonly #ws: WebSocket
  readonly #target: Socket
  readonly #options: SpliceOptions
  #idleTimer: Timer
  #activeAtMs: number
  #upBytes = 0
  #downBytes = 0
  #why: string | undefined

  /**
   * @param ws - open and paused
   * @param below - the stream that carries `ws`
   * @param target - connected, without listeners
   */
  constructor(ws: WebSocket, below: Duplex, target: Socket, options: SpliceOptions) {
    this.#ws = ws
    this.#target = target
    this.#options = options
    this.#activeAtMs = options.clock.now()
    this.#idleTimer = this.#watchIdle(options.idleMs)
    const closed = [ws, target].map((side) => new Promise<void>((done) => side.once('close', () => done())))
    this.ended = Promise.all(closed).then(() => this.#summary())
    ws.on('message', (data: Buffer, isBinary: boolean) => this.#up(data, isBinary))
    ws.on('error', (error) => (this.#why ??= `the tab sent what is no WebSocket: ${error.message}`))
    ws.on('close', (code) => this.#tabEnded(code))
    target.on('data', (chunk: Buffer) => this.#down(chunk))
    target.on('drain', () => ws.resume())
    target.on('end', () => this.#targetEnded())
    target.on('error', (error: NodeJS.ErrnoException) => this.#targetFailed(error))
    target.on('close', () => this.#hangUp({ code: CloseCode.normal, text: TARGET_CLOSED }, TARGET_CLOSED))
    below.on('drain', () => target.resume())
    ws.resume()
  }

  #up(data: Buffer, isBinary: boolean): void {
    if (!isBinary) return this.#end({ code: CloseCode.unsupportedData, text: TEXT_MESSAGE }, TEXT_MESSAGE)
    this.#upBytes += data.length
    this.#activeAtMs = this.#options.clock.now()
    if (this.#target.writable && !this.#target.write(data)) this.#ws.pause()
  }

  #down(chunk: Buffer): void {
    this.#downBytes += chunk.length
    this.#activeAtMs = this.#options.clock.now()
    if (this.#ws.readyState !== this.#ws.OPEN) return
    this.#ws.send(chunk)
    if (this.#ws.bufferedAmount > HIGH_WATER_BYTES) this.#target.pause()
  }

  #tabEnded(code: number): void {
    this.#why ??= `the tab closed with ${code}`
    this.#idleTimer.cancel()
    const target = this.#target
    if (target.destroyed) return
    if (code !== CloseCode.normal && code !== GOING_AWAY && code !== NO_CODE) return void target.destroy()
    // What the tab had sent before an orderly end still goes to the target.
    const timer = this.#options.clock.setTimer(LINGER_MS, () => target.destroy())
    target.once('close', () => timer.cancel())
    target.end()
    target.resume()
  }

  #targetEnded(): void {
    const unanswered = this.#downBytes === 0 && this.#upBytes > 0
    if (unanswered) this.#hangUp(targetFailed(UNANSWERED), UNANSWERED)
    else this.#hangUp({ code: CloseCode.normal, text: TARGET_CLOSED }, TARGET_CLOSED)
  }

  #targetFailed({ code, message }: NodeJS.ErrnoException): void {
    if (this.#downBytes === 0 && this.#upBytes > 0) return this.#hangUp(targetFailed(UNANSWERED), UNANSWERED)
    const what = code === 'ECONNRESET' ? 'the target reset the connection' : `the target failed: ${code ?? message}`
    this.#hangUp(targetFailed(what), what)
  }

  #end(goodbye: Goodbye, why: string): void {
    this.#hangUp(goodbye, why)
    this.#target.destroy()
  }

  /** Closes the WebSocket after what is queued for it. */
  #hangUp({ code, text }: Goodbye, why: string): void {
    this.#why ??= why
    this.#idleTimer.cancel()
    if (this.#ws.readyState !== this.#ws.OPEN) return
    this.#ws.close(code, text)
    // The tab's own close frame may be behind what it still sends.
    this.#ws.resume()
  }

  #watchIdle(ms: number): Timer {
    const { clock, idleMs } = this.#options
    return clock.setTimer(ms, () => {
      const left = this.#activeAtMs + idleMs - clock.now()
      if (left > 0) this.#idleTimer = this.#watchIdle(left)
      else {
        const why = `no byte for ${Math.round(idleMs / 1000)} s`
        this.#end(idle(why), why)
      }
    })
  }

  #summary(): SpliceEnd {
    this.#idleTimer.cancel()
    return { upBytes: this.#upBytes, downBytes: this.#downBytes, why: this.#why ?? 'closed' }
  }
}
