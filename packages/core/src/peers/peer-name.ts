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

/** Where a peer is: what was dialed, else where its link comes from. */
export function whereOf(endpoint: Endpoint | undefined, link: Link): string {
  if (!endpoint) return link.remoteAddress
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host
  return `${host}:${endpoint.port}${endpoint.path ?? ''}`
}
