// The relay's address book: kept in its data directory, and open to this machine's addresses where it serves no other.
import { type Endpoint, isLocalIp, parseAddress, parseIp, type Plugin } from '@peerwire/core'
import { addressBook } from '@peerwire/core/address-book'
import type { RelayOptions } from './options.ts'

/** None where the operator wants none. A sample source ends with the relay: its address is never kept. */
export function bookPlugins(options: RelayOptions, sample: string | undefined): readonly Plugin[] {
  if (!options.addressBook) return []
  const { publicEndpoint, advertised, seeds, bias, defaultPort, networkName: network } = options
  const advertise = publicEndpoint ? [publicEndpoint, ...advertised] : advertised
  const except = sample === undefined ? [] : [parseAddress(sample).publicKey]
  const newShare = bias === 'peers' ? 'by peers' : bias
  return [addressBook({ network, seeds, advertise, local: isLocalRelay(options), except, newShare, defaultPort })]
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
