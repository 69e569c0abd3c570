// What a user serves to peers, cut to what one answer may hold. Without a hook the answer is empty, which says: I have
// none.
import type { Peer } from '@peerwire/core'
import { cutAccessLists, cutCells } from './cells.ts'
import type { AccessLists, CellsAnswer, CellsQuestion } from './cells.ts'
import { MAX_SERVED, SOFT_ANSWER_BYTES } from './messages.ts'
import type { HeadersQuestion } from './messages.ts'
import { cutReceipts } from './receipts.ts'
import type { ReceiptsAnswer, ReceiptsQuestion } from './receipts.ts'

type Answer = readonly Uint8Array[] | Promise<readonly Uint8Array[]>

export interface ServeContext {
  readonly peer: Peer
  /** Aborts when the peer ends. */
  readonly signal: AbortSignal
}

/** Answers to peers: RLP items, in the order asked for, ending where something is missing. */
export interface EthServe {
  /**
   * Numbers are a stranger's and may be anything up to 2^64 - 1, but `limit`, which is 1 to 1,024; see
   * `headerNumbers`.
   */
  headers?(question: HeadersQuestion, context: ServeContext): Answer
  bodies?(hashes: readonly Uint8Array[], context: ServeContext): Answer
  /** Whole blocks; what doesn't fit into an answer of eth/70 is left for the next, which asks for the same block. */
  receipts?(hashes: readonly Uint8Array[], context: ServeContext): Answer
  /** Block access lists (eth/71), in the order asked for, `undefined` for those that aren't there. */
  accessLists?(hashes: readonly Uint8Array[], context: ServeContext): AccessLists | Promise<AccessLists>
  /** Cells of blob transactions (eth/72): of those that are there, in any order. */
  cells?(question: CellsQuestion, context: ServeContext): Cells | Promise<Cells>
}

type Cells = Pick<CellsAnswer, 'hashes' | 'cells'>

export async function serveHeaders(
  serve: EthServe,
  question: HeadersQuestion,
  context: ServeContext,
): Promise<readonly Uint8Array[]> {
  const most = BigInt(MAX_SERVED)
  const limit = question.limit < most ? question.limit : most
  if (limit === 0n || !serve.headers) return []
  return cut(await serve.headers({ ...question, limit }, context), Number(limit))
}

export async function serveByHash(
  hook: EthServe['bodies'],
  hashes: readonly Uint8Array[],
  context: ServeContext,
): Promise<readonly Uint8Array[]> {
  const asked = hashes.slice(0, MAX_SERVED)
  if (asked.length === 0 || !hook) return []
  return cut(await hook(asked, context), asked.length)
}

export async function serveReceipts(
  serve: EthServe,
  { first, hashes }: ReceiptsQuestion,
  context: ServeContext,
): Promise<ReceiptsAnswer> {
  const asked = hashes.slice(0, MAX_SERVED)
  if (asked.length === 0 || !serve.receipts) return { incomplete: false, lists: [] }
  return cutReceipts(await serve.receipts(asked, context), first, asked.length)
}

export async function serveAccessLists(
  serve: EthServe,
  hashes: readonly Uint8Array[],
  context: ServeContext,
): Promise<AccessLists> {
  const asked = hashes.slice(0, MAX_SERVED)
  if (asked.length === 0) return []
  return cutAccessLists((await serve.accessLists?.(asked, context)) ?? [], asked.length)
}

export async function serveCells(
  serve: EthServe,
  question: CellsQuestion,
  context: ServeContext,
): Promise<CellsAnswer> {
  const { hashes, mask } = question
  const asked = { hashes: hashes.slice(0, MAX_SERVED), mask }
  const found = asked.hashes.length === 0 ? undefined : await serve.cells?.(asked, context)
  return cutCells(found ?? { hashes: [], cells: [] }, mask)
}

/** As many items as fit: at least one, and none more once the answer is long. */
export function cut(items: readonly Uint8Array[], most: number): readonly Uint8Array[] {
  let bytes = 0
  let count = 0
  while (count < items.length && count < most && bytes < SOFT_ANSWER_BYTES) bytes += items[count++]!.length
  return items.slice(0, count)
}
