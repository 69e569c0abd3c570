// Rooms that are used again: few, not too large, and never for two at once.
import { expect, it } from 'vitest'
import { giveRoom, takeRoom } from './rooms.ts'

const MIB = 1024 * 1024

/** Takes whatever is kept, so that a test begins with nothing. */
function empty(): void {
  while (takeRoom(65_536, 0).length > 0);
}

it('a room that was given is taken again, by one only, and only for what fits', () => {
  empty()
  const room = new Uint8Array(MIB)
  giveRoom(room)
  expect(takeRoom(MIB + 1, MIB + 1)).not.toBe(room)
  expect(takeRoom(100_000, 200_000)).toBe(room)
  expect(takeRoom(100_000, 200_000)).toHaveLength(200_000)
})

it('small messages get what they want, though a larger room is there', () => {
  empty()
  giveRoom(new Uint8Array(MIB))
  expect(takeRoom(65_535, 65_535)).toHaveLength(65_535)
})

it('four of at most 2 MiB are kept', () => {
  empty()
  giveRoom(new Uint8Array(2 * MIB + 1))
  giveRoom(new Uint8Array(65_535))
  for (let i = 0; i < 5; i++) giveRoom(new Uint8Array(2 * MIB))
  expect([1, 2, 3, 4].map(() => takeRoom(65_536, 0).length)).toEqual([2 * MIB, 2 * MIB, 2 * MIB, 2 * MIB])
  expect(takeRoom(65_536, 0)).toHaveLength(0)
})
