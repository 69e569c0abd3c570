// The items that can be served: bounded in bytes and in time, and a stranger's items push out only his own.
import type { Handle } from './id-table.ts'
import { ITEM_OVERHEAD_BYTES, type InventoryLimits } from './limits.ts'
import type { HandleOwner } from './request-tracker.ts'

/** Whoever made an item: a peer's name, or `own` for what this node made itself. */
export type Source = string
export const OWN: Source = 'own'

export interface StoredItem {
  readonly bytes: Uint8Array
  /** What an announcement of it carries; the carrier's own. */
  readonly meta: number
  readonly source: Source
  readonly storedAtMs: number
}

interface Share {
  cost: number
  /** Oldest first. */
  readonly handles: Set<Handle>
}

export class ItemStore {
  readonly #limits: InventoryLimits
  readonly #owner: HandleOwner
  // Oldest first.
  readonly #items = new Map<Handle, StoredItem>()
  readonly #shares = new Map<Source, Share>()
  #cost = 0

  constructor(limits: InventoryLimits, owner: HandleOwner) {
    this.#limits = limits
    this.#owner = owner
  }

  get size(): number {
    return this.#items.size
  }

  /** Bytes in use, overhead included. */
  get bytes(): number {
    return this.#cost
  }

  has(handle: Handle): boolean {
    return this.#items.has(handle)
  }

  get(handle: Handle): StoredItem | undefined {
    return this.#items.get(handle)
  }

  /** Adds an item that is not there; `false` when it alone is larger than the store. */
  add(handle: Handle, item: StoredItem): boolean {
    const cost = costOf(item)
    if (cost > this.#limits.storeBytes) return false
    const share = this.#shares.get(item.source) ?? { cost: 0, handles: new Set<Handle>() }
    this.#shares.set(item.source, share)
    share.cost += cost
    share.handles.add(handle)
    this.#cost += cost
    this.#items.set(handle, item)
    this.#owner.retain(handle)
    while (this.#cost > this.#limits.storeBytes) this.#evict()
    return true
  }

  remove(handle: Handle): void {
    const item = this.#items.get(handle)
    if (!item) return
    const share = this.#shares.get(item.source)!
    share.cost -= costOf(item)
    share.handles.delete(handle)
    if (share.handles.size === 0) this.#shares.delete(item.source)
    this.#cost -= costOf(item)
    this.#items.delete(handle)
    this.#owner.release(handle)
  }

  nextDeadline(): number | undefined {
    const first = this.#items.values().next()
    return first.done ? undefined : first.value.storedAtMs + this.#limits.storeMs
  }

  expire(nowMs: number): void {
    for (const [handle, item] of this.#items) {
      if (item.storedAtMs + this.#limits.storeMs > nowMs) return
      this.remove(handle)
    }
  }

  /** The newest `count` items, oldest of them first. */
  newest(count: number): Handle[] {
    const skip = Math.max(0, this.#items.size - count)
    const handles: Handle[] = []
    let at = 0
    for (const handle of this.#items.keys()) if (at++ >= skip) handles.push(handle)
    return handles
  }

  // The oldest item of the source that takes most: whoever floods pays.
  #evict(): void {
    let largest: Share | undefined
    for (const share of this.#shares.values()) if (!largest || share.cost > largest.cost) largest = share
    for (const handle of largest?.handles ?? []) {
      this.remove(handle)
      return
    }
  }
}

function costOf(item: StoredItem): number {
  return item.bytes.length + ITEM_OVERHEAD_BYTES
}
