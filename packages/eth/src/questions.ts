// Questions of ours to eth peers: from what a user asks to what the wire says, and the checks of the answers.
import { DiscReason, isBytes, isMisdeed, isPeerError, PeerError } from '@peerwire/core'
import type { Crypto, Peer, Protocol } from '@peerwire/core'
import type { EthRequestOptions, HeadersRequest } from './api.ts'
import { checkCells } from './cells.ts'
import type { AccessLists, CellsAnswer, CellsQuestion } from './cells.ts'
import { commonOf, versionOf } from './dialects.ts'
import { headersRefusal, readHeader } from './header.ts'
import type { Header } from './header.ts'
import { MAX_SERVED } from './messages.ts'
import type { HeadersQuestion } from './messages.ts'
import { ethProtocols } from './protocol.ts'
import type { Eth70Messages, Eth71Messages, EthVersion } from './protocol.ts'
import { unexpectedAnswer } from './raw-rlp.ts'
import { collectReceipts } from './receipts.ts'

export type Hashes = readonly Uint8Array[]

/** @throws {RangeError} for a limit or a hash that can't be asked for */
function headersQuestion({ start, limit, skip = 0, reverse = false }: HeadersRequest): HeadersQuestion {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_SERVED) {
    throw new RangeError(`limit must be 1 to ${MAX_SERVED}, not ${limit}`)
  }
  if (isBytes(start) && start.length !== 32) throw new RangeError(`a hash has 32 bytes, not ${start.length}`)
  const first = isBytes(start) ? start : BigInt(start)
  return { start: first, limit: BigInt(limit), skip: BigInt(skip), reverse }
}

/** @throws {PeerError} `unexpected answer` */
function noMoreThan<Item>(hashes: Hashes, answer: readonly Item[]): readonly Item[] {
  if (answer.length <= hashes.length) return answer
  throw unexpectedAnswer(`${answer.length} items where ${hashes.length} were asked for`)
}

/** @throws {PeerError} `request timeout`, `unexpected answer`, or what ended the peer, as all here */
export async function askHeaders(
  peer: Peer,
  request: HeadersRequest,
  options: EthRequestOptions,
  crypto: Crypto,
): Promise<readonly Header[]> {
  const question = headersQuestion(request)
  const answer = await peer.request(commonOf(versionOf(peer)), 'getBlockHeaders', question, options)
  return await failing(peer, () => {
    const headers = answer.map((bytes) => readHeader(bytes, crypto))
    const refusal = headersRefusal(question, headers)
    if (refusal !== undefined) throw unexpectedAnswer(refusal)
    return headers
  })
}

export async function askBodies(peer: Peer, hashes: Hashes, options: EthRequestOptions): Promise<Hashes> {
  const answer = await peer.request(commonOf(versionOf(peer)), 'getBlockBodies', hashes, options)
  return await failing(peer, () => noMoreThan(hashes, answer))
}

/** Receipts of blocks, whole, from however many answers they take. */
export async function askReceipts(peer: Peer, hashes: Hashes, options: EthRequestOptions): Promise<Hashes> {
  const version = versionOf(peer)
  return await failing(peer, async () => {
    if (version === 69) return noMoreThan(hashes, await peer.request(ethProtocols[69], 'getReceipts', hashes, options))
    const protocol = ethProtocols[version] as unknown as Protocol<Eth70Messages>
    return await collectReceipts(hashes, (question) => peer.request(protocol, 'getReceipts', question, options))
  })
}

/** @throws {PeerError} `not served` by a peer below eth/71 */
export async function askAccessLists(peer: Peer, hashes: Hashes, options: EthRequestOptions): Promise<AccessLists> {
  const version = requireVersion(peer, 71, 'block access lists')
  const protocol = ethProtocols[version] as unknown as Protocol<Eth71Messages>
  const answer = await peer.request(protocol, 'getBlockAccessLists', hashes, options)
  return await failing(peer, () => noMoreThan(hashes, answer))
}

/** @throws {PeerError} `not served` by a peer below eth/72 */
export async function askCells(peer: Peer, asked: CellsQuestion, options: EthRequestOptions): Promise<CellsAnswer> {
  requireVersion(peer, 72, 'cells')
  const answer = await peer.request(ethProtocols[72], 'getCells', asked, options)
  return await failing(peer, () => checkCells(asked, answer))
}

function requireVersion(peer: Peer, least: EthVersion, what: string): EthVersion {
  const version = versionOf(peer)
  if (version >= least) return version
  const text = `${what} are of eth/${least} on, and the peer speaks eth/${version}`
  throw new PeerError('not served', DiscReason.uselessPeer, text)
}

/** Ends the peer with what `check` finds wrong with its answer, and passes it on. */
async function failing<T>(peer: Peer, check: () => T | Promise<T>): Promise<T> {
  try {
    return await check()
  } catch (error) {
    if (isPeerError(error) && isMisdeed(error)) peer.fail(error)
    throw error
  }
}
