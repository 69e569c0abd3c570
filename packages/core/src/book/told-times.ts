// The times of addresses as others may know them: never with whom and when we were connected.

/** An address that nobody has told us of counts as seen three to seven days ago, as seeds do in btcd; seconds. */
const VAGUE_S = 3 * 86_400
const VAGUE_MORE_S = 4 * 86_400
/**
 * What peers say of themselves when they come is as new as the connection, and what others say of them two hours older:
 * told is no time of the last two hours, and none finer than this; seconds.
 */
const COARSE_S = 7200

/** A time for an address of which no other is known. */
export function vagueTime(now: number, draw: (below: number) => number): number {
  return now - VAGUE_S - draw(VAGUE_MORE_S)
}

/** The time of an entry as it is told in an answer. */
export function toldTime(time: number, now: number): number {
  const known = Math.min(time, now - COARSE_S)
  return Math.max(0, known - (known % COARSE_S))
}
