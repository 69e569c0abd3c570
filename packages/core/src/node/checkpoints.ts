// Where the node may refuse a connection: what is asked at both checkpoints, and for whom one waits.
import { toHex } from '../base/bytes.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import type { ConnectedPeer } from '../peers/connected-peer.ts'
import { keyRefusalOf, refusalOf, uselessRefusalOf } from '../peers/peer-set.ts'
import type { PeerSetLimits } from '../peers/peer-set.ts'
import { formatEndpoint } from '../wire/address.ts'
import type { Capability } from '../wire/peer.ts'
import type { Connection } from './connection.ts'
import type { ConnectionTable } from './connection-table.ts'
import type { Settings } from './options.ts'

/** Silence after which a peer is asked for a sign of life when its key comes by another connection. */
const SILENT_MS = 1000
/**
 * How long it has for that sign; and how long a dial of a key waits for an earlier one that is further. A ping and its
 * pong take a third of it where the way is slow, and go-ethereum waits 5 s for our Hello.
 */
const ANSWER_MS = 3000

export interface CheckpointsHost {
  readonly settings: Settings
  readonly table: ConnectionTable
  readonly limits: PeerSetLimits
  readonly publicKey: Uint8Array
  readonly id: string
  isPersistent(id: string): boolean
  isTrusted(id: string): boolean
  /** Ends an inbound peer, if the policy of admission finds one for a newcomer. */
  makeRoom(): void
}

export class Checkpoints {
  readonly #host: CheckpointsHost
  readonly #publicKeyHex: string
  /** Connections that wait for a sign of life of the peer of their key. */
  readonly #asking = new WeakSet<Connection>()

  constructor(host: CheckpointsHost) {
    this.#host = host
    this.#publicKeyHex = toHex(host.publicKey)
  }

  /** Checkpoint 1, once the key is known: whether it passes; `false` holds it. @throws {PeerError} */
  key(connection: Connection): boolean {
    const held = this.#heldAgainst(connection)
    if (held) throw held
    if (this.#awaitsSign(connection)) return false
    this.#admit(connection)
    return true
  }

  /** Checkpoint 1 for one that has passed the refusals: the connection that it waits for, if any. */
  rivalOf(connection: Connection): Connection | undefined {
    const { id, publicKey } = connection.remote!
    const others = this.#host.table.of(id).filter(({ state }) => state === 'encryption' || state === 'hello')
    const isOutbound = connection.direction === 'outbound'
    // Two nodes that dial each other hold two links for a moment. The one dialed by the lower key goes on at both
    // ends; the other waits until that one is decided, so that exactly one becomes a peer.
    if (isOutbound !== this.#publicKeyHex < toHex(publicKey)) {
      const rival = others.find(({ direction }) => direction !== connection.direction)
      if (rival) return rival
    }
    if (!isOutbound) return undefined
    // We alone decide between our own dials of a key: our Hello goes out on one of them.
    const sooner = others.find(
      (other) => other !== connection && other.state === 'hello' && other.direction === 'outbound',
    )
    if (sooner) this.#waitFor(connection, sooner)
    return sooner
  }

  /** Checkpoint 2, once Hello is known: something to talk about, then everything of checkpoint 1 again. */
  hello(connection: Connection, isAnyShared: boolean, theirs: readonly Capability[]): void {
    const ours = this.#host.settings.offers.map(({ protocol }) => protocol)
    const useless = uselessRefusalOf(isAnyShared, ours, theirs)
    if (useless) throw useless
    if (!this.#admit(connection)) return
    this.#host.makeRoom()
    const refusal = this.#refusal(connection)
    if (refusal) throw refusal
  }

  /** Whether room has to be made for it. Nobody makes room for one that is refused all the same. @throws {PeerError} */
  #admit(connection: Connection): boolean {
    const refusal = this.#refusal(connection)
    if (!refusal) return false
    const { admission } = this.#host.settings
    const canMakeRoom = refusal.reason === DiscReason.tooManyPeers && connection.direction === 'inbound' && admission
    if (!canMakeRoom) throw refusal
    const other = this.#keyRefusal(connection)
    if (other) throw other
    return true
  }

  /**
   * A key whose peer has been silent comes by another connection, as a tab does that has changed its network: the peer
   * is pinged, and gives up its place when nothing comes of it. Nobody else can have that happen to a peer: the
   * newcomer has to say Hello meanwhile, which takes the key. One at a time waits, the others are refused.
   */
  #awaitsSign(connection: Connection): boolean {
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
    } else if (!peer.error) setUp?.fail(this.#keyRefusal(connection)!)
    setUp?.goOn()
  }

  #waitFor(connection: Connection, sooner: Connection): void {
    connection.setUp?.holdAtMost(ANSWER_MS, () => {
      const text = 'another dial of this key was answered sooner'
      sooner.fail(new PeerError('disconnect reason', DiscReason.alreadyConnected, text))
    })
  }

  // Discouraged peers get what nobody else wants: they are refused as soon as one more would fill the node.
  #heldAgainst({ remote, direction, endpoint, link }: Connection): PeerError | undefined {
    const { settings, table, isTrusted } = this.#host
    const { id, publicKey } = remote!
    if (isTrusted(id)) return undefined
    const address = endpoint ? formatEndpoint(endpoint) : link!.remoteAddress
    const verdict = settings.judge({ publicKey, address })
    if (verdict === 'banned') return new PeerError('disconnect reason', DiscReason.uselessPeer, 'the peer is banned')
    if (verdict === undefined || direction === 'outbound') return undefined
    if (table.inboundCount + 1 < settings.places.inbound) return undefined
    return new PeerError('disconnect reason', DiscReason.tooManyPeers, 'no place to spare for a discouraged peer')
  }

  #refusal({ remote, direction }: Connection): PeerError | undefined {
    const { table, limits, id: selfId, isTrusted, isPersistent } = this.#host
    const { id } = remote!
    return refusalOf(table, { id, direction, named: isTrusted(id) || isPersistent(id) }, limits, selfId)
  }

  #keyRefusal({ remote }: Connection): PeerError | undefined {
    return keyRefusalOf(this.#host.table, remote!.id, this.#host.id)
  }
}
