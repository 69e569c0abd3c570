// Keeps the table alive: checks nodes in turn, and walks the network now and then to meet new ones.
import { randomBelow } from '@peerwire/core'
import type { Clock, Random, Timer } from '@peerwire/core'
import type { KnownNode } from './known-node.ts'
import {
  BUCKET_SIZE,
  CHECK_MS,
  SPARSE_REFRESH_MAX_MS,
  SPARSE_REFRESH_MS,
  FRESH_MS,
  RANDOM_LOOKUPS,
  REFRESH_MS,
  STRANGER_CHECK_MS,
} from './limits.ts'
import type { Table } from './table.ts'

export interface UpkeepHost {
  readonly clock: Clock
  readonly random: Random
  readonly table: Table
  /** Whether a node is being asked already. */
  isBusy(key: string): boolean
  check(node: KnownNode, done: (isThere: boolean) => void): void
  /** A refresh begins. */
  begins(): void
  /** Walks to ourselves, or to anywhere. */
  walk(to: 'self' | 'random', done: () => void): void
  refreshed(): void
}

export class Upkeep {
  readonly #host: UpkeepHost
  #checkTimer: Timer | undefined
  #refreshTimer: Timer | undefined
  #isRefreshing = false
  #sparseMs = SPARSE_REFRESH_MS
  #isClosed = false
  #refreshes = 0

  constructor(host: UpkeepHost) {
    this.#host = host
  }

  /** Refreshes that are over. */
  get refreshes(): number {
    return this.#refreshes
  }

  start(): void {
    this.#scheduleCheck()
    this.refresh()
  }

  /** Meets the network again; nothing when that is under way. */
  refresh(): void {
    if (this.#isRefreshing || this.#isClosed) return
    this.#isRefreshing = true
    this.#refreshTimer?.cancel()
    this.#host.begins()
    this.#host.walk('self', () => this.#walkOn(RANDOM_LOOKUPS))
  }

  close(): void {
    this.#isClosed = true
    this.#checkTimer?.cancel()
    this.#refreshTimer?.cancel()
  }

  #walkOn(left: number): void {
    if (this.#isClosed) return
    // Nobody is there: whoever answers later is met at the next refresh, which is near.
    if (left > 0 && this.#host.table.size > 0) this.#host.walk('random', () => this.#walkOn(left - 1))
    else this.#refreshDone()
  }

  #refreshDone(): void {
    this.#isRefreshing = false
    this.#refreshes++
    const { clock, random, table } = this.#host
    const isSparse = table.size < BUCKET_SIZE
    const delayMs = isSparse ? this.#sparseMs : REFRESH_MS / 2 + randomBelow(random, REFRESH_MS / 2)
    this.#sparseMs = isSparse ? Math.min(2 * this.#sparseMs, SPARSE_REFRESH_MAX_MS) : SPARSE_REFRESH_MS
    this.#refreshTimer = clock.setTimer(delayMs, () => this.refresh())
    this.#host.refreshed()
  }

  // At random times, so that nobody can tell when it is looked at.
  #scheduleCheck(): void {
    const { clock, random, table } = this.#host
    const everyMs = table.hasStrangers ? STRANGER_CHECK_MS : CHECK_MS
    this.#checkTimer = clock.setTimer(randomBelow(random, 2 * everyMs), () => {
      this.#check()
      this.#scheduleCheck()
    })
  }

  #check(): void {
    const { clock, table, isBusy, check } = this.#host
    const entry = table.nextCheck(clock.now() - FRESH_MS, isBusy)
    if (!entry) return
    const { node } = entry
    check(node, (isThere) => {
      if (this.#isClosed || isThere) return
      table.unanswered(node.key)
      if (table.size === 0) this.refresh()
    })
  }
}
