// What the dialer knows, as plain values that are never changed in place.
import type { PeerError } from '../errors/peer-error.ts'
import type { Endpoint } from '../wire/address.ts'
import type { DialPolicy } from './policy.ts'

/** Whom and where to dial. */
export interface Target {
  /** keccak-256 of the public key, hex: what every table here is keyed by. */
  readonly id: string
  /** 64 bytes. */
  readonly publicKey: Uint8Array
  /** Absent for a persistent node whose place has to be resolved first. */
  readonly endpoint?: Endpoint | undefined
  /** Network group of the endpoint; absent for loopback, LAN and persistent ones, which have none. */
  readonly group?: string | undefined
}

/** A dial under way. */
export interface Running {
  /** Its own number, never used again: what a cancel and its end name. */
  readonly dial: number
  readonly target: Target
  readonly persistent: boolean
  readonly startedAtMs: number
}

/** One connection: its own number, never used again, and the id of its key, of which there may be others. */
export interface ConnectionName {
  readonly number: number
  readonly id: string
}

export interface Connected {
  /** The number of the connection. */
  readonly number: number
  readonly direction: 'inbound' | 'outbound'
  readonly persistent: boolean
  readonly group?: string | undefined
  readonly sinceMs: number
}

/** A node that the user asked for. */
export interface Persistent {
  readonly target: Target
  /** Failures in a row. */
  readonly fails: number
  /** Not dialed before; `Infinity`: the remote told us to stay away. */
  readonly nextAtMs: number
  readonly dialedAtMs: number
  /** Not resolved before. */
  readonly resolveAtMs: number
  /** What the wait grows to with the next resolve. */
  readonly resolveDelayMs: number
  readonly lastError?: PeerError | undefined
}

/** A node that was dialed not long ago. */
export interface Past {
  readonly fails: number
  /** Not dialed before. */
  readonly nextAtMs: number
  readonly dialedAtMs: number
  readonly refusal: 'dialed recently' | 'backing off' | 'told to stay away'
  readonly lastError?: PeerError | undefined
}

/** A candidate that may be dialed, but not yet. */
export interface Waiting {
  readonly target: Target
  readonly sinceMs: number
  /** Has an unusual port, so others go first. */
  readonly late: boolean
}

/** Asked of the rest of the node; it answers the same until something is changed there. */
export type Judge = (target: Target) => 'banned' | 'discouraged' | undefined

/**
 * Connections by the first and the second digit of their ids. There may be thousands: cut small, because each that
 * comes or goes makes a copy.
 */
export type GuestTable = ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, Connected>>>

export interface DialState {
  readonly policy: DialPolicy
  readonly selfId: string
  /** What is held against a node: banned ones are never dialed, discouraged ones only when persistent. */
  readonly judge: Judge | undefined
  /** Places of the node that are free for strangers now; asked of the rest of the node, as the judge is. */
  readonly free: (() => number) | undefined
  /** Whether there is somebody to ask for the place of a persistent node. */
  readonly resolves: boolean
  /** State of the generator of chance; 32 bits. */
  readonly chance: number
  /** Candidate sources that may still give something. */
  readonly openSources: number
  /** The number that the next dial gets. */
  readonly nextDial: number
  readonly dialing: ReadonlyMap<string, Running>
  /** Peers that we dialed. */
  readonly peers: ReadonlyMap<string, Connected>
  /** Peers that dialed us. */
  readonly guests: GuestTable
  /** Numbers of the inbound connections under way that have proven this identity. */
  readonly inbound: ReadonlyMap<string, readonly number[]>
  readonly persistent: ReadonlyMap<string, Persistent>
  readonly past: ReadonlyMap<string, Past>
  readonly waiting: readonly Waiting[]
  /** Dials of candidates begun since a moment at most a second ago. */
  readonly begun: { readonly sinceMs: number; readonly count: number }
}

/** Why a node is not dialed now. */
export type DialRefusal =
  | 'self'
  | 'no port'
  | 'already dialing'
  | 'already connected'
  | 'pending inbound'
  | 'outside net restriction'
  | 'banned'
  | 'discouraged'
  | 'dialed recently'
  | 'backing off'
  | 'told to stay away'
  | 'group in use'
  | 'persistent'
  | 'already waiting'
  | 'too many waiting'
  | 'not public'

/**
 * What happened. Ends name the dial or the connection that ended, never only its key: one that the state doesn't know
 * (any more) changes nothing.
 */
export type DialEvent =
  | { readonly type: 'candidate'; readonly target: Target }
  | { readonly type: 'dial done'; readonly dial: number; readonly id: string; readonly error?: PeerError | undefined }
  | (ConnectionName & {
      readonly type: 'peer added'
      readonly direction: 'inbound' | 'outbound'
      readonly group?: string | undefined
    })
  | (ConnectionName & { readonly type: 'peer removed'; readonly error?: PeerError | undefined })
  | (ConnectionName & { readonly type: 'inbound pending' })
  | (ConnectionName & { readonly type: 'inbound settled' })
  | { readonly type: 'persistent added'; readonly target: Target }
  | { readonly type: 'persistent removed'; readonly id: string }
  | { readonly type: 'resolved'; readonly id: string; readonly endpoint?: Endpoint | undefined }
  | { readonly type: 'sources'; readonly open: number }
  | { readonly type: 'wake' }
  | { readonly type: 'clock' }

/** What to do now. `refuse` asks for nothing: it tells what became of a candidate. */
export type DialTask =
  | { readonly type: 'dial'; readonly dial: number; readonly target: Target; readonly persistent: boolean }
  | { readonly type: 'cancel'; readonly dial: number; readonly target: Target }
  | { readonly type: 'resolve'; readonly target: Target }
  | { readonly type: 'refuse'; readonly target: Target; readonly refusal: DialRefusal }

/** A dialer that knows nothing yet. `seed` feeds its chance: same seed and events, same tasks. */
export function createDialState(
  policy: DialPolicy,
  selfId: string,
  {
    seed = 1,
    resolves = false,
    judge,
    free,
  }: {
    readonly seed?: number
    readonly resolves?: boolean
    readonly judge?: Judge | undefined
    readonly free?: DialState['free']
  } = {},
): DialState {
  const none: ReadonlyMap<string, never> = new Map<string, never>()
  return {
    policy,
    selfId,
    judge,
    free,
    resolves,
    chance: seed >>> 0,
    openSources: 0,
    nextDial: 1,
    dialing: none,
    peers: none,
    guests: none,
    inbound: none,
    persistent: none,
    past: none,
    waiting: [],
    begun: { sinceMs: -Infinity, count: 0 },
  }
}

/** A copy of `map` in which `key` has `value`; without a value it is left out. */
export function withEntry<V>(map: ReadonlyMap<string, V>, key: string, value: V | undefined): ReadonlyMap<string, V> {
  const copy = new Map(map)
  if (value === undefined) copy.delete(key)
  else copy.set(key, value)
  return copy
}

/** The connection with this id, whoever dialed. */
export function peerOf({ peers, guests }: Pick<DialState, 'peers' | 'guests'>, id: string): Connected | undefined {
  return peers.get(id) ?? guests.get(id.charAt(0))?.get(id.charAt(1))?.get(id)
}

/** The state in which the connection with this id is `peer`; without one there is none. */
export function withConnected(state: DialState, id: string, peer: Connected | undefined): DialState {
  const { peers, guests } = state
  const [dialed, guest] = peer?.direction === 'outbound' ? [peer, undefined] : [undefined, peer]
  const isGuest = peers.has(id) ? false : peerOf(state, id) !== undefined
  return {
    ...state,
    peers: dialed || peers.has(id) ? withEntry(peers, id, dialed) : peers,
    guests: guest || isGuest ? withGuest(guests, id, guest) : guests,
  }
}

function withGuest(guests: GuestTable, id: string, guest: Connected | undefined): GuestTable {
  const [first, second] = [id.charAt(0), id.charAt(1)]
  const some = guests.get(first) ?? new Map<string, never>()
  const few = some.get(second) ?? new Map<string, never>()
  return withEntry(guests, first, withEntry(some, second, withEntry(few, id, guest)))
}

/** The next draw, 0 to 2^32 - 1, and the state after it (mulberry32). Enough to spread dials; never for secrets. */
export function drawChance(chance: number): { readonly draw: number; readonly chance: number } {
  const next = (chance + 0x6d2b79f5) >>> 0
  let mixed = Math.imul(next ^ (next >>> 15), next | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return { draw: (mixed ^ (mixed >>> 14)) >>> 0, chance: next }
}
