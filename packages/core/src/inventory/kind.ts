// What a kind of items is, and what connects kinds to peers: types only, so that an inventory without kinds loads
// nothing.
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Capability } from '../wire/peer.ts'
import type { Offer } from '../wire/protocol.ts'
import type { InventoryPlugin } from './plugin.ts'

/**
 * What a check says of an item: `accept` passes it on; `ignore` drops it and blames nobody; `invalid` ends the peer
 * that sent it; `later` is for a check that can't say it now: the item is dropped, and asked for again in a while.
 */
export type ItemVerdict = 'accept' | 'ignore' | 'invalid' | 'later'

/** What a check is told beside the item. */
export interface CheckContext<T> {
  /** 32 bytes. */
  readonly id: Uint8Array
  /** Who sent it. */
  readonly peer: string
  /**
   * The item's parent, while it can still be served. Its id was accepted in any case, unless the item is the first of
   * its chain here.
   */
  readonly parent: T | undefined
}

/**
 * One kind of items. Methods are called with a stranger's bytes, of at most `maxBytes`. What `id` and `read` throw
 * counts as `invalid`.
 */
export interface Kind<T = Uint8Array> {
  /** 1 to 32 characters, a-z, 0-9 and `-`, beginning with a letter. */
  readonly name: string
  /** 0 to 65,535; 0 to 15 belong to peerwire's own packages. */
  readonly number: number
  readonly maxBytes: number
  /** Told of at once and not at times of chance, and asked for at once of whoever announces it. */
  readonly urgent: boolean
  /** A protocol that carries this kind where both sides share it. */
  readonly over: Capability | undefined
  /** 32 bytes that follow from the content. */
  id(bytes: Uint8Array): Uint8Array
  read(bytes: Uint8Array): T
  check(value: T, context: CheckContext<T>): ItemVerdict | Promise<ItemVerdict>
  /**
   * How long an item is passed on and served, in milliseconds from when it was published; absent for what the
   * inventory's limits say. Then it is gone everywhere.
   */
  readonly lifeMs: number | undefined
  /** The id of the item that has to be accepted before this one; `undefined` when it needs none. */
  parent(value: T): Uint8Array | undefined
  /** Most missing parents in a row that are asked for. */
  readonly walkBack: number
  /** Whether an item whose parent can't be had may be the first of its chain here. */
  first(value: T): boolean
  /** How many of the newest items a peer that comes is told of; absent for what the inventory's limits say. */
  readonly history: number | undefined
  /** How items travel; `kind` gives it, so that a program without kinds doesn't load it. */
  readonly connect: ConnectKinds
}

/** Any kind, whatever its values. */
export type AnyKind = Kind<unknown>

/** An item that passed its check, for the first time. */
export interface AcceptedItem<T = unknown> {
  readonly kind: Kind<T>
  /** 32 bytes. */
  readonly id: Uint8Array
  readonly bytes: Uint8Array
  readonly value: T
  /** Id of the peer that sent it. */
  readonly peer: string
}

/**
 * What became of an item: `known` was here before, `waiting` lacks its parent, `later` couldn't be judged yet,
 * `unasked` came from a peer that wasn't asked for it.
 */
export type ItemOutcome = 'accepted' | 'ignored' | 'invalid' | 'known' | 'waiting' | 'later' | 'unasked'

export type ItemListener<T> = (item: AcceptedItem<T>) => void

/** What happened to items of all kinds, counted. */
export interface ItemCounts {
  accepted: number
  ignored: number
  /** Items that a check couldn't judge yet. */
  later: number
  invalid: number
  /** Items that were here already when they came. */
  repeated: number
  /** Items that were older than their kind lives when they came. */
  stale: number
  /** Items that their sender wasn't asked for. */
  unasked: number
  /** Ids that a peer said it hasn't, of which it wasn't asked. */
  unaskedNotFound: number
  /** Items that were the first of their chain here, because their parent couldn't be had. */
  first: number
  /** Items that waited for their parent, and those among them that had to go before it came. */
  orphaned: number
  orphansDropped: number
  /** Milliseconds of checking, and how many of them went to items that turned out invalid. */
  checkMs: number
  wastedMs: number
  /** Bytes of invalid items. */
  wastedBytes: number
}

export interface ItemFigures extends ItemCounts {
  readonly orphans: number
  readonly orphanBytes: number
}

/** What an inventory needs when it starts; a node's plugin context is one. */
export interface InventoryContext {
  readonly clock: Clock
  readonly random: Random
  readonly logger?: Logger | undefined
}

/** Kinds connected to peers: the service behind an inventory's own protocol. */
export interface ItemService {
  readonly protocols: readonly Offer[]
  start(context: InventoryContext): Promise<void>
  stop(): void
  publish(kind: AnyKind, bytes: Uint8Array, isPassedOn: boolean): Uint8Array
  deliver(peer: string, kind: AnyKind, bytes: Uint8Array, ageMs: number): Promise<ItemOutcome>
  /** No protocol reaches the peer any more. */
  gone(peer: string): void
  /** Items wait for this one, and nobody is left to be asked for it. */
  lost(kind: number, id: Uint8Array): void
  follow(kind: AnyKind, listener: ItemListener<unknown>): () => void
  figures(): ItemFigures
}

export type ConnectKinds = (inventory: InventoryPlugin, kinds: readonly AnyKind[]) => ItemService
