// RLP, read: what strangers send, with a budget and without copies.
import { isBytes } from '../base/bytes.ts'
import { readHeader, rlpError, type RlpHeader } from './rlp-header.ts'

/** One item that was read. Strings are views into the message: valid as long as it is. */
export type RlpItem = Uint8Array | readonly RlpItem[]

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
  if (isBytes(item)) throw rlpError('a string where a list belongs')
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
