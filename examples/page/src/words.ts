// Turns what the tab knows into words for people.
import { type Capability, discReasonText, type Endpoint, formatEndpoint, type Peer, toHex } from '@peerwire/core'

/** Chains that people know by name. */
const NETWORKS: ReadonlyMap<bigint, string> = new Map([
  [1n, 'Ethereum mainnet'],
  [17_000n, 'Holesky'],
  [560_048n, 'Hoodi'],
  [11_155_111n, 'Sepolia'],
  // The letters `peer`: the relay's own sample source.
  [0x70_65_65_72n, 'sample network'],
])

const TYPES: readonly (string | undefined)[] = ['legacy', 'access list', 'EIP-1559', 'blobs', 'set code']

/** `a1b2c3d4…e5f6`. */
export function shortHex(text: string): string {
  return text.length <= 14 ? text : `${text.slice(0, 8)}…${text.slice(-4)}`
}

export function hexOf(bytes: Uint8Array): string {
  return `0x${toHex(bytes)}`
}

export function networkWords(networkId: bigint): string {
  const name = NETWORKS.get(networkId)
  return name === undefined ? `network ${networkId}` : `${name} (${networkId})`
}

export function typeWords(type: number): string {
  return `${type} · ${TYPES[type] ?? 'unknown'}`
}

/** `12 ms`, `1.3 s`. */
export function durationWords(ms: number): string {
  return ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`
}

/** `eth/69`. */
export function capabilityWords({ name, version }: Capability): string {
  return `${name}/${version}`
}

/** `0x04 too many peers`. */
export function reasonWords(reason: number | bigint): string {
  return `0x${reason.toString(16).padStart(2, '0')} ${discReasonText(reason)}`
}

/** By which way the bytes go. */
export function routeWords(peer: Pick<Peer, 'endpoint' | 'remoteAddress'>): string {
  if (!peer.endpoint) return peer.remoteAddress
  const alias = bridgeAliasOf(peer.endpoint)
  return alias === undefined ? formatEndpoint(peer.endpoint) : `bridge to ${alias}`
}

function bridgeAliasOf({ path }: Endpoint): string | undefined {
  return path === undefined ? undefined : /\/bridge\/([^/?]+)$/.exec(path)?.[1]
}

export function timeWords(wallMs: number): string {
  return new Date(wallMs).toLocaleTimeString([], { hour12: false })
}
