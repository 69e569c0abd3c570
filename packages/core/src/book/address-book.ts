// The address book as a plugin: what a node knows of others, kept over restarts, and told and heard by addr/1.
import type { CandidateRefusal, Plugin, PluginContext } from '../node/plugin.ts'
import { addr } from '../protocols/addr/messages.ts'
import { MAX_NETWORK_BYTES } from '../protocols/addr/limits.ts'
import { utf8ToBytes } from '../base/bytes.ts'
import { checkOptions } from '../base/check-options.ts'
import type { Address } from '../wire/address.ts'
import { parseAddress, parseEndpoint } from '../wire/address.ts'
import type { Offer } from '../wire/protocol.ts'
import { readSeeds } from './seeds.ts'
import type { AddressBookInspection, AddressBookOptions } from './options.ts'
import type { RunningBook } from './running-book.ts'

/** Milliseconds that a node's close waits for the last save: a dead disk must not hold it. */
const STOP_MS = 2000

/** An address book for `createNode({ plugins })`. */
export interface AddressBook extends Plugin {
  readonly name: 'address-book'
  /**
   * Takes in an address that the program knows; whether it was new. A running book needs it only for what peers can't
   * tell.
   *
   * @throws {TypeError} before the start, or when the text is no address
   */
  add(address: Address | string): boolean
  /**
   * Saves the book now; done once that is durable. It saves itself, too: as soon as the first peer of a run has proven
   * its key, within a minute of whatever else changes, when a page is hidden or left, and when the node closes.
   * Without a storage there is nothing to do.
   *
   * @throws {TypeError} before the start
   * @throws {Error} the storage's own; what was saved before stays
   */
  save(): Promise<void>
  /** `undefined` before the start. */
  inspect(): AddressBookInspection | undefined
}

/**
 * Makes a book for one node. It is kept in the node's storage, finds candidates for the dialer, and speaks addr/1.
 *
 * @throws {TypeError} naming the seed or endpoint that is none, or a network's name that is too long
 */
export function addressBook(options: AddressBookOptions = {}): AddressBook {
  check(options)
  return new BookPlugin(options)
}

const KINDS = {
  network: 'text',
  seeds: 'list',
  defaultPort: 'count',
  advertise: 'list',
  local: 'flag',
  accepts: 'call',
  except: 'list',
  groups: 'thing',
  newShare: 'other',
  feelers: 'flag',
  file: 'text',
} as const

function check(options: AddressBookOptions): void {
  const {
    network = 'main',
    seeds = [],
    advertise = [],
    defaultPort = 1,
    newShare,
  } = checkOptions('addressBook', options, KINDS)
  if (newShare !== undefined && newShare !== 'even' && newShare !== 'by peers' && typeof newShare !== 'function') {
    throw new TypeError(`newShare of addressBook must be even, by peers or a function, not ${String(newShare)}`)
  }
  const { length } = utf8ToBytes(network)
  if (length === 0 || length > MAX_NETWORK_BYTES) {
    throw new TypeError(`the network's name must have 1 to ${MAX_NETWORK_BYTES} bytes, not ${length}`)
  }
  if (defaultPort < 1 || defaultPort > 65_535) {
    throw new TypeError(`defaultPort must be 1 to 65535, not ${defaultPort}`)
  }
  readSeeds(seeds)
  for (const endpoint of advertise) if (typeof endpoint === 'string') parseEndpoint(endpoint)
}

class BookPlugin implements AddressBook {
  readonly name = 'address-book'
  readonly stopMs = STOP_MS
  /** Written seeds are the user's, and the book judges all else that it takes in. */
  readonly local = true
  readonly protocols: readonly Offer[]
  readonly probes: boolean
  readonly #options: AddressBookOptions
  #book: RunningBook | undefined
  #isTaken = false

  constructor(options: AddressBookOptions) {
    this.#options = options
    this.probes = options.feelers ?? true
    this.protocols = [
      addr.with(
        {
          getaddr: (peer, { network }) => this.#book?.gossiper.asked(peer, network),
          addr: (peer, { network, entries }) => this.#book?.gossiper.told(peer, network, entries),
        },
        {
          opened: (peer) => this.#book?.gossiper.opened(peer),
          closed: (peer) => this.#book?.gossiper.closed(peer),
        },
      ),
    ]
  }

  async start(context: PluginContext): Promise<void> {
    if (this.#isTaken) throw new TypeError('this address book belongs to another node already')
    this.#isTaken = true
    // Loaded on use: a page is there sooner, and needs tables and gossip only when its node starts.
    const { openBook } = await import('./loaded-on-use.ts')
    this.#book = await openBook(this.#options, context)
  }

  listening(): void {
    this.#book?.listening()
  }

  async stop(): Promise<void> {
    await this.#book?.stop()
  }

  candidates(): AsyncIterable<Address> {
    return this.#running.source
  }

  refused(address: Address, refusal: CandidateRefusal): void {
    this.#book?.refused(address, refusal)
  }

  add(address: Address | string): boolean {
    return this.#running.add(typeof address === 'string' ? parseAddress(address) : address)
  }

  async save(): Promise<void> {
    await this.#running.save()
  }

  inspect(): AddressBookInspection | undefined {
    return this.#book?.inspect()
  }

  get #running(): RunningBook {
    if (!this.#book) throw new TypeError('this address book is not running: give it to createNode, and start the node')
    return this.#book
  }
}
