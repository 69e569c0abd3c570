// Test before evict: an old entry of the tried table goes only after a probe of it has failed.
import { randomBelow } from '../base/random.ts'
import type { BookEntry } from './book-entry.ts'
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
export function resolveCollisions(state: TableState, now: number): void {
  for (const entry of state.pending) {
    const verdict = entry.isTried ? 'stays' : judge(entry, state.triedTable.get(triedSlot(state, entry)), now)
    if (verdict === 'waits') continue
    state.pending.delete(entry)
    if (verdict === 'goes') moveToTried(state, entry)
  }
}

/** @see AddressTables.selectCollision */
export function selectCollision(state: TableState): BookEntry | undefined {
  if (state.pending.size === 0) return undefined
  const entry = [...state.pending][randomBelow(state.random, state.pending.size)]!
  return entry.isTried ? undefined : state.triedTable.get(triedSlot(state, entry))
}

// `goes`: the newcomer goes to the tried table; `stays`: the old one stays there.
function judge(entry: BookEntry, old: BookEntry | undefined, now: number): 'goes' | 'stays' | 'waits' {
  if (!old) return 'goes'
  if (now - old.lastSuccess < JUDGED_S) return 'stays'
  if (now - old.lastTry < JUDGED_S) return now - old.lastTry > TRY_S ? 'goes' : 'waits'
  return now - entry.lastSuccess > WINDOW_S ? 'goes' : 'waits'
}
