// The new and the tried table of addresses: what is learned, what proves good, and what is picked.
import { equalBytes, fromHex } from '../base/bytes.ts'
import type { AddressCounts, AddressTables, AddressTablesOptions, Attempted, HeardAddress } from './address-tables.ts'
import type { BookEntry } from './book-entry.ts'
import { FUTURE_S, hasFailed, isBad, NEVER_FAILS } from './book-entry.ts'
import { createBucketMaths, NEW_BUCKETS, TRIED_BUCKETS } from './bucket-maths.ts'
import { bestClaim, claimIn, claimsOf, hearsayBeside, outdoneBy, shownClaim } from './claims.ts'
import { addCollision, resolveCollisions, selectCollision } from './collisions.ts'
import { groupText, isRoutableAddress, networkGroups } from './group-policy.ts'
import { addressKey, bytesToAscii, NetworkId } from './network-address.ts'
import type { NetworkAddress } from './network-address.ts'
import { createRandomPool } from './random-pool.ts'
import { evenShare, sampleEntries, selectEntry, sweepEntries, toldClaim } from './select.ts'
import { SlotTable } from './slot-table.ts'
import { headerOf, isTablesHeader, MAX_REFERENCES, restoreRows, rowsOf } from './stored-rows.ts'
import type { TableState } from './table-state.ts'
import * as moves from './table-state.ts'

/** Below so many the book asks others for more. */
const ENOUGH = 1000
/** What hearsay is older than it says; seconds. Who speaks of itself is believed. */
const PENALTY_S = 2 * 3600
/** What a time that can't be stands for: five days ago; seconds. */
const UNKNOWN_AGE_S = 5 * 86_400
/** Times before March 1973 are no times (Bitcoin Core's limit). */
const LEAST_TIME = 100_000_000
/** An address seen in the last day is refreshed hourly, others daily; seconds. */
const HOUR_S = 3600
const DAY_S = 86_400
/** A connection refreshes the time when it is older than this; seconds. */
const CONNECTED_S = 20 * 60

/**
 * Makes the tables, empty; rows of the same header are put back by `restore`.
 *
 * @throws {TypeError} when the header is none (see `isTablesHeader`)
 */
export function createAddressTables(options: AddressTablesOptions): AddressTables {
  return tablesOf(createTableState(options))
}

/** The tables around a state. */
export function tablesOf(state: TableState): AddressTables {
  return {
    add: (heard, source, now) => add(state, heard, source, now),
    attempt: (address, now, attempted) => attempt(state, address, now, attempted),
    good: (address, publicKey, now) => good(state, address, publicKey, now),
    connected: (address, now, publicKey) => connected(state, address, now, publicKey),
    resolve: (address, ip) => resolve(state, address, ip),
    get: (address, publicKey) => find(state, address, publicKey),
    select: (now, selectOptions) => {
      moves.noteTime(state, now)
      return selectEntry(state, now, selectOptions)
    },
    sweep: (now, sweepOptions) => sweepEntries(state, now, sweepOptions),
    shown: (address, now) => shownClaim(state.entries.get(addressKey(address)), now),
    told: (address, now) => toldClaim(state, addressKey(address), now),
    claims: (address) => claimsOf(state.entries.get(addressKey(address))),
    selectCollision: () => selectCollision(state),
    resolveCollisions: (now, isConnected) => {
      moves.noteTime(state, now)
      resolveCollisions(state, now, isConnected)
    },
    sample: (now, sampleOptions) => {
      moves.noteTime(state, now)
      return sampleEntries(state, now, sampleOptions)
    },
    counts: () => countsOf(state),
    needsMore: () => state.entries.size < ENOUGH,
    isBad: (entry, now) => isBad(entry, now, state.absence),
    groupOf: (address) => {
      const resolved = state.entries.get(addressKey(address))?.resolved
      return groupText(state.groups.groupOf(address, resolved))
    },
    header: () => headerOf(state),
    rows: () => rowsOf(state),
    restore: (rows, now) => {
      moves.noteTime(state, now)
      return restoreRows(state, rows)
    },
  }
}

/** Empty tables as plain state. */
export function createTableState(options: AddressTablesOptions): TableState {
  const { random, sha256, header, groups = networkGroups() } = options
  if (header !== undefined && !isTablesHeader(header)) throw new TypeError('the header of the tables is none')
  const secret = header ? fromHex(header.key) : random.bytes(32)
  if (secret.every((byte) => byte === 0)) throw new RangeError('the chance that was passed gives zeros only')
  return {
    secret,
    random: createRandomPool(random),
    maths: createBucketMaths(secret, sha256),
    groups,
    accepts: options.accepts ?? isRoutableAddress,
    newShare: options.newShare ?? evenShare,
    mustRebucket: header !== undefined && header.groups !== groups.version,
    entries: new Map(),
    contested: new Set(),
    order: [],
    newTable: new SlotTable(NEW_BUCKETS),
    triedTable: new SlotTable(TRIED_BUCKETS),
    pending: new Set(),
    byNetwork: new Map(),
    tried: 0,
    successes: header?.successes ?? 1,
    savedAt: options.savedAt,
    absence: undefined,
    lastSource: undefined,
  }
}

function add(state: TableState, heard: HeardAddress, source: NetworkAddress, now: number): boolean {
  moves.noteTime(state, now)
  const { address, publicKey, resolved } = heard
  requireKey(publicKey)
  if (!state.accepts(address)) return false
  const isSame = isSameHost(address, source)
  const penalty = heard.isOwn || isSame ? 0 : PENALTY_S
  const time = believableTime(heard.time, now)
  const isOwnWord = heard.isOwn === true && isSame
  const head = state.entries.get(addressKey(address))
  let entry = head && claimIn(head, bytesToAscii(publicKey))
  // Somebody else is said to be there: that claim stands beside the others, but not against a handshake. A host's own
  // word stands against all but that.
  const shown = entry ? undefined : shownClaim(head, now)
  if (shown && (!isOwnWord || shown.lastSuccess > 0)) return false
  if (entry) {
    entry.voices |= moves.noteSource(state, source).voice
    if (isOwnWord) {
      entry.ownWordAt = now
      for (const claim of hearsayBeside(head!, entry)) moves.forget(state, claim)
    }
    if (resolved) resolve(state, address, resolved)
    if (!wantsAnotherSlot(state, entry, { time, penalty, isBelievable: time === heard.time }, now)) return false
  }
  const outdone = head && !entry ? (isOwnWord ? hearsayBeside(head) : outdoneBy(state, head, now)) : undefined
  const slot = moves.newSlot(state, entry ?? heard, source)
  const holder = state.newTable.get(slot)
  if (entry && holder === entry) return false
  if (!moves.mayTake(state, entry, holder, now) && !outdone?.includes(holder!)) return false
  // An entry is made last: when the tables are full, most of what is heard finds no place.
  if (outdone) for (const claim of outdone) moves.forget(state, claim)
  entry ??= moves.createEntry(state, { address, publicKey, time: Math.max(0, time - penalty), resolved }, source)
  if (isOwnWord) entry.ownWordAt = now
  moves.clearNew(state, slot)
  moves.putNew(state, entry, slot)
  return true
}

// Refreshes the time of a known entry; whether what was heard is a reason to let it stand in one more slot.
function wantsAnotherSlot(
  state: TableState,
  entry: BookEntry,
  { time, penalty, isBelievable }: { time: number; penalty: number; isBelievable: boolean },
  now: number,
): boolean {
  const interval = now - time < DAY_S ? HOUR_S : DAY_S
  // A clock that was far ahead has left a time that hearsay of now puts right.
  if (entry.time > now + FUTURE_S && isBelievable) entry.time = Math.max(0, time - penalty)
  if (entry.time < time - interval - penalty) entry.time = Math.max(0, time - penalty)
  if (time <= entry.time || entry.isTried || entry.references >= MAX_REFERENCES) return false
  // Each further slot is half as likely as the one before.
  return (state.random.uint32() & ((1 << entry.references) - 1)) === 0
}

function attempt(state: TableState, address: NetworkAddress, now: number, attempted: Attempted): void {
  const { countFailure, publicKey, isOther = false, isUseless = false } = attempted
  moves.noteTime(state, now)
  const entry = find(state, address, publicKey)
  if (!entry) return
  entry.lastTry = now
  if (isUseless) {
    if (entry.lastSuccess > 0) moves.forget(state, entry)
    else entry.fails = Math.max(entry.fails, NEVER_FAILS)
    return
  }
  // Whoever is there has no use for this key: a claim that never was anything else is wrong.
  if (isOther && entry.lastSuccess === 0) {
    if (state.contested.has(entry.key)) moves.forget(state, entry)
    else entry.fails = Math.max(entry.fails, NEVER_FAILS)
    return
  }
  // Without any success in between it is rather we who are offline.
  if (!countFailure || entry.countedAt >= state.successes) return
  entry.countedAt = state.successes
  entry.fails++
  // Nobody answers to the key that a handshake once showed, and somebody else is said to be there.
  if (state.contested.has(entry.key) && hasFailed(entry, now)) moves.forget(state, entry)
}

function good(state: TableState, address: NetworkAddress, publicKey: Uint8Array, now: number): boolean {
  moves.noteTime(state, now)
  requireKey(publicKey)
  state.successes++
  const head = state.entries.get(addressKey(address))
  if (!head) return false
  const keyText = bytesToAscii(publicKey)
  const entry = claimIn(head, keyText) ?? head
  // A handshake decides: what else was said of this address was wrong, or is so by now.
  if (head.next) for (const claim of claimsOf(head)) if (claim !== entry) moves.forget(state, claim)
  entry.keyText = keyText
  // The time stays: to refresh it now would tell others, through gossip, when we connected.
  entry.lastSuccess = entry.lastTry = Math.max(1, now)
  entry.fails = 0
  if (entry.isTried) return false
  const holder = state.triedTable.get(moves.triedSlot(state, entry))
  // One that is known to be gone needs no other probe.
  if (holder && !hasFailed(holder, now)) {
    addCollision(state, entry)
    return false
  }
  moves.moveToTried(state, entry)
  return true
}

function connected(state: TableState, address: NetworkAddress, now: number, publicKey?: Uint8Array): void {
  moves.noteTime(state, now)
  const entry = find(state, address, publicKey)
  if (entry && now - entry.time > CONNECTED_S) entry.time = now
}

function resolve(state: TableState, address: NetworkAddress, ip: Uint8Array): void {
  if (ip.length !== 4 && ip.length !== 16) throw new RangeError(`an IP address has 4 or 16 bytes, not ${ip.length}`)
  if (address.network !== NetworkId.name) return
  for (const entry of claimsOf(state.entries.get(addressKey(address)))) resolveEntry(state, entry, ip)
}

function resolveEntry(state: TableState, entry: BookEntry, ip: Uint8Array): void {
  if (entry.resolved && equalBytes(entry.resolved, ip)) return
  entry.resolved = new Uint8Array(ip)
  // Slots of the new table hang on sources as well: what stands there stays, and the next one is of the new group.
  if (!entry.isTried) return
  moves.takeOut(state, entry)
  const slot = moves.triedSlot(state, entry)
  if (state.triedTable.get(slot)) moves.sendToNew(state, entry)
  else moves.putTried(state, entry, slot)
}

function find(state: TableState, address: NetworkAddress, publicKey?: Uint8Array): BookEntry | undefined {
  const head = state.entries.get(addressKey(address))
  if (!head || publicKey) return claimIn(head, publicKey ? bytesToAscii(publicKey) : '')
  return bestClaim(head)
}

function countsOf({ entries, order, tried, byNetwork, pending, contested }: TableState): AddressCounts {
  const networks = Object.fromEntries([...byNetwork].filter(([, count]) => count > 0))
  return {
    new: entries.size - tried,
    tried,
    total: entries.size,
    claims: order.length,
    contested: contested.size,
    byNetwork: networks,
    collisions: pending.size,
  }
}

function believableTime(time: number, now: number): number {
  const isTime = Number.isSafeInteger(time) && time > LEAST_TIME && time <= now + FUTURE_S
  return isTime ? time : Math.max(0, now - UNKNOWN_AGE_S)
}

function isSameHost(left: NetworkAddress, right: NetworkAddress): boolean {
  return left.network === right.network && equalBytes(left.bytes, right.bytes)
}

function requireKey(publicKey: Uint8Array): void {
  if (publicKey.length !== 64) throw new RangeError(`a public key has 64 bytes, not ${publicKey.length}`)
}
