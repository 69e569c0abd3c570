// What became of each id, and until when that is remembered: an item that was here never comes back.
import type { Random } from '../base/random.ts'
import { createDeadlines, type Due } from './deadlines.ts'
import type { Handle } from './id-table.ts'
import { ITEM_OVERHEAD_BYTES, type InventoryLimits } from './limits.ts'
import { Shares } from './shares.ts'

/** Whoever made an item: a peer's name, or `own` for what this node made itself. */
export type Source = string
export const OWN: Source = 'own'

/**
 * What is remembered of an id: `held` is an item that came and isn't decided; `open` is what is neither here nor
 * settled.
 */
type Kept = 'open' | 'held' | 'accepted' | 'refused'
/** Beside that, `wanted` is what somebody announced, and is asked for. */
export type ItemState = Kept | 'wanted'

/** Steps in which the age of an item is told, as parts of its life: coarse, so that ages don't say who was first. */
const AGE_STEPS = 16
/** Parts of its life that an accepted item is remembered for at least: nobody serves it so long. */
const LEAST_SEEN_LIVES = 1.5
/** And, where there is room, at least so many lives. */
const SEEN_LIVES = 8
/** A map whose oldest entries go one by one is slow to begin with. */
const FORGOTTEN_AT_ONCE = 64
const DRAWS = 0x1_0000_0000

/** An item that can be served. */
export interface StoredItem {
  readonly bytes: Uint8Array
  /** What an announcement of it carries; the carrier's own. */
  readonly meta: number
  readonly source: Source
  /**
   * When it was published, as far as is known, in milliseconds of our clock. An item of this node's own that nobody has
   * asked for hasn't begun its life.
   */
  readonly bornMs: number
}

/** What is served, and the age in milliseconds that is to be told with it. */
export interface ServedItem {
  readonly item: StoredItem
  readonly ageMs: number
}

interface Stored extends StoredItem, Due {
  readonly handle: Handle
  /** Chance, below one step of its age: rounding that is right on average, and the same each time we are asked. */
  readonly phaseMs: number
}

interface Seen {
  readonly atMs: number
  readonly source: Source
  stored: Stored | undefined
}

/** The owner of handles, which knows their kinds. */
export interface KindedOwner {
  retain(handle: Handle): void
  release(handle: Handle): void
  kindOf(handle: Handle): number
}

export interface ItemHost {
  /** How long an item of a kind is served, in milliseconds from when it was published. */
  lifeMs(kind: number): number
  /** The item can't be served any more. */
  unstored(handle: Handle): void
}

export class ItemTable {
  readonly #limits: InventoryLimits
  readonly #owner: KindedOwner
  readonly #random: Random
  readonly #host: ItemHost
  /** Accepted items of each kind in the order in which they came, the oldest first. */
  readonly #seen = new Map<number, Map<Handle, Seen>>()
  readonly #seenShares = new Map<Source, number>()
  #seenCount = 0
  /** Those of them that can be served. */
  readonly #served = createDeadlines<Stored>()
  readonly #bytes = new Shares<Handle>()
  /** The same by kind, oldest first. */
  readonly #stored = new Map<number, Set<Handle>>()
  /** By handle, when it was refused and who sent it; the oldest first. */
  readonly #refused = new Map<Handle, { readonly atMs: number; readonly source: Source }>()
  readonly #refusedShares = new Shares<Handle>()
  /** With the parent that it waits for. */
  readonly #held = new Map<Handle, Handle | undefined>()
  /** How many held items wait for each parent. */
  readonly #awaited = new Map<Handle, number>()
  #noRoom = 0

  constructor(limits: InventoryLimits, owner: KindedOwner, random: Random, host: ItemHost) {
    this.#limits = limits
    this.#owner = owner
    this.#random = random
    this.#host = host
  }

  get figures(): {
    readonly stored: number
    readonly storedBytes: number
    readonly seen: number
    readonly rejected: number
    readonly noRoom: number
  } {
    return {
      stored: this.#served.size,
      storedBytes: this.#bytes.cost,
      seen: this.#seenCount,
      rejected: this.#refused.size,
      noRoom: this.#noRoom,
    }
  }

  stateOf(handle: Handle): Kept {
    if (this.#find(handle)) return 'accepted'
    if (this.#held.has(handle)) return 'held'
    return this.#refused.has(handle) ? 'refused' : 'open'
  }

  /** What can be served of an accepted item. */
  get(handle: Handle): StoredItem | undefined {
    return this.#find(handle)?.stored
  }

  ageOf(handle: Handle, nowMs: number): number {
    const stored = this.#find(handle)?.stored
    if (!stored) return 0
    const stepMs = this.#stepMs(handle)
    return Math.floor((Math.max(0, nowMs - stored.bornMs) + stored.phaseMs) / stepMs) * stepMs
  }

  /** Whether this source may bring one more; what is remembered only because there was room makes room. */
  hasRoom(source: Source, nowMs: number): boolean {
    const most = this.#limits.seen
    while (this.#seenCount >= most || (this.#seenShares.get(source) ?? 0) >= most - this.#seenCount) {
      if (!this.#forgetSome(nowMs)) return source === OWN
    }
    return true
  }

  /**
   * An item that may be served from now on. `false` when there is no room to remember it, or it alone is larger than
   * all room for items.
   *
   * @param isAlive - its life has begun; otherwise it does with `begin`
   */
  accept(handle: Handle, item: StoredItem, nowMs: number, isAlive = true): boolean {
    const cost = item.bytes.length + ITEM_OVERHEAD_BYTES
    if (cost > this.#limits.storeBytes) return false
    if (!this.hasRoom(item.source, nowMs)) {
      this.#noRoom++
      return false
    }
    this.#owner.retain(handle)
    this.release(handle)
    this.#unrefuse(handle)
    this.#forget(handle)
    const { bytes, meta, source, bornMs } = item
    const phaseMs = Math.floor((this.#random.uint32() / DRAWS) * this.#stepMs(handle))
    const stored: Stored = { bytes, meta, source, bornMs, handle, phaseMs, dueMs: 0, order: 0, heapIndex: -1 }
    this.#seenOf(handle).set(handle, { atMs: nowMs, source, stored })
    this.#seenCount++
    this.#seenShares.set(source, (this.#seenShares.get(source) ?? 0) + 1)
    this.#bytes.add(source, handle, cost)
    this.#storedOf(handle).add(handle)
    const lifeMs = this.#host.lifeMs(this.#owner.kindOf(handle))
    this.#served.add(stored, bornMs + (isAlive ? lifeMs : Math.max(lifeMs, this.#limits.unaskedMs)))
    while (this.#bytes.cost > this.#limits.storeBytes) this.#unstore(this.#bytes.oldestOfLargest()!)
    return true
  }

  /** Somebody has asked for an item of this node's own: its life begins. */
  begin(handle: Handle, nowMs: number): void {
    const entries = this.#seenOf(handle)
    const seen = entries.get(handle)
    if (!seen?.stored) return
    const stored = { ...seen.stored, bornMs: nowMs, heapIndex: -1 }
    this.#served.remove(seen.stored)
    entries.delete(handle)
    entries.set(handle, { atMs: nowMs, source: seen.source, stored })
    this.#served.add(stored, nowMs + this.#host.lifeMs(this.#owner.kindOf(handle)))
  }

  /** What was refused is not asked for again while that is remembered. */
  refuse(handle: Handle, source: Source, nowMs: number): void {
    this.#owner.retain(handle)
    this.release(handle)
    this.#forget(handle)
    this.#unrefuse(handle)
    this.#owner.retain(handle)
    this.#refused.set(handle, { atMs: nowMs, source })
    this.#refusedShares.add(source, handle, 1)
    if (this.#refused.size > this.#limits.rejected) this.#unrefuse(this.#refusedShares.oldestOfLargest()!)
    this.#owner.release(handle)
  }

  hold(handle: Handle, parent?: Handle): void {
    this.#owner.retain(handle)
    if (parent !== undefined) this.#owner.retain(parent)
    this.release(handle)
    this.#held.set(handle, parent)
    if (parent !== undefined) this.#awaited.set(parent, (this.#awaited.get(parent) ?? 0) + 1)
  }

  /** What a held item waits for. */
  parentOf(handle: Handle): Handle | undefined {
    return this.#held.get(handle)
  }

  /** Whether a held item waits for this one. */
  isAwaited(handle: Handle): boolean {
    return this.#awaited.has(handle)
  }

  /** It is held no longer. */
  release(handle: Handle): void {
    const parent = this.#held.get(handle)
    if (!this.#held.delete(handle)) return
    if (parent !== undefined) {
      const rest = this.#awaited.get(parent)! - 1
      if (rest === 0) this.#awaited.delete(parent)
      else this.#awaited.set(parent, rest)
      this.#owner.release(parent)
    }
    this.#owner.release(handle)
  }

  /** When the next item ends to be served. */
  nextDeadline(): number | undefined {
    return this.#served.nextMs()
  }

  expire(nowMs: number): void {
    for (let due = this.#served.takeDue(nowMs); due; due = this.#served.takeDue(nowMs)) this.#unstore(due.handle)
    for (const [kind, entries] of this.#seen) {
      const seenMs = Math.max(this.#limits.seenMs, SEEN_LIVES * this.#host.lifeMs(kind))
      for (const [handle, { atMs, stored }] of entries) {
        if (atMs + seenMs > nowMs) break
        if (!stored) this.#forget(handle)
      }
    }
    for (const [handle, { atMs }] of this.#refused) {
      if (atMs + this.#limits.seenMs > nowMs) break
      this.#unrefuse(handle)
    }
  }

  /** The newest `count` items of a kind that can be served, oldest of them first. */
  newest(kind: number, count: number): Handle[] {
    const handles = [...(this.#stored.get(kind) ?? [])]
    return handles.slice(Math.max(0, handles.length - count))
  }

  #find(handle: Handle): Seen | undefined {
    return this.#seen.get(this.#owner.kindOf(handle))?.get(handle)
  }

  #seenOf(handle: Handle): Map<Handle, Seen> {
    const kind = this.#owner.kindOf(handle)
    let entries = this.#seen.get(kind)
    if (!entries) this.#seen.set(kind, (entries = new Map<Handle, Seen>()))
    return entries
  }

  #storedOf(handle: Handle): Set<Handle> {
    const kind = this.#owner.kindOf(handle)
    let handles = this.#stored.get(kind)
    if (!handles) this.#stored.set(kind, (handles = new Set<Handle>()))
    return handles
  }

  #stepMs(handle: Handle): number {
    return Math.ceil(this.#host.lifeMs(this.#owner.kindOf(handle)) / AGE_STEPS)
  }

  // The oldest that nobody serves any more, some at once, of whatever kind has any. `false` when all have to be
  // remembered.
  #forgetSome(nowMs: number): boolean {
    let count = 0
    for (const [kind, entries] of this.#seen) {
      for (const [handle, { atMs, stored }] of entries) {
        if (count === FORGOTTEN_AT_ONCE || atMs + LEAST_SEEN_LIVES * this.#host.lifeMs(kind) > nowMs) break
        if (stored) continue
        this.#forget(handle)
        count++
      }
    }
    return count > 0
  }

  #forget(handle: Handle): void {
    const entries = this.#seen.get(this.#owner.kindOf(handle))
    const seen = entries?.get(handle)
    if (!entries || !seen) return
    this.#unstore(handle)
    entries.delete(handle)
    this.#seenCount--
    const rest = this.#seenShares.get(seen.source)! - 1
    if (rest === 0) this.#seenShares.delete(seen.source)
    else this.#seenShares.set(seen.source, rest)
    this.#owner.release(handle)
  }

  #unstore(handle: Handle): void {
    const seen = this.#find(handle)
    if (!seen?.stored) return
    this.#served.remove(seen.stored)
    seen.stored = undefined
    this.#bytes.remove(seen.source, handle)
    this.#storedOf(handle).delete(handle)
    this.#host.unstored(handle)
  }

  #unrefuse(handle: Handle): void {
    const refused = this.#refused.get(handle)
    if (!refused) return
    this.#refused.delete(handle)
    this.#refusedShares.remove(refused.source, handle)
    this.#owner.release(handle)
  }
}
