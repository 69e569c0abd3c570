// Which errors are a peer's own wrongdoing: nobody on the way could have caused them, and no honest program does.
import type { PeerErrorCode } from './codes.ts'
import type { PeerError } from './peer-error.ts'

/**
 * Each stands for one misdeed of a peer whose key was proven. `bad frame` and `bad mac` are missing on purpose: whoever
 * carries the bytes can cause them, and would turn us against honest peers.
 */
export const MISDEEDS: readonly PeerErrorCode[] = [
  // it broke a protocol
  'too big message',
  'invalid message',
  'invalid message code',
  'unexpected answer',
  'unexpected remote status',
  // it passed on what it must have known to be false
  'invalid item',
  // it flooded
  'pong failure',
]

/** Whether what ended a peer was the peer's own wrongdoing, seen by us and not told by the remote. */
export function isMisdeed({ code }: PeerError): boolean {
  return MISDEEDS.includes(code)
}
