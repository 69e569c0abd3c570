// The whole state of a node as plain JSON.
import { toHex } from '../base/bytes.ts'
import { formatEndpoint } from '../wire/address.ts'
import type { Capability } from '../wire/peer.ts'
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

export interface SetUpInspection {
  readonly connection: number
  readonly direction: string
  readonly remoteAddress: string
  readonly phase: string
  /** Absent until it is proven. */
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
  return {
    id: node.id,
    state,
    addresses: node.addresses,
    maxPeers: settings.maxPeers,
    maxInbound: settings.places.inbound,
    receivingBytes: connections.receivingBytes,
    peers: [...connections.peers.values()].map((peer) => ({
      connection: peer.number,
      id: peer.id,
      publicKeyHex: toHex(peer.publicKey),
      url: peer.url,
      state: peer.error ? 'ending' : 'connected',
      direction: peer.direction,
      name: peer.name,
      capabilities: peer.capabilities,
      shared: peer.shared,
      ...(peer.endpoint ? { endpoint: formatEndpoint(peer.endpoint) } : {}),
      persistent: peer.persistent,
      trusted: peer.trusted,
      connectedMs: Math.round(now - peer.connectedAtMs),
      queues: peer.queues,
    })),
    setUps: [...connections.setUps].map(({ number, task, phase, publicKey }) => ({
      connection: number,
      direction: task.direction,
      remoteAddress: task.link.remoteAddress,
      phase,
      ...(publicKey ? { publicKeyHex: toHex(publicKey) } : {}),
    })),
    dialing: dials,
    failures: counters,
    plugins: Object.fromEntries(settings.plugins.map((plugin) => [plugin.name, plugin.inspect?.() ?? null])),
  }
}
