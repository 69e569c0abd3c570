// Where we can be reached ourselves: what was found out, how sure it is, and what to tell whom.
import { isRoutableAddress } from './group-policy.ts'
import { hasPrefix } from './ip.ts'
import { addressKey, NetworkId } from './network-address.ts'
import type { NetworkAddress } from './network-address.ts'
import { linkedIpv4 } from './routability.ts'

/** How an address of ours was found, from the least sure to what the user said. */
export const LocalPriority = { interface: 0, bound: 1, upnp: 2, http: 3, manual: 4 } as const
export type LocalPriority = (typeof LocalPriority)[keyof typeof LocalPriority]

/** How well someone reaches an address, from not at all to within one private network. */
export const Reachability = {
  none: 0,
  default: 1,
  teredo: 2,
  ipv6Weak: 3,
  ipv4: 4,
  ipv6Strong: 5,
  private: 6,
} as const
export type Reachability = (typeof Reachability)[keyof typeof Reachability]

/** Most addresses of our own: interfaces, names and paths of one machine, with much room. */
export const MAX_LOCAL_ADDRESSES = 64

/** Where an address is; `tunnel` is IPv6 that carries IPv4, `other` I2P or CJDNS. */
type Kind = 'ipv4' | 'ipv6' | 'tunnel' | 'teredo' | 'tor' | 'name' | 'other'

const { teredo, ipv6Weak, ipv4, ipv6Strong } = Reachability
const FROM_IPV4 = { ipv4, name: ipv4 }
const FROM_IPV6 = { ipv6: ipv6Strong, name: ipv6Strong, ipv4, teredo, tunnel: ipv6Weak }

/** By where the remote is and where we are; all else is `default`. */
const REACH: Readonly<Record<Kind, Readonly<Partial<Record<Kind, Reachability>>>>> = {
  ipv4: FROM_IPV4,
  name: FROM_IPV4,
  ipv6: FROM_IPV6,
  tunnel: FROM_IPV6,
  teredo: { ipv4, name: ipv4, teredo, ipv6: ipv6Weak, tunnel: ipv6Weak },
  tor: { tor: Reachability.private, ipv4 },
  other: {},
}

const TEREDO: readonly number[] = [0x20, 0x01, 0, 0]

export interface LocalAddress {
  readonly address: NetworkAddress
  /** Its priority, or one more than that when it was found again in a better way. */
  readonly score: number
}

/** Our own addresses. */
export interface LocalAddresses {
  /** Takes one in; `false` when it is known as well or better, can't be routed, or there are too many. */
  add(address: NetworkAddress, priority: LocalPriority): boolean
  remove(address: NetworkAddress): void
  /**
   * The one to tell a remote: the best reachable from there, then the best score; `undefined`: tell none. Between
   * networks that hide who one is (Tor, I2P) and all others nothing is told.
   */
  bestFor(remote: NetworkAddress): NetworkAddress | undefined
  all(): LocalAddress[]
}

/** Tells whether an address can be reached from the Internet. */
type Routable = (address: NetworkAddress) => boolean
const onInternet: Routable = (address) => isRoutableAddress(address)

/** Makes the list, empty. */
export function createLocalAddresses(isRoutable: Routable = onInternet): LocalAddresses {
  const known = new Map<string, LocalAddress>()
  return {
    add: (address, priority) => {
      const key = addressKey(address)
      const before = known.get(key)
      if (!isRoutable(address) || (before && before.score >= priority)) return false
      if (!before && known.size >= MAX_LOCAL_ADDRESSES) return false
      known.set(key, { address, score: before ? priority + 1 : priority })
      return true
    },
    remove: (address) => void known.delete(addressKey(address)),
    bestFor: (remote) => bestOf(known.values(), remote, isRoutable),
    all: () => [...known.values()],
  }
}

function bestOf(known: Iterable<LocalAddress>, remote: NetworkAddress, isRoutable: Routable) {
  let best: LocalAddress | undefined
  let bestReach: number = Reachability.none
  for (const local of known) {
    const { address, score } = local
    if (address.network !== remote.network && (isHidden(address) || isHidden(remote))) continue
    const reach = ownReach(address, remote) ?? reachabilityOf(address, remote, isRoutable)
    if (reach < bestReach || reach === Reachability.none) continue
    if (best && reach === bestReach && score <= best.score) continue
    best = local
    bestReach = reach
  }
  return best?.address
}

// This machine's loopback is best for whoever is on it, and nothing for others.
function ownReach(local: NetworkAddress, remote: NetworkAddress): Reachability | undefined {
  if (!isLoopback(local)) return undefined
  return isLoopback(remote) ? Reachability.private : Reachability.none
}

function isLoopback({ network, bytes }: NetworkAddress): boolean {
  if (network === NetworkId.ipv4) return bytes[0] === 127
  return network === NetworkId.ipv6 && bytes[15] === 1 && bytes.subarray(0, 15).every((byte) => byte === 0)
}

/** How well a remote reaches an address of ours. A name is reached by whatever the remote has. */
export function reachabilityOf(
  local: NetworkAddress,
  remote: NetworkAddress,
  isRoutable: Routable = onInternet,
): Reachability {
  if (!isRoutable(remote)) return Reachability.none
  if (!isRoutable(local)) return Reachability.default
  const from = kindOf(remote)
  if (from === 'other' && local.network === remote.network) return Reachability.private
  return REACH[from][kindOf(local)] ?? Reachability.default
}

function kindOf({ network, bytes }: NetworkAddress): Kind {
  if (network === NetworkId.ipv4) return 'ipv4'
  if (network === NetworkId.name) return 'name'
  if (network === NetworkId.torV3) return 'tor'
  if (network !== NetworkId.ipv6) return 'other'
  if (hasPrefix(bytes, TEREDO, 32)) return 'teredo'
  return linkedIpv4(bytes) ? 'tunnel' : 'ipv6'
}

function isHidden({ network }: NetworkAddress): boolean {
  return network === NetworkId.torV3 || network === NetworkId.i2p
}
