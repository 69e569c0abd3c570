// What policy asks of an error, answered from the table of codes, so that nothing else compares codes or texts.
import { CODES } from './codes.ts'
import type { PeerError } from './peer-error.ts'

/**
 * Whether what ended a peer was the peer's own wrongdoing, seen by us and not told by the remote. A peer that lives
 * (`peer.error` is absent) has done none.
 */
export function isMisdeed(error: Pick<PeerError, 'code'> | undefined): boolean {
  return error !== undefined && CODES[error.code].misdeed === true
}

/** Whether the remote is told with a Disconnect, where frames can be sent. */
export function isTold({ code }: Pick<PeerError, 'code'>): boolean {
  return CODES[code].untold !== true
}
