// One entry of the tables, and how good it looks: when it is bad, and its chance of being picked.
import type { AddressEntry } from './address-tables.ts'
import { addressKey, asciiToBytes } from './network-address.ts'
import type { AddressTransport, NetworkAddress, NetworkId } from './network-address.ts'

/** An entry as the tables hold it. There may be 80,000, so it is made of little: a small array weighs 200 bytes. */
export class BookEntry implements AddressEntry {
  readonly key: string
  readonly address: NetworkAddress
  readonly source: NetworkAddress
  readonly kind: number
  /** The public key, a character for each byte. */
  keyText: string
  time: number
  lastTry = 0
  lastSuccess = 0
  fails = 0
  isTried = false
  references = 0
  /** `successes` when a failure was last counted. */
  countedAt = 0
  /** What a name resolved to. */
  resolved: Uint8Array | undefined = undefined
  /** Where it stands in the list of all. */
  order: number
  /** A bit for each group of sources that has told of it, some of which share one; not stored. */
  voices = 0
  /** When its own host last said so, by the key that it had proven to us, in seconds; 0: never. Not stored. */
  ownWordAt = 0
  /** The next claim of the same address. */
  next: BookEntry | undefined = undefined
  /** The first slot, of the tried table where it is tried; -1 for none. */
  #slot = -1
  /** Further slots of the new table. */
  #more: number[] | undefined = undefined

  constructor(address: NetworkAddress, source: NetworkAddress, keyText: string, time: number, order: number) {
    this.key = addressKey(address)
    this.address = address
    this.source = source
    this.kind = kindOf(address)
    this.keyText = keyText
    this.time = time
    this.order = order
  }

  get publicKey(): Uint8Array {
    return asciiToBytes(this.keyText)
  }

  /** Slots of the new table, or the one of the tried table; a fresh array. */
  get slots(): number[] {
    return this.#slot < 0 ? [] : [this.#slot, ...(this.#more ?? [])]
  }

  addSlot(slot: number): void {
    if (this.#slot < 0) this.#slot = slot
    else (this.#more ??= []).push(slot)
  }

  removeSlot(slot: number): void {
    if (this.#slot === slot) this.#slot = this.#more?.pop() ?? -1
    else this.#more?.splice(this.#more.indexOf(slot), 1)
    if (this.#more?.length === 0) this.#more = undefined
  }

  removeSlots(): void {
    this.#slot = -1
    this.#more = undefined
  }
}

/** A seen time that lies so far ahead is a wrong clock; seconds. */
export const FUTURE_S = 600
/** Not seen for so long: gone; seconds. */
const OLD_S = 30 * 86_400
/** What was tried so shortly before may still be under way: never bad; seconds. */
const UNDER_WAY_S = 60
/** Failures that tell, when there never was a success. */
export const NEVER_FAILS: number = 3
/** Failures that tell, when the last success is a week ago. */
const MANY_FAILS = 10
const WEEK_S = 7 * 86_400
/** So long a success, and a host's own word, is believed against hearsay, if no dial has failed since; seconds. */
export const BELIEVED_S: number = WEEK_S
/** Tried so shortly before: there is someone better; seconds. */
export const RECENT_S = 600
/** The chance of one that was tried just now. */
const RECENT_CHANCE = 0.01
/** 0.66 to the power of the failures, of which at most eight count: as literals, the same in every engine. */
const CHANCES: readonly number[] = [
  1, 0.66, 0.4356, 0.287496, 0.18974736, 0.1252332576, 0.082653950016, 0.05455160701056, 0.0360040606269696,
]

/** Whether an entry is not worth keeping when another wants its slot, nor worth passing on. */
export function isBad(entry: AddressEntry, now: number, absence?: Absence): boolean {
  if (entry.lastTry > 0 && ageOf(entry.lastTry, now) <= UNDER_WAY_S) return false
  // A time from the future was written by a clock that was wrong, now or then: it says no more than that.
  const uncounted = absence && entry.time <= absence.savedAt ? absence.uncountedS : 0
  if (now - entry.time - uncounted > OLD_S) return true
  return hasFailed(entry, now)
}

/** How long ago something was; what lies ahead by more than a wrong minute hand was at no known time. */
export function ageOf(time: number, now: number): number {
  return time > now + FUTURE_S ? Infinity : now - time
}

/** What a node that was off, or has a clock far ahead, doesn't hold against what it knew before. */
export interface Absence {
  /** When the book was saved. */
  readonly savedAt: number
  /** Seconds since then that count for no age. */
  readonly uncountedS: number
}

/** Longest absence that counts in full; seconds. */
const ABSENCE_S = 7 * 86_400

/** The absence of a book that was saved then. */
export function absenceSince(savedAt: number, now: number): Absence {
  return { savedAt, uncountedS: Math.max(0, now - savedAt - ABSENCE_S) }
}

/** Whether so many dials have failed that nobody is there any more. */
export function hasFailed({ lastSuccess, fails }: AddressEntry, now: number): boolean {
  if (lastSuccess === 0) return fails >= NEVER_FAILS
  return fails >= MANY_FAILS && ageOf(lastSuccess, now) > WEEK_S
}

/** Whether it was tried in the last ten minutes. */
export function isRecent(entry: AddressEntry, now: number): boolean {
  return entry.lastTry > 0 && ageOf(entry.lastTry, now) < RECENT_S
}

/** From 0 to 1: less when tried just now, two thirds for each failure. */
export function chanceOf(entry: AddressEntry, now: number): number {
  return (isRecent(entry, now) ? RECENT_CHANCE : 1) * CHANCES[Math.min(entry.fails, CHANCES.length - 1)]!
}

/** Networks in the order of kinds. */
const NETWORKS: readonly NetworkId[] = [1, 2, 4, 5, 6, 0xf0]
const TRANSPORTS: readonly AddressTransport[] = ['tcp', 'ws', 'wss']

/** How many combinations of network and transport there are. */
export const KINDS: number = NETWORKS.length * TRANSPORTS.length

/** Network and transport as one small number. */
export function kindOf({ network, transport }: NetworkAddress): number {
  return NETWORKS.indexOf(network) * TRANSPORTS.length + TRANSPORTS.indexOf(transport)
}

/** What a kind stands for. */
export function partsOfKind(kind: number): { readonly network: NetworkId; readonly transport: AddressTransport } {
  return {
    network: NETWORKS[Math.floor(kind / TRANSPORTS.length)]!,
    transport: TRANSPORTS[kind % TRANSPORTS.length]!,
  }
}
