// Where we are ourselves, for others to dial: what the user said, then what our listeners are bound to.
import { addressOfEndpoint } from '../addresses/endpoint-address.ts'
import { createLocalAddresses, LocalPriority } from '../addresses/local-addresses.ts'
import type { LocalAddresses } from '../addresses/local-addresses.ts'
import type { NetworkAddress } from '../addresses/network-address.ts'
import type { Endpoint } from '../wire/address.ts'
import { parseAddress, parseEndpoint } from '../wire/address.ts'

/** One address over TCP and one over WebSocket: most who hear of us can use only one of them. */
export class OwnAddresses {
  readonly #lists: readonly [web: LocalAddresses, tcp: LocalAddresses]

  /** @param accepts - what others could dial */
  constructor(accepts: (address: NetworkAddress) => boolean) {
    this.#lists = [createLocalAddresses(accepts), createLocalAddresses(accepts)]
  }

  /** What the user said. @throws {TypeError} when a text is no endpoint */
  advertise(endpoints: readonly (Endpoint | string)[]): void {
    for (const given of endpoints) {
      this.#add(typeof given === 'string' ? parseEndpoint(given) : given, LocalPriority.manual)
    }
  }

  /** What the node listens on, in the written form. */
  listening(addresses: readonly string[]): void {
    for (const text of addresses) this.#add(parseAddress(text).endpoint, LocalPriority.bound)
  }

  /** What to tell somebody there; what tabs can dial comes first. */
  for(remote: NetworkAddress): NetworkAddress[] {
    return this.#lists.map((list) => list.bestFor(remote)).filter((address) => address !== undefined)
  }

  get count(): number {
    return this.#lists[0].all().length + this.#lists[1].all().length
  }

  #add(endpoint: Endpoint, priority: LocalPriority): void {
    const address = addressOfEndpoint(endpoint)
    if (address) this.#lists[address.transport === 'tcp' ? 1 : 0].add(address, priority)
  }
}
