// Who may be connected: the checks of both checkpoints, in go-ethereum's order.
import { DiscReason } from '../errors/disc-reason.ts'
import { oneLine, PeerError } from '../errors/peer-error.ts'
import type { Direction } from '../wire/link.ts'
import type { Capability } from '../wire/peer.ts'

/** Protocols of each side that a refusal names. */
const MAX_LISTED = 8

export interface PeerSetLimits {
  /** Places in all; who is named by the user, as persistent or trusted, is admitted above them. */
  readonly maxPeers: number
  /** Those of them that inbound peers may take. */
  readonly maxInbound: number
}

/** Whose the places are. */
export interface PeerSet {
  readonly peerCount: number
  readonly inboundCount: number
  /** Places that dials hold; several dials of one key hold one together. */
  readonly heldCount: number
  isHeld(id: string): boolean
  /** The peer of a key, if it is connected. */
  peerOf(id: string): unknown
}

/** What a checkpoint is told of a connection. */
export interface Candidate {
  readonly id: string
  readonly direction: Direction
  /** The user has named it. */
  readonly named: boolean
}

/** Places that neither a peer has nor the dial of a stranger holds; less than none with peers above the limit. */
export function freePlaces({ peerCount, heldCount }: PeerSet, { maxPeers }: PeerSetLimits): number {
  return maxPeers - peerCount - heldCount
}

/** The refusal of checkpoint 1 (identity known); `undefined` lets it pass. Order as in go-ethereum's server. */
export function refusalOf(
  peers: PeerSet,
  candidate: Candidate,
  limits: PeerSetLimits,
  selfId: string,
): PeerError | undefined {
  const { id, direction, named } = candidate
  const { peerCount, inboundCount, heldCount } = peers
  if (!named) {
    // A place that is held for this very peer is its own, whoever dialed first.
    const held = direction === 'inbound' ? heldCount - (peers.isHeld(id) ? 1 : 0) : 0
    if (peerCount + held >= limits.maxPeers) return fullRefusal(peers, limits)
    if (direction === 'inbound' && inboundCount >= limits.maxInbound) {
      return refusal(DiscReason.tooManyPeers, `${inboundCount} of ${limits.maxInbound} inbound peers are connected`)
    }
  }
  return keyRefusalOf(peers, id, selfId)
}

/** The part of it that no free place would change. */
export function keyRefusalOf(peers: PeerSet, id: string, selfId?: string): PeerError | undefined {
  if (peers.peerOf(id)) return refusal(DiscReason.alreadyConnected, 'this key is connected already')
  if (id === selfId) return refusal(DiscReason.self, 'the remote has our own key')
  return undefined
}

/** The refusal of checkpoint 2 that comes before all of checkpoint 1 again: nothing to talk about. */
export function uselessRefusalOf(
  isAnyShared: boolean,
  ours: readonly Capability[],
  theirs: readonly Capability[],
): PeerError | undefined {
  if (isAnyShared || ours.length === 0) return undefined
  return refusal(DiscReason.uselessPeer, `no protocol is shared: ${listed(ours)} here, ${listed(theirs)} there`)
}

// A stranger's list: so many that one sees what kind of node it is.
function listed(capabilities: readonly Capability[]): string {
  const names = capabilities.slice(0, MAX_LISTED).map(({ name, version }) => `${name}/${version}`)
  const more = capabilities.length - names.length
  return oneLine(names.join(', ') || 'nothing') + (more > 0 ? ` and ${more} more` : '')
}

export function fullRefusal({ peerCount, heldCount }: PeerSet, { maxPeers }: PeerSetLimits): PeerError {
  const held = heldCount > 0 ? `, ${heldCount} dials under way` : ''
  return refusal(DiscReason.tooManyPeers, `${peerCount} of ${maxPeers} peers are connected${held}`)
}

function refusal(reason: number, message: string): PeerError {
  return new PeerError('disconnect reason', reason, message)
}
