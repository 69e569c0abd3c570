// Announcements: how many of their hashes count, what is refused, and the custody mask of eth/72.
import { encodeRlp, fromHex } from '@peerwire/core'
import { describe, expect, it } from 'vitest'
import vectors from '../../../vectors/eth.json' with { type: 'json' }
import { announcementCodec, MAX_ANNOUNCED, maskedAnnouncementCodec } from './announcement.ts'

const A = new Uint8Array(32).fill(0xaa)
const invalid = expect.objectContaining({ name: 'PeerError', code: 'invalid message' }) as Error

function announcementOf(count: number): Uint8Array {
  const sizes = Array.from({ length: count }, (_, i) => 100 + i)
  return encodeRlp([new Uint8Array(count).fill(2), sizes, sizes.map(() => A)])
}

describe('an announcement', () => {
  it.each([
    ['two types for one hash', [Uint8Array.of(0, 2), [1], [A]]],
    ['two sizes for one hash', [Uint8Array.of(0), [1, 2], [A]]],
    ['a hash of 31 bytes', [Uint8Array.of(0), [1], [A.subarray(1)]]],
    ['two hashes that are one of 65 bytes', [Uint8Array.of(0, 0), [1, 1], [new Uint8Array(64)]]],
    ['a size past 32 bits', [Uint8Array.of(0), [1n << 32n], [A]]],
    ['a list for a size', [Uint8Array.of(0), [[]], [A]]],
    ['a fourth field', [Uint8Array.of(0), [1], [A], []]],
    ['a string for the sizes', [Uint8Array.of(0), Uint8Array.of(1), [A]]],
    ['lists for hashes', [Uint8Array.of(0), [1], [[A]]]],
    ['nothing in it', []],
  ])('with %s is refused', (_, fields) => {
    expect(() => announcementCodec.decode(encodeRlp(fields))).toThrow(invalid)
  })

  it.each(['', 'c4008101a0', 'c600c38201', '80'])('that is cut, %s, is refused', (text) => {
    expect(() => announcementCodec.decode(fromHex(text))).toThrow(invalid)
  })

  it('of more hashes than are kept is no misdeed: the first 4,096 count, in whatever a message can hold', () => {
    expect(announcementCodec.decode(announcementOf(MAX_ANNOUNCED))).toHaveLength(MAX_ANNOUNCED)
    for (const count of [MAX_ANNOUNCED + 1, 280_000]) {
      const kept = announcementCodec.decode(announcementOf(count))
      expect(kept).toHaveLength(MAX_ANNOUNCED)
      expect(kept.at(-1)).toEqual({ type: 2, size: 100 + MAX_ANNOUNCED - 1, hash: A })
    }
  })

  it('past what is kept is still whole', () => {
    const types = new Uint8Array(5000)
    const hashes = Array.from({ length: 5000 }, () => A)
    const sizes = Array.from({ length: 4999 }, () => 1)
    expect(() => announcementCodec.decode(encodeRlp([types, sizes, hashes]))).toThrow(invalid)
  })
})

describe('an announcement of eth/72', () => {
  const mask = new Uint8Array(16)
  mask[0] = 0x80
  mask[15] = 1

  it('is what go-ethereum writes', () => {
    const { payload } = vectors.messages.find(({ name }) => name === 'newPooledTransactionHashes of eth/72')!
    const [first, second] = [new Uint8Array(32), new Uint8Array(32)]
    first[0] = 0xaa
    second[0] = 0xbb
    const announced = [
      { type: 0, size: 110, hash: first },
      { type: 3, size: 131_321, hash: second },
    ]
    expect(maskedAnnouncementCodec.decode(fromHex(payload))).toEqual({ announced, mask })
    expect(maskedAnnouncementCodec.encode({ announced, mask })).toEqual(fromHex(payload))
  })

  it.each([
    ['no mask', []],
    ['a mask of 15 bytes', [mask.subarray(1)]],
    ['a list for the mask', [[]]],
    ['two masks', [mask, mask]],
  ])('with %s is refused', (_, rest) => {
    const fields = [Uint8Array.of(2), [100], [A], ...rest]
    expect(() => maskedAnnouncementCodec.decode(encodeRlp(fields))).toThrow(invalid)
  })
})
