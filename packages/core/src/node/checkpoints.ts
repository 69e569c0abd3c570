// Where the node may refuse a connection: what is asked at both checkpoints, and for whom one waits.
import { toHex } from '../base/bytes.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import { keyRefusalOf, refusalOf, uselessRefusalOf } from '../peers/peer-set.ts'
import type { PeerSetLimits } from '../peers/peer-set.ts'
import { formatEndpoint } from '../wire/address.ts'
import type { Capability } from '../wire/peer.ts'
import type { Connection } from './connection.ts'
import type { ConnectionTable } from './connection-table.ts'
import type { Guests } from './guests.ts'
import type { Settings } from './options.ts'

/** How long a dial of a key waits for an earlier one that is further. */
const SOONER_MS = 3000
/** How long the link that both nodes should keep waits for the other one, where that one has our Hello already. */
const CROSSED_MS = 1000

export interface CheckpointsHost {
  readonly settings: Settings
  readonly table: ConnectionTable
  readonly limits: PeerSetLimits
  readonly publicKey: Uint8Array
  readonly id: string
  isPersistent(id: string): boolean
  isTrusted(id: string): boolean
  /** What is asked of those who dial us; a node that doesn't listen has none. */
  guests(): Guests | undefined
}

export class Checkpoints {
  readonly #host: CheckpointsHost
  readonly #publicKeyHex: string

  constructor(host: CheckpointsHost) {
    this.#host = host
    this.#publicKeyHex = toHex(host.publicKey)
  }

  /** Checkpoint 1, once the key is known: whether it passes; `false` holds it. @throws {PeerError} */
  key(connection: Connection): boolean {
    const held = this.#heldAgainst(connection)
    if (held) throw held
    if (this.#host.guests()?.awaitsSign(connection)) return false
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
    const crossing = others.filter(({ direction }) => direction !== connection.direction)
    if (isOutbound !== this.#publicKeyHex < toHex(publicKey)) {
      if (crossing[0]) return crossing[0]
    } else {
      const greeted = crossing.find(({ state }) => state === 'hello')
      if (greeted && this.#waitsForCrossing(connection)) return greeted
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
    this.#host.guests()?.makeRoom()
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

  // A node that doesn't know that rule, as go-ethereum, keeps the link on which it is greeted first and refuses the
  // other: two are never greeted at once, unless the first one leads nowhere.
  #waitsForCrossing(connection: Connection): boolean {
    const nowMs = this.#host.settings.clock.now()
    connection.crossedMs ??= nowMs
    const leftMs = connection.crossedMs + CROSSED_MS - nowMs
    if (leftMs <= 0) return false
    connection.setUp?.holdAtMost(leftMs, () => connection.setUp?.goOn())
    return true
  }

  #waitFor(connection: Connection, sooner: Connection): void {
    connection.setUp?.holdAtMost(SOONER_MS, () => {
      const text = 'another dial of this key was answered sooner'
      sooner.fail(new PeerError('disconnect reason', DiscReason.alreadyConnected, text))
    })
  }

  #heldAgainst({ remote, direction, endpoint, link }: Connection): PeerError | undefined {
    const { settings, guests, isTrusted } = this.#host
    const { id, publicKey } = remote!
    if (isTrusted(id)) return undefined
    const address = endpoint ? formatEndpoint(endpoint) : link!.remoteAddress
    const verdict = settings.judge({ publicKey, address })
    if (verdict === 'banned') return new PeerError('disconnect reason', DiscReason.uselessPeer, 'the peer is banned')
    return verdict && direction === 'inbound' ? guests()?.discouraged() : undefined
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
