// AES in the one direction that RLPx needs: whole blocks forward, by tables of 4 KiB that are made on first use.
// The packages that have it bring the way back and tables of a megabyte, at five times the size in a bundle.

interface Tables {
  readonly sbox: Uint8Array
  /** What a byte of the state gives to its new column; four tables of 256 words, each the one before rotated by 8. */
  readonly mix: Uint32Array
}

let shared: Tables | undefined

// Doubles in the field of 256 elements.
function double(byte: number): number {
  return (byte << 1) ^ ((byte >> 7) * 0x11b)
}

function makeTables(): Tables {
  const sbox = new Uint8Array(256)
  const mix = new Uint32Array(1024)
  const enter = (byte: number, inverse: number): void => {
    const spread = inverse ^ (inverse << 1) ^ (inverse << 2) ^ (inverse << 3) ^ (inverse << 4)
    const value = (spread ^ (spread >> 8) ^ 0x63) & 0xff
    sbox[byte] = value
    let word = (double(value) << 24) | (value << 16) | (value << 8) | (value ^ double(value))
    for (let at = byte; at < 1024; at += 256, word = (word >>> 8) | (word << 24)) mix[at] = word
  }
  enter(0, 0)
  // Powers of 3 run through all elements but zero, those of its inverse through theirs.
  for (let i = 0, power = 1, inverse = 1; i < 255; i++) {
    enter(power, inverse)
    power ^= double(power)
    inverse ^= inverse << 1
    inverse ^= inverse << 2
    inverse = (inverse ^ (inverse << 4)) & 0xff
    inverse ^= (inverse >> 7) * 9
  }
  return { sbox, mix }
}

/** The round keys of a key of 16 or 32 bytes. @throws {RangeError} for any other length */
export function expandKey(key: Uint8Array): Uint32Array {
  if (key.length !== 16 && key.length !== 32) throw new RangeError(`an AES key of ${key.length} bytes`)
  shared ??= makeTables()
  const { sbox } = shared
  const bytes = new DataView(key.buffer, key.byteOffset, key.length)
  const length = key.length / 4
  const words = new Uint32Array(4 * (length + 7))
  for (let i = 0; i < length; i++) words[i] = bytes.getUint32(4 * i)
  for (let i = length, round = 1; i < words.length; i++) {
    let word = words[i - 1]!
    if (i % length === 0) {
      word = substitute(sbox, word << 8, word << 8, word << 8, word >>> 24) ^ (round << 24)
      round = double(round)
    } else if (i % length === 4) word = substitute(sbox, word, word, word, word)
    words[i] = words[i - length]! ^ word
  }
  return words
}

/** Encrypts one block, given as four words with the most significant byte first, and writes it at `at`. */
export function encryptBlock(
  keys: Uint32Array,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
  output: DataView,
  at: number,
): void {
  const { sbox, mix } = shared!
  let a = w0 ^ keys[0]!
  let b = w1 ^ keys[1]!
  let c = w2 ^ keys[2]!
  let d = w3 ^ keys[3]!
  let k = 4
  for (; k < keys.length - 4; k += 4) {
    const e = column(mix, a, b, c, d) ^ keys[k]!
    const f = column(mix, b, c, d, a) ^ keys[k + 1]!
    const g = column(mix, c, d, a, b) ^ keys[k + 2]!
    d = column(mix, d, a, b, c) ^ keys[k + 3]!
    a = e
    b = f
    c = g
  }
  output.setUint32(at, substitute(sbox, a, b, c, d) ^ keys[k]!)
  output.setUint32(at + 4, substitute(sbox, b, c, d, a) ^ keys[k + 1]!)
  output.setUint32(at + 8, substitute(sbox, c, d, a, b) ^ keys[k + 2]!)
  output.setUint32(at + 12, substitute(sbox, d, a, b, c) ^ keys[k + 3]!)
}

// SubBytes, ShiftRows and MixColumns of one column, which takes one byte from each word.
function column(mix: Uint32Array, w: number, x: number, y: number, z: number): number {
  return mix[w >>> 24]! ^ mix[256 + ((x >>> 16) & 255)]! ^ mix[512 + ((y >>> 8) & 255)]! ^ mix[768 + (z & 255)]!
}

// The last round's: without MixColumns.
function substitute(sbox: Uint8Array, w: number, x: number, y: number, z: number): number {
  return (sbox[w >>> 24]! << 24) | (sbox[(x >>> 16) & 255]! << 16) | (sbox[(y >>> 8) & 255]! << 8) | sbox[z & 255]!
}
