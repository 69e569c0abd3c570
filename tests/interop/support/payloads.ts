// Payloads of the sizes and kinds that a frame and its compression can trip over.

/** Around an AES block, a byte's range, a snappy block, and up to 1 MiB. */
export const PAYLOAD_SIZES = [1, 2, 15, 16, 17, 255, 256, 1024, 65_536, 1_048_576] as const

/** A short text over and over. */
export function compressible(size: number): Uint8Array {
  const text = new TextEncoder().encode('block header transaction receipt ')
  return Uint8Array.from({ length: size }, (_, i) => text[i % text.length]!)
}

/** Bytes without a pattern, the same ones each time. */
export function incompressible(size: number): Uint8Array {
  let state = 0x9e37_79b9 ^ size
  return Uint8Array.from({ length: size }, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state & 0xff
  })
}
