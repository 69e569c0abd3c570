// Reading what strangers send: the same as the oracle where it is well formed, a PeerError and nothing else where not.
import fc from 'fast-check'
import { decode } from 'rlp'
import { describe, expect, it } from 'vitest'
import { rounds } from '../../../../tests/support/counts.ts'
import { concatBytes, fromHex, toHex, utf8ToBytes } from '../base/bytes.ts'
import { PeerError } from '../errors/peer-error.ts'
import { encodeRlp, type RlpInput } from './rlp-writer.ts'
import { readList, readListViews, readRlp, readRlpPrefix, type RlpItem } from './rlp.ts'
import { cpuMs } from '../../../../tests/support/cpu.ts'

const { tree } = fc.letrec<{ tree: RlpInput }>((tie) => ({
  tree: fc.oneof({ maxDepth: 6 }, fc.uint8Array({ maxLength: 80 }), fc.array(tie('tree'), { maxLength: 8 })),
}))

/** Nested arrays as hex, to compare views with copies. */
function shown(item: RlpItem | RlpInput): unknown {
  if (item instanceof Uint8Array) return toHex(item)
  return Array.isArray(item) ? item.map(shown) : item
}

function list(content: Uint8Array): Uint8Array {
  const length = content.length.toString(16)
  const digits = fromHex(length.length % 2 ? `0${length}` : length)
  return content.length < 56
    ? concatBytes(Uint8Array.of(0xc0 + content.length), content)
    : concatBytes(Uint8Array.of(0xf7 + digits.length), digits, content)
}

function nested(depth: number): Uint8Array {
  // Each header tells the length of all that is within: written from the inside out, into one array.
  const bytes = new Uint8Array(depth * 4)
  let start = bytes.length
  for (let i = 0; i < depth; i++) {
    const header = list(new Uint8Array(bytes.length - start)).subarray(
      0,
      list(bytes.subarray(start)).length - (bytes.length - start),
    )
    start -= header.length
    bytes.set(header, start)
  }
  return bytes.subarray(start)
}

function failure(run: () => unknown): PeerError {
  try {
    run()
  } catch (error) {
    if (error instanceof PeerError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('reading', () => {
  it('gives back what was written, and what the oracle reads', () => {
    fc.assert(
      fc.property(tree, (input) => {
        const bytes = encodeRlp(input)
        expect(shown(readRlp(bytes))).toEqual(shown(input))
        expect(shown(decode(bytes))).toEqual(shown(input))
      }),
    )
  })

  it('gives views, not copies', () => {
    const bytes = encodeRlp(['cat', ['dog']])
    const items = readList(bytes)
    expect((items[0] as Uint8Array).buffer).toBe(bytes.buffer)
    expect((readListViews(bytes)[1] as Uint8Array).buffer).toBe(bytes.buffer)
  })

  it('throws nothing but `invalid message`, and accepts no bytes that writing would not give', () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.tuple(tree, fc.nat(), fc.nat(255)).map(([input, at, byte]) => {
        const bytes = encodeRlp(input).slice()
        bytes[at % bytes.length] = byte
        return bytes
      }),
    )
    fc.assert(
      fc.property(noise, (bytes) => {
        try {
          expect(toHex(encodeRlp(readRlp(bytes)))).toBe(toHex(bytes))
        } catch (error) {
          expect(error).toBeInstanceOf(PeerError)
          expect((error as PeerError).code).toBe('invalid message')
        }
        try {
          readListViews(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(PeerError)
        }
      }),
      { numRuns: rounds(200, 4000) },
    )
  })

  it.each([
    ['nothing', ''],
    ['a cut string', '83646f'],
    ['a cut list', 'c883636174'],
    ['a cut length', 'b9'],
    ['a byte below 0x80 with a header', '8100'],
    ['a byte 0x7f with a header', '817f'],
    ['a short string in the long form', `b801${'ff'}`],
    ['55 bytes in the long form', `b837${'00'.repeat(55)}`],
    ['a length with a leading zero', `b90038${'00'.repeat(56)}`],
    ['a short list in the long form', 'f801c0'],
    ['a list length with a leading zero', `f90038${'80'.repeat(56)}`],
    ['a string that ends after its list', 'c28361'],
    ['a list that ends after its list', 'c1c1c0'],
    ['a length of 2^64 - 1', 'bfffffffffffffffff'],
    ['a list length of 2^64 - 1', 'ffffffffffffffffff'],
    ['a length that wraps at 2^53', 'bf0020000000000001'],
    ['bytes after it', 'c0c0'],
  ])('refuses %s', (_, text) => {
    const error = failure(() => readRlp(fromHex(text)))
    expect(error.code).toBe('invalid message')
    expect(error.reason).toBe(2)
  })

  it('reads one item at the start when bytes may follow, and says where it ends', () => {
    const { item, end } = readRlpPrefix(fromHex('c10483ffffff'))
    expect(shown(item)).toEqual(['04'])
    expect(end).toBe(2)
    expect(readRlpPrefix(fromHex('05ff')).end).toBe(1)
  })

  it('says that an item is cut also when one byte is missing and bytes may follow, or only views are wanted', () => {
    expect(failure(() => readRlpPrefix(fromHex('8261'))).message).toBe('an item of 2 bytes with 1 left')
    expect(failure(() => readListViews(fromHex('c28261'))).message).toBe('an item of 2 bytes with 1 left')
    expect(failure(() => readListViews(fromHex('c261'))).message).toBe('an item of 2 bytes with 1 left')
  })

  it('says when a string is where a list belongs', () => {
    expect(failure(() => readList(fromHex('83646f67'))).message).toBe('a string where a list belongs')
    expect(failure(() => readListViews(fromHex('83646f67'))).message).toBe('a string where a list belongs')
  })
})

describe('budgets', () => {
  it('count every item over all depths, and stop one past', () => {
    const bytes = encodeRlp([[1, 2], [3]]) // 1 + 2 lists + 3 numbers
    expect(readRlp(bytes, { maxItems: 6 })).toHaveLength(2)
    expect(failure(() => readRlp(bytes, { maxItems: 5 })).message).toBe('more than 5 items')
  })

  it('count lists within each other, and stop one past', () => {
    expect(readRlp(nested(16))).toHaveLength(1)
    expect(failure(() => readRlp(nested(17))).message).toBe('more than 16 lists within each other')
    expect(readRlp(nested(17), { maxDepth: 17 })).toHaveLength(1)
  })

  it('bound the views of a list, and stop one past', () => {
    const bytes = encodeRlp([1, [2, 3], 'four'])
    expect(readListViews(bytes, 3).map(toHex)).toEqual(['01', 'c20203', '84666f7572'])
    expect(failure(() => readListViews(bytes, 2)).message).toBe('more than 2 items')
  })

  it('let nothing nested 10,000 deep overflow the stack, with any budget', () => {
    const bytes = nested(10_000)
    expect(failure(() => readRlp(bytes)).message).toBe('more than 16 lists within each other')
    expect(readRlp(bytes, { maxDepth: 20_000, maxItems: 20_000 })).toHaveLength(1)
    expect(readListViews(bytes)).toHaveLength(1)
  })

  const TEN_MIB = 10 * 1024 * 1024

  it.each([
    ['empty lists', 0xc0],
    ['1-byte items', 0x01],
  ])('end 10 MiB of %s at the first item past them', (_, byte) => {
    const bytes = list(new Uint8Array(TEN_MIB).fill(byte))
    const ms = cpuMs(() => {
      expect(failure(() => readRlp(bytes)).message).toBe('more than 65536 items')
      expect(failure(() => readListViews(bytes)).message).toBe('more than 65536 items')
    })
    expect(ms).toBeLessThan(1000)
  })

  it('read 1-byte items in time that grows with their number', () => {
    const read = (count: number): number => {
      const bytes = list(new Uint8Array(count).fill(7))
      return cpuMs(() => expect(readRlp(bytes, { maxItems: count + 1 })).toHaveLength(count))
    }
    read(70_000)
    // A quadratic reader needed 8.5 s for half of this.
    expect(read(1_120_000)).toBeLessThan(4000)
  })

  it('walk 10 MiB of small transactions without reading what is in them', () => {
    const transaction = encodeRlp([1, 2, utf8ToBytes('a'.repeat(100))])
    const count = Math.floor(TEN_MIB / transaction.length)
    const content = new Uint8Array(count * transaction.length)
    for (let i = 0; i < count; i++) content.set(transaction, i * transaction.length)
    expect(cpuMs(() => expect(readListViews(list(content), count)).toHaveLength(count))).toBeLessThan(1000)
  })
})
