// When to ping, and when silence, a stuck link or a dragging message is the end; many peers share one timer. Each has a
// time of its own: a wake-up comes when the first of them is due, and looks at all of them.
import type { Clock } from '../base/clock.ts'
import type { Wheel, WheelEntry } from '../base/wheel.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import type { PeerLimits } from './limits.ts'

/**
 * A deadline noticed this late means that our own timers slept (a hidden tab, a laptop's lid), not that the remote
 * did.
 */
const SLEPT_MS = 5000
/** How long the bytes that piled up meanwhile get to be read. */
const CATCH_UP_MS = 1000
/** A message that has had its time goes on while as much of it arrives in each third of that time. */
const MESSAGE_BYTES_PER_SECOND = 16_384

export interface KeepAliveHost {
  /** Whether we hold back the remote ourselves, so that its silence says nothing. */
  readonly paused: boolean
  /** What came and is kept by a link that can't stop reading; others don't know. */
  readonly unreadBytes: number | undefined
  /** Bytes of ours that wait at the link. */
  readonly waitingBytes: number
  /** Bytes of ours that the link got rid of, in all. */
  readonly sentBytes: number
  ping(): void
  fail(error: PeerError): void
}

export class KeepAlive implements WheelEntry {
  readonly #host: KeepAliveHost
  readonly #clock: Clock
  readonly #wheel: Wheel
  readonly #limits: PeerLimits
  /** When the next wake-up is due. */
  #askedMs = Infinity
  #caughtUp = false
  #heardMs: number
  #wroteMs: number
  /** When we last held back the remote, -1 for never. */
  #heldMs = -1
  #unreadBytes: number | undefined
  #pinged = false
  /** Since when bytes wait at the link and none was taken, -1 for not; and what had been sent then. */
  #stuckMs = -1
  #sentBytes = 0
  #arrivedBytes = 0
  /** When the message began that isn't whole yet, -1 for none; and how many were whole before it. */
  #messageMs = -1
  #wholeMessages = 0
  /** What of it has to have arrived is counted from here. */
  #markMs = 0
  #markBytes = 0

  constructor(host: KeepAliveHost, clock: Clock, wheel: Wheel, limits: PeerLimits) {
    this.#host = host
    this.#clock = clock
    this.#wheel = wheel
    this.#limits = limits
    this.#heardMs = this.#wroteMs = clock.now()
    this.#ask(this.#heardMs + limits.pingAfterMs)
  }

  /** When the remote was last heard, on the node's clock. */
  get heardMs(): number {
    return this.#heardMs
  }

  /** Bytes arrived. */
  heard(bytes: number): void {
    const nowMs = this.#clock.now()
    this.#heardMs = nowMs
    this.#arrivedBytes += bytes
    this.#pinged = false
    // Timers of a hidden tab sleep while messages come: the remote must hear us all the same.
    if (nowMs - this.#askedMs > SLEPT_MS) this.due(nowMs)
  }

  /** Bytes were given to the link. */
  wrote(): void {
    this.#wroteMs = this.#clock.now()
  }

  /** When the message began that isn't whole yet, on the node's clock; -1 for none. */
  get messageMs(): number {
    return this.#messageMs
  }

  /** After bytes were read: whether a message isn't whole yet, and how many have been. */
  read(midMessage: boolean, wholeMessages: number): void {
    if (!midMessage) this.#messageMs = -1
    else if (this.#messageMs < 0 || wholeMessages !== this.#wholeMessages) {
      this.#wholeMessages = wholeMessages
      this.#startMessage(this.#heardMs)
      this.#ask(this.#heardMs + this.#limits.messageMs)
    }
  }

  /** The link is full: it must take a byte within the write limit. */
  full(): void {
    if (this.#stuckMs >= 0) return
    const nowMs = this.#clock.now()
    this.#lookAtLink(nowMs)
    this.#ask(nowMs + this.#limits.writeTimeoutMs)
  }

  drained(): void {
    this.#stuckMs = -1
  }

  /** We don't hold back the remote any more: its silence counts from now on. */
  resumed(): void {
    this.#heldMs = this.#clock.now()
  }

  stop(): void {
    this.#askedMs = -Infinity
    this.#wheel.delete(this)
  }

  due(nowMs: number): void {
    const slept = nowMs - this.#askedMs > SLEPT_MS
    this.#askedMs = Infinity
    this.#lookAtPause(nowMs)
    this.#lookAtLink(nowMs)
    const failure = this.#judge(nowMs)
    if (failure) {
      if (!slept || this.#caughtUp) return this.#host.fail(failure)
      this.#caughtUp = true
      return this.#ask(nowMs + CATCH_UP_MS)
    }
    this.#caughtUp = false
    this.#pingIfQuiet(nowMs)
    this.#askAgain()
  }

  #lookAtPause(nowMs: number): void {
    const { paused, unreadBytes } = this.#host
    if (!paused) return
    const knowsNothing = unreadBytes === undefined || unreadBytes !== this.#unreadBytes
    this.#unreadBytes = unreadBytes
    if (knowsNothing) this.#heldMs = nowMs
    if (this.#messageMs >= 0) this.#startMessage(nowMs)
  }

  #startMessage(nowMs: number): void {
    this.#messageMs = this.#markMs = nowMs
    this.#markBytes = this.#arrivedBytes
  }

  #lookAtLink(nowMs: number): void {
    const { waitingBytes, sentBytes } = this.#host
    if (waitingBytes === 0) this.#stuckMs = -1
    else if (this.#stuckMs < 0 || sentBytes > this.#sentBytes) this.#stuckMs = nowMs
    this.#sentBytes = sentBytes
  }

  get #silentSinceMs(): number {
    return Math.max(this.#heardMs, this.#heldMs)
  }

  /** When it is judged whether enough of the message has arrived: after its time, then after each third of that. */
  get #messageDueMs(): number {
    if (this.#messageMs < 0) return Infinity
    const { messageMs } = this.#limits
    return this.#markMs + (this.#markMs === this.#messageMs ? messageMs : messageMs / 3)
  }

  #judge(nowMs: number): PeerError | undefined {
    const { readTimeoutMs, writeTimeoutMs } = this.#limits
    const stuckMs = this.#stuckMs < 0 ? -1 : nowMs - this.#stuckMs
    if (stuckMs >= writeTimeoutMs)
      return failure('write timeout', `the link took no byte for ${Math.round(stuckMs)} ms`)
    const silentMs = nowMs - this.#silentSinceMs
    if (silentMs >= readTimeoutMs) return failure('read timeout', `no byte for ${Math.round(silentMs)} ms`)
    if (nowMs < this.#messageDueMs || this.#messageArrives(nowMs)) return undefined
    return failure('read timeout', `a message not whole after ${Math.round(nowMs - this.#messageMs)} ms`)
  }

  #messageArrives(nowMs: number): boolean {
    const wantedBytes = ((nowMs - this.#markMs) / 1000) * MESSAGE_BYTES_PER_SECOND
    if (this.#arrivedBytes - this.#markBytes < wantedBytes) return false
    this.#markMs = nowMs
    this.#markBytes = this.#arrivedBytes
    return true
  }

  // Also when only we were quiet: the remote may be sending what hides our ping from it, and waits for a sign, too.
  #pingIfQuiet(nowMs: number): void {
    const { pingAfterMs } = this.#limits
    const silent = !this.#pinged && nowMs - this.#silentSinceMs >= pingAfterMs
    if (!silent && nowMs - this.#wroteMs < pingAfterMs) return
    this.#pinged = true
    this.#wroteMs = nowMs
    this.#host.ping()
    this.#lookAtLink(nowMs)
  }

  #askAgain(): void {
    const { readTimeoutMs, writeTimeoutMs, pingAfterMs } = this.#limits
    let nextMs = this.#silentSinceMs + (this.#pinged ? readTimeoutMs : pingAfterMs)
    nextMs = Math.min(nextMs, this.#wroteMs + pingAfterMs, this.#messageDueMs)
    this.#ask(this.#stuckMs < 0 ? nextMs : Math.min(nextMs, this.#stuckMs + writeTimeoutMs))
  }

  // Brought forward, never pushed back.
  #ask(atMs: number): void {
    if (atMs >= this.#askedMs) return
    this.#askedMs = atMs
    this.#wheel.set(this, atMs)
  }
}

function failure(code: 'write timeout' | 'read timeout', text: string): PeerError {
  return new PeerError(code, code === 'read timeout' ? DiscReason.readTimeout : DiscReason.networkError, text)
}
