// Room for a newcomer in a full node: an inbound peer that the policy of admission chooses has to go.
import type { PrefixPolicy } from '../addresses/prefix.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import type { ConnectedPeer } from '../peers/connected-peer.ts'
import type { EvictionCandidate } from '../peers/eviction.ts'
import type { Settings } from './options.ts'

/** Ends the inbound peer that `admission` chooses, if any. Its place is free at once, its goodbye takes its time. */
export function makeRoom(
  peers: readonly ConnectedPeer[],
  { admission, judge }: Pick<Settings, 'admission' | 'judge'>,
  prefixes: PrefixPolicy,
): void {
  const inbound = peers.filter(({ direction, error }) => direction === 'inbound' && !error)
  const id = admission?.(inbound.map((peer) => evictionFacts(peer, judge, prefixes)))
  const chosen = inbound.find((peer) => peer.id === id)
  chosen?.disconnect(DiscReason.tooManyPeers, 'made room for a newcomer')
}

function evictionFacts(peer: ConnectedPeer, judge: Settings['judge'], prefixes: PrefixPolicy): EvictionCandidate {
  const prefix = prefixes.prefixOf(peer.remoteAddress)
  return {
    id: peer.id,
    trusted: peer.trusted || peer.persistent,
    discouraged: judge({ publicKey: peer.publicKey, address: peer.remoteAddress }) !== undefined,
    group: prefix ?? 'local',
    minPingMs: peer.minPingMs,
    usefulAtMs: peer.usefulAtMs,
    connectedAtMs: peer.connectedAtMs,
    scarceNetwork: prefix === undefined,
  }
}
