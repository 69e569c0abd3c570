// Buckets of 64 slots with an index of those that hold something, so that a draw never searches.
import type { Random } from '../base/random.ts'
import { randomBelow } from '../base/random.ts'
import type { BookEntry } from './book-entry.ts'
import { KINDS } from './book-entry.ts'
import { BUCKET_SLOTS } from './bucket-maths.ts'

/** Numbers from 0 to a limit, one of which can be drawn. */
interface Index {
  readonly list: number[]
  /** Where each number stands in the list, plus one. */
  readonly places: Uint16Array
}

/** How many entries of one kind each bucket holds, and which buckets hold any. */
interface KindIndex {
  readonly counts: Uint8Array
  readonly buckets: Index
}

/** A table of slots, numbered bucket × 64 + position. Takes memory for buckets that hold something. */
export class SlotTable {
  readonly #slots: (BookEntry | undefined)[][] = []
  readonly #counts: Uint8Array
  readonly #occupied: Index
  readonly #kinds: (KindIndex | undefined)[] = Array.from({ length: KINDS }, () => undefined)
  #used = 0

  constructor(buckets: number) {
    this.#slots = Array.from({ length: buckets }, () => [])
    this.#counts = new Uint8Array(buckets)
    this.#occupied = createIndex(buckets)
  }

  /** Slots that hold something. */
  get used(): number {
    return this.#used
  }

  get(slot: number): BookEntry | undefined {
    return this.#slots[slot >> 6]![slot & 63]
  }

  /** Puts an entry into a slot that is free. */
  put(slot: number, entry: BookEntry): void {
    const bucket = slot >> 6
    this.#slots[bucket]![slot & 63] = entry
    this.#used++
    if (this.#counts[bucket]!++ === 0) addTo(this.#occupied, bucket)
    const kind = (this.#kinds[entry.kind] ??= {
      counts: new Uint8Array(this.#counts.length),
      buckets: createIndex(this.#counts.length),
    })
    if (kind.counts[bucket]!++ === 0) addTo(kind.buckets, bucket)
  }

  /** Empties a slot that holds an entry. */
  clear(slot: number): void {
    const bucket = slot >> 6
    const entry = this.#slots[bucket]![slot & 63]!
    this.#slots[bucket]![slot & 63] = undefined
    this.#used--
    if (--this.#counts[bucket]! === 0) {
      removeFrom(this.#occupied, bucket)
      this.#slots[bucket] = []
    }
    const kind = this.#kinds[entry.kind]!
    if (--kind.counts[bucket]! === 0) removeFrom(kind.buckets, bucket)
  }

  /** Whether it holds entries of a kind. */
  holds(kind: number): boolean {
    return (this.#kinds[kind]?.buckets.list.length ?? 0) > 0
  }

  /** In how many buckets a draw may end: of all kinds, or of one. */
  buckets(kind?: number): number {
    return kind === undefined ? this.#occupied.list.length : (this.#kinds[kind]?.buckets.list.length ?? 0)
  }

  /** All slots that hold something. */
  *filled(): Generator<readonly [slot: number, entry: BookEntry], void, void> {
    for (const [bucket, places] of this.#slots.entries()) {
      for (const [position, entry] of places.entries()) if (entry) yield [(bucket << 6) | position, entry]
    }
  }

  /**
   * An entry by chance: a bucket that has any, a place in it, and from there the first one going round.
   *
   * @param kinds - only of these kinds; each bucket counts once for each kind it holds
   */
  draw(random: Random, kinds?: readonly number[]): BookEntry | undefined {
    const bucket = kinds ? this.#drawBucket(random, kinds) : drawFrom(this.#occupied, random)
    if (bucket === undefined) return undefined
    const places = this.#slots[bucket]!
    const start = random.uint32() & (BUCKET_SLOTS - 1)
    for (let i = 0; i < BUCKET_SLOTS; i++) {
      const entry = places[(start + i) & (BUCKET_SLOTS - 1)]
      if (entry && (!kinds || kinds.includes(entry.kind))) return entry
    }
    return undefined
  }

  #drawBucket(random: Random, kinds: readonly number[]): number | undefined {
    const lists = kinds.map((kind) => this.#kinds[kind]?.buckets.list ?? [])
    const total = lists.reduce((sum, list) => sum + list.length, 0)
    let left = total === 0 ? 0 : randomBelow(random, total)
    for (const list of lists) {
      if (left < list.length) return list[left]
      left -= list.length
    }
    return undefined
  }
}

function createIndex(limit: number): Index {
  return { list: [], places: new Uint16Array(limit) }
}

function addTo({ list, places }: Index, value: number): void {
  places[value] = list.push(value)
}

// The last one takes the place of the one that goes.
function removeFrom({ list, places }: Index, value: number): void {
  const place = places[value]! - 1
  const last = list.pop()!
  places[value] = 0
  if (last === value) return
  list[place] = last
  places[last] = place + 1
}

function drawFrom({ list }: Index, random: Random): number | undefined {
  return list.length === 0 ? undefined : list[randomBelow(random, list.length)]
}
