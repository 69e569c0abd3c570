// Items that wait for another one: bounded for each sender, so that nobody pushes out what others sent.

/** An item that names a parent which isn't here. */
export interface Orphan {
  /** Names the parent among all kinds. */
  readonly parentKey: string
  /** Who sent it. */
  readonly source: string
  readonly bytes: number
}

export interface OrphanLimits {
  /** Items of one sender; past it the sender's own oldest go. */
  readonly perSource: number
  /** Bytes of one sender, with `ORPHAN_OVERHEAD_BYTES` for each item. */
  readonly bytesPerSource: number
  /** Bytes of all senders together; past it the oldest of whoever takes most goes. */
  readonly bytes: number
  /** How long an item waits, in milliseconds. */
  readonly forMs: number
}

/** What one waiting item costs beside its bytes: measured objects, keys and links, rounded up. */
export const ORPHAN_OVERHEAD_BYTES = 512

/**
 * Bitcoin Core reserves 404,000 units of weight for each peer and keeps an orphan for 20 minutes; a chain of headers
 * that comes backwards is some hundred items.
 */
export const DEFAULT_ORPHAN_LIMITS: OrphanLimits = {
  perSource: 256,
  bytesPerSource: 404_000,
  bytes: 16 * 1024 * 1024,
  forMs: 20 * 60_000,
}

interface Entry<T extends Orphan> {
  readonly orphan: T
  readonly atMs: number
}

interface Share<T extends Orphan> {
  bytes: number
  /** Oldest first. */
  readonly entries: Set<Entry<T>>
}

export class OrphanPool<T extends Orphan> {
  readonly #limits: OrphanLimits
  readonly #dropped: (orphan: T) => void
  /** Oldest first. */
  readonly #entries = new Set<Entry<T>>()
  readonly #shares = new Map<string, Share<T>>()
  readonly #byParent = new Map<string, Set<Entry<T>>>()
  #bytes = 0

  /** @param dropped - told of each that had to go before its parent came */
  constructor(limits: OrphanLimits, dropped: (orphan: T) => void) {
    this.#limits = limits
    this.#dropped = dropped
  }

  get size(): number {
    return this.#entries.size
  }

  /** Bytes in use, overhead included. */
  get bytes(): number {
    return this.#bytes
  }

  add(orphan: T, nowMs: number): void {
    this.expire(nowMs)
    const entry: Entry<T> = { orphan, atMs: nowMs }
    const share = this.#shares.get(orphan.source) ?? { bytes: 0, entries: new Set() }
    this.#shares.set(orphan.source, share)
    share.entries.add(entry)
    share.bytes += costOf(orphan)
    this.#entries.add(entry)
    this.#bytes += costOf(orphan)
    const siblings = this.#byParent.get(orphan.parentKey)
    if (siblings) siblings.add(entry)
    else this.#byParent.set(orphan.parentKey, new Set([entry]))
    const { perSource, bytesPerSource, bytes } = this.#limits
    while (share.entries.size > perSource || share.bytes > bytesPerSource) this.#drop(share)
    while (this.#bytes > bytes) this.#drop(this.#largest())
  }

  /** What waits for this parent. */
  childrenOf(parentKey: string): readonly T[] {
    return Array.from(this.#byParent.get(parentKey) ?? [], ({ orphan }) => orphan)
  }

  /** Takes out all that waited for this parent, or those that `which` chooses, oldest first. */
  takeChildren(parentKey: string, which: (orphan: T) => boolean = () => true): readonly T[] {
    const children = [...(this.#byParent.get(parentKey) ?? [])].filter(({ orphan }) => which(orphan))
    for (const entry of children) this.#remove(entry)
    return children.map(({ orphan }) => orphan)
  }

  /** Its sender is gone. */
  removeSource(source: string): void {
    const share = this.#shares.get(source)
    while (share && share.entries.size > 0) this.#drop(share)
  }

  expire(nowMs: number): void {
    for (const entry of this.#entries) {
      if (entry.atMs + this.#limits.forMs > nowMs) return
      this.#remove(entry)
      this.#dropped(entry.orphan)
    }
  }

  #largest(): Share<T> {
    let largest: Share<T> | undefined
    for (const share of this.#shares.values()) if (!largest || share.bytes > largest.bytes) largest = share
    return largest!
  }

  #drop(share: Share<T>): void {
    for (const entry of share.entries) {
      this.#remove(entry)
      this.#dropped(entry.orphan)
      return
    }
  }

  #remove(entry: Entry<T>): void {
    const { source, parentKey } = entry.orphan
    const share = this.#shares.get(source)!
    share.entries.delete(entry)
    share.bytes -= costOf(entry.orphan)
    if (share.entries.size === 0) this.#shares.delete(source)
    const siblings = this.#byParent.get(parentKey)!
    siblings.delete(entry)
    if (siblings.size === 0) this.#byParent.delete(parentKey)
    this.#entries.delete(entry)
    this.#bytes -= costOf(entry.orphan)
  }
}

function costOf({ bytes }: Orphan): number {
  return bytes + ORPHAN_OVERHEAD_BYTES
}
