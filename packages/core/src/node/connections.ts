// Everything that is connected or about to be: links become peers here, and their ends are told.
import { createDeferred } from '../base/abort.ts'
import { toHex } from '../base/bytes.ts'
import type { Emitter } from '../base/emitter.ts'
import { guarded } from '../base/guarded.ts'
import { Wheel } from '../base/wheel.ts'
import type { ConnectionName } from '../dialing/state.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import { ConnectedPeer } from '../peers/connected-peer.ts'
import { createOfferTable } from '../peers/conversation.ts'
import type { Conversation, OfferTable } from '../peers/conversation.ts'
import type { PeerHost } from '../peers/peer-host.ts'
import { describeRemote } from '../peers/peer-name.ts'
import type { PeerSetLimits } from '../peers/peer-set.ts'
import { ReceiveBudget } from '../peers/receive-budget.ts'
import { generateKeyPair } from '../rlpx/keys.ts'
import type { Endpoint } from '../wire/address.ts'
import { matchCapabilities } from '../wire/capabilities.ts'
import type { FrameCodec } from '../wire/frame-codec.ts'
import { BASE_PROTOCOL_VERSION } from '../wire/hello.ts'
import type { Hello } from '../wire/hello.ts'
import { Checkpoints } from './checkpoints.ts'
import type { Connection, RemoteName } from './connection.ts'
import { ConnectionTable } from './connection-table.ts'
import type { NodeEvents } from './events.ts'
import type { Listening } from './listening.ts'
import type { Settings } from './options.ts'
import type { Rivals } from './rivals.ts'
import { SetUp } from './set-up.ts'
import type { SetUpHost, SetUpTask } from './set-up.ts'

/** Most characters of a client name that are kept. */
const NAME_LENGTH = 128
/** How much later than due a keep-alive may be looked at. */
const WHEEL_SLOT_MS = 1000

/** What is known of whoever is no peer. */
export interface Remote extends Pick<Connection, 'direction' | 'endpoint' | 'remote'> {
  readonly transport: string
}

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
  /** An inbound connection has proven its key, or that is over. */
  pending(connection: ConnectionName, isPending: boolean): void
  /** It has become a peer, or the error has ended it. */
  decided(connection: Connection, error?: PeerError): void
  note(message: string, error: unknown): void
}

export class Connections {
  readonly table: ConnectionTable = new ConnectionTable()
  readonly limits: PeerSetLimits
  readonly #host: ConnectionsHost
  readonly #offers: readonly OfferTable[]
  readonly #checkpoints: Checkpoints
  readonly #wheel: Wheel
  readonly #peerHost: PeerHost
  /** What the set-up of a connection that shall become a peer asks. */
  readonly setUpHost: SetUpHost
  listening: Listening | undefined
  rivals: Rivals | undefined
  #closed = false
  #onEmpty: (() => void) | undefined
  /** Connections that are just being told of, and whether they have ended: that is told afterwards. */
  readonly #beginning = new Map<Connection, boolean>()

  constructor(host: ConnectionsHost) {
    const { settings, id } = host
    this.#host = host
    this.limits = { maxPeers: settings.maxPeers, maxInbound: settings.places.inbound }
    this.#offers = settings.offers.map(createOfferTable)
    this.#wheel = new Wheel(settings.clock, WHEEL_SLOT_MS)
    this.#checkpoints = new Checkpoints({
      settings,
      table: this.table,
      limits: this.limits,
      id,
      isPersistent: host.isPersistent,
      isTrusted: host.isTrusted,
      guests: () => this.listening?.guests,
    })
    this.#peerHost = {
      clock: settings.clock,
      wheel: this.#wheel,
      limits: settings.limits,
      receiving: new ReceiveBudget(settings.limits.receiveBytes),
      requestIdSeed: () => settings.random.uint32(),
      isPersistent: host.isPersistent,
      isTrusted: host.isTrusted,
      ending: ({ number }) => this.table.move(this.table.get(number)!, 'goodbye'),
      gone: ({ number }) => this.#gone(this.table.get(number)!),
      note: host.note,
      yieldTurn: (run) => void settings.clock.setTimer(0, run),
    }
    this.setUpHost = {
      settings,
      supplies: () => this.listening?.supplies,
      hello: () => this.#hello(),
      move: (connection, state) => this.table.move(connection, state),
      checkpointKey: (connection, key) => this.#checkpointKey(connection, key),
      checkpointHello: (connection, hello, codec) => this.#checkpointHello(connection, hello, codec),
      begin: (connection) => this.#begin(connection),
      over: (connection, error) => this.#over(connection, error),
      gone: (connection) => this.remove(connection),
    }
  }

  get receivingBytes(): number {
    return this.#peerHost.receiving.bytes
  }

  /** Listens until the signal aborts. What only listeners need is loaded here: a tab never fetches it. */
  async listen(signal: AbortSignal): Promise<void> {
    const [{ Listening }] = await Promise.all([import('./listening.ts'), this.loadRivals()])
    const { crypto, random } = this.#host.settings
    this.listening ??= new Listening(this, this.#host, () => generateKeyPair(crypto, random))
    await this.listening.open(signal)
  }

  /** Whether there are others of its key that may become a peer. */
  hasRivals(connection: Connection): boolean {
    const { remote } = connection
    return this.table
      .of(remote?.id ?? '')
      .some(({ state, number }) => number !== connection.number && state !== 'goodbye')
  }

  /** Fetches what decides between several connections of one key. */
  async loadRivals(): Promise<void> {
    if (this.rivals) return
    const { Rivals } = await import('./rivals.ts')
    this.rivals ??= new Rivals(this, this.#host)
  }

  /** A dial that begins. Without a remote it is found by no key, and holds up nobody. */
  addDial(endpoint: Endpoint, remote?: RemoteName): Connection {
    const connection = this.table.add('outbound', 'dialing', endpoint)
    if (remote) this.table.name(connection, remote)
    return connection
  }

  /** Brings a link to a peer. What ends it before is told by `setup:failed`, and then to the task. */
  setUp(connection: Connection, task: SetUpTask, host: SetUpHost = this.setUpHost): void {
    connection.link = task.link
    connection.setUp = new SetUp(connection, task, host)
    this.table.move(connection, 'encryption')
    connection.setUp.run()
    if (this.#closed) connection.setUp.cut(quitting())
  }

  /** Nothing is left of it. */
  remove(connection: Connection): void {
    this.table.move(connection, 'gone')
    if (connection.link) this.listening?.door.left(connection.link)
    this.rivals?.reconsider(connection)
    if (this.table.size === 0) this.#onEmpty?.()
  }

  /** Ends everything; resolves when nothing is left, at the latest after `closeMs`. */
  async close(): Promise<void> {
    this.#closed = true
    for (const connection of [...this.table.values()]) connection.fail(quitting())
    await this.#emptyWithin(this.#host.settings.limits.closeMs)
    for (const connection of [...this.table.values()]) connection.cut(quitting())
    this.#wheel.close()
    this.listening?.forget()
  }

  async #emptyWithin(ms: number): Promise<void> {
    if (this.table.size === 0) return
    const empty = createDeferred<void>()
    const timer = this.#host.settings.clock.setTimer(ms, () => empty.resolve())
    this.#onEmpty = () => empty.resolve()
    await empty.promise
    this.#onEmpty = undefined
    timer.cancel()
  }

  #hello(): Hello {
    const { settings, publicKey } = this.#host
    const capabilities = this.#offers.map(({ offer: { protocol } }) => ({
      name: protocol.name,
      version: protocol.version,
    }))
    return { version: BASE_PROTOCOL_VERSION, name: settings.name, capabilities, listenPort: 0, publicKey }
  }

  #checkpointKey(connection: Connection, publicKey: Uint8Array): boolean {
    if (this.#closed) throw quitting()
    const id = idOf(this.#host.settings, publicKey)
    this.table.name(connection, { id, publicKey })
    if (!this.#checkpoints.key(connection)) return false
    connection.setUp!.task.entry?.proven(connection)
    return this.rivals?.rivalOf(connection) === undefined
  }

  #checkpointHello(connection: Connection, hello: Hello, codec: FrameCodec): void {
    const { number, direction, endpoint, remote, setUp, link } = connection
    const { id, publicKey } = remote!
    const conversations = this.#conversations(hello)
    this.#checkpoints.hello(connection, conversations.length > 0, hello.capabilities)
    // A peer of the same key that says goodbye is removed before this one is added; its link has its time.
    for (const other of this.table.of(id)) if (other.peer) this.#tellEnd(other)
    if (connection.state !== 'hello') throw quitting()
    const facts = {
      number,
      id,
      publicKey,
      direction,
      name: hello.name.slice(0, NAME_LENGTH),
      capabilities: hello.capabilities,
      endpoint,
      transport: setUp!.task.transport,
      conversations,
    }
    connection.peer = new ConnectedPeer(facts, link!, codec, this.#peerHost)
    this.table.move(connection, 'peer')
  }

  #conversations(hello: Hello): Conversation[] {
    const ours = this.#offers.map((table) => {
      const { name, version, length } = table.offer.protocol
      return { name, version, length, table }
    })
    return matchCapabilities(ours, hello.capabilities).map(({ capability, offset }) => ({
      table: capability.table,
      offset,
    }))
  }

  #begin(connection: Connection): void {
    const peer = connection.peer!
    this.#beginning.set(connection, false)
    this.#host.added(peer)
    connection.settled?.()
    this.#open(connection, peer)
    this.#host.events.emit('peer:added', peer)
    this.rivals?.overtake(connection)
    peer.start()
    this.#host.decided(connection)
    const endedEarly = this.#beginning.get(connection)
    this.#beginning.delete(connection)
    if (endedEarly) this.#gone(connection)
    else this.rivals?.reconsider(connection)
  }

  // As many protocols are told of the end: those that were told of the beginning, whatever they made of it.
  #open(connection: Connection, peer: ConnectedPeer): void {
    for (const { table } of peer.conversations) {
      if (peer.error) return
      connection.opened++
      guarded(
        () => table.offer.hooks.opened?.(peer),
        (error) => peer.thrown(error),
      )
    }
  }

  #gone(connection: Connection): void {
    if (this.#beginning.has(connection)) return void this.#beginning.set(connection, true)
    this.table.move(connection, 'gone')
    this.#tellEnd(connection)
    this.remove(connection)
  }

  #tellEnd(connection: Connection): void {
    if (connection.told) return
    connection.told = true
    const peer = connection.peer!
    const error = peer.error!
    for (const { table } of peer.conversations.slice(0, connection.opened)) {
      guarded(
        () => table.offer.hooks.closed?.(peer, error),
        (thrown) => this.#host.note('a closed hook threw', thrown),
      )
    }
    const durationMs = this.#host.settings.clock.now() - peer.connectedAtMs
    const remoteRequested = error.code === 'remote disconnect reason'
    this.#host.removed(peer, error)
    this.#host.events.emit('peer:removed', { peer, error, durationMs, remoteRequested })
  }

  #over(connection: Connection, error: PeerError): void {
    const { direction, endpoint, remote, link, setUp } = connection
    const { transport } = setUp!.task
    this.failed(error, { direction, endpoint, remote, transport }, link!.remoteAddress, setUp!.publicKey)
    connection.settled?.()
    setUp!.task.decided?.(error)
    this.#host.decided(connection, error)
    this.rivals?.reconsider(connection)
  }

  /** Tells of an end without a peer. */
  failed(error: PeerError, of: Remote, remoteAddress: string, publicKey?: Uint8Array): void {
    const { direction, remote } = of
    const peer = describeRemote(of, remoteAddress, remote?.publicKey)
    const persistent = remote !== undefined && this.#host.isPersistent(remote.id)
    this.#host.events.emit('setup:failed', { error, direction, remoteAddress, publicKey, peer, persistent })
  }
}

/** keccak-256 of a public key, in hex: a peer's id. */
export function idOf({ crypto }: Pick<Settings, 'crypto'>, publicKey: Uint8Array): string {
  return toHex(crypto.keccak256(publicKey))
}

function quitting(): PeerError {
  return new PeerError('disconnect reason', DiscReason.quitting, 'the node is closing')
}
