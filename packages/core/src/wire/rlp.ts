// RLP, both ways: what strangers send is read with a budget and without copies; writing is the `rlp` package's.
import { encode } from 'rlp'
import { utf8ToBytes } from '../base/bytes.ts'
import { readHeader, rlpError, type RlpHeader } from './rlp-header.ts'

/** One item that was read. Strings are views into the message: valid as long as it is. */
export type RlpItem = Uint8Array | readonly RlpItem[]

/** What can be written: text as UTF-8, numbers big-endian without leading zeros. */
export type RlpInput = Uint8Array | string | number | bigint | readonly RlpInput[]

export interface RlpBudget {
  /** Most items over all depths, the outermost included. Default: 65,536. A block of 1,024 headers has about 20,000. */
  readonly maxItems?: number | undefined
  /** Most lists within each other. Default: 16. What eth carries has 6. */
  readonly maxDepth?: number | undefined
}

const MAX_ITEMS = 65_536
const MAX_DEPTH = 16

interface OpenList {
  readonly items: RlpItem[]
  readonly end: number
}

/**
 * Reads `bytes` as exactly one item, in linear time, without recursion.
 *
 * @throws {PeerError} `invalid message` when it is cut, not canonical, past a budget, or bytes follow
 */
export function readRlp(bytes: Uint8Array, budget?: RlpBudget): RlpItem {
  const { item, end } = readRlpPrefix(bytes, budget)
  if (end !== bytes.length) throw rlpError(`${bytes.length - end} bytes after the item`)
  return item
}

/** As `readRlp`, for one item that is a list. */
export function readList(bytes: Uint8Array, budget?: RlpBudget): readonly RlpItem[] {
  const item = readRlp(bytes, budget)
  if (item instanceof Uint8Array) throw rlpError('a string where a list belongs')
  return item
}

/** As `readRlp`, but bytes may follow the item; `end` is where it ends. */
export function readRlpPrefix(
  bytes: Uint8Array,
  budget: RlpBudget = {},
): { readonly item: RlpItem; readonly end: number } {
  const { maxItems = MAX_ITEMS, maxDepth = MAX_DEPTH } = budget
  const header: RlpHeader = { isList: false, start: 0, end: 0 }
  const open: OpenList[] = []
  let list: OpenList | undefined
  let position = 0
  for (let count = 1; ; count++) {
    if (count > maxItems) throw rlpError(`more than ${maxItems} items`)
    readHeader(bytes, position, list ? list.end : bytes.length, header)
    let item: RlpItem
    if (header.isList) {
      if (open.length === maxDepth) throw rlpError(`more than ${maxDepth} lists within each other`)
      list = { items: [], end: header.end }
      open.push(list)
      position = header.start
    } else {
      item = bytes.subarray(header.start, header.end)
      if (!list) return { item, end: header.end }
      list.items.push(item)
      position = header.end
    }
    while (list && position === list.end) {
      item = list.items
      open.pop()
      list = open[open.length - 1]
      if (!list) return { item, end: position }
      list.items.push(item)
    }
  }
}

/**
 * The items of a list as they are encoded, header and all, without reading what is in them: big messages are walked so.
 *
 * @throws {PeerError} `invalid message` when the list is cut, not canonical, longer than `maxItems`, or bytes follow
 */
export function readListViews(bytes: Uint8Array, maxItems: number = MAX_ITEMS): Uint8Array[] {
  const header: RlpHeader = { isList: false, start: 0, end: 0 }
  readHeader(bytes, 0, bytes.length, header)
  if (!header.isList) throw rlpError('a string where a list belongs')
  const { end } = header
  if (end !== bytes.length) throw rlpError(`${bytes.length - end} bytes after the list`)
  const views: Uint8Array[] = []
  for (let position = header.start; position < end; position = header.end) {
    if (views.length === maxItems) throw rlpError(`more than ${maxItems} items`)
    readHeader(bytes, position, end, header)
    views.push(bytes.subarray(position, header.end))
  }
  return views
}

/** Writes one item. @throws {RangeError} for a number that is negative, not whole, or past 2^53 - 1 */
export function encodeRlp(input: RlpInput): Uint8Array {
  return encode(plain(input))
}

type Plain = Uint8Array | Plain[]

// The package reads text that starts with 0x as hex: it gets nothing but bytes.
function plain(input: RlpInput): Plain {
  if (input instanceof Uint8Array) return input
  if (typeof input === 'string') return utf8ToBytes(input)
  if (typeof input === 'object') return input.map(plain)
  return digitsOf(input)
}

function digitsOf(value: number | bigint): Uint8Array {
  if (value < 0 || (typeof value === 'number' && !Number.isSafeInteger(value))) {
    throw new RangeError(`RLP has whole numbers from 0, not ${value}`)
  }
  if (!value) return new Uint8Array(0)
  const hex = value.toString(16)
  const digits = new Uint8Array((hex.length + 1) >> 1)
  for (let i = digits.length, end = hex.length; i-- > 0; end -= 2) {
    digits[i] = parseInt(hex.slice(Math.max(0, end - 2), end), 16)
  }
  return digits
}
