// Receipts of eth/70, access lists and cells: bytes as go-ethereum has them, parts that are joined, and what ends them.
import { encodeRlp, fromHex } from '@peerwire/core'
import { describe, expect, it } from 'vitest'
import vectors from '../../../vectors/eth.json' with { type: 'json' }
import {
  accessListsCodec,
  cellsAnswerCodec,
  cellsQuestionCodec,
  checkCells,
  cutAccessLists,
  cutCells,
} from './cells.ts'
import { MAX_MESSAGE_BYTES, SOFT_ANSWER_BYTES } from './messages.ts'
import {
  collectReceipts,
  cutReceipts,
  MAX_RECEIPTS_BYTES,
  receiptsAnswerCodec,
  receiptsQuestionCodec,
} from './receipts.ts'
import type { ReceiptsAnswer, ReceiptsQuestion } from './receipts.ts'

const [A, B] = [hashOf(0xaa), hashOf(0xbb)]
const unexpected = expect.objectContaining({ name: 'PeerError', code: 'unexpected answer' }) as Error
const invalid = expect.objectContaining({ name: 'PeerError', code: 'invalid message' }) as Error

function hashOf(first: number): Uint8Array {
  const hash = new Uint8Array(32)
  hash[0] = first
  return hash
}

/** What follows the request id in a message of go-ethereum's. */
function bodyOf(name: string, idBytes: number): Uint8Array {
  const payload = fromHex(vectors.messages.find((message) => message.name === name)!.payload)
  return payload.subarray((payload[0]! < 0xf8 ? 1 : payload[0]! - 0xf6) + idBytes)
}

describe('as go-ethereum writes them', () => {
  it('receipts are asked for and come with two items beside the id', () => {
    const question = { first: 300n, hashes: [A, B] }
    expect(receiptsQuestionCodec.decode(bodyOf('getReceipts of eth/70', 9))).toEqual(question)
    expect(receiptsQuestionCodec.encode(question)).toEqual(bodyOf('getReceipts of eth/70', 9))
    const answer = { incomplete: true, lists: [encodeRlp([text('one'), text('two')]), encodeRlp([])] }
    expect(receiptsAnswerCodec.decode(bodyOf('receipts of eth/70', 1))).toEqual(answer)
    expect(receiptsAnswerCodec.encode(answer)).toEqual(bodyOf('receipts of eth/70', 1))
  })

  it('an access list that is not there is an empty string, and an empty one is a list', () => {
    const lists = [undefined, encodeRlp([]), encodeRlp([text('access')])]
    expect(accessListsCodec.decode(bodyOf('blockAccessLists', 1))).toEqual(lists)
    expect(accessListsCodec.encode(lists)).toEqual(bodyOf('blockAccessLists', 1))
  })

  it('cells are asked for with a mask, and come with it', () => {
    const mask = new Uint8Array(16)
    mask[0] = 0x80
    const question = { hashes: [A, B], mask }
    expect(cellsQuestionCodec.decode(bodyOf('getCells', 1))).toEqual(question)
    expect(cellsQuestionCodec.encode(question)).toEqual(bodyOf('getCells', 1))
    const [one, two] = [new Uint8Array(2048), new Uint8Array(2048)]
    one[0] = 1
    two[0] = 2
    const answer = { hashes: [B], cells: [[one, two]], mask }
    expect(cellsAnswerCodec.decode(bodyOf('cells', 1))).toEqual(answer)
    expect(cellsAnswerCodec.encode(answer)).toEqual(bodyOf('cells', 1))
    expect(checkCells(question, answer)).toBe(answer)
  })
})

describe('receipts in parts', () => {
  /** Blocks of that many receipts; an answer has as many as `perAnswer`, over all its lists. */
  function server(blocks: readonly number[], perAnswer: number): (question: ReceiptsQuestion) => ReceiptsAnswer {
    return ({ first, hashes }) => {
      const lists: Uint8Array[] = []
      let left = perAnswer
      for (const [index, hash] of hashes.entries()) {
        const count = blocks[hash[0]!]!
        const start = index === 0 ? Number(first) : 0
        const end = Math.min(count, start + left)
        if (end === start && count > start) break
        lists.push(encodeRlp(Array.from({ length: end - start }, (_, i) => [hash[0]!, start + i])))
        left -= end - start
        if (end < count) return { incomplete: true, lists }
      }
      return { incomplete: false, lists }
    }
  }

  it.each([
    [[3, 5, 2], 100],
    [[3, 5, 2], 4],
    [[3, 5, 2], 1],
    [[0, 7, 0], 3],
    [[10], 3],
    [[], 1],
  ])('of blocks of %j, %i in each answer, are joined to whole blocks', async (blocks, perAnswer) => {
    const answer = server(blocks, perAnswer)
    const hashes = blocks.map((_, index) => hashOf(index))
    const whole = blocks.map((count, block) => encodeRlp(Array.from({ length: count }, (_, i) => [block, i])))
    // An answer that ends with a whole block is all there is to a question; whoever wants more asks again.
    const lists: Uint8Array[] = []
    while (lists.length < blocks.length) {
      const more = await collectReceipts(hashes.slice(lists.length), async (question) => answer(question))
      expect(more).not.toHaveLength(0)
      lists.push(...more)
    }
    expect(lists).toEqual(whole)
  })

  it.each([
    ['is empty and says it is incomplete', { incomplete: true, lists: [] }],
    ['is a part without a receipt', { incomplete: true, lists: [encodeRlp([])] }],
    ['has more lists than blocks', { incomplete: false, lists: [encodeRlp([]), encodeRlp([]), encodeRlp([])] }],
  ])('end with an answer that %s', async (_, answer) => {
    await expect(collectReceipts([A, B], async () => answer)).rejects.toThrow(unexpected)
  })

  it('end before they fill the memory', async () => {
    const part = { incomplete: true, lists: [encodeRlp([new Uint8Array(8 * 1024 * 1024)])] }
    let asked = 0
    const collecting = collectReceipts([A], async () => {
      asked++
      return part
    })
    await expect(collecting).rejects.toThrow(unexpected)
    expect(asked).toBe(MAX_RECEIPTS_BYTES / (8 * 1024 * 1024))
  })

  it('are cut where a message ends, and go on from the receipt that is asked for', () => {
    const receipt = encodeRlp(new Uint8Array(1024 * 1024).fill(7))
    const block = encodeRlp(Array.from({ length: 25 }, () => new Uint8Array(1024 * 1024).fill(7)))
    const counts: number[] = []
    let first = 0n
    for (;;) {
      const { incomplete, lists } = cutReceipts([block, encodeRlp([])], first, 2)
      expect(receiptsAnswerCodec.encode({ incomplete, lists }).length).toBeLessThan(MAX_MESSAGE_BYTES - 16)
      counts.push(Math.round(lists[0]!.length / receipt.length))
      first += BigInt(counts.at(-1)!)
      if (!incomplete) break
    }
    expect(counts).toEqual([9, 9, 7])
    // Past the end, and one receipt that no message can carry.
    expect(cutReceipts([encodeRlp([Uint8Array.of(1)])], 5n, 1)).toEqual({ incomplete: false, lists: [encodeRlp([])] })
    const huge = encodeRlp([new Uint8Array(MAX_MESSAGE_BYTES)])
    expect(cutReceipts([huge], 0n, 1)).toEqual({ incomplete: false, lists: [] })
  })
})

describe('access lists and cells', () => {
  it('are cut where an answer is long, with an entry for each block', () => {
    const list = new Uint8Array(1024 * 1024).fill(1)
    expect(cutAccessLists([], 3)).toEqual([undefined, undefined, undefined])
    expect(cutAccessLists([list], 2).map((item) => item?.length)).toEqual([list.length, undefined])
    expect(cutAccessLists([list, list, list, list], 4)).toHaveLength(2)
    expect(cutAccessLists([], 2000)).toHaveLength(1024)
    const cells = Array.from({ length: 512 }, () => new Uint8Array(2048))
    const found = { hashes: [A, B, A, B], cells: [cells, cells, cells, cells] }
    expect(cutCells(found, new Uint8Array(16)).hashes).toHaveLength(SOFT_ANSWER_BYTES / (512 * 2048))
  })

  it.each([
    ['a hash without cells', [[A], [], new Uint8Array(16)]],
    ['a cell of 2,047 bytes', [[A], [[new Uint8Array(2047)]], new Uint8Array(16)]],
    ['a mask of 17 bytes', [[A], [[]], new Uint8Array(17)]],
  ])('with %s are refused', (_, fields) => {
    const body = fields.map((field) => encodeRlp(field as Uint8Array))
    const length = body.reduce((sum, { length: bytes }) => sum + bytes, 0)
    const joined = new Uint8Array(length)
    let at = 0
    for (const part of body) {
      joined.set(part, at)
      at += part.length
    }
    expect(() => cellsAnswerCodec.decode(joined)).toThrow(invalid)
  })

  it('that nobody asked for end the peer', () => {
    const mask = new Uint8Array(16)
    const question = { hashes: [A], mask }
    expect(() => checkCells(question, { hashes: [B], cells: [[]], mask })).toThrow(unexpected)
    expect(() => checkCells(question, { hashes: [A, A], cells: [[], []], mask })).toThrow(unexpected)
  })
})

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}
