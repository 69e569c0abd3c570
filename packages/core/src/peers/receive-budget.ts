// What unfinished messages of all peers may take together, so that many remotes which hold back the ends of large
// messages can't fill the memory; and as much again for messages that wait while an answer behind them is awaited.

/** A peer with a message that isn't whole yet. */
export interface Receiving {
  /** Takes no bytes until `release`. */
  hold(): void
  release(): void
  /** Over the budget and the slowest of all: ends it, which frees what it holds. */
  overBudget(heldBytes: number, maxBytes: number): void
}

interface Holding {
  readonly bytes: number
  readonly sinceMs: number
}

export class ReceiveBudget {
  readonly #maxBytes: number
  readonly #holdings = new Map<Receiving, Holding>()
  #bytes = 0
  #queuedBytes = 0
  /** The slowest, taking no more bytes: the next to be ended. */
  #held: Receiving | undefined

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** What all unfinished messages take now. */
  get bytes(): number {
    return this.#bytes
  }

  /** Notes what the unfinished message of `peer` takes, which began at `sinceMs`; 0 when there is none. */
  set(peer: Receiving, bytes: number, sinceMs: number, nowMs: number): void {
    const before = this.#holdings.get(peer)?.bytes ?? 0
    if (bytes === before) return
    this.#bytes += bytes - before
    if (bytes > 0) this.#holdings.set(peer, { bytes, sinceMs })
    else this.#holdings.delete(peer)
    if (this.#bytes <= this.#maxBytes) this.#releaseHeld()
    else if (bytes > before) this.#relieve(nowMs)
  }

  /** Whether there is room for more of what waits past its peer's own bound. */
  get hasRoom(): boolean {
    return this.#queuedBytes < this.#maxBytes
  }

  /** Messages past their peer's own bound take so many bytes more, or less. */
  queue(bytes: number): void {
    this.#queuedBytes += bytes
  }

  /** The peer has ended. */
  delete(peer: Receiving): void {
    this.#bytes -= this.#holdings.get(peer)?.bytes ?? 0
    this.#holdings.delete(peer)
    if (this.#held === peer) this.#held = undefined
    if (this.#bytes <= this.#maxBytes) this.#releaseHeld()
  }

  // First the slowest is held, which may be enough; when it isn't, it is ended and the next one held.
  #relieve(nowMs: number): void {
    const held = this.#held
    if (held) {
      const { bytes } = this.#holdings.get(held)!
      this.#held = undefined
      held.overBudget(bytes, this.#maxBytes)
      this.delete(held)
      if (this.#bytes <= this.#maxBytes) return
    }
    this.#held = this.#slowest(nowMs)
    this.#held?.hold()
  }

  #slowest(nowMs: number): Receiving | undefined {
    let slowest: Receiving | undefined
    let least = Infinity
    for (const [peer, { bytes, sinceMs }] of this.#holdings) {
      // The millisecond keeps one that has just begun from being the slowest.
      const rate = bytes / (nowMs - sinceMs + 1)
      if (rate < least) [slowest, least] = [peer, rate]
    }
    return slowest
  }

  #releaseHeld(): void {
    const held = this.#held
    this.#held = undefined
    held?.release()
  }
}
