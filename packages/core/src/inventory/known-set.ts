// Which items one peer is known to have: most recently used, bounded, and nothing but three small arrays.
import type { Handle } from './id-table.ts'

const NIL = 0xffff
const ASKED = 0x8000_0000
const FIRST_CAPACITY = 16
/** Slots of the index for each place; 5,000 places get 8,192 slots, so runs stay short. */
const SLOTS_PER_PLACE = 1.5

/**
 * Places hold handles and form a ring from newest to oldest; an open-addressed index finds the place of a handle.
 * 5,000 handles take 55 KiB. The references to handles are the caller's business.
 */
export class KnownSet {
  readonly #bound: number
  #size = 0
  #newest = NIL
  #oldest = NIL
  // A handle, with the top bit set when the peer was asked for the item.
  #entries = new Uint32Array(FIRST_CAPACITY)
  #older = new Uint16Array(FIRST_CAPACITY)
  #newer = new Uint16Array(FIRST_CAPACITY)
  // 0 is empty, otherwise place + 1.
  #index = new Uint16Array(2 * FIRST_CAPACITY)

  /** @param bound - most handles, up to 65,535 */
  constructor(bound: number) {
    this.#bound = bound
  }

  get size(): number {
    return this.#size
  }

  /** Bytes that the arrays take. */
  get bytes(): number {
    return this.#entries.length * 8 + this.#index.byteLength
  }

  has(handle: Handle): boolean {
    return this.#placeOf(handle) !== NIL
  }

  /** Whether it is there; then it becomes the newest. */
  touch(handle: Handle): boolean {
    const place = this.#placeOf(handle)
    if (place === NIL) return false
    if (place !== this.#newest) {
      this.#detach(place)
      this.#attach(place)
    }
    return true
  }

  /** Adds a handle that is not there; answers the oldest one where that had to go. */
  add(handle: Handle): Handle | undefined {
    let evicted: Handle | undefined
    let place = this.#size
    if (this.#size === this.#bound) {
      place = this.#oldest
      evicted = this.#entries[place]! & ~ASKED
      this.#unlink(place)
      this.#detach(place)
    } else {
      if (this.#size === this.#entries.length) this.#grow()
      this.#size++
    }
    this.#entries[place] = handle
    this.#attach(place)
    this.#link(place)
    return evicted
  }

  /** Notes that the peer was asked for the item; nothing when the handle is not there. */
  markAsked(handle: Handle): void {
    const place = this.#placeOf(handle)
    if (place !== NIL) this.#entries[place] = handle | ASKED
  }

  /** The peer has answered: it may be asked again one day. */
  clearAsked(handle: Handle): void {
    const place = this.#placeOf(handle)
    if (place !== NIL) this.#entries[place] = handle
  }

  wasAsked(handle: Handle): boolean {
    const place = this.#placeOf(handle)
    return place !== NIL && this.#entries[place]! >= ASKED
  }

  /** From newest to oldest. */
  *[Symbol.iterator](): IterableIterator<Handle> {
    for (let place = this.#newest; place !== NIL; place = this.#older[place]!) yield this.#entries[place]! & ~ASKED
  }

  #placeOf(handle: Handle): number {
    const mask = this.#index.length - 1
    for (let at = spread(handle) & mask; ; at = (at + 1) & mask) {
      const place = this.#index[at]! - 1
      if (place < 0) return NIL
      if ((this.#entries[place]! & ~ASKED) === handle) return place
    }
  }

  #link(place: number): void {
    const mask = this.#index.length - 1
    let at = spread(this.#entries[place]! & ~ASKED) & mask
    while (this.#index[at] !== 0) at = (at + 1) & mask
    this.#index[at] = place + 1
  }

  #unlink(place: number): void {
    const index = this.#index
    const mask = index.length - 1
    let gap = spread(this.#entries[place]! & ~ASKED) & mask
    while (index[gap] !== place + 1) gap = (gap + 1) & mask
    for (let at = (gap + 1) & mask; index[at] !== 0; at = (at + 1) & mask) {
      const home = spread(this.#entries[index[at]! - 1]! & ~ASKED) & mask
      if (((at - home) & mask) < ((at - gap) & mask)) continue
      index[gap] = index[at]!
      gap = at
    }
    index[gap] = 0
  }

  #attach(place: number): void {
    this.#older[place] = this.#newest
    this.#newer[place] = NIL
    if (this.#newest === NIL) this.#oldest = place
    else this.#newer[this.#newest] = place
    this.#newest = place
  }

  #detach(place: number): void {
    const older = this.#older[place]!
    const newer = this.#newer[place]!
    if (older === NIL) this.#oldest = newer
    else this.#newer[older] = newer
    if (newer === NIL) this.#newest = older
    else this.#older[newer] = older
  }

  #grow(): void {
    const capacity = Math.min(this.#bound, 2 * this.#entries.length)
    const entries = new Uint32Array(capacity)
    const older = new Uint16Array(capacity)
    const newer = new Uint16Array(capacity)
    entries.set(this.#entries)
    older.set(this.#older)
    newer.set(this.#newer)
    this.#entries = entries
    this.#older = older
    this.#newer = newer
    let slots = this.#index.length
    while (slots < capacity * SLOTS_PER_PLACE) slots *= 2
    this.#index = new Uint16Array(slots)
    for (let place = 0; place < this.#size; place++) this.#link(place)
  }
}

// Handles are dense numbers; the golden ratio spreads them.
function spread(handle: Handle): number {
  const mixed = Math.imul(handle, 0x9e3779b1)
  return (mixed ^ (mixed >>> 15)) >>> 0
}
