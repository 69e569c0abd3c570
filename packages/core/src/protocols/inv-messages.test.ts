import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../base/bytes.ts'
import { encodeRlp } from '../wire/rlp-writer.ts'
import type { RlpInput } from '../wire/rlp-writer.ts'
import { invProtocol } from './inv-messages.ts'
import type { InvMessages } from './inv-messages.ts'

const { messages } = invProtocol(1000)
const ID = Uint8Array.from({ length: 32 }, (_, i) => i)

function idsOf(count: number): Uint8Array[] {
  return Array.from({ length: count }, () => ID)
}

describe('the messages of inv/1', () => {
  it.each([
    ['kinds', [{ number: 16, name: 'note' }], 'c7c610846e6f7465'],
    ['getdata', { kind: 16, ids: [ID] }, `e310e1a0${toHex(ID)}`],
    ['item', { kind: 16, bytes: new TextEncoder().encode('hello'), ageMs: 60_000 }, 'ca108568656c6c6f82ea60'],
  ])('%s is written as the specification shows it', (name, value, hex) => {
    const { codec } = messages[name as keyof InvMessages]
    expect(toHex(codec.encode(value as never))).toBe(hex)
    expect(codec.decode(fromHex(hex))).toEqual(value)
  })

  it('come back as they went', () => {
    const kind = fc.integer({ min: 0, max: 0xffff })
    const ids = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 5 })
    fc.assert(
      fc.property(kind, ids, fc.uint8Array(), fc.maxSafeNat(), (number, list, bytes, ageMs) => {
        const told = { kind: number, ids: list }
        for (const name of ['inv', 'getdata', 'notfound'] as const) {
          expect(messages[name].codec.decode(messages[name].codec.encode(told))).toEqual(told)
        }
        const item = { kind: number, bytes, ageMs }
        expect(messages.item.codec.decode(messages.item.codec.encode(item))).toEqual(item)
      }),
    )
  })

  it('fit their bounds with as many ids as they may have', () => {
    for (const [name, most] of [
      ['inv', 50_000],
      ['getdata', 1000],
      ['notfound', 1000],
    ] as const) {
      const { codec, maxBytes } = messages[name]
      expect(codec.encode({ kind: 0xffff, ids: idsOf(most) }).length).toBeLessThanOrEqual(maxBytes)
      expect(codec.encode({ kind: 0, ids: idsOf(most + 1) }).length).toBeGreaterThan(maxBytes)
    }
  })

  const wrong: readonly (readonly [string, keyof InvMessages, RlpInput, RegExp])[] = [
    ['an id of 31 bytes', 'inv', [1, [ID.subarray(1)]], /31 bytes where 32 belong/],
    ['a kind past 65,535', 'inv', [65_536, []], /kind 65536 is past 65535/],
    ['one id too many', 'getdata', [1, idsOf(1001)], /1001 ids, at most 1000/],
    ['far too many ids', 'getdata', [1, idsOf(1100)], /items/],
    ['65 kinds', 'kinds', Array.from({ length: 65 }, (_, i) => [i, 'x']), /65 kinds, at most 64/],
    ['a name of 33 bytes', 'kinds', [[1, 'x'.repeat(33)]], /text of 33 bytes where 32 fit/],
    ['no bytes', 'item', [1], /1 items where 2 belong/],
  ]
  it.each(wrong)('with %s are invalid', (_, name, payload, text) => {
    expect(() => messages[name].codec.decode(encodeRlp(payload))).toThrow(text)
  })

  it('of an item may lack its age, and then it is new', () => {
    const bytes = new TextEncoder().encode('hello')
    expect(toHex(messages.item.codec.encode({ kind: 16, bytes }))).toBe('c7108568656c6c6f')
    expect(messages.item.codec.decode(fromHex('c7108568656c6c6f'))).toEqual({ kind: 16, bytes, ageMs: 0 })
  })

  it('fits its bound with the largest item and age', () => {
    const item = { kind: 0xffff, bytes: new Uint8Array(1000), ageMs: Number.MAX_SAFE_INTEGER }
    expect(messages.item.codec.encode(item).length).toBeLessThanOrEqual(messages.item.maxBytes)
  })

  it('may have more at the end of a list', () => {
    expect(messages.item.codec.decode(encodeRlp([1, ID, 7, 'later']))).toEqual({ kind: 1, bytes: ID, ageMs: 7 })
    expect(messages.inv.codec.decode(encodeRlp([1, [ID], 'later']))).toEqual({ kind: 1, ids: [ID] })
  })
})
