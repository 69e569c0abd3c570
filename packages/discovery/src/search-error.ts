// What a search meets. It is no peer's failure: a handler that searches and passes it on has failed itself.
import { PeerError } from '@peerwire/core'
import type { DiscReason, PeerErrorCode } from '@peerwire/core'

/** Owns them. */
const SEARCH = {}

export function searchError(code: PeerErrorCode, reason: DiscReason, message: string, cause?: unknown): PeerError {
  return new PeerError(code, reason, message, { owner: SEARCH, ...(cause === undefined ? {} : { cause }) })
}
