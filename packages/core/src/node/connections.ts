// Everything that is connected or about to be: set-ups in progress, the peer set, and what happens at both checkpoints.
import { createDeferred } from '../base/abort.ts'
import { equalBytes, toHex } from '../base/bytes.ts'
import type { Emitter } from '../base/emitter.ts'
import { guarded } from '../base/guarded.ts'
import { Wheel } from '../base/wheel.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import { ConnectedPeer } from '../peers/connected-peer.ts'
import type { PeerHost } from '../peers/connected-peer.ts'
import { createOfferTable } from '../peers/conversation.ts'
import type { Conversation, OfferTable } from '../peers/conversation.ts'
import { PeerSet } from '../peers/peer-set.ts'
import { ReceiveBudget } from '../peers/receive-budget.ts'
import { generateKeyPair } from '../rlpx/keys.ts'
import { matchCapabilities } from '../wire/capabilities.ts'
import { formatEndpoint } from '../wire/address.ts'
import { BASE_PROTOCOL_VERSION } from '../wire/hello.ts'
import type { Hello } from '../wire/hello.ts'
import type { Direction, Link } from '../wire/link.ts'
import type { NodeEvents } from './events.ts'
import type { Door, DoorEntry } from './door.ts'
import type { Listening } from './listening.ts'
import type { Settings } from './options.ts'
import { SetUp } from './set-up.ts'
import type { Greeted, SetUpHost, SetUpTask } from './set-up.ts'

/** Most characters of a client name that are kept. */
const NAME_LENGTH = 128
/** How much later than due a keep-alive may be looked at. */
const WHEEL_SLOT_MS = 1000

/** What the connections need of the rest of the node. */
export interface ConnectionsHost {
  readonly settings: Settings
  readonly events: Emitter<NodeEvents>
  readonly publicKey: Uint8Array
  readonly id: string
  isPersistent(id: string): boolean
  isTrusted(id: string): boolean
  anyTrusted(): boolean
  /** The dialer is told before the listeners are. */
  added(peer: ConnectedPeer): void
  removed(peer: ConnectedPeer, error: PeerError): void
  pending(setUp: SetUp<ConnectedPeer>, isPending: boolean): void
  note(message: string, error: unknown): void
}

export class Connections {
  readonly peers: PeerSet<ConnectedPeer>
  readonly #host: ConnectionsHost
  readonly #tables: readonly OfferTable[]
  readonly #setUps = new Set<SetUp<ConnectedPeer>>()
  readonly #wheel: Wheel
  readonly #peerHost: PeerHost
  readonly #setUpHost: SetUpHost<ConnectedPeer>
  /** Peers that have left or are about to: they hold a link until their goodbye is over. */
  readonly #living = new Set<ConnectedPeer>()
  /** The number of the latest connection. */
  #latest = 0
  #listening: Listening | undefined
  #closed = false
  #onEmpty: (() => void) | undefined

  constructor(host: ConnectionsHost) {
    const { settings } = host
    this.#host = host
    const { maxPeers, places } = settings
    this.peers = new PeerSet(host.id, { maxPeers, maxInbound: places.inbound })
    this.#tables = settings.offers.map(createOfferTable)
    this.#wheel = new Wheel(settings.clock, WHEEL_SLOT_MS)
    this.#peerHost = {
      clock: settings.clock,
      wheel: this.#wheel,
      limits: settings.limits,
      receiving: new ReceiveBudget(settings.limits.receiveBytes),
      requestIdSeed: () => settings.random.uint32(),
      isPersistent: host.isPersistent,
      isTrusted: host.isTrusted,
      gone: (peer, error) => this.#gone(peer, error),
      note: host.note,
      yieldTurn: (run) => void settings.clock.setTimer(0, run),
    }
    this.#setUpHost = {
      settings,
      supplies: () => this.#listening?.supplies,
      hello: () => this.#hello(),
      checkpointKey: (setUp, publicKey) => this.#checkpointKey(setUp, publicKey),
      checkpointHello: (greeted) => this.#checkpointHello(greeted),
      begin: (peer) => this.#begin(peer),
    }
  }

  get pendingInbound(): number {
    return this.#listening?.gate.pending ?? 0
  }

  get receivingBytes(): number {
    return this.#peerHost.receiving.bytes
  }

  get setUps(): ReadonlySet<SetUp<ConnectedPeer>> {
    return this.#setUps
  }

  /** What lets inbound links in. What only listeners need is loaded here: a tab never fetches it. */
  async openDoor(): Promise<Door> {
    const { createListening } = await import('./listening.ts')
    const { settings, anyTrusted } = this.#host
    this.#listening ??= createListening(settings, () => generateKeyPair(settings.crypto, settings.random), {
      settings,
      anyTrusted,
      enter: (link, transport, entry) => this.#enter(link, transport, entry),
      giveUp: (link, error) => {
        for (const setUp of this.#setUps) if (setUp.task.link === link) setUp.fail(error)
      },
      failed: (remoteAddress, error) => this.#failed(error, 'inbound', remoteAddress),
    })
    return this.#listening.door
  }

  // A failure is reported as `setup:failed`.
  #enter(link: Link, transport: string, entry: DoorEntry): void {
    const task: SetUpTask = { link, direction: 'inbound', transport, expected: undefined, endpoint: undefined, entry }
    this.setUp(task).then(entry.leave, entry.leave)
  }

  // Discouraged peers get what nobody else wants: they are refused as soon as one more would fill the node.
  #heldAgainst(task: SetUpTask, publicKey: Uint8Array): PeerError | undefined {
    const { judge, places } = this.#host.settings
    const address = task.endpoint ? formatEndpoint(task.endpoint) : task.link.remoteAddress
    const verdict = judge({ publicKey, address })
    if (verdict === 'banned') return new PeerError('disconnect reason', DiscReason.uselessPeer, 'the peer is banned')
    if (verdict === undefined || task.direction === 'outbound') return undefined
    if (this.peers.inboundCount + 1 < places.inbound) return undefined
    return new PeerError('disconnect reason', DiscReason.tooManyPeers, 'no place to spare for a discouraged peer')
  }

  /** What a set-up that shall not become a peer differs from. */
  get setUpHost(): SetUpHost<ConnectedPeer> {
    return this.#setUpHost
  }

  /** Brings a link to a peer. Rejects with what ended it; after `setup:failed` was said, unless the host is another. */
  async setUp(task: SetUpTask, host: SetUpHost<ConnectedPeer> = this.#setUpHost): Promise<ConnectedPeer> {
    if (this.#closed) {
      task.link.abort()
      throw quitting()
    }
    const setUp = new SetUp<ConnectedPeer>(++this.#latest, task, host)
    this.#setUps.add(setUp)
    try {
      return await setUp.run()
    } catch (error) {
      if (host === this.#setUpHost)
        this.#failed(error as PeerError, task.direction, task.link.remoteAddress, setUp.publicKey)
      throw error
    } finally {
      this.#setUps.delete(setUp)
      if (setUp.told) this.#host.pending(setUp, false)
      this.#checkEmpty()
    }
  }

  /** Ends everything; resolves when no link is left, at the latest after `closeMs`. */
  async close(): Promise<void> {
    this.#closed = true
    // One for each: an error is one peer's.
    for (const setUp of this.#setUps) setUp.fail(quitting())
    for (const peer of this.#living) peer.fail(quitting())
    await this.#emptyWithin(this.#host.settings.limits.closeMs)
    for (const peer of this.#living) peer.cut(quitting())
    for (const setUp of this.#setUps) setUp.cut()
    this.#wheel.close()
    this.#listening?.close()
  }

  async #emptyWithin(ms: number): Promise<void> {
    if (this.#living.size === 0 && this.#setUps.size === 0) return
    const empty = createDeferred<void>()
    const timer = this.#host.settings.clock.setTimer(ms, () => empty.resolve())
    this.#onEmpty = () => empty.resolve()
    await empty.promise
    this.#onEmpty = undefined
    timer.cancel()
  }

  #hello(): Hello {
    const { settings, publicKey } = this.#host
    const capabilities = this.#tables.map(({ offer: { protocol } }) => ({
      name: protocol.name,
      version: protocol.version,
    }))
    return { version: BASE_PROTOCOL_VERSION, name: settings.name, capabilities, listenPort: 0, publicKey }
  }

  #checkpointKey(setUp: SetUp<ConnectedPeer>, publicKey: Uint8Array): Promise<void> | undefined {
    const { task } = setUp
    const id = idOf(this.#host.settings, publicKey)
    if (this.#closed) throw quitting()
    const trusted = this.#host.isTrusted(id)
    const held = trusted ? undefined : this.#heldAgainst(task, publicKey)
    if (held) throw held
    const refusal = this.peers.check({ id, direction: task.direction, named: this.#isNamed(id) })
    if (refusal && !this.#mayMakeRoom(refusal, task)) throw refusal
    // Once, though a held one comes here again.
    if (task.direction === 'inbound' && !setUp.told) {
      setUp.told = true
      this.#host.pending(setUp, true)
    }
    return this.#rivalOf(setUp, publicKey)?.settled
  }

  /**
   * Two nodes that dial each other hold two links for a moment. The one dialed by the lower key goes on at both ends;
   * the other waits here until that one is decided, so that exactly one becomes a peer.
   */
  #rivalOf(setUp: SetUp<ConnectedPeer>, publicKey: Uint8Array): SetUp<ConnectedPeer> | undefined {
    const weAreLower = toHex(this.#host.publicKey) < toHex(publicKey)
    if ((setUp.task.direction === 'outbound') === weAreLower) return undefined
    for (const other of this.#setUps) {
      if (other === setUp || other.task.direction === setUp.task.direction) continue
      if (other.phase !== 'encryption' && other.phase !== 'hello') continue
      const key = other.publicKey ?? other.task.expected
      if (key && equalBytes(key, publicKey)) return other
    }
    return undefined
  }

  #checkpointHello({ number, task, publicKey, hello, codec }: Greeted): ConnectedPeer {
    const id = idOf(this.#host.settings, publicKey)
    const conversations = this.#conversations(hello)
    const candidate = { id, direction: task.direction, named: this.#isNamed(id) }
    const check = (): PeerError | undefined =>
      this.peers.checkShared(candidate, conversations.length, this.#tables.length)
    let refusal = check()
    if (refusal && this.#mayMakeRoom(refusal, task)) {
      this.#listening?.makeRoom(this.peers)
      refusal = check()
    }
    if (refusal) throw refusal
    const facts = {
      number,
      id,
      publicKey,
      direction: task.direction,
      name: hello.name.slice(0, NAME_LENGTH),
      capabilities: hello.capabilities,
      endpoint: task.endpoint,
      transport: task.transport,
      conversations,
    }
    const peer = new ConnectedPeer(facts, task.link, codec, this.#peerHost)
    this.peers.add(peer)
    this.#living.add(peer)
    return peer
  }

  #isNamed(id: string): boolean {
    return this.#host.isTrusted(id) || this.#host.isPersistent(id)
  }

  #mayMakeRoom({ reason }: PeerError, { direction }: SetUpTask): boolean {
    return reason === DiscReason.tooManyPeers && direction === 'inbound' && this.#host.settings.admission !== undefined
  }

  #conversations(hello: Hello): Conversation[] {
    const ours = this.#tables.map((table) => {
      const { name, version, length } = table.offer.protocol
      return { name, version, length, table }
    })
    return matchCapabilities(ours, hello.capabilities).map(({ capability, offset }) => ({
      table: capability.table,
      offset,
    }))
  }

  #begin(peer: ConnectedPeer): void {
    this.#host.added(peer)
    for (const { table } of peer.conversations) {
      if (peer.error) break
      guarded(
        () => table.offer.hooks.opened?.(peer),
        (error) => peer.thrown(error),
      )
    }
    this.#host.events.emit('peer:added', peer)
    peer.start()
  }

  #gone(peer: ConnectedPeer, error: PeerError): void {
    this.peers.remove(peer)
    this.#living.delete(peer)
    for (const { table } of peer.conversations) {
      guarded(
        () => table.offer.hooks.closed?.(peer, error),
        (thrown) => this.#host.note('a closed hook threw', thrown),
      )
    }
    const durationMs = this.#host.settings.clock.now() - peer.connectedAtMs
    const remoteRequested = error.code === 'remote disconnect reason'
    this.#host.removed(peer, error)
    this.#host.events.emit('peer:removed', { peer, error, durationMs, remoteRequested })
    this.#checkEmpty()
  }

  #failed(error: PeerError, direction: Direction, remoteAddress: string, publicKey?: Uint8Array): void {
    this.#host.events.emit('setup:failed', { error, direction, remoteAddress, publicKey })
  }

  #checkEmpty(): void {
    if (this.#living.size === 0 && this.#setUps.size === 0) this.#onEmpty?.()
  }
}

function quitting(): PeerError {
  return new PeerError('disconnect reason', DiscReason.quitting, 'the node is closing')
}

/** keccak-256 of a public key, in hex: a peer's id. */
export function idOf({ crypto }: Pick<Settings, 'crypto'>, publicKey: Uint8Array): string {
  return toHex(crypto.keccak256(publicKey))
}
