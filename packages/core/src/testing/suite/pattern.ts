// Bytes that tell their own place in a stream, so that a lost, doubled or swapped one is seen.

function byteAt(position: number): number {
  return (position + (position >>> 8) * 7 + (position >>> 16) * 13) & 0xff
}

/** `length` bytes of the stream from `offset` on; a fresh array. */
export function patternBytes(offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = byteAt(offset + i)
  return bytes
}

/** Where in the stream the first wrong byte is, or -1. */
export function firstWrong(chunk: Uint8Array, offset: number): number {
  for (let i = 0; i < chunk.length; i++) if (chunk[i] !== byteAt(offset + i)) return offset + i
  return -1
}
