// A node as discovery knows it, and how it is told from what others say.
import { isLocalIp, isRoutableIp, parseIp, toHex } from '@peerwire/core'
import type { Crypto } from '@peerwire/core'
import { nodeIdOf } from '../records/node-id.ts'
import { recordEndpoint, recordEndpoint6 } from '../records/record-values.ts'
import type { NodeRecord } from '../records/record.ts'
import type { NodeUrl } from '../records/node-url.ts'
import { LOWEST_PORT } from './limits.ts'
import type { WireNode } from './packets.ts'
import type { UdpEndpoint } from './socket.ts'

export interface KnownNode {
  /** 64 bytes. */
  readonly publicKey: Uint8Array
  /** 32 bytes. */
  readonly id: Uint8Array
  /** The same as hex: what it is found by. */
  readonly key: string
  /** An IP address as text. */
  readonly host: string
  readonly udp: number
  /** 0 when it takes no connections. */
  readonly tcp: number
  /** Sequence of its record as far as it is known, 0 when no record is. */
  readonly seq: bigint
  readonly record?: NodeRecord | undefined
}

/** @throws {TypeError} when the address is none */
export function knownNode({ publicKey, host, udp, tcp }: WireNode, crypto: Crypto, record?: NodeRecord): KnownNode {
  if (!parseIp(host)) throw new TypeError(`${host} is no IP address`)
  const id = nodeIdOf(publicKey, crypto)
  return { publicKey, id, key: toHex(id), host, udp, tcp, seq: record?.seq ?? 0n, record }
}

/** The node of a record; `undefined` when that says not where it is, or not who. */
export function nodeOfRecord(record: NodeRecord, crypto: Crypto): KnownNode | undefined {
  const endpoint = recordEndpoint(record)
  if (!endpoint || !record.publicKey) return undefined
  return knownNode({ publicKey: record.publicKey, ...endpoint }, crypto, record)
}

/** The TCP port that a record names for a node at this IP address; 0 for none. */
export function tcpOfRecord(record: NodeRecord, host: string): number {
  return (host.includes(':') ? recordEndpoint6(record) : recordEndpoint(record))?.tcp ?? 0
}

/** The node of a URL; `undefined` when its host is a name, or absent. */
export function nodeOfUrl({ publicKey, host, udp, tcp }: NodeUrl, crypto: Crypto): KnownNode | undefined {
  return host !== undefined && parseIp(host) ? knownNode({ publicKey, host, udp, tcp }, crypto) : undefined
}

/** Where its datagrams go to. */
export function udpEndpointOf({ host, udp }: KnownNode): UdpEndpoint {
  return { host, port: udp }
}

/** Whether it was begun in one's own network: by a bootnode there, or bound to an address there alone. */
export function isLocalDiscovery({
  local,
  bootnodes,
}: {
  local: UdpEndpoint
  bootnodes: readonly KnownNode[]
}): boolean {
  const ips = [local, ...bootnodes].map(({ host }) => parseIp(host))
  return ips.some((ip) => ip !== undefined && isLocalIp(ip))
}

/** `host:port` in the form that prefix policies read. */
export function addressText({ host, port }: UdpEndpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Why an address that one tells of is not to be believed; `undefined` when it may be. */
export type RelayCheck = (node: { readonly host: string; readonly udp: number }) => string | undefined

/** The check of what a sender at this IP address tells: nobody knows of local addresses elsewhere. */
export function relayCheck(from: string): RelayCheck {
  const sender = parseIp(from)
  const isLocalSender = sender !== undefined && isLocalIp(sender)
  return ({ host, udp }) => {
    if (udp < LOWEST_PORT) return 'a port of services'
    const ip = parseIp(host)
    if (!ip || !sender) return 'no address'
    if (!isLocalIp(ip)) return isRoutableIp(ip) ? undefined : 'an address that leads nowhere'
    if (isLoopback(ip) && !isLoopback(sender)) return 'a loopback address from elsewhere'
    return isLocalSender ? undefined : 'a local address from elsewhere'
  }
}

function isLoopback(ip: Uint8Array): boolean {
  return ip.length === 4 ? ip[0] === 127 : ip.every((byte, i) => byte === (i === 15 ? 1 : 0))
}
