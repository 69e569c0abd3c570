// Where things lie in a frame: header 16, tag 16, body padded to 16, tag 16; the body begins with the code.
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import { TAG_BYTES } from './frame-mac.ts'

/** Encrypted header and its tag. */
export const HEADER_BYTES: number = 16 + TAG_BYTES
/** What the size in the header can say at most: 3 bytes. */
export const MAX_FRAME_BYTES = 0xff_ffff

/** A body of `size` bytes with its padding. */
export function paddedLength(size: number): number {
  return (size + 15) & ~15
}

/** How many bytes a code takes. */
export function codeLength(code: number): number {
  return code < 0x80 ? 1 : code < 0x100 ? 2 : code < 0x1_0000 ? 3 : code < 0x100_0000 ? 4 : 5
}

/** Writes `code` as RLP at `at`, `length` from `codeLength`. */
export function writeCode(code: number, length: number, bytes: Uint8Array, at: number): void {
  if (length === 1) {
    bytes[at] = code || 0x80
    return
  }
  bytes[at] = 0x7f + length
  for (let i = length - 1, rest = code; i > 0; i--, rest = Math.floor(rest / 256)) bytes[at + i] = rest & 0xff
}

/**
 * Reads the code of a body of `size` bytes that begins at `at`.
 *
 * @throws {PeerError} `invalid message code` when it is not canonical, cut, or past 32 bits
 */
export function readCode(body: Uint8Array, at = 0, size: number = body.length - at): number {
  const first = body[at]!
  if (first < 0x80 && first > 0) return first
  if (first === 0x80) return 0
  const digits = first - 0x80
  if (first === 0 || digits > 4 || digits >= size) throw badCode(first)
  let code = 0
  for (let i = 1; i <= digits; i++) code = code * 256 + body[at + i]!
  if (codeLength(code) !== digits + 1) throw badCode(first)
  return code
}

function badCode(first: number): PeerError {
  const text = `a message code that is not canonical, beginning with 0x${first.toString(16)}`
  return new PeerError('invalid message code', DiscReason.breachOfProtocol, text)
}
