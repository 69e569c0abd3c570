// Questions of ours to eth peers: from what a user asks to what the wire says, and the checks of the answers.
import { DiscReason, isBytes, isPeerError, PeerError } from '@peerwire/core'
import type { Peer } from '@peerwire/core'
import type { HeadersRequest } from './api.ts'
import { MAX_SERVED } from './messages.ts'
import type { HeadersQuestion } from './messages.ts'

export type Hashes = readonly Uint8Array[]

/** @throws {RangeError} for a limit or a hash that can't be asked for */
export function headersQuestion({ start, limit, skip = 0, reverse = false }: HeadersRequest): HeadersQuestion {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_SERVED) {
    throw new RangeError(`limit must be 1 to ${MAX_SERVED}, not ${limit}`)
  }
  if (isBytes(start) && start.length !== 32) throw new RangeError(`a hash has 32 bytes, not ${start.length}`)
  const first = isBytes(start) ? start : BigInt(start)
  return { start: first, limit: BigInt(limit), skip: BigInt(skip), reverse }
}

/** @throws {PeerError} `unexpected answer` */
export function noMoreThan(hashes: Hashes, answer: Hashes): Hashes {
  if (answer.length <= hashes.length) return answer
  const text = `${answer.length} items where ${hashes.length} were asked for`
  throw new PeerError('unexpected answer', DiscReason.breachOfProtocol, text)
}

/** Ends the peer with what `check` throws, and passes it on. */
export function failing<T>(peer: Peer, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (isPeerError(error)) peer.fail(error)
    throw error
  }
}
