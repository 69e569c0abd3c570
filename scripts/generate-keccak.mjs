// node scripts/generate-keccak.mjs: writes the WebAssembly module of keccak-256 that the core carries; a test compares.
//
// Exports of the module: `memory`, one page that begins with the round constants;
//   permute(to, from)                          keccak-f[1600] of the 200 bytes at `from`, written at `to`
//   absorb(state, filled, data, length) → i32  XORs data into the first 136 bytes of the state from `filled` on,
//                                              permutes each time they are full, and tells the new `filled`
// Measured: a loop of two rounds is twice as fast as 24 of them in a row, which outgrow what engines optimise well.
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { inRoot } from './lib/paths.mjs'

/** Where the module is kept. */
export const KECCAK_FILE = inRoot('packages/core/src/crypto/wasm-keccak/module.ts')

/** Bytes of the state that data goes into: 1600 bits less twice the 256 of the digest. */
const RATE = 136
const LANES = 25
const ROUNDS = 24

const I32 = 0x7f
const I64 = 0x7e
const EMPTY = 0x40

const unsigned = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)])
const signed = (value) => (value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)])

const get = (local) => [0x20, ...unsigned(local)]
const set = (local) => [0x21, ...unsigned(local)]
const tee = (local) => [0x22, ...unsigned(local)]
const call = (index) => [0x10, index]
const i32 = (value) => [0x41, ...signed(value)]
const i64 = (value) => [0x42, ...signed(value)]
const load = (offset = 0) => [0x29, 0, ...unsigned(offset)]
const store = (offset = 0) => [0x37, 0, ...unsigned(offset)]
const loadByte = [0x2d, 0, 0]
const storeByte = [0x3a, 0, 0]
const [EQZ, EQ, NE, LE, GE, ADD, I32_AND, I32_XOR] = [0x45, 0x46, 0x47, 0x4d, 0x4f, 0x6a, 0x71, 0x73]
const [AND, OR, XOR, ROTL] = [0x83, 0x84, 0x85, 0x89]
const NOT = [...i64(-1), XOR]
const block = (...code) => [0x02, EMPTY, ...code.flat(), 0x0b]
const loop = (...code) => [0x03, EMPTY, ...code.flat(), 0x0b]
const when = (condition, ...code) => [...condition, 0x04, EMPTY, ...code.flat(), 0x0b]
const branch = (depth) => [0x0c, depth]
const branchIf = (depth) => [0x0d, depth]
const increase = (local, by) => [...get(local), ...i32(by), ADD, ...set(local)]

/** Lanes are numbered x + 5y. This many bits rho rotates each by. */
function rotations() {
  const bits = Array.from({ length: LANES }, () => 0)
  for (let t = 0, x = 1, y = 0; t < ROUNDS; t++) {
    bits[x + 5 * y] = (((t + 1) * (t + 2)) / 2) % 64
    ;[x, y] = [y, (2 * x + 3 * y) % 5]
  }
  return bits
}

/** 24 words of 64 bits with the least significant byte first, from the shift register of FIPS 202, 3.2.5. */
function roundConstants() {
  const bytes = new Uint8Array(8 * ROUNDS)
  for (let round = 0, register = 1; round < ROUNDS; round++) {
    for (let j = 0; j < 7; j++) {
      const bit = 2 ** j - 1
      if (register & 1) bytes[8 * round + (bit >> 3)] |= 1 << (bit & 7)
      register = register & 0x80 ? (register << 1) ^ 0x171 : register << 1
    }
  }
  return bytes
}

/** The lane that pi moves to x, y. */
function sourceOf(x, y) {
  return ((x + 3 * y) % 5) + 5 * x
}

/** Locals of `permute`: to, from, the place in the round constants; then lanes. */
const PLACE = 2
const FIRST = 3
const SECOND = FIRST + LANES
const SUM = SECOND + LANES
const MIX = SUM + 5
const ROW = MIX + 5

/** Held inverted between rounds, so that chi needs 9 inversions a round and not 25: a tenth faster. */
const INVERTED = new Set([1, 2, 8, 12, 17, 20])
const isInverted = (lane) => INVERTED.has(lane)
const invertLanes = (at) => [...INVERTED].flatMap((lane) => [...get(at + lane), ...NOT, ...set(at + lane)])

/** One round from the lanes at `from` to those at `to`. */
function round(from, to, constantAt) {
  const columns = [0, 1, 2, 3, 4]
  const rotation = rotations()
  const code = []
  // An inversion goes through theta as a bit does: an odd number of them inverts the sum.
  const inSum = columns.map((x) => columns.filter((y) => isInverted(x + 5 * y)).length % 2 === 1)
  const inMix = columns.map((x) => inSum[(x + 4) % 5] !== inSum[(x + 1) % 5])
  for (const x of columns) {
    code.push(get(from + x), ...columns.slice(1).map((y) => [...get(from + x + 5 * y), XOR]), set(SUM + x))
  }
  for (const x of columns) {
    code.push(get(SUM + ((x + 4) % 5)), get(SUM + ((x + 1) % 5)), i64(1), [ROTL, XOR], set(MIX + x))
  }
  for (const y of columns) {
    const inRow = columns.map((x) => isInverted(sourceOf(x, y)) !== inMix[sourceOf(x, y) % 5])
    for (const x of columns) {
      const source = sourceOf(x, y)
      code.push(get(from + source), get(MIX + (source % 5)), [XOR])
      if (rotation[source] > 0) code.push(i64(rotation[source]), [ROTL])
      code.push(set(ROW + x))
    }
    for (const x of columns) {
      code.push(chi(x, inRow, isInverted(x + 5 * y)))
      if (x + 5 * y === 0) code.push(get(PLACE), load(constantAt), [XOR])
      code.push(set(to + x + 5 * y))
    }
  }
  return code.flat()
}

/** a ^ (~b & c) for lanes of a row that may be held inverted; each form is the same by De Morgan's laws. */
function chi(x, inRow, wanted) {
  const [a, b, c] = [x, (x + 1) % 5, (x + 2) % 5]
  const lane = (at, negated) => [...get(ROW + at), ...(negated ? NOT : [])]
  const term = inRow[c] ? [...lane(b, inRow[b]), ...lane(c), OR] : [...lane(b, !inRow[b]), ...lane(c), AND]
  const result = [...get(ROW + a), ...term, XOR]
  return (inRow[a] !== inRow[c]) !== wanted ? [...result, ...NOT] : result
}

function permute() {
  const lanes = Array.from({ length: LANES }, (_, lane) => lane)
  return [
    lanes.map((lane) => [...get(1), ...load(8 * lane), ...set(FIRST + lane)]),
    invertLanes(FIRST),
    loop(
      round(FIRST, SECOND, 0),
      round(SECOND, FIRST, 8),
      get(PLACE),
      i32(16),
      [ADD],
      tee(PLACE),
      i32(8 * ROUNDS),
      [NE],
      branchIf(0),
    ),
    invertLanes(FIRST),
    lanes.map((lane) => [...get(0), ...get(FIRST + lane), ...store(8 * lane)]),
  ].flat(2)
}

function absorb() {
  const [state, filled, data, length] = [0, 1, 2, 3]
  const full = [call(0), i32(0), set(filled)]
  const permuteState = [get(state), get(state), ...full].flat()
  const into = [...get(state), ...get(filled), ADD]
  const advance = (bytes) => [...increase(data, bytes), ...increase(length, -bytes)]
  const words = Array.from({ length: RATE / 8 }, (_, word) => [
    ...[get(state), get(state), load(8 * word), get(data), load(8 * word), [XOR], store(8 * word)].flat(),
  ])
  const whole = [...get(filled), EQZ, ...get(length), ...i32(RATE), GE, I32_AND]
  const word = [...get(filled), ...i32(RATE - 8), LE, ...get(length), ...i32(8), GE, I32_AND]
  return [
    block(
      loop(
        [...get(length), EQZ, ...branchIf(1)],
        when(whole, words.flat(), permuteState, advance(RATE), branch(1)),
        block(
          when(
            word,
            [...into, ...into, ...load(), ...get(data), ...load(), XOR, ...store()],
            increase(filled, 8),
            advance(8),
            branch(1),
          ),
          [...into, ...into, ...loadByte, ...get(data), ...loadByte, I32_XOR, ...storeByte],
          increase(filled, 1),
          advance(1),
        ),
        when([...get(filled), ...i32(RATE), EQ], permuteState),
        branch(0),
      ),
    ),
    get(filled),
  ].flat()
}

/** The module's bytes. */
export function keccakModule() {
  const sized = (bytes) => [...unsigned(bytes.length), ...bytes]
  const section = (id, count, ...entries) => [id, ...sized([count, ...entries.flat()])]
  const name = (text) => sized([...Buffer.from(text)])
  const body = (locals, code) => sized([locals.length, ...locals.flat(), ...code, 0x0b])
  const permuteLocals = [
    [1, I32],
    [ROW + 5 - FIRST, I64],
  ]
  return Uint8Array.from(
    [
      [0, ...Buffer.from('asm'), 1, 0, 0, 0],
      section(1, 2, [0x60, 2, I32, I32, 0], [0x60, 4, I32, I32, I32, I32, 1, I32]),
      section(3, 2, [0, 1]),
      section(5, 1, [1, 1, 1]),
      section(7, 3, [...name('memory'), 2, 0], [...name('permute'), 0, 0], [...name('absorb'), 0, 1]),
      section(10, 2, body(permuteLocals, permute()), body([], absorb())),
      section(11, 1, [0, ...i32(0), 0x0b, ...sized([...roundConstants()])]),
    ].flat(),
  )
}

/** The text of the source file that holds them. */
export function keccakSource() {
  const bytes = keccakModule()
  const lines = Buffer.from(bytes)
    .toString('base64')
    .match(/.{1,112}/g)
  return `// Made by scripts/generate-keccak.mjs: keccak-f[1600] as WebAssembly, ${bytes.length} bytes in base64.
export const KECCAK_MODULE: string =
${lines.map((line) => `  '${line}'`).join(' +\n')}
`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(KECCAK_FILE, keccakSource())
