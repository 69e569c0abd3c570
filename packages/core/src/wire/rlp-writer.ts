// RLP, written from its end to its start: each header knows the length of what follows it, and nothing is joined.
import { utf8ToBytes } from '../base/bytes.ts'

/** What can be written: text as UTF-8, numbers big-endian without leading zeros. */
export type RlpInput = Uint8Array | string | number | bigint | readonly RlpInput[]

/** Room that all items share, so that small ones cost one allocation; large ones get their own, doubled as it fills. */
const SHARED_BYTES = 4096

let shared: Uint8Array | undefined

interface Output {
  bytes: Uint8Array
  /** Where what is written begins. */
  start: number
}

/** Writes one item. @throws {RangeError} for a number that is negative, not whole, or past 2^53 - 1 */
export function encodeRlp(input: RlpInput): Uint8Array {
  shared ??= new Uint8Array(SHARED_BYTES)
  const output = { bytes: shared, start: SHARED_BYTES }
  writeItem(output, input)
  return output.bytes.slice(output.start)
}

/** What stands before the content of an item; `kind` is 0xc0 for a list and 0x80 for a string. */
export function rlpHeader(kind: number, length: number): Uint8Array {
  if (length < 56) return Uint8Array.of(kind + length)
  const digits = digitsOf(length)
  return Uint8Array.of(kind + 55 + digits.length, ...digits)
}

function writeItem(output: Output, input: RlpInput): void {
  if (typeof input === 'object' && !(input instanceof Uint8Array)) {
    const after = output.bytes.length - output.start
    for (let i = input.length; i-- > 0;) writeItem(output, input[i]!)
    prepend(output, rlpHeader(0xc0, output.bytes.length - output.start - after))
    return
  }
  const content = input instanceof Uint8Array ? input : typeof input === 'string' ? utf8ToBytes(input) : digitsOf(input)
  prepend(output, content)
  if (content.length !== 1 || content[0]! >= 0x80) prepend(output, rlpHeader(0x80, content.length))
}

function prepend(output: Output, bytes: Uint8Array): void {
  if (bytes.length > output.start) {
    const written = output.bytes.subarray(output.start)
    output.bytes = new Uint8Array(2 * (written.length + bytes.length))
    output.start = output.bytes.length - written.length
    output.bytes.set(written, output.start)
  }
  output.start -= bytes.length
  output.bytes.set(bytes, output.start)
}

function digitsOf(value: number | bigint): Uint8Array {
  if (value < 0 || (typeof value === 'number' && !Number.isSafeInteger(value))) {
    throw new RangeError(`RLP has whole numbers from 0, not ${value}`)
  }
  if (!value) return new Uint8Array(0)
  const hex = value.toString(16)
  const digits = new Uint8Array((hex.length + 1) >> 1)
  for (let i = digits.length, end = hex.length; i-- > 0; end -= 2) {
    digits[i] = parseInt(hex.slice(Math.max(0, end - 2), end), 16)
  }
  return digits
}
