// Chance as a value that is passed in: the platform's for keys, a seeded one for tests and replays.

export interface Random {
  /** Fresh bytes; only the platform's source is fit for keys. */
  bytes(length: number): Uint8Array
  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number
}

/** The platform's cryptographic source. */
export const systemRandom: Random = {
  bytes: (length) => globalThis.crypto.getRandomValues(new Uint8Array(length)),
  uint32: () => globalThis.crypto.getRandomValues(new Uint32Array(1))[0]!,
}

/** A repeatable source (xorshift128 over a hashed seed): same seed, same draws, on every platform. Never for keys. */
export function seededRandom(seed: number): Random {
  let a = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0 || 1
  let b = Math.imul(seed ^ 0x7f4a7c15, 0xc2b2ae35) >>> 0 || 2
  let c = (seed ^ 0x165667b1) >>> 0 || 3
  let d = (seed + 0x27d4eb2f) >>> 0 || 4
  const uint32 = (): number => {
    const mixed = a ^ (a << 11)
    a = b
    b = c
    c = d
    d = (d ^ (d >>> 19) ^ mixed ^ (mixed >>> 8)) >>> 0
    return d
  }
  for (let i = 0; i < 16; i++) uint32()
  return { uint32, bytes: (length) => Uint8Array.from({ length }, () => uint32() & 0xff) }
}

/** A whole number from 0 to `limit` - 1, without bias, in at most 64 draws. */
export function randomBelow(random: Random, limit: number): number {
  if (!(limit >= 1 && limit <= 0x1_0000_0000)) throw new RangeError(`limit must be 1 to 2^32, not ${limit}`)
  const fair = 0x1_0000_0000 - (0x1_0000_0000 % limit)
  let draw = random.uint32()
  for (let i = 0; draw >= fair && i < 63; i++) draw = random.uint32()
  return draw % limit
}
