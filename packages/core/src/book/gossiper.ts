// addr/1 of a running node: its messages brought to the gossip and from it, on the node's clock.
import type { NetworkAddress } from '../addresses/network-address.ts'
import { equalBytes } from '../base/bytes.ts'
import type { Timer } from '../base/clock.ts'
import type { PluginContext } from '../node/plugin.ts'
import { Gossip } from '../protocols/addr/gossip.ts'
import type { GossipFigures } from '../protocols/addr/gossip.ts'
import { addr } from '../protocols/addr/messages.ts'
import type { AddrEntry } from '../protocols/addr/messages.ts'
import type { Peer } from '../wire/peer.ts'
import { networkOf, placeOf } from './places.ts'

export interface GossiperOptions {
  readonly context: PluginContext
  readonly network: string
  /** `isOwn`: of itself, by the key that it has proven. */
  learn(entry: AddrEntry, from: NetworkAddress, isOwn: boolean): void
  sample(): readonly AddrEntry[]
  mayRelay(entry: AddrEntry): boolean
  /** Under which key others may be told of its address by now. */
  toldKey(entry: AddrEntry): Uint8Array | undefined
  canReach(entry: AddrEntry): boolean
  /** A peer that we dialed speaks of another network, and shares nothing with us but this protocol. */
  foreign(peer: Peer): void
  own(remote: NetworkAddress): readonly AddrEntry[]
}

/** Who is said to be where. */
type Claim = Pick<AddrEntry, 'address' | 'publicKey'>

interface Talker {
  readonly peer: Peer
  readonly place: NetworkAddress
}

export class Gossiper {
  readonly #options: GossiperOptions
  readonly #gossip: Gossip
  readonly #talkers = new Map<string, Talker>()
  #timer: { readonly atMs: number; readonly timer: Timer } | undefined

  constructor(options: GossiperOptions) {
    const { context, network } = options
    this.#options = options
    this.#gossip = new Gossip({
      random: context.random,
      sha256: context.crypto.sha256,
      learn: (entry, from) => {
        const talker = this.#talkers.get(from)
        if (talker) options.learn(entry, talker.place, equalBytes(entry.publicKey, talker.peer.publicKey))
      },
      sample: options.sample,
      mayRelay: options.mayRelay,
      renewed: (entry) => {
        const publicKey = options.toldKey(entry)
        return publicKey && { ...entry, publicKey }
      },
      canReach: options.canReach,
      own: (id) => {
        const talker = this.#talkers.get(id)
        return talker ? options.own(talker.place) : []
      },
      ask: (id) => void this.#talkers.get(id)?.peer.send(addr, 'getaddr', { network }),
      tell: (id, entries) => void this.#talkers.get(id)?.peer.send(addr, 'addr', { network, entries }),
    })
  }

  opened(peer: Peer): void {
    const { id, direction, publicKey } = peer
    this.#talkers.set(id, { peer, place: placeOf(peer) })
    // Each of them, however much is known: one that told a thousand made-up ones must not end the asking.
    const ask = direction === 'outbound'
    const nowMs = this.#options.context.clock.now()
    this.#gossip.opened({ id, direction, publicKey, network: networkOf(peer), ask }, nowMs)
    this.#schedule(nowMs)
  }

  closed(peer: Peer): void {
    this.#gossip.closed(peer.id)
    this.#talkers.delete(peer.id)
    this.#schedule(this.#options.context.clock.now())
  }

  asked(peer: Peer, network: string): void {
    if (this.#isForeign(peer, network)) return
    this.#gossip.asked(peer.id, this.#options.context.clock.now())
  }

  told(peer: Peer, network: string, entries: readonly AddrEntry[]): void {
    if (this.#isForeign(peer, network)) return
    const { clock } = this.#options.context
    const nowMs = clock.now()
    this.#gossip.told(peer.id, entries, nowMs, Math.floor(clock.wallNow() / 1000))
    this.#schedule(nowMs)
  }

  /** A handshake has shown that a claim is right: whoever told of it is to be believed. */
  proved(claim: Claim): void {
    this.#gossip.judged(claim, true)
  }

  /** Somebody else is there. */
  disproved(claim: Claim): void {
    this.#gossip.judged(claim, false)
  }

  /** Peers that we dialed and that have told of many nodes that are not there, and of none that is. */
  liars(): Peer[] {
    return this.#gossip.liars().map((id) => this.#talkers.get(id)!.peer)
  }

  stop(): void {
    this.#gossip.clear()
    this.#talkers.clear()
    this.#schedule(this.#options.context.clock.now())
  }

  inspect(): GossipFigures {
    return this.#gossip.inspect()
  }

  #isForeign(peer: Peer, network: string): boolean {
    if (network === this.#options.network) return false
    if (peer.direction === 'outbound' && peer.shared.every(({ name }) => name === addr.name))
      this.#options.foreign(peer)
    return true
  }

  #schedule(nowMs: number): void {
    const atMs = this.#gossip.nextAtMs
    if (atMs === this.#timer?.atMs) return
    this.#timer?.timer.cancel()
    this.#timer = undefined
    if (atMs === undefined) return
    const { clock } = this.#options.context
    const timer = clock.setTimer(Math.max(0, atMs - nowMs), () => {
      this.#timer = undefined
      const firedMs = clock.now()
      this.#gossip.tick(firedMs)
      this.#schedule(firedMs)
    })
    this.#timer = { atMs, timer }
  }
}
