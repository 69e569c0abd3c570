// The key by which inbound connections are counted together: one customer's network, not one address.
import { parseIp } from './ip.ts'
import { isLocalHost, linkedIpv4, plainName } from './routability.ts'

/** Tells throttles whose connections count together. */
export interface PrefixPolicy {
  /**
   * The key for a link's `remoteAddress` (`1.2.3.4:5000`, `[::1]:5000`, a URL, or a bare host); `undefined`: exempt.
   */
  prefixOf(address: string): string | undefined
}

/** IPv4 by /24, also where IPv6 carries it; IPv6 by /64; names as they are; loopback and LAN exempt. */
export const prefixPolicy: PrefixPolicy = { prefixOf }

/** The same, but loopback and LAN count like all others. */
export const strictPrefixPolicy: PrefixPolicy = { prefixOf: (address) => networkOf(hostOf(address)) }

export function prefixOf(address: string): string | undefined {
  const host = hostOf(address)
  return isLocalHost(host) ? undefined : networkOf(host)
}

function networkOf(host: string): string {
  const ip = parseIp(host)
  if (!ip) return plainName(host)
  const ipv4 = linkedIpv4(ip)
  if (ipv4) return `${ipv4[0]}.${ipv4[1]}.${ipv4[2]}.0/24`
  const words = [0, 2, 4, 6].map((i) => ((ip[i]! << 8) | ip[i + 1]!).toString(16))
  return `${words.join(':')}::/64`
}

/**
 * The key where one address stands for many remotes, such as the tabs of a school: an IPv4 address alone (/32), all
 * else as the policy says; `undefined`: exempt.
 */
export function visitorPrefixOf(address: string, policy: PrefixPolicy): string | undefined {
  const prefix = policy.prefixOf(address)
  const ip = prefix === undefined ? undefined : parseIp(hostOf(address))
  return (ip && linkedIpv4(ip)?.join('.')) ?? prefix
}

/**
 * The host within `host`, `host:port`, `[ipv6]:port` or a URL; IPv6 without brackets. Never fails: odd text is its own
 * host.
 */
export function hostOf(address: string): string {
  const rest = address
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/^[^/?#@]*@/, '')
    .replace(/[/?#].*$/s, '')
  const bracketed = /^\[([^\]]*)\]/.exec(rest)
  if (bracketed) return bracketed[1]!
  return rest.indexOf(':') === rest.lastIndexOf(':') ? rest.replace(/:.*$/s, '') : rest
}
