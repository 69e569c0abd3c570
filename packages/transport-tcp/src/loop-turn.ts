// One turn of Node's loop shared by many links. Node hands out everything that has arrived, of all sockets, before
// timers and others have their turn: after a stop that is 100 ms of work among 1,000 busy peers.
import type { Clock } from '@peerwire/core'

/**
 * Work on what arrived in one turn: some hundred small messages. Writes that it leads to may take as long again, and
 * other sockets are read meanwhile.
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
  /** The only link that something arrived at in this turn. */
  #alone: LateLink | undefined

  constructor(clock: Clock) {
    this.clock = clock
  }

  /**
   * Whether what has just arrived at the link may be worked on; otherwise it keeps that and calls `wait`. One that is
   * alone in this turn may: Node gives it 2 MiB at most, and its reader knows when others should have their turn.
   */
  hasTime(link: LateLink): boolean {
    if (this.#late.size > 0) return false
    if (this.#endMs < 0) {
      this.#begin(this.clock.now())
      this.#alone = link
    } else if (this.#alone !== link) this.#alone = undefined
    return this.#alone !== undefined || this.clock.now() < this.#endMs
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
    this.#alone = undefined
    if (this.#late.size === 0) return
    this.#begin(this.clock.now())
    for (const link of this.#late) {
      this.#late.delete(link)
      link.deliverLate()
      if (this.clock.now() >= this.#endMs) return
    }
  }
}
