// The relay's address book: kept in its data directory, and open to this machine's addresses where it serves no other.
import { type Endpoint, isLocalIp, parseIp, type Plugin } from '@peerwire/core'
import { addressBook } from '@peerwire/core/address-book'
import type { RelayOptions } from './options.ts'

/** None where the operator wants none. */
export function bookPlugins(options: RelayOptions): readonly Plugin[] {
  if (!options.addressBook) return []
  const { publicEndpoint, advertised, seeds } = options
  const advertise = publicEndpoint ? [publicEndpoint, ...advertised] : advertised
  return [addressBook({ seeds, advertise, local: isLocalRelay(options) })]
}

// Whoever it meets is on this machine or in its network: then addresses there are worth knowing.
function isLocalRelay({ listen, publicEndpoint, advertised, seeds, search }: RelayOptions): boolean {
  if (publicEndpoint !== undefined || search.chain || search.trees.length > 0) return false
  return [...listen, ...advertised, ...seeds.map(({ endpoint }) => endpoint)].every(isLocal)
}

function isLocal({ host }: Endpoint): boolean {
  const ip = parseIp(host)
  return ip ? isLocalIp(ip) : host === 'localhost'
}
