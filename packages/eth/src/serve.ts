// What a user serves to peers, cut to what one answer may hold. Without a hook the answer is empty, which says: I have
// none.
import type { Peer } from '@peerwire/core'
import { MAX_SERVED, SOFT_ANSWER_BYTES } from './messages.ts'
import type { HeadersQuestion } from './messages.ts'

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
  receipts?(hashes: readonly Uint8Array[], context: ServeContext): Answer
}

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

/** As many items as fit: at least one, and none more once the answer is long. */
export function cut(items: readonly Uint8Array[], most: number): readonly Uint8Array[] {
  let bytes = 0
  let count = 0
  while (count < items.length && count < most && bytes < SOFT_ANSWER_BYTES) bytes += items[count++]!.length
  return items.slice(0, count)
}
