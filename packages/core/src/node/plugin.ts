// The small contract through which an address book, an inventory, discovery or a user's own part joins a node.
import type { Clock } from '../base/clock.ts'
import type { Crypto } from '../base/crypto.ts'
import type { Logger } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Storage } from '../base/storage.ts'
import type { Kept } from '../keeping/keep.ts'
import type { StoredForm } from '../keeping/stored-form.ts'
import type { Places } from '../dialing/places.ts'
import type { CandidateRefusal } from '../dialing/sources.ts'
import type { Address, Endpoint } from '../wire/address.ts'
import type { Offer } from '../wire/protocol.ts'
import type { Node } from './node.ts'

export type { CandidateRefusal } from '../dialing/sources.ts'

/** Whom a judgement is about: as much as is known of it so far. */
export interface Subject {
  readonly publicKey?: Uint8Array | undefined
  /** A link's `remoteAddress` or an endpoint in its written form. */
  readonly address?: string | undefined
}

/** Banned is refused both ways; discouraged isn't dialed or passed on, and is the first to make room. */
export type Verdict = 'banned' | 'discouraged'

/** What a plugin gets when the node starts. */
export interface PluginContext {
  readonly node: Node
  readonly clock: Clock
  readonly random: Random
  readonly crypto: Crypto
  readonly logger: Logger
  /** What outlives the node; `undefined` when it keeps nothing. Each plugin uses names of its own. */
  readonly storage: Storage | undefined
  /**
   * Reads a value of the storage, and keeps it up to date as `@peerwire/core/keeping` does; `undefined` without a
   * storage.
   */
  keep(form: StoredForm): Promise<Kept | undefined>
  /** Where others see this node, as plugins have found out: IP addresses. */
  stated(): readonly string[]
  /** Names of all protocols that the node offers, and of the kinds of items that its plugins pass on. */
  readonly names: readonly string[]
  /** Whose the places of the node are; the dialer keeps so many outbound peers. */
  readonly places: Places
  /** Whether one of the node's transports can be asked for this endpoint. */
  canDial(endpoint: Endpoint): boolean
  /** What all plugins together hold against somebody. */
  judge(subject: Subject): Verdict | undefined
  /**
   * Finds out whether the node of an address lives: a dial, both handshakes, and goodbye. It takes a place while it
   * lasts and never becomes a peer, and nobody is told but the caller.
   *
   * @throws {PeerError} with what ended it before Hello, or the lack of a protocol that both speak; `disconnect reason`
   * when no place was free and nobody was
   *   dialed
   */
  probe(address: Address, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>
  /** Aborts when the node closes. */
  readonly signal: AbortSignal
}

export interface Plugin {
  readonly name: string
  /** Offered beside the protocols given to `createNode`. */
  readonly protocols?: readonly Offer[] | undefined
  /** Kinds of items that it passes on: with the protocols they say whose nodes are meant. */
  readonly kinds?: readonly { readonly name: string }[] | undefined
  /** Called before the first peer; the node waits for it. What it throws ends the node's own `start`. */
  start?(context: PluginContext): void | Promise<void>
  /** Called when the listeners stand, so that the node knows its addresses, and before it dials; it waits for it. */
  listening?(): void | Promise<void>
  /**
   * Called after the last message; `close` waits for it in bounds. Once for each plugin whose `start` was called, also
   * when that has failed or isn't done, and never for another.
   */
  stop?(): void | Promise<void>
  /** How long `close` waits for `stop`, in milliseconds; default the node's `closeMs`. */
  readonly stopMs?: number | undefined
  /**
   * Addresses that could be dialed; read only while there is room for a dial. With it the node has places for them.
   * They count as a stranger's: what is of this machine and its network or has a query is passed over unless `local`.
   */
  candidates?(): AsyncIterable<Address>
  /**
   * Told of each of its candidates that isn't dialed, with the reason: then nothing has to be held back by guess, nor
   * offered again and again. It must not throw.
   */
  refused?(address: Address, refusal: CandidateRefusal): void
  /** Whether its candidates and what it resolves may be such: the user said so, or it judges them itself. */
  readonly local?: boolean | undefined
  /** Whether it tries out addresses by `probe`: then the node keeps a place for that, if it has enough. */
  readonly probes?: boolean | undefined
  /** Finds where a persistent node is now that could not be dialed; `undefined` when it isn't found. */
  resolve?(publicKey: Uint8Array, signal: AbortSignal): Promise<Endpoint | undefined>
  /** Where others see this node, as an IP address: for whoever tells them of it. */
  stated?(): string | undefined
  /** What is held against somebody; asked often, so it has to be quick. Trusted peers are never asked about. */
  judge?(subject: Subject): Verdict | undefined
  /** Plain JSON for `node.inspect()`. */
  inspect?(): unknown
}
