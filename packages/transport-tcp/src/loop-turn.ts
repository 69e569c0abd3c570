// One turn of Node's loop shared by many links. Node hands out everything that has arrived, of all sockets, before
// timers and others have their turn: after a stop that is 100 ms of work among 1,000 busy peers.
import type { Clock } from '@peerwire/core'

/**
 * Work on what arrived in one turn: some hundred small messages. Writes that it leads to may take as long again, and other
 * sockets are read meanwhile.
 */
const TURN_MS = 2

/** A link with bytes that it keeps for a later turn. */
export interface LateLink {
  /** Hands over what is kept. */
  deliverLate(): void
}

/** Of all links of one transport. */
export class LoopTurn {
  readonly clock: Clock
  readonly #late = new Set<LateLink>()
  /** When the time of this turn is used up; -1 before anything has arrived. */
  #endMs = -1
  #scheduled = false

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Whether what has just arrived may be worked on; otherwise the link keeps it and calls `wait`. */
  hasTime(): boolean {
    if (this.#late.size > 0) return false
    const nowMs = this.clock.now()
    if (this.#endMs >= 0) return nowMs < this.#endMs
    this.#begin(nowMs)
    return true
  }

  /** The link's turn comes after those that wait already. */
  wait(link: LateLink): void {
    this.#late.add(link)
    this.#schedule()
  }

  forget(link: LateLink): void {
    this.#late.delete(link)
  }

  #begin(nowMs: number): void {
    this.#endMs = nowMs + TURN_MS
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.#next())
  }

  // After all sockets of a turn; before those of the next one, and its timers.
  #next(): void {
    this.#scheduled = false
    this.#endMs = -1
    if (this.#late.size === 0) return
    this.#begin(this.clock.now())
    for (const link of this.#late) {
      this.#late.delete(link)
      link.deliverLate()
      if (this.clock.now() >= this.#endMs) return
    }
  }
}
