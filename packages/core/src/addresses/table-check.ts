// What must always hold in the tables (Bitcoin Core's consistency codes, in words): for tests and fault reports.
import type { BookEntry } from './book-entry.ts'
import { KINDS, kindOf } from './book-entry.ts'
import { NAME_BUCKETS } from './bucket-maths.ts'
import { claimIn, claimsOf, MAX_CLAIMS } from './claims.ts'
import { MAX_COLLISIONS } from './collisions.ts'
import { addressKey, NetworkId } from './network-address.ts'
import type { SlotTable } from './slot-table.ts'
import { MAX_REFERENCES } from './stored-rows.ts'
import type { TableState } from './table-state.ts'
import { newSlotIn, triedSlot } from './table-state.ts'

/** Everything that is wrong with the tables, in words; looks at each slot. */
export function faultsOf(state: TableState): string[] {
  const faults = [...countFaults(state), ...tableFaults(state, true), ...tableFaults(state, false)]
  if (state.secret.every((byte) => byte === 0)) faults.push('the key is zero')
  for (const entry of state.order) faults.push(...entryFaults(state, entry))
  for (const [key, head] of state.entries) faults.push(...claimFaults(state, key, head))
  return faults
}

/** What is wrong with the counters; looks at no entry. */
export function countFaults(state: TableState): string[] {
  const { entries, order, tried, triedTable, newTable, pending, byNetwork } = state
  const faults: string[] = []
  const total = [...byNetwork.values()].reduce((sum, count) => sum + count, 0)
  if (order.length < entries.size) faults.push(`${order.length} in order, ${entries.size} in the map`)
  if (total !== entries.size) faults.push(`${total} by network, ${entries.size} in the map`)
  if (triedTable.used !== tried) faults.push(`${triedTable.used} slots tried, counted ${tried}`)
  if (newTable.used < order.length - tried) faults.push(`${newTable.used} slots for ${order.length - tried} new`)
  if (newTable.used > MAX_REFERENCES * (order.length - tried)) faults.push(`${newTable.used} slots of the new table`)
  if (pending.size > MAX_COLLISIONS) faults.push(`${pending.size} wait`)
  return faults
}

/** What is wrong with one entry that is known. */
export function entryFaults(state: TableState, entry: BookEntry): string[] {
  const { key, address, slots, isTried, references, order, kind } = entry
  const faults: string[] = []
  const table = isTried ? state.triedTable : state.newTable
  const say = (fault: string): number => faults.push(`${key}: ${fault}`)
  if (key !== addressKey(address) || claimIn(state.entries.get(key), entry.keyText) !== entry)
    say('not found by its key')
  if (state.order[order] !== entry) say('not where it says in the order')
  if (kind !== kindOf(address)) say(`of kind ${kind}`)
  if (slots.length !== (isTried ? 1 : references)) say(`${references} references, ${slots.length} slots`)
  if (isTried ? references !== 0 : references < 1 || references > MAX_REFERENCES) say(`${references} references`)
  if (isTried && entry.lastSuccess === 0) say('tried without a success')
  if (new Set(slots).size !== slots.length || slots.some((slot) => table.get(slot) !== entry)) say('not in its slots')
  if (slots.some((slot) => slot !== expectedSlot(state, entry, slot))) say('in a slot that is not its own')
  const numbers = [entry.time, entry.lastTry, entry.lastSuccess, entry.fails, entry.countedAt]
  if (!numbers.every((number) => Number.isSafeInteger(number) && number >= 0)) say(`numbers ${numbers.join(' ')}`)
  return faults
}

function claimFaults(state: TableState, key: string, head: BookEntry): string[] {
  const claims = claimsOf(head)
  const faults: string[] = []
  if (claims.length > MAX_CLAIMS) faults.push(`${key}: ${claims.length} claims`)
  if (claims.filter(({ isTried }) => isTried).length > 1) faults.push(`${key}: two claims are tried`)
  if (claims.some((claim) => claim.key !== key)) faults.push(`${key}: a claim of another address`)
  if (state.contested.has(key) !== claims.length > 1) faults.push(`${key}: contested, or not`)
  return faults
}

// Of the new table the position is known, and of names that they keep to their buckets: the bucket is by source.
function expectedSlot(state: TableState, entry: BookEntry, slot: number): number {
  if (entry.isTried) return triedSlot(state, entry)
  const bucket = slot >> 6
  if (entry.address.network === NetworkId.name && bucket >= NAME_BUCKETS) return -1
  return newSlotIn(state, entry.address, bucket)
}

function tableFaults(state: TableState, isTried: boolean): string[] {
  const table: SlotTable = isTried ? state.triedTable : state.newTable
  const faults: string[] = []
  const buckets = new Set<number>()
  const kinds = Array.from({ length: KINDS }, () => new Set<number>())
  let used = 0
  for (const [slot, entry] of table.filled()) {
    used++
    buckets.add(slot >> 6)
    kinds[entry.kind]!.add(slot >> 6)
    if (entry.isTried !== isTried || !entry.slots.includes(slot)) faults.push(`slot ${slot} holds ${entry.key}`)
    if (claimIn(state.entries.get(entry.key), entry.keyText) !== entry)
      faults.push(`slot ${slot} holds a forgotten entry`)
  }
  if (used !== table.used) faults.push(`${used} slots used, counted ${table.used}`)
  if (buckets.size !== table.buckets()) faults.push(`${buckets.size} buckets used, indexed ${table.buckets()}`)
  for (const [kind, found] of kinds.entries()) {
    if (found.size !== table.buckets(kind)) faults.push(`${found.size} buckets of kind ${kind}`)
  }
  return faults
}
