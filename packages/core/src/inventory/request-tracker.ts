// Whom to ask for which announced item, and when: one request at a time, the next announcer when it fails.
import { createDeadlines, type Deadlines, type Due } from './deadlines.ts'
import type { Handle } from './id-table.ts'
import type { InventoryLimits } from './limits.ts'

/** `waiting` for its time, `ready` to be asked, `asked`, or `done` without an item. */
type State = 'waiting' | 'ready' | 'asked' | 'done'

/** What one peer said of one item. */
export interface Announcement extends Due {
  readonly asker: Asker
  readonly item: TrackedItem
  readonly meta: number
  /** Chance, so that being first to announce wins nothing. */
  readonly rank: number
  state: State
}

/** An item that somebody announced and nobody has sent. */
interface TrackedItem {
  readonly handle: Handle
  announcements: Announcement[]
  asked: Announcement | undefined
}

const NONE: Announcement[] = []

/** The tracker's side of one peer; the map exists only while there is something to track. */
export interface Asker {
  readonly name: string
  /** Asked before others. */
  readonly preferred: boolean
  readonly askTimeoutMs: number
  tracked: Map<Handle, Announcement> | undefined
  /** Announcements that could be asked for but for the bound. */
  ready: number
  inFlight: number
}

export function createAsker(name: string, preferred: boolean, askTimeoutMs: number): Asker {
  return { name, preferred, askTimeoutMs, tracked: undefined, ready: 0, inFlight: 0 }
}

/** Told when the tracker takes or gives back its reference to a handle. */
export interface HandleOwner {
  retain(handle: Handle): void
  release(handle: Handle): void
}

export class RequestTracker {
  readonly #limits: InventoryLimits
  readonly #owner: HandleOwner
  readonly #salt: number
  // By handle: handles are dense, so a list costs a quarter of a map.
  #items: (TrackedItem | undefined)[] = []
  #size = 0
  readonly #deadlines: Deadlines<Announcement> = createDeadlines()
  // Items whose choice may have changed, and peers that got room since the last round.
  readonly #changed = new Set<TrackedItem>()
  readonly #freed = new Set<Asker>()

  constructor(limits: InventoryLimits, owner: HandleOwner, salt: number) {
    this.#limits = limits
    this.#owner = owner
    this.#salt = salt
  }

  /** Items that are tracked. */
  get size(): number {
    return this.#size
  }

  /** When `next` has something to do; 0 is at once. */
  nextDeadline(): number | undefined {
    return this.#changed.size > 0 || this.#freed.size > 0 ? 0 : this.#deadlines.nextMs()
  }

  /** Notes that a peer has an item; `false` when that is known already or the peer has too many tracked. */
  announce(asker: Asker, handle: Handle, meta: number, readyMs: number): boolean {
    asker.tracked ??= new Map()
    if (asker.tracked.has(handle) || asker.tracked.size >= this.#limits.trackedPerPeer) return false
    let item = this.#items[handle]
    if (!item) {
      item = { handle, announcements: NONE, asked: undefined }
      while (this.#items.length < handle) this.#items.push(undefined)
      this.#items[handle] = item
      this.#size++
      this.#owner.retain(handle)
    }
    const rank = rankOf(this.#salt, handle, item.announcements.length)
    const announcement: Announcement = { asker, item, meta, rank, state: 'waiting', dueMs: 0, order: 0, heapIndex: -1 }
    // A list made with its first element has room for just that, an empty one that grows for seventeen.
    if (item.announcements.length === 0) item.announcements = [announcement]
    else item.announcements.push(announcement)
    asker.tracked.set(handle, announcement)
    this.#deadlines.add(announcement, readyMs)
    return true
  }

  /** What to ask now; the answers count as asked. */
  next(nowMs: number): Announcement[] {
    for (let due = this.#deadlines.takeDue(nowMs); due; due = this.#deadlines.takeDue(nowMs)) {
      if (due.state === 'asked') this.#finish(due)
      else this.#makeReady(due)
    }
    const chosen: Announcement[] = []
    for (const item of this.#changed) this.#choose(item, nowMs, chosen)
    this.#changed.clear()
    for (const asker of this.#freed) {
      for (const { state, item } of asker.tracked?.values() ?? []) {
        if (asker.ready === 0 || asker.inFlight >= this.#limits.inFlightPerPeer) break
        if (state === 'ready') this.#choose(item, nowMs, chosen)
      }
    }
    this.#freed.clear()
    return chosen
  }

  /** The peer answered without this item, or said that it has none. `false` when it was not being asked. */
  fail(asker: Asker, handle: Handle): boolean {
    const announcement = asker.tracked?.get(handle)
    if (announcement?.state !== 'asked') return false
    this.#finish(announcement)
    return true
  }

  /** Nobody needs to be asked for the item any more. */
  forget(handle: Handle): void {
    const item = this.#items[handle]
    if (item) this.#drop(item)
  }

  /** The peer is gone, and all it announced. */
  remove(asker: Asker): void {
    for (const announcement of asker.tracked?.values() ?? []) {
      const { item } = announcement
      this.#leave(announcement)
      item.announcements.splice(item.announcements.indexOf(announcement), 1)
      this.#reconsider(item)
    }
    asker.tracked = undefined
    this.#freed.delete(asker)
  }

  #makeReady(announcement: Announcement): void {
    announcement.state = 'ready'
    announcement.asker.ready++
    this.#changed.add(announcement.item)
  }

  #choose(item: TrackedItem, nowMs: number, chosen: Announcement[]): void {
    const best = item.asked ? undefined : this.#bestOf(item)
    if (best) chosen.push(this.#ask(best, nowMs))
  }

  #bestOf(item: TrackedItem): Announcement | undefined {
    let best: Announcement | undefined
    for (const candidate of item.announcements) {
      if (candidate.state !== 'ready' || candidate.asker.inFlight >= this.#limits.inFlightPerPeer) continue
      if (!best || isBetter(candidate, best)) best = candidate
    }
    return best
  }

  #ask(announcement: Announcement, nowMs: number): Announcement {
    const { asker, item } = announcement
    asker.ready--
    asker.inFlight++
    announcement.state = 'asked'
    item.asked = announcement
    this.#deadlines.add(announcement, nowMs + asker.askTimeoutMs)
    return announcement
  }

  #finish(announcement: Announcement): void {
    this.#leave(announcement)
    announcement.state = 'done'
    this.#reconsider(announcement.item)
  }

  // Takes an announcement out of all that acts on it.
  #leave(announcement: Announcement): void {
    const { asker, item, state } = announcement
    this.#deadlines.remove(announcement)
    if (state === 'ready') asker.ready--
    if (state !== 'asked') return
    item.asked = undefined
    asker.inFlight--
    if (asker.ready > 0) this.#freed.add(asker)
  }

  // An item that only has announcements left which led to nothing is forgotten.
  #reconsider(item: TrackedItem): void {
    if (item.announcements.every(({ state }) => state === 'done')) this.#drop(item)
    else this.#changed.add(item)
  }

  #drop(item: TrackedItem): void {
    for (const announcement of item.announcements) {
      this.#leave(announcement)
      const { asker } = announcement
      asker.tracked?.delete(item.handle)
      if (asker.tracked?.size === 0) asker.tracked = undefined
    }
    this.#items[item.handle] = undefined
    this.#size--
    if (this.#size === 0) this.#items = []
    this.#changed.delete(item)
    this.#owner.release(item.handle)
  }
}

function isBetter(candidate: Announcement, best: Announcement): boolean {
  if (candidate.asker.preferred !== best.asker.preferred) return candidate.asker.preferred
  return candidate.rank < best.rank
}

function rankOf(salt: number, handle: Handle, order: number): number {
  const mixed = Math.imul(Math.imul(salt ^ handle, 0x85ebca6b) ^ (order + 1), 0xc2b2ae35)
  // 31 bits, which engines hold without a box.
  return (mixed ^ (mixed >>> 15)) >>> 1
}
