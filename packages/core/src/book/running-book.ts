// The book of a node that runs: tables, gossip, store, seeds and feelers put together.
import { interfaceHosts } from '#interfaces'
import type { AddressEntry, AddressTables, HeardAddress, SelectOptions } from '../addresses/address-tables.ts'
import { addressOfEndpoint, endpointOfAddress } from '../addresses/endpoint-address.ts'
import { isRoutableAddress } from '../addresses/group-policy.ts'
import { hasQuery } from '../addresses/network-address.ts'
import type { NetworkAddress } from '../addresses/network-address.ts'
import { evenShare, shareByPeers } from '../addresses/select.ts'
import { createAddressTables } from '../addresses/tables.ts'
import { equalBytes, toHex } from '../base/bytes.ts'
import type { Timer } from '../base/clock.ts'
import { randomBelow } from '../base/random.ts'
import type { PeerError } from '../errors/peer-error.ts'
import type { CandidateRefusal, PluginContext } from '../node/plugin.ts'
import type { AddrEntry } from '../protocols/addr/messages.ts'
import type { Address, Endpoint } from '../wire/address.ts'
import { formatEndpoint, parseAddress } from '../wire/address.ts'
import type { Peer } from '../wire/peer.ts'
import { Bootstrap } from './bootstrap.ts'
import { BookKeeper } from './book-keeper.ts'
import type { LoadedBook } from './book-keeper.ts'
import type { BookSnapshot } from './book-file.ts'
import { DialSource } from './dial-source.ts'
import { Feelers } from './feelers.ts'
import { Gossiper } from './gossiper.ts'
import type { AddressBookInspection, AddressBookOptions } from './options.ts'
import { Outbound } from './outbound.ts'
import { Picker } from './picker.ts'
import { OwnAddresses } from './own-addresses.ts'
import { Prober } from './prober.ts'
import { restoreBook } from './restore-book.ts'
import { toldTime, vagueTime } from './told-times.ts'
import { Witness } from './witness.ts'
import { canReach, isLocalAddress, isLocalOrRoutable } from './places.ts'

/**
 * When anchors that are not connected are dialed once more, in milliseconds: for 30 s after a connection many nodes
 * refuse another one from the same address, and a restart takes less.
 */
const ANCHORS_AGAIN_MS = 40_000
/** Share of the book in an answer, in percent; of a small one as many entries as keep a small network together. */
const SAMPLE_PERCENT = 23
const SAMPLE_LEAST = 10

/** Loopback and LAN are one group, which has one bucket of the new table and eight of the tried one. */
const LOCAL_BOUND = 'of this machine and its network at most 64 addresses not yet tried and 512 tried'

/** The user's options, and the network that they or the program's protocols stand for. */
export interface RunningOptions extends AddressBookOptions {
  readonly network: string
  readonly parts: readonly string[]
}

export class RunningBook {
  readonly tables: AddressTables
  readonly source: DialSource
  readonly gossiper: Gossiper
  readonly #options: RunningOptions
  readonly #context: PluginContext
  readonly #accepts: (address: NetworkAddress) => boolean
  readonly #keeper: BookKeeper | undefined
  readonly #bootstrap: Bootstrap
  readonly #feelers: Feelers
  readonly #outbound: Outbound
  readonly #own: OwnAddresses
  readonly #picker: Picker
  /** Whom the last run leaves to be dialed first. */
  readonly #anchors: readonly string[]
  #anchorTimer: Timer | undefined
  /** Keys of all peers, whoever dialed. */
  readonly #peers = new Set<string>()
  readonly #prober: Prober
  readonly #witness: Witness

  constructor(
    options: RunningOptions,
    context: PluginContext,
    stored: LoadedBook | undefined,
    keeper: BookKeeper | undefined,
  ) {
    const { clock, random, crypto, logger, signal, node } = context
    const { groups, newShare = 'even' } = options
    this.#options = options
    this.#context = context
    this.#keeper = keeper
    this.#accepts = options.accepts ?? (options.local ? isLocalOrRoutable : (address) => isRoutableAddress(address))
    this.tables = createAddressTables({
      random,
      sha256: crypto.sha256,
      accepts: this.#accepts,
      ...(stored?.header ? { header: stored.header.tables, savedAt: stored.header.savedAt } : {}),
      ...(groups ? { groups } : {}),
      newShare: newShare === 'by peers' ? shareByPeers : newShare === 'even' ? evenShare : newShare,
    })
    this.#outbound = new Outbound(stored?.header?.anchors ?? [])
    this.#anchors = this.#outbound.anchors()
    this.#own = new OwnAddresses({
      accepts: this.#accepts,
      interfaces: interfaceHosts,
      stated: () => context.stated(),
    })
    this.#own.advertise(options.advertise ?? [])
    this.#picker = new Picker({
      tables: this.tables,
      select: () => this.#selectOptions(),
      now: () => this.#now(),
      isPeer: (publicKey) => this.#isPeer(publicKey),
      isHeldAgainst: (claim) => this.#isHeldAgainst(claim),
      isGroupUsed: (group) => this.#outbound.hasGroup(group),
    })
    this.source = new DialSource({
      clock,
      pick: (nowMs) => this.#picker.next(nowMs),
      ripeAtMs: (nowMs) => this.#picker.ripeAtMs(nowMs),
    })
    this.#bootstrap = new Bootstrap({
      seeds: options.seeds ?? [],
      clock,
      random,
      logger,
      signal,
      outbound: context.places.outbound,
      peers: () => this.#outbound.size,
      found: (addresses) => this.#seeded(addresses),
      isGood: (endpoint) => this.#isGood(endpoint),
    })
    this.#prober = new Prober({
      context,
      tables: this.tables,
      select: () => this.#selectOptions(),
      now: () => this.#now(),
      mayProbe: () => this.#outbound.size > 0,
      isRefused: (claim) => this.#picker.isRefused(claim, clock.now()),
      isPeer: (publicKey) => this.#isPeer(publicKey),
      lives: (felt, address) => {
        this.#picker.dialed(felt, clock.now())
        this.#proven(felt.publicKey, address)
      },
      failed: (felt, error) => this.#dialFailed(felt, error),
    })
    this.#feelers = new Feelers({ clock, random, feel: () => this.#feel() })
    this.gossiper = new Gossiper({
      context,
      network: options.network,
      foreign: (peer) => this.#witness.foreign(peer),
      learn: (entry, from, isOwn) => this.#learn({ ...entry, isOwn }, from),
      sample: () => this.#sample(),
      mayRelay: (entry) => this.#accepts(entry.address) && !hasQuery(entry.address) && !this.#isHeldAgainst(entry),
      toldKey: ({ address }) => this.tables.told(address, this.#now())?.publicKey,
      canReach: ({ address }) => canReach(context.canDial, address.network, address.transport),
      own: (remote) =>
        this.#own.for(remote).map((address) => ({ address, publicKey: node.publicKey, time: this.#now() })),
    })
    this.#witness = new Witness({
      tables: this.tables,
      gossiper: this.gossiper,
      random,
      now: () => this.#now(),
      isGroupUsed: (group) => this.#outbound.hasGroup(group),
      isFull: () => this.#outbound.size >= context.places.outbound,
      isBanned: (claim) => this.#isHeldAgainst(claim),
      isNobody: (publicKey) => this.#isNobody(publicKey),
      holdOff: (address, forMs) =>
        this.#picker.refused(address, { reason: 'discouraged', untilMs: clock.now() + forMs }),
    })
  }

  /** Puts back what was stored, dials the anchors, and listens to what the node meets. */
  async start(stored: LoadedBook | undefined): Promise<void> {
    const { clock, node, signal, logger } = this.#context
    if (stored) await restoreBook(this.tables, stored, clock)
    if (signal.aborted) return
    const { total, tried } = this.tables.counts()
    logger.log(total > 0 ? 'info' : 'debug', 'Address book', {
      addresses: total,
      tried,
      anchors: this.#anchors.length,
      ...(this.#options.local ? { bound: LOCAL_BOUND } : {}),
    })
    node.on('peer:added', (peer) => this.#added(peer, peer.endpoint && addressOfEndpoint(peer.endpoint)))
    node.on('peer:removed', ({ peer }) => this.#removed(peer, peer.endpoint && addressOfEndpoint(peer.endpoint)))
    node.on('setup:failed', () => this.#changed())
    node.on('dial:failed', ({ address, error }) => this.#dialFailed(address, error))
    // What was connected at that moment is what the next start begins with.
    signal.addEventListener('abort', () => this.#outbound.freeze(), { once: true })
    this.#dialAnchors()
    this.#anchorTimer = clock.setTimer(ANCHORS_AGAIN_MS, () => this.#dialAnchors())
    this.#bootstrap.start(total === 0)
    this.#feelers.start()
  }

  listening(): void {
    const { node, logger } = this.#context
    this.#own.listening(node.addresses, logger)
  }

  async stop(): Promise<void> {
    this.source.close()
    this.#anchorTimer?.cancel()
    this.#bootstrap.stop()
    this.#feelers.stop()
    this.gossiper.stop()
    await this.#keeper?.close()
  }

  /** Takes in what the program knows. */
  add({ publicKey, endpoint }: Address): boolean {
    const address = addressOfEndpoint(endpoint)
    const time = this.#now()
    return address !== undefined && this.#take({ address, publicKey, time }, address, time)
  }

  async save(): Promise<void> {
    await this.#keeper?.save()
  }

  snapshot(): BookSnapshot {
    const { network } = this.#options
    const header = {
      network,
      savedAt: this.#now(),
      tables: this.tables.header(),
      anchors: this.#outbound.anchors(),
    }
    return { header, rows: this.tables.rows() }
  }

  inspect(): AddressBookInspection {
    return {
      network: this.#options.network,
      networkParts: this.#options.parts,
      addresses: this.tables.counts(),
      ...(this.#options.local ? { bound: LOCAL_BOUND } : {}),
      ...this.#own.counts(),
      addr: this.gossiper.inspect(),
      file: this.#keeper?.inspect(),
      anchors: this.#outbound.anchors(),
      seedsAsked: this.#bootstrap.rounds,
      feelers: this.#prober.felt,
      waitsFor: this.#waitsFor(),
    }
  }

  async #feel(): Promise<void> {
    if (this.#options.feelers ?? true) await this.#prober.feel()
    else this.#prober.resolveCollisions()
  }

  #dialAnchors(): void {
    const anchors = this.#anchors.map(readAnchor).filter((anchor) => anchor !== undefined)
    this.#offer(anchors.filter(({ publicKey }) => !this.#isPeer(publicKey)))
  }

  #offer(addresses: readonly Address[]): void {
    this.#picker.offer(addresses, this.#context.clock.now())
    this.source.wake()
  }

  #waitsFor(): string {
    const { total } = this.tables.counts()
    if (!this.source.isWaiting) return 'nothing: whoever dials has got an address, or has not asked for one'
    const known = total === 0 ? 'nobody is known' : `none of ${total} addresses can be dialed just now`
    return `${known}; ${this.#bootstrap.waitsFor ?? 'peers that tell of others'}`
  }

  #now(): number {
    return Math.floor(this.#context.clock.wallNow() / 1000)
  }

  /** The dialer's word on a candidate that it doesn't dial. */
  refused(address: Address, refusal: CandidateRefusal): void {
    this.#picker.refused(address, refusal)
  }

  #selectOptions(): SelectOptions {
    const { defaultPort } = this.#options
    return {
      canReach: (network, transport) => canReach(this.#context.canDial, network, transport),
      outbound: this.#outbound.size,
      ...(defaultPort === undefined ? {} : { defaultPort }),
    }
  }

  #isPeer(publicKey: Uint8Array): boolean {
    const { node } = this.#context
    return equalBytes(publicKey, node.publicKey) || this.#peers.has(toHex(publicKey))
  }

  #changed(): void {
    this.#picker.changed()
    this.#witness.dropLiar()
    this.source.wake()
  }

  #isHeldAgainst({ address, publicKey }: Pick<AddressEntry, 'address' | 'publicKey'>): boolean {
    return this.#context.judge({ publicKey, address: formatEndpoint(endpointOfAddress(address)) }) !== undefined
  }

  #sample(): AddrEntry[] {
    const now = this.#now()
    const { total } = this.tables.counts()
    const percent = Math.min(100, Math.max(SAMPLE_PERCENT, Math.ceil((100 * SAMPLE_LEAST) / Math.max(total, 1))))
    const entries = this.tables.sample(now, { percent, isWanted: (entry) => !this.#isHeldAgainst(entry) })
    return entries.map(({ address, publicKey, time }) => ({ address, publicKey, time: toldTime(time, now) }))
  }

  // Nobody elsewhere knows of addresses here, and a stranger's query could make a service do something.
  #learn(entry: HeardAddress, from: NetworkAddress): void {
    const { address } = entry
    if (hasQuery(address) || (isLocalAddress(address) && !isLocalAddress(from))) return
    this.#witness.heard(address, entry.publicKey)
    this.#take(entry, from, this.#now())
  }

  // Of what a seed finds, not of what the user wrote.
  #isGood(endpoint: Endpoint): boolean {
    const address = addressOfEndpoint(endpoint)
    return address !== undefined && !hasQuery(address) && this.#accepts(address)
  }

  #take(entry: HeardAddress, from: NetworkAddress, now: number): boolean {
    if (this.#isNobody(entry.publicKey)) return false
    const isNew = this.tables.add(entry, from, now)
    if (isNew) {
      this.#keeper?.changed()
      this.source.wake()
    }
    return isNew
  }

  // Ourselves, or whom the program left out.
  #isNobody(publicKey: Uint8Array): boolean {
    const { except = [] } = this.#options
    return [this.#context.node.publicKey, ...except].some((key) => equalBytes(key, publicKey))
  }

  #seeded(addresses: readonly Address[]): void {
    const { random } = this.#context
    const now = this.#now()
    for (const { publicKey, endpoint } of addresses) {
      const address = addressOfEndpoint(endpoint)
      const time = vagueTime(now, (below) => randomBelow(random, below))
      if (address) this.#take({ address, publicKey, time }, address, now)
    }
    this.#offer(addresses)
  }

  #added(peer: Peer, address: NetworkAddress | undefined): void {
    const { publicKey, endpoint, direction } = peer
    this.#peers.add(toHex(publicKey))
    if (direction === 'outbound') {
      const nowMs = this.#context.clock.now()
      if (address && this.#witness.isCrowding(peer, address)) return this.#changed()
      if (endpoint) this.#picker.dialed({ publicKey, endpoint }, nowMs)
      this.#outbound.add(peer, address && this.tables.groupOf(address), nowMs)
      this.#bootstrap.peersChanged()
      if (address) this.#proven(publicKey, address)
    }
    this.#changed()
  }

  #proven(publicKey: Uint8Array, address: NetworkAddress): void {
    this.#witness.proven(publicKey, address)
    this.#keeper?.proven()
  }

  #removed(peer: Peer, address: NetworkAddress | undefined): void {
    const { id, publicKey } = peer
    this.#peers.delete(toHex(publicKey))
    const isForeign = this.#witness.left(peer)
    if (this.#outbound.remove(id)) {
      if (address && !isForeign) this.tables.connected(address, this.#now(), publicKey)
      this.#keeper?.changed()
      this.#bootstrap.peersChanged()
    }
    this.#changed()
  }

  #dialFailed(dialed: Address, error: PeerError): void {
    this.#picker.dialed(dialed, this.#context.clock.now())
    if (!this.#context.signal.aborted && this.#witness.failed(dialed, error)) this.#keeper?.changed()
    this.#changed()
  }
}

function readAnchor(text: string): Address | undefined {
  try {
    return parseAddress(text)
  } catch {
    return undefined // the file was changed by hand
  }
}
