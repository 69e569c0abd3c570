// What items mean, and what is said when they mean something else.
import { describe, expect, it } from 'vitest'
import { fromHex, utf8ToBytes } from '../base/bytes.ts'
import { PeerError } from '../errors/peer-error.ts'
import { bigUintOf, bytesOf, listOf, textOf, uintOf } from './rlp-values.ts'

describe('items as values', () => {
  it.each([
    ['', 0n],
    ['01', 1n],
    ['ff', 255n],
    ['1fffffffffffff', 2n ** 53n - 1n],
    ['ffffffffffffffff', 2n ** 64n - 1n],
  ])('number %s is %s', (text, expected) => {
    expect(bigUintOf(fromHex(text), 64)).toBe(expected)
    if (expected < 2n ** 53n) expect(uintOf(fromHex(text))).toBe(Number(expected))
  })

  it('a number of 256 bits is read whole', () => {
    expect(bigUintOf(fromHex('ff'.repeat(32)))).toBe(2n ** 256n - 1n)
  })

  it('bytes and text are read with their length checked', () => {
    expect(bytesOf(fromHex('0102'), 2)).toEqual(fromHex('0102'))
    expect(textOf(utf8ToBytes('gëth'), 5)).toBe('gëth')
    expect(listOf([fromHex('01')], 1)).toHaveLength(1)
  })

  it.each<[string, () => unknown]>([
    ['a leading zero', () => bigUintOf(fromHex('0001'))],
    ['zero as a byte', () => uintOf(fromHex('00'))],
    ['a number of 9 bytes for 64 bits', () => bigUintOf(fromHex('01'.repeat(9)), 64)],
    ['a number of 33 bytes', () => bigUintOf(fromHex('01'.repeat(33)))],
    ['2^53 where a number fits', () => uintOf(fromHex('20000000000000'))],
    ['a list for a number', () => uintOf([])],
    ['nothing for a number', () => uintOf(undefined)],
    ['3 bytes for 2', () => bytesOf(fromHex('010203'), 2)],
    ['1 byte for 2', () => bytesOf(fromHex('01'), 2)],
    ['a list for bytes', () => bytesOf([])],
    ['nothing for bytes', () => bytesOf(undefined)],
    ['text one byte too long', () => textOf(utf8ToBytes('abcdef'), 5)],
    ['text that is not UTF-8', () => textOf(fromHex('ff'), 5)],
    ['a string for a list', () => listOf(fromHex('01'))],
    ['nothing for a list', () => listOf(undefined)],
    ['too few items', () => listOf([], 1)],
  ])('%s is an invalid message', (_, run) => {
    expect(run).toThrow(PeerError)
    expect(run).toThrow(expect.objectContaining({ code: 'invalid message', reason: 2 }))
  })
})
