// What an address book is given, and what it shows of itself.
import type { AddressCounts, NewShare } from '../addresses/address-tables.ts'
import type { GroupPolicy } from '../addresses/group-policy.ts'
import type { NetworkAddress } from '../addresses/network-address.ts'
import type { GossipFigures } from '../protocols/addr/gossip.ts'
import type { Endpoint } from '../wire/address.ts'
import type { KeeperFigures } from '../keeping/keeper.ts'
import type { OwnInspection } from './own-addresses.ts'
import type { Seed } from './seeds.ts'

export interface AddressBookOptions {
  /**
   * Whose nodes are meant, at most 32 bytes; nodes of another network don't exchange addresses. Default: made of the
   * names of the program's own protocols and kinds, or `main` where it has none; `inspect` shows it.
   */
  readonly network?: string | undefined
  /** Whom to begin with, when there are fewer than two peers 11 s after the start, or nobody is known at all. */
  readonly seeds?: readonly Seed[] | undefined
  /** The port that most nodes of the network have: others are dialed later. Default: any is as good. */
  readonly defaultPort?: number | undefined
  /** Where this node can be reached, if not where its listeners are bound. */
  readonly advertise?: readonly (Endpoint | string)[] | undefined
  /**
   * Whether addresses of loopback and LAN count, for a network of this machine or one's own; of these at most 64 that
   * never were connected are kept, and 512 that were. Default false.
   */
  readonly local?: boolean | undefined
  /** Which addresses are taken in, instead of what `local` says. */
  readonly accepts?: ((address: NetworkAddress) => boolean) | undefined
  /** Public keys of nodes that are never kept nor told of, such as one that ends with this program. */
  readonly except?: readonly Uint8Array[] | undefined
  /** How addresses are put into groups. Default: by network, as Bitcoin Core does. */
  readonly groups?: GroupPolicy | undefined
  /**
   * Which share of dials goes to addresses that were never connected: `even`, the default, is half, which an attacker
   * can do least with; `by peers` is 10 % without outbound peers and 90 % with eight; or what a function says.
   */
  readonly newShare?: 'even' | 'by peers' | NewShare | undefined
  /** Whether addresses are tried out by short dials, one every two minutes on average. Default true. */
  readonly feelers?: boolean | undefined
  /** Under which name the node's storage keeps the book. Default `peers.json`. */
  readonly file?: string | undefined
}

/** Plain JSON. */
export interface AddressBookInspection {
  readonly network: string
  /** The protocols and kinds that its name was made of; empty when the program named it, or has none of its own. */
  readonly networkParts: readonly string[]
  readonly addresses: AddressCounts
  /** With `local`: how many of such addresses are kept, as a sentence. */
  readonly bound?: string
  readonly own: number
  /** What others are told of this node, in the written form, or why nothing is. */
  readonly ownAddresses: OwnInspection
  readonly addr: GossipFigures
  /** Absent when the node has no storage. */
  readonly file: KeeperFigures | undefined
  /** Whom the next start dials first. */
  readonly anchors: readonly string[]
  readonly seedsAsked: number
  readonly feelers: { readonly sent: number; readonly alive: number }
  /** What has to happen for the next dial, as a sentence. */
  readonly waitsFor: string
}
