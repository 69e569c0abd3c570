// All connections of a node: found by number and by key, counted by state, and the only place that changes a state.
import type { ConnectedPeer } from '../peers/connected-peer.ts'
import type { Endpoint } from '../wire/address.ts'
import type { PeerSet } from '../peers/peer-set.ts'
import type { Direction } from '../wire/link.ts'
import { Connection } from './connection.ts'
import type { ConnectionState, RemoteName } from './connection.ts'

const NONE: readonly never[] = []

export class ConnectionTable implements PeerSet {
  /** In the order in which they began; those that became peers, in the order of that. */
  readonly #all = new Map<number, Connection>()
  readonly #byId = new Map<string, readonly Connection[]>()
  /** Whom the places are for that dials hold, and how many dials of each. */
  readonly #places = new Map<string, number>()
  #latest = 0
  #peers = 0
  #inbound = 0

  get size(): number {
    return this.#all.size
  }

  /** Connections that are peers: those that say goodbye take no place any more. */
  get peerCount(): number {
    return this.#peers
  }

  get inboundCount(): number {
    return this.#inbound
  }

  get heldCount(): number {
    return this.#places.size
  }

  isHeld(id: string): boolean {
    return this.#places.has(id)
  }

  /** Holds a place for a dial from its beginning; several for the same hold one together. */
  hold(connection: Connection, place: string): void {
    connection.place = place
    this.#places.set(place, (this.#places.get(place) ?? 0) + 1)
  }

  /** A connection that begins, without a remote: it is found by no key. */
  add(direction: Direction, state: ConnectionState, endpoint?: Endpoint): Connection {
    const connection = new Connection(++this.#latest, direction, state, endpoint)
    this.#all.set(connection.number, connection)
    return connection
  }

  /** Has it found by its key from now on. */
  name(connection: Connection, remote: RemoteName): void {
    if (connection.remote) return
    connection.remote = remote
    this.#byId.set(remote.id, [...this.of(remote.id), connection])
  }

  get(number: number): Connection | undefined {
    return this.#all.get(number)
  }

  /** The connections of one key, the oldest first. */
  of(id: string): readonly Connection[] {
    return this.#byId.get(id) ?? NONE
  }

  values(): IterableIterator<Connection> {
    return this.#all.values()
  }

  /** The one peer of a key that lives. */
  peerOf(id: string): ConnectedPeer | undefined {
    return this.of(id).find(({ state }) => state === 'peer')?.peer
  }

  /** All peers, those that say goodbye included until that is told. */
  peers(): ConnectedPeer[] {
    const peers: ConnectedPeer[] = []
    for (const { peer, told } of this.#all.values()) if (peer && !told) peers.push(peer)
    return peers
  }

  /** Changes its state; nothing comes after `gone`, and then it is found no more. */
  move(connection: Connection, state: ConnectionState): void {
    const before = connection.state
    if (before === state || before === 'gone' || (before === 'goodbye' && state !== 'gone')) return
    connection.state = state
    if (state === 'peer' || state === 'goodbye' || state === 'gone') this.#give(connection)
    if (before === 'peer') this.#count(connection, -1)
    if (state === 'peer') {
      this.#count(connection, 1)
      this.#all.delete(connection.number)
      this.#all.set(connection.number, connection)
    } else if (state === 'gone') this.#forget(connection)
  }

  #give(connection: Connection): void {
    const { place } = connection
    if (place === undefined) return
    connection.place = undefined
    const left = this.#places.get(place)! - 1
    if (left > 0) this.#places.set(place, left)
    else this.#places.delete(place)
  }

  #count({ direction }: Connection, change: 1 | -1): void {
    this.#peers += change
    if (direction === 'inbound') this.#inbound += change
  }

  #forget(connection: Connection): void {
    this.#all.delete(connection.number)
    if (!connection.remote) return
    const { id } = connection.remote
    const left = this.of(id).filter((other) => other !== connection)
    if (left.length > 0) this.#byId.set(id, left)
    else this.#byId.delete(id)
  }
}
