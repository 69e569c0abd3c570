// Network groups: hosts that one party can easily have many of count as one.
import { hasPrefix, parseIp } from './ip.ts'
import {
  isLocalHost,
  isOddNumber,
  isRoutableIp,
  linkedIpv4,
  plainName,
  type RoutabilityOptions,
} from './routability.ts'

/** Onion and I2P names are hashes; their first base32 letter holds the 4 bits that count. */
const HASH_NAME = /^(?:.+\.)?([a-z2-7])[a-z2-7]*\.(onion|b32\.i2p)$/
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

/**
 * The group of an endpoint; `undefined` for loopback and LAN, which have none.
 *
 * IPv4 by /16, also where IPv6 carries it; IPv6 by /32 (Hurricane Electric, which gives away /48s, by /36); Tor and
 * I2P by
 * 4 bits; other names by their last two labels. All that can't be routed is one group.
 */
export function groupOf({ host }: { readonly host: string }, options: RoutabilityOptions = {}): string | undefined {
  if (isLocalHost(host)) return undefined
  const ip = parseIp(host)
  if (ip ? !isRoutableIp(ip, options) : isOddNumber(host)) return 'unroutable'
  if (!ip) return nameGroup(plainName(host))
  const ipv4 = linkedIpv4(ip)
  if (ipv4) return `ipv4:${ipv4[0]}.${ipv4[1]}`
  const words = [0, 2].map((i) => ((ip[i]! << 8) | ip[i + 1]!).toString(16))
  const finer = hasPrefix(ip, [0x20, 0x01, 0x04, 0x70], 32) ? `:${(ip[4]! >> 4).toString(16)}` : ''
  return `ipv6:${words.join(':')}${finer}`
}

function nameGroup(name: string): string {
  const hash = HASH_NAME.exec(name)
  if (hash) return `${hash[2] === 'onion' ? 'tor' : 'i2p'}:${(BASE32.indexOf(hash[1]!) >> 1).toString(16)}`
  return `name:${name.split('.').slice(-2).join('.')}`
}
