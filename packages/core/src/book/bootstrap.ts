// Seeds: asked when there is nobody else to ask, and not before.
import type { Clock, Timer } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { randomBelow } from '../base/random.ts'
import { causeText } from '../errors/peer-error.ts'
import type { Address, Endpoint } from '../wire/address.ts'
import { parseAddress } from '../wire/address.ts'
import { readSeeds } from './seeds.ts'
import type { Seed, SeedFunction } from './seeds.ts'

/** Peers from which on a node helps itself. */
const ENOUGH_PEERS = 2
/** Milliseconds that the book has for finding them, as in Bitcoin Core. */
const PATIENCE_MS = 11_000
/** Longest wait between two rounds of asking, in milliseconds. */
const PATIENCE_MAX_MS = 600_000
/** Most addresses of one seed. */
const MAX_PER_SEED = 256

export interface BootstrapOptions {
  readonly seeds: readonly Seed[]
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly signal: AbortSignal
  /** Peers that the node dials at most: with as many it is helped, however few. */
  readonly outbound: number
  peers(): number
  found(addresses: readonly Address[]): void
  /** Whether an endpoint that a function found may be dialed; written seeds are the user's. */
  isGood(endpoint: Endpoint): boolean
}

export class Bootstrap {
  readonly #options: BootstrapOptions
  readonly #seeds: readonly (Address | SeedFunction)[]
  #timer: Timer | undefined
  readonly #enough: number
  #waitMs = PATIENCE_MS
  #rounds = 0

  constructor(options: BootstrapOptions) {
    this.#options = options
    this.#seeds = readSeeds(options.seeds)
    this.#enough = Math.min(ENOUGH_PEERS, options.outbound)
  }

  /** Times that seeds were asked. */
  get rounds(): number {
    return this.#rounds
  }

  /** What it waits for, as a sentence; `undefined`: nothing. */
  get waitsFor(): string | undefined {
    if (this.#seeds.length === 0) return undefined
    return this.#timer ? `seeds are asked when fewer than ${this.#enough} peers are found in time` : undefined
  }

  /** A book that knows nobody has nothing to wait for. */
  start(isEmpty: boolean): void {
    if (isEmpty && this.#enough > 0) this.#ask()
    else this.peersChanged()
  }

  peersChanged(): void {
    const { peers, signal, clock } = this.#options
    if (this.#seeds.length === 0 || signal.aborted) return
    if (peers() >= this.#enough) {
      this.stop()
      this.#waitMs = PATIENCE_MS
      return
    }
    this.#timer ??= clock.setTimer(this.#waitMs, () => {
      this.#timer = undefined
      this.#ask()
    })
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #ask(): void {
    if (this.#seeds.length > 0) {
      const { logger, peers } = this.#options
      logger.log('info', 'Asking seeds', { seeds: this.#seeds.length, peercount: peers() })
      this.#rounds++
      const addresses = this.#seeds.filter((seed) => typeof seed !== 'function')
      this.#options.found(this.#shuffled(addresses))
      for (const seed of this.#seeds) if (typeof seed === 'function') void this.#askOne(seed)
      if (this.#rounds > 1) this.#waitMs = Math.min(2 * this.#waitMs, PATIENCE_MAX_MS)
    }
    this.peersChanged()
  }

  async #askOne(seed: SeedFunction): Promise<void> {
    const { logger, signal, found, isGood } = this.#options
    try {
      const addresses: Address[] = []
      let given = 0
      for await (const item of await seed(signal)) {
        if (signal.aborted) return
        const address = typeof item === 'string' ? parseAddress(item) : item
        if (isGood(address.endpoint)) addresses.push(address)
        if (++given === MAX_PER_SEED) break
      }
      if (!signal.aborted) found(this.#shuffled(addresses))
    } catch (error) {
      if (!signal.aborted) logger.log('warn', 'A seed gave nothing', { err: causeText(error) })
    }
  }

  // So that a thousand nodes that start at once don't all begin with the same one.
  #shuffled(addresses: readonly Address[]): Address[] {
    const shuffled = [...addresses]
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = randomBelow(this.#options.random, i + 1)
      const other = shuffled[i]!
      shuffled[i] = shuffled[j]!
      shuffled[j] = other
    }
    return shuffled
  }
}
