// The messages that all versions have alike, after Status. Long lists are walked once and kept as views; nothing in
// them is read before it is asked for.
import { bigUintOf, bytesOf, listOf, readListViews, readRlp, uintOf } from '@peerwire/core'
import type { Codec } from '@peerwire/core'
import { invalidMessage, isList, joinList, unwrapString, wrapString } from './raw-rlp.ts'
import { writeRlp } from './write-rlp.ts'

/** Most bytes of any message, go-ethereum's limit. */
export const MAX_MESSAGE_BYTES: number = 10 * 1024 * 1024
/** Most bytes of a question: 4,096 hashes with their headers, and room. */
export const MAX_QUESTION_BYTES: number = 256 * 1024
/** Most transactions in one Transactions message; go-ethereum ends a peer past it. */
export const MAX_TRANSACTIONS = 5000
/** Most transactions that are asked for at once; go-ethereum's figure. */
export const MAX_POOLED = 256
/** Most transactions that are looked for to answer one question; go-ethereum's figure. */
export const MAX_POOLED_SERVED = 4096
/** Most headers, bodies or receipts in one answer; go-ethereum's figure. */
export const MAX_SERVED = 1024
/** An answer is not made longer once it has this many bytes; go-ethereum's figure. */
export const SOFT_ANSWER_BYTES: number = 2 * 1024 * 1024

const HASH_BYTES = 32

/**
 * A list of transaction envelopes, as Transactions and PooledTransactions have it: legacy ones are lists, typed ones
 * are
 * strings of a type byte and what follows. What is decoded are views.
 */
export const envelopesCodec: Codec<readonly Uint8Array[]> = {
  encode: (envelopes) => joinList(envelopes.map((bytes) => (isList(bytes) ? bytes : wrapString(bytes)))),
  decode: (payload) => readListViews(payload, MAX_TRANSACTIONS).map(envelopeOf),
}

function envelopeOf(item: Uint8Array): Uint8Array {
  if (isList(item)) return item
  const bytes = unwrapString(item)
  if (bytes.length < 2 || bytes[0]! >= 0x80) throw invalidMessage(`no transaction: a string of ${bytes.length} bytes`)
  return bytes
}

/** A list of 32-byte hashes. */
export const hashesCodec: Codec<readonly Uint8Array[]> = {
  encode: (hashes) => writeRlp(hashes),
  decode: (payload) => listOf(readRlp(payload, { maxDepth: 1 })).map((hash) => bytesOf(hash, HASH_BYTES)),
}

/** A list of items of any form, each as it is encoded. What is decoded are views. */
export const rawListCodec: Codec<readonly Uint8Array[]> = {
  encode: joinList,
  decode: (payload) => readListViews(payload, MAX_SERVED),
}

/** Which headers: from `start`, at most `limit`, leaving out `skip` between two, towards genesis when `reverse`. */
export interface HeadersQuestion {
  /** A block number, or a 32-byte hash. */
  readonly start: bigint | Uint8Array
  readonly limit: bigint
  readonly skip: bigint
  readonly reverse: boolean
}

/**
 * The body of GetBlockHeaders. All numbers have 64 bits and mean what they say: hostile ones are the server's to
 * bound.
 */
export const headersQuestionCodec: Codec<HeadersQuestion> = {
  encode: ({ start, limit, skip, reverse }) => writeRlp([start, limit, skip, reverse ? 1 : 0]),
  decode: (payload) => {
    const fields = listOf(readRlp(payload, { maxItems: 5, maxDepth: 1 }), 4)
    const start = bytesOf(fields[0])
    const reverse = uintOf(fields[3])
    if (reverse > 1) throw invalidMessage(`a boolean is 0 or 1, not ${reverse}`)
    return {
      start: start.length === HASH_BYTES ? start : bigUintOf(start, 64),
      limit: bigUintOf(fields[1], 64),
      skip: bigUintOf(fields[2], 64),
      reverse: reverse === 1,
    }
  },
}
