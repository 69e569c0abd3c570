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

/** In the order of the numbers above. */
const WORDS: readonly string[] = [
  'disconnect requested',
  'network error',
  'breach of protocol',
  'useless peer',
  'too many peers',
  'already connected',
  'incompatible p2p protocol version',
  'invalid node identity',
  'client quitting',
  'unexpected identity',
  'connected to self',
  'read timeout',
  'subprotocol error',
  'invalid disconnect reason',
]

function wordOf(reason: DiscReason): string | undefined {
  return WORDS[Object.values<DiscReason>(DiscReason).indexOf(reason)]
}

/** Whether devp2p has a word for it. */
export function isKnownReason(reason: DiscReason): boolean {
  return wordOf(reason) !== undefined
}

/** The word of a reason; `unknown disconnect reason N` for a number without one. */
export function discReasonText(reason: DiscReason): string {
  return wordOf(reason) ?? `unknown disconnect reason ${reason}`
}
