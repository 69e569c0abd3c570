// What policy asks of an error, so that nothing compares texts.
import { DiscReason } from './disc-reason.ts'
import type { PeerError } from './peer-error.ts'

/** Whether the node is worth another dial only after a longer wait. */
export function shouldBackoff({ code, reason }: PeerError): boolean {
  return (
    code === 'encryption handshake failed' ||
    code === 'incompatible remote status' ||
    reason === DiscReason.tooManyPeers ||
    reason === DiscReason.uselessPeer ||
    reason === DiscReason.incompatibleVersion ||
    reason === DiscReason.breachOfProtocol ||
    reason === DiscReason.subprotocolError
  )
}

/** Whether nothing at this address will ever have the key we want: it is another node, or ourselves. */
export function isHopeless({ reason }: PeerError): boolean {
  return reason === DiscReason.self || reason === DiscReason.unexpectedIdentity || reason === DiscReason.invalidIdentity
}

/** Whether the remote did what no honest node does. Never true for what a network or an older version can cause. */
export function meritsBan({ code }: PeerError): boolean {
  return code === 'invalid item' || code === 'unexpected answer' || code === 'too big message'
}

/** Whether the remote made the decision, with a Disconnect. */
export function isRemoteDecision({ code }: PeerError): boolean {
  return code === 'remote disconnect reason'
}
