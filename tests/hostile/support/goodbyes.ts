// Disconnect in every form seen in the wild, and in some never seen, with the reason it is read as.
import { concatBytes, encodeRlp, fromHex } from '@peerwire/core'
import type { DiscReason } from '@peerwire/core'

/** The reason of what can't be read. */
const INVALID = 0xff

export const GOODBYES: readonly (readonly [title: string, payload: Uint8Array, reason: DiscReason])[] = [
  ['a number', fromHex('04'), 4],
  ['a list of a number', fromHex('c104'), 4],
  ['a list of zero', fromHex('c180'), 0],
  ['zero', fromHex('80'), 0],
  ['an empty list', fromHex('c0'), 0],
  ['nothing', new Uint8Array(0), 0],
  ['a compressed number', fromHex('010004'), 4],
  ['a compressed list', fromHex('0204c104'), 4],
  ['a string that holds a list', fromHex('82c104'), 4],
  ['an unassigned number', fromHex('c10c'), 0x0c],
  ['255', fromHex('c281ff'), 0xff],
  ['2^53', fromHex('c88720000000000000'), 2n ** 53n],
  ['2^64 - 1', fromHex('c988ffffffffffffffff'), 2n ** 64n - 1n],
  ['2^64', fromHex('ca89010000000000000000'), INVALID],
  ['a number of 1 kB', encodeRlp([new Uint8Array(1000).fill(0xee)]), INVALID],
  ['a list of lists', fromHex('c4c2c0c0c0'), INVALID],
  ['lists 1,000 deep', nested(1000), INVALID],
  ['a list of 2,000 numbers', concatBytes(fromHex('f907d0'), new Uint8Array(2000).fill(5)), INVALID],
  ['a compressed declaration of 1 GiB', fromHex('8080808004'), INVALID],
  ['text', new TextEncoder().encode('go away\r\n[ERROR] forged line'), INVALID],
]

function nested(depth: number): Uint8Array {
  let bytes: Uint8Array = Uint8Array.of(0xc0)
  const length = (inner: number): readonly number[] =>
    inner < 56 ? [0xc0 + inner] : inner < 256 ? [0xf8, inner] : [0xf9, inner >> 8, inner & 0xff]
  for (let i = 1; i < depth && bytes.length < 2000; i++) bytes = Uint8Array.of(...length(bytes.length), ...bytes)
  return bytes
}
