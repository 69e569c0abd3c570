// What a node tells its listeners.
import type { PeerError } from '../errors/peer-error.ts'
import type { Address } from '../wire/address.ts'
import type { Direction } from '../wire/link.ts'
import type { Peer } from '../wire/peer.ts'

/** How a peer's life ended. */
export interface Removal {
  readonly peer: Peer
  readonly error: PeerError
  readonly durationMs: number
  /** Whether the remote asked for the end with a Disconnect. */
  readonly remoteRequested: boolean
}

/** A link that never became a peer. */
export interface SetUpFailure {
  readonly error: PeerError
  readonly direction: Direction
  readonly remoteAddress: string
  /** Address and direction, as `String(peer)` has them; without a key where none is known. */
  readonly peer: string
  /** Whether the user asked for this node. */
  readonly persistent: boolean
  /** The remote's proven key; absent when the link ended before the encryption handshake. */
  readonly publicKey: Uint8Array | undefined
}

/** A dial that gave no peer, whether or not a link was opened. */
export interface DialFailure {
  readonly address: Address
  readonly error: PeerError
  readonly persistent: boolean
}

export interface NodeEvents {
  'peer:added': [peer: Peer]
  /** Said once for each added peer, when the set no longer holds it. */
  'peer:removed': [removal: Removal]
  'setup:failed': [failure: SetUpFailure]
  'dial:failed': [failure: DialFailure]
}
