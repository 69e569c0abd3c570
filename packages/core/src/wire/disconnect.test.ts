// Every form of a Disconnect that is in the wild, and what nobody should send.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rounds } from '../../../../tests/support/counts.ts'
import { fromHex, toHex } from '../base/bytes.ts'
import { DiscReason, discReasonText } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import { decodeDisconnect, encodeDisconnect } from './disconnect.ts'
import { encodeRlp } from './rlp-writer.ts'
import { compress } from './snappy-compress.ts'

describe('writing', () => {
  it.each<[DiscReason, string]>([
    [DiscReason.requested, 'c180'],
    [DiscReason.tooManyPeers, 'c104'],
    [DiscReason.subprotocolError, 'c110'],
    [0xff, 'c281ff'],
    [2n ** 64n - 1n, 'c988ffffffffffffffff'],
  ])('reason %s', (reason, expected) => {
    expect(toHex(encodeDisconnect(reason))).toBe(expected)
  })
})

/** Forms of reasons before compression; each is also read compressed. */
const FORMS: readonly (readonly [string, string, DiscReason])[] = [
  ['a number', '04', 4],
  ['a list of a number', 'c104', 4],
  ['a list of zero', 'c180', 0],
  ['zero', '80', 0],
  ['an empty list', 'c0', 0],
  ['zero as a byte', '00', 0],
  ['a list of zero as a byte', 'c100', 0],
  ['a string that holds a list', '82c104', 4],
  ['a string that holds a list of zero', '82c180', 0],
  ['a list with more in it', 'c20405', 4],
  ['a list with a list behind the number', 'c304c180', 4],
  ['an unassigned reason', 'c10c', 0x0c],
  ['the mark of what could not be read', 'c281ff', 0xff],
  ['a reason of two bytes', 'c3820100', 256],
  ['2^53 - 1', 'c8871fffffffffffff', Number.MAX_SAFE_INTEGER],
  ['2^53', 'c88720000000000000', 2n ** 53n],
  ['2^64 - 1', 'c988ffffffffffffffff', 2n ** 64n - 1n],
  ['2^64 - 1 without a list', '88ffffffffffffffff', 2n ** 64n - 1n],
]

const INVALID: readonly (readonly [string, Uint8Array])[] = [
  ['2^64', fromHex('ca89010000000000000000')],
  ['a number of 1 kB', encodeRlp([new Uint8Array(1024).fill(0xee)])],
  ['a number of 1 kB without a list', encodeRlp(new Uint8Array(1024).fill(0xee))],
  ['a list of lists', fromHex('c3c20405')],
  ['lists nested deep', fromHex('c6c5c4c3c2c1c0')],
  ['1 kB of zeros as a number', encodeRlp([new Uint8Array(1024)])],
  ['text', encodeRlp(['too many peers, come again later'])],
  ['bytes after the list', fromHex('c104ff')],
  ['a cut list', fromHex('c204')],
  ['a compressed block that says it has 1 GiB', fromHex('808080800400aa')],
  ['a compressed block of 257 bytes', compress(new Uint8Array(257))],
  ['what is compressed twice', compress(compress(fromHex('c104')))],
]

describe('reading', () => {
  it.each(FORMS)('%s', (_, text, expected) => {
    expect(decodeDisconnect(fromHex(text))).toBe(expected)
  })

  it.each(FORMS)('%s, compressed', (_, text, expected) => {
    expect(decodeDisconnect(compress(fromHex(text)))).toBe(expected)
  })

  it('nothing at all is 0', () => {
    expect(decodeDisconnect(new Uint8Array(0))).toBe(DiscReason.requested)
  })

  it.each(INVALID)('%s is the invalid reason', (_, payload) => {
    expect(decodeDisconnect(payload)).toBe(DiscReason.invalid)
  })

  it('never throws, and whatever comes can be printed', () => {
    const noise = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 60 }).map(compress))
    fc.assert(
      fc.property(noise, (payload) => {
        const reason = decodeDisconnect(payload)
        const error = new PeerError('remote disconnect reason', reason, 'told')
        expect(discReasonText(reason).length).toBeLessThan(60)
        expect(error.toString()).toContain('PeerError(')
        expect(JSON.stringify(error)).toContain('"reason"')
      }),
      { numRuns: rounds(200, 4000) },
    )
  })
})
