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
  /** What was read of the first side already, in order before all else. */
  readonly first?: Uint8Array | undefined
  readonly meter?: Meter | undefined
}

/** How fast and how much a link may carry. */
export interface Meter {
  /** Counts bytes that have come from either side: for how many ms neither is read now, or why the link ends. */
  take(bytes: number): number | Goodbye
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
  /** Runs while neither side is read because the meter said so. */
  #holdTimer: Timer | undefined
  #activeAtMs: number
  #why: string | undefined

  /** @param first - paused, as the second is; the splice owns both from now on */
  constructor(first: Side, second: Side, options: SpliceOptions) {
    this.#sides = [first, second]
    this.#options = options
    this.#activeAtMs = options.clock.now()
    this.#idleTimer = this.#watchIdle(options.idleMs)
    const take = (bytes: number): boolean => this.#take(bytes)
    this.#up = new Way(first, second, options.turns, take)
    this.#down = new Way(second, first, options.turns, take)
    this.ended = Promise.all([first.gone, second.gone]).then(() => this.#summary())
    this.#join(first, second, this.#up, this.#down)
    this.#join(second, first, this.#down, this.#up)
    if (options.first) this.#up.pass(options.first, options.first.length)
    this.#up.readOn()
    this.#down.readOn()
  }

  /** Ends the link by a decision of its own: both sides are told, and nothing waits. */
  end(goodbye: Goodbye, why: string): void {
    if (!this.#over(why)) return
    for (const side of this.#sides) side.finish({ goodbye, orderly: false, why })
  }

  #join(side: Side, other: Side, out: Way, back: Way): void {
    side.open({
      bytes: (chunk, wireBytes) => out.pass(chunk, wireBytes),
      drained: () => back.drained(),
      ended: (ending) => {
        // The other one's end is an answer to this; it ends itself.
        if (this.#over(ending.why)) other.finish(ending)
      },
    })
  }

  /** Whether bytes that have come may be passed on; counts them. */
  #take(bytes: number): boolean {
    const { clock, meter } = this.#options
    this.#activeAtMs = clock.now()
    const verdict = meter?.take(bytes) ?? 0
    if (typeof verdict !== 'number') {
      this.end(verdict, verdict.text)
      return false
    }
    if (verdict > 0) this.#hold(verdict)
    return true
  }

  #hold(ms: number): void {
    this.#holdTimer?.cancel()
    for (const way of [this.#up, this.#down]) way.hold()
    this.#holdTimer = this.#options.clock.setTimer(ms, () => {
      for (const way of [this.#up, this.#down]) {
        way.held = false
        way.readOn()
      }
    })
  }

  /** @returns whether it wasn't before */
  #over(why: string): boolean {
    if (this.#why !== undefined) return false
    this.#why = why
    this.#idleTimer.cancel()
    this.#holdTimer?.cancel()
    this.#up.stop()
    this.#down.stop()
    return true
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
  /** Not to be read for now, whatever else. */
  held = false
  readonly #from: Side
  readonly #to: Side
  readonly #turns: Turns
  readonly #take: (bytes: number) => boolean
  /** The other side has no room. */
  #blocked = false
  /** Its share of this turn is used up. */
  #waits = false
  #stopped = false

  /** @param take - whether so many bytes may be passed on */
  constructor(from: Side, to: Side, turns: Turns, take: (bytes: number) => boolean) {
    this.#from = from
    this.#to = to
    this.#turns = turns
    this.#take = take
  }

  pass(chunk: Uint8Array, wireBytes: number): void {
    if (this.#stopped) return
    if (chunk.length > 0) {
      if (!this.#take(chunk.length)) return
      this.bytes += chunk.length
      if (!this.#to.write(chunk)) this.#blocked = true
    }
    if (!this.#waits && !this.#turns.spend(this, wireBytes)) this.#waits = true
    if (!this.#isReadable) this.#from.pause()
  }

  drained(): void {
    this.#blocked = false
    this.readOn()
  }

  nextTurn(): void {
    this.#waits = false
    this.readOn()
  }

  /** Nothing more is passed; what still comes from the side is for the side to drop. */
  stop(): void {
    this.#stopped = true
  }

  /** It isn't read until `held` is taken back. */
  hold(): void {
    this.held = true
    if (!this.#stopped) this.#from.pause()
  }

  readOn(): void {
    if (this.#isReadable) this.#from.resume()
  }

  get #isReadable(): boolean {
    return !this.#stopped && !this.#blocked && !this.#waits && !this.held
  }
}
