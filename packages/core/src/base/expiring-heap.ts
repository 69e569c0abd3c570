// Values that end at a known time, soonest first; any of them can be taken out early.

/** One value in a heap; keep it to remove the value before its time. */
export interface Expiring<T> {
  readonly value: T
  readonly expiresAtMs: number
}

interface Slot<T> extends Expiring<T> {
  /** Place in the array; -1 once it has left. */
  index: number
}

/**
 * A binary heap by expiry: `add` and `remove` take O(log n), `nextAtMs` O(1). Values of equal expiry leave in no set
 * order.
 */
export class ExpiringHeap<T> {
  readonly #slots: Slot<T>[] = []

  get size(): number {
    return this.#slots.length
  }

  /** When the next value expires; `undefined` when there is none. */
  get nextAtMs(): number | undefined {
    return this.#slots[0]?.expiresAtMs
  }

  /** @throws {RangeError} when the time is not a number */
  add(value: T, expiresAtMs: number): Expiring<T> {
    if (Number.isNaN(expiresAtMs)) throw new RangeError('an expiry must be a number')
    const slot: Slot<T> = { value, expiresAtMs, index: this.#slots.length }
    this.#slots.push(slot)
    this.#rise(slot)
    return slot
  }

  /** Takes one value out; `false` when it has left already or belongs to another heap. */
  remove(entry: Expiring<T>): boolean {
    const slot = this.#slots[(entry as Slot<T>).index]
    if (slot === undefined || slot !== entry) return false
    const last = this.#slots.pop()!
    if (last !== slot) {
      this.#put(last, slot.index)
      this.#rise(last)
      this.#sink(last)
    }
    slot.index = -1
    return true
  }

  /** Takes out and gives the values whose time is `nowMs` or earlier, soonest first. */
  expire(nowMs: number): T[] {
    const expired: T[] = []
    for (let first = this.#slots[0]; first && first.expiresAtMs <= nowMs; first = this.#slots[0]) {
      this.remove(first)
      expired.push(first.value)
    }
    return expired
  }

  clear(): void {
    for (const slot of this.#slots) slot.index = -1
    this.#slots.length = 0
  }

  #put(slot: Slot<T>, index: number): void {
    this.#slots[index] = slot
    slot.index = index
  }

  #rise(slot: Slot<T>): void {
    while (slot.index > 0) {
      const parent = this.#slots[(slot.index - 1) >> 1]!
      if (parent.expiresAtMs <= slot.expiresAtMs) return
      this.#swap(parent, slot)
    }
  }

  #sink(slot: Slot<T>): void {
    for (;;) {
      const left = this.#slots[2 * slot.index + 1]
      const right = this.#slots[2 * slot.index + 2]
      const child = right && left && right.expiresAtMs < left.expiresAtMs ? right : left
      if (!child || child.expiresAtMs >= slot.expiresAtMs) return
      this.#swap(slot, child)
    }
  }

  #swap(upper: Slot<T>, lower: Slot<T>): void {
    const index = upper.index
    this.#put(upper, lower.index)
    this.#put(lower, index)
  }
}
