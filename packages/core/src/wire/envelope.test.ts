// The `[id, body]` of questions and answers: written as RLP would be, and read strictly.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, fromHex } from '../base/bytes.ts'
import { PeerError } from '../errors/peer-error.ts'
import { encodeRlp } from './rlp-writer.ts'
import { unwrapAnswer, unwrapBody, wrapBody, wrapRefusal } from './envelope.ts'

const ids = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
/** One encoded RLP item, as bodies are. */
const bodies = fc.uint8Array({ maxLength: 70_000 }).map((bytes) => encodeRlp([bytes]))

describe('an envelope', () => {
  it('is what RLP makes of id and body, and is read back', () => {
    fc.assert(
      fc.property(ids, fc.uint8Array({ maxLength: 300 }), (id, bytes) => {
        const wrapped = wrapBody(id, encodeRlp(bytes))
        expect(wrapped).toEqual(encodeRlp([id, bytes]))
        expect(unwrapBody(wrapped)).toEqual({ id, body: encodeRlp(bytes) })
      }),
    )
  })

  it('of a large body is read back', () => {
    fc.assert(
      fc.property(ids, bodies, (id, body) => {
        expect(unwrapBody(wrapBody(id, body))).toEqual({ id, body })
      }),
      { numRuns: 20 },
    )
  })

  it('without a body is a refusal, and no question', () => {
    fc.assert(
      fc.property(ids, bodies, (id, body) => {
        expect(wrapRefusal(id)).toEqual(encodeRlp([id]))
        expect(unwrapAnswer(wrapRefusal(id))).toEqual({ id, body: undefined })
        expect(unwrapAnswer(wrapBody(id, body))).toEqual({ id, body })
        expect(() => unwrapBody(wrapRefusal(id))).toThrow(PeerError)
      }),
      { numRuns: 20 },
    )
  })

  it('has a body of as many items as are expected, a view of them all, and no other number', () => {
    const fields = [encodeRlp(7n), encodeRlp([Uint8Array.of(1)]), encodeRlp(new Uint8Array(300))]
    for (let items = 1; items <= 3; items++) {
      const body = concatBytes(...fields.slice(0, items))
      const wrapped = wrapBody(9n, body)
      expect(unwrapBody(wrapped, items)).toEqual({ id: 9n, body })
      expect(unwrapAnswer(wrapRefusal(9n), items)).toEqual({ id: 9n, body: undefined })
      for (const other of [1, 2, 3, 4].filter((count) => count !== items)) {
        expect(() => unwrapBody(wrapped, other)).toThrow(PeerError)
      }
    }
  })

  it.each([
    ['nothing', ''],
    ['a string', '820102'],
    ['an empty list', 'c0'],
    ['an id alone', 'c101'],
    ['three items', 'c3010203'],
    ['four items', 'c401020304'],
    ['an id with a leading zero', 'c20001'],
    ['a longer id with a leading zero', 'c482000101'],
    ['an id below 0x80 with a header', 'c3810101'],
    ['an id of 9 bytes', 'cb8901010101010101010101'],
    ['a list as its id', 'c2c001'],
    ['bytes after the list', 'c2010200'],
    ['a cut list', 'c301'],
    ['a length that is cut', 'f9'],
    ['a body that is cut', 'c3018201'],
  ])('that is %s is refused', (_, hex) => {
    expect(() => unwrapBody(fromHex(hex))).toThrow(PeerError)
  })

  it('that is altered anywhere is read or refused with `invalid message`, never anything else', () => {
    fc.assert(
      fc.property(
        ids,
        fc.uint8Array({ maxLength: 80 }),
        fc.nat(),
        fc.nat(255),
        fc.boolean(),
        (id, bytes, at, byte, cut) => {
          const wrapped = wrapBody(id, encodeRlp(bytes))
          const place = at % wrapped.length
          wrapped[place] = byte
          try {
            const read = unwrapBody(cut ? wrapped.subarray(0, place) : wrapped)
            expect(read.id).toBeLessThan(2n ** 64n)
          } catch (error) {
            expect(error).toMatchObject({ name: 'PeerError', code: 'invalid message', reason: 2 })
          }
        },
      ),
    )
  })
})
