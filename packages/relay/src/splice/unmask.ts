// Takes a WebSocket's mask off, and moves what was under it to its place, in one pass over the memory that it came in.

/** From here on moving first and then going over aligned words is quicker than words that are not aligned. */
const ALIGNED_BYTES = 2_048

/**
 * Moves `length` bytes from `from` to `to` without their mask.
 *
 * @param view - of the same bytes
 * @param to - at most `from`
 * @param mask - its first byte, for the byte at `from`, is the lowest
 */
export function unmask(
  bytes: Uint8Array,
  view: DataView,
  from: number,
  to: number,
  length: number,
  mask: number,
): void {
  if (length >= ALIGNED_BYTES) return unmaskAligned(bytes, from, to, length, mask)
  let at = 0
  for (; at + 16 <= length; at += 16) {
    view.setInt32(to + at, view.getInt32(from + at, true) ^ mask, true)
    view.setInt32(to + at + 4, view.getInt32(from + at + 4, true) ^ mask, true)
    view.setInt32(to + at + 8, view.getInt32(from + at + 8, true) ^ mask, true)
    view.setInt32(to + at + 12, view.getInt32(from + at + 12, true) ^ mask, true)
  }
  for (; at + 4 <= length; at += 4) view.setInt32(to + at, view.getInt32(from + at, true) ^ mask, true)
  for (; at < length; at++) bytes[to + at] = bytes[from + at]! ^ (mask >>> ((at & 3) * 8))
}

/** The mask as it goes on behind so many bytes. */
export function maskBehind(mask: number, length: number): number {
  const bits = (length & 3) * 8
  return bits === 0 ? mask : (mask >>> bits) | (mask << (32 - bits))
}

function unmaskAligned(bytes: Uint8Array, from: number, to: number, length: number, mask: number): void {
  if (to !== from) bytes.copyWithin(to, from, from + length)
  const ahead = -(bytes.byteOffset + to) & 3
  for (let at = 0; at < ahead; at++) bytes[to + at]! ^= mask >>> (at * 8)
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + to + ahead, (length - ahead) >> 2)
  // A word is read as this machine has it; every machine that Node runs on has the lowest byte first.
  const wordMask = maskBehind(mask, ahead)
  for (let at = 0; at < words.length; at++) words[at]! ^= wordMask
  for (let at = ahead + words.length * 4; at < length; at++) bytes[to + at]! ^= mask >>> ((at & 3) * 8)
}
