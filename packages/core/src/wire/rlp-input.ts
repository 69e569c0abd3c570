// RLP for another writer, such as the package `rlp`: what it would misread is put right or refused before.
import { isBytes, utf8ToBytes } from '../base/bytes.ts'
import type { RlpInput } from './rlp-writer.ts'

/** Bytes of this realm, whole numbers from 0, and lists of these. */
export type PlainRlp = Uint8Array | number | bigint | PlainRlp[]

/**
 * The same item with text as UTF-8, which writers take for hex where it begins with `0x`.
 *
 * @throws {RangeError} for a number that is negative, not whole, or past 2^53 - 1
 * @throws {TypeError} for what is no RLP input
 */
export function plainRlp(input: RlpInput): PlainRlp {
  if (Array.isArray(input)) return input.map(plainRlp)
  if (isBytes(input)) return input instanceof Uint8Array ? input : Uint8Array.from(input)
  if (typeof input === 'string') return utf8ToBytes(input)
  if (typeof input !== 'number' && typeof input !== 'bigint') throw new TypeError(`no RLP input: ${typeof input}`)
  if (input < 0 || (typeof input === 'number' && !Number.isSafeInteger(input))) {
    throw new RangeError(`RLP has whole numbers from 0, not ${input}`)
  }
  return input
}
