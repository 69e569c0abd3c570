// The front door of the core: everything a program needs to be a node. RLPx alone is `@peerwire/core/rlpx`.
export { abortable, createDeferred, delay } from './base/abort.ts'
export type { Deferred } from './base/abort.ts'
export { readBoundedText } from './base/bounded-text.ts'
export type { TextAnswer } from './base/bounded-text.ts'
export { concatBytes, equalBytes, fromHex, isBytes, toHex } from './base/bytes.ts'
export { checkOptions, readLimits } from './base/check-options.ts'
export type { OptionKind } from './base/check-options.ts'
export { systemClock } from './base/clock.ts'
export type { Clock, Timer } from './base/clock.ts'
export type { Crypto, Keystream, RunningHash } from './base/crypto.ts'
export { Emitter } from './base/emitter.ts'
export type { Events, EventMap, ListenOptions } from './base/emitter.ts'
export { silentLogger } from './base/log.ts'
export type { LineLoggerOptions } from './base/line-logger.ts'
export type { LogFields, Logger, LogLevel } from './base/log.ts'
export { randomBelow, seededRandom, systemRandom } from './base/random.ts'
export type { Random } from './base/random.ts'
export type { Storage } from './base/storage.ts'
export { portableCrypto } from './crypto/portable.ts'
export { defaultCrypto } from '#default-crypto'
export { generatePrivateKey } from './crypto/private-key.ts'
export type { ErrorOrigin, PeerErrorCode } from './errors/codes.ts'
export { isMisdeed } from './errors/meaning.ts'
export { DiscReason, discReasonText } from './errors/disc-reason.ts'
export { isPeerError, PeerError, thrownFields } from './errors/peer-error.ts'
export type { PeerErrorJson, PeerErrorOptions } from './errors/peer-error.ts'
export { formatAddress, formatEndpoint, parseAddress, parseEndpoint } from './wire/address.ts'
export type { Address, Endpoint } from './wire/address.ts'
export { LinkInbox } from './wire/inbox.ts'
export { LinkOutlet } from './wire/outlet.ts'
export type { OutletHost } from './wire/outlet.ts'
export { bigUintOf, bytesOf, listOf, textOf, uintOf } from './wire/rlp-values.ts'
export { plainRlp } from './wire/rlp-input.ts'
export type { PlainRlp } from './wire/rlp-input.ts'
export { encodeRlp } from './wire/rlp-writer.ts'
export { readList, readListViews, readRlp, readRlpPrefix } from './wire/rlp.ts'
export type { RlpInput } from './wire/rlp-writer.ts'
export type { RlpItem } from './wire/rlp.ts'
export type {
  DialOptions,
  Direction,
  InboundRule,
  Link,
  LinkSink,
  ListenHandlers,
  WaitingPlace,
  Listener,
  ListeningNode,
  Transport,
} from './wire/link.ts'
export { cutReason, readRefusal } from './wire/refusal.ts'
export type { Refusal } from './wire/refusal.ts'
export type { Capability, Peer, RequestOptions } from './wire/peer.ts'
export type {
  AnswerOf,
  Codec,
  Handlers,
  MessageContext,
  MessageDefinition,
  Messages,
  Offer,
  Protocol,
  ProtocolHooks,
  RequestDefinition,
  ValueOf,
} from './wire/protocol.ts'
export { later } from './wire/mailbox.ts'
export { prepare } from './wire/prepared.ts'
export type { Prepared } from './wire/prepared.ts'
export { defineProtocol, message, request } from './protocols/define-protocol.ts'
export { bigUint, bool, bytes, list, raw, rlpCodec, struct, text, uint } from './protocols/codecs.ts'
export type { RlpCodec } from './protocols/codecs.ts'
export { json } from './protocols/json.ts'
export type { StandardSchema } from './protocols/json.ts'
export { RateEstimator } from './peers/rates.ts'
export { evictWorst } from './peers/eviction.ts'
export type { EvictionCandidate } from './peers/eviction.ts'
export type { DialExplanation } from './dialing/explain.ts'
export type { NodeExplanation } from './dialing/explain-all.ts'
export type { DialPolicy, DialPolicyOptions } from './dialing/policy.ts'
export {
  consoleLogger,
  createLineLogger,
  dialPolicy,
  formatLine,
  formatIp,
  fromBase32,
  groupOf,
  guardFloods,
  isLocalIp,
  isPublicEndpoint,
  isRoutableIp,
  parseIp,
  prefixPolicy,
  RefusalCode,
  refusalText,
  strictPrefixPolicy,
  toBase32,
} from './loaded-on-use.ts'
export type { PrefixPolicy } from './addresses/prefix.ts'
export { createNode } from './node/node.ts'
export type { Node, NodeDialOptions, TrustAnswer } from './node/node.ts'
export type { DialFailure, NodeEvents, Removal, SetUpFailure } from './node/events.ts'
export type { NodeInspection, PeerInspection } from './node/inspect.ts'
export { DEFAULT_LIMITS } from './node/options.ts'
export type { Admission, NodeLimits, NodeOptions } from './node/options.ts'
export type { CandidateRefusal, Plugin, PluginContext, Subject, Verdict } from './node/plugin.ts'
export { standing } from './standing/standing.ts'
export type { BanOptions, Standing, StandingOptions } from './standing/standing.ts'
export type { Ban } from './standing/ban-list.ts'
