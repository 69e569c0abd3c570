// Items of this node's own that nobody has asked for yet: they are announced again and again until somebody does.
import type { Random } from '../base/random.ts'
import type { Handle } from './id-table.ts'

/** The pause grows to so many times the first. */
const MAX_GAP = 16
const DRAWS = 0x1_0000_0000

interface Waiting {
  gapMs: number
  atMs: number
}

export class OwnItems {
  readonly #firstGapMs: number
  readonly #random: Random
  readonly #waiting = new Map<Handle, Waiting>()
  #nextMs = Infinity

  constructor(firstGapMs: number, random: Random) {
    this.#firstGapMs = firstGapMs
    this.#random = random
  }

  get size(): number {
    return this.#waiting.size
  }

  /** When the next is to be announced again. */
  nextDeadline(): number | undefined {
    return this.#waiting.size === 0 ? undefined : this.#nextMs
  }

  add(handle: Handle, nowMs: number): void {
    this.#set(handle, this.#firstGapMs, nowMs)
  }

  delete(handle: Handle): boolean {
    return this.#waiting.delete(handle)
  }

  /** What is to be announced again now. */
  takeDue(nowMs: number): Handle[] {
    if (this.#nextMs > nowMs) return []
    this.#nextMs = Infinity
    const due: Handle[] = []
    for (const [handle, { gapMs, atMs }] of this.#waiting) {
      if (atMs > nowMs) this.#nextMs = Math.min(this.#nextMs, atMs)
      else {
        due.push(handle)
        this.#set(handle, Math.min(2 * gapMs, MAX_GAP * this.#firstGapMs), nowMs)
      }
    }
    return due
  }

  // One to two pauses, so that the time says little.
  #set(handle: Handle, gapMs: number, nowMs: number): void {
    const atMs = nowMs + gapMs + Math.floor((this.#random.uint32() / DRAWS) * gapMs)
    this.#waiting.set(handle, { gapMs, atMs })
    this.#nextMs = Math.min(this.#nextMs, atMs)
  }
}
