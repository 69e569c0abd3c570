// Owns timers and undo steps, so that closing one thing leaves nothing behind.
import type { Clock, Timer } from './clock.ts'

export class Scope {
  readonly #clock: Clock
  readonly #open = new Set<() => void>()
  #closed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get closed(): boolean {
    return this.#closed
  }

  /** How many timers and undo steps are still owned. */
  get size(): number {
    return this.#open.size
  }

  /** Like `clock.setTimer`, and cancelled when the scope closes. In a closed scope nothing is scheduled. */
  setTimer(delayMs: number, fn: () => void): Timer {
    if (this.#closed) return { cancel: () => undefined }
    const timer = this.#clock.setTimer(delayMs, () => {
      this.#open.delete(cancel)
      fn()
    })
    const cancel = (): void => timer.cancel()
    this.#open.add(cancel)
    return {
      cancel: () => {
        this.#open.delete(cancel)
        timer.cancel()
      },
    }
  }

  /** Runs `undo` when the scope closes (at once when it is closed already); the answer forgets it. */
  add(undo: () => void): () => void {
    if (this.#closed) {
      undo()
      return () => undefined
    }
    this.#open.add(undo)
    return () => this.#open.delete(undo)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    const steps = [...this.#open]
    this.#open.clear()
    for (const step of steps) step()
  }
}
