// Where the node may refuse a connection: what is asked at both checkpoints.
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import { refusalOf, uselessRefusalOf } from '../peers/peer-set.ts'
import type { PeerSetLimits } from '../peers/peer-set.ts'
import { formatEndpoint } from '../wire/address.ts'
import type { Capability } from '../wire/peer.ts'
import type { Connection } from './connection.ts'
import type { ConnectionTable } from './connection-table.ts'
import type { Guests } from './guests.ts'
import type { Settings } from './options.ts'

export interface CheckpointsHost {
  readonly settings: Settings
  readonly table: ConnectionTable
  readonly limits: PeerSetLimits
  readonly id: string
  isPersistent(id: string): boolean
  isTrusted(id: string): boolean
  /** What is asked of those who dial us; a node that doesn't listen has none. */
  guests(): Guests | undefined
}

export class Checkpoints {
  readonly #host: CheckpointsHost

  constructor(host: CheckpointsHost) {
    this.#host = host
  }

  /** Checkpoint 1, once the key is known: whether it passes; `false` holds it. @throws {PeerError} */
  key(connection: Connection): boolean {
    const held = this.#heldAgainst(connection)
    if (held) throw held
    if (this.#host.guests()?.awaitsSign(connection)) return false
    this.#admit(connection)
    return true
  }

  /** Checkpoint 2, once Hello is known: something to talk about, then everything of checkpoint 1 again. */
  hello(connection: Connection, isAnyShared: boolean, theirs: readonly Capability[]): void {
    const ours = this.#host.settings.offers.map(({ protocol }) => protocol)
    const useless = uselessRefusalOf(isAnyShared, ours, theirs)
    if (useless) throw useless
    if (!this.#admit(connection)) return
    this.#host.guests()!.makeRoom()
    const refusal = this.#refusal(connection)
    if (refusal) throw refusal
  }

  /** Whether room has to be made for it. @throws {PeerError} */
  #admit(connection: Connection): boolean {
    const refusal = this.#refusal(connection)
    if (!refusal) return false
    if (!this.#host.guests()?.canMakeRoom(connection, refusal)) throw refusal
    return true
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
}
