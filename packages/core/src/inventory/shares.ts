// What sources take of a common room: whoever takes most gives up its oldest first, so nobody pushes out what others
// brought.
import { createDeadlines, type Due } from './deadlines.ts'

interface Share<T> extends Due {
  cost: number
  /** Oldest first, with what each costs. */
  readonly things: Map<T, number>
  /** Goes on where it stopped: to begin anew each time would pass over all that has been taken out. */
  oldest: IterableIterator<T> | undefined
}

export class Shares<T> {
  readonly #bySource = new Map<string, Share<T>>()
  /** Ordered by what they take, the largest first: with many sources each is found at once. */
  readonly #largest = createDeadlines<Share<T>>()
  #cost = 0

  /** Of all sources together. */
  get cost(): number {
    return this.#cost
  }

  costOf(source: string): number {
    return this.#bySource.get(source)?.cost ?? 0
  }

  /** Adds what is not there. */
  add(source: string, thing: T, cost: number): void {
    let share = this.#bySource.get(source)
    if (!share)
      this.#bySource.set(
        source,
        (share = { cost: 0, things: new Map(), oldest: undefined, dueMs: 0, order: 0, heapIndex: -1 }),
      )
    share.things.set(thing, cost)
    share.cost += cost
    this.#cost += cost
    this.#largest.add(share, -share.cost)
  }

  remove(source: string, thing: T): void {
    const share = this.#bySource.get(source)
    const cost = share?.things.get(thing)
    if (!share || cost === undefined) return
    share.things.delete(thing)
    share.cost -= cost
    this.#cost -= cost
    if (share.things.size > 0) return this.#largest.add(share, -share.cost)
    this.#bySource.delete(source)
    this.#largest.remove(share)
  }

  /** The oldest of the source that takes most, to be removed now; `undefined` when nothing is there. */
  oldestOfLargest(): T | undefined {
    const share = this.#largest.first()
    if (!share) return undefined
    const next = (share.oldest ??= share.things.keys()).next()
    if (!next.done) return next.value
    share.oldest = share.things.keys()
    const first = share.oldest.next()
    return first.done ? undefined : first.value
  }
}
