// When and how much is told of items that trickle: at times of chance, a few at once, so that nobody learns from the
// times where an item came from.
import { ln } from '../base/exact-math.ts'
import type { Random } from '../base/random.ts'

/** Items in one batch while little waits: seven a second, as Bitcoin Core has it, over its mean of five seconds. */
const BATCH = 35
/** More for each thousand that wait, so that a backlog goes away. */
const MORE_PER_THOUSAND = 5
/** No batch is longer; one announcement's worth. */
const MAX_BATCH = 1000
const DRAWS = 0x1_0000_0000

/** The next time of a Poisson process with this mean distance: `now - ln(1 - u) × mean`, in whole milliseconds. */
export function nextTickMs(nowMs: number, meanMs: number, random: Random): number {
  const draw = random.uint32() / DRAWS
  return Math.ceil(nowMs - ln(1 - draw) * meanMs)
}

/** How many of the items that wait for one peer it is told of at once. */
export function batchSize(waiting: number): number {
  return Math.min(MAX_BATCH, BATCH + MORE_PER_THOUSAND * Math.floor(waiting / 1000))
}
