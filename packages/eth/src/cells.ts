// Block access lists (eth/71) and cells of blobs (eth/72): their bodies, and what may be asked and answered.
import { bytesOf, concatBytes, listOf, readListViews, readRlp, readRlpPrefix, toHex } from '@peerwire/core'
import type { Codec } from '@peerwire/core'
import { MASK_BYTES } from './announcement.ts'
import { hashesCodec, MAX_MESSAGE_BYTES, MAX_SERVED, SOFT_ANSWER_BYTES } from './messages.ts'
import { invalidMessage, joinList, unexpectedAnswer } from './raw-rlp.ts'
import { writeRlp } from './write-rlp.ts'

/** Bytes of one cell of a blob. */
export const CELL_BYTES = 2048
/** Most cells of one answer: what a message can hold. */
const MAX_CELLS: number = MAX_MESSAGE_BYTES / CELL_BYTES

type Hashes = readonly Uint8Array[]

/** What says that a block's access list isn't there; an empty list is a list. */
const ABSENT = Uint8Array.of(0x80)

/** Access lists as RLP, in the order asked for; `undefined` where there is none. */
export type AccessLists = readonly (Uint8Array | undefined)[]

/** BlockAccessLists: an item for each block, the empty string where there is none. */
export const accessListsCodec: Codec<AccessLists> = {
  encode: (lists) => joinList(lists.map((list) => list ?? ABSENT)),
  decode: (payload) =>
    readListViews(payload, MAX_SERVED).map((item) => (item.length === 1 && item[0] === ABSENT[0] ? undefined : item)),
}

/** As many access lists as one answer may hold, an entry for each block, also for those that aren't there. */
export function cutAccessLists(lists: AccessLists, asked: number): AccessLists {
  const found: (Uint8Array | undefined)[] = []
  let bytes = 0
  for (let index = 0; index < asked && index < MAX_SERVED && bytes < SOFT_ANSWER_BYTES; index++) {
    const list = lists[index]
    found.push(list)
    bytes += list?.length ?? 0
  }
  return found
}

/** GetCells: blob transactions, and which cells of each of their blobs. */
export interface CellsQuestion {
  readonly hashes: Hashes
  /** 16 bytes, a bit for each of 128 cells. */
  readonly mask: Uint8Array
}

/** The cells of blob transactions that a node has. */
export interface CellsAnswer {
  readonly hashes: Hashes
  /** For each hash the cells asked for, 2,048 bytes each. */
  readonly cells: readonly (readonly Uint8Array[])[]
  /** As it was asked. */
  readonly mask: Uint8Array
}

/** Two items: `[hashes], mask`. */
export const cellsQuestionCodec: Codec<CellsQuestion> = {
  encode: ({ hashes, mask }) => concatBytes(hashesCodec.encode(hashes), writeRlp(mask)),
  decode: (body) => {
    const { end } = readRlpPrefix(body, { maxDepth: 1 })
    return { hashes: hashesCodec.decode(body.subarray(0, end)), mask: maskOf(body.subarray(end)) }
  },
}

/** Three items: `[hashes], [[cells]], mask`. */
export const cellsAnswerCodec: Codec<CellsAnswer> = {
  encode: ({ hashes, cells, mask }) => concatBytes(hashesCodec.encode(hashes), writeRlp(cells), writeRlp(mask)),
  decode: (body) => {
    const { end } = readRlpPrefix(body, { maxDepth: 1 })
    const rest = body.subarray(end)
    const lists = readRlpPrefix(rest, { maxItems: 2 * MAX_CELLS, maxDepth: 2 })
    const cells = listOf(lists.item).map((list) => listOf(list).map((cell) => bytesOf(cell, CELL_BYTES)))
    const hashes = hashesCodec.decode(body.subarray(0, end))
    if (hashes.length !== cells.length)
      throw invalidMessage(`${hashes.length} hashes with ${cells.length} lists of cells`)
    return { hashes, cells, mask: maskOf(rest.subarray(lists.end)) }
  },
}

function maskOf(item: Uint8Array): Uint8Array {
  return bytesOf(readRlp(item, { maxItems: 1 }), MASK_BYTES)
}

/** The answer, if it can be one to the question. @throws {PeerError} `unexpected answer` */
export function checkCells(question: CellsQuestion, answer: CellsAnswer): CellsAnswer {
  const asked = new Set(question.hashes.map(toHex))
  for (const hash of answer.hashes) {
    if (!asked.delete(toHex(hash))) throw unexpectedAnswer(`cells of ${toHex(hash)}, which was not asked for, or twice`)
  }
  return answer
}

/** What of the cells one answer may hold. */
export function cutCells({ hashes, cells }: Pick<CellsAnswer, 'hashes' | 'cells'>, mask: Uint8Array): CellsAnswer {
  let count = 0
  let bytes = 0
  while (count < hashes.length && bytes < SOFT_ANSWER_BYTES) {
    const more = cells[count]!.length * CELL_BYTES
    if (count > 0 && bytes + more > MAX_MESSAGE_BYTES / 2) break
    bytes += more
    count++
  }
  return { hashes: hashes.slice(0, count), cells: cells.slice(0, count), mask }
}
