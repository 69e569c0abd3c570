// Writing: the same as the oracle, at any depth and length.
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { encode, type Input } from 'rlp'
import { describe, expect, it } from 'vitest'
import { equalBytes, isBytes, toHex } from '../base/bytes.ts'
import { bytesOf, listOf } from './rlp-values.ts'
import { encodeRlp, type RlpInput } from './rlp-writer.ts'
import { readRlp } from './rlp.ts'

const { tree } = fc.letrec<{ tree: RlpInput }>((tie) => ({
  tree: fc.oneof({ maxDepth: 6 }, fc.uint8Array({ maxLength: 80 }), fc.array(tie('tree'), { maxLength: 8 })),
}))

describe('writing', () => {
  // The first from the yellow paper's examples, the rest by hand.
  it.each<[string, RlpInput, string]>([
    ['text', 'dog', '83646f67'],
    ['a list of text', ['cat', 'dog'], 'c88363617483646f67'],
    ['empty text', '', '80'],
    ['an empty list', [], 'c0'],
    ['zero', 0, '80'],
    ['a bigint zero', 0n, '80'],
    ['15', 15, '0f'],
    ['1024', 1024, '820400'],
    ['128', 128, '8180'],
    ['2^53 - 1', Number.MAX_SAFE_INTEGER, '871fffffffffffff'],
    ['2^64 - 1', 2n ** 64n - 1n, '88ffffffffffffffff'],
    ['a zero byte', Uint8Array.of(0), '00'],
    ['lists within lists', [[], [[]], [[], [[]]]], 'c7c0c1c0c3c0c1c0'],
    ['56 bytes', new Uint8Array(56), `b838${'00'.repeat(56)}`],
    ['text that looks like hex', '0x1234', '86307831323334'],
    ['text that looks like a number', '10', '823130'],
  ])('%s', (_, input, expected) => {
    expect(toHex(encodeRlp(input))).toBe(expected)
  })

  it.each([-1, 0.5, Number.NaN, Infinity, 2 ** 53, -1n])('refuses %s', (value) => {
    expect(() => encodeRlp(value)).toThrow(RangeError)
  })

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a boolean', true],
    ['an object', { length: 1, 0: 1 }],
    ['a symbol', Symbol('x')],
    ['a function', () => 1],
    ['a buffer', new ArrayBuffer(2)],
    ['16 bits each', new Uint16Array(2)],
    ['a view', new DataView(new ArrayBuffer(2))],
    ['a set', new Set([1])],
    ['a hole in a list', [1, , 2]], // oxlint-disable-line no-sparse-arrays
    ['undefined within lists', [[1, [undefined]]]],
  ])('refuses %s', (_, value) => {
    expect(() => encodeRlp(value as RlpInput)).toThrow(TypeError)
    expect(() => encodeRlp(value as RlpInput)).toThrow('RLP has bytes, text, whole numbers and arrays of these, not')
  })

  it('takes bytes and arrays of another realm for what they are', () => {
    const foreign = runInNewContext('[new Uint8Array([1, 2]), [new Uint8Array([3])], 4]') as RlpInput
    expect(toHex(encodeRlp(foreign))).toBe('c6820102c10304')
    const read = readRlp(runInNewContext('new Uint8Array([0xc6, 0x82, 1, 2, 0xc1, 3, 4])') as Uint8Array)
    expect(listOf(read).map((item) => (isBytes(item) ? toHex(item) : item.length))).toEqual(['0102', 1, '04'])
    expect(toHex(bytesOf(listOf(read)[0]))).toBe('0102')
  })

  it('gives what the oracle gives, at any depth and length', () => {
    fc.assert(
      fc.property(tree, (input) => {
        expect(toHex(encodeRlp(input))).toBe(toHex(encode(input as Input)))
      }),
    )
  })

  it.each([55, 56, 255, 256, 4093, 4094, 4096, 65_535, 65_536, 200_000])(
    'gives what the oracle gives of %i bytes',
    (size) => {
      const content = new Uint8Array(size).fill(7)
      expect(equalBytes(encodeRlp(content), encode(content))).toBe(true)
      expect(equalBytes(encodeRlp([1, [content], 2]), encode([1, [content], 2]))).toBe(true)
    },
  )

  it('writes a list of 200,000 items, where the oracle overflows the stack', () => {
    const list = Array.from({ length: 200_000 }, () => 1)
    const written = encodeRlp(list)
    expect(toHex(written.subarray(0, 5))).toBe('fa030d4001')
    expect(written.subarray(4).every((byte) => byte === 1)).toBe(true)
    expect(written).toHaveLength(200_004)
  })

  it('gives each item memory of its own, also after one that failed', () => {
    const first = encodeRlp('cat')
    expect(() => encodeRlp(['dog', -1])).toThrow(RangeError)
    encodeRlp('dog')
    expect(toHex(first)).toBe('83636174')
    expect(first.buffer.byteLength).toBe(4)
  })
})
