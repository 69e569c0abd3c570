// Who is connected, and who may be: the checks of both checkpoints, in go-ethereum's order.
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import type { Direction } from '../wire/link.ts'

export interface PeerSetLimits {
  /** Peers in all; trusted ones are admitted above it. */
  readonly maxPeers: number
  /** Inbound peers among them. */
  readonly maxInbound: number
}

/** What a checkpoint is told of a connection. */
export interface Candidate {
  readonly id: string
  readonly direction: Direction
  readonly trusted: boolean
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

  get(id: string): P | undefined {
    return this.#peers.get(id)
  }

  values(): IterableIterator<P> {
    return this.#peers.values()
  }

  /** The refusal of checkpoint 1 (identity known); `undefined` lets it pass. Order as in go-ethereum's server. */
  check({ id, direction, trusted }: Candidate): PeerError | undefined {
    const { maxPeers, maxInbound } = this.#limits
    if (!trusted && this.size >= maxPeers) {
      return refusal(DiscReason.tooManyPeers, `${this.size} of ${maxPeers} peers are connected`)
    }
    if (!trusted && direction === 'inbound' && this.#inbound >= maxInbound) {
      return refusal(DiscReason.tooManyPeers, `${this.#inbound} of ${maxInbound} inbound peers are connected`)
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
}

function refusal(reason: number, message: string): PeerError {
  return new PeerError('disconnect reason', reason, message)
}
