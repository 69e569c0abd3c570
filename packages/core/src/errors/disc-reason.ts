// The numbers of a devp2p Disconnect and their words.

/** Reasons of a Disconnect, as devp2p numbers them; 0x0c to 0x0f are unassigned. */
export const DiscReason = {
  requested: 0x00,
  networkError: 0x01,
  breachOfProtocol: 0x02,
  uselessPeer: 0x03,
  tooManyPeers: 0x04,
  alreadyConnected: 0x05,
  incompatibleVersion: 0x06,
  invalidIdentity: 0x07,
  quitting: 0x08,
  unexpectedIdentity: 0x09,
  self: 0x0a,
  readTimeout: 0x0b,
  subprotocolError: 0x10,
  /** Never sent by us: a Disconnect that could not be read. */
  invalid: 0xff,
} as const

/** Any number up to 2^64 - 1 that a remote may send; a bigint only past 2^53 - 1. */
export type DiscReason = number | bigint

const WORDS: ReadonlyMap<DiscReason, string> = /* @__PURE__ */ new Map<DiscReason, string>([
  [DiscReason.requested, 'disconnect requested'],
  [DiscReason.networkError, 'network error'],
  [DiscReason.breachOfProtocol, 'breach of protocol'],
  [DiscReason.uselessPeer, 'useless peer'],
  [DiscReason.tooManyPeers, 'too many peers'],
  [DiscReason.alreadyConnected, 'already connected'],
  [DiscReason.incompatibleVersion, 'incompatible p2p protocol version'],
  [DiscReason.invalidIdentity, 'invalid node identity'],
  [DiscReason.quitting, 'client quitting'],
  [DiscReason.unexpectedIdentity, 'unexpected identity'],
  [DiscReason.self, 'connected to self'],
  [DiscReason.readTimeout, 'read timeout'],
  [DiscReason.subprotocolError, 'subprotocol error'],
  [DiscReason.invalid, 'invalid disconnect reason'],
])

/** Whether devp2p has a word for it. */
export function isKnownReason(reason: DiscReason): boolean {
  return WORDS.has(reason)
}

/** The word of a reason; `unknown disconnect reason N` for a number without one. */
export function discReasonText(reason: DiscReason): string {
  return WORDS.get(reason) ?? `unknown disconnect reason ${reason}`
}
