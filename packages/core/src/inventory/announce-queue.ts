// Which items wait to be announced to whom; the place where a later rule of timing belongs.
import type { Handle } from './id-table.ts'
import type { HandleOwner } from './request-tracker.ts'

/** The queue's side of one peer; the set exists only while something waits. */
export interface Listening {
  readonly name: string
  waiting: Set<Handle> | undefined
}

/** Peers that are to be told the same items in the same order. */
export interface AnnounceGroup<P> {
  readonly peers: P[]
  readonly handles: readonly Handle[]
}

export class AnnounceQueue<P extends Listening> {
  readonly #bound: number
  readonly #owner: HandleOwner
  readonly #peers = new Set<P>()

  /** @param bound - most items that wait for one peer; the oldest are dropped */
  constructor(bound: number, owner: HandleOwner) {
    this.#bound = bound
    this.#owner = owner
  }

  /** Whether somebody is to be told something now. */
  get isDue(): boolean {
    return this.#peers.size > 0
  }

  add(peer: P, handle: Handle): void {
    peer.waiting ??= new Set()
    if (peer.waiting.has(handle)) return
    this.#owner.retain(handle)
    peer.waiting.add(handle)
    this.#peers.add(peer)
    if (peer.waiting.size <= this.#bound) return
    const [oldest] = peer.waiting
    this.cancel(peer, oldest!)
  }

  cancel(peer: P, handle: Handle): void {
    if (peer.waiting?.delete(handle)) this.#owner.release(handle)
  }

  remove(peer: P): void {
    this.#peers.delete(peer)
    for (const handle of peer.waiting ?? []) this.#owner.release(handle)
    peer.waiting = undefined
  }

  /** Takes out all that waits and is still `current`. The handles live until `done` has returned. */
  flush(current: (handle: Handle) => boolean, done: (groups: readonly AnnounceGroup<P>[]) => void): void {
    const groups = new Map<string, AnnounceGroup<P>>()
    for (const peer of this.#peers) {
      const handles = [...(peer.waiting ?? [])].filter(current)
      if (handles.length === 0) continue
      const key = handles.join()
      const group = groups.get(key)
      if (group) group.peers.push(peer)
      else groups.set(key, { handles, peers: [peer] })
    }
    const told = [...this.#peers]
    try {
      done([...groups.values()])
    } finally {
      for (const peer of told) this.remove(peer)
    }
  }
}
