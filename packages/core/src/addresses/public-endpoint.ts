// Which endpoints that strangers name are worth a dial: none of this machine or its network, and no query of theirs.
import type { Endpoint } from '../wire/address.ts'
import { addressOfEndpoint } from './endpoint-address.ts'
import { isRoutableAddress } from './group-policy.ts'
import { parseIp } from './ip.ts'
import { hasQuery } from './network-address.ts'
import { isRoutableIp } from './routability.ts'

const INTERNET_SCHEMES: readonly string[] = ['tcp', 'ws', 'wss']

/**
 * Whether an endpoint that a stranger named may be dialed: no loopback, LAN, link-local, multicast or reserved address,
 * and no name that only means something here; no path but such as an address of `addr/1` may have, and no query, which
 * could make a service do something. A host of another scheme than `tcp`, `ws`, `wss` is judged where it is an IP
 * address. Names are not looked up: one that leads to a private address passes.
 */
export function isPublicEndpoint(endpoint: Endpoint): boolean {
  if (!INTERNET_SCHEMES.includes(endpoint.scheme)) {
    const ip = parseIp(endpoint.host)
    return (ip === undefined || isRoutableIp(ip)) && !endpoint.path?.includes('?')
  }
  const address = addressOfEndpoint(endpoint)
  return address !== undefined && isRoutableAddress(address) && !hasQuery(address)
}
