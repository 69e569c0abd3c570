// From what both sides contributed to the keys of a session.
import { concatBytes } from '../base/bytes.ts'
import type { Crypto, RunningHash } from '../base/crypto.ts'

/** What frames are sealed and opened with. Never leaves the process. */
export interface SessionSecrets {
  /** Key of both keystreams, 32 bytes. */
  readonly aes: Uint8Array
  /** Key of the MACs' block cipher, 32 bytes. */
  readonly mac: Uint8Array
  readonly egress: RunningHash
  readonly ingress: RunningHash
}

export interface SessionInputs {
  /** x coordinate of the point that the ephemeral keys share, 32 bytes. */
  readonly ephemeralSecret: Uint8Array
  readonly initiatorNonce: Uint8Array
  readonly recipientNonce: Uint8Array
  /** The packets as they were on the wire, sizes included. */
  readonly auth: Uint8Array
  readonly ack: Uint8Array
  /** Whether we sent auth. */
  readonly initiator: boolean
}

/** @see https://github.com/ethereum/devp2p/blob/master/rlpx.md#initial-handshake */
export function deriveSecrets(crypto: Crypto, inputs: SessionInputs): SessionSecrets {
  const { ephemeralSecret, initiatorNonce, recipientNonce, auth, ack } = inputs
  const { keccak256 } = crypto
  const shared = keccak256(concatBytes(ephemeralSecret, keccak256(concatBytes(recipientNonce, initiatorNonce))))
  const aes = keccak256(concatBytes(ephemeralSecret, shared))
  const mac = keccak256(concatBytes(ephemeralSecret, aes))
  const fromInitiator = startMac(crypto, mac, recipientNonce, auth)
  const fromRecipient = startMac(crypto, mac, initiatorNonce, ack)
  return inputs.initiator
    ? { aes, mac, egress: fromInitiator, ingress: fromRecipient }
    : { aes, mac, egress: fromRecipient, ingress: fromInitiator }
}

function startMac(crypto: Crypto, mac: Uint8Array, nonce: Uint8Array, packet: Uint8Array): RunningHash {
  const hash = crypto.createKeccak256()
  hash.update(xor(mac, nonce))
  hash.update(packet)
  return hash
}

/** Both of the same length; a fresh array. */
export function xor(left: Uint8Array, right: Uint8Array): Uint8Array {
  return left.map((byte, i) => byte ^ right[i]!)
}
