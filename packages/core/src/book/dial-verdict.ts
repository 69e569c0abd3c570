// What a dial that led to nobody says of the address and of the key.
import { DiscReason } from '../errors/disc-reason.ts'
import type { PeerError } from '../errors/peer-error.ts'
import type { Refusal } from '../wire/refusal.ts'

/**
 * Nobody wants the dial any more, we have no place ourselves, or our own code failed: that says nothing of the address.
 */
export function isOurDoing(error: PeerError): boolean {
  if (isOtherKey(error)) return false
  const { origin } = error
  return origin === 'local' || origin === 'program'
}

/** Whoever is there can't read what was sealed for this key, or has another one; or it is no key at all. */
export function isOtherKey({ code, reason, cause }: PeerError): boolean {
  if (reason === DiscReason.unexpectedIdentity || reason === DiscReason.invalidIdentity) return true
  if (code === 'encryption handshake failed') return true
  return code === 'relay refused' && (cause as Partial<Refusal> | undefined)?.name === 'bad request'
}

/** The node lives and shares no protocol of ours, as we found or as it says. */
export function isUseless({ code, reason }: PeerError): boolean {
  return reason === DiscReason.uselessPeer && (code === 'disconnect reason' || code === 'remote disconnect reason')
}

/** Whoever says that it is full, or that it knows us already, lives. */
export function isSignOfLife({ code, reason }: PeerError): boolean {
  if (code !== 'remote disconnect reason' && code !== 'relay refused') return false
  return reason === DiscReason.tooManyPeers || reason === DiscReason.alreadyConnected
}
