// Receipts from eth/70 on: a block that is too large for one answer comes in several, each asked for by its first
// receipt.
import { bigUintOf, concatBytes, readListViews, readRlpPrefix, uintOf } from '@peerwire/core'
import type { Codec } from '@peerwire/core'
import { hashesCodec, MAX_MESSAGE_BYTES, rawListCodec, SOFT_ANSWER_BYTES } from './messages.ts'
import { invalidMessage, joinList, unexpectedAnswer, unwrapList } from './raw-rlp.ts'
import { writeRlp } from './write-rlp.ts'

/** Most bytes of all answers to one question together, past which a remote only fills memory. */
export const MAX_RECEIPTS_BYTES: number = 64 * 1024 * 1024
/** What an answer holds beside its lists. */
const ROOM_BYTES = 1024

type Hashes = readonly Uint8Array[]

/** GetReceipts of eth/70. */
export interface ReceiptsQuestion {
  /** Receipts of the first block that are left out. */
  readonly first: bigint
  readonly hashes: Hashes
}

/** Receipts of eth/70: a list for each block, as RLP. */
export interface ReceiptsAnswer {
  /** The last list is not all of its block. */
  readonly incomplete: boolean
  readonly lists: readonly Uint8Array[]
}

/** Two items: `first, [hashes]`. */
export const receiptsQuestionCodec: Codec<ReceiptsQuestion> = {
  encode: ({ first, hashes }) => concatBytes(writeRlp(first), hashesCodec.encode(hashes)),
  decode: (body) => {
    const { item, end } = readRlpPrefix(body, { maxItems: 1 })
    return { first: bigUintOf(item, 64), hashes: hashesCodec.decode(body.subarray(end)) }
  },
}

/** Two items: `incomplete, [lists]`. */
export const receiptsAnswerCodec: Codec<ReceiptsAnswer> = {
  encode: ({ incomplete, lists }) => concatBytes(writeRlp(incomplete ? 1 : 0), rawListCodec.encode(lists)),
  decode: (body) => {
    const { item, end } = readRlpPrefix(body, { maxItems: 1 })
    const flag = uintOf(item)
    if (flag > 1) throw invalidMessage(`a boolean is 0 or 1, not ${flag}`)
    return { incomplete: flag === 1, lists: rawListCodec.decode(body.subarray(end)) }
  },
}

/**
 * All receipts of the blocks, from as many answers as they take: at least one receipt more each time.
 *
 * @param ask - asks the same peer once
 * @throws {PeerError} `unexpected answer` for an answer that leads nowhere, or past 64 MiB
 */
export async function collectReceipts(
  hashes: Hashes,
  ask: (question: ReceiptsQuestion) => Promise<ReceiptsAnswer>,
): Promise<readonly Uint8Array[]> {
  const whole: Uint8Array[] = []
  /** Of the block that isn't whole yet. */
  let parts: Uint8Array[] = []
  let bytes = 0
  for (;;) {
    const asked = hashes.slice(whole.length)
    const { incomplete, lists } = await ask({ first: BigInt(parts.length), hashes: asked })
    if (lists.length > asked.length)
      throw unexpectedAnswer(`${lists.length} lists where ${asked.length} were asked for`)
    for (const list of lists) bytes += list.length
    if (bytes > MAX_RECEIPTS_BYTES) throw unexpectedAnswer(`receipts of more than ${MAX_RECEIPTS_BYTES} bytes`)
    const last = lists.length - 1
    for (const [index, list] of lists.entries()) {
      const isPart = incomplete && index === last
      if (parts.length === 0 && !isPart) {
        whole.push(list)
        continue
      }
      const receipts = readListViews(list)
      if (isPart && receipts.length === 0) throw unexpectedAnswer('a part of a block without a receipt')
      parts.push(...receipts)
      if (isPart) break
      whole.push(joinList(parts))
      parts = []
    }
    if (incomplete && last < 0) throw unexpectedAnswer('an empty answer that says it is incomplete')
    // A block of which only a part came is as one that didn't.
    if (!incomplete) return whole
  }
}

/** What of the lists fits into one answer, from the first receipt that is wanted. */
export function cutReceipts(lists: readonly Uint8Array[], first: bigint, most: number): ReceiptsAnswer {
  const found: Uint8Array[] = []
  let bytes = 0
  for (const [index, list] of lists.slice(0, most).entries()) {
    if (bytes >= SOFT_ANSWER_BYTES) break
    const wanted = index === 0 && first > 0n ? without(list, first) : list
    const room = MAX_MESSAGE_BYTES - ROOM_BYTES - bytes
    if (wanted.length > room) {
      const part = beginningOf(wanted, room)
      if (part) found.push(part)
      return { incomplete: part !== undefined, lists: found }
    }
    found.push(wanted)
    bytes += wanted.length
  }
  return { incomplete: false, lists: found }
}

function without(list: Uint8Array, first: bigint): Uint8Array {
  const receipts = readListViews(list)
  return joinList(first < BigInt(receipts.length) ? receipts.slice(Number(first)) : [])
}

function beginningOf(list: Uint8Array, room: number): Uint8Array | undefined {
  const content = unwrapList(list)
  let bytes = 0
  let count = 0
  const receipts = readListViews(list)
  for (const { length } of receipts) {
    // The list's own header has 4 bytes at most below 16 MiB.
    if (bytes + length + 4 > room) break
    bytes += length
    count++
  }
  return count === 0 ? undefined : joinList([content.subarray(0, bytes)])
}
