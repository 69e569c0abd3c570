// Snappy's block form by a generated WebAssembly module: the same format, limits and failures as the portable one.
import { readLength, uncompress as portableUncompress } from '../snappy.ts'
import { SNAPPY_MODULE } from './module.ts'

/** Matches reach back no further than this. */
const FRAGMENT_BYTES = 65_536
const MAX_TABLE_BITS = 14
const MIN_TABLE_BITS = 8

/** The encoder's table lies at 0. */
const IN_AT = 32_768
/** A message of 1 MiB with what is around it. Longer ones are read by the portable decoder, for a copy may reach back
 * over all of its output. */
const MOST_OUT_BYTES = 1_114_112
/** The most that an encoder makes of so many bytes; what is longer isn't worth a shortcut. */
const MOST_IN_BYTES: number = 32 + MOST_OUT_BYTES + Math.floor(MOST_OUT_BYTES / 6)
/** Room that is read and written past an end. */
const SLACK_BYTES = 64
const OUT_AT: number = (IN_AT + MOST_IN_BYTES + SLACK_BYTES + 7) & ~7

/** What is kept to compress large messages into. */
const MOST_SCRATCH_BYTES = 2_097_152

interface Engine {
  readonly memory: Uint8Array
  compress(at: number, length: number, to: number, shift: number): number
  uncompress(at: number, end: number, to: number, toEnd: number): number
}

let shared: Engine | undefined

function engine(): Engine {
  if (shared) return shared
  const bytes = Uint8Array.from(atob(SNAPPY_MODULE), (character) => character.charCodeAt(0))
  const { memory, ...functions } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports
  return (shared = {
    ...(functions as unknown as Omit<Engine, 'memory'>),
    memory: new Uint8Array((memory as WebAssembly.Memory).buffer),
  })
}

/** Compresses into a fresh array, at most 32 + length + length/6 bytes. */
export function compress(input: Uint8Array): Uint8Array {
  if (input.length <= FRAGMENT_BYTES) return compressBriefly(input).slice()
  const output = compressFragments(input, new Uint8Array(mostOf(input.length)))
  // Most of a compressible message's room is unused: let it go.
  return output.length * 2 < output.buffer.byteLength ? output.slice() : output
}

/** The same, but the answer may be overwritten by the next call of any function here. */
export function compressBriefly(input: Uint8Array): Uint8Array {
  if (input.length > FRAGMENT_BYTES) return compressFragments(input, scratchOf(mostOf(input.length)))
  const { memory } = engine()
  const at = writeLength(memory, OUT_AT, input.length)
  return memory.subarray(OUT_AT, compressFragment(input, at))
}

function mostOf(length: number): number {
  return 32 + length + Math.floor(length / 6)
}

let scratch: Uint8Array | undefined

function scratchOf(length: number): Uint8Array {
  if (length > MOST_SCRATCH_BYTES) return new Uint8Array(length)
  if (!scratch || scratch.length < length) scratch = new Uint8Array(length)
  return scratch
}

function compressFragments(input: Uint8Array, output: Uint8Array): Uint8Array {
  const { memory } = engine()
  let at = writeLength(output, 0, input.length)
  for (let start = 0; start < input.length; start += FRAGMENT_BYTES) {
    const end = compressFragment(input.subarray(start, start + FRAGMENT_BYTES), OUT_AT)
    output.set(memory.subarray(OUT_AT, end), at)
    at += end - OUT_AT
  }
  return output.subarray(0, at)
}

// Tells where the output ends.
function compressFragment(fragment: Uint8Array, to: number): number {
  const { memory, compress: run } = engine()
  const { length } = fragment
  if (length === 0) return to
  memory.set(fragment, IN_AT)
  const bits = Math.min(MAX_TABLE_BITS, Math.max(MIN_TABLE_BITS, 32 - Math.clz32(length)))
  return run(IN_AT, length, to, 32 - bits)
}

function writeLength(bytes: Uint8Array, at: number, value: number): number {
  let length = value
  for (; length >= 0x80; length = Math.floor(length / 128)) bytes[at++] = (length & 0x7f) | 0x80
  bytes[at++] = length
  return at
}

/** As the portable one, with its failures: what this one doesn't take is read again by that one, which says why. */
export function uncompress(block: Uint8Array, maxBytes: number, from = 0, to: number = block.length): Uint8Array {
  if (to - from > MOST_IN_BYTES) return portableUncompress(block, maxBytes, from, to)
  const { length, start } = readLength(block, from, to)
  if (length > maxBytes || length > MOST_OUT_BYTES) return portableUncompress(block, maxBytes, from, to)
  const { memory, uncompress: run } = engine()
  memory.set(block.subarray(start, to), IN_AT)
  if (run(IN_AT, IN_AT + to - start, OUT_AT, OUT_AT + length) === 0) {
    return portableUncompress(block, maxBytes, from, to)
  }
  return memory.slice(OUT_AT, OUT_AT + length)
}
