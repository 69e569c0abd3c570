// The block form both ways, with another implementation as oracle, and what strangers may make of it.
import fc from 'fast-check'
import * as oracle from 'snappyjs'
import { describe, expect, it } from 'vitest'
import { rounds } from '../../../../tests/support/counts.ts'
import { concatBytes, fromHex, toHex, utf8ToBytes } from '../base/bytes.ts'
import { seededRandom } from '../base/random.ts'
import { PeerError } from '../errors/peer-error.ts'
import { compress } from './snappy-compress.ts'
import { uncompress } from './snappy.ts'

const random = seededRandom(5)

/** Bytes with repetitions near and far, as messages have them. */
const repetitive = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 90 }), fc.integer({ min: 1, max: 40 })), { maxLength: 30 })
  .map((parts) => concatBytes(...parts.flatMap(([bytes, times]) => Array.from({ length: times }, () => bytes))))
const content = fc.oneof(fc.uint8Array({ maxLength: 300 }), repetitive)

const SAMPLES: readonly (readonly [string, Uint8Array])[] = [
  ['nothing', new Uint8Array(0)],
  ['one byte', Uint8Array.of(7)],
  ['an empty list', Uint8Array.of(0xc0)],
  ['zeros', new Uint8Array(100_000)],
  ['chance of 64 KiB and one', random.bytes(65_537)],
  ['text over many fragments', utf8ToBytes('{"hash":"0x0123","value":1}'.repeat(12_000))],
  ['a pattern longer than a fragment', concatBytes(...Array.from({ length: 3 }, () => random.bytes(70_000)))],
  ['a match from 2,047 back', matchFrom(2047)],
  ['a match from 2,048 back', matchFrom(2048)],
  ['a match from 65,520 back', matchFrom(65_520)],
  ['60 literal bytes', random.bytes(60)],
  ['61 literal bytes', random.bytes(61)],
  ['256 and 257 literal bytes', random.bytes(257)],
]

/** 8 bytes, and again so far behind; what lies between matches itself, so that the second place is looked at. */
function matchFrom(distance: number): Uint8Array {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
  return concatBytes(bytes, new Uint8Array(distance - 8), bytes, Uint8Array.of(9, 10, 11, 12))
}

function failure(block: string | Uint8Array, maxBytes = 1000): PeerError {
  try {
    uncompress(typeof block === 'string' ? fromHex(block) : block, maxBytes)
  } catch (error) {
    if (error instanceof PeerError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('both ways', () => {
  it.each(SAMPLES)('%s', (_, bytes) => {
    const block = compress(bytes)
    expect(toHex(uncompress(block, bytes.length))).toBe(toHex(bytes))
    expect(toHex(oracle.uncompress(block, bytes.length))).toBe(toHex(bytes))
    expect(toHex(uncompress(oracle.compress(bytes), bytes.length))).toBe(toHex(bytes))
  })

  it('anything, with the oracle on either end', () => {
    fc.assert(
      fc.property(content, (bytes) => {
        const block = compress(bytes)
        expect(block.length).toBeLessThanOrEqual(32 + bytes.length + bytes.length / 6)
        expect(toHex(uncompress(block, bytes.length))).toBe(toHex(bytes))
        expect(toHex(oracle.uncompress(block, bytes.length))).toBe(toHex(bytes))
        expect(toHex(uncompress(oracle.compress(bytes), bytes.length))).toBe(toHex(bytes))
      }),
    )
  })

  it('an empty list is 01 00 c0', () => {
    expect(toHex(compress(Uint8Array.of(0xc0)))).toBe('0100c0')
  })

  it('repetition becomes small, chance grows little', () => {
    expect(compress(new Uint8Array(100_000)).length).toBeLessThan(5000)
    expect(compress(random.bytes(100_000)).length).toBeLessThan(100_040)
  })

  it('what it gives keeps little more memory than it has bytes', () => {
    expect(compress(new Uint8Array(100_000)).buffer.byteLength).toBeLessThan(10_000)
  })
})

describe('what others may write', () => {
  it.each([
    ['a literal with its length in 1 byte', '03f002010203', '010203'],
    ['a literal with its length in 4 bytes', '03fc02000000010203', '010203'],
    ['a copy with 1 byte of offset', '0500aa0101', 'aaaaaaaaaa'],
    ['a copy with 2 bytes of offset', '0500aa0e0100', 'aaaaaaaaaa'],
    ['a copy with 4 bytes of offset', '0500aa0f01000000', 'aaaaaaaaaa'],
    ['a length in more bytes than it needs', '81800000aa', 'aa'],
  ])('reads %s', (_, block, expected) => {
    expect(toHex(uncompress(fromHex(block), 1000))).toBe(expected)
  })

  it.each([
    ['nothing', ''],
    ['a length without end', '8080808080'],
    ['a length cut', '80'],
    ['a byte for four', '04'],
    ['no elements', '01'],
    ['a literal cut', '0408aa'],
    ['a length of a literal cut', '03f0'],
    ['fewer bytes than it says', '0308aabb'],
    ['fewer, with all elements whole', '0304aabb'],
    ['more bytes in a literal than it says', '0104aabb'],
    ['more bytes in a copy than it says', '0300aa0101'],
    ['elements after the last byte', '0100aa00bb'],
    ['a copy before the start', '0400aa0102'],
    ['a copy at the start', '040101'],
    ['a copy from 0 back', '0500aa0100'],
    ['a copy from 2^32 - 1 back', '0500aa0fffffffff'],
    ['an offset cut', '0500aa0e01'],
    ['a literal of 2^32 bytes', '03fcffffffff010203'],
  ])('refuses %s', (_, block) => {
    expect(failure(block).code).toBe('invalid message')
    expect(failure(block).reason).toBe(2)
  })

  it('refuses 1 GiB declared in 7 bytes, by the limit', () => {
    const block = fromHex('808080800400aa')
    expect(failure(block).code).toBe('too big message')
    expect(failure(block).message).toBe('1073741824 bytes uncompressed, 1000 allowed')
  })

  it('refuses within the limit what so few bytes can never become, before it makes room', () => {
    expect(failure(fromHex('808080800400aa'), 2 ** 31).message).toBe('snappy: 1073741824 bytes from 7')
  })

  it('takes a length of the limit and refuses one past', () => {
    const block = compress(new Uint8Array(1000))
    expect(uncompress(block, 1000)).toHaveLength(1000)
    expect(failure(block, 999).code).toBe('too big message')
  })

  it('never throws anything but a PeerError, nor gives another length than declared', () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.tuple(content, fc.nat(), fc.nat(255)).map(([bytes, at, byte]) => {
        const block = compress(bytes).slice()
        block[at % block.length] = byte
        return block
      }),
    )
    fc.assert(
      fc.property(noise, (block) => {
        try {
          uncompress(block, 10_000)
        } catch (error) {
          expect(error).toBeInstanceOf(PeerError)
        }
      }),
      { numRuns: rounds(200, 4000) },
    )
  })
})
