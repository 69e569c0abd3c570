// The only place that forms a peer's address and direction for people to read.
import type { Endpoint } from '../wire/address.ts'
import type { Link } from '../wire/link.ts'
import { shortKey } from '../base/bytes.ts'
import type { Direction } from '../wire/link.ts'

/** A key shortened as in `enode://d399f4b...@1.2.3.4:30303`. */
export function shortUrl(publicKey: Uint8Array, transport: string, where: string): string {
  return `${transport === 'tcp' ? 'enode' : transport}://${shortKey(publicKey)}@${where}`
}

/** What `String(peer)` gives. */
export function describePeer(url: string, direction: Direction): string {
  return `${url} (${direction})`
}

/** What `String(peer)` would give, as far as it is known of whoever is no peer yet. */
export function describeRemote(
  {
    direction,
    transport,
    endpoint,
  }: { readonly direction: Direction; readonly transport: string; readonly endpoint?: Endpoint | undefined },
  remoteAddress: string,
  publicKey: Uint8Array | undefined,
): string {
  const where = endpoint ? placeOf(endpoint) : remoteAddress
  return describePeer(publicKey ? shortUrl(publicKey, transport, where) : where, direction)
}

/** A node that may not be connected: its key, and where it would be dialed. */
export function describeNode(publicKey: Uint8Array, endpoint: Endpoint | undefined): string {
  return endpoint ? shortUrl(publicKey, endpoint.scheme, placeOf(endpoint)) : shortKey(publicKey)
}

/** Where a peer is: what was dialed, else where its link comes from. */
export function whereOf(endpoint: Endpoint | undefined, link: Link): string {
  return endpoint ? placeOf(endpoint) : link.remoteAddress
}

function placeOf(endpoint: Endpoint): string {
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host
  return `${host}:${endpoint.port}${endpoint.path ?? ''}`
}
