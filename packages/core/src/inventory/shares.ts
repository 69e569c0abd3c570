// What sources take of a common room: whoever takes most gives up its oldest first, so nobody pushes out what others
// brought.

interface Share<T> {
  cost: number
  /** Oldest first, with what each costs. */
  readonly things: Map<T, number>
}

export class Shares<T> {
  readonly #bySource = new Map<string, Share<T>>()
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
    if (!share) this.#bySource.set(source, (share = { cost: 0, things: new Map() }))
    share.things.set(thing, cost)
    share.cost += cost
    this.#cost += cost
  }

  remove(source: string, thing: T): void {
    const share = this.#bySource.get(source)
    const cost = share?.things.get(thing)
    if (!share || cost === undefined) return
    share.things.delete(thing)
    share.cost -= cost
    this.#cost -= cost
    if (share.things.size === 0) this.#bySource.delete(source)
  }

  /** The oldest of the source that takes most; `undefined` when nothing is there. */
  oldestOfLargest(): T | undefined {
    let largest: Share<T> | undefined
    for (const share of this.#bySource.values()) if (!largest || share.cost > largest.cost) largest = share
    return largest?.things.keys().next().value
  }
}
