// What dials and handshakes show of claims, and what that says of those who told of them.
import type { AddressTables } from '../addresses/address-tables.ts'
import { addressOfEndpoint } from '../addresses/endpoint-address.ts'
import { parseIp } from '../addresses/ip.ts'
import { NetworkId } from '../addresses/network-address.ts'
import type { NetworkAddress } from '../addresses/network-address.ts'
import { hostOf } from '../addresses/prefix.ts'
import { isRoutableIp } from '../addresses/routability.ts'
import { equalBytes, toHex } from '../base/bytes.ts'
import type { Random } from '../base/random.ts'
import { randomBelow } from '../base/random.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import type { PeerError } from '../errors/peer-error.ts'
import type { Address } from '../wire/address.ts'
import type { Peer } from '../wire/peer.ts'
import { isOtherKey, isOurDoing, isSignOfLife, isUseless } from './dial-verdict.ts'
import type { Gossiper } from './gossiper.ts'
import { vagueTime } from './told-times.ts'

/** Milliseconds for which whoever is of no use isn't dialed: told only what is wrong, or is of another network. */
const AWAY_MS = 3_600_000

export interface WitnessOptions {
  readonly tables: AddressTables
  readonly gossiper: Gossiper
  readonly random: Random
  /** Seconds since 1970. */
  now(): number
  /** Whether an outbound peer is of this group. */
  isGroupUsed(group: string): boolean
  /** Whether all places for outbound peers are taken. */
  isFull(): boolean
  isBanned(claim: Pick<Address, 'publicKey'> & { readonly address: NetworkAddress }): boolean
  /** Ourselves, or whom the program left out. */
  isNobody(publicKey: Uint8Array): boolean
  /** Not to be dialed for a while. */
  holdOff(address: Address, forMs: number): void
}

export class Witness {
  readonly #options: WitnessOptions
  /** Keys of peers of other networks that are connected. */
  readonly #foreign = new Set<string>()

  constructor(options: WitnessOptions) {
    this.#options = options
  }

  /** A handshake at this address has proven the key. */
  proven(publicKey: Uint8Array, address: NetworkAddress): void {
    const { tables, isNobody, now, random } = this.#options
    if (isNobody(publicKey)) return
    const nowS = now()
    // What is known keeps its time, and what isn't gets one that says nothing: others are told it.
    if (!tables.get(address, publicKey)) {
      tables.add({ address, publicKey, time: vagueTime(nowS, (below) => randomBelow(random, below)) }, address, nowS)
    }
    for (const claim of tables.claims(address)) this.#shown(address, publicKey, claim.publicKey)
    tables.good(address, publicKey, nowS)
  }

  /**
   * Whether a peer that was dialed by a name is where we have a peer already; then it is ended. One host may have many
   * names, and what a name leads to shows when it is connected: it has one place, too.
   */
  isCrowding(peer: Peer, address: NetworkAddress): boolean {
    const { tables, isGroupUsed } = this.#options
    const ip = address.network === NetworkId.name ? parseIp(hostOf(peer.remoteAddress)) : undefined
    if (!ip || !isRoutableIp(ip)) return false
    this.proven(peer.publicKey, address)
    tables.resolve(address, ip)
    const group = tables.groupOf(address)
    if (group === undefined || !isGroupUsed(group) || peer.persistent || peer.trusted) return false
    peer.disconnect(DiscReason.uselessPeer, 'its network has a place by another name')
    return true
  }

  /** What a dial that led to nobody says of the claim; whether it says anything. */
  failed({ publicKey, endpoint }: Address, error: PeerError): boolean {
    const { tables, gossiper, now, isBanned } = this.#options
    const address = addressOfEndpoint(endpoint)
    if (!address || !tables.get(address, publicKey)) return false
    const useless = isUseless(error) && !isBanned({ address, publicKey })
    if (isOurDoing(error) && !useless) return false
    const isOther = isOtherKey(error) || (error.code === 'link lost' && tables.claims(address).length > 1)
    const countFailure = !isSignOfLife(error)
    tables.attempt(address, now(), { countFailure, publicKey, isOther, isUseless: useless })
    if (isOther) gossiper.disproved({ address, publicKey })
    return true
  }

  /** A peer tells of a claim: what handshakes have shown lately says whether it can be believed. */
  heard(address: NetworkAddress, publicKey: Uint8Array): void {
    const shown = this.#options.tables.shown(address, this.#options.now())
    if (shown) this.#shown(address, shown.publicKey, publicKey)
  }

  /** A peer with which we share nothing but `addr/1` keeps the book of another network. */
  foreign({ publicKey, endpoint }: Peer): void {
    const { tables, holdOff, now } = this.#options
    const address = endpoint && addressOfEndpoint(endpoint)
    if (!address) return
    this.#foreign.add(toHex(publicKey))
    tables.attempt(address, now(), { countFailure: true, publicKey, isUseless: true })
    holdOff({ publicKey, endpoint }, AWAY_MS)
  }

  /** Whether a peer turned out to be of another network; it is forgotten with its connection. */
  left({ publicKey }: Peer): boolean {
    return this.#foreign.delete(toHex(publicKey))
  }

  /**
   * Whoever told of nodes that are not there, and of none that is, gives its place to another, when all are taken:
   * while there are few, it may be that it knows no better.
   */
  dropLiar(): void {
    const { gossiper, isFull, holdOff } = this.#options
    if (!isFull()) return
    const liar = gossiper.liars().find(({ persistent, trusted }) => !persistent && !trusted)
    if (!liar?.endpoint) return
    holdOff({ publicKey: liar.publicKey, endpoint: liar.endpoint }, AWAY_MS)
    liar.disconnect(DiscReason.uselessPeer, 'the nodes that it tells of are not there')
  }

  #shown(address: NetworkAddress, publicKey: Uint8Array, told: Uint8Array): void {
    const { gossiper } = this.#options
    if (equalBytes(publicKey, told)) return gossiper.proved({ address, publicKey })
    gossiper.disproved({ address, publicKey: told })
    this.dropLiar()
  }
}
