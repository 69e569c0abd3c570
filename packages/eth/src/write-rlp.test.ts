// What the package writes is, to the byte, what the core writes; and nothing goes through that RLP hasn't.
import { encodeRlp, type RlpInput, toHex } from '@peerwire/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { announcementCodec, MAX_ANNOUNCED } from './announcement.ts'
import { hashesCodec } from './messages.ts'
import { writeRlp } from './write-rlp.ts'

const number = fc.oneof(fc.maxSafeNat(), fc.nat(300), fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }))
const { tree } = fc.letrec<{ tree: RlpInput }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    fc.uint8Array({ maxLength: 80 }),
    number,
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.array(tie('tree'), { maxLength: 8 }),
  ),
}))

it('writes what the core writes, of bytes, numbers and text, at any depth', () => {
  fc.assert(
    fc.property(tree, (item) => {
      expect(toHex(writeRlp(item))).toBe(toHex(encodeRlp(item)))
    }),
  )
})

it.each<[string, RlpInput, string]>([
  ['text that looks like hex', '0x1234', '86307831323334'],
  ['text that looks like half a byte of hex', '0x1', '83307831'],
  ['zero', 0, '80'],
  ['a bigint zero', 0n, '80'],
  ['2^53 - 1', Number.MAX_SAFE_INTEGER, '871fffffffffffff'],
  ['a zero byte', Uint8Array.of(0), '00'],
  ['56 bytes', new Uint8Array(56), `b838${'00'.repeat(56)}`],
])('writes %s', (_, item, expected) => {
  expect(toHex(writeRlp(item))).toBe(expected)
})

it.each([-1, 0.5, Number.NaN, Infinity, 2 ** 53, -1n])('refuses %s', (value) => {
  expect(() => writeRlp([value])).toThrow(RangeError)
})

it.each([undefined, null, {}, true, new Uint16Array(2)])('refuses what is no RLP input: %o', (value) => {
  expect(() => writeRlp([value as unknown as RlpInput])).toThrow(TypeError)
})

it('gives bytes of its own', () => {
  const byte = Uint8Array.of(5)
  const written = writeRlp(byte)
  byte[0] = 6
  expect(toHex(written)).toBe('05')
})

it('writes the longest announcement and the longest question as the core does', () => {
  const list = Array.from({ length: MAX_ANNOUNCED }, (_, i) => ({
    type: i % 5,
    size: 100 + 37 * i,
    hash: new Uint8Array(32).fill(i),
  }))
  const hashes = list.map(({ hash }) => hash)
  const fields = [Uint8Array.from(list, ({ type }) => type), list.map(({ size }) => size), hashes]
  expect(toHex(announcementCodec.encode(list))).toBe(toHex(encodeRlp(fields)))
  expect(toHex(hashesCodec.encode(hashes))).toBe(toHex(encodeRlp(hashes)))
})
