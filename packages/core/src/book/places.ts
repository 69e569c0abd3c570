// Between peers as a node has them and addresses as the book has them; and which addresses a book takes in.
import { addressOfEndpoint, endpointOfAddress } from '../addresses/endpoint-address.ts'
import { isRoutableAddress } from '../addresses/group-policy.ts'
import { asciiToBytes, createNetworkAddress, NetworkId } from '../addresses/network-address.ts'
import type { AddressTransport, NetworkAddress } from '../addresses/network-address.ts'
import { hostOf } from '../addresses/prefix.ts'
import { isLocalHost, isLocalIp } from '../addresses/routability.ts'
import type { Endpoint } from '../wire/address.ts'
import type { Peer } from '../wire/peer.ts'

/** One address of each network, to ask transports what they can dial; I2P and CJDNS are never dialed. */
const EXAMPLES: ReadonlyMap<NetworkId, Uint8Array> = /* @__PURE__ */ new Map<NetworkId, Uint8Array>([
  [NetworkId.ipv4, /* @__PURE__ */ Uint8Array.of(1, 1, 1, 1)],
  [NetworkId.ipv6, /* @__PURE__ */ Uint8Array.of(0x26, 6, 0x47, 0, 0x47, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x11, 0x11)],
  [NetworkId.torV3, /* @__PURE__ */ new Uint8Array(32)],
  [NetworkId.name, /* @__PURE__ */ asciiToBytes('peer.example')],
])

/** Whether addresses of a kind can be dialed at all. */
export function canReach(
  canDial: (endpoint: Endpoint) => boolean,
  network: NetworkId,
  transport: AddressTransport,
): boolean {
  const bytes = EXAMPLES.get(network)
  const path = transport === 'tcp' ? '' : '/'
  const example = bytes && createNetworkAddress({ network, bytes, port: 443, transport, path })
  return example !== undefined && canDial(endpointOfAddress(example))
}

/** Loopback and LAN, beside what the Internet could know. */
export function isLocalOrRoutable(address: NetworkAddress): boolean {
  return isRoutableAddress(address) || isLocalAddress(address)
}

/** Whether an address is of loopback or LAN, or a name that only means something there. */
export function isLocalAddress({ network, bytes }: NetworkAddress): boolean {
  if (network === NetworkId.name) return isLocalHost(String.fromCharCode(...bytes))
  return (network === NetworkId.ipv4 || network === NetworkId.ipv6) && isLocalIp(bytes)
}

/** Who told: where we dialed it, or the host it comes from. Its port means nothing then. */
export function placeOf({ endpoint, remoteAddress }: Pick<Peer, 'endpoint' | 'remoteAddress'>): NetworkAddress {
  const place = endpoint ?? { scheme: 'tcp', host: hostOf(remoteAddress), port: 1 }
  return addressOfEndpoint(place) ?? NOWHERE
}

const NOWHERE = /* @__PURE__ */ addressOfEndpoint({ scheme: 'tcp', host: 'nowhere.invalid', port: 1 })!

/** The kind of network that a peer comes from, for answers that all of one kind share. */
export function networkOf(peer: Pick<Peer, 'endpoint' | 'remoteAddress'>): string {
  const address = placeOf(peer)
  return isLocalAddress(address) ? 'local' : String(address.network)
}
