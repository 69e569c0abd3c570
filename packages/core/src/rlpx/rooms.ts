// Room for large bodies on their way in, used again: fresh memory of that size costs as much as deciphering a part of it.

/** Rooms that are kept: as many large messages as are likely to arrive at once. */
const MOST_ROOMS = 4
/** Larger rooms aren't kept, so that all together are 8 MiB at most. */
const MOST_ROOM_BYTES = 2_097_152
/** Smaller ones aren't worth it. */
const LEAST_ROOM_BYTES = 65_536

// Shared by all sessions. What lies in a room is never given out but after it was overwritten.
const rooms: Uint8Array[] = []

/** A room of at least `least` bytes: one that is kept, or a fresh one of `wanted`. */
export function takeRoom(least: number, wanted: number): Uint8Array {
  if (least >= LEAST_ROOM_BYTES) {
    const found = rooms.findIndex((room) => room.length >= least)
    if (found >= 0) return rooms.splice(found, 1)[0]!
  }
  return new Uint8Array(wanted)
}

/** Nobody uses this room any more. */
export function giveRoom(room: Uint8Array): void {
  const { length } = room
  if (length >= LEAST_ROOM_BYTES && length <= MOST_ROOM_BYTES && rooms.length < MOST_ROOMS) rooms.push(room)
}
