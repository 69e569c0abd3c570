// What a peer is made of, and what it needs of its node.
import type { Clock } from '../base/clock.ts'
import type { Wheel } from '../base/wheel.ts'
import type { PeerError } from '../errors/peer-error.ts'
import type { Endpoint } from '../wire/address.ts'
import type { Direction } from '../wire/link.ts'
import type { Capability } from '../wire/peer.ts'
import type { ConnectedPeer } from './connected-peer.ts'
import type { Conversation } from './conversation.ts'
import type { PeerLimits } from './limits.ts'
import type { ReceiveBudget } from './receive-budget.ts'

/** What is known of a connection when checkpoint 2 has passed. */
export interface PeerFacts {
  /** The number of its connection, never used again. */
  readonly number: number
  readonly id: string
  readonly publicKey: Uint8Array
  readonly direction: Direction
  readonly name: string
  readonly capabilities: readonly Capability[]
  readonly endpoint: Endpoint | undefined
  /** Name of the transport that carries it. */
  readonly transport: string
  readonly conversations: readonly Conversation[]
}

/** What a peer needs of its node. */
export interface PeerHost {
  readonly clock: Clock
  readonly wheel: Wheel
  readonly limits: PeerLimits
  /** Shared by all peers. */
  readonly receiving: ReceiveBudget
  /** A number to count request ids from. */
  requestIdSeed(): number
  isPersistent(id: string): boolean
  isTrusted(id: string): boolean
  /** It has begun to end, once: its place is free. */
  ending(peer: ConnectedPeer): void
  /** The peer's tasks have ended, once. */
  gone(peer: ConnectedPeer, error: PeerError): void
  /** Something failed that ends nobody, such as a handler that outlived its peer. */
  note(message: string, error: unknown): void
  /** Calls back when others have had their turn of the loop. */
  yieldTurn(run: () => void): void
}
