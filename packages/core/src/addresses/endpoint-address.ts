// Between the endpoints that transports dial and the addresses that the book keeps.
import type { Endpoint } from '../wire/address.ts'
import { formatEndpoint, parseEndpoint } from '../wire/address.ts'
import { fromBase32, toBase32 } from './base32.ts'
import { formatIp, hasPrefix, parseIp } from './ip.ts'
import { asciiToBytes, bytesToAscii, createNetworkAddress, isHostName, NetworkId } from './network-address.ts'
import type { AddressTransport, NetworkAddress } from './network-address.ts'
import { onionName, parseOnionName } from './onion.ts'
import { plainName } from './routability.ts'

/** How the written form says that an IPv6 text is CJDNS's: without it, fc00::/8 is a private network. */
const CJDNS_SCHEME = /^cjdns\+(?=tcp$|ws$|wss$)/

/**
 * The address of an endpoint; `undefined` for what the book can't hold: other schemes than `tcp`, `ws`, `wss` (each
 * also with `cjdns+` before it), Tor v2 and onion names with a wrong checksum, paths of more than 64 bytes.
 */
export function addressOfEndpoint(endpoint: Endpoint): NetworkAddress | undefined {
  const scheme = endpoint.scheme.replace(CJDNS_SCHEME, '')
  if (scheme !== 'tcp' && scheme !== 'ws' && scheme !== 'wss') return undefined
  const host = hostBytes(endpoint.host, scheme !== endpoint.scheme)
  if (!host) return undefined
  const path = endpoint.path ?? (scheme === 'tcp' ? '' : '/')
  return createNetworkAddress({ ...host, port: endpoint.port, transport: scheme, path })
}

/** The endpoint to dial; CJDNS is dialed as the IPv6 address that it is. */
export function endpointOfAddress(address: NetworkAddress): Endpoint {
  const { port, transport, path } = address
  const endpoint = { scheme: transport, host: hostOfAddress(address), port }
  return path === '' ? endpoint : { ...endpoint, path }
}

/** The written form, such as `tcp://1.2.3.4:30303` or `wss://relay.example:443/`; what logs and people see. */
export function formatNetworkAddress(address: NetworkAddress): string {
  const text = formatEndpoint(endpointOfAddress(address))
  return address.network === NetworkId.cjdns ? `cjdns+${text}` : text
}

/** Reads the written form; `undefined` for what is none or can't be held. */
export function parseNetworkAddress(text: string): NetworkAddress | undefined {
  let endpoint: Endpoint
  try {
    endpoint = parseEndpoint(text)
  } catch {
    return undefined // the parser's way to say no
  }
  return addressOfEndpoint(endpoint)
}

/** An address by IP, of `remoteAddress` and the like; `undefined` when `host` is no IP address. */
export function ipAddress(host: string, port: number, transport: AddressTransport = 'tcp'): NetworkAddress | undefined {
  return parseIp(host) && addressOfEndpoint({ scheme: transport, host, port })
}

/** The host of an address as text; IPv6 in the form of RFC 5952 without brackets. */
export function hostOfAddress({ network, bytes }: NetworkAddress): string {
  if (network === NetworkId.torV3) return onionName(bytes)
  if (network === NetworkId.i2p) return `${toBase32(bytes)}.b32.i2p`
  return network === NetworkId.name ? bytesToAscii(bytes) : formatIp(bytes)
}

function hostBytes(text: string, isCjdns: boolean): { network: number; bytes: Uint8Array } | undefined {
  const ip = parseIp(text)
  if (isCjdns) return ip && hasPrefix(ip, [0xfc], 8) ? { network: NetworkId.cjdns, bytes: ip } : undefined
  if (ip) return { network: ip.length === 4 ? NetworkId.ipv4 : NetworkId.ipv6, bytes: ip }
  const name = plainName(text)
  const onion = parseOnionName(name)
  if (onion) return { network: NetworkId.torV3, bytes: onion }
  const i2p = /^[a-z2-7]{52}\.b32\.i2p$/.test(name) ? fromBase32(name.slice(0, 52)) : undefined
  if (i2p) return { network: NetworkId.i2p, bytes: i2p }
  return isHostName(name) ? { network: NetworkId.name, bytes: asciiToBytes(name) } : undefined
}
