import { concatBytes, encodeRlp, fromHex, isPeerError, toHex } from '@peerwire/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rounds } from '../../../tests/support/counts.ts'
import vectors from '../../../vectors/eth.json' with { type: 'json' }
import { announcementCodec, maskedAnnouncementCodec } from './announcement.ts'
import { accessListsCodec, cellsAnswerCodec, cellsQuestionCodec } from './cells.ts'
import {
  envelopesCodec,
  hashesCodec,
  headersQuestionCodec,
  MAX_MESSAGE_BYTES,
  MAX_SERVED,
  MAX_TRANSACTIONS,
  rawListCodec,
} from './messages.ts'
import { joinList, wrapString } from './raw-rlp.ts'
import { receiptsAnswerCodec, receiptsQuestionCodec } from './receipts.ts'
import { blockRangeCodec, rangeRefusal, statusCodec } from './status.ts'
import { cpuMs } from '../../../tests/support/cpu.ts'

const MAX_UINT64 = (1n << 64n) - 1n
const A = hashOf(0xaa)
const B = hashOf(0xbb)

function hashOf(first: number): Uint8Array {
  const hash = new Uint8Array(32)
  hash[0] = first
  return hash
}

function vector(name: string): Uint8Array {
  return fromHex(vectors.messages.find((message) => message.name === name)!.payload)
}

/** The part after the request id, as go-ethereum wrote it. */
function bodyOf(name: string, id: bigint): Uint8Array {
  const payload = vector(name)
  const idBytes = encodeRlp(id).length
  const header = payload[0]! < 0xf8 ? 1 : payload[0]! - 0xf6
  return payload.subarray(header + idBytes)
}

describe('messages as go-ethereum writes them', () => {
  it('Status', () => {
    const status = {
      version: 69,
      networkId: 7_357_001n,
      genesisHash: A,
      forkId: { hash: fromHex('2220c91e'), next: 4_102_444_800n },
      earliest: 0n,
      latest: 8n,
      latestHash: B,
    }
    expect(statusCodec.decode(vector('status'))).toEqual(status)
    expect(statusCodec.encode(status)).toEqual(vector('status'))
  })

  it('BlockRangeUpdate', () => {
    const range = { earliest: 1n, latest: 300n, latestHash: B }
    expect(blockRangeCodec.decode(vector('blockRangeUpdate'))).toEqual(range)
    expect(blockRangeCodec.encode(range)).toEqual(vector('blockRangeUpdate'))
  })

  it('NewPooledTransactionHashes', () => {
    const list = [
      { type: 0, size: 110, hash: A },
      { type: 2, size: 0, hash: B },
      { type: 3, size: 131_321, hash: new Uint8Array(32) },
    ]
    expect(announcementCodec.decode(vector('newPooledTransactionHashes'))).toEqual(list)
    expect(announcementCodec.encode(list)).toEqual(vector('newPooledTransactionHashes'))
  })

  it.each([
    ['getPooledTransactions', MAX_UINT64, [A, B]],
    ['getBlockBodies', 7n, [A]],
    ['getReceipts', 7n, []],
  ])('%s', (name, id, hashes) => {
    expect(hashesCodec.decode(bodyOf(name, id))).toEqual(hashes)
    expect(hashesCodec.encode(hashes)).toEqual(bodyOf(name, id))
  })

  it.each([
    ['by number', 0n, { start: MAX_UINT64, limit: MAX_UINT64, skip: MAX_UINT64, reverse: true }],
    ['by hash', 1n, { start: A, limit: 5n, skip: 0n, reverse: false }],
  ])('GetBlockHeaders %s', (how, id, question) => {
    expect(headersQuestionCodec.decode(bodyOf(`getBlockHeaders ${how}`, id))).toEqual(question)
    expect(headersQuestionCodec.encode(question)).toEqual(bodyOf(`getBlockHeaders ${how}`, id))
  })

  it('BlockHeaders', () => {
    const headers = vectors.headers.slice(0, 2).map(({ rlp }) => fromHex(rlp))
    expect(rawListCodec.decode(bodyOf('blockHeaders', 128n))).toEqual(headers)
    expect(rawListCodec.encode(headers)).toEqual(bodyOf('blockHeaders', 128n))
  })

  it('transactions of every type', () => {
    const envelopes = vectors.transactions.map(({ envelope }) => fromHex(envelope))
    const wire = joinList(vectors.transactions.map(({ wire: item }) => fromHex(item)))
    expect(envelopesCodec.decode(wire)).toEqual(envelopes)
    expect(envelopesCodec.encode(envelopes)).toEqual(wire)
  })
})

describe('what is refused', () => {
  it('one transaction or header past the bound', () => {
    const items = (count: number): Uint8Array => joinList(Array.from({ length: count }, () => Uint8Array.of(0xc0)))
    expect(envelopesCodec.decode(items(MAX_TRANSACTIONS))).toHaveLength(MAX_TRANSACTIONS)
    expect(() => envelopesCodec.decode(items(MAX_TRANSACTIONS + 1))).toThrow(isInvalid)
    expect(rawListCodec.decode(items(MAX_SERVED))).toHaveLength(MAX_SERVED)
    expect(() => rawListCodec.decode(items(MAX_SERVED + 1))).toThrow(isInvalid)
  })

  it.each([
    ['an empty string', encodeRlp(new Uint8Array(0))],
    ['a type without a body', encodeRlp(Uint8Array.of(2))],
    ['a type past 0x7f', encodeRlp(Uint8Array.of(0x80, 0xc0))],
  ])('a transaction that is %s', (_, item) => {
    expect(() => envelopesCodec.decode(joinList([item]))).toThrow(isInvalid)
  })

  it.each([
    ['a boolean of 2', encodeRlp([1, 1, 0, 2])],
    ['a limit of 65 bits', encodeRlp([1, 1n << 64n, 0, 0])],
    ['a start of 9 bytes', encodeRlp([new Uint8Array(9).fill(1), 1, 0, 0])],
    ['a start with a leading zero', encodeRlp([new Uint8Array(8), 1, 0, 0])],
    ['three fields', encodeRlp([1, 1, 0])],
  ])('a question for headers with %s', (_, payload) => {
    expect(() => headersQuestionCodec.decode(payload)).toThrow(isInvalid)
  })

  it.each([
    ['eight fields', concatBytes(Uint8Array.of(0xf8, 0x55), vector('status').subarray(2), Uint8Array.of(1))],
    ['six fields', encodeRlp([69, 1, A, [fromHex('2220c91e'), 0], 0, 8])],
    ['a fork hash of 3 bytes', encodeRlp([69, 1, A, [fromHex('2220c9'), 0], 0, 8, B])],
    ["eth/68's form", encodeRlp([68, 1, 17, A, A, [fromHex('2220c91e'), 0]])],
    ['nothing', new Uint8Array(0)],
  ])('a Status with %s', (_, payload) => {
    expect(() => statusCodec.decode(payload)).toThrow(
      expect.objectContaining({ code: 'failed to decode the remote status', reason: 2 }),
    )
  })

  it.each([
    [{ earliest: 9n, latest: 8n, latestHash: A }, 'earliest block 9 is past the latest, 8'],
    [{ earliest: 0n, latest: 8n, latestHash: new Uint8Array(32) }, 'the hash of the latest block 8 is zero'],
    [{ earliest: 8n, latest: 8n, latestHash: A }, undefined],
  ])("a range that can't be one", (range, text) => {
    expect(rangeRefusal(range)).toBe(text)
  })
})

describe('hostile messages', () => {
  const codecs = {
    accessListsCodec,
    announcementCodec,
    cellsAnswerCodec,
    cellsQuestionCodec,
    envelopesCodec,
    hashesCodec,
    headersQuestionCodec,
    maskedAnnouncementCodec,
    rawListCodec,
    receiptsAnswerCodec,
    receiptsQuestionCodec,
    statusCodec,
  }
  const fill = (byte: number): Uint8Array => {
    const content = new Uint8Array(MAX_MESSAGE_BYTES - 5).fill(byte)
    return concatBytes(Uint8Array.of(0xfa, content.length >> 16, content.length >> 8, content.length), content)
  }

  it.each([
    ['empty lists', fill(0xc0)],
    ['empty strings', fill(0x80)],
    ['1-byte items', fill(0x01)],
    ['lists within lists', fill(0xf8)],
  ])('of 10 MiB of %s cost little', (_, payload) => {
    const ms = cpuMs(() => {
      for (const codec of Object.values(codecs)) expect(() => codec.decode(payload)).toThrow(isPeer)
    })
    expect(ms).toBeLessThan(500)
  })

  it("that are go-ethereum's with some bytes changed are read or refused, never anything else", () => {
    const sources = vectors.messages.map(({ payload }) => fromHex(payload))
    const change = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) })
    const run = fc.property(fc.nat(), fc.array(change, { maxLength: 4 }), fc.nat(), (which, changes, cut) => {
      const bytes = sources[which % sources.length]!.slice()
      for (const { at, byte } of changes) bytes[at % bytes.length] = byte
      const payload = cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes
      return Object.values(codecs).every(({ decode }) => isReadOrRefused(() => decode(payload)))
    })
    expect(() => fc.assert(run, { numRuns: rounds(300, 5000) })).not.toThrow()
  })
})

describe('raw RLP', () => {
  it('is what the reference writes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(toHex(wrapString(bytes))).toBe(toHex(encodeRlp(bytes)))
        expect(toHex(joinList([wrapString(bytes), wrapString(bytes)]))).toBe(toHex(encodeRlp([bytes, bytes])))
      }),
    )
  })
})

const isInvalid = expect.objectContaining({ code: 'invalid message', reason: 2 }) as Error
const isPeer = expect.objectContaining({ name: 'PeerError' }) as Error

function isReadOrRefused(read: () => unknown): boolean {
  try {
    read()
    return true
  } catch (error) {
    return isPeerError(error)
  }
}
