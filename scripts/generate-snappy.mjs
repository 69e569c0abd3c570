// node scripts/generate-snappy.mjs: writes the WebAssembly module of snappy's block form; a test compares.
//
// Exports of the module: `memory`, which begins with the encoder's table;
//   compress(at, length, to, shift) → i32   compresses at most 64 KiB; `shift` is 32 less the bits of the table; tells
//                                           where the output ends
//   uncompress(at, end, to, toEnd) → i32    1 when the elements fill the output exactly and are well-formed, else 0
// Both may read and write up to 16 bytes past their ends.
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { inRoot } from './lib/paths.mjs'
import {
  ADD,
  AND,
  answer,
  block,
  branch,
  branchIf,
  copyMemory,
  EQ,
  EQZ,
  fillMemory,
  GE,
  get,
  GT,
  I32,
  i32,
  I64,
  I64_CTZ,
  I64_EQZ,
  I64_XOR,
  increase,
  LE,
  load16,
  load32,
  load64,
  load8,
  loop,
  LT,
  MUL,
  NE,
  OR,
  set,
  SHL,
  SHR,
  store16,
  store64,
  store8,
  SUB,
  tee,
  wasmModule,
  wasmSource,
  when,
  WRAP,
} from './lib/wasm.mjs'

/** Where the module is kept. */
export const SNAPPY_FILE = inRoot('packages/core/src/wire/wasm-snappy/module.ts')

/** The table, 1.3 MiB to read from and 1.1 MiB to write to; a page that is never touched costs nothing. */
const PAGES = 40

const other = (condition, yes, no) => [condition, 0x04, 0x40, yes, 0x05, no, 0x0b]
/** Copies 16 bytes, of which as many count as are wanted. */
const copy16 = (to, from) => [0, 8].map((at) => [get(to), get(from), load64(at), store64(at)])
const put = (to, ...value) => [get(to), value, store8(), increase(to, 1)]

function compress() {
  const [at, length, to, shift] = [0, 1, 2, 3]
  const [here, literal, missed, last, end, word, slot, match, ahead, behind, count, offset] = [
    4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  ]
  const difference = 16
  const writeLiteral = [
    when(
      [get(here), get(literal), SUB, tee(count)],
      [increase(count, -1)],
      other(
        [get(count), i32(60), LT],
        put(to, get(count), i32(2), SHL),
        other(
          [get(count), i32(256), LT],
          [put(to, i32(60 << 2)), put(to, get(count))],
          [put(to, i32(61 << 2)), get(to), get(count), store16(), increase(to, 2)],
        ),
      ),
      [increase(count, 1)],
      other([get(count), i32(16), LE], copy16(to, literal), [get(to), get(literal), get(count), copyMemory]),
      [get(to), get(count), ADD, set(to)],
    ),
  ]
  const writeCopy = [
    [get(ahead), get(here), SUB, set(count)],
    [get(here), get(match), SUB, set(offset)],
    loop(
      // `slot` is this part's length.
      [get(count), set(slot), when([get(count), i32(64), GT], i32(64), set(slot))],
      other(
        [get(slot), i32(4), SUB, i32(8), LT, get(offset), i32(2048), LT, AND],
        [
          put(to, get(offset), i32(8), SHR, i32(5), SHL, get(slot), i32(4), SUB, i32(2), SHL, OR, i32(1), OR),
          put(to, get(offset)),
        ],
        [put(to, get(slot), i32(1), SUB, i32(2), SHL, i32(2), OR), get(to), get(offset), store16(), increase(to, 2)],
      ),
      [get(count), get(slot), SUB, tee(count), branchIf(0)],
    ),
  ]
  const extend = [
    [get(here), i32(4), ADD, set(ahead), get(match), i32(4), ADD, set(behind)],
    block(
      loop(
        [get(ahead), i32(8), ADD, get(end), GT, branchIf(1)],
        [get(ahead), load64(), get(behind), load64(), I64_XOR, tee(difference), I64_EQZ],
        [0x04, 0x40, increase(ahead, 8), increase(behind, 8), branch(1), 0x0b],
        [get(ahead), get(difference), I64_CTZ, WRAP, i32(3), SHR, ADD, set(ahead), branch(1)],
      ),
    ),
    // The last bytes, or none when a difference was found: then these differ too.
    block(
      loop(
        [get(ahead), get(end), GE, branchIf(1)],
        [get(ahead), load8(), get(ahead), get(here), SUB, get(match), ADD, load8(), NE, branchIf(1)],
        increase(ahead, 1),
        branch(0),
      ),
    ),
  ]
  const remember = (place) => [get(slot), place, get(at), SUB, store16()]
  const slotOf = (value) => [value, i32(0x1e35a7bd), MUL, get(shift), SHR, i32(1), SHL, set(slot)]
  return [
    [i32(0), i32(0), i32(2), i32(32), get(shift), SUB, SHL, fillMemory],
    [get(at), set(literal), get(at), get(length), ADD, set(end), get(at), i32(1), ADD, set(here), i32(32), set(missed)],
    when(
      [get(length), i32(5), GE],
      [get(end), i32(4), SUB, set(last)],
      block(
        loop(
          [get(here), get(last), GT, branchIf(1)],
          [get(here), load32(), set(word), slotOf(get(word))],
          [get(slot), load16(), get(at), ADD, set(match), remember(get(here))],
          when(
            [get(match), load32(), get(word), NE],
            [get(here), get(missed), i32(5), SHR, ADD, set(here), increase(missed, 1), branch(1)],
          ),
          extend,
          writeLiteral,
          writeCopy,
          [get(ahead), tee(here), set(literal), i32(32), set(missed)],
          // The place before the next is remembered too: what repeats is found sooner.
          when(
            [get(here), get(last), LE],
            [slotOf([get(here), i32(1), SUB, load32()]), remember([get(here), i32(1), SUB])],
          ),
          branch(0),
        ),
      ),
    ),
    [get(end), set(here)],
    writeLiteral,
    get(to),
  ]
}

function uncompress() {
  const [at, end, to, toEnd] = [0, 1, 2, 3]
  const [start, tag, length, offset, from, digits] = [4, 5, 6, 7, 8, 9]
  const fail = [i32(0), answer]
  const need = (bytes) => when([get(end), get(at), SUB, bytes, LT], fail)
  const room = when([get(toEnd), get(to), SUB, get(length), LT], fail)
  const literal = [
    [get(tag), i32(2), SHR, i32(1), ADD, set(length)],
    when(
      [get(length), i32(60), GT],
      [get(length), i32(60), SUB, set(digits), need(get(digits))],
      [get(at), load32(), i32(-1), i32(32), get(digits), i32(3), SHL, SUB, SHR, AND, i32(1), ADD, set(length)],
      // 2^32 bytes.
      when([get(length), EQZ], fail),
      [get(at), get(digits), ADD, set(at)],
    ),
    need(get(length)),
    room,
    other([get(length), i32(16), LE], copy16(to, at), [get(to), get(at), get(length), copyMemory]),
    [get(at), get(length), ADD, set(at), get(to), get(length), ADD, set(to)],
  ]
  const element = (bytes, loaded) => [need(i32(bytes)), get(at), loaded(), set(offset), increase(at, bytes)]
  const copy = [
    [get(tag), i32(2), SHR, i32(1), ADD, set(length)],
    other(
      [get(tag), i32(3), AND, i32(1), EQ],
      [
        element(1, load8),
        [get(tag), i32(5), SHR, i32(8), SHL, get(offset), OR, set(offset)],
        [get(tag), i32(2), SHR, i32(7), AND, i32(4), ADD, set(length)],
      ],
      other([get(tag), i32(3), AND, i32(2), EQ], element(2, load16), element(4, load32)),
    ),
    // An offset of 0 becomes the largest number.
    when([get(offset), i32(1), SUB, get(to), get(start), SUB, GE], fail),
    room,
    [get(to), get(offset), SUB, set(from), get(to), get(length), ADD, set(length)],
    // From here on `length` is where the copy ends. Eight bytes at a time, unless they repeat sooner.
    other(
      [get(offset), i32(8), GE],
      loop(
        [get(to), get(from), load64(), store64()],
        [increase(from, 8), increase(to, 8), get(to), get(length), LT, branchIf(0)],
      ),
      loop(
        [get(to), get(from), load8(), store8()],
        [increase(from, 1), increase(to, 1), get(to), get(length), LT, branchIf(0)],
      ),
    ),
    [get(length), set(to)],
  ]
  return [
    [get(to), set(start)],
    block(
      loop(
        [get(at), get(end), GE, branchIf(1)],
        [get(at), load8(), set(tag), increase(at, 1)],
        other([get(tag), i32(3), AND, EQZ], literal, copy),
        branch(0),
      ),
    ),
    [get(to), get(toEnd), EQ],
  ]
}

/** The module's bytes. */
export function snappyModule() {
  const functions = [
    {
      name: 'compress',
      parameters: 4,
      result: true,
      locals: [
        [12, I32],
        [1, I64],
      ],
      code: compress(),
    },
    { name: 'uncompress', parameters: 4, result: true, locals: [[6, I32]], code: uncompress() },
  ]
  return wasmModule({ pages: PAGES, functions })
}

/** The text of the source file that holds them. */
export function snappySource() {
  return wasmSource('generate-snappy.mjs', 'snappy', 'SNAPPY_MODULE', snappyModule())
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(SNAPPY_FILE, snappySource())
