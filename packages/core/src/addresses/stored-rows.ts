// The tables as plain data and back: a header, and rows that each stand for themselves.
import { fromHex, toHex } from '../base/bytes.ts'
import type { AddressRow, RestoreResult, TablesHeader } from './address-tables.ts'
import type { BookEntry } from './book-entry.ts'
import { NAME_BUCKETS, NEW_BUCKETS } from './bucket-maths.ts'
import { claimsOf, MAX_CLAIMS } from './claims.ts'
import { addressKey, addressOfKey, bytesToAscii, NetworkId } from './network-address.ts'
import type { NetworkAddress } from './network-address.ts'
import type { TableState } from './table-state.ts'
import { createEntry, deleteEntry, newSlot, newSlotIn, putNew, putTried, triedSlot } from './table-state.ts'

/** Rows of one slice: made in less than a millisecond, put back in one or two, in plain JavaScript in three. */
const SLICE_ROWS = 100

/** Most slots of the new table that one address may stand in: more would let it be picked too often. */
export const MAX_REFERENCES = 8

/** Most characters of a groups' version. */
const MAX_VERSION_CHARACTERS = 200

/** Whether a value can be a header, as `createAddressTables` takes it. */
export function isTablesHeader(value: unknown): value is TablesHeader {
  if (typeof value !== 'object' || value === null) return false
  const { version, key, groups, successes } = value as Record<string, unknown>
  if ((version !== 1 && version !== 2) || typeof groups !== 'string' || groups.length > MAX_VERSION_CHARACTERS)
    return false
  return isHex(key, 64) && /[^0]/.test(key) && isCount(successes) && successes > 0
}

/** @see AddressTables.header */
export function headerOf({ secret, groups, successes }: TableState): TablesHeader {
  return { version: 2, key: toHex(secret), groups: groups.version, successes }
}

/** @see AddressTables.rows */
export function* rowsOf(state: TableState): Generator<AddressRow[], void, void> {
  let slice: AddressRow[] = []
  let left = state.order.length
  // A map's order survives changes between slices: nothing is left out that was there all the time, and what is added
  // meanwhile comes after it, so that a flood can't make the saving endless.
  for (const head of state.entries.values()) {
    for (let entry: BookEntry | undefined = head; entry && left > 0; entry = entry.next, left--)
      slice.push(rowOf(entry))
    if (left === 0) break
    if (slice.length < SLICE_ROWS) continue
    yield slice
    slice = []
  }
  if (slice.length > 0) yield slice
}

/** @see AddressTables.restore */
export function restoreRows(state: TableState, rows: Iterable<unknown>): RestoreResult {
  let kept = 0
  let dropped = 0
  // Sources repeat: entries of one source share one copy of it.
  let sourceText = ''
  let source: NetworkAddress | undefined
  for (const value of rows) {
    const row = isRow(value) ? value : undefined
    const address = row && isRoomFor(state, row) ? addressOfKey(row.address) : undefined
    if (row && row.source !== sourceText) {
      sourceText = row.source
      source = addressOfKey(sourceText)
    }
    if (row && address && source && state.accepts(address) && restoreRow(state, row, address, source)) kept++
    else dropped++
  }
  return { kept, dropped }
}

// The first row of a claim counts, and of one address the first that is tried.
function isRoomFor(state: TableState, { address, publicKey, isTried }: AddressRow): boolean {
  const claims = claimsOf(state.entries.get(address))
  if (claims.length === 0) return true
  if (claims.length >= MAX_CLAIMS || (isTried && claims.some((claim) => claim.isTried))) return false
  return !claims.some(({ keyText }) => keyText === bytesToAscii(fromHex(publicKey)))
}

function rowOf(entry: BookEntry): AddressRow {
  const { key, source, time, lastTry, lastSuccess, fails, countedAt, isTried, resolved } = entry
  const publicKey = toHex(entry.publicKey)
  const buckets = isTried ? [] : entry.slots.map((slot) => slot >> 6)
  const row: AddressRow = {
    address: key,
    publicKey,
    source: addressKey(source),
    time,
    lastTry,
    lastSuccess,
    fails,
    countedAt,
    isTried,
    buckets,
  }
  return resolved ? { ...row, resolved: toHex(resolved) } : row
}

function restoreRow(state: TableState, row: AddressRow, address: NetworkAddress, source: NetworkAddress): boolean {
  const { time, lastTry, lastSuccess, fails, countedAt } = row
  const resolved = row.resolved === undefined ? undefined : fromHex(row.resolved)
  const entry = createEntry(state, { address, publicKey: fromHex(row.publicKey), time, resolved }, source)
  Object.assign(entry, { lastTry, lastSuccess, fails, countedAt: Math.min(countedAt, state.successes) })
  if (row.isTried && lastSuccess > 0) {
    const slot = triedSlot(state, entry)
    if (!state.triedTable.get(slot)) {
      putTried(state, entry, slot)
      return true
    }
  }
  if (!state.mustRebucket) {
    for (const bucket of new Set(row.buckets)) putIfFree(state, entry, newSlotIn(state, address, bucket))
  }
  if (entry.references === 0) putIfFree(state, entry, newSlot(state, entry, source))
  if (entry.references === 0) deleteEntry(state, entry)
  return entry.references > 0
}

function putIfFree(state: TableState, entry: BookEntry, slot: number): void {
  if (!state.newTable.get(slot)) putNew(state, entry, slot)
}

function isRow(value: unknown): value is AddressRow {
  if (typeof value !== 'object' || value === null) return false
  const row = value as Record<string, unknown>
  const { address, source, publicKey, isTried, buckets, resolved } = row
  if (typeof address !== 'string' || typeof source !== 'string' || typeof isTried !== 'boolean') return false
  if (!isHex(publicKey, 128) || !(resolved === undefined || isHex(resolved, 8) || isHex(resolved, 32))) return false
  if (!['time', 'lastTry', 'lastSuccess', 'fails', 'countedAt'].every((name) => isCount(row[name]))) return false
  const limit = address.startsWith(`${NetworkId.name} `) ? NAME_BUCKETS : NEW_BUCKETS
  return isBuckets(buckets, limit)
}

function isBuckets(value: unknown, limit: number): boolean {
  if (!Array.isArray(value) || value.length > MAX_REFERENCES) return false
  return value.every((bucket: unknown) => isCount(bucket) && bucket < limit)
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isHex(value: unknown, digits: number): value is string {
  return typeof value === 'string' && value.length === digits && /^[0-9a-f]*$/.test(value)
}
