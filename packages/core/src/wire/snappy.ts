// Snappy's block form, read: bounded before anything is allocated, and strict about every element.
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'

/** Most bytes that one byte of input can become: a copy of 3 bytes gives 64. */
const MAX_GROWTH = 22

/** A block that is being read: how far it was, and what came of it so far. */
export interface Uncompressing {
  readonly output: Uint8Array
  readonly block: Uint8Array
  readonly to: number
  at: number
  filled: number
}

/**
 * The original of one compressed block, which lies in `block` from `from` to `to`; a fresh array.
 *
 * @throws {PeerError} `too big message` when it says it has more than `maxBytes`; `invalid message` when it is
 *   malformed or has another length than it says
 * @see https://github.com/google/snappy/blob/main/format_description.txt
 */
export function uncompress(block: Uint8Array, maxBytes: number, from = 0, to: number = block.length): Uint8Array {
  const state = startUncompress(block, maxBytes, from, to)
  uncompressSome(state, Infinity)
  return state.output
}

/** The same in slices: `uncompressSome` goes on until it answers `true`. @throws {PeerError} as `uncompress` */
export function startUncompress(block: Uint8Array, maxBytes: number, from: number, to: number): Uncompressing {
  const { length, start } = readLength(block, from, to)
  if (length > maxBytes) {
    throw new PeerError(
      'too big message',
      DiscReason.breachOfProtocol,
      `${length} bytes uncompressed, ${maxBytes} allowed`,
    )
  }
  // Seven bytes must not make us allocate megabytes, even within the limit.
  if (length > (to - start) * MAX_GROWTH) throw malformed(`${length} bytes from ${to - from}`)
  return { output: new Uint8Array(length), block, to, at: start, filled: 0 }
}

/** Fills in about `most` bytes more; answers whether that was all. @throws {PeerError} `invalid message` */
export function uncompressSome(state: Uncompressing, most: number): boolean {
  fill(state, state.filled + most)
  if (state.at < state.to) return false
  const { length } = state.output
  if (state.filled !== length) throw malformed(`fewer than ${length} bytes`)
  return true
}

/** The length that a block says it has, and where its elements begin. @throws {PeerError} `invalid message` */
export function readLength(block: Uint8Array, from: number, to: number): { length: number; start: number } {
  let length = 0
  let scale = 1
  for (let i = from; i < from + 5 && i < to; i++, scale *= 128) {
    const byte = block[i]!
    length += (byte & 0x7f) * scale
    if (byte < 0x80) return { length, start: i + 1 }
  }
  throw malformed('no length')
}

function fill(state: Uncompressing, enough: number): void {
  const { output, block, to: end } = state
  let { at, filled } = state
  while (at < end && filled < enough) {
    const tag = block[at++]!
    const kind = tag & 3
    let length = (tag >> 2) + 1
    if (kind === 0) {
      if (length > 60) {
        const digits = length - 60
        length = littleEndian(block, at, digits, end) + 1
        at += digits
      }
      if (at + length > end) throw malformed('a literal is cut')
      if (filled + length > output.length) throw malformed(`more than ${output.length} bytes`)
      copyLiteral(output, filled, block, at, length)
      at += length
    } else {
      const digits = kind === 3 ? 4 : kind
      let offset = littleEndian(block, at, digits, end)
      at += digits
      if (kind === 1) {
        offset += (tag >> 5) << 8
        length = ((tag >> 2) & 7) + 4
      }
      if (offset === 0 || offset > filled) throw malformed(`a copy from ${offset} back with ${filled} bytes there`)
      if (filled + length > output.length) throw malformed(`more than ${output.length} bytes`)
      // Byte for byte: a copy may overlap what it writes, which repeats it.
      for (let i = filled, stop = filled + length; i < stop; i++) output[i] = output[i - offset]!
    }
    filled += length
  }
  state.at = at
  state.filled = filled
}

function copyLiteral(output: Uint8Array, to: number, block: Uint8Array, from: number, length: number): void {
  if (length > 32) output.set(block.subarray(from, from + length), to)
  else for (let i = 0; i < length; i++) output[to + i] = block[from + i]!
}

function littleEndian(block: Uint8Array, at: number, digits: number, end: number): number {
  if (at + digits > end) throw malformed('an element is cut')
  let value = 0
  for (let i = digits; i-- > 0;) value = value * 256 + block[at + i]!
  return value
}

function malformed(text: string): PeerError {
  return new PeerError('invalid message', DiscReason.breachOfProtocol, `snappy: ${text}`)
}
