// The version that is spoken with a peer, and what the versions say differently.
import { prepare } from '@peerwire/core'
import type { Peer, Prepared, Protocol } from '@peerwire/core'
import { MASK_BYTES } from './announcement.ts'
import type { Announced } from './announcement.ts'
import { ETH_VERSIONS, ethProtocols } from './protocol.ts'
import type { CommonMessages, EthVersion } from './protocol.ts'

/** No cell of any blob: we announce no blob transactions. */
const NO_CELLS = new Uint8Array(MASK_BYTES)

/** The version that is spoken with a peer that shares eth. */
export function versionOf(peer: Pick<Peer, 'shared'>): EthVersion {
  const shared = peer.shared.find(({ name }) => name === 'eth')?.version
  const version = ETH_VERSIONS.find((known) => known === shared)
  if (version === undefined) throw new TypeError('the peer does not share eth')
  return version
}

/** What all versions say alike, as that version. */
export function commonOf(version: EthVersion): Protocol<CommonMessages> {
  return ethProtocols[version] as unknown as Protocol<CommonMessages>
}

/** An announcement as that version says it. */
export function prepareAnnouncement(version: EthVersion, announced: readonly Announced[]): Prepared {
  return version === 72
    ? prepare(ethProtocols[72], 'newPooledTransactionHashes', { announced, mask: NO_CELLS })
    : prepare(ethProtocols[version] as (typeof ethProtocols)[69], 'newPooledTransactionHashes', announced)
}

/** Sends each of them what `make` gives for its version, made once for each. */
export function sendToAll(peers: Iterable<Peer>, make: (version: EthVersion) => Prepared): void {
  const made = new Map<EthVersion, Prepared>()
  for (const peer of peers) {
    const version = versionOf(peer)
    const prepared = made.get(version) ?? make(version)
    made.set(version, prepared)
    void peer.sendPrepared(prepared)
  }
}
