// Who is connected, and who may be: the checks of both checkpoints, in go-ethereum's order.
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import type { Direction } from '../wire/link.ts'

export interface PeerSetLimits {
  /** Places in all; who is named by the user, as persistent or trusted, is admitted above them. */
  readonly maxPeers: number
  /** Those of them that inbound peers may take. */
  readonly maxInbound: number
}

/** What a checkpoint is told of a connection. */
export interface Candidate {
  readonly id: string
  readonly direction: Direction
  /** The user has named it. */
  readonly named: boolean
}

/** The least that the set needs to know of a peer. */
export interface Member {
  readonly id: string
  readonly direction: Direction
}

export class PeerSet<P extends Member> {
  readonly #selfId: string
  readonly #limits: PeerSetLimits
  readonly #peers = new Map<string, P>()
  #inbound = 0
  /** Whom the places are for that dials hold, and how many dials of each. */
  readonly #held = new Map<string, number>()

  constructor(selfId: string, limits: PeerSetLimits) {
    this.#selfId = selfId
    this.#limits = limits
  }

  get size(): number {
    return this.#peers.size
  }

  get inboundCount(): number {
    return this.#inbound
  }

  /** Places that neither a peer has nor the dial of a stranger holds; less than none with peers above the limit. */
  get free(): number {
    return this.#limits.maxPeers - this.size - this.#held.size
  }

  /**
   * Holds a place for a dial of `id` from its beginning, until `give` is called with the same; several of one id hold
   * one together. Without a free one the answer is the refusal.
   */
  hold(id: string): PeerError | undefined {
    const held = this.#held.get(id) ?? 0
    if (held === 0 && this.free <= 0) return this.#full()
    this.#held.set(id, held + 1)
    return undefined
  }

  give(id: string): void {
    const held = this.#held.get(id) ?? 0
    if (held > 1) this.#held.set(id, held - 1)
    else this.#held.delete(id)
  }

  get(id: string): P | undefined {
    return this.#peers.get(id)
  }

  values(): IterableIterator<P> {
    return this.#peers.values()
  }

  /** The refusal of checkpoint 1 (identity known); `undefined` lets it pass. Order as in go-ethereum's server. */
  check({ id, direction, named }: Candidate): PeerError | undefined {
    const { maxPeers, maxInbound } = this.#limits
    if (!named) {
      // A place that is held for this very peer is its own, whoever dialed first.
      const held = direction === 'inbound' ? this.#held.size - (this.#held.has(id) ? 1 : 0) : 0
      if (this.size + held >= maxPeers) return this.#full()
      if (direction === 'inbound' && this.#inbound >= maxInbound) {
        return refusal(DiscReason.tooManyPeers, `${this.#inbound} of ${maxInbound} inbound peers are connected`)
      }
    }
    if (this.#peers.has(id)) return refusal(DiscReason.alreadyConnected, 'this key is connected already')
    if (id === this.#selfId) return refusal(DiscReason.self, 'the remote has our own key')
    return undefined
  }

  /** The refusal of checkpoint 2 (Hello known): something to talk about, then everything of checkpoint 1 again. */
  checkShared(candidate: Candidate, sharedCount: number, offeredCount: number): PeerError | undefined {
    if (offeredCount > 0 && sharedCount === 0) return refusal(DiscReason.uselessPeer, 'no protocol is shared')
    return this.check(candidate)
  }

  add(peer: P): void {
    if (this.#peers.has(peer.id)) throw new RangeError(`peer ${peer.id} is in the set already`)
    this.#peers.set(peer.id, peer)
    if (peer.direction === 'inbound') this.#inbound++
  }

  /** Takes a peer out; `false` when it isn't in (or another connection of the same key is). */
  remove(peer: P): boolean {
    if (this.#peers.get(peer.id) !== peer) return false
    this.#peers.delete(peer.id)
    if (peer.direction === 'inbound') this.#inbound--
    return true
  }

  #full(): PeerError {
    const held = this.#held.size > 0 ? `, ${this.#held.size} dials under way` : ''
    return refusal(DiscReason.tooManyPeers, `${this.size} of ${this.#limits.maxPeers} peers are connected${held}`)
  }
}

function refusal(reason: number, message: string): PeerError {
  return new PeerError('disconnect reason', reason, message)
}
