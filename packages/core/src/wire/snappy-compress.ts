// Snappy's block form, written: greedy matches from a small table of places where four bytes were last seen.

/** Matches reach back no further than this, so that a place fits 16 bits. */
const FRAGMENT_BYTES = 65_536
/** Bits of the largest table; small inputs take a smaller one, which must be cleared first. */
const MAX_TABLE_BITS = 14
const MIN_TABLE_BITS = 8

// One table for the whole program: compressing is synchronous, and each fragment clears what it uses.
let sharedTable: Uint16Array | undefined

/** Compresses into a fresh array, at most 32 + length + length/6 bytes. */
export function compress(input: Uint8Array): Uint8Array {
  const output = new Uint8Array(32 + input.length + Math.floor(input.length / 6))
  let at = 0
  let length = input.length
  for (; length >= 0x80; length = Math.floor(length / 128)) output[at++] = (length & 0x7f) | 0x80
  output[at++] = length
  for (let start = 0; start < input.length; start += FRAGMENT_BYTES) {
    at = compressFragment(input, start, Math.min(input.length, start + FRAGMENT_BYTES), output, at)
  }
  // Most of a compressible message's room is unused: let it go.
  return at * 2 < output.length ? output.slice(0, at) : output.subarray(0, at)
}

function compressFragment(input: Uint8Array, start: number, end: number, output: Uint8Array, at: number): number {
  const bits = Math.min(MAX_TABLE_BITS, Math.max(MIN_TABLE_BITS, 32 - Math.clz32(end - start)))
  sharedTable ??= new Uint16Array(1 << MAX_TABLE_BITS)
  const table = sharedTable.fill(0, 0, 1 << bits)
  const shift = 32 - bits
  // A match needs 4 bytes, and the table's zeros point at the first place: matching begins at the second.
  const last = end - 4
  let literal = start
  let missed = 32
  for (let here = start + 1; here <= last;) {
    const word = read32(input, here)
    const slot = Math.imul(word, 0x1e35a7bd) >>> shift
    const match = start + table[slot]!
    table[slot] = here - start
    if (read32(input, match) !== word) {
      // The longer nothing matches, the wider the steps: what doesn't compress costs little.
      here += missed++ >> 5
      continue
    }
    let matched = 4
    while (here + matched < end && input[match + matched] === input[here + matched]) matched++
    at = writeLiteral(input, literal, here, output, at)
    at = writeCopy(here - match, matched, output, at)
    here += matched
    literal = here
    missed = 32
  }
  return writeLiteral(input, literal, end, output, at)
}

function read32(input: Uint8Array, at: number): number {
  return input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16) | (input[at + 3]! << 24)
}

function writeLiteral(input: Uint8Array, from: number, to: number, output: Uint8Array, at: number): number {
  const length = to - from
  if (length === 0) return at
  const value = length - 1
  if (value < 60) output[at++] = value << 2
  else if (value < 256) {
    output[at++] = 60 << 2
    output[at++] = value
  } else {
    output[at++] = 61 << 2
    output[at++] = value & 0xff
    output[at++] = value >> 8
  }
  output.set(input.subarray(from, to), at)
  return at + length
}

function writeCopy(offset: number, length: number, output: Uint8Array, at: number): number {
  for (let left = length; left > 0;) {
    const part = Math.min(left, 64)
    if (part >= 4 && part < 12 && offset < 2048) {
      output[at++] = ((offset >> 8) << 5) | ((part - 4) << 2) | 1
      output[at++] = offset & 0xff
    } else {
      output[at++] = ((part - 1) << 2) | 2
      output[at++] = offset & 0xff
      output[at++] = offset >> 8
    }
    left -= part
  }
  return at
}
