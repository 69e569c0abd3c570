// Test before evict: an old entry of the tried table goes only after a probe of it has failed.
import type { AddressEntry } from './address-tables.ts'
import type { BookEntry } from './book-entry.ts'
import { ageOf } from './book-entry.ts'
import type { TableState } from './table-state.ts'
import { moveToTried, triedSlot } from './table-state.ts'

/** Entries that may wait; a probe is due every two minutes, so more would wait in vain. */
export const MAX_COLLISIONS = 10
/** An old entry that was reached or tried so shortly before is judged by that; seconds. */
const JUDGED_S = 4 * 3600
/** A try needs so long to fail; seconds. */
const TRY_S = 60
/** So long after its success the newcomer gets its slot though the old one was never probed; seconds. */
const WINDOW_S = 40 * 60

/** Lets an entry wait for its slot; whether there was room. */
export function addCollision(state: TableState, entry: BookEntry): boolean {
  if (state.pending.size >= MAX_COLLISIONS) return false
  state.pending.add(entry)
  return true
}

/** @see AddressTables.resolveCollisions */
export function resolveCollisions(
  state: TableState,
  now: number,
  isConnected: (entry: AddressEntry) => boolean = () => false,
): void {
  for (const entry of state.pending) {
    const old = state.triedTable.get(triedSlot(state, entry))
    // Whoever is connected just now needs no probe.
    const stays = entry.isTried || (old && isConnected(old))
    const verdict = stays ? 'stays' : judge(entry, old, now)
    if (verdict === 'waits') continue
    state.pending.delete(entry)
    if (verdict === 'goes') moveToTried(state, entry)
  }
}

/**
 * In turn, not by chance: a probe every two minutes then reaches each of ten before its window of forty is over.
 *
 * @see AddressTables.selectCollision
 */
export function selectCollision(state: TableState): BookEntry | undefined {
  for (const entry of state.pending) {
    if (entry.isTried) continue
    state.pending.delete(entry)
    state.pending.add(entry)
    return state.triedTable.get(triedSlot(state, entry))
  }
  return undefined
}

// `goes`: the newcomer goes to the tried table; `stays`: the old one stays there.
function judge(entry: BookEntry, old: BookEntry | undefined, now: number): 'goes' | 'stays' | 'waits' {
  if (!old) return 'goes'
  if (ageOf(old.lastSuccess, now) < JUDGED_S) return 'stays'
  if (ageOf(old.lastTry, now) < JUDGED_S) return ageOf(old.lastTry, now) > TRY_S ? 'goes' : 'waits'
  return ageOf(entry.lastSuccess, now) > WINDOW_S ? 'goes' : 'waits'
}
