// Whose heavy work comes next, and how much of it at once: sources take turns, and the loop is let go between slices.
import type { Clock, Timer } from '../base/clock.ts'

/** Milliseconds of such work between two times that the loop is free; one piece of it may go past that. */
const SLICE_MS = 5

export class Turns {
  readonly #clock: Clock
  /** By source, who waits longest first; the source whose turn it is comes first. */
  readonly #lanes = new Map<string, (() => void)[]>()
  #spentMs = 0
  #working = false
  /** Set as long as a slice goes on; when it fires, the loop has been free. */
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Pieces of work that wait. */
  get waiting(): number {
    let count = 0
    for (const lane of this.#lanes.values()) count += lane.length
    return count
  }

  /** Does the work at once where nothing waits and the slice is not used up; otherwise when its source has its turn. */
  add(source: string, work: () => void): void {
    this.#timer ??= this.#clock.setTimer(0, () => this.#nextSlice())
    if (!this.#working && this.#lanes.size === 0 && this.#spentMs < SLICE_MS) return this.#do(work)
    const lane = this.#lanes.get(source)
    if (lane) lane.push(work)
    else this.#lanes.set(source, [work])
  }

  /** Forgets what waits. */
  close(): void {
    this.#timer?.cancel()
    this.#lanes.clear()
  }

  #nextSlice(): void {
    this.#timer = undefined
    this.#spentMs = 0
    if (this.#lanes.size === 0) return
    this.#timer = this.#clock.setTimer(0, () => this.#nextSlice())
    while (this.#spentMs < SLICE_MS) {
      const work = this.#next()
      if (!work) return
      this.#do(work)
    }
  }

  // The source goes to the end of the line.
  #next(): (() => void) | undefined {
    for (const [source, lane] of this.#lanes) {
      this.#lanes.delete(source)
      const work = lane.shift()
      if (lane.length > 0) this.#lanes.set(source, lane)
      return work
    }
    return undefined
  }

  #do(work: () => void): void {
    const startMs = this.#clock.now()
    this.#working = true
    try {
      work()
    } finally {
      this.#working = false
      this.#spentMs += this.#clock.now() - startMs
    }
  }
}
