// The Status exchange with each peer, and the chain that it is about.
import { DiscReason, isPeerError, PeerError } from '@peerwire/core'
import type { Peer, Timer } from '@peerwire/core'
import type { ChainHead } from './fork-id.ts'
import { genesisRange, knownNetwork, learnedNetwork, statusOf, statusRefusal } from './network.ts'
import type { EthNetwork, KnownNetwork } from './network.ts'
import { commonOf, versionOf } from './dialects.ts'
import type { BlockRange, Status } from './status.ts'

/** How long a remote's Status may take; go-ethereum's figure. */
const STATUS_TIMEOUT_MS = 5000

/** A peer from its Hello on. */
interface Greeting {
  readonly peer: Peer
  sent: boolean
  /** A Status that came while we knew no chain, from a peer that may not decide it. */
  heard: Status | undefined
  /** What the remote said, once it has been found to fit. */
  status: Status | undefined
  timer: Timer | undefined
}

export interface HandshakesHost {
  setTimer(delayMs: number, fn: () => void): Timer
  /** Where the chain stands, for forks. */
  head(network: KnownNetwork): ChainHead
  /** The chain was learned from a peer. */
  learned(network: KnownNetwork, peer: Peer): void
  /** Both have said their Status, and they fit. */
  ready(peer: Peer, status: Status): void
}

export class Handshakes {
  readonly #host: HandshakesHost
  readonly #chainId: bigint | undefined
  readonly #greetings = new Map<string, Greeting>()
  #network: KnownNetwork | undefined
  /** What we say we have; the genesis block where nothing was set. */
  range: BlockRange | undefined

  /**
   * @param network - `auto`: the first dialed peer decides
   * @param chainId - for `auto`, where it differs from the network id
   */
  constructor(network: EthNetwork | 'auto', chainId: bigint | undefined, host: HandshakesHost) {
    this.#host = host
    this.#chainId = chainId
    this.#network = network === 'auto' ? undefined : knownNetwork(network)
  }

  get network(): KnownNetwork | undefined {
    return this.#network
  }

  /** Peers whose Status fitted. */
  *ready(): IterableIterator<{ readonly peer: Peer; readonly status: Status }> {
    for (const { peer, status } of this.#greetings.values()) if (status) yield { peer, status }
  }

  /** A peer whose Status fitted. */
  find(id: string): { readonly peer: Peer; readonly status: Status } | undefined {
    const greeting = this.#greetings.get(id)
    return greeting?.status ? { peer: greeting.peer, status: greeting.status } : undefined
  }

  /**
   * A peer that shares eth. One that shares something else, too, may take its time: a node may know no chain yet.
   *
   * @throws {PeerError} when eth is all that is shared, and we have nothing to say
   */
  opened(peer: Peer): void {
    const greeting: Greeting = { peer, sent: false, heard: undefined, status: undefined, timer: undefined }
    const isEthAlone = peer.shared.length === 1
    if (this.#network) this.#send(greeting, this.#network)
    else if (isEthAlone && peer.direction === 'inbound') {
      throw new PeerError('need a local status message', DiscReason.uselessPeer, 'no eth network is known here yet')
    }
    this.#greetings.set(peer.id, greeting)
    if (!isEthAlone) return
    greeting.timer = this.#host.setTimer(STATUS_TIMEOUT_MS, () => {
      const text = `no Status within ${STATUS_TIMEOUT_MS} ms`
      peer.fail(new PeerError('handshake timeout', DiscReason.readTimeout, text))
    })
  }

  closed(peer: Peer): void {
    this.#greetings.get(peer.id)?.timer?.cancel()
    this.#greetings.delete(peer.id)
  }

  close(): void {
    for (const { timer } of this.#greetings.values()) timer?.cancel()
    this.#greetings.clear()
  }

  /** The remote's Status. @throws {PeerError} when it doesn't fit, or is the second one */
  received(peer: Peer, status: Status): void {
    const greeting = this.#greetings.get(peer.id)
    if (!greeting) return
    if (greeting.status || greeting.heard) {
      throw new PeerError('unexpected remote status', DiscReason.subprotocolError, 'a second Status')
    }
    // Whoever dials us doesn't decide which chain we follow.
    if (!this.#network && peer.direction === 'inbound') {
      greeting.heard = { ...status, genesisHash: status.genesisHash.slice(), latestHash: status.latestHash.slice() }
      return
    }
    const network = this.#network ?? learnedNetwork(status, this.#chainId, peer.toString())
    const refusal = statusRefusal(versionOf(peer), network, () => this.#host.head(network), status)
    if (refusal) throw refusal
    const isLearned = !this.#network
    if (isLearned) {
      this.#network = network
      this.#host.learned(network, peer)
    }
    greeting.timer?.cancel()
    greeting.timer = undefined
    this.#send(greeting, network)
    // Views would keep the message.
    greeting.status = { ...status, genesisHash: network.genesisHash, latestHash: status.latestHash.slice() }
    this.#host.ready(peer, greeting.status)
    if (isLearned) this.#greetWaiting(network)
  }

  // Those who came before the chain was known.
  #greetWaiting(network: KnownNetwork): void {
    for (const greeting of [...this.#greetings.values()]) {
      const { peer, heard } = greeting
      if (greeting.status) continue
      greeting.heard = undefined
      try {
        if (heard) this.received(peer, heard)
        else this.#send(greeting, network)
      } catch (error) {
        if (!isPeerError(error)) throw error
        peer.fail(error)
      }
    }
  }

  /** What the peer said. @throws {PeerError} when it has said something else before its Status */
  statusOf(peer: Peer): Status {
    const status = this.#greetings.get(peer.id)?.status
    if (status) return status
    throw new PeerError(
      'failed to receive the remote status',
      DiscReason.subprotocolError,
      'the first message is no Status',
    )
  }

  /** The peer's blocks have changed. */
  update(peer: Peer, { earliest, latest, latestHash }: BlockRange): void {
    const greeting = this.#greetings.get(peer.id)
    if (greeting?.status) greeting.status = { ...greeting.status, earliest, latest, latestHash: latestHash.slice() }
  }

  #send(greeting: Greeting, network: KnownNetwork): void {
    if (greeting.sent) return
    greeting.sent = true
    const version = versionOf(greeting.peer)
    const status = statusOf(version, network, this.range ?? genesisRange(network), () => this.#host.head(network))
    void greeting.peer.send(commonOf(version), 'status', status)
  }
}
