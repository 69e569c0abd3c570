// HMAC of keys and messages that are there as a whole; a library's, made for streams, is four times as large.
import { concatBytes } from '../base/bytes.ts'

/** Bytes that SHA-256 takes at once. */
const BLOCK_BYTES = 64

/** HMAC-SHA-256 by this SHA-256. @see RFC 2104 */
export function hmacSha256<Hash extends Uint8Array>(
  sha256: (bytes: Uint8Array) => Hash,
  key: Uint8Array,
  bytes: Uint8Array,
): Hash {
  const block = new Uint8Array(BLOCK_BYTES)
  block.set(key.length > BLOCK_BYTES ? sha256(key) : key)
  const padded = (pad: number): Uint8Array => block.map((byte) => byte ^ pad)
  return sha256(concatBytes(padded(0x5c), sha256(concatBytes(padded(0x36), bytes))))
}
