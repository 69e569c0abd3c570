// Follows the chain of the peers that this node dialed, and gives each new header to the inventory.
import { equalBytes } from '@peerwire/core'
import type { Clock, Peer, Timer } from '@peerwire/core'
import type { InventoryPlugin, ItemVerdict } from '@peerwire/core/inventory'
import type { Eth } from './api.ts'
import type { BlockKind } from './block-kind.ts'
import type { Header } from './header.ts'

/** Headers fetched of a chain that is met for the first time: as many blocks as two finalized epochs have. */
const HISTORY = 64
/** How often a peer is asked what follows: a quarter of a slot. Ranges are told only every 32 blocks. */
const POLL_MS = 3000

export interface FollowerHost {
  readonly eth: Pick<Eth, 'getBlockHeaders' | 'statusOf'>
  readonly inventory: InventoryPlugin
  readonly kind: BlockKind
  readonly clock: Clock
  received(header: Header, peer: Peer): void
}

/** Headers are taken only from peers that we chose ourselves: a hash proves a header, not that the chain has it. */
export class BlockFollower {
  readonly #host: FollowerHost
  readonly #peers = new Map<string, Peer>()
  /** Those among them that have answered with headers: others, such as relays, have none to answer with. */
  readonly #sources = new Set<Peer>()
  #head: Header | undefined
  #timer: Timer | undefined
  #isAsking = false
  #turn = 0

  constructor(host: FollowerHost) {
    this.#host = host
    host.kind.confirmWith((header) => this.#confirm(header))
  }

  /** The peer has said where its chain ends, for the first time or anew. */
  changed(peer: Peer): void {
    if (peer.direction !== 'outbound') return
    this.#peers.set(peer.id, peer)
    void this.#ask(() => this.#takeLatest(peer))
    this.#timer ??= this.#host.clock.setTimer(POLL_MS, () => this.#poll())
  }

  gone(peer: Peer): void {
    this.#peers.delete(peer.id)
    this.#sources.delete(peer)
    if (this.#peers.size === 0) this.close()
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  // One peer at a time, the next one the next time.
  #poll(): void {
    this.#timer = this.#host.clock.setTimer(POLL_MS, () => this.#poll())
    const peers = [...this.#peers.values()]
    const peer = peers[this.#turn++ % peers.length]!
    void this.#ask(async () => {
      if (!this.#head) return await this.#takeLatest(peer)
      const start = this.#head.number + 1n
      const headers = await this.#host.eth.getBlockHeaders(peer, { start, limit: HISTORY })
      const [first] = headers
      if (!first) return
      if (this.#isHere(first.parentHash)) this.#take(peer, headers)
      else await this.#takeUpTo(peer, headers.at(-1)!.hash)
    })
  }

  // Whatever goes wrong has ended the peer where it began, or is worth another try the next time.
  async #ask(question: () => Promise<void>): Promise<void> {
    if (this.#isAsking) return
    this.#isAsking = true
    try {
      await question()
    } catch {
      // Asked again at the next poll.
    } finally {
      this.#isAsking = false
    }
  }

  async #takeLatest(peer: Peer): Promise<void> {
    const latest = this.#host.eth.statusOf(peer)?.latestHash
    if (latest && !this.#isHere(latest)) await this.#takeUpTo(peer, latest)
  }

  // From a header back to one that is here, or as far as history goes.
  async #takeUpTo(peer: Peer, hash: Uint8Array): Promise<void> {
    const headers = await this.#host.eth.getBlockHeaders(peer, { start: hash, limit: HISTORY, reverse: true })
    const known = headers.findIndex((header) => this.#isHere(header.hash))
    this.#take(peer, (known < 0 ? headers : headers.slice(0, known)).toReversed())
  }

  #take(peer: Peer, headers: readonly Header[]): void {
    const { inventory, kind, received } = this.#host
    if (headers.length > 0) this.#sources.add(peer)
    for (const header of headers) {
      this.#head = header
      if (this.#isHere(header.hash)) continue
      // A copy, because a view would keep the whole message.
      inventory.publish(kind, header.bytes.slice(), { isPassedOn: true })
      kind.extendTo(header)
      received(header, peer)
    }
  }

  // What others say of the chain is true when a peer of ours says so, too; without one the links have to do.
  async #confirm(header: Header): Promise<ItemVerdict> {
    const [peer] = this.#sources
    if (!peer) return 'accept'
    try {
      const [found] = await this.#host.eth.getBlockHeaders(peer, { start: header.hash, limit: 1 })
      return found && equalBytes(found.hash, header.hash) ? 'accept' : 'ignore'
    } catch {
      return 'later'
    }
  }

  #isHere(hash: Uint8Array): boolean {
    return this.#host.inventory.stateOf(this.#host.kind.number, hash) === 'accepted'
  }
}
