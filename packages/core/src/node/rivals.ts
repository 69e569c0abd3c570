// What becomes of several connections of one key: loaded where a node listens, or dials a key at a second place.
import { toHex } from '../base/bytes.ts'
import { DiscReason, PeerError } from '../index.ts'
import type { Attempt } from './attempt.ts'
import type { Connection } from './connection.ts'
import type { Connections, ConnectionsHost } from './connections.ts'

/** How long a dial of a key waits for an earlier one that is further. */
const SOONER_MS = 3000
/** How long the link that both nodes should keep waits for the other one, where that one has our Hello already. */
const CROSSED_MS = 1000

export class Rivals {
  readonly #connections: Connections
  readonly #host: Pick<ConnectionsHost, 'settings'>
  readonly #publicKeyHex: string

  constructor(connections: Connections, host: Pick<ConnectionsHost, 'settings' | 'publicKey'>) {
    this.#connections = connections
    this.#host = host
    this.#publicKeyHex = toHex(host.publicKey)
    for (const connection of connections.table.values()) if (connection.state === 'peer') this.overtake(connection)
  }

  /** Checkpoint 1 for one that has passed the refusals: the connection that it waits for, if any. */
  rivalOf(connection: Connection): Connection | undefined {
    const { id, publicKey } = connection.remote!
    const others = this.#connections.table.of(id).filter(({ state }) => state === 'encryption' || state === 'hello')
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

  /** It has become the peer: whoever waits for another one of its key has what was waited for. */
  overtake(connection: Connection): void {
    for (const other of this.#connections.table.of(connection.remote!.id))
      if (other !== connection && other.attempt) this.#end(other, other.attempt, connection)
  }

  #end(other: Connection, attempt: Attempt, { peer }: Connection): void {
    const error = new PeerError('disconnect reason', DiscReason.alreadyConnected, 'this key is connected already')
    other.attempt = undefined
    attempt.settle(peer!.error ?? peer!)
    attempt.controller.abort(error)
    if (other.link) other.fail(error)
    else this.#connections.remove(other)
  }

  /**
   * Refused for another connection of the key, which may have taken the last place, too: whoever waited for this one
   * is content with that. Answers whether there is one.
   */
  passOn(attempt: Attempt, id: string, { reason }: PeerError): boolean {
    const isTwin = reason === DiscReason.alreadyConnected
    if (!isTwin && reason !== DiscReason.tooManyPeers) return false
    const { table } = this.#connections
    const peer = table.peerOf(id)
    const heir = isTwin && table.of(id).find(({ state }) => state === 'hello' || state === 'held')
    if (peer) attempt.settle(peer)
    else if (!heir) return false
    else if (heir.attempt) attempt.passTo(heir.attempt)
    else heir.attempt = attempt
    return true
  }

  /** What was held for it may be decided now. */
  reconsider({ remote }: Connection): void {
    if (!remote) return
    for (const { state, setUp } of this.#connections.table.of(remote.id)) if (state === 'held') setUp?.goOn()
  }
}
