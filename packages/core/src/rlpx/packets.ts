// The packets of the handshake in the form of EIP-8; those that only a listener reads and writes are in `responder.ts`.
import { concatBytes } from '../base/bytes.ts'
import type { Crypto } from '../base/crypto.ts'
import { type Random, randomBelow } from '../base/random.ts'
import { bytesOf, listOf } from '../wire/rlp-values.ts'
import { encodeRlp, type RlpInput } from '../wire/rlp-writer.ts'
import { readRlpPrefix, type RlpItem } from '../wire/rlp.ts'
import { decryptWith, ECIES_OVERHEAD_BYTES, encryptTo } from './ecies.ts'
import type { KeyPair } from './keys.ts'

/** Most bytes a packet may say it has after its size: go-ethereum's limit. */
export const MAX_PACKET_BYTES = 2048
/** Fewest: encryption alone takes these. */
export const MIN_PACKET_BYTES: number = ECIES_OVERHEAD_BYTES
/** Zero bytes after the list, at least, so that an old node can tell the packet from its own; EIP-8. */
const MIN_PADDING_BYTES = 100
/** How many more there may be, drawn at random, so that the size says nothing. */
const PADDING_SPREAD = 100
/** Items in a packet; ours have 4, later versions may add some. */
const BUDGET = { maxItems: 256, maxDepth: 8 }
/** Version of the handshake; a remote's is ignored. */
export const VERSION = 4

/** What auth says. */
export interface Auth {
  /** 65 bytes r‖s‖v by the initiator's ephemeral key. */
  readonly signature: Uint8Array
  /** The initiator's static key, 64 bytes. */
  readonly publicKey: Uint8Array
  readonly nonce: Uint8Array
}

/** What ack says. */
export interface Ack {
  /** The recipient's ephemeral key, 64 bytes. */
  readonly publicKey: Uint8Array
  readonly nonce: Uint8Array
}

export interface PacketTools {
  readonly crypto: Crypto
  readonly random: Random
  readonly createKeyPair: () => KeyPair
}

/** The bytes of auth, size first. */
export function writeAuth(tools: PacketTools, to: Uint8Array, { signature, publicKey, nonce }: Auth): Uint8Array {
  return writePacket(tools, to, [signature, publicKey, nonce, VERSION])
}

/** @throws {Error} saying what is wrong; for us alone */
export function readAck(crypto: Crypto, privateKey: Uint8Array, packet: Uint8Array): Ack {
  const items = readPacket(crypto, privateKey, packet)
  const ack = { publicKey: bytesOf(items[0], 64), nonce: bytesOf(items[1], 32) }
  if (!crypto.isPublicKey(ack.publicKey)) throw new Error('the key in ack is not on the curve')
  return ack
}

export function writePacket(
  { crypto, random, createKeyPair }: PacketTools,
  to: Uint8Array,
  items: RlpInput,
): Uint8Array {
  const padding = new Uint8Array(MIN_PADDING_BYTES + randomBelow(random, PADDING_SPREAD))
  const plain = concatBytes(encodeRlp(items), padding)
  const size = plain.length + ECIES_OVERHEAD_BYTES
  const prefix = [size >> 8, size & 0xff]
  return concatBytes(prefix, encryptTo(crypto, to, plain, prefix, createKeyPair(), random.bytes(16)))
}

// Versions, items and bytes that we don't know are ignored, as EIP-8 asks.
export function readPacket(crypto: Crypto, privateKey: Uint8Array, packet: Uint8Array): readonly RlpItem[] {
  const plain = decryptWith(crypto, privateKey, packet.subarray(2), packet.subarray(0, 2))
  return listOf(readRlpPrefix(plain, BUDGET).item)
}
