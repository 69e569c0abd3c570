// Joins two sides byte for byte, each held back by the other.
import type { Clock, Timer } from '@peerwire/core'
import type { Goodbye, Side } from './side.ts'
import type { Turns, TurnTaker } from './turns.ts'

export interface SpliceOptions {
  readonly clock: Clock
  readonly turns: Turns
  /** Milliseconds without a byte in either direction. */
  readonly idleMs: number
  /** What both sides are told then. */
  readonly idle: (words: string) => Goodbye
}

/** How a link ended. */
export interface SpliceEnd {
  /** Bytes from the first side to the second. */
  readonly upBytes: number
  readonly downBytes: number
  readonly why: string
}

export class Splice {
  /** Resolves when both sockets are gone. */
  readonly ended: Promise<SpliceEnd>
  readonly #sides: readonly [Side, Side]
  readonly #options: SpliceOptions
  readonly #up: Way
  readonly #down: Way
  #idleTimer: Timer
  #activeAtMs: number
  #why: string | undefined

  /** @param first - paused, as the second is; the splice owns both from now on */
  constructor(first: Side, second: Side, options: SpliceOptions) {
    this.#sides = [first, second]
    this.#options = options
    this.#activeAtMs = options.clock.now()
    this.#idleTimer = this.#watchIdle(options.idleMs)
    const active = (): void => void (this.#activeAtMs = options.clock.now())
    this.#up = new Way(first, second, options.turns, active)
    this.#down = new Way(second, first, options.turns, active)
    this.ended = Promise.all([first.gone, second.gone]).then(() => this.#summary())
    this.#join(first, second, this.#up, this.#down)
    this.#join(second, first, this.#down, this.#up)
    first.resume()
    second.resume()
  }

  /** Ends the link by a decision of its own: both sides are told, and nothing waits. */
  end(goodbye: Goodbye, why: string): void {
    this.#over(why)
    for (const side of this.#sides) side.finish({ goodbye, orderly: false, why })
  }

  #join(side: Side, other: Side, out: Way, back: Way): void {
    side.open({
      bytes: (chunk, wireBytes) => out.pass(chunk, wireBytes),
      drained: () => back.drained(),
      ended: (ending) => {
        this.#over(ending.why)
        other.finish(ending)
      },
    })
  }

  #over(why: string): void {
    this.#why ??= why
    this.#idleTimer.cancel()
    this.#up.stop()
    this.#down.stop()
  }

  #watchIdle(ms: number): Timer {
    const { clock, idleMs, idle } = this.#options
    return clock.setTimer(ms, () => {
      const left = this.#activeAtMs + idleMs - clock.now()
      if (left > 0) this.#idleTimer = this.#watchIdle(left)
      else {
        const why = `no byte for ${Math.round(idleMs / 1000)} s`
        this.end(idle(why), why)
      }
    })
  }

  #summary(): SpliceEnd {
    this.#idleTimer.cancel()
    return { upBytes: this.#up.bytes, downBytes: this.#down.bytes, why: this.#why ?? 'closed' }
  }
}

/** One way of a link, from one side to the other. */
class Way implements TurnTaker {
  bytes = 0
  turnBytes = 0
  readonly #from: Side
  readonly #to: Side
  readonly #turns: Turns
  readonly #active: () => void
  #blocked = false
  #waits = false
  #stopped = false

  constructor(from: Side, to: Side, turns: Turns, active: () => void) {
    this.#from = from
    this.#to = to
    this.#turns = turns
    this.#active = active
  }

  pass(chunk: Uint8Array, wireBytes: number): void {
    if (this.#stopped) return
    if (chunk.length > 0) {
      this.bytes += chunk.length
      this.#active()
      if (!this.#to.write(chunk)) this.#blocked = true
    }
    if (!this.#waits && !this.#turns.spend(this, wireBytes)) this.#waits = true
    if (this.#blocked || this.#waits) this.#from.pause()
  }

  drained(): void {
    this.#blocked = false
    this.#goOn()
  }

  nextTurn(): void {
    this.#waits = false
    this.#goOn()
  }

  /** Nothing more is passed; what still comes from the side is for the side to drop. */
  stop(): void {
    this.#stopped = true
  }

  #goOn(): void {
    if (!this.#stopped && !this.#blocked && !this.#waits) this.#from.resume()
  }
}
