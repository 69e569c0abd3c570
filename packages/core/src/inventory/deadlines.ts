// A heap of things that fall due, from which any can be taken out before its time.

/** What the heap keeps in an entry; the fields are the heap's while it is in. */
export interface Due {
  /** Milliseconds on the inventory's clock. */
  dueMs: number
  /** Which came first, among equal times. */
  order: number
  /** Place in the heap, -1 outside. */
  heapIndex: number
}

export interface Deadlines<T extends Due> {
  /** How many are waiting. */
  readonly size: number
  /** The least time, `undefined` when nothing is waiting. */
  nextMs(): number | undefined
  /** The entry of that time. */
  first(): T | undefined
  add(entry: T, dueMs: number): void
  /** Takes an entry out; nothing when it is not in. */
  remove(entry: T): void
  /** Takes out the first entry that is due at `nowMs`. */
  takeDue(nowMs: number): T | undefined
}

export function createDeadlines<T extends Due>(): Deadlines<T> {
  const heap: T[] = []
  let added = 0

  const place = (entry: T, index: number): void => {
    heap[index] = entry
    entry.heapIndex = index
  }
  const rise = (entry: T, from: number): void => {
    let index = from
    while (index > 0) {
      const above = heap[(index - 1) >> 1]!
      if (!isBefore(entry, above)) break
      place(above, index)
      index = (index - 1) >> 1
    }
    place(entry, index)
  }
  const sink = (entry: T, from: number): void => {
    let index = from
    for (;;) {
      let below = 2 * index + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++
      if (!isBefore(heap[below]!, entry)) break
      place(heap[below]!, index)
      index = below
    }
    place(entry, index)
  }
  const remove = (entry: T): void => {
    const index = entry.heapIndex
    if (index < 0) return
    entry.heapIndex = -1
    const last = heap.pop()!
    if (last === entry) return
    if (index > 0 && isBefore(last, heap[(index - 1) >> 1]!)) rise(last, index)
    else sink(last, index)
  }

  return {
    get size() {
      return heap.length
    },
    nextMs: () => heap[0]?.dueMs,
    first: () => heap[0],
    add: (entry, dueMs) => {
      remove(entry)
      entry.dueMs = dueMs
      entry.order = added++
      heap.push(entry)
      rise(entry, heap.length - 1)
    },
    remove,
    takeDue: (nowMs) => {
      const first = heap[0]
      if (first === undefined || first.dueMs > nowMs) return undefined
      remove(first)
      return first
    },
  }
}

function isBefore(left: Due, right: Due): boolean {
  return left.dueMs === right.dueMs ? left.order < right.order : left.dueMs < right.dueMs
}
