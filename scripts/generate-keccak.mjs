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
import {
  ADD,
  AND,
  block,
  branch,
  branchIf,
  call,
  EQ,
  EQZ,
  GE,
  get,
  I32,
  i32,
  I64,
  i64,
  I64_AND,
  I64_OR,
  I64_ROTL,
  I64_XOR,
  increase,
  LE,
  load64,
  load8,
  loop,
  NE,
  set,
  store64,
  store8,
  tee,
  wasmModule,
  wasmSource,
  when,
  XOR,
} from './lib/wasm.mjs'

/** Where the module is kept. */
export const KECCAK_FILE = inRoot('packages/core/src/crypto/wasm-keccak/module.ts')

/** Bytes of the state that data goes into: 1600 bits less twice the 256 of the digest. */
export const RATE = 136
const LANES = 25
const ROUNDS = 24

const NOT = [...i64(-1), I64_XOR]

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
export function roundConstants() {
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
    code.push(get(from + x), ...columns.slice(1).map((y) => [...get(from + x + 5 * y), I64_XOR]), set(SUM + x))
  }
  for (const x of columns) {
    code.push(get(SUM + ((x + 4) % 5)), get(SUM + ((x + 1) % 5)), i64(1), [I64_ROTL, I64_XOR], set(MIX + x))
  }
  for (const y of columns) {
    const inRow = columns.map((x) => isInverted(sourceOf(x, y)) !== inMix[sourceOf(x, y) % 5])
    for (const x of columns) {
      const source = sourceOf(x, y)
      code.push(get(from + source), get(MIX + (source % 5)), [I64_XOR])
      if (rotation[source] > 0) code.push(i64(rotation[source]), [I64_ROTL])
      code.push(set(ROW + x))
    }
    for (const x of columns) {
      code.push(chi(x, inRow, isInverted(x + 5 * y)))
      if (x + 5 * y === 0) code.push(get(PLACE), load64(constantAt), [I64_XOR])
      code.push(set(to + x + 5 * y))
    }
  }
  return code.flat()
}

/** a ^ (~b & c) for lanes of a row that may be held inverted; each form is the same by De Morgan's laws. */
function chi(x, inRow, wanted) {
  const [a, b, c] = [x, (x + 1) % 5, (x + 2) % 5]
  const lane = (at, negated) => [...get(ROW + at), ...(negated ? NOT : [])]
  const term = inRow[c] ? [...lane(b, inRow[b]), ...lane(c), I64_OR] : [...lane(b, !inRow[b]), ...lane(c), I64_AND]
  const result = [...get(ROW + a), ...term, I64_XOR]
  return (inRow[a] !== inRow[c]) !== wanted ? [...result, ...NOT] : result
}

function permute() {
  const lanes = Array.from({ length: LANES }, (_, lane) => lane)
  return [
    lanes.map((lane) => [...get(1), ...load64(8 * lane), ...set(FIRST + lane)]),
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
    lanes.map((lane) => [...get(0), ...get(FIRST + lane), ...store64(8 * lane)]),
  ].flat(2)
}

function absorb() {
  const [state, filled, data, length] = [0, 1, 2, 3]
  const full = [call(0), i32(0), set(filled)]
  const permuteState = [get(state), get(state), ...full].flat()
  const into = [...get(state), ...get(filled), ADD]
  const advance = (bytes) => [...increase(data, bytes), ...increase(length, -bytes)]
  const words = Array.from({ length: RATE / 8 }, (_, word) => [
    ...[get(state), get(state), load64(8 * word), get(data), load64(8 * word), [I64_XOR], store64(8 * word)].flat(),
  ])
  const whole = [...get(filled), EQZ, ...get(length), ...i32(RATE), GE, AND]
  const word = [...get(filled), ...i32(RATE - 8), LE, ...get(length), ...i32(8), GE, AND]
  return [
    block(
      loop(
        [...get(length), EQZ, ...branchIf(1)],
        when(whole, words.flat(), permuteState, advance(RATE), branch(1)),
        block(
          when(
            word,
            [...into, ...into, ...load64(), ...get(data), ...load64(), I64_XOR, ...store64()],
            increase(filled, 8),
            advance(8),
            branch(1),
          ),
          [...into, ...into, ...load8(), ...get(data), ...load8(), XOR, ...store8()],
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

/** For a generator that puts them into a module: `permute` is its first function, `absorb` its second. */
export const keccakFunctions = () => [
  {
    name: 'permute',
    parameters: 2,
    locals: [
      [1, I32],
      [ROW + 5 - FIRST, I64],
    ],
    code: permute(),
  },
  { name: 'absorb', parameters: 4, result: true, code: absorb() },
]

/** The module's bytes. */
export function keccakModule() {
  return wasmModule({ pages: 1, functions: keccakFunctions(), data: [[0, roundConstants()]] })
}

/** The text of the source file that holds them. */
export function keccakSource() {
  return wasmSource('generate-keccak.mjs', 'keccak-f[1600]', 'KECCAK_MODULE', keccakModule())
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(KECCAK_FILE, keccakSource())
