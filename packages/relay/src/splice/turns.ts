// A turn's share: one busy link is not read on before others have had their turn of Node's loop.

/**
 * Bytes that are read of one way of a link in one turn, headers included. Of messages of one byte these are 18,000: a
 * tenth of a millisecond. Without a bound Node reads 2 MiB of one socket before it looks at the next.
 */
const SHARE_BYTES = 131_072

/** One way of a link. */
export interface TurnTaker {
  /** What it has read since its last turn. */
  turnBytes: number
  /** It may be read again. */
  nextTurn(): void
}

/** Of all links of one process. */
export class Turns {
  #waiting: TurnTaker[] = []

  /** @returns whether it may be read on in this turn; otherwise it is told when the next one comes */
  spend(taker: TurnTaker, bytes: number): boolean {
    taker.turnBytes += bytes
    if (taker.turnBytes < SHARE_BYTES) return true
    if (this.#waiting.push(taker) === 1) setImmediate(() => this.#next())
    return false
  }

  #next(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const taker of waiting) {
      taker.turnBytes = 0
      taker.nextTurn()
    }
  }
}
