// The book of a node that runs: tables, gossip, store, seeds and feelers put together.
import type { AddressEntry, AddressTables } from '../addresses/address-tables.ts'
import { addressOfEndpoint, endpointOfAddress } from '../addresses/endpoint-address.ts'
import { isRoutableAddress } from '../addresses/group-policy.ts'
import { addressKey, hasQuery } from '../addresses/network-address.ts'
import type { NetworkAddress } from '../addresses/network-address.ts'
import { evenShare, shareByPeers } from '../addresses/select.ts'
import { createAddressTables } from '../addresses/tables.ts'
import { equalBytes, toHex } from '../base/bytes.ts'
import type { Timer } from '../base/clock.ts'
import { randomBelow } from '../base/random.ts'
import { runInSlices } from '../base/slices.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { isPeerError } from '../errors/peer-error.ts'
import type { PeerError } from '../errors/peer-error.ts'
import type { PluginContext } from '../node/plugin.ts'
import type { AddrEntry } from '../protocols/addr/messages.ts'
import type { Address, Endpoint } from '../wire/address.ts'
import { formatEndpoint, parseAddress } from '../wire/address.ts'
import { Bootstrap } from './bootstrap.ts'
import { BookKeeper } from './book-keeper.ts'
import type { LoadedBook } from './book-keeper.ts'
import type { BookHeader } from './book-file.ts'
import { DialSource } from './dial-source.ts'
import { Feelers } from './feelers.ts'
import { Gossiper } from './gossiper.ts'
import type { AddressBookInspection, AddressBookOptions } from './options.ts'
import { Outbound } from './outbound.ts'
import { OwnAddresses } from './own-addresses.ts'
import { canReach, isLocalAddress, isLocalOrRoutable } from './places.ts'

/** Milliseconds for which an address that was given to the dialer is not given again. */
const OFFERED_MS = 60_000
/** Such addresses that are remembered: more than are drawn in that time. */
const MAX_OFFERED = 1024
/** A seed's address counts as seen three to seven days ago, as in btcd: nobody has said that it lives. Seconds. */
const SEED_AGE_S = 3 * 86_400
const SEED_AGE_MORE_S = 4 * 86_400
/**
 * When anchors that are not connected are dialed once more, in milliseconds: for 30 s after a connection many nodes
 * refuse another one from the same address, and a restart takes less.
 */
const ANCHORS_AGAIN_MS = 40_000
/** Share of the book in an answer, in percent; of a small one as many entries as keep a small network together. */
const SAMPLE_PERCENT = 23
const SAMPLE_LEAST = 10

export class RunningBook {
  readonly tables: AddressTables
  readonly source: DialSource
  readonly gossiper: Gossiper
  readonly #options: AddressBookOptions
  readonly #context: PluginContext
  readonly #accepts: (address: NetworkAddress) => boolean
  readonly #keeper: BookKeeper | undefined
  readonly #bootstrap: Bootstrap
  readonly #feelers: Feelers
  readonly #outbound: Outbound
  readonly #own: OwnAddresses
  /** Addresses given to the dialer, and until when they are not given again. */
  readonly #offered = new Map<string, number>()
  /** Whom the last run leaves to be dialed first. */
  readonly #anchors: readonly string[]
  #anchorTimer: Timer | undefined
  #felt = { sent: 0, alive: 0 }

  constructor(
    options: AddressBookOptions,
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
      ...(stored?.header ? { header: stored.header.tables } : {}),
      ...(groups ? { groups } : {}),
      newShare: newShare === 'by peers' ? shareByPeers : newShare === 'even' ? evenShare : newShare,
    })
    this.#outbound = new Outbound(stored?.header?.anchors ?? [])
    this.#anchors = this.#outbound.anchors()
    this.#own = new OwnAddresses(this.#accepts)
    this.#own.advertise(options.advertise ?? [])
    this.source = new DialSource({ clock, pick: () => this.#pick() })
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
    this.#feelers = new Feelers({ clock, random, feel: () => this.#feel() })
    this.gossiper = new Gossiper({
      context,
      network: options.network ?? 'main',
      learn: (entry, from) => this.#learn(entry, from),
      sample: () => this.#sample(),
      mayRelay: (entry) => this.#accepts(entry.address) && !hasQuery(entry.address) && !this.#isHeldAgainst(entry),
      canReach: ({ address }) => canReach(context.canDial, address.network, address.transport),
      needsMore: () => this.tables.needsMore(),
      own: (remote) => {
        const time = this.#now()
        return this.#own.for(remote).map((address) => ({ address, publicKey: node.publicKey, time }))
      },
    })
  }

  /** Puts back what was stored, dials the anchors, and listens to what the node meets. */
  async start(stored: LoadedBook | undefined): Promise<void> {
    const { clock, node, signal, logger } = this.#context
    if (stored) await runInSlices(clock, this.#restoring(stored))
    if (signal.aborted) return
    if (stored?.trouble !== undefined) this.#keeper?.changed()
    const { total, tried } = this.tables.counts()
    logger.log(total > 0 ? 'info' : 'debug', 'Address book', { addresses: total, tried, anchors: this.#anchors.length })
    node.on('peer:added', (peer) =>
      this.#added(peer.publicKey, peer.endpoint && addressOfEndpoint(peer.endpoint), peer),
    )
    node.on('peer:removed', ({ peer }) => this.#removed(peer.id, peer.endpoint && addressOfEndpoint(peer.endpoint)))
    node.on('dial:failed', ({ address, error }) => this.#dialFailed(address, error))
    // What was connected at that moment is what the next start begins with.
    signal.addEventListener('abort', () => this.#outbound.freeze(), { once: true })
    this.#dialAnchors()
    this.#anchorTimer = clock.setTimer(ANCHORS_AGAIN_MS, () => this.#dialAnchors())
    this.#bootstrap.start(total === 0)
    if (this.#options.feelers ?? true) this.#feelers.start()
  }

  listening(): void {
    this.#own.listening(this.#context.node.addresses)
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

  snapshot(): { readonly header: BookHeader; readonly rows: Iterable<readonly unknown[]> } {
    const { network = 'main' } = this.#options
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
      network: this.#options.network ?? 'main',
      addresses: this.tables.counts(),
      own: this.#own.count,
      addr: this.gossiper.inspect(),
      file: this.#keeper?.inspect(),
      anchors: this.#outbound.anchors(),
      seedsAsked: this.#bootstrap.rounds,
      feelers: { ...this.#felt },
      waitsFor: this.#waitsFor(),
    }
  }

  #dialAnchors(): void {
    const anchors = this.#anchors.map(readAnchor).filter((anchor) => anchor !== undefined)
    this.source.offer(anchors.filter(({ publicKey }) => !this.#outbound.has(publicKey)))
  }

  *#restoring({ batches }: LoadedBook): Generator<void, void, void> {
    for (const batch of batches) {
      this.tables.restore(batch, this.#now())
      yield
    }
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

  #pick(): Address | undefined {
    const nowMs = this.#context.clock.now()
    const entry = this.tables.select(this.#now(), {
      canReach: (network, transport) => canReach(this.#context.canDial, network, transport),
      isGroupUsed: (group) => this.#outbound.hasGroup(group),
      isRefused: (candidate) => this.#isRefused(candidate, nowMs),
      outbound: this.#outbound.size,
      ...(this.#options.defaultPort === undefined ? {} : { defaultPort: this.#options.defaultPort }),
    })
    if (!entry) return undefined
    this.#offered.set(entry.key, nowMs + OFFERED_MS)
    if (this.#offered.size > MAX_OFFERED) this.#offered.delete(this.#offered.keys().next().value!)
    return { publicKey: entry.publicKey.slice(), endpoint: endpointOfAddress(entry.address) }
  }

  #isRefused(entry: AddressEntry, nowMs: number): boolean {
    const untilMs = this.#offered.get(entry.key)
    if (untilMs !== undefined && untilMs > nowMs) return true
    const own = this.#context.node.publicKey
    if (this.#outbound.has(entry.publicKey) || equalBytes(entry.publicKey, own)) return true
    return this.#isHeldAgainst(entry)
  }

  #isHeldAgainst({ address, publicKey }: Pick<AddressEntry, 'address' | 'publicKey'>): boolean {
    return this.#context.judge({ publicKey, address: formatEndpoint(endpointOfAddress(address)) }) !== undefined
  }

  #sample(): AddrEntry[] {
    const { total } = this.tables.counts()
    const percent = Math.min(100, Math.max(SAMPLE_PERCENT, Math.ceil((100 * SAMPLE_LEAST) / Math.max(total, 1))))
    const entries = this.tables.sample(this.#now(), { percent, isWanted: (entry) => !this.#isHeldAgainst(entry) })
    return entries.map(({ address, publicKey, time }) => ({ address, publicKey, time }))
  }

  // Nobody elsewhere knows of addresses here, and a stranger's query could make a service do something.
  #learn(entry: AddrEntry, from: NetworkAddress): void {
    const { address } = entry
    if (hasQuery(address) || (isLocalAddress(address) && !isLocalAddress(from))) return
    this.#take(entry, from, this.#now())
  }

  // Of what a seed finds, not of what the user wrote.
  #isGood(endpoint: Endpoint): boolean {
    const address = addressOfEndpoint(endpoint)
    return address !== undefined && !hasQuery(address) && this.#accepts(address)
  }

  #take(entry: AddrEntry, from: NetworkAddress, now: number): boolean {
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
      const time = now - SEED_AGE_S - randomBelow(random, SEED_AGE_MORE_S)
      if (address) this.#take({ address, publicKey, time }, address, now)
    }
    this.source.offer(addresses)
  }

  #added(publicKey: Uint8Array, address: NetworkAddress | undefined, peer: Parameters<Outbound['add']>[0]): void {
    if (peer.direction !== 'outbound') return
    this.#outbound.add(peer, address && this.tables.groupOf(address), this.#context.clock.now())
    this.#bootstrap.peersChanged()
    if (address) this.#proven(publicKey, address)
  }

  // A handshake at this address has proven the key.
  #proven(publicKey: Uint8Array, address: NetworkAddress): void {
    if (this.#isNobody(publicKey)) return
    const now = this.#now()
    this.tables.add({ address, publicKey, time: now }, address, now)
    this.tables.good(address, publicKey, now)
    this.#keeper?.changed()
  }

  #removed(id: string, address: NetworkAddress | undefined): void {
    if (!this.#outbound.remove(id)) return
    if (address) this.tables.connected(address, this.#now())
    this.#keeper?.changed()
    this.#bootstrap.peersChanged()
    this.source.wake()
  }

  #dialFailed({ publicKey, endpoint }: Address, error: PeerError): void {
    const address = addressOfEndpoint(endpoint)
    if (!address || isOurDoing(error) || this.#context.signal.aborted) return
    this.#failed(address, publicKey, error)
    this.source.wake()
  }

  #failed(address: NetworkAddress, publicKey: Uint8Array, error: PeerError): void {
    const entry = this.tables.get(address)
    if (!entry || !equalBytes(entry.publicKey, publicKey)) return
    this.tables.attempt(address, this.#now(), { countFailure: !isSignOfLife(error) })
    this.#keeper?.changed()
  }

  // Out of turn: groups don't count, because nothing stays connected. Who is connected, whoever dialed, would refuse.
  async #feel(): Promise<void> {
    const { tables } = this
    const connected = new Set(this.#context.node.peers.map(({ publicKey }) => toHex(publicKey)))
    const [now, nowMs] = [this.#now(), this.#context.clock.now()]
    tables.resolveCollisions(now)
    if (this.#outbound.size === 0) return
    const entry =
      tables.selectCollision() ??
      tables.select(now, {
        onlyNew: true,
        canReach: (network, transport) => canReach(this.#context.canDial, network, transport),
        isRefused: (candidate) => connected.has(toHex(candidate.publicKey)) || this.#isRefused(candidate, nowMs),
      })
    if (!entry || this.#outbound.has(entry.publicKey)) return
    const { address } = entry
    const publicKey = entry.publicKey.slice()
    this.#offered.set(addressKey(address), nowMs + OFFERED_MS)
    this.#felt.sent++
    try {
      await this.#context.probe({ publicKey, endpoint: endpointOfAddress(address) }, { signal: this.#context.signal })
      this.#felt.alive++
      this.#proven(publicKey, address)
    } catch (error) {
      if (!isPeerError(error)) return
      // No place was free: it is for another time.
      if (isOurDoing(error)) this.#felt.sent--
      else this.#dialFailed({ publicKey, endpoint: endpointOfAddress(address) }, error)
    }
  }
}

// Nobody wants the dial any more, we have no place ourselves, or our own code failed: that says nothing of the address.
function isOurDoing({ origin }: PeerError): boolean {
  return origin === 'local' || origin === 'program'
}

// Whoever says that it is full, or that it knows us already, lives.
function isSignOfLife({ code, reason }: PeerError): boolean {
  if (code !== 'remote disconnect reason') return false
  return reason === DiscReason.tooManyPeers || reason === DiscReason.alreadyConnected
}

function readAnchor(text: string): Address | undefined {
  try {
    return parseAddress(text)
  } catch {
    return undefined // the file was changed by hand
  }
}
