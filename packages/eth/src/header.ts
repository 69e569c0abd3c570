// Block headers as they are asked for and answered: their hash, and whether an answer fits the question.
import { bigUintOf, bytesOf, equalBytes, listOf, readRlp, toHex } from '@peerwire/core'
import type { Crypto } from '@peerwire/core'
import { MAX_SERVED } from './messages.ts'
import type { HeadersQuestion } from './messages.ts'

/** Fields of the oldest headers; later forks have added more at the end. */
const LEAST_FIELDS = 15
/** Fields of a header from a fork not known here, generously. */
const MAX_FIELDS = 64
const NUMBER_FIELD = 8
const TIME_FIELD = 11
/** One past the greatest block number. */
const NUMBERS_END = 1n << 64n

/** What is read of a header; the rest is in `bytes`. */
export interface Header {
  /** 32 bytes: keccak-256 of `bytes`. */
  readonly hash: Uint8Array
  readonly parentHash: Uint8Array
  readonly number: bigint
  /** Seconds since 1970. */
  readonly timestamp: bigint
  /** The RLP as it came. */
  readonly bytes: Uint8Array
}

/** @throws {PeerError} `invalid message` when it is no header */
export function readHeader(bytes: Uint8Array, crypto: Crypto): Header {
  const fields = listOf(readRlp(bytes, { maxItems: MAX_FIELDS, maxDepth: 1 }), LEAST_FIELDS)
  return {
    hash: crypto.keccak256(bytes),
    parentHash: bytesOf(fields[0], 32),
    number: bigUintOf(fields[NUMBER_FIELD], 64),
    timestamp: bigUintOf(fields[TIME_FIELD], 64),
    bytes,
  }
}

/**
 * Why these headers can't be the answer; absent when they can. Fewer than asked is fine, none too.
 *
 * By hash it is proven that they are asked for and hang together, as far as the question lets them.
 */
export function headersRefusal(question: HeadersQuestion, headers: readonly Header[]): string | undefined {
  const { start, limit, skip, reverse } = question
  if (BigInt(headers.length) > limit) return `${headers.length} headers where ${limit} were asked for`
  const [first] = headers
  if (!first) return undefined
  if (typeof start === 'bigint') {
    if (first.number !== start) return `header ${first.number} where ${start} was asked for`
  } else if (!equalBytes(first.hash, start)) return `header ${toHex(first.hash)} where ${toHex(start)} was asked for`
  const step = (reverse ? -1n : 1n) * (skip + 1n)
  for (let i = 1; i < headers.length; i++) {
    const before = headers[i - 1]!
    const header = headers[i]!
    if (header.number !== before.number + step) return `header ${header.number} where ${before.number + step} follows`
    const [parent, child] = reverse ? [header, before] : [before, header]
    if (skip === 0n && !equalBytes(child.parentHash, parent.hash)) {
      return `header ${child.number} doesn't have the one before it as parent`
    }
  }
  return undefined
}

/**
 * The block numbers that a question by number means, at most `MAX_SERVED`: for whoever serves headers.
 * Ends where numbers would leave 0 to 2^64 - 1, whatever a stranger put into the question.
 */
export function headerNumbers(start: bigint, { limit, skip, reverse }: Omit<HeadersQuestion, 'start'>): bigint[] {
  const step = (reverse ? -1n : 1n) * (skip + 1n)
  const numbers: bigint[] = []
  for (let number = start; number >= 0n && number < NUMBERS_END; number += step) {
    if (BigInt(numbers.length) >= limit || numbers.length >= MAX_SERVED) break
    numbers.push(number)
  }
  return numbers
}
