// What addr/1 keeps of one peer: tokens, what it knows, and what waits to be told to it.
import type { Expiring } from '../../base/expiring-heap.ts'
import type { Random } from '../../base/random.ts'
import { randomBelow } from '../../base/random.ts'
import { KnownSet } from '../../inventory/known-set.ts'
import type { Direction } from '../../wire/link.ts'
import { MAX_ENTRIES, MAX_KNOWN, MAX_QUEUED } from './limits.ts'
import type { AddrEntry } from './messages.ts'
import { TokenBucket } from './token-bucket.ts'

type DueTimer = Expiring<() => void>

/** Handles of what a peer has told lately, at most as many as one answer has. */
class Told {
  readonly #handles = new Set<number>()

  add(handle: number): void {
    this.#handles.delete(handle)
    this.#handles.add(handle)
    if (this.#handles.size > MAX_ENTRIES) this.#handles.delete(this.#handles.values().next().value!)
  }

  delete(handle: number): boolean {
    return this.#handles.delete(handle)
  }
}

/** An entry that is to be told. */
export interface Waiting {
  readonly entry: AddrEntry
  /** Our own address is told again and again. */
  readonly isOwn: boolean
}

export class GossipPeer {
  readonly id: string
  readonly direction: Direction
  readonly publicKey: Uint8Array
  readonly network: string
  /** Its secret part in the choice of whom news goes to. */
  readonly salt: number
  readonly tokens: TokenBucket
  /** What waits, by handle. */
  readonly queue: Map<number, Waiting> = new Map()
  /** What it told that no dial has decided yet; only of peers that we dialed. */
  readonly told: Told = new Told()
  /** How much of it was right and wrong. */
  right = 0
  wrong = 0
  wasAnswered = false
  hasTold = false
  flushTimer: DueTimer | undefined
  ownTimer: DueTimer | undefined
  #known: KnownSet | undefined

  constructor(arrival: Pick<GossipPeer, 'id' | 'direction' | 'publicKey' | 'network'>, salt: number, nowMs: number) {
    this.id = arrival.id
    this.direction = arrival.direction
    this.publicKey = arrival.publicKey
    this.network = arrival.network
    this.salt = salt
    this.tokens = new TokenBucket(nowMs)
  }

  get timers(): readonly DueTimer[] {
    return [this.flushTimer, this.ownTimer].filter((timer) => timer !== undefined)
  }

  get known(): number {
    return this.#known?.size ?? 0
  }

  knows(handle: number): boolean {
    return this.#known?.has(handle) ?? false
  }

  know(handle: number): void {
    this.#known ??= new KnownSet(MAX_KNOWN)
    if (!this.#known.touch(handle)) this.#known.add(handle)
  }

  enqueue(handle: number, waiting: Waiting, random: Random): void {
    if (this.queue.size >= MAX_QUEUED && !this.queue.has(handle)) {
      const victim = [...this.queue.keys()][randomBelow(random, this.queue.size)]!
      this.queue.delete(victim)
    }
    this.queue.set(handle, waiting)
  }

  /** What it is to be told now, without what it has told us meanwhile. */
  drain(): AddrEntry[] {
    const entries: AddrEntry[] = []
    for (const [handle, { entry, isOwn }] of this.queue) {
      if (!isOwn && this.knows(handle)) continue
      this.know(handle)
      entries.push(entry)
    }
    this.queue.clear()
    return entries
  }
}
