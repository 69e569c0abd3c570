// The eth plugin: Status exchange, block ranges, headers, and transactions by way of the inventory.
import { checkOptions, DiscReason, Emitter, PeerError, prepare, randomBelow, thrownFields } from '@peerwire/core'
import { inventory as createInventory } from '@peerwire/core/inventory'
import type { Handlers, ListenOptions, Offer, Peer, PluginContext } from '@peerwire/core'
import type { InventoryPlugin } from '@peerwire/core/inventory'
import type { Eth, EthEvents, EthOptions, EthRequestOptions, HeadersRequest } from './api.ts'
import type { AccessLists, CellsAnswer, CellsQuestion } from './cells.ts'
import { BlockFollower } from './block-follower.ts'
import { checkBudget, createTransactionChecker } from './checker.ts'
import type { TransactionChecker } from './checker.ts'
import { commonOf, sendToAll } from './dialects.ts'
import { Handshakes } from './handshakes.ts'
import type { Header } from './header.ts'
import { inspectEth } from './inspect.ts'
import type { EthInspection } from './inspect.ts'
import { assumedHead } from './network.ts'
import type { KnownNetwork } from './network.ts'
import { offersOf } from './offers.ts'
import { ETH_VERSIONS } from './protocol.ts'
import type { CommonMessages, EthVersion } from './protocol.ts'
import { askAccessLists, askBodies, askCells, askHeaders, askReceipts } from './questions.ts'
import type { Hashes } from './questions.ts'
import type { TransactionRelay } from './relay.ts'
import { serveByHash, serveHeaders } from './serve.ts'
import { rangeRefusal } from './status.ts'
import type { BlockRange, Status } from './status.ts'
import { readTransaction } from './transaction.ts'
import type { Transaction } from './transaction.ts'
import { FETCH_TIMEOUT_MS, metaOf, TRANSACTION_KIND } from './transaction-kind.ts'

/**
 * Transactions up to this many bytes are sent whole to a few peers; larger ones are only announced. go-ethereum's
 * figure.
 */
const MAX_PUSHED_BYTES = 4096

const KINDS = {
  network: 'other',
  versions: 'other',
  chainId: 'other',
  inventory: 'thing',
  blocks: 'thing',
  serve: 'thing',
  budget: 'thing',
  head: 'call',
} as const

/** @throws {TypeError} naming the option that is wrong, or what is wrong with the network */
export function eth(options: EthOptions): Eth {
  const { network, budget } = checkOptions('eth', options, KINDS)
  if (!network) throw new TypeError("eth needs a network, or 'auto'")
  if (budget) checkBudget('eth', budget)
  return new EthPlugin(options)
}

/** What there is once the chain is known. */
interface Relaying {
  readonly relay: TransactionRelay
  readonly checker: TransactionChecker
  readonly chainId: bigint
}

class EthPlugin implements Eth {
  readonly name = 'eth'
  readonly protocols: readonly Offer[]
  readonly #options: EthOptions
  readonly #events: Emitter<EthEvents>
  readonly #inventory: InventoryPlugin
  readonly #handshakes: Handshakes
  #running: PluginContext | undefined
  #relaying: Relaying | undefined
  #follower: BlockFollower | undefined
  #isStopped = false
  /** Loaded on use. */
  #Relay: typeof TransactionRelay | undefined

  constructor(options: EthOptions) {
    if (options.blocks && !options.inventory) throw new TypeError('blocks need the inventory that has their kind')
    this.#options = options
    this.#inventory = options.inventory ?? createInventory()
    this.#events = new Emitter((error, event) => {
      this.#running?.logger.log('error', 'a listener threw', { event, ...thrownFields(error) })
    })
    this.#handshakes = new Handshakes(options.network, options.chainId, {
      setTimer: (delayMs, fn) => this.#context.clock.setTimer(delayMs, fn),
      head: (network) => options.head?.() ?? assumedHead(network, this.#context.clock.wallNow()),
      learned: (network, peer) => this.#events.emit('network:learned', network, peer),
      ready: (peer, status) => this.#ready(peer, status),
    })
    this.protocols = offersOf(versionsOf(options.versions), {
      serve: options.serve ?? {},
      handlers: this.#handlers(),
      hooks: { opened: (peer) => this.#handshakes.opened(peer), closed: (peer) => this.#closed(peer) },
      announced: (peer, list) => {
        this.#handshakes.statusOf(peer)
        this.#relaying!.relay.announced(peer, list)
      },
      requireStatus: (peer) => void this.#handshakes.statusOf(peer),
    })
  }

  get network(): KnownNetwork | undefined {
    return this.#handshakes.network
  }

  async start(context: PluginContext): Promise<void> {
    if (this.#running) throw new TypeError('this eth belongs to a running node already')
    this.#running = context
    if (!this.#options.inventory) await this.#inventory.start(context)
    this.#Relay = (await import('./relay.ts')).TransactionRelay
    if (this.#isStopped) return
    const { blocks: kind } = this.#options
    const received = (header: Header, peer: Peer): void => this.#events.emit('block:received', header, peer)
    const host = { eth: this, inventory: this.#inventory, clock: context.clock, received }
    if (kind) this.#follower = new BlockFollower({ ...host, kind })
  }

  stop(): void {
    this.#isStopped = true
    this.#handshakes.close()
    this.#follower?.close()
    if (!this.#options.inventory) this.#inventory.stop()
    this.#events.removeAll()
  }

  on<Name extends keyof EthEvents>(
    name: Name,
    listener: (...args: EthEvents[Name]) => void,
    options?: ListenOptions,
  ): () => void {
    return this.#events.on(name, listener, options)
  }

  once<Name extends keyof EthEvents>(
    name: Name,
    listener: (...args: EthEvents[Name]) => void,
    options?: ListenOptions,
  ): () => void {
    return this.#events.once(name, listener, options)
  }

  statusOf(peer: Peer): Status | undefined {
    return this.#handshakes.find(peer.id)?.status
  }

  setRange(range: BlockRange): void {
    const refusal = rangeRefusal(range)
    if (refusal !== undefined) throw new TypeError(refusal)
    this.#handshakes.range = range
    const peers = Array.from(this.#handshakes.ready(), ({ peer }) => peer)
    sendToAll(peers, (version) => prepare(commonOf(version), 'blockRangeUpdate', range))
  }

  async getBlockHeaders(peer: Peer, asked: HeadersRequest, options?: EthRequestOptions): Promise<readonly Header[]> {
    this.#handshakes.statusOf(peer)
    return await askHeaders(peer, asked, options ?? {}, this.#context.crypto)
  }

  async getBlockBodies(peer: Peer, hashes: Hashes, options?: EthRequestOptions): Promise<Hashes> {
    this.#handshakes.statusOf(peer)
    return await askBodies(peer, hashes, options ?? {})
  }

  async getReceipts(peer: Peer, hashes: Hashes, options?: EthRequestOptions): Promise<Hashes> {
    this.#handshakes.statusOf(peer)
    return await askReceipts(peer, hashes, options ?? {})
  }

  async getBlockAccessLists(peer: Peer, hashes: Hashes, options?: EthRequestOptions): Promise<AccessLists> {
    this.#handshakes.statusOf(peer)
    return await askAccessLists(peer, hashes, options ?? {})
  }

  async getCells(peer: Peer, question: CellsQuestion, options?: EthRequestOptions): Promise<CellsAnswer> {
    this.#handshakes.statusOf(peer)
    return await askCells(peer, question, options ?? {})
  }

  broadcastTransaction(envelope: Uint8Array): Transaction {
    const { network } = this
    if (!network) throw new TypeError('no eth network is known yet: the transaction has nowhere to go')
    const transaction = ownTransaction(envelope.slice(), network.chainId, this.#context)
    const { hash, bytes, type } = transaction
    if (this.#inventory.get(TRANSACTION_KIND, hash)) return transaction
    const meta = metaOf({ type, size: bytes.length })
    this.#inventory.received(undefined, { kind: TRANSACTION_KIND, id: hash, meta, bytes })
    const pushedTo = this.#pushedTo(bytes)
    for (const peer of pushedTo) this.#inventory.know(peer.id, TRANSACTION_KIND, [hash])
    sendToAll(pushedTo, (version) => prepare(commonOf(version), 'transactions', [bytes]))
    return transaction
  }

  inspect(): EthInspection {
    return inspectEth(this.#handshakes, this.#relaying?.relay.counts, this.#inventory)
  }

  get #context(): PluginContext {
    if (!this.#running) throw new TypeError('eth is not running: give it to createNode({ plugins }) and start')
    return this.#running
  }

  #handlers(): Handlers<CommonMessages> {
    const { serve = {} } = this.#options
    const handshakes = this.#handshakes
    const by = (peer: Peer): TransactionRelay => {
      handshakes.statusOf(peer)
      return this.#relaying!.relay
    }
    return {
      status: (peer, status) => handshakes.received(peer, status),
      blockRangeUpdate: (peer, range) => this.#rangeUpdate(peer, range),
      transactions: (peer, envelopes) => by(peer).sent(peer, envelopes),
      getPooledTransactions: (peer, hashes) => by(peer).serve(peer, hashes),
      getBlockHeaders: (peer, question, { signal }) => {
        handshakes.statusOf(peer)
        return serveHeaders(serve, question, { peer, signal })
      },
      getBlockBodies: (peer, hashes, { signal }) => {
        handshakes.statusOf(peer)
        return serveByHash(serve.bodies?.bind(serve), hashes, { peer, signal })
      },
    }
  }

  #closed(peer: Peer): void {
    this.#handshakes.closed(peer)
    this.#follower?.gone(peer)
    if (!this.#relaying) return
    this.#inventory.detach(peer.id, this.#relaying.relay)
    this.#relaying.checker.forget(peer.id)
  }

  #ready(peer: Peer, status: Status): void {
    const { relay } = this.#relayFor(this.#handshakes.network!)
    const preferred = peer.direction === 'outbound'
    const options = { preferred, kinds: [TRANSACTION_KIND], askTimeoutMs: FETCH_TIMEOUT_MS }
    this.#inventory.attach(peer.id, options, relay)
    this.#events.emit('peer:ready', peer, status)
    this.#follower?.changed(peer)
  }

  #relayFor({ chainId }: KnownNetwork): Relaying {
    if (this.#relaying) return this.#relaying
    const { crypto, clock } = this.#context
    const checker = createTransactionChecker({ crypto, clock, chainId, budgetPerPeer: this.#options.budget })
    const relay = new this.#Relay!({
      inventory: this.#inventory,
      checker,
      nowMs: () => clock.now(),
      isStopped: () => this.#isStopped,
      peer: (id) => this.#handshakes.find(id)?.peer,
      arrived: (arrival) => this.#events.emit('transaction:received', arrival),
    })
    this.#relaying = { relay, checker, chainId }
    return this.#relaying
  }

  #rangeUpdate(peer: Peer, range: BlockRange): void {
    this.#handshakes.statusOf(peer)
    const refusal = rangeRefusal(range)
    if (refusal !== undefined) throw new PeerError('invalid message', DiscReason.subprotocolError, refusal)
    this.#handshakes.update(peer, range)
    this.#events.emit('range:changed', peer, range)
    this.#follower?.changed(peer)
  }

  // The square root of all, as go-ethereum has it, so that a small network has it at once and a large one isn't
  // flooded.
  #pushedTo(bytes: Uint8Array): Peer[] {
    if (bytes.length > MAX_PUSHED_BYTES) return []
    const peers = Array.from(this.#handshakes.ready(), ({ peer }) => peer)
    const chosen: Peer[] = []
    for (let wanted = Math.ceil(Math.sqrt(peers.length)); wanted > 0; wanted--) {
      chosen.push(...peers.splice(randomBelow(this.#context.random, peers.length), 1))
    }
    return chosen
  }
}

/** @throws {TypeError} for a version that there isn't here, or none at all */
function versionsOf(versions: readonly EthVersion[] = ETH_VERSIONS): readonly EthVersion[] {
  const known: readonly unknown[] = ETH_VERSIONS
  const isList: boolean = Array.isArray(versions)
  if (!isList || versions.length === 0 || !versions.every((version) => known.includes(version))) {
    throw new TypeError(`versions of eth are some of ${ETH_VERSIONS.join(', ')}, not ${String(versions)}`)
  }
  return [...new Set(versions)].sort((left, right) => left - right)
}

function ownTransaction(envelope: Uint8Array, chainId: bigint, { crypto }: PluginContext): Transaction {
  try {
    return readTransaction(envelope, chainId, crypto)
  } catch (cause) {
    throw new TypeError(cause instanceof Error ? cause.message : 'not a transaction', { cause })
  }
}
