// RLP, written from its end to its start: each header knows the length of what follows it, and nothing is joined.
import { isBytes, utf8ToBytes } from '../base/bytes.ts'
import { shown } from '../base/check-options.ts'

/** What can be written: text as UTF-8, numbers big-endian without leading zeros. */
export type RlpInput = Uint8Array | string | number | bigint | readonly RlpInput[]

/** Room that all items share, so that small ones cost one allocation; large ones get their own, doubled as it fills. */
const SHARED_BYTES = 4096

let shared: Uint8Array | undefined

interface Output {
  bytes: Uint8Array
  /** How many bytes are written, at the end of `bytes`. */
  used: number
}

/**
 * Writes one item.
 *
 * @throws {RangeError} for a number that is negative, not whole, or past 2^53 - 1
 * @throws {TypeError} for anything else that is none of `RlpInput`
 */
export function encodeRlp(input: RlpInput): Uint8Array {
  return written((output) => writeItem(output, input))
}

/** What stands before the content of an item; `kind` is 0xc0 for a list and 0x80 for a string. */
export function rlpHeader(kind: number, length: number): Uint8Array {
  return written((output) => writeHeader(output, kind, length))
}

function written(write: (output: Output) => void): Uint8Array {
  const output = { bytes: (shared ??= new Uint8Array(SHARED_BYTES)), used: 0 }
  write(output)
  return output.bytes.slice(-output.used)
}

function writeItem(output: Output, input: RlpInput): void {
  const before = output.used
  if (Array.isArray(input)) {
    const items = input as readonly RlpInput[]
    for (let i = items.length; i-- > 0;) writeItem(output, items[i]!)
    writeHeader(output, 0xc0, output.used - before)
    return
  }
  writeBytes(output, isBytes(input) ? input : typeof input === 'string' ? utf8ToBytes(input) : digitsOf(input))
  const length = output.used - before
  if (length !== 1 || output.bytes.at(-output.used)! >= 0x80) writeHeader(output, 0x80, length)
}

function writeHeader(output: Output, kind: number, length: number): void {
  if (length < 56) return writeBytes(output, [kind + length])
  const digits = digitsOf(length)
  writeBytes(output, digits)
  writeBytes(output, [kind + 55 + digits.length])
}

// Single bytes come as a plain array: a typed one is six times as large, and was a tenth of a handshake's garbage.
function writeBytes(output: Output, bytes: ArrayLike<number>): void {
  const last = output.bytes
  output.used += bytes.length
  if (output.used > last.length) {
    output.bytes = new Uint8Array(2 * output.used)
    output.bytes.set(last, output.bytes.length - last.length)
  }
  output.bytes.set(bytes, output.bytes.length - output.used)
}

function digitsOf(value: unknown): readonly number[] {
  if (typeof value !== 'number' && typeof value !== 'bigint') {
    throw new TypeError(`RLP has bytes, text, whole numbers and arrays of these, not ${shown(value)}`)
  }
  if (value < 0 || (typeof value === 'number' && !Number.isSafeInteger(value))) {
    throw new RangeError(`RLP has whole numbers from 0, not ${value}`)
  }
  const hex = value ? value.toString(16) : ''
  const digits: number[] = []
  for (let at = -(hex.length % 2); at < hex.length; at += 2) {
    digits.push(parseInt(hex.slice(Math.max(0, at), at + 2), 16))
  }
  return digits
}
