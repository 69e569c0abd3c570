// When to ping, and when silence or a stuck link is the end; many peers share one timer.
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

export interface KeepAliveHost {
  /** Whether the link has taken all it can; and whether it took any byte since this was last asked. */
  readonly full: boolean
  progressed(): boolean
  /** Whether we hold back the remote ourselves. */
  readonly paused: boolean
  ping(): void
  fail(error: PeerError): void
}

export class KeepAlive implements WheelEntry {
  readonly #host: KeepAliveHost
  readonly #clock: Clock
  readonly #wheel: Wheel
  readonly #limits: PeerLimits
  #heardMs: number
  #stuckMs = -1
  #askedMs = 0
  #pinged = false
  /** When the message began that isn't whole yet, -1 for none; and how many were whole before it. */
  #messageMs = -1
  #wholeMessages = 0

  constructor(host: KeepAliveHost, clock: Clock, wheel: Wheel, limits: PeerLimits) {
    this.#host = host
    this.#clock = clock
    this.#wheel = wheel
    this.#limits = limits
    this.#heardMs = clock.now()
    this.#ask(this.#heardMs + limits.pingAfterMs)
  }

  /** When the remote was last heard, on the node's clock. */
  get heardMs(): number {
    return this.#heardMs
  }

  /** Bytes arrived. */
  heard(): void {
    this.#heardMs = this.#clock.now()
    this.#pinged = false
  }

  /** When the message began that isn't whole yet, on the node's clock; -1 for none. */
  get messageMs(): number {
    return this.#messageMs
  }

  /** After bytes were read: whether a message isn't whole yet, and how many have been. */
  read(midMessage: boolean, wholeMessages: number): void {
    if (!midMessage) this.#messageMs = -1
    else if (this.#messageMs < 0 || wholeMessages !== this.#wholeMessages) {
      this.#messageMs = this.#heardMs
      this.#wholeMessages = wholeMessages
    }
  }

  /** The link is full: it must take a byte within the write limit. */
  full(): void {
    if (this.#stuckMs >= 0) return
    this.#stuckMs = this.#clock.now()
    this.#ask(this.#stuckMs + this.#limits.writeTimeoutMs)
  }

  drained(): void {
    this.#stuckMs = -1
  }

  stop(): void {
    this.#wheel.delete(this)
  }

  due(nowMs: number): void {
    const slept = nowMs - this.#askedMs > SLEPT_MS
    if (this.#host.paused) {
      this.#heardMs = nowMs
      if (this.#messageMs >= 0) this.#messageMs = nowMs
    }
    if (this.#stuckMs >= 0 && this.#host.progressed()) this.#stuckMs = nowMs
    const { readTimeoutMs, writeTimeoutMs, pingAfterMs, messageMs } = this.#limits
    const silentMs = nowMs - this.#heardMs
    const late = silentMs >= readTimeoutMs
    const stuck = this.#stuckMs >= 0 && nowMs - this.#stuckMs >= writeTimeoutMs
    const dragging = this.#messageMs >= 0 && nowMs - this.#messageMs >= messageMs
    if ((late || stuck || dragging) && slept) return this.#ask(nowMs + CATCH_UP_MS)
    if (stuck) return this.#fail('write timeout', `the link took no byte for ${Math.round(nowMs - this.#stuckMs)} ms`)
    if (late) return this.#fail('read timeout', `no byte for ${Math.round(silentMs)} ms`)
    if (dragging) {
      return this.#fail('read timeout', `a message not whole after ${Math.round(nowMs - this.#messageMs)} ms`)
    }
    if (silentMs >= pingAfterMs && !this.#pinged) {
      this.#pinged = true
      this.#host.ping()
    }
    let next = this.#heardMs + (this.#pinged ? readTimeoutMs : pingAfterMs)
    if (this.#messageMs >= 0) next = Math.min(next, this.#messageMs + messageMs)
    this.#ask(this.#stuckMs >= 0 ? Math.min(next, this.#stuckMs + writeTimeoutMs) : next)
  }

  #ask(atMs: number): void {
    this.#askedMs = atMs
    this.#wheel.set(this, atMs)
  }

  #fail(code: 'write timeout' | 'read timeout', text: string): void {
    this.#host.fail(
      new PeerError(code, code === 'read timeout' ? DiscReason.readTimeout : DiscReason.networkError, text),
    )
  }
}
