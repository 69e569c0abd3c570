// The node: transports, connections, dialer and plugins put together, with one start and one close.
import type { AsyncDisposal } from '../base/async-disposal.ts'
import type { Events, ListenOptions, Listener as EventListener } from '../base/emitter.ts'
import { Emitter } from '../base/emitter.ts'
import type { NodeExplanation } from '../dialing/explain-all.ts'
import type { DialExplanation } from '../dialing/explain.ts'
import type { Address } from '../wire/address.ts'
import { parseAddress } from '../wire/address.ts'
import type { Peer } from '../wire/peer.ts'
import { Connections, idOf } from './connections.ts'
import { Dials } from './dials.ts'
import type { NodeEvents } from './events.ts'
import { inspectNode } from './inspect.ts'
import type { NodeInspection } from './inspect.ts'
import { readOptions } from './options.ts'
import type { NodeOptions, Settings } from './options.ts'
import type { Plugins } from './plugins.ts'
import { Reporter } from './reporter.ts'

export interface NodeDialOptions {
  /** Gives up waiting; the attempt itself ends when nobody waits for it any more. */
  readonly signal?: AbortSignal | undefined
}

/** What trusting a key means just now. */
export interface TrustAnswer {
  readonly connected: boolean
  /** Whether it is dialed, because it is persistent; trust alone dials nobody. */
  readonly dialed: boolean
  readonly sentence: string
}

/** One running peerwire instance. */
export interface Node extends Events<NodeEvents>, AsyncDisposal {
  /** keccak-256 of the public key, hex. */
  readonly id: string
  /** 64 bytes. */
  readonly publicKey: Uint8Array
  /** What others can dial, in the written form; filled by `start`. */
  readonly addresses: readonly string[]
  readonly peers: readonly Peer[]
  /** Opens the listeners and begins to dial. A second call is a TypeError; a failed one leaves the node closed. */
  start(): Promise<void>
  /** Ends everything within a second, or when a plugin asks for more time, in that; may be called at any moment. */
  close(): Promise<void>
  /**
   * Connects to an address once; an existing peer of that key is the answer too.
   *
   * @throws {PeerError} with what ended the attempt
   * @throws {TypeError} when the text is not an address
   */
  dial(address: Address | string, options?: NodeDialOptions): Promise<Peer>
  /** Keeps this address connected: dialed now, and again whenever it is lost. The answer says what happens, and why. */
  addPersistent(address: Address | string): DialExplanation
  /** Stops dialing it again; a connection that stands stays. `false` when it wasn't persistent. */
  removePersistent(address: Address | string): boolean
  /**
   * Admits this key above the limits from now on, and never ends it to make room. It isn't dialed by this: for
   * that make
   * it persistent, too. The answer says what happens.
   */
  addTrusted(publicKey: Uint8Array): TrustAnswer
  removeTrusted(publicKey: Uint8Array): boolean
  /** Why the node of this key is or is not dialed now, what happened last, and when next; as data and as a sentence. */
  explain(publicKey: Uint8Array): DialExplanation
  /** Why the node has the peers that it has, and what it waits for; `undefined` while it dials nobody by itself. */
  explainPeers(): NodeExplanation | undefined
  /** The network may be back (a browser's `online` or `pageshow`): waiting retries are tried now. */
  wake(): void
  /** The whole state as plain JSON. */
  inspect(): NodeInspection
}

/**
 * Makes a node; nothing is opened before `start`.
 *
 * @throws {TypeError} naming the option that is missing or wrong
 */
export function createNode(options: NodeOptions): Node {
  return new RunningNode(options)
}

type State = 'new' | 'starting' | 'running' | 'closing' | 'closed'

class RunningNode implements Node {
  readonly publicKey: Uint8Array
  readonly id: string
  readonly #settings: Settings
  readonly #events: Emitter<NodeEvents>
  readonly #reporter: Reporter
  readonly #connections: Connections
  readonly #dials: Dials
  readonly #abort = new AbortController()
  readonly #trusted = new Set<string>()
  #plugins: Plugins | undefined
  #state: State = 'new'
  #closing: Promise<void> | undefined

  constructor(options: NodeOptions) {
    const settings = readOptions(options)
    this.#settings = settings
    this.publicKey = settings.crypto.publicKeyOf(settings.privateKey)
    this.id = idOf(settings, this.publicKey)
    this.#reporter = new Reporter(settings, () => this.#connections.table.peerCount)
    this.#events = new Emitter((error, event) => this.#reporter.note(`a listener of ${event} threw`, error))
    this.#connections = new Connections({
      settings,
      events: this.#events,
      publicKey: this.publicKey,
      id: this.id,
      isPersistent: (id) => this.#dials.isPersistent(id),
      isTrusted: (id) => this.#trusted.has(id),
      anyTrusted: () => this.#trusted.size > 0,
      added: (peer) => this.#dials.added(peer),
      removed: (peer, error) => this.#dials.removed(peer, error),
      pending: (connection, isPending) => this.#dials.pending(connection, isPending),
      decided: (connection, error) => this.#dials.decided(connection, error),
      note: (message, error) => this.#reporter.note(message, error),
    })
    this.#dials = new Dials({
      settings,
      events: this.#events,
      connections: this.#connections,
      publicKey: this.publicKey,
      isTrusted: (id) => this.#trusted.has(id),
    })
    this.#reporter.follow(this.#events)
    for (const address of options.persistent ?? []) this.addPersistent(address)
    for (const key of options.trusted ?? []) this.addTrusted(typeof key === 'string' ? parseKey(key) : key)
  }

  get addresses(): readonly string[] {
    return this.#connections.listening?.addresses ?? []
  }

  get peers(): readonly Peer[] {
    return this.#connections.table.peers()
  }

  on<Name extends keyof NodeEvents>(
    name: Name,
    listener: EventListener<NodeEvents[Name]>,
    options?: ListenOptions,
  ): () => void {
    return this.#events.on(name, listener, options)
  }

  once<Name extends keyof NodeEvents>(
    name: Name,
    listener: EventListener<NodeEvents[Name]>,
    options?: ListenOptions,
  ): () => void {
    return this.#events.once(name, listener, options)
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') throw new TypeError(`start was called on a node that is ${this.#state}`)
    this.#state = 'starting'
    const { plugins, storage, clock, transports } = this.#settings
    const { signal } = this.#abort
    try {
      if (storage || plugins.length > 0) await this.#startPlugins(signal)
      if (!signal.aborted) await this.#reporter.open(clock)
      if (!signal.aborted && transports.some(({ listen }) => listen)) await this.#connections.listen(signal)
      if (!signal.aborted) await this.#plugins?.listening()
      if (signal.aborted) return
      this.#state = 'running'
      await this.#dials.start(this.addresses.length > 0)
    } catch (error) {
      await this.close()
      throw error
    }
  }

  async #startPlugins(signal: AbortSignal): Promise<void> {
    const { Plugins } = await import('./plugins.ts')
    if (signal.aborted) return
    const note = (message: string, error: unknown): void => this.#reporter.note(message, error)
    this.#plugins = new Plugins({ node: this, settings: this.#settings, dials: this.#dials, signal, note })
    await this.#plugins.start()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#state = 'closing'
    this.#abort.abort(new DOMException('the node was closed', 'AbortError'))
    this.#connections.listening?.stop()
    this.#dials.close()
    await this.#connections.close()
    await this.#plugins?.stop()
    await Promise.all([this.#connections.listening?.close(), this.#plugins?.release()])
    this.#events.removeAll()
    this.#state = 'closed'
  }

  async dial(address: Address | string, { signal }: NodeDialOptions = {}): Promise<Peer> {
    signal?.throwIfAborted()
    if (this.#state !== 'running')
      throw new TypeError(`dial was called on a node that is ${this.#state}; start it first`)
    return await this.#dials.dial(asAddress(address), signal)
  }

  addPersistent(address: Address | string): DialExplanation {
    return this.#dials.addPersistent(asAddress(address))
  }

  removePersistent(address: Address | string): boolean {
    return this.#dials.removePersistent(asAddress(address))
  }

  addTrusted(publicKey: Uint8Array): TrustAnswer {
    if (publicKey.length !== 64) throw new TypeError(`a public key has 64 bytes, not ${publicKey.length}`)
    const id = idOf(this.#settings, publicKey)
    this.#trusted.add(id)
    const connected = this.#connections.table.peerOf(id) !== undefined
    const dialed = this.#dials.isPersistent(id)
    const now = connected ? 'is connected and stays' : 'is admitted above the limits when it connects'
    const sentence = `${this.#dials.nameOf(publicKey)} ${now}; it is ${dialed ? 'dialed, being persistent' : 'not dialed by this'}`
    return { connected, dialed, sentence }
  }

  removeTrusted(publicKey: Uint8Array): boolean {
    return this.#trusted.delete(idOf(this.#settings, publicKey))
  }

  explain(publicKey: Uint8Array): DialExplanation {
    return this.#dials.explain(publicKey)
  }

  explainPeers(): NodeExplanation | undefined {
    return this.#dials.explainAll(this.#reporter.counters)
  }

  wake(): void {
    this.#dials.wake()
  }

  inspect(): NodeInspection {
    return inspectNode({
      node: this,
      state: this.#state,
      settings: this.#settings,
      connections: this.#connections,
      dials: this.#dials.inspect(),
      counters: this.#reporter.counters,
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function asAddress(address: Address | string): Address {
  return typeof address === 'string' ? parseAddress(address) : address
}

function parseKey(text: string): Uint8Array {
  return parseAddress(`tcp://${text}@0.0.0.0:1`).publicKey
}
