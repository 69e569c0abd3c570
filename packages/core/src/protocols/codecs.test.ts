// The shipped codecs: what they write is read back, and whatever a stranger writes is read or refused.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../base/bytes.ts'
import type { AnyCodec } from '../wire/protocol.ts'
import { encodeRlp } from '../wire/rlp-writer.ts'
import { bigUint, bool, bytes, list, raw, struct, text, uint } from './codecs.ts'
import { json } from './json.ts'
import type { StandardSchema } from './json.ts'

const person = struct({ name: text, age: uint, tags: list(bytes, { maxItems: 3 }), alive: bool })

const shape: StandardSchema<{ readonly n: number }> = {
  '~standard': {
    version: 1,
    validate: (value) =>
      typeof value === 'object' && value !== null && 'n' in value && typeof value.n === 'number'
        ? { value: { n: value.n } }
        : { issues: [{ message: 'n must be a number' }] },
  },
}

const people = fc.record({
  name: fc.string({ unit: 'grapheme' }),
  age: fc.nat(),
  tags: fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 3 }),
  alive: fc.boolean(),
})

/** Each codec with the values it carries. */
const CODECS: readonly (readonly [string, AnyCodec, fc.Arbitrary<unknown>])[] = [
  ['raw', raw, fc.uint8Array()],
  ['bytes', bytes, fc.uint8Array({ maxLength: 300 })],
  ['text', text, fc.string({ unit: 'grapheme' })],
  ['uint', uint, fc.maxSafeNat()],
  ['bigUint', bigUint, fc.bigInt({ min: 0n, max: 2n ** 256n - 1n })],
  ['bool', bool, fc.boolean()],
  ['list', list(uint), fc.array(fc.nat())],
  ['struct', person, people],
  ['json', json(shape), fc.record({ n: fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0) })],
]

describe.each(CODECS)('%s', (_, codec, values) => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(codec.decode(codec.encode(value as never))).toEqual(value)
      }),
    )
  })

  it('reads whatever bytes come, or refuses them with an error', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (payload) => refusedOrRead(codec, payload)))
  })

  it('reads what was altered anywhere, or refuses it with an error', () => {
    fc.assert(
      fc.property(values, fc.nat(), fc.nat(255), fc.boolean(), (value, at, byte, cut) => {
        const payload = codec.encode(value as never).slice()
        if (payload.length === 0) return
        const place = at % payload.length
        payload[place] = byte
        refusedOrRead(codec, cut ? payload.subarray(0, place) : payload)
      }),
    )
  })
})

function refusedOrRead(codec: AnyCodec, payload: Uint8Array): void {
  try {
    codec.decode(payload)
  } catch (error) {
    expect(error).toBeInstanceOf(Error)
    // The engine's own complaints would mean that a stranger decides over stack or memory.
    expect(String(error)).not.toMatch(/call stack|array length|allocation/i)
  }
}

describe('what is refused', () => {
  it.each<[string, AnyCodec, string]>([
    ['a list where bytes belong', bytes, 'c0'],
    ['text that is not UTF-8', text, '81ff'],
    ['half a character', text, '82d83d'],
    ['a number past 2^53 - 1', uint, '8720000000000000'],
    ['a number with a leading zero', uint, '820001'],
    ['zero as a byte', uint, '00'],
    ['a number of 33 bytes', bigUint, `a1${'01'.repeat(33)}`],
    ['a boolean of 2', bool, '02'],
    ['a boolean that is a list', bool, 'c0'],
    ['a list that is a string', list(uint), '80'],
    ['a struct with too few fields', person, 'c0'],
    ['bytes after a value', uint, '0101'],
    ['JSON that is cut', json(shape), `87${toHex(new TextEncoder().encode('{"n": 1'))}`],
    ['JSON that the schema refuses', json(shape), '826e6e'],
    ['nothing', uint, ''],
  ])('%s', (_, codec, hex) => {
    expect(() => codec.decode(fromHex(hex))).toThrow(Error)
  })

  it.each([-1, 0.5, 2 ** 53, Number.NaN])('for sending, %d as uint', (value) => {
    expect(() => uint.encode(value)).toThrow(RangeError)
  })

  it('one item past the most of a list, both ways', () => {
    const short = list(uint, { maxItems: 3 })
    expect(short.decode(encodeRlp([1, 2, 3]))).toEqual([1, 2, 3])
    expect(() => short.decode(encodeRlp([1, 2, 3, 4]))).toThrow('list of 4 items, its limit is 3')
    expect(() => short.encode([1, 2, 3, 4])).toThrow('list of 4 items, its limit is 3')
  })

  it('JSON of a schema that validates later', () => {
    const later: StandardSchema<number> = {
      '~standard': { version: 1, validate: (value) => Promise.resolve({ value: Number(value) }) },
    }
    expect(() => json(later).decode(encodeRlp('1'))).toThrow('asynchronously')
  })

  it('JSON nested a million deep, without harm', () => {
    const any: StandardSchema<unknown> = { '~standard': { version: 1, validate: (value) => ({ value }) } }
    refusedOrRead(json(any), encodeRlp('['.repeat(1_000_000)))
  })

  it('a struct reads fields that a later version added', () => {
    expect(struct({ a: uint }).decode(encodeRlp([1, 2, ['three']]))).toEqual({ a: 1 })
  })
})
