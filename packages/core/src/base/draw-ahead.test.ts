// Chance that is drawn ahead is the source's, byte by byte, and stays with whom it was given.
import { expect, it } from 'vitest'
import { concatBytes, toHex } from './bytes.ts'
import { drawAhead } from './draw-ahead.ts'
import { seededRandom } from './random.ts'
import type { Random } from './random.ts'

/** A seeded source that notes what it was asked for, and keeps what it gave. */
function noted() {
  const given: Uint8Array[] = []
  const source = seededRandom(9)
  const random: Random = {
    uint32: source.uint32,
    bytes: (length) => {
      given.push(source.bytes(length))
      return given.at(-1)!
    },
  }
  return { random, given }
}

it('drawn ahead, gives what the source gave, in calls of 512 bytes', () => {
  const { random, given } = noted()
  const ahead = drawAhead(random)
  const drawn = concatBytes(...[32, 32, 16, 0, 100, 332].map((length) => ahead.bytes(length)))
  expect(given.map(({ length }) => length)).toEqual([512])
  expect(toHex(drawn)).toBe(toHex(seededRandom(9).bytes(512)))
  ahead.uint32()
  expect(given.map(({ length }) => length)).toEqual([512, 512])
})

it('drawn ahead, begins anew where the stock is too small, and asks for more than its stock where that is wanted', () => {
  const { random, given } = noted()
  const ahead = drawAhead(random)
  expect(ahead.bytes(500)).toHaveLength(500)
  expect(ahead.bytes(13)).toHaveLength(13)
  expect(ahead.bytes(2000)).toHaveLength(2000)
  expect(given.map(({ length }) => length)).toEqual([512, 512, 2000])
})

it('drawn ahead, is overwritten where it was kept, and belongs to the caller', () => {
  const { random, given } = noted()
  const ahead = drawAhead(random)
  const first = ahead.bytes(32)
  expect(given[0]!.subarray(0, 32).every((byte) => byte === 0)).toBe(true)
  const shown = toHex(first)
  ahead.bytes(32).fill(0)
  expect(toHex(first)).toBe(shown)
  expect(first.buffer.byteLength).toBe(32)
})

it('drawn ahead, gives numbers over all 32 bits', () => {
  const ahead = drawAhead(seededRandom(1))
  const seen = Array.from({ length: 64 }, () => ahead.uint32())
  expect(seen.every((value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32)).toBe(true)
  expect([seen.some((value) => value >= 2 ** 31), seen.some((value) => value < 2 ** 31)]).toEqual([true, true])
})
