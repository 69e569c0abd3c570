// The whole state of a node as plain JSON.
import { toHex } from '../base/bytes.ts'
import { formatEndpoint } from '../wire/address.ts'
import type { ConnectedPeer } from '../peers/connected-peer.ts'
import type { Capability } from '../wire/peer.ts'
import type { Connection, ConnectionState } from './connection.ts'
import type { Connections } from './connections.ts'
import type { Dials } from './dials.ts'
import type { Settings } from './options.ts'
import type { FailureCount } from './reporter.ts'

export interface PeerInspection {
  /** The number of its connection: another one of the same key has another. */
  readonly connection: number
  /** keccak-256 of its public key, hex, as everywhere. */
  readonly id: string
  readonly publicKeyHex: string
  readonly url: string
  /** `ending` while its goodbye is being sent. */
  readonly state: 'connected' | 'ending'
  readonly direction: string
  readonly name: string
  readonly capabilities: readonly Capability[]
  readonly shared: readonly Capability[]
  readonly endpoint?: string
  readonly persistent: boolean
  readonly trusted: boolean
  readonly connectedMs: number
  readonly queues: { readonly inBytes: number; readonly outBytes: number; readonly requests: number }
}

/** A connection that is no peer (yet): being dialed, in its handshakes, or saying goodbye without having become one. */
export interface SetUpInspection {
  readonly connection: number
  readonly direction: string
  readonly remoteAddress: string
  /** `peer` is seen in `peers`, and `gone` never. */
  readonly phase: ConnectionState
  /** Whom we dial, or whoever has proven its key; absent before. */
  readonly id?: string
  readonly publicKeyHex?: string
}

export interface NodeInspection {
  readonly id: string
  readonly state: string
  readonly addresses: readonly string[]
  readonly maxPeers: number
  readonly maxInbound: number
  /** What unfinished messages of all peers take. */
  readonly receivingBytes: number
  readonly peers: readonly PeerInspection[]
  /** Connections that have no link yet, whoever asked for them. */
  readonly dials: readonly SetUpInspection[]
  readonly setUps: readonly SetUpInspection[]
  readonly dialing: ReturnType<Dials['inspect']>
  readonly failures: readonly FailureCount[]
  readonly plugins: Readonly<Record<string, unknown>>
}

interface Parts {
  readonly node: { readonly id: string; readonly addresses: readonly string[] }
  readonly state: string
  readonly settings: Settings
  readonly connections: Connections
  readonly dials: ReturnType<Dials['inspect']>
  readonly counters: readonly FailureCount[]
}

export function inspectNode({ node, state, settings, connections, dials, counters }: Parts): NodeInspection {
  const now = settings.clock.now()
  const all = [...connections.table.values()]
  return {
    id: node.id,
    state,
    addresses: node.addresses,
    maxPeers: settings.maxPeers,
    maxInbound: settings.places.inbound,
    receivingBytes: connections.receivingBytes,
    peers: all.flatMap(({ peer }) => (peer ? [inspectPeer(peer, now)] : [])),
    dials: all.filter(({ state }) => state === 'dialing').map(inspectSetUp),
    setUps: all.filter(({ peer, link }) => link && !peer).map(inspectSetUp),
    dialing: dials,
    failures: counters,
    plugins: Object.fromEntries(settings.plugins.map((plugin) => [plugin.name, plugin.inspect?.() ?? null])),
  }
}

function inspectPeer(peer: ConnectedPeer, nowMs: number): PeerInspection {
  const { endpoint } = peer
  return {
    connection: peer.number,
    id: peer.id,
    publicKeyHex: toHex(peer.publicKey),
    url: peer.url,
    state: peer.error ? 'ending' : 'connected',
    direction: peer.direction,
    name: peer.name,
    capabilities: peer.capabilities,
    shared: peer.shared,
    ...(endpoint ? { endpoint: formatEndpoint(endpoint) } : {}),
    persistent: peer.persistent,
    trusted: peer.trusted,
    connectedMs: Math.round(nowMs - peer.connectedAtMs),
    queues: peer.queues,
  }
}

function inspectSetUp({ number, direction, state, remote, link, endpoint }: Connection): SetUpInspection {
  return {
    connection: number,
    direction,
    remoteAddress: link?.remoteAddress ?? formatEndpoint(endpoint!),
    phase: state,
    ...(remote ? { id: remote.id, publicKeyHex: toHex(remote.publicKey) } : {}),
  }
}
