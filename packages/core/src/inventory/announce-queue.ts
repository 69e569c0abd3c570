// Which items wait to be announced to whom: those to be told at once, and those that trickle.
import type { Random } from '../base/random.ts'
import type { Handle } from './id-table.ts'
import type { InventoryLimits } from './limits.ts'
import type { HandleOwner } from './request-tracker.ts'
import { batchSize, nextTickMs } from './trickle.ts'

/** The queue's side of one peer; the sets exist only while something waits. */
export interface Listening {
  readonly name: string
  /** A peer that we chose ourselves: it has a tick of its own, all others share one. */
  readonly preferred: boolean
  waiting: Set<Handle> | undefined
  trickling: Set<Handle> | undefined
  /** When it is told of what trickles; 0 while no time is drawn. Preferred peers only. */
  tickMs: number
}

/** Peers that are to be told the same items in the same order. */
export interface AnnounceGroup<P> {
  readonly peers: P[]
  readonly handles: readonly Handle[]
}

export class AnnounceQueue<P extends Listening> {
  readonly #limits: InventoryLimits
  readonly #owner: HandleOwner
  readonly #random: Random
  /** Peers with something to be told at once. */
  readonly #waiting = new Set<P>()
  /** Peers with something that trickles, those that dialed us and those we chose. */
  readonly #shared = new Set<P>()
  readonly #own = new Set<P>()
  // One tick for all who dialed us: many connections learn no more than one. 0 while none is drawn.
  #sharedTickMs = 0
  // The soonest of the own ticks.
  #ownTickMs = 0

  constructor(limits: InventoryLimits, owner: HandleOwner, random: Random) {
    this.#limits = limits
    this.#owner = owner
    this.#random = random
  }

  /** When somebody is to be told something; 0 is now, or that a time has to be drawn by `flush`. */
  nextDeadline(): number | undefined {
    if (this.#waiting.size > 0) return 0
    const shared = this.#shared.size > 0 ? this.#sharedTickMs : Infinity
    const own = this.#own.size > 0 ? this.#ownTickMs : Infinity
    const next = Math.min(shared, own)
    return next === Infinity ? undefined : next
  }

  add(peer: P, handle: Handle, trickles: boolean): void {
    const set = trickles ? (peer.trickling ??= new Set()) : (peer.waiting ??= new Set())
    if (set.has(handle)) return
    this.#owner.retain(handle)
    set.add(handle)
    if (!trickles) this.#waiting.add(peer)
    else if (!peer.preferred) {
      // A tick that was drawn for peers that have gone is in the past by now.
      if (this.#shared.size === 0) this.#sharedTickMs = 0
      this.#shared.add(peer)
    } else if (!this.#own.has(peer)) {
      this.#own.add(peer)
      this.#ownTickMs = 0
    }
    if (set.size <= this.#limits.queuedPerPeer) return
    const [oldest] = set
    set.delete(oldest!)
    this.#owner.release(oldest!)
  }

  /** The peer has the item now. */
  cancel(peer: P, handle: Handle): void {
    if (peer.waiting?.delete(handle)) this.#owner.release(handle)
    if (peer.trickling?.delete(handle)) this.#owner.release(handle)
  }

  remove(peer: P): void {
    for (const handle of peer.waiting ?? []) this.#owner.release(handle)
    for (const handle of peer.trickling ?? []) this.#owner.release(handle)
    peer.waiting = peer.trickling = undefined
    for (const set of [this.#waiting, this.#shared, this.#own]) set.delete(peer)
  }

  /** Takes out all that is to be told now and is still `current`. The handles live until `done` has returned. */
  flush(
    nowMs: number,
    current: (handle: Handle) => boolean,
    done: (groups: readonly AnnounceGroup<P>[]) => void,
  ): void {
    const taken: Handle[] = []
    const groups = new Map<string, AnnounceGroup<P>>()
    const tell = (peer: P, handles: readonly Handle[]): void => {
      for (const handle of handles) taken.push(handle)
      const told = handles.filter(current)
      if (told.length === 0) return
      const key = told.join()
      const group = groups.get(key)
      if (group) group.peers.push(peer)
      else groups.set(key, { handles: told, peers: [peer] })
    }
    for (const peer of this.#waiting) {
      tell(peer, [...(peer.waiting ?? [])])
      peer.waiting = undefined
    }
    this.#waiting.clear()
    this.#tick(nowMs, tell)
    try {
      done([...groups.values()])
    } finally {
      for (const handle of taken) this.#owner.release(handle)
    }
  }

  #tick(nowMs: number, tell: (peer: P, handles: readonly Handle[]) => void): void {
    const { trickleMs, trickleOwnMs } = this.#limits
    if (this.#sharedTickMs > 0 && this.#sharedTickMs <= nowMs) {
      for (const peer of this.#shared) this.#tellBatch(peer, this.#shared, tell)
      this.#sharedTickMs = 0
    }
    if (this.#shared.size > 0 && this.#sharedTickMs === 0)
      this.#sharedTickMs = nextTickMs(nowMs, trickleMs, this.#random)
    let nextMs = Infinity
    for (const peer of this.#own) {
      if (peer.tickMs > 0 && peer.tickMs <= nowMs) {
        this.#tellBatch(peer, this.#own, tell)
        peer.tickMs = 0
      }
      if (!this.#own.has(peer)) continue
      if (peer.tickMs === 0) peer.tickMs = nextTickMs(nowMs, trickleOwnMs, this.#random)
      nextMs = Math.min(nextMs, peer.tickMs)
    }
    this.#ownTickMs = nextMs
  }

  #tellBatch(peer: P, from: Set<P>, tell: (peer: P, handles: readonly Handle[]) => void): void {
    const { trickling } = peer
    const handles: Handle[] = []
    const most = batchSize(trickling?.size ?? 0)
    for (const handle of trickling ?? []) {
      if (handles.length === most) break
      handles.push(handle)
    }
    for (const handle of handles) trickling!.delete(handle)
    if (trickling === undefined || trickling.size === 0) {
      peer.trickling = undefined
      from.delete(peer)
    }
    if (handles.length > 0) tell(peer, handles)
  }
}
