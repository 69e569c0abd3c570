// Single blocks of AES, by tables of 4 KiB; what encrypts more is made of it.

// SubBytes and MixColumns at once, for a byte of each of the four rows; made on first use.
let made: Uint32Array | undefined

// Goes through all bytes but 0 as powers of 3, each with its inverse. @see FIPS 197, sections 4 and 5.1
function makeTables(): Uint32Array {
  const tables = new Uint32Array(1024)
  const put = (byte: number, inverse: number): void => {
    const twice = inverse * 0x101
    const sub = ((twice ^ (twice >> 4) ^ (twice >> 5) ^ (twice >> 6) ^ (twice >> 7)) & 255) ^ 0x63
    const column = times2(sub) | (sub << 8) | (sub << 16) | ((times2(sub) ^ sub) << 24)
    for (let row = 0; row < 4; row++) tables[(row << 8) | byte] = (column << (8 * row)) | (column >>> (-8 * row))
  }
  put(0, 0)
  let byte = 1
  let inverse = 1
  do {
    put(byte, inverse)
    byte ^= times2(byte)
    // What 3 times it would give back, since 0xf6 is the inverse of 3.
    inverse ^= inverse << 1
    inverse ^= inverse << 2
    inverse = (inverse ^ (inverse << 4)) & 255
    if (inverse & 128) inverse ^= 9
  } while (byte !== 1)
  return tables
}

function times2(byte: number): number {
  return (byte << 1) ^ ((byte >> 7) * 0x11b)
}

/** A column of the state after SubBytes and MixColumns: a byte of each word, from the least. */
function mixed(tables: Uint32Array, a: number, b: number, c: number, d: number): number {
  return (
    tables[a & 255]! ^ tables[256 | ((b >>> 8) & 255)]! ^ tables[512 | ((c >>> 16) & 255)]! ^ tables[768 | (d >>> 24)]!
  )
}

/** The same after SubBytes alone, which stands in the tables, too. */
function substituted(tables: Uint32Array, a: number, b: number, c: number, d: number): number {
  return (
    (tables[512 | (a & 255)]! & 255) |
    (tables[(b >>> 8) & 255]! & 0xff00) |
    (tables[(c >>> 16) & 255]! & 0xff0000) |
    (tables[256 | (d >>> 24)]! & ~0xffffff)
  )
}

/**
 * The round keys of a key, in words whose first byte is the least significant.
 *
 * @throws {RangeError} unless it has 16 or 32 bytes
 */
export function expandKey(key: Uint8Array): Uint32Array {
  const words = key.length / 4
  if (words !== 4 && words !== 8) throw new RangeError(`an AES key of ${key.length} bytes`)
  const tables = (made ??= makeTables())
  const keys = new Uint32Array(4 * words + 28)
  for (let i = 0, round = 1; i < keys.length; i++) {
    let word = i < words ? wordAt(key, 4 * i) : keys[i - 1]!
    if (i >= words) {
      const isFirst = i % words === 0
      if (isFirst) word = (word >>> 8) | (word << 24)
      if (isFirst || i % words === 4) word = substituted(tables, word, word, word, word)
      if (isFirst) {
        word ^= round
        round = times2(round)
      }
      word ^= keys[i - words]!
    }
    keys[i] = word
  }
  return keys
}

/** Encrypts the first 16 bytes of `block` into `result`, from `at` on. @param keys - of `expandKey` */
export function encryptBlock(keys: Uint32Array, block: Uint8Array, result: Uint8Array, at = 0): void {
  const tables = made!
  const last = keys.length - 4
  let a = wordAt(block, 0) ^ keys[0]!
  let b = wordAt(block, 4) ^ keys[1]!
  let c = wordAt(block, 8) ^ keys[2]!
  let d = wordAt(block, 12) ^ keys[3]!
  for (let i = 4; i < last; i += 4) {
    const nextA = mixed(tables, a, b, c, d) ^ keys[i]!
    const nextB = mixed(tables, b, c, d, a) ^ keys[i + 1]!
    const nextC = mixed(tables, c, d, a, b) ^ keys[i + 2]!
    d = mixed(tables, d, a, b, c) ^ keys[i + 3]!
    a = nextA
    b = nextB
    c = nextC
  }
  putWord(result, at, substituted(tables, a, b, c, d) ^ keys[last]!)
  putWord(result, at + 4, substituted(tables, b, c, d, a) ^ keys[last + 1]!)
  putWord(result, at + 8, substituted(tables, c, d, a, b) ^ keys[last + 2]!)
  putWord(result, at + 12, substituted(tables, d, a, b, c) ^ keys[last + 3]!)
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

function putWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word
  bytes[at + 1] = word >>> 8
  bytes[at + 2] = word >>> 16
  bytes[at + 3] = word >>> 24
}
