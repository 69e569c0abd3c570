// What the address tables offer and are given, as types; they are made by `createAddressTables` in `tables.ts`.
import type { Random } from '../base/random.ts'
import type { GroupPolicy } from './group-policy.ts'
import type { AddressTransport, NetworkAddress, NetworkId } from './network-address.ts'

/**
 * One claim: an address and who is said to be there. There may be several of one address. A view: valid until the
 * tables are changed, and never to be written to.
 */
export interface AddressEntry {
  readonly key: string
  readonly address: NetworkAddress
  /**
   * Of whom the address is said to be, 64 bytes, a fresh array each time; after a success it is a handshake's word.
   */
  readonly publicKey: Uint8Array
  /** Who told us of it first. */
  readonly source: NetworkAddress
  /** When it was last known to be online, as told, less penalties; seconds since 1970 like all times here. */
  readonly time: number
  /** 0: never. */
  readonly lastTry: number
  /** 0: never. */
  readonly lastSuccess: number
  /** Failures since the last success that counted. */
  readonly fails: number
  readonly isTried: boolean
  /** How many slots of the new table hold it, 0 to 8; 0 when it is in the tried one. */
  readonly references: number
}

/** An address as it was heard of. */
export interface HeardAddress {
  readonly address: NetworkAddress
  readonly publicKey: Uint8Array
  /** When it was last online, as told; what can't be is taken for five days ago. */
  readonly time: number
  /** What we ourselves resolved the name to, 4 or 16 bytes: then its group is that of the IP address. */
  readonly resolved?: Uint8Array
  /** The source speaks of itself, by a key that it has proven: its time is believed. */
  readonly isOwn?: boolean
}

/** What became of a dial that led to nobody. */
export interface Attempted {
  /** Whether it counts as a failure, if anything succeeded since the last one that counted. */
  readonly countFailure: boolean
  /** Whom the dial was for; default the claim that is believed. */
  readonly publicKey?: Uint8Array | undefined
  /** The link was there, and whoever answered has another key: a claim that was never proven falls. */
  readonly isOther?: boolean | undefined
  /** The node is there and of no use to us: it is no tried one any more, and not passed on. */
  readonly isUseless?: boolean | undefined
}

/** Whom to pick. */
export interface SelectOptions {
  /** Only addresses that never were connected: for feelers. */
  readonly onlyNew?: boolean
  /** With `onlyNew`: first the addresses of which several are said to be there, in turn. */
  readonly contested?: boolean
  /** What can be dialed at all; asked once for each combination that the tables hold. Default: everything. */
  readonly canReach?: (network: NetworkId, transport: AddressTransport) => boolean
  /** Whether a group has a connection already: as text, like the dialer's `groupOf`; not asked for loopback and LAN. */
  readonly isGroupUsed?: (group: string) => boolean
  /** Any other reason not to take an entry: connected, being dialed, banned. */
  readonly isRefused?: (entry: AddressEntry) => boolean
  /** The port that is asked for in the first 50 draws. Default: any port is as good. */
  readonly defaultPort?: number
  /** Whether entries tried in the last ten minutes wait for the 31st draw; default true. */
  readonly avoidRecent?: boolean
  /** How many outbound peers there are, for policies that ask; default 0. */
  readonly outbound?: number
}

/** The answer to someone who asks for addresses. */
export interface SampleOptions {
  /** Most entries; default 1,000. */
  readonly limit?: number
  /** Of all entries, at most this share; default 23 %. */
  readonly percent?: number
  /** Only what may be passed on. Default: everything that isn't bad. */
  readonly isWanted?: (entry: AddressEntry) => boolean
}

export interface AddressCounts {
  readonly new: number
  readonly tried: number
  readonly total: number
  /** Claims of them: several may contradict each other of one address. */
  readonly claims: number
  /** Addresses with more than one claim. */
  readonly contested: number
  /** Addresses by network number. */
  readonly byNetwork: Readonly<Partial<Record<NetworkId, number>>>
  /** Entries that wait for an older one in their slot of the tried table to be probed; at most 10. */
  readonly collisions: number
}

/** What is stored beside the rows, as plain data. */
export interface TablesHeader {
  /** The form of header and rows: 1 has one row an address, 2 one a claim. */
  readonly version: 1 | 2
  /** The secret that the buckets hang on, 64 hex digits. */
  readonly key: string
  /** The version of the rule that makes groups: with another one the entries are put into buckets anew. */
  readonly groups: string
  /** How many successes there have been, for the protection of a node that is offline. */
  readonly successes: number
}

/** One entry as plain data: whole by itself, so that others can be saved when one is spoiled. */
export interface AddressRow {
  /** `addressKey`. */
  readonly address: string
  /** 128 hex digits. */
  readonly publicKey: string
  /** `addressKey`. */
  readonly source: string
  readonly time: number
  readonly lastTry: number
  readonly lastSuccess: number
  readonly fails: number
  /** The value of `successes` when a failure was last counted. */
  readonly countedAt: number
  readonly isTried: boolean
  /** The buckets of the new table; empty for a tried entry. */
  readonly buckets: readonly number[]
  /** The IP address of a name, 8 or 32 hex digits; absent when we never resolved it. */
  readonly resolved?: string
}

export interface RestoreResult {
  readonly kept: number
  /** Rows that were no rows, were there already, or found no place. */
  readonly dropped: number
}

/**
 * The new and the tried table. They have no clock: `now` is whole seconds since 1970, and may be turned back. Nothing
 * throws but for misuse; an address that isn't known is ignored.
 */
export interface AddressTables {
  /** Takes an address in; whether it now stands in a slot of the new table where it didn't before. */
  add(heard: HeardAddress, source: NetworkAddress, now: number): boolean
  /** Before a dial, or when it has failed; a failure counts only if something succeeded since the last that counted. */
  attempt(address: NetworkAddress, now: number, attempted: Attempted): void
  /**
   * After a handshake that proved the key: the claim is tried now, or as soon as the holder of its slot has failed, and
   * other claims of the address are gone.
   */
  good(address: NetworkAddress, publicKey: Uint8Array, now: number): boolean
  /** When a connection ends: it was online until now. */
  connected(address: NetworkAddress, now: number, publicKey?: Uint8Array): void
  /** Says what a name resolved to, by our own asking; the entry moves to the buckets of its group. */
  resolve(address: NetworkAddress, ip: Uint8Array): void
  /** The claim of this key; without one, the claim of the address that is believed. */
  get(address: NetworkAddress, publicKey?: Uint8Array): AddressEntry | undefined
  /** Someone to dial, in at most 100 draws; `undefined` when none was found in them. */
  select(now: number, options?: SelectOptions): AddressEntry | undefined
  /** The same without chance, for when that has failed: looks at 1,000 claims from a random one on; are these all? */
  sweep(now: number, options?: SelectOptions): { readonly found: AddressEntry | undefined; readonly isAll: boolean }
  /** The claim that a handshake has shown lately, if no dial has failed since: hearsay doesn't contradict it. */
  shown(address: NetworkAddress, now: number): AddressEntry | undefined
  /** The claim of an address that others may be told of. */
  told(address: NetworkAddress, now: number): AddressEntry | undefined
  /** All claims of an address, in a list of its own. */
  claims(address: NetworkAddress): AddressEntry[]
  /** The holder of a slot for which another one waits, each in turn, to be probed by a feeler every two minutes. */
  selectCollision(): AddressEntry | undefined
  /**
   * Decides collisions: call it before `selectCollision`, and every few minutes. The holder of a slot that is connected
   * is good.
   */
  resolveCollisions(now: number, isConnected?: (entry: AddressEntry) => boolean): void
  /** A random sample for someone who asks, without bad entries. */
  sample(now: number, options?: SampleOptions): AddressEntry[]
  counts(): AddressCounts
  /** Whether to ask others for addresses: fewer than 1,000 are known. */
  needsMore(): boolean
  /** Whether an entry is too bad to be passed on: unseen for long, from the future, or failed too often. */
  isBad(entry: AddressEntry, now: number): boolean
  /** The group of an address as text, like the dialer's `groupOf`; `undefined` for loopback and LAN. */
  groupOf(address: NetworkAddress): string | undefined
  header(): TablesHeader
  /** All entries, 100 a slice, each slice in a few milliseconds; the tables may change between slices. */
  rows(): Generator<AddressRow[], void, void>
  /** Puts rows back, as many as are given; what strangers or disks made of them is checked. Call it in slices, too. */
  restore(rows: Iterable<unknown>, now: number): RestoreResult
}

/** Which share of picks is from the new table, in percent. */
export type NewShare = (state: { readonly outbound: number; readonly new: number; readonly tried: number }) => number

export interface AddressTablesOptions {
  readonly random: Random
  readonly sha256: (bytes: Uint8Array) => Uint8Array
  /** What was stored; without it a new key is drawn from `random`, which then has to be the platform's. */
  readonly header?: TablesHeader
  /** When it was stored, in seconds since 1970: of a longer absence a week counts. */
  readonly savedAt?: number | undefined
  /** Which addresses may be in the tables; default: those that the Internet could know. */
  readonly accepts?: (address: NetworkAddress) => boolean
  /** How groups are made; default: `networkGroups`. */
  readonly groups?: GroupPolicy
  /** Default: `evenShare`. */
  readonly newShare?: NewShare
}
