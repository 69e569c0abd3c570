// Whose place is whose: how a node's places are shared among peers that it dials, peers that dial it, and probes.
import type { DialPolicy } from './policy.ts'

/** Outbound peers that btcd and Bitcoin Core keep. */
const OUTBOUND = 8
/** A node that others can dial leaves them two of three places, as go-ethereum does. */
const OUTBOUND_SHARE = 3
/** From so many places on, which are enough for the 8, for twice as many that dial us, one is kept for probes. */
const PROBING_FROM = 24

/** What the shares follow from. */
export interface PlacesInput {
  readonly maxPeers: number
  /** As the user said it. */
  readonly maxInbound?: number | undefined
  readonly policy?: Pick<DialPolicy, 'outbound' | 'isOutboundGiven' | 'dialRatio'> | undefined
  /** Whether others can dial this node. */
  readonly listens: boolean
  /** Whether it dials strangers by itself: whether there is a source of candidates. */
  readonly seeks: boolean
  /** Whether it tries out addresses by short dials. */
  readonly probes: boolean
}

/** Shares of `maxPeers`; what is kept is never more in all. */
export interface Places {
  /** Strangers that the node dials by itself; kept for them only where there is a source of candidates. */
  readonly outbound: number
  /** Strangers that dial it. */
  readonly inbound: number
  /** Kept for probes; without one of their own these need a place that happens to be free. */
  readonly probing: number
}

/**
 * The one rule of places. Persistent and trusted peers take places as others do, but are admitted above them, too.
 *
 * | node | outbound | inbound |
 * | --- | --- | --- |
 * | without a source of candidates | none | all |
 * | with one, that nobody can dial | 8, at most all | the rest |
 * | with one, that others can dial | 8, at most a third, at least 1 of any | the rest, less 1 for probes from 24 on |
 *
 * The preset `ethereum` has its own share, the `dialRatio`th part. What the policy says of `outbound`, or the user of
 * `maxInbound`, holds in place of it, and the other one is the rest.
 *
 * @throws {TypeError} when what was given is more than `maxPeers`
 */
export function placesOf({ maxPeers, maxInbound, policy, listens, seeks, probes }: PlacesInput): Places {
  const given = policy?.isOutboundGiven ? policy.outbound : undefined
  if ((given ?? 0) + (maxInbound ?? 0) > maxPeers) {
    const named = [
      ...(maxInbound === undefined ? [] : [`maxInbound ${maxInbound}`]),
      ...(given === undefined ? [] : [`outbound ${given} of dialing`]),
    ]
    throw new TypeError(`${named.join(' and ')} of createNode need more than maxPeers ${maxPeers}`)
  }
  const outbound = given ?? Math.min(shareOf(maxPeers, policy, listens), maxPeers - (maxInbound ?? 0))
  if (!seeks) return { outbound, inbound: maxInbound ?? maxPeers, probing: 0 }
  const probing = probes && maxPeers >= PROBING_FROM && maxInbound === undefined && outbound < maxPeers ? 1 : 0
  return { outbound, inbound: maxInbound ?? maxPeers - outbound - probing, probing }
}

function shareOf(maxPeers: number, policy: PlacesInput['policy'], listens: boolean): number {
  const ratio = policy?.dialRatio
  const share = part(maxPeers, ratio ?? (listens ? OUTBOUND_SHARE : 1))
  return ratio === undefined ? Math.min(OUTBOUND, share) : share
}

/** One of `ratio`, at least one of any; none of none, or when the ratio is 0. */
export function part(maxPeers: number, ratio: number): number {
  return ratio === 0 || maxPeers === 0 ? 0 : Math.max(1, Math.floor(maxPeers / ratio))
}
