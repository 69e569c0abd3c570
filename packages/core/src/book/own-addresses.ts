// Where we are ourselves, for others to dial: what the user said, what others see, what our listeners are bound to.
import { addressOfEndpoint, formatNetworkAddress } from '../addresses/endpoint-address.ts'
import { parseIp } from '../addresses/ip.ts'
import { createLocalAddresses, LocalPriority } from '../addresses/local-addresses.ts'
import type { LocalAddresses } from '../addresses/local-addresses.ts'
import type { NetworkAddress } from '../addresses/network-address.ts'
import type { Logger } from '../base/log.ts'
import type { Endpoint } from '../wire/address.ts'
import { parseAddress, parseEndpoint } from '../wire/address.ts'

export interface OwnAddressesOptions {
  /** What others could dial. */
  accepts(address: NetworkAddress): boolean
  /** IP addresses of this machine's interfaces. */
  interfaces(): readonly string[]
  /** Where others say that we are: IP addresses. */
  stated(): readonly string[]
}

/** What is told of us, in the written form, or why nothing is. */
export interface OwnInspection {
  readonly told: readonly string[]
  readonly why?: string
}

/** One address over TCP and one over WebSocket: most who hear of us can use only one of them. */
export class OwnAddresses {
  readonly #options: OwnAddressesOptions
  readonly #lists: readonly [web: LocalAddresses, tcp: LocalAddresses]
  #listeners: readonly Endpoint[] = []
  #said = ''

  constructor(options: OwnAddressesOptions) {
    this.#options = options
    this.#lists = [createLocalAddresses(options.accepts), createLocalAddresses(options.accepts)]
  }

  /** What the user said. @throws {TypeError} when a text is no endpoint */
  advertise(endpoints: readonly (Endpoint | string)[]): void {
    for (const given of endpoints) {
      this.#add(typeof given === 'string' ? parseEndpoint(given) : given, LocalPriority.manual)
    }
  }

  /** What the node listens on, in the written form: where that is everywhere, all interfaces. */
  listening(addresses: readonly string[], logger: Logger): void {
    this.#listeners = addresses.map((text) => parseAddress(text).endpoint)
    for (const endpoint of this.#listeners) {
      if (!isEverywhere(endpoint)) this.#add(endpoint, LocalPriority.bound)
      else {
        for (const host of this.#options.interfaces()) {
          if (isHeard(endpoint, host)) this.#add({ ...endpoint, host }, LocalPriority.interface)
        }
      }
    }
    const { told, why } = this.inspect()
    if (addresses.length > 0 || told.length > 0) logger.log('info', 'Own addresses', { told: told.join(' '), why })
  }

  /** What to tell somebody there; what tabs can dial comes first. */
  for(remote: NetworkAddress): NetworkAddress[] {
    this.#hear()
    return this.#lists.map((list) => list.bestFor(remote)).filter((address) => address !== undefined)
  }

  /** For whoever inspects the book. */
  counts(): { readonly own: number; readonly ownAddresses: OwnInspection } {
    return { own: this.#all().length, ownAddresses: this.inspect() }
  }

  inspect(): OwnInspection {
    this.#hear()
    const told = this.#all().map(({ address }) => formatNetworkAddress(address))
    return told.length > 0 ? { told } : { told, why: this.#why() }
  }

  #all() {
    return this.#lists.flatMap((list) => list.all())
  }

  #why(): string {
    if (this.#listeners.length === 0) return 'the node listens nowhere'
    const hosts = [...new Set(this.#listeners.map(({ host }) => host))].join(', ')
    return `nobody elsewhere could dial where it listens (${hosts}): say by advertise where it is reached`
  }

  // Others' word on where we are may change at any time; it counts for listeners that hear everything.
  #hear(): void {
    const hosts = this.#options.stated()
    if (hosts.join(' ') === this.#said) return
    this.#said = hosts.join(' ')
    for (const endpoint of this.#listeners) {
      if (!isEverywhere(endpoint)) continue
      for (const host of hosts) if (isHeard(endpoint, host)) this.#add({ ...endpoint, host }, LocalPriority.upnp)
    }
  }

  #add(endpoint: Endpoint, priority: LocalPriority): void {
    const address = addressOfEndpoint(endpoint)
    if (address) this.#lists[address.transport === 'tcp' ? 1 : 0].add(address, priority)
  }
}

function isEverywhere({ host }: Endpoint): boolean {
  return parseIp(host)?.every((byte) => byte === 0) ?? false
}

// A listener on all of IPv4 hears nothing else; one on all of IPv6 hears both.
function isHeard(everywhere: Endpoint, host: string): boolean {
  const ip = parseIp(host)
  return ip !== undefined && (ip.length === 4 || parseIp(everywhere.host)!.length === 16)
}
