// Whom the relay looks for, and how: discv4 over UDP, and lists in DNS.
import {
  defaultCrypto,
  type Endpoint,
  isLocalIp,
  type Node,
  parseIp,
  type Plugin,
  type RlpInput,
  systemClock,
} from '@peerwire/core'
import {
  discovery,
  type DiscoveryInspection,
  dnsDiscovery,
  forkIdEntry,
  formatRecord,
  LocalRecord,
  type NodeRecord,
  systemResolver,
  webSocketEntry,
} from '@peerwire/discovery/node'
import { forkIdAt, isOnChain } from '../networks/chains.ts'
import type { SearchOptions } from '../discovery/flags.ts'
import { finderSocket } from './finder-socket.ts'
import type { RelayOptions } from './options.ts'
import { prefixesOf } from './prefixes.ts'

/** Whether nodes are looked for: when a network or somebody to ask was named. */
export function hasFinders({ discovery: isOn, search }: RelayOptions): boolean {
  return isOn && (search.chain !== undefined || search.bootnodes.length > 0 || search.trees.length > 0)
}

/** None where nobody is looked for. */
export function finderPlugins(options: RelayOptions, privateKey: Uint8Array): readonly Plugin[] {
  if (!hasFinders(options)) return []
  const { chain, bootnodes } = options.search
  const accept = chain && ((record?: NodeRecord) => isOnChain(chain, record, systemClock.wallNow()))
  const place = advertisedPlace(options)
  return [
    discovery({
      privateKey,
      ...finderSocket(options),
      bootnodes,
      accept,
      prefixes: prefixesOf(options),
      entries: () => recordEntries(options),
      ...place,
    }),
    ...listPlugins(options.search, accept),
  ]
}

function listPlugins(
  { trees, dnsServers = [], dnsLocal: local }: SearchOptions,
  accepts: ((record?: NodeRecord) => boolean) | undefined,
): readonly Plugin[] {
  if (trees.length === 0) return []
  const resolver = systemResolver(dnsServers.length > 0 ? { servers: dnsServers } : {})
  return [dnsDiscovery({ trees, resolver, accepts, local })]
}

/** What the relay's record says beside where it is. */
function recordEntries(options: RelayOptions): Readonly<Record<string, RlpInput>> {
  const { chain } = options.search
  const forkId = chain && forkIdEntry(forkIdAt(chain, systemClock.wallNow()))
  return { ...webSocketEntries(options), ...(forkId ? { eth: forkId } : {}) }
}

/**
 * The relay's record in text form, for lists in DNS: that of discovery, or one signed now where the operator said what
 * others should dial; `undefined` where there is nothing to say.
 */
export function recordOf(node: Node, options: RelayOptions, privateKey: Uint8Array): string | undefined {
  const found = foundBy(node)
  if (found) return found.record
  const { host, tcp } = advertisedPlace(options)
  const entries = recordEntries(options)
  if (host === undefined && Object.keys(entries).length === 0) return undefined
  const record = new LocalRecord({ crypto: defaultCrypto, privateKey, wallNow: () => systemClock.wallNow() })
  for (const [key, value] of Object.entries(entries)) record.set(key, value)
  if (host !== undefined) record.setEndpoint({ host, udp: 0, tcp: tcp ?? 0 })
  return formatRecord(record.record)
}

// Where tabs reach it, as far as the operator has said so.
function webSocketEntries({ publicEndpoint, advertised }: RelayOptions): Readonly<Record<string, string>> {
  const endpoints = [publicEndpoint, ...advertised].filter((endpoint) => endpoint !== undefined)
  const entries = endpoints.filter(({ scheme }) => scheme === 'ws' || scheme === 'wss').map(webSocketEntry)
  return Object.fromEntries(entries.toReversed().map(({ key, value }) => [key, value]))
}

// Where the operator says that the relay is: only an address can stand in a record.
function advertisedPlace({ advertised }: RelayOptions): { readonly host?: string; readonly tcp?: number } {
  const place = advertised.find((endpoint) => endpoint.scheme === 'tcp' && isPublicIp(endpoint))
  return place ? { host: place.host, tcp: place.port } : {}
}

function isPublicIp({ host }: Endpoint): boolean {
  const ip = parseIp(host)
  return ip !== undefined && !isLocalIp(ip)
}

/** Where the relay is asked over UDP, and its record; absent where nobody is looked for. */
export function foundBy(node: Node): { readonly udp: string; readonly record: string } | undefined {
  const state = node.inspect().plugins['discovery'] as DiscoveryInspection | null | undefined
  return state ? { udp: `udp://${state.local}`, record: state.record } : undefined
}
