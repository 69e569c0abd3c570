// How the inventory knows transactions: their kind, how long one is waited for, and what an announcement says.
import type { Announced } from './announcement.ts'

/** The kind under which the inventory knows transactions. */
export const TRANSACTION_KIND = 1
/** How long an answer may take before the next announcer is asked: twice what go-ethereum gives. It may come later. */
export const FETCH_TIMEOUT_MS = 10_000
const TYPE_FACTOR = 0x1_0000_0000

/** What an announcement says, as one number. */
export function metaOf({ type, size }: Pick<Announced, 'type' | 'size'>): number {
  return type * TYPE_FACTOR + size
}

export function typeAndSizeOf(meta: number): Pick<Announced, 'type' | 'size'> {
  return { type: Math.floor(meta / TYPE_FACTOR), size: meta % TYPE_FACTOR }
}
