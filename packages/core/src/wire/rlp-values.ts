// What an RLP item means: numbers, bytes of a fixed length, text, lists. Each says what it found instead.
import { bytesToUtf8, isBytes } from '../base/bytes.ts'
import { rlpError } from './rlp-header.ts'
import type { RlpItem } from './rlp.ts'

/** The items of a list with at least `least` of them. @throws {PeerError} `invalid message` */
export function listOf(item: RlpItem | undefined, least = 0): readonly RlpItem[] {
  if (item === undefined) throw rlpError('an item is missing')
  if (isBytes(item)) throw rlpError('a string where a list belongs')
  if (item.length < least) throw rlpError(`${item.length} items where ${least} belong`)
  return item
}

/** The bytes of a string, of exactly `length` where given; a view. @throws {PeerError} `invalid message` */
export function bytesOf(item: RlpItem | undefined, length?: number): Uint8Array {
  if (item === undefined) throw rlpError('an item is missing')
  if (!isBytes(item)) throw rlpError('a list where a string belongs')
  if (length !== undefined && item.length !== length) throw rlpError(`${item.length} bytes where ${length} belong`)
  return item
}

/** A whole number from 0 to 2^53 - 1. @throws {PeerError} `invalid message` when past it or not canonical */
export function uintOf(item: RlpItem | undefined): number {
  const value = bigUintOf(item, 64)
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw rlpError(`number ${value} is past 2^53 - 1`)
  return Number(value)
}

/**
 * A whole number of at most `bits` bits, a multiple of 8. @throws {PeerError} `invalid message` when past it or not
 * canonical
 */
export function bigUintOf(item: RlpItem | undefined, bits = 256): bigint {
  const digits = bytesOf(item)
  if (digits.length > bits / 8) throw rlpError(`a number of ${digits.length} bytes where ${bits / 8} fit`)
  if (digits[0] === 0) throw rlpError('a number with a leading zero')
  let value = 0n
  for (const digit of digits) value = (value << 8n) | BigInt(digit)
  return value
}

/** UTF-8 text of at most `maxBytes`. @throws {PeerError} `invalid message` */
export function textOf(item: RlpItem | undefined, maxBytes: number): string {
  const bytes = bytesOf(item)
  if (bytes.length > maxBytes) throw rlpError(`text of ${bytes.length} bytes where ${maxBytes} fit`)
  try {
    return bytesToUtf8(bytes)
  } catch {
    throw rlpError('text that is not UTF-8')
  }
}
