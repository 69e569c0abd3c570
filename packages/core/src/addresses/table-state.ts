// The state of the tables and the moves of entries between slots, which keep every count true.
import type { Random } from '../base/random.ts'
import type { NewShare } from './address-tables.ts'
import type { Absence } from './book-entry.ts'
import { absenceSince, BookEntry, isBad } from './book-entry.ts'
import type { BucketMaths } from './bucket-maths.ts'
import { identityBytes, NAME_BUCKETS } from './bucket-maths.ts'
import { linkClaim, unlinkClaim } from './claims.ts'
import type { GroupPolicy } from './group-policy.ts'
import { bytesToAscii, NetworkId } from './network-address.ts'
import type { NetworkAddress } from './network-address.ts'
import type { SlotTable } from './slot-table.ts'

export interface TableState {
  readonly secret: Uint8Array
  readonly random: Random
  readonly maths: BucketMaths
  readonly groups: GroupPolicy
  readonly accepts: (address: NetworkAddress) => boolean
  readonly newShare: NewShare
  /** Whether stored buckets were made by other groups. */
  readonly mustRebucket: boolean
  /** The first claim of each address, by the address's key. */
  readonly entries: Map<string, BookEntry>
  /** Keys of addresses that have several claims, in the order in which they are to be tried out. */
  readonly contested: Set<string>
  /** All claims, in no order: what a sample is drawn from. */
  readonly order: BookEntry[]
  readonly newTable: SlotTable
  readonly triedTable: SlotTable
  /** Entries that wait for the probe of an older one. */
  readonly pending: Set<BookEntry>
  readonly byNetwork: Map<NetworkId, number>
  tried: number
  /** One more than the successes so far. */
  successes: number
  /** When what was stored was saved; `undefined`: nothing was. */
  readonly savedAt: number | undefined
  absence: Absence | undefined
  /** A source as last given, our copy of it, and its group. */
  lastSource:
    | {
        readonly given: NetworkAddress
        readonly kept: NetworkAddress
        readonly group: Uint8Array
        readonly voice: number
      }
    | undefined
}

/** A new entry that has no slot yet. Copies what it is given: the bytes may be a view into a message. */
export function createEntry(
  state: TableState,
  given: { address: NetworkAddress; publicKey: Uint8Array; time: number; resolved?: Uint8Array | undefined },
  source: NetworkAddress,
): BookEntry {
  const address = copyAddress(given.address)
  const keyText = bytesToAscii(given.publicKey)
  const entry = new BookEntry(address, noteSource(state, source).kept, keyText, given.time, state.order.length)
  entry.voices = noteSource(state, source).voice
  if (given.resolved) entry.resolved = new Uint8Array(given.resolved)
  state.order.push(entry)
  if (linkClaim(state, entry)) state.byNetwork.set(address.network, (state.byNetwork.get(address.network) ?? 0) + 1)
  return entry
}

/** Forgets an entry that has no slot any more. */
export function deleteEntry(state: TableState, entry: BookEntry): void {
  const last = state.order.pop()!
  if (last !== entry) {
    state.order[entry.order] = last
    last.order = entry.order
  }
  state.pending.delete(entry)
  if (!unlinkClaim(state, entry)) return
  state.byNetwork.set(entry.address.network, state.byNetwork.get(entry.address.network)! - 1)
}

/** Takes an entry out of all its slots, and forgets it. */
export function forget(state: TableState, entry: BookEntry): void {
  takeOut(state, entry)
  deleteEntry(state, entry)
}

/** The slot of the new table for an address that a source told of. */
export function newSlot(
  state: TableState,
  { address, resolved }: { readonly address: NetworkAddress; readonly resolved?: Uint8Array | undefined },
  source: NetworkAddress,
): number {
  const sourceGroup = noteSource(state, source).group
  const bucket = state.maths.newBucket(state.groups.groupOf(address, resolved), sourceGroup)
  return newSlotIn(state, address, address.network === NetworkId.name ? bucket & (NAME_BUCKETS - 1) : bucket)
}

/** The slot in a bucket of the new table. */
export function newSlotIn(state: TableState, address: NetworkAddress, bucket: number): number {
  return (bucket << 6) | state.maths.position(true, bucket, identityBytes(address))
}

/** The only slot that an entry can have in the tried table. */
export function triedSlot(state: TableState, { address, resolved }: BookEntry): number {
  const identity = identityBytes(address)
  const bucket = state.maths.triedBucket(state.groups.groupOf(address, resolved), identity)
  return (bucket << 6) | state.maths.position(false, bucket, identity)
}

/** Whether a slot may be taken: it is free, or its holder is bad, or stands elsewhere and the newcomer nowhere. */
export function mayTake(
  { absence }: TableState,
  entry: BookEntry | undefined,
  holder: BookEntry | undefined,
  now: number,
): boolean {
  return !holder || isBad(holder, now, absence) || (holder.references > 1 && entry === undefined)
}

/** Puts an entry into a free slot of the new table. */
export function putNew(state: TableState, entry: BookEntry, slot: number): void {
  state.newTable.put(slot, entry)
  entry.addSlot(slot)
  entry.references++
}

/** Puts an entry that has no slot into a free one of the tried table. */
export function putTried(state: TableState, entry: BookEntry, slot: number): void {
  state.triedTable.put(slot, entry)
  entry.addSlot(slot)
  entry.isTried = true
  state.tried++
}

/** Empties a slot of the new table; an entry that stands nowhere else is forgotten. */
export function clearNew(state: TableState, slot: number): void {
  const holder = state.newTable.get(slot)
  if (!holder) return
  state.newTable.clear(slot)
  holder.removeSlot(slot)
  if (--holder.references === 0) deleteEntry(state, holder)
}

/** Takes an entry out of all its slots, and keeps it. */
export function takeOut(state: TableState, entry: BookEntry): void {
  const table = entry.isTried ? state.triedTable : state.newTable
  for (const slot of entry.slots) table.clear(slot)
  if (entry.isTried) state.tried--
  entry.removeSlots()
  entry.references = 0
  entry.isTried = false
}

/** Sends an entry that has no slot to its own one of the new table, whatever stands there. */
export function sendToNew(state: TableState, entry: BookEntry): void {
  const slot = newSlot(state, entry, entry.source)
  clearNew(state, slot)
  putNew(state, entry, slot)
}

/** Moves an entry to the tried table; whoever stands in its slot goes back to the new one. */
export function moveToTried(state: TableState, entry: BookEntry): void {
  takeOut(state, entry)
  const slot = triedSlot(state, entry)
  const holder = state.triedTable.get(slot)
  if (holder) {
    takeOut(state, holder)
    putTried(state, entry, slot)
    sendToNew(state, holder)
  } else putTried(state, entry, slot)
}

/**
 * Takes note of the time. What was stored is never changed for it: a clock that is a year off at one start would spoil
 * it for good.
 */
export function noteTime(state: TableState, now: number): void {
  if (!Number.isSafeInteger(now) || now < 0) throw new RangeError(`now must be whole seconds, not ${now}`)
  if (state.savedAt !== undefined) state.absence ??= absenceSince(state.savedAt, now)
}

/** What a peer tells comes in runs, so its address is copied and put into a group once. */
export function noteSource(state: TableState, source: NetworkAddress): NonNullable<TableState['lastSource']> {
  const { lastSource } = state
  if (lastSource && (lastSource.given === source || lastSource.kept === source)) return lastSource
  const kept = copyAddress(source)
  const group = state.groups.groupOf(kept)
  return (state.lastSource = { given: source, kept, group, voice: 1 << (group.reduce(mix, 0) & 31) })
}

function mix(sum: number, byte: number): number {
  return Math.imul(sum ^ byte, 0x0100_0193) ^ (sum >>> 15)
}

function copyAddress({ network, bytes, port, transport, path }: NetworkAddress): NetworkAddress {
  return { network, bytes: new Uint8Array(bytes), port, transport, path }
}
