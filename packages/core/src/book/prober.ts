// One feeler: whom to try out, and what comes of it.
import type { AddressEntry, AddressTables, SelectOptions } from '../addresses/address-tables.ts'
import { endpointOfAddress } from '../addresses/endpoint-address.ts'
import type { NetworkAddress } from '../addresses/network-address.ts'
import { isPeerError } from '../errors/peer-error.ts'
import type { PeerError } from '../errors/peer-error.ts'
import type { PluginContext } from '../node/plugin.ts'
import type { Address } from '../wire/address.ts'
import { isOurDoing } from './dial-verdict.ts'

/** Of so many feelers one goes to any new address, the others first to those of which several are said to be there. */
const PLAIN_EACH = 4

export interface ProberOptions {
  readonly context: PluginContext
  readonly tables: AddressTables
  /** What `select` is to obey. */
  select(): SelectOptions
  /** Seconds since 1970. */
  now(): number
  /** Whether the node is online, as far as it can tell. */
  mayProbe(): boolean
  isRefused(claim: AddressEntry): boolean
  isPeer(publicKey: Uint8Array): boolean
  lives(felt: Address, address: NetworkAddress): void
  failed(felt: Address, error: PeerError): void
}

export class Prober {
  readonly #options: ProberOptions
  #sent = 0
  #alive = 0

  constructor(options: ProberOptions) {
    this.#options = options
  }

  get felt(): { readonly sent: number; readonly alive: number } {
    return { sent: this.#sent, alive: this.#alive }
  }

  /** Out of turn: groups don't count, because nothing stays connected. Who is connected already would refuse. */
  async feel(): Promise<void> {
    const { context, tables, now, mayProbe, lives, failed } = this.#options
    const nowS = now()
    this.resolveCollisions()
    if (!mayProbe()) return
    const entry = tables.selectCollision() ?? this.#select(nowS)
    if (!entry || this.#options.isPeer(entry.publicKey)) return
    const { address, publicKey } = entry
    const felt = { publicKey, endpoint: endpointOfAddress(address) }
    this.#sent++
    try {
      await context.probe(felt, { signal: context.signal })
      this.#alive++
      lives(felt, address)
    } catch (error) {
      if (!isPeerError(error)) return
      // No place was free: it is for another time.
      if (isOurDoing(error)) this.#sent--
      else failed(felt, error)
    }
  }

  /** Decides which of two addresses has a slot of the tried table, where that can be told. */
  resolveCollisions(): void {
    const { tables, now, isPeer } = this.#options
    tables.resolveCollisions(now(), ({ publicKey }) => isPeer(publicKey))
  }

  #select(nowS: number): AddressEntry | undefined {
    const { tables, select, isRefused } = this.#options
    const contested = this.#sent % PLAIN_EACH > 0
    return tables.select(nowS, { ...select(), onlyNew: true, contested, isRefused })
  }
}
