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

/** What is known of every connection. */
export interface ConnectionInspection {
  /** Its number: another connection of the same key has another. */
  readonly connection: number
  readonly state: ConnectionState
  readonly direction: string
  readonly remoteAddress: string
  /** Whom we dial, or whoever has proven its key; absent before. */
  readonly id?: string
  readonly publicKeyHex?: string
}

/** A connection in its handshakes. */
export interface SetUpInspection extends Omit<ConnectionInspection, 'state'> {
  readonly phase: ConnectionState
}

/** Where there is a link and no peer yet. */
const SET_UP: ReadonlySet<ConnectionState> = /* @__PURE__ */ new Set(['encryption', 'held', 'hello'])

export interface NodeInspection {
  readonly id: string
  readonly state: string
  readonly addresses: readonly string[]
  readonly maxPeers: number
  readonly maxInbound: number
  /** What unfinished messages of all peers take. */
  readonly receivingBytes: number
  readonly peers: readonly PeerInspection[]
  readonly setUps: readonly SetUpInspection[]
  /** All there are, in whatever state: what is in the lists above, and also who is being dialed or says goodbye. */
  readonly connections: readonly ConnectionInspection[]
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
    setUps: all.filter(({ state }) => SET_UP.has(state)).map(inspectSetUp),
    connections: all.map(inspectConnection),
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

function inspectConnection({ number, direction, state, remote, link, endpoint }: Connection): ConnectionInspection {
  return {
    connection: number,
    state,
    direction,
    remoteAddress: link?.remoteAddress ?? formatEndpoint(endpoint!),
    ...(remote ? { id: remote.id, publicKeyHex: toHex(remote.publicKey) } : {}),
  }
}

function inspectSetUp(connection: Connection): SetUpInspection {
  const { state, ...rest } = inspectConnection(connection)
  return { ...rest, phase: state }
}
