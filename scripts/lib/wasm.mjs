// A small assembler: WebAssembly's instructions as arrays of bytes, nested as deep as is convenient.

export const I32 = 0x7f
export const I64 = 0x7e
const EMPTY = 0x40

export const unsigned = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)])
const signed = (value) => (value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)])

export const get = (local) => [0x20, ...unsigned(local)]
export const set = (local) => [0x21, ...unsigned(local)]
export const tee = (local) => [0x22, ...unsigned(local)]
export const call = (index) => [0x10, index]
export const i32 = (value) => [0x41, ...signed(value)]
export const i64 = (value) => [0x42, ...signed(value)]
export const [EQZ, EQ, NE, LT, GT, LE, GE] = [0x45, 0x46, 0x47, 0x49, 0x4b, 0x4d, 0x4f]
export const [CTZ, ADD, SUB, MUL, AND, OR, XOR, SHL, SHR, ROTL] = [
  0x68, 0x6a, 0x6b, 0x6c, 0x71, 0x72, 0x73, 0x74, 0x76, 0x77,
]
export const [I64_EQZ, I64_CTZ, I64_AND, I64_OR, I64_XOR, I64_ROTL, WRAP] = [0x50, 0x7a, 0x83, 0x84, 0x85, 0x89, 0xa7]
/** Addresses need no alignment: 0 promises none. */
const access =
  (opcode) =>
  (offset = 0) => [opcode, 0, ...unsigned(offset)]
export const [load32, load64, load8, load16] = [0x28, 0x29, 0x2d, 0x2f].map(access)
export const [store32, store64, store8, store16] = [0x36, 0x37, 0x3a, 0x3b].map(access)
/** Copies so many bytes: to, from, length. */
export const copyMemory = [0xfc, 0x0a, 0, 0]
/** Fills bytes: at, value, length. */
export const fillMemory = [0xfc, 0x0b, 0]
export const block = (...code) => [0x02, EMPTY, code, 0x0b]
export const loop = (...code) => [0x03, EMPTY, code, 0x0b]
export const when = (condition, ...code) => [condition, 0x04, EMPTY, code, 0x0b]
export const branch = (depth) => [0x0c, depth]
export const branchIf = (depth) => [0x0d, depth]
export const answer = [0x0f]
export const increase = (local, by) => [get(local), i32(by), ADD, set(local)]

const sized = (bytes) => [...unsigned(bytes.length), ...bytes]
const section = (id, entries) => [id, ...sized([...unsigned(entries.length), ...entries.flat(Infinity)])]
const name = (text) => sized([...Buffer.from(text)])

/**
 * @typedef {object} WasmFunction
 * @property {string} [name]
 * @property {number} parameters
 * @property {boolean} [result]
 * @property {readonly (readonly [number, number])[]} [locals] - how many of which type
 * @property {unknown} code
 */

/**
 * A module with one memory, which it exports as `memory`.
 *
 * @param {object} parts
 * @param {number} parts.pages - of 64 KiB
 * @param {readonly WasmFunction[]} parts.functions - called by their place; parameters and results are i32; those with
 *   a name are exported
 * @param {readonly (readonly [number, Iterable<number>])[]} [parts.data] - what lies where at first
 */
export function wasmModule({ pages, functions, data = [] }) {
  const type = ({ parameters, result }) => [0x60, ...sized(Array(parameters).fill(I32)), ...sized(result ? [I32] : [])]
  const body = ({ locals = [], code }) => {
    const declared = [...unsigned(locals.length), ...locals.flatMap(([count, kind]) => [...unsigned(count), kind])]
    return sized([...declared, ...[code].flat(Infinity), 0x0b])
  }
  const exported = functions.flatMap((one, index) => (one.name ? [[...name(one.name), 0, index]] : []))
  return Uint8Array.from([
    ...[0, ...Buffer.from('asm'), 1, 0, 0, 0],
    ...section(1, functions.map(type)),
    ...section(
      3,
      functions.map((_, index) => unsigned(index)),
    ),
    ...section(5, [[1, ...unsigned(pages), ...unsigned(pages)]]),
    ...section(7, [[...name('memory'), 2, 0], ...exported]),
    ...section(10, functions.map(body)),
    ...section(
      11,
      data.map(([at, bytes]) => [0, ...i32(at), 0x0b, ...sized([...bytes])]),
    ),
  ])
}

/** A source file that exports the module's bytes as base64. */
export function wasmSource(script, what, constant, bytes) {
  const lines = Buffer.from(bytes)
    .toString('base64')
    .match(/.{1,112}/g)
  return `// Made by scripts/${script}: ${what} as WebAssembly, ${bytes.length} bytes in base64.
export const ${constant}: string =
${lines.map((line) => `  '${line}'`).join(' +\n')}
`
}
