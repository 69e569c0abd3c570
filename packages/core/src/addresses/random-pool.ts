// Chance by the kilobyte: one call to the platform's source costs more than a whole pick from the tables.
import type { Random } from '../base/random.ts'

/** Bytes asked for at once. */
const POOL_BYTES = 1024

/** Draws from `random` in larger pieces. */
export function createRandomPool(random: Random): Random {
  let pool: Uint8Array = new Uint8Array(0)
  let at = 0
  const uint32 = (): number => {
    if (at === pool.length) {
      pool = random.bytes(POOL_BYTES)
      at = 0
    }
    const value = pool[at]! | (pool[at + 1]! << 8) | (pool[at + 2]! << 16) | (pool[at + 3]! << 24)
    at += 4
    return value >>> 0
  }
  return { uint32, bytes: (length) => random.bytes(length) }
}
