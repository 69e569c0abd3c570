// What policy asks of an error, answered from the table of codes, so that nothing else compares codes or texts.
import { CODES } from './codes.ts'
import type { WaitClass } from './codes.ts'
import { DiscReason } from './disc-reason.ts'
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

/** How long to stay away from the node: what its code says, else what the reason does. */
export function waitOf({ code, reason }: Pick<PeerError, 'code' | 'reason'>): WaitClass {
  return CODES[code].wait ?? waitAfter(reason)
}

/** How long the remote asked to be left alone, in milliseconds, `Infinity` for ever; `undefined`: it didn't. */
export function toldWaitMs({ code, cause }: Pick<PeerError, 'code' | 'cause'>): number | undefined {
  if (code !== 'relay refused' || typeof cause !== 'object' || cause === null) return undefined
  const { retryAfterMs } = cause as { readonly retryAfterMs?: unknown }
  return typeof retryAfterMs === 'number' && retryAfterMs >= 0 ? retryAfterMs : undefined
}

function waitAfter(reason: DiscReason): WaitClass {
  switch (reason) {
    case DiscReason.unexpectedIdentity:
    case DiscReason.invalidIdentity:
    case DiscReason.self:
      return 'hopeless'
    case DiscReason.uselessPeer:
    case DiscReason.incompatibleVersion:
      return 'useless'
    case DiscReason.breachOfProtocol:
    case DiscReason.subprotocolError:
      return 'quarrel'
    default:
      return 'usual'
  }
}
