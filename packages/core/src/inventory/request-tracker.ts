// Whom to ask for which announced item, and when: one request at a time, the next announcer when it fails.
import { timeoutOf, type Asker, type ItemRequest } from './asker.ts'
import { createDeadlines, type Deadlines, type Due } from './deadlines.ts'
import type { Handle } from './id-table.ts'
import type { InventoryLimits } from './limits.ts'

/** `waiting` for its time, `ready` to be asked, `asked`, or `done`: it led to nothing, or to what isn't decided yet. */
type State = 'waiting' | 'ready' | 'asked' | 'done'

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

export interface TrackerHost {
  /** Whether everybody waits for the item. */
  isUrgent(kind: number): boolean
  kindOf(handle: Handle): number
  /** Whether the item is to be asked for: it isn't settled, nor here and undecided. */
  isOpen(handle: Handle): boolean
  /** Nobody is left who could be asked for the item. */
  lost(handle: Handle): void
  /** The peer let a request lapse: it is asked nothing more before it has answered. */
  muted(asker: Asker, kind: number): void
  /** And it has answered nothing for long since. */
  useless(asker: Asker, kind: number): void
}

/** Least time by which a deadline moves while the peer's messages wait for us, in milliseconds: no busy loop. */
const LEAST_CREDIT_MS = 1000

export class RequestTracker {
  readonly #limits: InventoryLimits
  readonly #owner: HandleOwner
  readonly #host: TrackerHost
  readonly #salt: number
  // By handle: handles are dense, so a list costs a quarter of a map.
  #heads: (Announcement | undefined)[] = []
  #size = 0
  #count = 0
  readonly #waiting: Deadlines<Announcement> = createDeadlines()
  readonly #requests: Deadlines<ItemRequest> = createDeadlines()
  /** The request that holds others off. */
  readonly #asking = new Map<Handle, ItemRequest>()
  /** How often an item was let go undecided. */
  readonly #tries = new Map<Handle, number>()
  // Items whose choice may have changed, and peers that got room since the last round.
  readonly #changed = new Set<Handle>()
  readonly #freed = new Set<Asker>()

  constructor(limits: InventoryLimits, owner: HandleOwner, host: TrackerHost, salt: number) {
    this.#limits = limits
    this.#owner = owner
    this.#host = host
    this.#salt = salt
  }

  /** Items that are tracked. */
  get size(): number {
    return this.#size
  }

  /** When `next` has something to do; 0 is at once. */
  nextDeadline(): number | undefined {
    if (this.#changed.size > 0 || this.#freed.size > 0) return 0
    const next = Math.min(this.#waiting.nextMs() ?? Infinity, this.#requests.nextMs() ?? Infinity)
    return next === Infinity ? undefined : next
  }

  has(handle: Handle): boolean {
    return this.#heads[handle] !== undefined
  }

  /** Whoever announced the item, while it isn't settled. */
  *announcers(handle: Handle): IterableIterator<Asker> {
    for (let at = this.#heads[handle]; at; at = at.next) yield at.asker
  }

  /** Notes that a peer has an item; `false` when that is known already or the peer has too many tracked. */
  announce(asker: Asker, handle: Handle, meta: number, readyMs: number): boolean {
    asker.tracked ??= new Map()
    if (asker.tracked.has(handle) || asker.tracked.size >= this.#limits.trackedPerPeer) return false
    if (asker.asked?.has(handle)) return false
    const next = this.#heads[handle]
    if (!next) {
      while (this.#heads.length < handle) this.#heads.push(undefined)
      this.#size++
      this.#owner.retain(handle)
    }
    const rank = rankOf(this.#salt, handle, this.#count++)
    const due = { dueMs: 0, order: 0, heapIndex: -1 }
    const announcement: Announcement = { asker, handle, meta, rank, state: 'waiting', next, ...due }
    this.#heads[handle] = announcement
    asker.tracked.set(handle, announcement)
    this.#waiting.add(announcement, readyMs)
    return true
  }

  /** What to ask now; the answers count as asked. */
  next(nowMs: number): Announcement[] {
    for (let due = this.#requests.takeDue(nowMs); due; due = this.#requests.takeDue(nowMs)) {
      if (!this.#credited(due, nowMs)) this.#overdue(due, nowMs)
    }
    for (let due = this.#waiting.takeDue(nowMs); due; due = this.#waiting.takeDue(nowMs)) {
      due.state = 'ready'
      due.asker.ready++
      this.#changed.add(due.handle)
    }
    const chosen: Announcement[] = []
    for (const handle of this.#changed) this.#choose(handle, nowMs, chosen)
    this.#changed.clear()
    for (const asker of this.#freed) {
      for (const { state, handle } of asker.tracked?.values() ?? []) {
        if (asker.ready === 0 || !this.#mayAsk(asker)) break
        if (state === 'ready') this.#choose(handle, nowMs, chosen)
      }
    }
    this.#freed.clear()
    return chosen
  }

  /**
   * The peer has answered a request for the item, in time or late. `false` when it wasn't asked, or has answered. With
   * `mayAgain` it sent what is here already and undecided: it may be asked for it again.
   */
  answered(asker: Asker, handle: Handle, nowMs: number, mayAgain = false): boolean {
    const request = asker.asked?.get(handle)
    if (!request) return false
    asker.answeredMs = nowMs
    this.#end(request)
    const announcement = asker.tracked?.get(handle)
    if (announcement && mayAgain) {
      this.#leave(announcement)
      this.#waiting.add(announcement, nowMs)
      announcement.state = 'waiting'
    } else if (announcement) this.#finish(announcement)
    return true
  }

  isAsked(asker: Asker, handle: Handle): boolean {
    return asker.asked?.has(handle) === true
  }

  /** The item is settled: nobody needs to be asked for it any more. Who was asked still owes an answer. */
  forget(handle: Handle): void {
    if (this.#heads[handle]) this.#drop(handle)
  }

  /** The item is open again, or somebody won't give it: the next announcer is asked, or there is none. */
  reconsider(handle: Handle): void {
    if (!this.#heads[handle]) return
    for (let at: Announcement | undefined = this.#heads[handle]; at; at = at.next) {
      if (at.state !== 'done') return void this.#changed.add(handle)
    }
    // What is here and undecided keeps its announcers.
    if (!this.#host.isOpen(handle)) return
    this.#owner.retain(handle)
    this.#drop(handle)
    this.#host.lost(handle)
    this.#owner.release(handle)
  }

  /** Nobody could say whether the item is good: its announcers are asked again, later each time. */
  retry(handle: Handle, nowMs: number): void {
    const tries = this.#tries.get(handle) ?? 0
    if (!this.#heads[handle]) return
    if (tries < this.#limits.retries) {
      this.#tries.set(handle, tries + 1)
      for (let at: Announcement | undefined = this.#heads[handle]; at; at = at.next) {
        if (at.state !== 'done') continue
        at.state = 'waiting'
        this.#waiting.add(at, nowMs + this.#limits.retryMs * (1 << tries))
      }
    }
    this.reconsider(handle)
  }

  /** The peer is gone, and all it announced and was asked. */
  remove(asker: Asker): void {
    for (const request of asker.asked?.values() ?? []) this.#end(request)
    for (const announcement of asker.tracked?.values() ?? []) {
      this.#leave(announcement)
      this.#unlink(announcement)
      if (this.#heads[announcement.handle]) this.reconsider(announcement.handle)
      else this.#emptied(announcement.handle)
    }
    asker.asked = undefined
    asker.tracked = undefined
    this.#freed.delete(asker)
  }

  #mayAsk(asker: Asker): boolean {
    return asker.lapsed === 0 && asker.inFlight < this.#limits.inFlightPerPeer
  }

  #choose(handle: Handle, nowMs: number, chosen: Announcement[]): void {
    if (this.#asking.has(handle) || !this.#host.isOpen(handle)) return
    let best: Announcement | undefined
    for (let candidate = this.#heads[handle]; candidate; candidate = candidate.next) {
      const { state, asker } = candidate
      if (state !== 'ready' || !this.#mayAsk(asker) || asker.asked?.has(handle)) continue
      if (!best || isBetter(candidate, best)) best = candidate
    }
    if (best) chosen.push(this.#ask(best, nowMs))
  }

  #ask(announcement: Announcement, nowMs: number): Announcement {
    const { asker, handle } = announcement
    const kind = this.#host.kindOf(handle)
    const due = { dueMs: 0, order: 0, heapIndex: -1 }
    const request: ItemRequest = { asker, handle, kind, creditMs: asker.creditMs(nowMs), state: 'asked', ...due }
    asker.ready--
    announcement.state = 'asked'
    asker.asked ??= new Map()
    asker.asked.set(handle, request)
    this.#owner.retain(handle)
    this.#asking.set(handle, request)
    const timeoutMs = timeoutOf(asker, kind)
    const firstMs = this.#host.isUrgent(kind) ? Math.min(this.#limits.urgentTimeoutMs, timeoutMs) : timeoutMs
    this.#requests.add(request, nowMs + firstMs)
    return announcement
  }

  // Time in which the peer's messages waited for our own work is given back to it.
  #credited(request: ItemRequest, nowMs: number): boolean {
    const creditMs = request.asker.creditMs(nowMs)
    const extraMs = creditMs - request.creditMs
    if (extraMs <= 0) return false
    request.creditMs = creditMs
    this.#requests.add(request, nowMs + Math.max(LEAST_CREDIT_MS, extraMs))
    return true
  }

  // An urgent item is worth a second request; the first may still be answered.
  #overdue(request: ItemRequest, nowMs: number): void {
    const { asker, handle, kind, state } = request
    if (state === 'lapsed') return this.#unanswered(request, nowMs)
    const restMs = timeoutOf(asker, kind) - this.#limits.urgentTimeoutMs
    if (this.#asking.get(handle) === request) this.#asking.delete(handle)
    if (state === 'asked' && restMs > 0 && this.#host.isUrgent(kind)) {
      request.state = 'late'
      this.#requests.add(request, nowMs + restMs)
      if (this.has(handle)) this.#changed.add(handle)
      return
    }
    request.state = 'lapsed'
    this.#requests.add(request, nowMs + this.#limits.uselessMs)
    if (asker.lapsed++ === 0) this.#host.muted(asker, kind)
    const announcement = asker.tracked?.get(handle)
    if (announcement) this.#finish(announcement)
  }

  #unanswered(request: ItemRequest, nowMs: number): void {
    const { asker, kind } = request
    if (asker.answeredMs < nowMs - this.#limits.uselessMs) this.#host.useless(asker, kind)
    else this.#requests.add(request, nowMs + this.#limits.uselessMs)
  }

  // A request is over, by its answer or with its peer.
  #end(request: ItemRequest): void {
    const { asker, handle } = request
    this.#requests.remove(request)
    asker.asked!.delete(handle)
    if (request.state === 'lapsed') asker.lapsed--
    if (this.#asking.get(handle) === request) this.#asking.delete(handle)
    if (asker.ready > 0) this.#freed.add(asker)
    this.#owner.release(handle)
  }

  #finish(announcement: Announcement): void {
    this.#leave(announcement)
    announcement.state = 'done'
    this.reconsider(announcement.handle)
  }

  // Takes an announcement out of all that acts on it.
  #leave(announcement: Announcement): void {
    this.#waiting.remove(announcement)
    if (announcement.state === 'ready') announcement.asker.ready--
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

  #drop(handle: Handle): void {
    for (let at = this.#heads[handle]; at; at = at.next) {
      this.#leave(at)
      const { asker } = at
      asker.tracked?.delete(handle)
      if (asker.tracked?.size === 0) asker.tracked = undefined
    }
    this.#asking.delete(handle)
    this.#heads[handle] = undefined
    this.#untrack(handle)
  }

  // The last of its announcers has left.
  #emptied(handle: Handle): void {
    if (this.#host.isOpen(handle)) this.#host.lost(handle)
    this.#untrack(handle)
  }

  #untrack(handle: Handle): void {
    this.#tries.delete(handle)
    this.#size--
    if (this.#size === 0) this.#heads = []
    this.#changed.delete(handle)
    this.#owner.release(handle)
  }
}

function isBetter(candidate: Announcement, best: Announcement): boolean {
  const { asker } = candidate
  if (asker.preferred !== best.asker.preferred) return asker.preferred
  // Who owes little has not kept us waiting.
  if (asker.inFlight !== best.asker.inFlight) return asker.inFlight < best.asker.inFlight
  return candidate.rank < best.rank
}

function rankOf(salt: number, handle: Handle, count: number): number {
  const mixed = Math.imul(Math.imul(salt ^ handle, 0x85ebca6b) ^ (count + 1), 0xc2b2ae35)
  // 31 bits, which engines hold without a box.
  return (mixed ^ (mixed >>> 15)) >>> 1
}
