// Encoder and decoder of the module held to the portable ones and to another's, and the module to its generator.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import * as oracle from 'snappyjs'
import { describe, expect, it } from 'vitest'
import { snappyModule, snappySource, SNAPPY_FILE } from '../../../../../scripts/generate-snappy.mjs'
import { rounds } from '../../../../../tests/support/counts.ts'
import { concatBytes, equalBytes, fromHex, toHex } from '../../base/bytes.ts'
import { seededRandom } from '../../base/random.ts'
import { PeerError } from '../../errors/peer-error.ts'
import { compress as portableCompress } from '../snappy-compress.ts'
import { uncompress as portableUncompress } from '../snappy.ts'
import { compress, compressBriefly, uncompress } from './snappy.ts'

const random = seededRandom(9)
const MAX = 2 ** 24

/** Bytes with repetitions near and far, short and long. */
const repetitive = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 90 }), fc.integer({ min: 1, max: 60 })), { maxLength: 60 })
  .map((parts) => concatBytes(...parts.flatMap(([bytes, times]) => Array.from({ length: times }, () => bytes))))
const content = fc.oneof(fc.uint8Array({ maxLength: 300 }), repetitive)

/** Elements as an encoder might write them, well-formed or not: every tag, length and offset. */
const elements = fc
  .array(
    fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 70 }).map((bytes) => concatBytes(literalTag(bytes.length), bytes)),
      fc.tuple(fc.nat(7), fc.nat(300)).map(([length, offset]) => shortCopy(length, offset)),
      fc
        .tuple(fc.nat(63), fc.nat(400))
        .map(([length, offset]) => Uint8Array.of((length << 2) | 2, offset, offset >> 8)),
      fc
        .tuple(fc.nat(63), fc.nat(400))
        .map(([length, offset]) => Uint8Array.of((length << 2) | 3, offset, offset >> 8, 0, offset === 399 ? 255 : 0)),
    ),
    { maxLength: 40 },
  )
  .map((parts) => concatBytes(...parts))

function literalTag(length: number): Uint8Array {
  return length <= 60 ? Uint8Array.of((length - 1) << 2) : Uint8Array.of(60 << 2, length - 1)
}

function shortCopy(length: number, offset: number): Uint8Array {
  return Uint8Array.of(((offset >> 8) << 5) | (length << 2) | 1, offset)
}

function varint(value: number): Uint8Array {
  return value < 128 ? Uint8Array.of(value) : Uint8Array.of((value & 127) | 128, value >> 7)
}

/** What a decoder answers, or how it refuses. */
function outcome(decode: typeof uncompress, block: Uint8Array, maxBytes = 10_000): string {
  try {
    return toHex(decode(block, maxBytes))
  } catch (error) {
    if (error instanceof PeerError) return `${error.code}: ${error.message}`
    throw error
  }
}

describe('the module', () => {
  it('is what scripts/generate-snappy.mjs makes, and valid', () => {
    expect(readFileSync(SNAPPY_FILE, 'utf8')).toBe(snappySource())
    expect(WebAssembly.validate(snappyModule())).toBe(true)
  })
})

describe('compressing', () => {
  const all = (bytes: Uint8Array): void => {
    const block = compress(bytes)
    expect(block.length).toBeLessThanOrEqual(32 + bytes.length + bytes.length / 6)
    expect(toHex(compressBriefly(bytes))).toBe(toHex(block))
    for (const decode of [uncompress, portableUncompress, oracle.uncompress]) {
      expect(equalBytes(decode(block, MAX), bytes)).toBe(true)
    }
    for (const encode of [portableCompress, oracle.compress]) {
      expect(equalBytes(uncompress(encode(bytes), MAX), bytes)).toBe(true)
    }
  }

  it('anything gives what all decoders read, and what others compress is read', () => {
    fc.assert(fc.property(content, all), { numRuns: rounds(100, 20_000) })
  })

  it.each([0, 1, 4, 5, 6, 59, 60, 61, 255, 256, 257, 65_535, 65_536, 65_537, 200_000, 262_144, 262_145, 1_000_000])(
    '%i bytes of chance, of zeros and of a pattern',
    (length) => {
      const pattern = random.bytes(1000)
      all(random.bytes(length))
      all(new Uint8Array(length))
      all(Uint8Array.from({ length }, (_, i) => pattern[i % 1000]! ^ (i % 97 === 0 ? i : 0)))
    },
  )

  it('makes little of what repeats, and no more than the portable encoder by a tenth', () => {
    const words = random.bytes(400)
    const text = concatBytes(
      ...Array.from({ length: 4000 }, () => {
        const at = random.uint32() % 380
        return words.subarray(at, at + 5 + (random.uint32() % 12))
      }),
    )
    expect(compress(text).length).toBeLessThan(portableCompress(text).length * 1.1)
    expect(compress(new Uint8Array(100_000)).length).toBeLessThan(5000)
  })

  it('gives what the next call doesn’t change', () => {
    const first = compress(random.bytes(1000))
    const before = toHex(first)
    compress(random.bytes(2000))
    expect(toHex(first)).toBe(before)
  })
})

describe('what others may write', () => {
  it('is read or refused as by the portable decoder, in the same words', () => {
    fc.assert(
      fc.property(elements, fc.integer({ min: -2, max: 2 }), fc.nat(12_000), (bytes, off, declared) => {
        // Mostly the length that comes of it, for it must be right for anything to be read.
        const read = (length: number): string => outcome(portableUncompress, concatBytes(varint(length), bytes), MAX)
        const right = [...Array(400).keys()].find((length) => !read(length).startsWith('invalid'))
        const block = concatBytes(varint(Math.max(0, (right ?? declared) + (off === 2 ? 0 : off))), bytes)
        expect(outcome(uncompress, block)).toBe(outcome(portableUncompress, block))
      }),
      { numRuns: rounds(60, 5000) },
    )
  })

  it('as any noise is, and as blocks with a byte changed', () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.tuple(content, fc.nat(), fc.nat(255)).map(([bytes, at, byte]) => {
        const block = compress(bytes)
        block[at % block.length] = byte
        return block
      }),
    )
    fc.assert(
      fc.property(noise, (block) => {
        expect(outcome(uncompress, block)).toBe(outcome(portableUncompress, block))
      }),
      { numRuns: rounds(300, 50_000) },
    )
  })

  it.each([
    ['a literal with its length in 4 bytes', '03fc02000000010203'],
    ['a literal of 2^32 bytes', '03fcffffffff010203'],
    ['a copy with 4 bytes of offset', '0500aa0f01000000'],
    ['a copy from 0 back', '0500aa0100'],
    ['a copy from 2^32 - 1 back', '0500aa0fffffffff'],
    ['an element cut', '0500aa0e01'],
    ['a length of a literal cut', '03f0'],
    ['elements after the last byte', '0100aa00bb'],
    ['nothing', ''],
    ['a byte for four', '04'],
    ['1 GiB declared', '808080800400aa'],
  ])('%s', (_, block) => {
    expect(outcome(uncompress, fromHex(block))).toBe(outcome(portableUncompress, fromHex(block)))
  })

  it('lies anywhere in its memory', () => {
    const bytes = concatBytes(random.bytes(50), new Uint8Array(500), random.bytes(50))
    const block = compress(bytes)
    const shifted = concatBytes(random.bytes(7), block, random.bytes(9))
    expect(toHex(uncompress(shifted, MAX, 7, 7 + block.length))).toBe(toHex(bytes))
  })
})
