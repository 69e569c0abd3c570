import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, encodeRlp, fromHex, portableCrypto as crypto, toHex } from '@peerwire/core'
import type { RlpInput } from '@peerwire/core'
import { toBase64Url } from './base64url.ts'
import { forkIdEntry, recordEndpoint, recordEndpoint6, recordForkId } from './record-values.ts'
import { compressKey, formatRecord, MAX_RECORD_BYTES, parseRecord, readRecord, signRecord } from './record.ts'

/** EIP-778, "Test Vectors". */
const KEY = fromHex('b71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291')
const TEXT =
  'enr:-IS4QHCYrYZbAKWCBRlAy5zzaDZXJBGkcnh4MHcBFZntXNFrdvJjX04jRzjzCBOonrkTfj499SZuOh8R33Ls8RRcy5wBgmlkgnY0gmlwhH8A' +
  'AAGJc2VjcDI1NmsxoQPKY0yuDUmstAHYpMa2_oxVtw0RW_QAdpzBQA8yWM0xOIN1ZHCCdl8'
const ID = 'a448f24c6d18e575453db13171562b71999873db5b286df957af199ec94617f7'
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const LOOPBACK = Uint8Array.of(127, 0, 0, 1)

/** A record with these items, signed over them as they are. */
function forge(
  content: readonly RlpInput[],
  change: (signature: Uint8Array) => Uint8Array = (same) => same,
): Uint8Array {
  const signature = crypto.sign(crypto.keccak256(encodeRlp(content)), KEY).slice(0, 64)
  return encodeRlp([change(signature), ...content])
}

const own = compressKey(crypto.publicKeyOf(KEY))

describe('a record', () => {
  it('is read as in EIP-778', () => {
    const record = parseRecord(TEXT, crypto)
    expect([record.seq, record.scheme, toHex(record.id!)]).toEqual([1n, 'v4', ID])
    expect([...record.pairs.keys()]).toEqual(['id', 'ip', 'secp256k1', 'udp'])
    expect(recordEndpoint(record)).toEqual({ host: '127.0.0.1', udp: 30303, tcp: 0 })
    expect(toHex(record.publicKey!)).toBe(toHex(crypto.publicKeyOf(KEY)))
  })

  it('is signed as in EIP-778', () => {
    const record = signRecord({ seq: 1n, values: { udp: 30303, ip: LOOPBACK } }, KEY, crypto)
    expect(formatRecord(record)).toBe(TEXT)
  })

  it('carries what nobody here knows, lists too, and keeps its bytes', () => {
    const values = { zz: [['a', [1n]], 'b'], eth: forkIdEntry({ hash: fromHex('07c9462e'), next: 7n }) }
    const { bytes } = signRecord({ seq: 9n, values }, KEY, crypto)
    const record = readRecord(bytes, crypto)
    expect(toHex(record.pairs.get('zz')!)).toBe(toHex(encodeRlp(values.zz)))
    expect(recordForkId(record)).toEqual({ hash: fromHex('07c9462e'), next: 7n })
    expect(formatRecord(record)).toBe(`enr:${toBase64Url(bytes)}`)
  })

  it('of another scheme is carried, and proves nobody', () => {
    const bytes = encodeRlp([new Uint8Array(12), 5n, 'id', 'v7', 'ip', LOOPBACK])
    expect(readRecord(bytes, crypto)).toMatchObject({ scheme: 'v7', seq: 5n })
    expect(readRecord(bytes, crypto).publicKey).toBeUndefined()
  })

  it.each([
    ['keys out of order', forge([1n, 'ip', LOOPBACK, 'id', 'v4', 'secp256k1', own]), 'out of order'],
    ['a key twice', forge([1n, 'id', 'v4', 'id', 'v4', 'secp256k1', own]), 'repeat'],
    ['no scheme', forge([1n, 'secp256k1', own]), 'without an identity scheme'],
    ['no key', forge([1n, 'id', 'v4']), 'without the key'],
    ['a key without a value', forge([1n, 'id', 'v4', 'secp256k1']), '5 items'],
    ['a short signature', forge([1n, 'id', 'v4', 'secp256k1', own], (s) => s.slice(1)), 'signature of 63 bytes'],
    ['a high s', forge([1n, 'id', 'v4', 'secp256k1', own], highS), 'high s'],
    [
      'a signature of another',
      forge([1n, 'id', 'v4', 'secp256k1', own], (s) => s.with(5, s[5]! ^ 1)),
      'not of the key',
    ],
    ['bytes after it', concatBytes(forge([1n, 'id', 'v4', 'secp256k1', own]), LOOPBACK), 'after the item'],
  ])('with %s is refused', (_, bytes, says) => {
    expect(() => readRecord(bytes, crypto)).toThrow(says)
  })

  it('has 300 bytes at most, written and read', () => {
    const { length } = signRecord({ seq: 1n, values: { x: new Uint8Array(160) } }, KEY, crypto).bytes
    const room = MAX_RECORD_BYTES - length + 160
    expect(signRecord({ seq: 1n, values: { x: new Uint8Array(room) } }, KEY, crypto).bytes).toHaveLength(300)
    expect(() => signRecord({ seq: 1n, values: { x: new Uint8Array(room + 1) } }, KEY, crypto)).toThrow('not 301')
    const long = forge([1n, 'id', 'v4', 'secp256k1', own, 'x', new Uint8Array(room + 1)])
    expect(() => readRecord(long, crypto)).toThrow('a record of 301 bytes')
  })

  it('whose values are of another kind than their keys promise has none of these values', () => {
    const values = {
      ip: new Uint8Array(5),
      udp: 'abc',
      eth: 'x',
      ip6: fromHex('20010db8000000000000000000000001'),
      tcp: 1,
    }
    const record = signRecord({ seq: 1n, values }, KEY, crypto)
    expect(recordForkId(record)).toBeUndefined()
    expect(recordEndpoint(record)).toEqual(recordEndpoint6(record))
    expect(recordEndpoint(record)).toEqual({ host: '2001:db8::1', udp: 0, tcp: 1 })
  })

  it('that was changed anywhere is refused', () => {
    const { bytes } = signRecord({ seq: 77n, values: { ip: LOOPBACK, udp: 30303 } }, KEY, crypto)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = bytes.with(at, bytes[at]! ^ flip)
        let publicKey: Uint8Array | undefined
        try {
          publicKey = readRecord(changed, crypto).publicKey
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid message' })
        }
        // Only another scheme lets it pass, and then it proves nothing.
        expect(publicKey).toBeUndefined()
      }),
      { numRuns: 60 },
    )
  })

  it.each([
    ['nothing', ''],
    ['a scheme without a colon', 'enr'],
    ['a scheme alone', 'enr:'],
    ['one letter', 'enr:x'],
    ['letters that are no record', 'enr:____'],
    ['300 bytes that are no record', `enr:${'A'.repeat(400)}`],
    ['301 bytes', `enr:${'A'.repeat(402)}`],
    ['another scheme', 'http://x'],
  ])('is not read from %s', (_, text) => {
    expect(() => parseRecord(text, crypto)).toThrow(/enr:|record|base64|item|list|length/)
  })
})

function highS(signature: Uint8Array): Uint8Array {
  const s = BigInt(`0x${toHex(signature.subarray(32))}`)
  return concatBytes(signature.subarray(0, 32), fromHex((ORDER - s).toString(16).padStart(64, '0')))
}
