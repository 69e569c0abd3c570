// What is asked of those who dial us, at both checkpoints: loaded where a node listens.
import type { PrefixPolicy } from '../addresses/prefix.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import type { ConnectedPeer } from '../peers/connected-peer.ts'
import { keyRefusalOf } from '../peers/peer-set.ts'
import type { Connection } from './connection.ts'
import type { ConnectionTable } from './connection-table.ts'
import { makeRoom } from './make-room.ts'
import type { Settings } from './options.ts'

/** Silence after which a peer is asked for a sign of life when its key comes by another connection. */
const SILENT_MS = 1000
/** How long it has for that; go-ethereum waits 5 s for our Hello. */
const ANSWER_MS = 3000

export interface GuestsHost {
  readonly settings: Settings
  readonly table: ConnectionTable
  readonly prefixes: PrefixPolicy
  /** The node's own. */
  readonly id: string
}

export class Guests {
  readonly #host: GuestsHost
  /** Connections that wait for a sign of life of the peer of their key. */
  readonly #asking = new WeakSet<Connection>()

  constructor(host: GuestsHost) {
    this.#host = host
  }

  /**
   * Whether room may be made for one that is refused for want of it. Nobody makes room for one that is refused all the
   * same. @throws {PeerError}
   */
  canMakeRoom({ direction, remote }: Connection, { reason }: PeerError): boolean {
    const { settings, table, id } = this.#host
    if (reason !== DiscReason.tooManyPeers || direction !== 'inbound' || !settings.admission) return false
    const other = keyRefusalOf(table, remote!.id, id)
    if (other) throw other
    return true
  }

  /** Ends the inbound peer that the policy of admission finds for a newcomer, if any. */
  makeRoom(): void {
    const { settings, table, prefixes } = this.#host
    makeRoom(table.peers(), settings, prefixes)
  }

  /** Discouraged peers get what nobody else wants: they are refused as soon as one more would fill the node. */
  discouraged(): PeerError | undefined {
    const { settings, table } = this.#host
    if (table.inboundCount + 1 < settings.places.inbound) return undefined
    return new PeerError('disconnect reason', DiscReason.tooManyPeers, 'no place to spare for a discouraged peer')
  }

  /**
   * A key whose peer has been silent comes by another connection, as a tab does that has changed its network: the peer
   * is pinged, and gives up its place when nothing comes of it. Nobody else can have that happen to a peer: the
   * newcomer has to say Hello meanwhile, which takes the key. One at a time waits, the others are refused.
   */
  awaitsSign(connection: Connection): boolean {
    const { settings, table } = this.#host
    const { id } = connection.remote!
    const peer = table.peerOf(id)
    if (!peer) return false
    if (this.#asking.has(connection)) return true
    const nowMs = settings.clock.now()
    if (peer.paused || nowMs - peer.heardAtMs < SILENT_MS) return false
    if (table.of(id).some((other) => this.#asking.has(other))) return false
    this.#asking.add(connection)
    peer.ping()
    connection.setUp!.holdAtMost(ANSWER_MS, () => this.#decide(connection, peer, nowMs))
    return true
  }

  #decide(connection: Connection, peer: ConnectedPeer, askedMs: number): void {
    const { setUp } = connection
    this.#asking.delete(connection)
    if (peer.heardAtMs < askedMs && setUp?.greeted) {
      peer.fail(new PeerError('disconnect reason', DiscReason.alreadyConnected, 'its key came by a newer connection'))
    } else if (!peer.error) setUp?.fail(keyRefusalOf(this.#host.table, connection.remote!.id)!)
    setUp?.goOn()
  }
}
