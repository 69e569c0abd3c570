// Runs dials: one attempt per key at a time under one deadline, shared by the dialer and by users who ask.
import { abortable } from '../base/abort.ts'
import { equalBytes, shortKey, toHex } from '../base/bytes.ts'
import type { Emitter } from '../base/emitter.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { isPeerError, PeerError } from '../errors/peer-error.ts'
import type { Dialer, DialOrder } from '../dialing/dialer.ts'
import type { DialerInfo, DialExplanation } from '../dialing/explain.ts'
import type { FailureTally, NodeExplanation } from '../dialing/explain-all.ts'
import type { ConnectedPeer } from '../peers/connected-peer.ts'
import type { Address, Endpoint } from '../wire/address.ts'
import { formatEndpoint } from '../wire/address.ts'
import type { Link, Transport } from '../wire/link.ts'
import { idOf } from './connections.ts'
import type { Connections } from './connections.ts'
import type { NodeEvents } from './events.ts'
import type { Settings } from './options.ts'
import type { Plugin, Verdict } from './plugin.ts'
import type { SetUp, SetUpTask } from './set-up.ts'

interface Attempt {
  readonly promise: Promise<ConnectedPeer>
  readonly controller: AbortController
  waiting: number
}

export interface DialsHost {
  readonly settings: Settings
  readonly events: Emitter<NodeEvents>
  readonly connections: Connections
  readonly publicKey: Uint8Array
  isTrusted(id: string): boolean
}

export class Dials {
  readonly #host: DialsHost
  #dialer: Dialer | undefined
  readonly #attempts = new Map<string, Attempt>()
  readonly #persistent = new Map<string, Address>()
  #started = false
  #closed = false

  constructor(host: DialsHost) {
    this.#host = host
  }

  /** Begins to dial by itself; before this only `dial` does. `load` fetches the dialer even if nothing needs it yet. */
  async start(load: boolean): Promise<void> {
    this.#started = true
    const { plugins } = this.#host.settings
    if (load || this.#persistent.size > 0 || plugins.some((plugin) => plugin.candidates)) await this.#load()
  }

  // Loaded on use: a page that only dials by hand never fetches the dialer.
  async #load(): Promise<void> {
    const { createDialer, dialPolicy, groupOf, isPublicEndpoint } = await import('./self-dialing.ts')
    if (this.#closed || this.#dialer) return
    const { settings, publicKey, connections } = this.#host
    const { clock, random, plugins, logger } = settings
    const resolvers = plugins.filter((plugin) => plugin.resolve)
    const dialer = createDialer({
      clock,
      random,
      policy: { ...(settings.dialing ?? dialPolicy()), outbound: settings.places.outbound },
      free: () => connections.peers.free,
      selfPublicKey: publicKey,
      groupOf,
      judge: ({ publicKey: key, endpoint }) => this.#verdict(key, endpoint),
      log: logger,
      idOf: (key) => idOf(settings, key),
      attempt: (order) => void this.#take(order),
      isPublic: isPublicEndpoint,
      ...(resolvers.length > 0 && {
        resolve: (key, signal) => resolveBy(resolvers, key, isPublicEndpoint, signal),
      }),
    })
    this.#dialer = dialer
    for (const peer of connections.peers.values()) this.added(peer)
    for (const address of this.#persistent.values()) dialer.addPersistent(address)
    for (const plugin of plugins) if (plugin.candidates) dialer.addSource(plugin.name, plugin.candidates(), plugin)
  }

  async #take({ address, signal, done }: DialOrder): Promise<void> {
    try {
      await this.dial(address, signal)
    } catch (error) {
      return done(asPeerError(error))
    }
    done()
  }

  #verdict(publicKey: Uint8Array, endpoint: Endpoint | undefined): Verdict | undefined {
    const { settings, isTrusted } = this.#host
    if (isTrusted(idOf(settings, publicKey))) return undefined
    return settings.judge({ publicKey, address: endpoint && formatEndpoint(endpoint) })
  }

  /** Joins the attempt that runs for this key, or begins one. */
  async dial(address: Address, signal?: AbortSignal): Promise<ConnectedPeer> {
    const key = toHex(address.publicKey)
    const existing = this.#host.connections.peers.get(idOf(this.#host.settings, address.publicKey))
    if (existing) return existing
    const attempt = this.#attempts.get(key) ?? this.#begin(key, address)
    attempt.waiting++
    try {
      return await abortable(attempt.promise, signal)
    } finally {
      attempt.waiting--
      if (attempt.waiting === 0) attempt.controller.abort(cancelled('nobody waits for the dial any more'))
    }
  }

  #begin(key: string, address: Address): Attempt {
    const controller = new AbortController()
    const promise = this.#attempt(address, controller.signal).finally(() => this.#attempts.delete(key))
    promise.catch(() => undefined)
    const attempt: Attempt = { promise, controller, waiting: 0 }
    this.#attempts.set(key, attempt)
    return attempt
  }

  async #attempt(address: Address, signal: AbortSignal): Promise<ConnectedPeer> {
    const { settings, connections, events } = this.#host
    const id = idOf(settings, address.publicKey)
    try {
      const setUp = (task: SetUpTask): Promise<ConnectedPeer> => connections.setUp(task)
      return await this.#holding(id, () => this.#reach(address, signal, setUp))
    } catch (error) {
      const failure = asPeerError(error)
      // Refused because another link of this key was quicker: that may have taken the last place, too.
      const { alreadyConnected, tooManyPeers } = DiscReason
      const isLate = failure.reason === alreadyConnected || failure.reason === tooManyPeers
      const winner = isLate ? connections.peers.get(id) : undefined
      if (winner) return winner
      events.emit('dial:failed', { address, error: failure, persistent: this.isPersistent(id) })
      throw failure
    }
  }

  /** Whether the node of an address lives; see `PluginContext`. */
  async probe(address: Address, signal: AbortSignal = new AbortController().signal): Promise<void> {
    const { probe } = await import('./probe.ts')
    try {
      const id = `probe of ${idOf(this.#host.settings, address.publicKey)}`
      await this.#holding(id, () => this.#reach(address, signal, (task) => probe(this.#host.connections, task)))
    } catch (error) {
      throw asPeerError(error)
    }
  }

  // The dial of a stranger has its place from the beginning: nobody is dialed to be told that there is none.
  async #holding<T>(id: string, reach: () => Promise<T>): Promise<T> {
    if (this.isPersistent(id) || this.#host.isTrusted(id)) return await reach()
    const { peers } = this.#host.connections
    const refusal = peers.hold(id)
    if (refusal) throw refusal
    try {
      return await reach()
    } finally {
      peers.give(id)
      this.#dialer?.roomChanged()
    }
  }

  // Opens a link to an address that may be dialed, and hands it on; the signal cuts it until that is done.
  async #reach<T>(address: Address, signal: AbortSignal, setUp: (task: SetUpTask) => Promise<T>): Promise<T> {
    const { publicKey, endpoint } = address
    const { crypto } = this.#host.settings
    if (equalBytes(publicKey, this.#host.publicKey)) throw refused(DiscReason.self, 'this is our own key')
    if (this.#verdict(publicKey, endpoint) === 'banned') {
      throw refused(DiscReason.uselessPeer, 'the key or its address is banned')
    }
    const transport = this.#transportFor(endpoint)
    if (!crypto.isPublicKey(publicKey)) {
      throw refused(DiscReason.invalidIdentity, 'the public key is not a point of secp256k1')
    }
    const link = await this.#open(transport, endpoint, signal)
    const onAbort = (): void => link.abort(asPeerError(signal.reason))
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      return await setUp({ link, direction: 'outbound', transport: transport.name, expected: publicKey, endpoint })
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  #transportFor(endpoint: Endpoint): Transport {
    const { transports } = this.#host.settings
    const transport = transports.find((candidate) => candidate.canDial(endpoint))
    if (transport) return transport
    const names = transports.map(({ name }) => name).join(', ')
    throw refused(DiscReason.networkError, `no transport for ${formatEndpoint(endpoint)} among: ${names}`)
  }

  async #open(transport: Transport, endpoint: Endpoint, signal: AbortSignal): Promise<Link> {
    const { clock, limits } = this.#host.settings
    const controller = new AbortController()
    const onAbort = (): void => controller.abort(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    const timer = clock.setTimer(limits.dialMs, () => {
      const text = `no link to ${formatEndpoint(endpoint)} within ${limits.dialMs} ms`
      controller.abort(new PeerError('dial failed', DiscReason.readTimeout, text))
    })
    const opening = transport.dial(endpoint, { signal: controller.signal })
    // A transport that ignores the signal must not keep the slot; its late link is cut.
    opening.then(
      (link) => controller.signal.aborted && link.abort(),
      () => undefined,
    )
    try {
      return await abortable(opening, controller.signal)
    } finally {
      timer.cancel()
      signal.removeEventListener('abort', onAbort)
    }
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
    this.#dialer?.peerAdded(peer)
  }

  removed(peer: ConnectedPeer, error: PeerError): void {
    this.#dialer?.peerRemoved(peer, error)
  }

  pending({ number, publicKey }: SetUp<ConnectedPeer>, isPending: boolean): void {
    const connection = { number, id: idOf(this.#host.settings, publicKey!) }
    if (isPending) this.#dialer?.inboundPending(connection)
    else this.#dialer?.inboundSettled(connection)
  }

  wake(): void {
    this.#dialer?.wake()
  }

  explain(publicKey: Uint8Array): DialExplanation {
    if (this.#dialer) return this.#dialer.explain(publicKey)
    const id = idOf(this.#host.settings, publicKey)
    const short = shortKey(publicKey)
    if (this.#host.connections.peers.get(id)) {
      return { state: 'connected', reason: 'already connected', sentence: `${short} is connected` }
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
    for (const { controller } of this.#attempts.values()) controller.abort(cancelled('the node is closing'))
  }
}

// One after another: who is asked later is asked less often.
async function resolveBy(
  plugins: readonly Plugin[],
  publicKey: Uint8Array,
  isPublic: (endpoint: Endpoint) => boolean,
  signal: AbortSignal,
): Promise<Endpoint | undefined> {
  for (const plugin of plugins) {
    const endpoint = await plugin.resolve?.(publicKey, signal)
    if (endpoint && (plugin.local || isPublic(endpoint))) return endpoint
  }
  return undefined
}

function refused(reason: number, message: string): PeerError {
  return new PeerError('dial failed', reason, message)
}

function cancelled(message: string): PeerError {
  return new PeerError('dial cancelled', DiscReason.requested, message)
}

function asPeerError(error: unknown): PeerError {
  if (isPeerError(error)) return error
  const text = error instanceof Error ? error.message : 'the transport failed'
  return new PeerError('dial failed', DiscReason.networkError, text, { cause: error })
}
