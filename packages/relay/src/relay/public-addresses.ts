// What others should dial: addresses, page and bridge as they are seen from outside.
import { type Endpoint, formatAddress, formatEndpoint } from '@peerwire/core'
import type { BridgeTarget } from '../bridge/target.ts'

/** A listener as somebody reached it: the host and port they typed, and whether a proxy spoke TLS with them. */
export interface SeenAt {
  readonly listener: Endpoint
  readonly scheme: string
  readonly host: string
  readonly port: number
}

export interface AddressFacts {
  readonly publicKey: Uint8Array
  readonly listeners: readonly Endpoint[]
  /** Of `--public-url`. */
  readonly publicEndpoint: Endpoint | undefined
  /** Of `--advertise`. */
  readonly advertised: readonly Endpoint[]
  readonly bridge: readonly BridgeTarget[]
  /** Why it is of no use to a tab's program; absent where it is. */
  readonly notice?: string | undefined
  /** Its record in text form, once it is known. */
  readonly record?: string | undefined
}

/** One way through the bridge. */
export interface BridgeEntry {
  readonly alias: string
  /** The pipe, without a key. */
  readonly endpoint: string
  /** What a tab dials; absent when the target's key isn't known here. */
  readonly address?: string
}

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::'])
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/

/** The addresses to dial for somebody who reached the relay at `seenAt`; without it, for somebody on this machine. */
export function addressesFor(facts: AddressFacts, seenAt?: SeenAt): readonly string[] {
  const { publicKey, publicEndpoint, advertised, listeners } = facts
  const told = [...(publicEndpoint ? [publicEndpoint] : []), ...advertised]
  const endpoints = told.length > 0 ? told : listeners.flatMap((listener) => seenEndpoint(listener, seenAt))
  return [...new Set(endpoints.map((endpoint) => formatAddress({ publicKey, endpoint })))]
}

function seenEndpoint(listener: Endpoint, seenAt: SeenAt | undefined): readonly Endpoint[] {
  if (!seenAt) return [{ ...listener, host: localHost(listener.host) }]
  const { scheme, host, port } = seenAt
  if (listener === seenAt.listener) return [{ ...listener, scheme, host, port }]
  if (WILDCARDS.has(listener.host)) return [{ ...listener, host }]
  // Somebody elsewhere can't reach our loopback addresses.
  return LOOPBACK.test(listener.host) && !LOOPBACK.test(host) ? [] : [listener]
}

/** A wildcard as it is reached on this machine. */
function localHost(host: string): string {
  return host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
}

/** The ways through the bridge: over the public URL where there is one, else over the listener as it was reached. */
export function bridgeEntries(
  facts: AddressFacts,
  seenAt: Omit<SeenAt, 'listener'> | undefined,
): readonly BridgeEntry[] {
  const { publicEndpoint, bridge } = facts
  const pipe = publicEndpoint ?? seenAt
  if (!pipe) return []
  const { scheme, port } = pipe
  const root = publicEndpoint?.path?.replace(/\/*$/, '') ?? ''
  return bridge.map(({ alias, publicKey }) => {
    const endpoint: Endpoint = { scheme, host: localHost(pipe.host), port, path: `${root}/bridge/${alias}` }
    const written = { alias, endpoint: formatEndpoint(endpoint) }
    return publicKey ? { ...written, address: formatAddress({ publicKey, endpoint }) } : written
  })
}

/** The URL of the page on a WebSocket endpoint. */
export function pageUrl({ scheme, host, port }: Endpoint, path = '/'): string {
  const shown = localHost(host)
  const secure = scheme === 'wss'
  const suffix = port === (secure ? 443 : 80) ? '' : `:${port}`
  return `${secure ? 'https' : 'http'}://${shown.includes(':') ? `[${shown}]` : shown}${suffix}${path}`
}
