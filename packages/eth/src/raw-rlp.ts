// RLP lists joined from parts that are encoded already, and strings taken out of their header without a copy.
import { concatBytes, DiscReason, PeerError } from '@peerwire/core'

/** One list of items that are encoded already. */
export function joinList(items: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const item of items) length += item.length
  return concatBytes(header(0xc0, length), ...items)
}

/** One string with its header. */
export function wrapString(bytes: Uint8Array): Uint8Array {
  return bytes.length === 1 && bytes[0]! < 0x80 ? bytes : concatBytes(header(0x80, bytes.length), bytes)
}

/** The content of an encoded string; a view. The item must have been checked for its form. */
export function unwrapString(item: Uint8Array): Uint8Array {
  const first = item[0]!
  if (first < 0x80) return item
  if (first >= 0xc0) throw invalidMessage('a list where a string belongs')
  return item.subarray(first < 0xb8 ? 1 : first - 0xb6)
}

/** The content of an encoded list; a view. The item must have been checked for its form. */
export function unwrapList(item: Uint8Array): Uint8Array {
  const first = item[0]!
  if (first < 0xc0) throw invalidMessage('a string where a list belongs')
  return item.subarray(first < 0xf8 ? 1 : first - 0xf6)
}

export function isList(item: Uint8Array): boolean {
  return item[0]! >= 0xc0
}

export function invalidMessage(text: string): PeerError {
  return new PeerError('invalid message', DiscReason.breachOfProtocol, text)
}

export function unexpectedAnswer(text: string): PeerError {
  return new PeerError('unexpected answer', DiscReason.breachOfProtocol, text)
}

function header(kind: number, length: number): Uint8Array {
  if (length < 56) return Uint8Array.of(kind + length)
  const digits: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256)
  return Uint8Array.of(kind + 55 + digits.length, ...digits)
}
