// How long a node stays away after a failure, answered from the table of codes. Apart, for only a dialer asks.
import { CODES } from './codes.ts'
import type { WaitClass } from './codes.ts'
import { DiscReason } from './disc-reason.ts'
import type { PeerError } from './peer-error.ts'

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
