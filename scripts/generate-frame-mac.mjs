// node scripts/generate-frame-mac.mjs: writes the WebAssembly module of RLPx's frame MAC; a test compares.
//
// keccak-256 and AES-256 side by side, so that a small frame is one call. A MAC is a slot of memory: the state of the
// sponge, how much it has taken, the first 16 bytes of its digest, and the round keys. Exports of the module besides
// `memory`, `permute` and `absorb`:
//   digest(slot)                     the digest of all that was absorbed
//   header(slot, at)                 absorbs the encrypted header at `at`; its tag is the digest
//   update(slot, at, length)         absorbs a piece of an encrypted body
//   body(slot)                       after the whole body; its tag is the digest
//   check(slot, at) → i32            whether the digest is what lies at `at`
//   seal(slot, at, length)           writes both tags into a whole frame
//   openHeader(slot, at) → i32       absorbs header and checks the tag behind it
//   openBody(slot, at, length) → i32 absorbs a whole body and checks the tag at its end
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { keccakFunctions, RATE, roundConstants } from './generate-keccak.mjs'
import { inRoot } from './lib/paths.mjs'
import {
  ADD,
  AND,
  branchIf,
  call,
  get,
  I32,
  i32,
  I64_EQZ,
  I64_OR,
  I64_XOR,
  increase,
  load32,
  load64,
  load8,
  loop,
  ROTL,
  set,
  SHL,
  SHR,
  store32,
  store64,
  store8,
  SUB,
  wasmModule,
  wasmSource,
  XOR,
} from './lib/wasm.mjs'

/** Where the module is kept. */
export const FRAME_MAC_FILE = inRoot('packages/core/src/crypto/wasm-frames/module.ts')

/** Places in the memory; slots and data are where the caller wants them, from 2048 on. */
const RESULT_AT = 256
const TABLE_AT = 512
const SEED_AT = 1536
/** Places in a slot. */
const DIGEST = 200
const FILLED = 216
const KEYS = 224
/** AES-256 has 14 rounds; the last has no MixColumns. */
const FULL_ROUNDS = 13
const TAG_BYTES = 16
/** One page holds what is fixed, three the slots and data. */
const PAGES = 4

const [PERMUTE, ABSORB, DIGEST_OF, BLOCK, STEP, CHECK, HEADER, UPDATE, BODY] = [0, 1, 2, 3, 4, 5, 6, 7, 8]

/** FIPS 197, 5.1.1: the inverse in the field of 256, and an affine map. */
function substitutionBox() {
  const box = new Uint8Array(256)
  for (let p = 1, q = 1, first = true; first || p !== 1; first = false) {
    p = (p ^ (p << 1) ^ (p & 0x80 ? 0x11b : 0)) & 0xff
    for (const shift of [1, 2, 4]) q = (q ^ (q << shift)) & 0xff
    if (q & 0x80) q ^= 0x09
    box[p] = [1, 2, 3, 4].reduce((sum, shift) => sum ^ ((q << shift) | (q >> (8 - shift))), q ^ 0x63) & 0xff
  }
  box[0] = 0x63
  return box
}

/** What a byte of the first row becomes by SubBytes and MixColumns, as a column: 2s, s, s, 3s. */
function mixTable() {
  return Array.from(substitutionBox()).flatMap((s) => {
    const double = ((s << 1) ^ (s & 0x80 ? 0x11b : 0)) & 0xff
    return [double, s, s, double ^ s]
  })
}

/** The place of the entry for a byte of a column; the least significant is row 0. */
function entry(column, row) {
  return row === 0 ? [get(column), i32(255), AND, i32(2), SHL] : [get(column), i32(8 * row - 2), SHR, i32(0x3fc), AND]
}

/** One block under the round keys at `keys`. */
function encryptBlock() {
  const [keys, from, to] = [0, 1, 2]
  const first = [3, 4, 5, 6]
  const second = [7, 8, 9, 10]
  const count = 11
  const rows = [0, 1, 2, 3]
  const full = (source, target, keysAt) =>
    rows.map((j) => [
      rows.map((row) => [
        entry(source[(j + row) % 4], row),
        load32(TABLE_AT),
        row === 0 ? [] : [i32(8 * row), ROTL, XOR],
      ]),
      [get(keys), load32(keysAt + 4 * j), XOR, set(target[j])],
    ])
  const last = (source) =>
    rows.map((j) => [
      get(to),
      rows.map((row) => [
        entry(source[(j + row) % 4], row),
        load8(TABLE_AT + 1),
        row === 0 ? [] : [i32(8 * row), SHL, XOR],
      ]),
      [get(keys), load32(32 + 4 * j), XOR, store32(4 * j)],
    ])
  return [
    rows.map((j) => [get(from), load32(4 * j), get(keys), load32(4 * j), XOR, set(first[j])]),
    [i32((FULL_ROUNDS - 1) / 2), set(count)],
    loop(full(first, second, 16), full(second, first, 32), increase(keys, 32), [
      get(count),
      i32(1),
      SUB,
      set(count),
      get(count),
      branchIf(0),
    ]),
    full(first, second, 16),
    last(second),
  ]
}

/** Exclusive-ors one byte, whose address is `address`, with a constant. */
const flip = (address, offset, value) => [address, address, load8(offset), i32(value), XOR, store8(offset)]
const copyTag = (slot, to, offset) => [0, 8].map((at) => [to, get(slot), load64(DIGEST + at), store64(offset + at)])

function digestOf() {
  const slot = 0
  const end = [get(slot), get(slot), load32(FILLED), ADD]
  const padding = [flip(end, 0, 0x01), flip(get(slot), RATE - 1, 0x80)]
  const keep = [0, 8].map((at) => [get(slot), i32(RESULT_AT), load64(at), store64(DIGEST + at)])
  return [padding, [i32(RESULT_AT), get(slot), call(PERMUTE)], padding, keep]
}

/** The seed is the digest's block, mixed with 16 bytes; it is absorbed, and the digest is the new one. */
function step() {
  const [slot, mixed] = [0, 1]
  return [
    [get(slot), i32(KEYS), ADD, get(slot), i32(DIGEST), ADD, i32(SEED_AT), call(BLOCK)],
    [0, 8].map((at) => [i32(SEED_AT), i32(SEED_AT), load64(at), get(mixed), load64(at), I64_XOR, store64(at)]),
    [get(slot), i32(SEED_AT), i32(TAG_BYTES), call(UPDATE), get(slot), call(DIGEST_OF)],
  ]
}

function check() {
  const [slot, at] = [0, 1]
  const difference = (offset) => [get(slot), load64(DIGEST + offset), get(at), load64(offset), I64_XOR]
  return [difference(0), difference(8), I64_OR, I64_EQZ]
}

function seal() {
  const [slot, at, length] = [0, 1, 2]
  const body = [get(slot), get(at), i32(32), ADD, get(length), i32(48), SUB, call(UPDATE), get(slot), call(BODY)]
  return [
    [get(slot), get(at), call(HEADER)],
    copyTag(slot, get(at), 16),
    body,
    copyTag(slot, [get(at), get(length), ADD, i32(TAG_BYTES), SUB], 0),
  ]
}

function openBody() {
  const [slot, at, length] = [0, 1, 2]
  return [
    [get(slot), get(at), get(length), i32(TAG_BYTES), SUB, call(UPDATE), get(slot), call(BODY)],
    [get(slot), get(at), get(length), ADD, i32(TAG_BYTES), SUB, call(CHECK)],
  ]
}

/** The module's bytes. */
export function frameMacModule() {
  const functions = [
    ...keccakFunctions(),
    { name: 'digest', parameters: 1, code: digestOf() },
    { parameters: 3, locals: [[9, I32]], code: encryptBlock() },
    { parameters: 2, code: step() },
    { name: 'check', parameters: 2, result: true, code: check() },
    { name: 'header', parameters: 2, code: [get(0), get(1), call(STEP)] },
    {
      name: 'update',
      parameters: 3,
      code: [get(0), get(0), get(0), load32(FILLED), get(1), get(2), call(ABSORB), store32(FILLED)],
    },
    { name: 'body', parameters: 1, code: [get(0), call(DIGEST_OF), get(0), get(0), i32(DIGEST), ADD, call(STEP)] },
    { name: 'seal', parameters: 3, code: seal() },
    {
      name: 'openHeader',
      parameters: 2,
      result: true,
      code: [get(0), get(1), call(STEP), get(0), get(1), i32(16), ADD, call(CHECK)],
    },
    { name: 'openBody', parameters: 3, result: true, code: openBody() },
  ]
  const data = [
    [0, roundConstants()],
    [TABLE_AT, mixTable()],
  ]
  return wasmModule({ pages: PAGES, functions, data })
}

/** The text of the source file that holds them. */
export function frameMacSource() {
  return wasmSource('generate-frame-mac.mjs', 'the MAC of frames', 'FRAME_MAC_MODULE', frameMacModule())
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(FRAME_MAC_FILE, frameMacSource())
