// One record for each connection: from the decision to dial, or the link that came in, until nothing of it is left.
import type { PeerError } from '../errors/peer-error.ts'
import type { ConnectedPeer } from '../peers/connected-peer.ts'
import type { Endpoint } from '../wire/address.ts'
import type { Direction, Link, LinkSink } from '../wire/link.ts'
import type { Attempt } from './attempt.ts'
import type { SetUp } from './set-up.ts'

/**
 * Where a connection is. It only goes forward: `dialing` (no link yet), `encryption`, `held` (its key is proven, and
 * another connection of it decides whether it goes on), `hello`, `peer`, `goodbye` (ended; its link is not gone yet),
 * `gone`. Each one may go on to `goodbye` or `gone`; from `held` one goes to `hello`.
 */
export type ConnectionState = 'dialing' | 'encryption' | 'held' | 'hello' | 'peer' | 'goodbye' | 'gone'

/** Who a connection is with. */
export interface RemoteName {
  /** keccak-256 of the public key, hex. */
  readonly id: string
  readonly publicKey: Uint8Array
}

export class Connection implements LinkSink {
  /** Its own, never used again: of one key there may be several connections, one after another or at once. */
  readonly number: number
  readonly direction: Direction
  /** Where it was dialed; absent on inbound ones. */
  readonly endpoint: Endpoint | undefined
  /** Written by the table alone. */
  state: ConnectionState
  /** Whom we dial, from the start; inbound, once the key is proven; never on a probe, which nobody finds. */
  remote: RemoteName | undefined
  link: Link | undefined
  /** The handshakes; absent before there is a link and once there is a peer. */
  setUp: SetUp | undefined
  peer: ConnectedPeer | undefined
  /** Who waits for it to become a peer: those who dialed it, or another one of its key that was given up for it. */
  attempt: Attempt | undefined
  /** For whom the dial of a stranger holds a place, until it is a peer or over. */
  place: string | undefined
  /** Since when it waits for one that crossed it. */
  crossedMs: number | undefined
  /** Tells the dialer, who knows that an inbound connection of this key is in progress, that it isn't any more. */
  settled: (() => void) | undefined
  /** Whether the end of its peer has been told, which may be before its link is gone. */
  told = false
  /** Protocols whose `opened` was called: as many are told of the end. */
  opened = 0

  constructor(number: number, direction: Direction, state: ConnectionState, endpoint: Endpoint | undefined) {
    this.number = number
    this.direction = direction
    this.state = state
    this.endpoint = endpoint
  }

  bytes(chunk: Uint8Array): void {
    if (this.peer) this.peer.bytes(chunk)
    else this.setUp?.bytes(chunk)
  }

  drain(): void {
    this.peer?.drain()
  }

  end(error?: PeerError): void {
    if (this.peer) this.peer.end(error)
    else this.setUp?.end(error)
  }

  /** Ends it; the remote is told where frames can be sent. Nothing happens before there is a link, or twice. */
  fail(error: PeerError): void {
    if (this.peer) this.peer.fail(error)
    else this.setUp?.fail(error)
  }

  /** Ends it without waiting for a goodbye. */
  cut(error: PeerError): void {
    if (this.peer) this.peer.cut(error)
    else this.setUp?.cut(error)
  }
}
