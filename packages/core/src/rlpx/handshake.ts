// The encryption handshake of whoever dials, and what both share, as steps: bytes in, bytes out. No link and
// no timer.
import { concatBytes, plainBytes } from '../base/bytes.ts'
import type { Crypto } from '../base/crypto.ts'
import type { Random } from '../base/random.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import { SessionCodec } from './frame-codec.ts'
import { generateKeyPair, type KeyPair } from './keys.ts'
import { MAX_PACKET_BYTES, MIN_PACKET_BYTES, type PacketTools } from './packets.ts'
import { readAck, writeAuth } from './packets.ts'
import { deriveSecrets, type SessionInputs, xor } from './secrets.ts'
import type { StaticSecrets } from './static-secrets.ts'

export interface ResponderOptions {
  readonly crypto: Crypto
  readonly random: Random
  /** Our identity, 32 bytes. */
  readonly privateKey: Uint8Array
  /**
   * Where ephemeral key pairs come from, two a handshake, such as a pool; default: made when needed. Each is used once,
   * and its private key is overwritten after that.
   */
  readonly createKeyPair?: (() => KeyPair) | undefined
  /** What is kept of `privateKey` from one handshake to the next, by `keepStaticSecrets`; default: nothing. */
  readonly statics?: StaticSecrets | undefined
}

export interface InitiatorOptions extends ResponderOptions {
  /** Whom we dial, 64 bytes x‖y: only the owner of its private key can answer. */
  readonly remotePublicKey: Uint8Array
}

/** What a step brought. */
export interface HandshakeProgress {
  /** To be sent now. */
  readonly send?: Uint8Array
  /** The handshake is over and the remote's key is proven. */
  readonly done?: HandshakeResult
}

export interface HandshakeResult {
  /** 64 bytes x‖y. */
  readonly remotePublicKey: Uint8Array
  readonly codec: SessionCodec
  /** Bytes that came after the handshake: the first of the frames. A view into the last chunk. */
  readonly rest: Uint8Array
}

export interface Handshake {
  /** What is to be sent first; a responder waits. */
  start(): Uint8Array | undefined
  /**
   * Takes bytes of the link, split in any way; the answer is `undefined` while more are needed.
   *
   * @throws {PeerError} `encryption handshake failed`; the message is for us alone, the remote only sees the link close
   * @throws {TypeError} when the handshake is over or has failed
   */
  receive(chunk: Uint8Array): HandshakeProgress | undefined
}

/** The side that dials. @throws {RangeError} when the remote key is not on the curve, or the private key is none */
export function createInitiator(options: InitiatorOptions): Handshake {
  const { crypto, random, privateKey, remotePublicKey } = options
  const tools = toolsOf(options)
  if (!crypto.isPublicKey(remotePublicKey)) throw new RangeError('the remote key is not a public key of secp256k1')
  const ephemeral = tools.createKeyPair()
  const nonce = random.bytes(32)
  let auth: Uint8Array | undefined
  const receive = packetReader((ack, rest) => {
    const remote = readAck(crypto, privateKey, ack)
    const codec = codecOf(crypto, ephemeral, remote.publicKey, {
      initiatorNonce: nonce,
      recipientNonce: remote.nonce,
      auth: auth!,
      ack,
      initiator: true,
    })
    return { done: { remotePublicKey, codec, rest } }
  })
  return {
    receive: (chunk) => {
      if (!auth) throw new TypeError('a handshake begins with start()')
      return receive(chunk)
    },
    start: () => {
      if (auth) throw new TypeError('a handshake starts once')
      const signature = crypto.sign(tools.token(remotePublicKey, nonce), ephemeral.privateKey)
      const publicKey = options.statics?.publicKey ?? crypto.publicKeyOf(privateKey)
      auth = writeAuth(tools, remotePublicKey, { signature, publicKey, nonce })
      return auth.slice()
    },
  }
}

export interface Tools extends PacketTools {
  /** What auth signs: the static keys' secret and the initiator's nonce. */
  readonly token: (remotePublicKey: Uint8Array, nonce: Uint8Array) => Uint8Array
}

export function toolsOf({ crypto, random, privateKey, createKeyPair, statics }: ResponderOptions): Tools {
  if (!crypto.isPrivateKey(privateKey)) throw new RangeError('not a private key of secp256k1')
  return {
    crypto,
    random,
    createKeyPair: createKeyPair ?? (() => generateKeyPair(crypto, random)),
    token: (remotePublicKey, nonce) =>
      xor(statics?.sharedSecret(remotePublicKey) ?? crypto.sharedSecret(privateKey, remotePublicKey), nonce),
  }
}

// The ephemeral key has served then.
export function codecOf(
  crypto: Crypto,
  { privateKey }: KeyPair,
  remoteEphemeral: Uint8Array,
  inputs: Omit<SessionInputs, 'ephemeralSecret'>,
): SessionCodec {
  const ephemeralSecret = crypto.sharedSecret(privateKey, remoteEphemeral)
  privateKey.fill(0)
  return new SessionCodec(crypto, deriveSecrets(crypto, { ...inputs, ephemeralSecret }))
}

type OnPacket = (packet: Uint8Array, rest: Uint8Array) => HandshakeProgress

// Collects one packet by its size, which is judged as soon as it is there. At most 2 KiB are kept.
export function packetReader(onPacket: OnPacket): Handshake['receive'] {
  let kept: Uint8Array = new Uint8Array(0)
  let over = false
  return (chunk) => {
    if (over) throw new TypeError('the handshake is over')
    try {
      const missing = sizeOf(kept, chunk) - kept.length
      if (!(chunk.length >= missing)) {
        kept = concatBytes(kept, chunk)
        return undefined
      }
      over = true
      return onPacket(concatBytes(kept, chunk.subarray(0, missing)), plainBytes(chunk).subarray(missing))
    } catch (error) {
      over = true
      throw failed(error)
    }
  }
}

// Of the whole packet, its prefix included; infinite while the prefix is not there.
function sizeOf(kept: Uint8Array, chunk: Uint8Array): number {
  const [high, low] = [...kept.subarray(0, 2), ...chunk.subarray(0, 2)]
  if (high === undefined || low === undefined) return Infinity
  const size = (high << 8) | low
  if (size > MAX_PACKET_BYTES) throw new Error(`a packet of ${size} bytes, ${MAX_PACKET_BYTES} allowed`)
  if (size < MIN_PACKET_BYTES) throw new Error(`a packet of ${size} bytes is too short`)
  return size + 2
}

function failed(error: unknown): PeerError {
  const text = error instanceof Error ? error.message : 'unknown'
  return new PeerError('encryption handshake failed', DiscReason.breachOfProtocol, text)
}
