// The encryption handshake of the side that accepts. Loaded on use: a tab that only dials never fetches it.
import type { Crypto } from '../base/crypto.ts'
import { bytesOf } from '../wire/rlp-values.ts'
import { codecOf, packetReader, toolsOf } from './handshake.ts'
import type { Handshake, ResponderOptions } from './handshake.ts'
import { type Ack, type Auth, type PacketTools, readPacket, VERSION, writePacket } from './packets.ts'

/** The side that accepts. @throws {RangeError} when the private key is none */
export function createResponder(options: ResponderOptions): Handshake {
  const { crypto, random, privateKey } = options
  const tools = toolsOf(options)
  const receive = packetReader((auth, rest) => {
    const remote = readAuth(crypto, privateKey, auth)
    const remoteEphemeral = crypto.recover(tools.token(remote.publicKey, remote.nonce), remote.signature)
    if (!remoteEphemeral || !crypto.isPublicKey(remoteEphemeral)) throw new Error('the signature in auth has no key')
    const ephemeral = tools.createKeyPair()
    const nonce = random.bytes(32)
    const ack = writeAck(tools, remote.publicKey, { publicKey: ephemeral.publicKey, nonce })
    const codec = codecOf(crypto, ephemeral, remoteEphemeral, {
      initiatorNonce: remote.nonce,
      recipientNonce: nonce,
      auth,
      ack,
      initiator: false,
    })
    return { send: ack, done: { remotePublicKey: new Uint8Array(remote.publicKey), codec, rest } }
  })
  return { receive, start: () => undefined }
}

/** The bytes of ack, size first. */
function writeAck(tools: PacketTools, to: Uint8Array, { publicKey, nonce }: Ack): Uint8Array {
  return writePacket(tools, to, [publicKey, nonce, VERSION])
}

/** @throws {Error} saying what is wrong; for us alone */
export function readAuth(crypto: Crypto, privateKey: Uint8Array, packet: Uint8Array): Auth {
  const items = readPacket(crypto, privateKey, packet)
  const auth = { signature: bytesOf(items[0], 65), publicKey: bytesOf(items[1], 64), nonce: bytesOf(items[2], 32) }
  if (!crypto.isPublicKey(auth.publicKey)) throw new Error('the key in auth is not on the curve')
  return auth
}
