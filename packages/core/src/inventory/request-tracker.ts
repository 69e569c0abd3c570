// Whom to ask for which announced item, and when: one request at a time, the next announcer when it fails.
import { timeoutOf, type Asker } from './asker.ts'
import { createDeadlines, type Deadlines, type Due } from './deadlines.ts'
import type { Handle } from './id-table.ts'
import type { InventoryLimits } from './limits.ts'

/**
 * `waiting` for its time, `ready` to be asked, `asked`, `late` when it was asked for something urgent and others may be
 * asked, too, or `done` without an item.
 */
type State = 'waiting' | 'ready' | 'asked' | 'late' | 'done'

/** What one peer said of one item. There may be hundreds of thousands, so it has no field to spare. */
export interface Announcement extends Due {
  readonly asker: Asker
  readonly handle: Handle
  readonly meta: number
  /** Chance, so that being first to announce wins nothing. */
  readonly rank: number
  state: State
  /** The next announcement of the same item. */
  next: Announcement | undefined
}

/** Told when the tracker takes or gives back its reference to a handle. */
export interface HandleOwner {
  retain(handle: Handle): void
  release(handle: Handle): void
}

/** The owner of handles, which knows their kinds. */
export interface KindedOwner extends HandleOwner {
  kindOf(handle: Handle): number
}

/** Whether everybody waits for items of a kind. */
export type IsUrgent = (kind: number) => boolean

/** A request that nobody answered, of a peer that answered nothing at all since. */
export interface Stall {
  readonly asker: Asker
  readonly kind: number
}

/** Least time by which a deadline moves while the peer's messages wait for us, in milliseconds: no busy loop. */
const LEAST_CREDIT_MS = 1000

export class RequestTracker {
  readonly #limits: InventoryLimits
  readonly #owner: KindedOwner
  readonly #isUrgent: IsUrgent
  readonly #salt: number
  // By handle: handles are dense, so a list costs a quarter of a map.
  #heads: (Announcement | undefined)[] = []
  #size = 0
  #count = 0
  readonly #deadlines: Deadlines<Announcement> = createDeadlines()
  // Items whose choice may have changed, and peers that got room since the last round.
  readonly #changed = new Set<Handle>()
  readonly #freed = new Set<Asker>()
  #stalls: Stall[] = []

  constructor(limits: InventoryLimits, owner: KindedOwner, isUrgent: IsUrgent, salt: number) {
    this.#limits = limits
    this.#isUrgent = isUrgent
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
    const next = this.#heads[handle]
    if (!next) {
      while (this.#heads.length < handle) this.#heads.push(undefined)
      this.#size++
      this.#owner.retain(handle)
    }
    const rank = rankOf(this.#salt, handle, this.#count++)
    const announcement: Announcement = {
      asker,
      handle,
      meta,
      rank,
      state: 'waiting',
      next,
      dueMs: 0,
      order: 0,
      heapIndex: -1,
    }
    this.#heads[handle] = announcement
    asker.tracked.set(handle, announcement)
    this.#deadlines.add(announcement, readyMs)
    return true
  }

  /** What to ask now; the answers count as asked. */
  next(nowMs: number): Announcement[] {
    for (let due = this.#deadlines.takeDue(nowMs); due; due = this.#deadlines.takeDue(nowMs)) {
      if (!isOwed(due)) this.#makeReady(due)
      else if (!this.#credited(due, nowMs)) this.#overdue(due, nowMs)
    }
    const chosen: Announcement[] = []
    for (const handle of this.#changed) this.#choose(handle, nowMs, chosen)
    this.#changed.clear()
    for (const asker of this.#freed) {
      for (const { state, handle } of asker.tracked?.values() ?? []) {
        if (asker.ready === 0 || asker.inFlight >= this.#limits.inFlightPerPeer) break
        if (state === 'ready') this.#choose(handle, nowMs, chosen)
      }
    }
    this.#freed.clear()
    return chosen
  }

  /** Who let requests lapse without a word since the last call. */
  takeStalls(): readonly Stall[] {
    const stalls = this.#stalls
    if (stalls.length > 0) this.#stalls = []
    return stalls
  }

  /** The peer answered without this item, or said that it has none. `false` when it was not being asked. */
  fail(asker: Asker, handle: Handle): boolean {
    const announcement = asker.tracked?.get(handle)
    if (!announcement || !isOwed(announcement)) return false
    this.#finish(announcement)
    return true
  }

  isAsked(asker: Asker, handle: Handle): boolean {
    const announcement = asker.tracked?.get(handle)
    return announcement !== undefined && isOwed(announcement)
  }

  /** Nobody needs to be asked for the item any more. */
  forget(handle: Handle): void {
    if (this.#heads[handle]) this.#drop(handle)
  }

  /** The peer is gone, and all it announced. */
  remove(asker: Asker): void {
    for (const announcement of asker.tracked?.values() ?? []) {
      this.#leave(announcement)
      this.#unlink(announcement)
      this.#reconsider(announcement.handle)
    }
    asker.tracked = undefined
    this.#freed.delete(asker)
    this.#stalls = this.#stalls.filter((stall) => stall.asker !== asker)
  }

  #makeReady(announcement: Announcement): void {
    announcement.state = 'ready'
    announcement.asker.ready++
    this.#changed.add(announcement.handle)
  }

  #choose(handle: Handle, nowMs: number, chosen: Announcement[]): void {
    let best: Announcement | undefined
    for (let candidate = this.#heads[handle]; candidate; candidate = candidate.next) {
      if (candidate.state === 'asked') return
      if (candidate.state !== 'ready' || candidate.asker.inFlight >= this.#limits.inFlightPerPeer) continue
      if (!best || isBetter(candidate, best)) best = candidate
    }
    if (best) chosen.push(this.#ask(best, nowMs))
  }

  #ask(announcement: Announcement, nowMs: number): Announcement {
    const { asker, handle } = announcement
    asker.ready--
    asker.inFlight++
    asker.asked ??= new Map()
    asker.asked.set(handle, { atMs: nowMs, creditMs: asker.creditMs(nowMs) })
    announcement.state = 'asked'
    const kind = this.#owner.kindOf(handle)
    const timeoutMs = timeoutOf(asker, kind)
    const firstMs = this.#isUrgent(kind) ? Math.min(this.#limits.urgentTimeoutMs, timeoutMs) : timeoutMs
    this.#deadlines.add(announcement, nowMs + firstMs)
    return announcement
  }

  // An urgent item is worth a second request; the first may still be answered.
  #overdue(announcement: Announcement, nowMs: number): void {
    const { asker, handle, state } = announcement
    const kind = this.#owner.kindOf(handle)
    const restMs = timeoutOf(asker, kind) - this.#limits.urgentTimeoutMs
    if (state === 'late' || restMs <= 0 || !this.#isUrgent(kind)) return this.#lapse(announcement)
    announcement.state = 'late'
    this.#deadlines.add(announcement, nowMs + restMs)
    this.#changed.add(handle)
  }

  // Time in which the peer's messages waited for our own work is given back to it.
  #credited(announcement: Announcement, nowMs: number): boolean {
    const { asker, handle } = announcement
    const request = asker.asked!.get(handle)!
    const creditMs = asker.creditMs(nowMs)
    const extraMs = creditMs - request.creditMs
    if (extraMs <= 0) return false
    request.creditMs = creditMs
    this.#deadlines.add(announcement, nowMs + Math.max(LEAST_CREDIT_MS, extraMs))
    return true
  }

  #lapse(announcement: Announcement): void {
    const { asker, handle } = announcement
    const silent = asker.answeredMs < asker.asked!.get(handle)!.atMs
    if (silent && !this.#stalls.some((stall) => stall.asker === asker)) {
      this.#stalls.push({ asker, kind: this.#owner.kindOf(handle) })
    }
    this.#finish(announcement)
  }

  #finish(announcement: Announcement): void {
    this.#leave(announcement)
    announcement.state = 'done'
    this.#reconsider(announcement.handle)
  }

  // Takes an announcement out of all that acts on it.
  #leave(announcement: Announcement): void {
    const { asker, handle, state } = announcement
    this.#deadlines.remove(announcement)
    if (state === 'ready') asker.ready--
    if (!isOwed(announcement)) return
    asker.asked?.delete(handle)
    asker.inFlight--
    if (asker.ready > 0) this.#freed.add(asker)
  }

  #unlink(announcement: Announcement): void {
    const { handle, next } = announcement
    let before = this.#heads[handle]
    if (before === announcement) this.#heads[handle] = next
    else {
      while (before && before.next !== announcement) before = before.next
      if (before) before.next = next
    }
  }

  // An item that only has announcements left which led to nothing is forgotten.
  #reconsider(handle: Handle): void {
    for (let at = this.#heads[handle]; at; at = at.next) {
      if (at.state !== 'done') return void this.#changed.add(handle)
    }
    this.#drop(handle)
  }

  #drop(handle: Handle): void {
    for (let at = this.#heads[handle]; at; at = at.next) {
      this.#leave(at)
      const { asker } = at
      asker.tracked?.delete(handle)
      if (asker.tracked?.size === 0) asker.tracked = undefined
    }
    this.#heads[handle] = undefined
    this.#size--
    if (this.#size === 0) this.#heads = []
    this.#changed.delete(handle)
    this.#owner.release(handle)
  }
}

/** Whether the peer was asked and may still answer. */
function isOwed({ state }: Announcement): boolean {
  return state === 'asked' || state === 'late'
}

function isBetter(candidate: Announcement, best: Announcement): boolean {
  if (candidate.asker.preferred !== best.asker.preferred) return candidate.asker.preferred
  return candidate.rank < best.rank
}

function rankOf(salt: number, handle: Handle, count: number): number {
  const mixed = Math.imul(Math.imul(salt ^ handle, 0x85ebca6b) ^ (count + 1), 0xc2b2ae35)
  // 31 bits, which engines hold without a box.
  return (mixed ^ (mixed >>> 15)) >>> 1
}
