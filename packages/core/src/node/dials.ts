// Runs dials: one attempt per key and place under one deadline, shared by the dialer and by users who ask.
import { createDeferred } from '../base/abort.ts'
import type { Emitter } from '../base/emitter.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { isPeerError, PeerError } from '../errors/peer-error.ts'
import type { Dialer } from '../dialing/dialer.ts'
import type { DialerInfo, DialExplanation } from '../dialing/explain.ts'
import type { FailureTally, NodeExplanation } from '../dialing/explain-all.ts'
import { sameEndpoint } from '../dialing/same-endpoint.ts'
import type { ConnectionName } from '../dialing/state.ts'
import type { ConnectedPeer } from '../peers/connected-peer.ts'
import { describeNode } from '../peers/peer-name.ts'
import type { Address, Endpoint } from '../wire/address.ts'
import { Attempt } from './attempt.ts'
import type { DialOutcome } from './attempt.ts'
import type { Connection } from './connection.ts'
import { idOf } from './connections.ts'
import type { Connections } from './connections.ts'
import type { NodeEvents } from './events.ts'
import { asPeerError, LinkOpener } from './link-opener.ts'
import type { Settings } from './options.ts'

/** Keys whose latest failed dial is remembered for `explain`. */
const MAX_FAILED = 256

export interface DialsHost {
  readonly settings: Settings
  readonly events: Emitter<NodeEvents>
  readonly connections: Connections
  readonly publicKey: Uint8Array
  isTrusted(id: string): boolean
}

export class Dials {
  readonly #host: DialsHost
  readonly connections: Connections
  readonly opener: LinkOpener
  #dialer: Dialer | undefined
  readonly #persistent = new Map<string, Address>()
  /** What ended the latest dial, by id. */
  readonly #failed = new Map<string, PeerError>()
  #started = false
  #closed = false

  constructor(host: DialsHost) {
    this.#host = host
    this.connections = host.connections
    this.opener = new LinkOpener({ ...host, isPersistent: (id) => this.isPersistent(id) })
  }

  /** Begins to dial by itself; before this only `dial` does. `load` fetches the dialer even if nothing needs it yet. */
  async start(load: boolean): Promise<void> {
    this.#started = true
    const { plugins } = this.#host.settings
    if (load || this.#persistent.size > 0 || plugins.some((plugin) => plugin.candidates)) await this.#load()
  }

  // Loaded on use: a page that only dials by hand never fetches the dialer.
  async #load(): Promise<void> {
    const { dialerFor } = await import('./self-dialing.ts')
    if (this.#closed || this.#dialer) return
    const { connections } = this
    const { settings, publicKey } = this.#host
    const dialer = dialerFor({
      settings,
      publicKey,
      connections,
      verdict: (key, endpoint) => this.opener.verdict(key, endpoint),
      nameOf: (key, endpoint) => this.nameOf(key, endpoint),
      join: (address, settle) => (this.#peerOf(address) ? undefined : this.#join(address, settle)),
    })
    this.#dialer = dialer
    // Peers that say goodbye count until that is told, for the dialer as for everybody.
    for (const { number, remote, settled, peer, told } of connections.table.values()) {
      if (peer && !told) this.added(peer)
      else if (settled) this.pending({ number, id: remote!.id }, true)
    }
    for (const address of this.#persistent.values()) dialer.addPersistent(address)
    for (const plugin of settings.plugins) {
      if (plugin.candidates) dialer.addSource(plugin.name, plugin.candidates(), plugin)
    }
  }

  /** The peer of the key that lives, or what an attempt gives: one that runs for this key and place, or a new one. */
  async dial(address: Address, signal?: AbortSignal): Promise<ConnectedPeer> {
    const peer = this.#peerOf(address)
    if (peer) return peer
    const outcome = createDeferred<ConnectedPeer>()
    const leave = this.#join(address, (became) => {
      if (isPeerError(became)) outcome.reject(became)
      else outcome.resolve(became)
    })
    const onAbort = (): void => {
      leave()
      outcome.reject(signal!.reason)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      return await outcome.promise
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  #peerOf({ publicKey }: Address): ConnectedPeer | undefined {
    return this.connections.table.peerOf(idOf(this.#host.settings, publicKey))
  }

  /** Waits for an attempt; the answer leaves it, and ends it when nobody else waits. */
  #join(address: Address, settle: (outcome: DialOutcome) => void): () => void {
    const { connections } = this
    const { settings } = this.#host
    const { publicKey, endpoint } = address
    const id = idOf(settings, publicKey)
    const running = connections.table
      .of(id)
      .find(({ attempt: other }) => other && sameEndpoint(other.address.endpoint, endpoint))
    const connection = running ?? connections.addDial(endpoint, { id, publicKey })
    const attempt = (connection.attempt ??= new Attempt(address))
    const waiter = attempt.add(settle)
    if (!running) void this.#run(connection, attempt)
    return () => {
      if (!waiter.attempt.delete(waiter) || waiter.attempt.isWanted) return
      const left = connections.table.of(id).find((other) => other.attempt === waiter.attempt)
      if (left) this.#giveUp(left, cancelled('nobody waits for the dial any more'))
    }
  }

  async #run(connection: Connection, { address, controller }: Attempt): Promise<void> {
    const { publicKey: expected } = address
    try {
      await this.opener.reach(connection, address, controller.signal, (opened) =>
        this.connections.setUp(connection, { ...opened, expected }),
      )
    } catch (error) {
      this.decided(connection, asPeerError(error))
    }
  }

  /** It has become a peer (which may have ended again by now), or has failed. */
  decided(connection: Connection, error?: PeerError): void {
    const { connections } = this
    const { attempt, peer, remote } = connection
    connection.attempt = undefined
    if (connection.state === 'dialing') connections.remove(connection)
    if (!attempt) return
    if (!error) attempt.settle(peer!.error ?? peer!)
    else if (!connections.rivals?.passOn(attempt, remote!.id, error)) this.#fail(attempt, remote!.id, error)
    this.roomChanged()
  }

  /** A place that was held is free now, or a peer's. */
  roomChanged(): void {
    this.#dialer?.roomChanged()
  }

  #fail(attempt: Attempt, id: string, error: PeerError): void {
    this.#remember(id, error)
    attempt.settle(error)
    this.#host.events.emit('dial:failed', { address: attempt.address, error, persistent: this.isPersistent(id) })
  }

  /** Out of the table at once: the next dial is an attempt of its own. */
  #giveUp(connection: Connection, error: PeerError): void {
    const { attempt, direction } = connection
    if (!attempt) return
    this.decided(connection, error)
    attempt.controller.abort(error)
    if (direction === 'outbound') connection.fail(error)
  }

  #remember(id: string, error: PeerError): void {
    this.#failed.delete(id)
    this.#failed.set(id, error)
    if (this.#failed.size > MAX_FAILED) this.#failed.delete(this.#failed.keys().next().value!)
  }

  addPersistent(address: Address): DialExplanation {
    this.#persistent.set(idOf(this.#host.settings, address.publicKey), address)
    if (this.#dialer) return this.#dialer.addPersistent(address)
    if (this.#started) void this.#load()
    return this.explain(address.publicKey)
  }

  removePersistent({ publicKey }: Address): boolean {
    this.#dialer?.removePersistent(publicKey)
    return this.#persistent.delete(idOf(this.#host.settings, publicKey))
  }

  isPersistent(id: string): boolean {
    return this.#persistent.has(id)
  }

  added(peer: ConnectedPeer): void {
    this.#failed.delete(peer.id)
    this.#dialer?.peerAdded(peer)
  }

  removed(peer: ConnectedPeer, error: PeerError): void {
    this.#dialer?.peerRemoved(peer, error)
  }

  pending(connection: ConnectionName, isPending: boolean): void {
    if (isPending) this.#dialer?.inboundPending(connection)
    else this.#dialer?.inboundSettled(connection)
  }

  wake(): void {
    this.#dialer?.wake()
  }

  /** What sentences call a node: where it is and who dialed when it is connected, else where it would be dialed. */
  nameOf(publicKey: Uint8Array, endpoint?: Endpoint): string {
    const id = idOf(this.#host.settings, publicKey)
    const peer = this.connections.table.peerOf(id)
    return peer ? String(peer) : describeNode(publicKey, endpoint ?? this.#persistent.get(id)?.endpoint)
  }

  explain(publicKey: Uint8Array): DialExplanation {
    const id = idOf(this.#host.settings, publicKey)
    const found = this.#dialer?.explain(publicKey) ?? this.#explainWithoutDialer(id, publicKey)
    // What a user dialed is none of the dialer's business, and of the user's all the same.
    const error = this.#failed.get(id)
    if (!error || found.lastError || found.state === 'connected') return found
    const sentence = `${found.sentence}; last error: ${error.code} (${error.message})`
    return { ...found, lastError: error.toJSON(), sentence }
  }

  #explainWithoutDialer(id: string, publicKey: Uint8Array): DialExplanation {
    const { table } = this.connections
    const short = this.nameOf(publicKey)
    if (table.peerOf(id)) {
      return { state: 'connected', reason: 'already connected', sentence: `${short} is connected` }
    }
    if (table.of(id).some(({ attempt }) => attempt)) {
      return { state: 'dialing', reason: 'already dialing', sentence: `${short} is being dialed` }
    }
    if (!this.isPersistent(id))
      return { state: 'unknown', reason: 'not a candidate', sentence: `${short} is not known` }
    const when = this.#started ? 'dialed at once' : 'dialed when the node has started'
    return { state: 'waiting', reason: 'ready', sentence: `${short} is persistent and waiting: ${when}` }
  }

  explainAll(failures: readonly FailureTally[]): NodeExplanation | undefined {
    return this.#dialer?.explainAll(failures)
  }

  inspect(): DialerInfo | undefined {
    return this.#dialer?.inspect()
  }

  close(): void {
    this.#closed = true
    this.#dialer?.close()
    for (const connection of [...this.connections.table.values()]) {
      this.#giveUp(connection, cancelled('the node is closing'))
    }
  }
}

function cancelled(message: string): PeerError {
  return new PeerError('dial cancelled', DiscReason.requested, message)
}
