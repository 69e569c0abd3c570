// The group of a book's address, as the bytes that buckets are made of, and as the text that the dialer knows.
import { hasPrefix } from './ip.ts'
import { asciiToBytes, bytesToAscii, NetworkId } from './network-address.ts'
import type { NetworkAddress } from './network-address.ts'
import { isLocalHost, isRoutableIp, linkedIpv4 } from './routability.ts'
import type { RoutabilityOptions } from './routability.ts'

/** How addresses are put into groups. A book whose policy has another version is put into buckets anew. */
export interface GroupPolicy {
  /** Changes whenever any group does. */
  readonly version: string
  /**
   * The group as bytes, at most 256: its class first, one's own from 32 up; one zero byte for what has none. `resolved`
   * is what we know a name to stand for.
   */
  groupOf(address: NetworkAddress, resolved?: Uint8Array): Uint8Array
}

/** Classes of Bitcoin Core's groups, not the numbers of BIP155; `name` is ours. */
const CLASS = { none: 0, ipv4: 1, ipv6: 2, tor: 3, i2p: 4, cjdns: 5, name: 16 } as const

/** How many labels of a name count: one owner has everything below them. */
const NAME_LABELS = 2

/**
 * IPv4 by /16, also where IPv6 carries it; IPv6 by /32 (Hurricane Electric by /36); Tor and I2P by 4 bits, CJDNS by 12;
 * names by the address that we resolved them to, else by their last two labels. What is local or can't be routed is one
 * group. Paths don't count: everything behind one relay is one group.
 */
export function networkGroups(options: RoutabilityOptions = {}): GroupPolicy {
  return {
    version: options.reserved ? 'networks 1, reserved' : 'networks 1',
    groupOf: ({ network, bytes }, resolved) => groupBytes(network, bytes, resolved, options),
  }
}

/** Whether the Internet could know an address: not loopback, LAN, reserved or documentation; Tor, I2P, CJDNS always. */
export function isRoutableAddress({ network, bytes }: NetworkAddress, options: RoutabilityOptions = {}): boolean {
  if (network === NetworkId.ipv4 || network === NetworkId.ipv6) return isRoutableIp(bytes, options)
  return network !== NetworkId.name || !isLocalHost(bytesToAscii(bytes))
}

/** The text of a group, the same as `groupOf` of `groups.ts` gives for the endpoint; `undefined` for the zero group. */
export function groupText(group: Uint8Array): string | undefined {
  const [kind, ...rest] = group
  if (kind === CLASS.none && rest.length === 0) return undefined
  if (kind === CLASS.ipv4) return `ipv4:${rest.join('.')}`
  if (kind === CLASS.tor || kind === CLASS.i2p)
    return `${kind === CLASS.tor ? 'tor' : 'i2p'}:${hexDigit(rest[0]! >> 4)}`
  if (kind === CLASS.name) return `name:${bytesToAscii(group.subarray(1))}`
  if (kind === CLASS.ipv6 && rest.length >= 4) {
    const words = [(rest[0]! << 8) | rest[1]!, (rest[2]! << 8) | rest[3]!].map(hexDigit).join(':')
    return `ipv6:${words}${rest.length === 5 ? `:${hexDigit(rest[4]! >> 4)}` : ''}`
  }
  return `${kind}:${rest.map((byte) => hexDigit(byte).padStart(2, '0')).join('')}`
}

function groupBytes(
  network: NetworkId,
  bytes: Uint8Array,
  resolved: Uint8Array | undefined,
  options: RoutabilityOptions,
): Uint8Array {
  switch (network) {
    case NetworkId.torV3:
      return Uint8Array.of(CLASS.tor, bytes[0]! | 0x0f)
    case NetworkId.i2p:
      return Uint8Array.of(CLASS.i2p, bytes[0]! | 0x0f)
    case NetworkId.cjdns:
      return Uint8Array.of(CLASS.cjdns, bytes[0]!, bytes[1]! | 0x0f)
    case NetworkId.name:
      return resolved ? ipGroup(resolved, options) : nameGroup(bytesToAscii(bytes))
    default:
      return ipGroup(bytes, options)
  }
}

function ipGroup(ip: Uint8Array, options: RoutabilityOptions): Uint8Array {
  if (!isRoutableIp(ip, options)) return Uint8Array.of(CLASS.none)
  const ipv4 = linkedIpv4(ip)
  if (ipv4) {
    // Far faster than `Uint8Array.of`, in the path of each address that is heard of.
    const group = new Uint8Array(3)
    group[0] = CLASS.ipv4
    group[1] = ipv4[0]!
    group[2] = ipv4[1]!
    return group
  }
  const isHurricane = hasPrefix(ip, [0x20, 0x01, 0x04, 0x70], 32)
  const group = Uint8Array.of(CLASS.ipv6, ...ip.subarray(0, isHurricane ? 5 : 4))
  // Bits below the mask are ones.
  if (isHurricane) group[5]! |= 0x0f
  return group
}

function nameGroup(name: string): Uint8Array {
  if (isLocalHost(name)) return Uint8Array.of(CLASS.none)
  return Uint8Array.of(CLASS.name, ...asciiToBytes(name.split('.').slice(-NAME_LABELS).join('.')))
}

function hexDigit(value: number): string {
  return value.toString(16)
}
