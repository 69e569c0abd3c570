// Whom to dial, and what to tell those who ask: draws from the tables, always bounded.
import { randomBelow } from '../base/random.ts'
import type { AddressEntry, NewShare, SampleOptions, SelectOptions } from './address-tables.ts'
import type { BookEntry } from './book-entry.ts'
import { chanceOf, isBad, isRecent, KINDS, partsOfKind } from './book-entry.ts'
import { bestClaim, isOwnWord } from './claims.ts'
import { groupText } from './group-policy.ts'
import type { SlotTable } from './slot-table.ts'
import type { TableState } from './table-state.ts'

/** Draws in one selection; the chances grow with each, so that from the 45th on nothing is left to chance. */
export const MAX_DRAWS = 100
/** Draws in which what was tried in the last ten minutes is passed over. */
const RECENT_DRAWS = 30
/** Draws in which other ports than the default are passed over. */
const PORT_DRAWS = 50
/** What the chance of each draw grows by. */
const GROWTH = 1.2
/** Chances are compared as whole numbers of 30 bits. */
const CHANCE_UNIT = 0x4000_0000

/** Most entries and the largest share of the book in an answer: one answer must not tell the whole book. */
const SAMPLE_LIMIT = 1000
const SAMPLE_PERCENT = 23
/** Most entries that are looked at for an answer, so that it takes milliseconds also when nearly all are bad. */
export const SAMPLE_LOOKS = 20_000

/** As many picks from one table as from the other, however full they are: an attacker fills the new one first. */
export const evenShare: NewShare = () => 50

/** New addresses more often the more peers there are: 10 % without any, 90 % with eight. */
export const shareByPeers: NewShare = ({ outbound }) => 10 + 10 * Math.min(8, outbound)

/** @see AddressTables.select */
export function selectEntry(state: TableState, now: number, options: SelectOptions = {}): BookEntry | undefined {
  const kinds = options.canReach && reachableKinds(state, options.canReach)
  const tables = usableTables(state, kinds, options.onlyNew ?? false)
  if (tables.length === 0) return undefined
  const contested = options.contested ? selectContested(state, now, options) : undefined
  if (contested) return contested
  const { random } = state
  let table: SlotTable | undefined
  let growth = 1
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    table ??= tables.length === 1 ? tables[0]! : tables[drawsNew(state, options) ? 0 : 1]!
    const drawn = table.draw(random, kinds)
    const entry = drawn && state.contested.has(drawn.key) ? believed(state, drawn) : drawn
    // One that is refused by a rule costs a draw, and the table is chosen anew.
    if (!entry || isPassedOver(state, entry, now, draw, options)) table = undefined
    else if ((random.uint32() & (CHANCE_UNIT - 1)) < growth * chanceOf(entry, now) * CHANCE_UNIT) return entry
    growth *= GROWTH
  }
  return undefined
}

// Of several claims of one address the one that most speaks for, wherever it stands.
function believed({ entries }: TableState, drawn: BookEntry): BookEntry {
  const best = bestClaim(entries.get(drawn.key)!)
  return best.isTried === drawn.isTried ? best : drawn
}

/** Contested addresses that are looked at in one selection. */
const CONTESTED_LOOKS = 32

// Each in turn, so that all are decided; of each the claim that most speaks for.
function selectContested(
  state: TableState,
  now: number,
  { canReach, isRefused }: SelectOptions,
): BookEntry | undefined {
  const { contested, entries } = state
  let left = Math.min(CONTESTED_LOOKS, contested.size)
  for (const key of contested) {
    if (left-- <= 0) return undefined
    contested.delete(key)
    contested.add(key)
    const entry = bestClaim(entries.get(key)!)
    const { network, transport } = entry.address
    if (entry.isTried || isRecent(entry, now) || isRefused?.(entry)) continue
    if (canReach?.(network, transport) ?? true) return entry
  }
  return undefined
}

/** Claims that one sweep looks at: a few milliseconds. */
const SWEEP_LOOKS = 1000

/** @see AddressTables.sweep */
export function sweepEntries(
  state: TableState,
  now: number,
  options: SelectOptions = {},
): { found: BookEntry | undefined; isAll: boolean } {
  const { order, random } = state
  const isAll = order.length <= SWEEP_LOOKS
  const kinds = options.canReach && reachableKinds(state, options.canReach)
  const start = order.length === 0 ? 0 : randomBelow(random, order.length)
  for (let i = 0; i < Math.min(SWEEP_LOOKS, order.length); i++) {
    const entry = order[(start + i) % order.length]!
    if ((kinds && !kinds.includes(entry.kind)) || (options.onlyNew && entry.isTried)) continue
    if (!isPassedOver(state, entry, now, MAX_DRAWS, options)) return { found: entry, isAll }
  }
  return { found: undefined, isAll }
}

/** @see AddressTables.sample */
export function sampleEntries(state: TableState, now: number, options: SampleOptions = {}): AddressEntry[] {
  const { limit = SAMPLE_LIMIT, percent = SAMPLE_PERCENT, isWanted } = options
  const { entries, order, random } = state
  const wanted = Math.min(limit, Math.floor((entries.size * percent) / 100))
  const sample: AddressEntry[] = []
  const looks = Math.min(SAMPLE_LOOKS, order.length)
  for (let i = 0; i < looks && sample.length < wanted; i++) {
    const other = i + randomBelow(random, order.length - i)
    const entry = order[other]!
    const moved = order[i]!
    order[other] = moved
    moved.order = other
    order[i] = entry
    entry.order = i
    if (!mayTell(state, entry, now)) continue
    if (isWanted?.(entry) ?? true) sample.push(entry)
  }
  return sample
}

// Of one address one claim is told, and of a contested one only what a handshake has shown, or its own host has said:
// lies don't travel on.
function mayTell(state: TableState, entry: BookEntry, now: number): boolean {
  if (isBad(entry, now, state.absence)) return false
  return entry.lastSuccess > 0 || isOwnWord(entry, now) || !state.contested.has(entry.key)
}

/** @see AddressTables.told */
export function toldClaim(state: TableState, key: string, now: number): BookEntry | undefined {
  const head = state.entries.get(key)
  const claim = head && bestClaim(head)
  return claim && mayTell(state, claim, now) ? claim : undefined
}

function isPassedOver(
  state: TableState,
  entry: BookEntry,
  now: number,
  draw: number,
  { avoidRecent = true, defaultPort, isGroupUsed, isRefused }: SelectOptions,
): boolean {
  if (avoidRecent && draw < RECENT_DRAWS && isRecent(entry, now)) return true
  if (defaultPort !== undefined && draw < PORT_DRAWS && entry.address.port !== defaultPort) return true
  if (isRefused?.(entry)) return true
  if (!isGroupUsed) return false
  const group = groupText(state.groups.groupOf(entry.address, entry.resolved))
  return group !== undefined && isGroupUsed(group)
}

function reachableKinds(state: TableState, canReach: NonNullable<SelectOptions['canReach']>): number[] {
  const kinds: number[] = []
  for (let kind = 0; kind < KINDS; kind++) {
    if (!state.newTable.holds(kind) && !state.triedTable.holds(kind)) continue
    const { network, transport } = partsOfKind(kind)
    if (canReach(network, transport)) kinds.push(kind)
  }
  return kinds
}

// The new table first.
function usableTables(state: TableState, kinds: readonly number[] | undefined, onlyNew: boolean): SlotTable[] {
  const tables = onlyNew ? [state.newTable] : [state.newTable, state.triedTable]
  return tables.filter((table) => (kinds ? kinds.some((kind) => table.holds(kind)) : table.used > 0))
}

function drawsNew(state: TableState, { outbound = 0 }: SelectOptions): boolean {
  const counts = { outbound, new: state.entries.size - state.tried, tried: state.tried }
  return randomBelow(state.random, 100) < state.newShare(counts)
}
