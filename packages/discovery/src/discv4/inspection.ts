// Discovery as plain JSON.
import { toHex } from '@peerwire/core'
import type { WireEndpoint } from './packets.ts'
import type { UdpEndpoint } from './socket.ts'
import type { Table } from './table.ts'
import type { Refusal, Wire } from './wire.ts'

export interface Discv4Inspection {
  /** Our record as text. */
  readonly record: string
  /** Where the socket is bound, and where we say that we are. */
  readonly local: string
  readonly endpoint: string
  /** Nodes in the table, those of them that have answered, and those that wait for a place. */
  readonly nodes: number
  readonly live: number
  readonly waiting: number
  /** By bucket, the nearest first. */
  readonly buckets: readonly number[]
  readonly bootnodes: number
  /** Nodes kept across restarts. */
  readonly stored: number
  /** Questions that wait for an answer. */
  readonly pending: number
  readonly refreshes: number
  readonly received: number
  readonly sent: number
  /** Packets that led to nothing, by reason. */
  readonly refused: Readonly<Partial<Record<Refusal, number>>>
  readonly known: readonly NodeInspection[]
}

export interface NodeInspection {
  readonly id: string
  readonly publicKeyHex: string
  readonly host: string
  readonly udp: number
  readonly tcp: number
  readonly isLive: boolean
  readonly checks: number
}

interface Parts {
  readonly record: string
  readonly local: UdpEndpoint
  readonly endpoint: WireEndpoint
  readonly table: Table
  readonly wire: Wire
  readonly bootnodes: number
  readonly stored: number
  readonly refreshes: number
}

export function describeDiscovery(parts: Parts): Discv4Inspection {
  const { table, wire, local, endpoint, record, bootnodes, stored, refreshes } = parts
  const known = [...table.entries()].map(({ node, isLive, checks }) => ({
    id: node.key,
    publicKeyHex: toHex(node.publicKey),
    host: node.host,
    udp: node.udp,
    tcp: node.tcp,
    isLive,
    checks,
  }))
  return {
    record,
    local: `${local.host.includes(':') ? `[${local.host}]` : local.host}:${local.port}`,
    endpoint: `${endpoint.host}:${endpoint.udp}`,
    nodes: table.size,
    live: known.filter(({ isLive }) => isLive).length,
    waiting: table.waiting,
    buckets: table.sizes,
    bootnodes,
    stored,
    pending: wire.questions.size,
    refreshes,
    ...wire.counts,
    refused: Object.fromEntries(wire.refused),
    known,
  }
}
