// The first bytes of an RLP item: its kind and where its content lies. Canonical forms only.
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'

/** Filled by `readHeader`; one object serves a whole message. */
export interface RlpHeader {
  isList: boolean
  /** Where the content begins. */
  start: number
  /** Where the item ends. */
  end: number
}

/**
 * Reads the header of the item at `position` into `header`; the item must end by `limit`.
 *
 * @throws {PeerError} `invalid message` when it is cut or not canonical
 */
export function readHeader(bytes: Uint8Array, position: number, limit: number, header: RlpHeader): void {
  if (position >= limit) throw rlpError('an item is missing')
  const first = bytes[position]!
  header.isList = first >= 0xc0
  if (first < 0x80) {
    header.start = position
    header.end = position + 1
    return
  }
  const size = first - (header.isList ? 0xc0 : 0x80)
  const length = size < 56 ? size : longLength(bytes, position + 1, size - 55, limit)
  header.start = size < 56 ? position + 1 : position + 1 + size - 55
  header.end = header.start + length
  if (header.end > limit) throw rlpError(`an item of ${length} bytes with ${limit - header.start} left`)
  if (first === 0x81 && bytes[header.start]! < 0x80) throw rlpError('a byte below 0x80 with a header')
}

function longLength(bytes: Uint8Array, position: number, digits: number, limit: number): number {
  if (position + digits > limit) throw rlpError('a length is cut')
  if (bytes[position] === 0) throw rlpError('a length with a leading zero')
  let length = 0
  // Eight digits may lose precision, and are far past any limit then.
  for (let i = 0; i < digits; i++) length = length * 256 + bytes[position + i]!
  if (length < 56) throw rlpError(`length ${length} in the long form`)
  return length
}

export function rlpError(text: string): PeerError {
  return new PeerError('invalid message', DiscReason.breachOfProtocol, text)
}
