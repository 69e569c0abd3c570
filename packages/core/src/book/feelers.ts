// Short dials that find out which addresses are alive, so that the tried table is full of living ones.
import type { Clock, Timer } from '../base/clock.ts'
import { ln } from '../base/exact-math.ts'
import type { Random } from '../base/random.ts'

/** Mean milliseconds between two feelers, as in Bitcoin Core. */
const MEAN_MS = 120_000

export interface FeelersOptions {
  readonly clock: Clock
  readonly random: Random
  /** Does one, and is done when that is over; never rejects. */
  feel(): Promise<void>
}

/** One feeler at a time, at times that nobody can foresee. */
export class Feelers {
  readonly #options: FeelersOptions
  #timer: Timer | undefined
  #isStopped = false

  constructor(options: FeelersOptions) {
    this.#options = options
  }

  start(): void {
    const { clock, random, feel } = this.#options
    const waitMs = -ln((random.uint32() + 1) / 0x1_0000_0000) * MEAN_MS
    this.#timer = clock.setTimer(waitMs, () => {
      void feel().then(() => {
        if (!this.#isStopped) this.start()
      })
    })
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }
}
