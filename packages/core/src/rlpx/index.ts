// The entry `@peerwire/core/rlpx`: encrypted and authenticated sessions over any stream of bytes, and nothing else.
export { equalBytes, fromHex, toHex } from '../base/bytes.ts'
export type { Crypto, Keystream, RunningHash } from '../base/crypto.ts'
export { type Clock, systemClock, type Timer } from '../base/clock.ts'
export { drawAhead } from '../base/draw-ahead.ts'
export { type Random, systemRandom } from '../base/random.ts'
export { portableCrypto } from '../crypto/portable.ts'
export { defaultCrypto } from '#default-crypto'
export { generatePrivateKey, isPrivateKey } from '../crypto/private-key.ts'
export type { PeerErrorCode } from '../errors/codes.ts'
export { DiscReason, discReasonText } from '../errors/disc-reason.ts'
export { isPeerError, PeerError } from '../errors/peer-error.ts'
export { BASE_CODES, BaseCode, EMPTY_LIST } from '../wire/base-messages.ts'
export { matchCapabilities, type OwnCapability, type SharedCapability } from '../wire/capabilities.ts'
export { decodeDisconnect, encodeDisconnect } from '../wire/disconnect.ts'
export type { FrameCodec, WireMessage } from '../wire/frame-codec.ts'
export { decodeHello, encodeHello, type Hello } from '../wire/hello.ts'
export type { Capability } from '../wire/peer.ts'
export { SessionCodec } from './frame-codec.ts'
export {
  createInitiator,
  type Handshake,
  type HandshakeProgress,
  type HandshakeResult,
  type InitiatorOptions,
  type ResponderOptions,
} from './handshake.ts'
export { createKeyPairPool, type KeyPairPool, type KeyPairPoolOptions } from './key-pair-pool.ts'
export { generateKeyPair, type KeyPair } from './keys.ts'
export { createResponder } from './responder.ts'
export { keepStaticSecrets, type StaticSecrets } from './static-secrets.ts'
