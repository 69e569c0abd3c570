// Whom the dialer gets next: who goes before the book's choice, then that choice; and what came back, and why.
import type { AddressEntry, AddressTables, SelectOptions } from '../addresses/address-tables.ts'
import { addressOfEndpoint, endpointOfAddress } from '../addresses/endpoint-address.ts'
import { addressKey } from '../addresses/network-address.ts'
import type { NetworkAddress } from '../addresses/network-address.ts'
import { toHex } from '../base/bytes.ts'
import type { CandidateRefusal } from '../node/plugin.ts'
import type { Address } from '../wire/address.ts'
import { isLocalAddress } from './places.ts'

/** Most addresses that wait to be dialed before the book's own choice, and how long they do; milliseconds. */
const MAX_FIRST = 256
const FIRST_MS = 60_000
/**
 * Milliseconds between dials of two claims of one address: most listeners refuse a second connection from one place for
 * 30 s, and what such a dial leads to says nothing of the claim.
 */
const APART_MS = 35_000
/** What came back is remembered of so many; past it the oldest are offered again. */
const MAX_HELD = 1024
/** Milliseconds until somebody who is banned or discouraged is looked at again: nobody says when that ends. */
const JUDGED_MS = 60_000
/** A book larger than one sweep is looked through again after so long, at first and at most; milliseconds. */
const LOOK_MS = 1000
const LOOK_MAX_MS = 30_000

export interface PickerOptions {
  readonly tables: AddressTables
  /** What else `select` is to obey. */
  select(): SelectOptions
  /** Seconds since 1970. */
  now(): number
  /** Whether there is a connection with this key, or it is ours. */
  isPeer(publicKey: Uint8Array): boolean
  isHeldAgainst(claim: Pick<AddressEntry, 'address' | 'publicKey'>): boolean
  /** Whether an outbound peer is of this group. */
  isGroupUsed(group: string): boolean
}

interface Given {
  readonly place: string
  readonly group: string | undefined
}

/** Keeps nothing back by guess: an address is given until the dialer refuses it, and then until the reason is over. */
export class Picker {
  readonly #options: PickerOptions
  #first: { readonly address: Address; readonly untilMs: number }[] = []
  /** Whom the dialer has, by claim: its dial hasn't ended. */
  readonly #given = new Map<string, Given>()
  /** Claims that came back, and until when; `undefined`: until something has changed. */
  readonly #held = new Map<string, number | undefined>()
  /** Groups that are in use otherwise, until something has changed. */
  readonly #groups = new Set<string>()
  /** Addresses that were dialed, and until when no other claim of them is. */
  readonly #places = new Map<string, number>()
  #isJudged = false
  #lookMs = LOOK_MS
  #looksAgain = false

  constructor(options: PickerOptions) {
    this.#options = options
  }

  /** These go before the book's choice, for a minute; those past the bound are left out. */
  offer(addresses: readonly Address[], nowMs: number): void {
    const known = new Set(this.#first.map(({ address }) => claimKey(address)))
    const fresh = addresses.filter((address) => !known.has(claimKey(address)))
    const untilMs = nowMs + FIRST_MS
    this.#first.push(...fresh.slice(0, MAX_FIRST - this.#first.length).map((address) => ({ address, untilMs })))
  }

  clear(): void {
    this.#first = []
  }

  /** Somebody to dial, in bounded time. */
  next(nowMs: number): Address | undefined {
    this.#isJudged = this.#looksAgain = false
    this.#first = this.#first.filter(({ untilMs }) => untilMs > nowMs)
    const place = this.#first.findIndex(({ address }) => !this.#isFirstBlocked(address, nowMs))
    if (place >= 0) return this.#give(this.#first.splice(place, 1)[0]!.address)
    const { tables, select, now } = this.#options
    const options: SelectOptions = {
      ...select(),
      isGroupUsed: (group) => this.#isGroupUsed(group),
      isRefused: (claim) => this.isRefused(claim, nowMs),
    }
    const entry = tables.select(now(), options) ?? this.#swept(options)
    if (!entry) return undefined
    this.#lookMs = LOOK_MS
    return this.#give({ publicKey: entry.publicKey, endpoint: endpointOfAddress(entry.address) })
  }

  /** When time alone may bring somebody, after `next` has found nobody; `undefined`: only what happens does. */
  ripeAtMs(nowMs: number): number | undefined {
    let soonest = Infinity
    for (const times of [this.#held, this.#places]) {
      for (const [key, untilMs] of times) {
        if (untilMs === undefined) continue
        if (untilMs <= nowMs) times.delete(key)
        else soonest = Math.min(soonest, untilMs)
      }
    }
    if (this.#isJudged) soonest = Math.min(soonest, nowMs + JUDGED_MS)
    if (this.#looksAgain) {
      soonest = Math.min(soonest, nowMs + this.#lookMs)
      this.#lookMs = Math.min(2 * this.#lookMs, LOOK_MAX_MS)
    }
    return soonest === Infinity ? undefined : soonest
  }

  /** The dialer doesn't dial what it was given. */
  refused(address: Address, { reason, untilMs }: CandidateRefusal): void {
    const key = claimKey(address)
    const group = this.#given.get(key)?.group
    this.#given.delete(key)
    if (reason !== 'group in use') this.#hold(key, untilMs)
    else if (group === undefined) this.#hold(key, undefined)
    else this.#groups.add(group)
  }

  /** A dial has ended, whoever wanted it, and whatever became of it. */
  dialed(address: Address, nowMs: number): void {
    this.#given.delete(claimKey(address))
    const place = addressOfEndpoint(address.endpoint)
    if (place && !isLocalAddress(place)) remember(this.#places, addressKey(place), nowMs + APART_MS)
  }

  /** Connections have come or gone: reasons that hang on them may be over. */
  changed(): void {
    this.#groups.clear()
    for (const [key, untilMs] of this.#held) if (untilMs === undefined) this.#held.delete(key)
  }

  /** Why a claim is passed over, whatever its group. */
  isRefused(claim: AddressEntry, nowMs: number): boolean {
    const { address, publicKey } = claim
    return this.#isBlocked(`${toHex(publicKey)} ${claim.key}`, claim.key, nowMs) || this.#isUnwanted(address, publicKey)
  }

  #isUnwanted(address: NetworkAddress, publicKey: Uint8Array): boolean {
    if (this.#options.isPeer(publicKey)) return true
    const isJudged = this.#options.isHeldAgainst({ address, publicKey })
    if (isJudged) this.#isJudged = true
    return isJudged
  }

  #isBlocked(key: string, place: string, nowMs: number): boolean {
    if ((this.#held.get(key) ?? (this.#held.has(key) ? Infinity : 0)) > nowMs) return true
    if ((this.#places.get(place) ?? 0) > nowMs) return true
    for (const given of this.#given.values()) if (given.place === place) return true
    return false
  }

  // Written seeds are the user's: what the book wouldn't hold may be among them.
  #isFirstBlocked({ publicKey, endpoint }: Address, nowMs: number): boolean {
    const address = addressOfEndpoint(endpoint)
    if (this.#options.isPeer(publicKey)) return true
    if (!address) return false
    const key = addressKey(address)
    const group = this.#options.tables.groupOf(address)
    if (group !== undefined && this.#isGroupUsed(group)) return true
    return this.#isBlocked(`${toHex(publicKey)} ${key}`, key, nowMs)
  }

  #isGroupUsed(group: string): boolean {
    if (this.#groups.has(group) || this.#options.isGroupUsed(group)) return true
    for (const given of this.#given.values()) if (given.group === group) return true
    return false
  }

  #swept(options: SelectOptions): AddressEntry | undefined {
    const { found, isAll } = this.#options.tables.sweep(this.#options.now(), options)
    this.#looksAgain = !isAll && !found
    return found
  }

  #give(address: Address): Address {
    const place = addressOfEndpoint(address.endpoint)
    const group = place && this.#options.tables.groupOf(place)
    remember(this.#given, claimKey(address), { place: place ? addressKey(place) : '', group })
    return address
  }

  #hold(key: string, untilMs: number | undefined): void {
    remember(this.#held, key, untilMs)
  }
}

function claimKey({ publicKey, endpoint }: Address): string {
  const place = addressOfEndpoint(endpoint)
  return `${toHex(publicKey)} ${place ? addressKey(place) : ''}`
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > MAX_HELD) map.delete(map.keys().next().value!)
}
