import { encodeRlp, fromHex, portableCrypto, toHex } from '@peerwire/core'
import { describe, expect, it } from 'vitest'
import vectors from '../../../vectors/eth.json' with { type: 'json' }
import { headerNumbers, headersRefusal, readHeader } from './header.ts'

const MAX_UINT64 = (1n << 64n) - 1n
const headers = vectors.headers.map(({ rlp }) => readHeader(fromHex(rlp), portableCrypto))
const [a, b, c, d] = headers as [(typeof headers)[0], (typeof headers)[0], (typeof headers)[0], (typeof headers)[0]]

describe('a header', () => {
  it.each(vectors.headers)('$number has the hash that go-ethereum gives it', (vector) => {
    const { hash, parentHash, number, timestamp } = readHeader(fromHex(vector.rlp), portableCrypto)
    expect(toHex(hash)).toBe(vector.hash)
    expect(toHex(parentHash)).toBe(vector.parentHash)
    expect([String(number), String(timestamp)]).toEqual([vector.number, vector.timestamp])
  })

  it.each([
    ['14 fields', encodeRlp(Array.from({ length: 14 }, () => 1))],
    ['lists in it', encodeRlp(Array.from({ length: 15 }, () => []))],
    ['no list', encodeRlp(new Uint8Array(500))],
    ['a thousand fields', encodeRlp(Array.from({ length: 1000 }, () => 1))],
  ])('is refused with %s', (_, bytes) => {
    expect(() => readHeader(bytes, portableCrypto)).toThrow(expect.objectContaining({ code: 'invalid message' }))
  })
})

describe('an answer with headers', () => {
  const forward = { start: 126n, limit: 4n, skip: 0n, reverse: false }

  it.each([
    ['all that were asked for', forward, [a, b, c, d]],
    ['fewer', forward, [a, b]],
    ['none', forward, []],
    ['by hash', { ...forward, start: a.hash }, [a, b, c]],
    ['towards genesis', { ...forward, start: 129n, reverse: true }, [d, c, b, a]],
    ['with gaps', { ...forward, skip: 1n }, [a, c]],
    ['towards genesis with gaps', { start: d.hash, limit: 2n, skip: 2n, reverse: true }, [d, a]],
  ])('fits: %s', (_, question, answer) => {
    expect(headersRefusal(question, answer)).toBe(undefined)
  })

  it.each([
    ['more than asked for', { ...forward, limit: 3n }, [a, b, c, d], '4 headers where 3 were asked for'],
    ['another number', forward, [b, c], 'header 127 where 126 was asked for'],
    ['a gap', forward, [a, c], 'header 128 where 127 follows'],
    ['no gap', { ...forward, skip: 1n }, [a, b], 'header 127 where 128 follows'],
    ['the wrong way', { ...forward, reverse: true }, [a, b], 'header 127 where 125 follows'],
    [
      'another parent',
      forward,
      [a, { ...b, parentHash: c.hash }],
      "header 127 doesn't have the one before it as parent",
    ],
    [
      'another hash',
      { ...forward, start: b.hash },
      [a],
      `header ${toHex(a.hash)} where ${toHex(b.hash)} was asked for`,
    ],
  ])('does not fit: %s', (_, question, answer, text) => {
    expect(headersRefusal(question, answer)).toBe(text)
  })
})

describe('the numbers that a question means', () => {
  it.each([
    ['in order', 5n, { limit: 3n, skip: 0n, reverse: false }, [5n, 6n, 7n]],
    ['towards genesis with gaps', 5n, { limit: 9n, skip: 1n, reverse: true }, [5n, 3n, 1n]],
    ['none', 5n, { limit: 0n, skip: 0n, reverse: false }, []],
    ['no further than genesis', 1n, { limit: MAX_UINT64, skip: 0n, reverse: true }, [1n, 0n]],
    ['skip 2^64 - 1', 1n, { limit: MAX_UINT64, skip: MAX_UINT64, reverse: false }, [1n]],
    ['skip 2^64 - 1 from genesis', 0n, { limit: 2n, skip: MAX_UINT64, reverse: false }, [0n]],
    ['skip 2^64 - 1 back', 1n, { limit: MAX_UINT64, skip: MAX_UINT64, reverse: true }, [1n]],
    ['start at the end', MAX_UINT64, { limit: 3n, skip: 0n, reverse: false }, [MAX_UINT64]],
  ])('%s', (_, start, question, numbers) => {
    expect(headerNumbers(start, question)).toEqual(numbers)
  })

  it('are no more than are served at once, whatever the limit', () => {
    for (const limit of [1025n, MAX_UINT64]) {
      expect(headerNumbers(0n, { limit, skip: 0n, reverse: false })).toHaveLength(1024)
    }
  })
})
