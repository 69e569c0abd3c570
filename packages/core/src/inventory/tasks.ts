// What goes into the inventory and what comes out of it.
import type { Listen } from './asker.ts'
import type { ItemState, ServedItem, StoredItem } from './item-table.ts'
import type { InventoryLimits } from './limits.ts'

/** What an announcement says of an item: its id, and a number whose meaning is its carrier's. */
export interface ItemNote {
  /** 32 bytes. */
  readonly id: Uint8Array
  /** A whole number that the inventory passes on without reading, such as type and size. */
  readonly meta: number
}

/** An item with its content. `bytes` belong to the inventory from now on. */
export interface Item extends ItemNote {
  readonly kind: number
  readonly bytes: Uint8Array
  /** How long ago it was published, as its sender says; default 0. */
  readonly ageMs?: number | undefined
  /**
   * Its life has begun, and it isn't announced again for want of somebody who asks; default for what a peer sent. Items
   * of this node's own wait for that.
   */
  readonly isPassedOn?: boolean | undefined
}

/** Ask `peer` for these. */
export interface Ask {
  readonly peer: string
  readonly kind: number
  readonly items: readonly ItemNote[]
}

/** Tell `peers` of these. Peers that are to be told the same are together, so that it can be encoded once. */
export interface Announce {
  readonly peers: readonly string[]
  readonly kind: number
  readonly items: readonly ItemNote[]
}

/** A peer that didn't answer a request for an item of this kind in time. */
export interface Unanswered {
  readonly peer: string
  readonly kind: number
}

export interface InventoryTasks {
  readonly asks: readonly Ask[]
  readonly announces: readonly Announce[]
  /** They are asked nothing more before they have answered. */
  readonly muted: readonly Unanswered[]
  /** They have answered nothing for long. */
  readonly useless: readonly Unanswered[]
  /** Items that others wait for, and that nobody is left to be asked for. */
  readonly lost: readonly LostItem[]
}

export interface LostItem {
  readonly kind: number
  readonly id: Uint8Array
}

/** What differs between kinds; one without a rule is told of at once, and lives as long as the limits say. */
export interface KindRule {
  /**
   * `trickle`: told of at times of chance, so that the times don't say where an item came from. `urgent`: told of at
   * once, and asked for at once of whoever announces it, preferred or not.
   */
  readonly pace: 'trickle' | 'urgent'
  /** How long an item is served from when it was published, in milliseconds; default the limits' own. */
  readonly lifeMs?: number | undefined
  /** How many of its newest items a peer that comes is told of; default the limits' own. */
  readonly history?: number | undefined
}

export interface InventoryPeer {
  /** Asked before others, and with a tick of its own for what trickles: a peer that we chose ourselves. */
  readonly preferred: boolean
  /** Kinds that this peer is told of. */
  readonly kinds: readonly number[]
  /** Default: the limits' own. */
  readonly askTimeoutMs?: number | undefined
}

/** What is to be done with an item that came. */
export type ItemArrival = 'new' | 'known' | 'unasked'

/** Counts and bytes, for inspection. */
export interface InventoryFigures {
  readonly peers: number
  readonly ids: number
  readonly idBytes: number
  /** Over all peers. */
  readonly known: number
  readonly knownBytes: number
  /** Items that somebody announced and nobody has sent. */
  readonly tracked: number
  /** Announcements that wait for their peers. */
  readonly queued: number
  readonly rejected: number
  readonly stored: number
  readonly storedBytes: number
  /** Accepted items that are remembered, those that are stored among them. */
  readonly seen: number
  /** Items that were not taken because there was no room to remember them. */
  readonly noRoom: number
  /** Items of this node's own that nobody has asked for yet. */
  readonly unasked: number
}

/** All times are milliseconds on one clock that never goes back. Peers are named by the caller. */
export interface Inventory {
  readonly limits: InventoryLimits
  /** A peer came; it will be told of the newest items. @throws {TypeError} when one of that name is there */
  addPeer(peer: string, options: InventoryPeer): void
  /** A further protocol reaches the peer; it will be told of the newest items of these kinds. */
  addKinds(peer: string, listen: Listen): void
  /** That protocol, named by its list of kinds, doesn't reach it any more. */
  removeKinds(peer: string, kinds: readonly number[]): void
  /** A peer left: what it announced and was being asked for goes with it, what it sent stays. */
  removePeer(peer: string): void
  /** A peer said what it has. Answers how many of these it may be asked for. Nothing when the peer is not there. */
  announced(peer: string, kind: number, items: readonly ItemNote[], nowMs: number): number
  /** Notes that the peer has items that it shall not be asked for. */
  know(peer: string, kind: number, ids: readonly Uint8Array[], nowMs: number): void
  /**
   * An item came from a peer, in time or late. `unasked` when the peer wasn't asked for it, or has sent it already;
   * `known` when it is settled, or here and undecided; else it is held until `received`, `reject`, `letGo` or `retry`.
   */
  arrived(peer: string, kind: number, id: Uint8Array, nowMs: number, mayBeUnasked?: boolean): ItemArrival
  /** Our own work on a message of the peer begins, or ends: requests to the peer don't lapse meanwhile. */
  working(peer: string, isWorking: boolean, nowMs: number): void
  /** Whether the peer is known to have the item; changes nothing. */
  knows(peer: string, kind: number, id: Uint8Array): boolean
  /**
   * A checked item arrived from a peer, or from this node itself when `peer` is absent.
   * Everybody who doesn't know it will be told. `false` when it was settled already or there is no room.
   */
  received(peer: string | undefined, item: Item, nowMs: number): boolean
  /**
   * The peer was asked for these and won't send them: the next one is asked. Answers how many it was being asked for.
   */
  notFound(peer: string, kind: number, ids: readonly Uint8Array[], nowMs: number): number
  /**
   * Nobody is asked for the item while this is remembered. Only for ids that fix the content. `from` is who sent it,
   * this node itself when it is absent.
   */
  reject(kind: number, id: Uint8Array, nowMs: number, from?: string): void
  /** A held item waits for its parent, which all who announced it, and will, are asked for. */
  awaitParent(kind: number, id: Uint8Array, parent: Uint8Array, nowMs: number): void
  /** A held item is gone, undecided: the next one who announced it is asked. */
  letGo(kind: number, id: Uint8Array): void
  /** Nobody could say whether a held item is good: all who announced it are asked again, later. */
  retry(kind: number, id: Uint8Array, nowMs: number): void
  /** What became of an id, as far as is remembered. */
  stateOf(kind: number, id: Uint8Array): ItemState
  /** How long items of a kind are served, in milliseconds from when they were published. */
  lifeMs(kind: number): number
  /** An item that can be served. */
  get(kind: number, id: Uint8Array, nowMs: number): StoredItem | undefined
  /** The same for a peer that has asked for it, with its age; now the peer has it. */
  serve(peer: string, kind: number, id: Uint8Array, nowMs: number): ServedItem | undefined
  /** What is to be done now; it counts as done. */
  poll(nowMs: number): InventoryTasks
  /** When `poll` should be called next: 0 is at once, `undefined` is not before something happens. */
  nextDeadline(): number | undefined
  inspect(): InventoryFigures
}
