// The six packets of discv4, read and written. Reading never throws: what can't be used says why.
import {
  bigUintOf,
  bytesOf,
  concatBytes,
  equalBytes,
  formatIp,
  isBytes,
  isPeerError,
  listOf,
  parseIp,
  readRlpPrefix,
} from '@peerwire/core'
import type { Crypto, RlpInput, RlpItem } from '@peerwire/core'
import { FARTHEST_EXPIRATION_MS, MAX_PACKET_BYTES } from './limits.ts'
import { writeRlp } from '../write-rlp.ts'

export const PacketType = { ping: 1, pong: 2, findNode: 3, neighbors: 4, enrRequest: 5, enrResponse: 6 } as const
export type PacketType = (typeof PacketType)[keyof typeof PacketType]

const HASH_BYTES = 32
const SIGNATURE_BYTES = 65
const HEAD_BYTES = HASH_BYTES + SIGNATURE_BYTES
/** Items over all depths in 1,280 bytes: 12 neighbours have 62, and strangers may add what they like. */
const BUDGET = { maxItems: 400, maxDepth: 8 }

/** An endpoint as packets tell it; absent host: none, or nothing that is an address. */
export interface WireEndpoint {
  /** An IP address as text. */
  readonly host: string | undefined
  readonly udp: number
  readonly tcp: number
}

/** A node as another one tells of it. */
export interface WireNode {
  readonly publicKey: Uint8Array
  readonly host: string
  readonly udp: number
  readonly tcp: number
}

export type PacketBody =
  | { readonly type: typeof PacketType.ping; readonly from: WireEndpoint; readonly seq: bigint }
  | {
      readonly type: typeof PacketType.pong
      readonly to: WireEndpoint
      readonly token: Uint8Array
      readonly seq: bigint
    }
  | { readonly type: typeof PacketType.findNode; readonly target: Uint8Array }
  | { readonly type: typeof PacketType.neighbors; readonly nodes: readonly WireNode[] }
  | { readonly type: typeof PacketType.enrRequest }
  | { readonly type: typeof PacketType.enrResponse; readonly token: Uint8Array; readonly record: RlpItem }

/** A packet whose content was read, and whose sender is not known yet: recovering a key is what costs. */
export interface SealedPacket {
  readonly hash: Uint8Array
  readonly body: PacketBody
  readonly signature: Uint8Array
  /** What was signed, hashed. */
  readonly signedHash: Uint8Array
}

/** Why a packet is not looked at any further. */
export type PacketRefusal = 'too short' | 'too long' | 'wrong hash' | 'unknown type' | 'malformed' | 'expired'

/** Reads a packet. @param wallMs - milliseconds since 1970, for expirations */
export function openPacket(bytes: Uint8Array, wallMs: number, crypto: Crypto): SealedPacket | PacketRefusal {
  if (bytes.length <= HEAD_BYTES) return 'too short'
  if (bytes.length > MAX_PACKET_BYTES) return 'too long'
  const hash = bytes.slice(0, HASH_BYTES)
  if (!equalBytes(hash, crypto.keccak256(bytes.subarray(HASH_BYTES)))) return 'wrong hash'
  const type = bytes[HEAD_BYTES]!
  if (!isKnownType(type)) return 'unknown type'
  try {
    // What follows the list is for versions to come.
    const fields = listOf(readRlpPrefix(bytes.slice(HEAD_BYTES + 1), BUDGET).item)
    const body = readBody(type, fields)
    const expiration = EXPIRATION_AT[type]
    if (expiration !== undefined && isExpired(bigUintOf(fields[expiration], 64), wallMs)) return 'expired'
    const signature = bytes.slice(HASH_BYTES, HEAD_BYTES)
    return { hash, body, signature, signedHash: crypto.keccak256(bytes.subarray(HEAD_BYTES)) }
  } catch (error) {
    if (isPeerError(error)) return 'malformed'
    throw error
  }
}

/** The public key that signed a packet; `undefined` when there is none. */
export function senderOf({ signedHash, signature }: SealedPacket, crypto: Crypto): Uint8Array | undefined {
  return crypto.recover(signedHash, signature)
}

/** Writes and signs a packet. @param fields - its list, as the protocol has it */
export function sealPacket(
  type: PacketType,
  fields: readonly RlpInput[],
  privateKey: Uint8Array,
  crypto: Crypto,
): { readonly bytes: Uint8Array; readonly hash: Uint8Array } {
  const signed = concatBytes(Uint8Array.of(type), writeRlp(fields))
  const rest = concatBytes(crypto.sign(crypto.keccak256(signed), privateKey), signed)
  const hash = crypto.keccak256(rest)
  return { bytes: concatBytes(hash, rest), hash }
}

/** An endpoint for `sealPacket`. */
export function endpointFields({ host, udp, tcp }: WireEndpoint): RlpInput {
  return [(host !== undefined && parseIp(host)) || new Uint8Array(0), udp, tcp]
}

/** A neighbour for `sealPacket`. */
export function nodeFields({ host, udp, tcp, publicKey }: WireNode): RlpInput {
  return [parseIp(host) ?? new Uint8Array(0), udp, tcp, publicKey]
}

/**
 * Whether seconds since 1970 have passed, or are so far ahead that no clock is that wrong. What is 2^63 or more is a
 * negative number to others, so it has passed.
 */
export function isExpired(seconds: bigint, wallMs: number): boolean {
  const aheadMs = Number(seconds) * 1000 - wallMs
  return aheadMs < 0 || aheadMs > FARTHEST_EXPIRATION_MS
}

/** Which field of each packet is its expiration. */
const EXPIRATION_AT: Readonly<Record<PacketType, number | undefined>> = {
  [PacketType.ping]: 3,
  [PacketType.pong]: 2,
  [PacketType.findNode]: 1,
  [PacketType.neighbors]: 1,
  [PacketType.enrRequest]: 0,
  [PacketType.enrResponse]: undefined,
}

function isKnownType(type: number): type is PacketType {
  return type >= PacketType.ping && type <= PacketType.enrResponse
}

function readBody(type: PacketType, fields: readonly RlpItem[]): PacketBody {
  switch (type) {
    case PacketType.ping:
      return { type, from: readEndpoint(fields[1]), seq: readSeq(fields[4]) }
    case PacketType.pong:
      return { type, to: readEndpoint(fields[0]), token: bytesOf(fields[1], HASH_BYTES), seq: readSeq(fields[3]) }
    case PacketType.findNode:
      return { type, target: bytesOf(fields[0], 64) }
    case PacketType.neighbors:
      return { type, nodes: listOf(fields[0]).flatMap((item) => readNode(item) ?? []) }
    case PacketType.enrRequest:
      return { type }
    case PacketType.enrResponse:
      return { type, token: bytesOf(fields[0], HASH_BYTES), record: listOf(fields[1]) }
  }
}

// Where others think that they or we are decides nothing, so a strange address is no reason to refuse the packet.
function readEndpoint(item: RlpItem | undefined): WireEndpoint {
  const [ip, udp, tcp] = listOf(item, 3)
  const bytes = bytesOf(ip)
  return { host: isIp(bytes) ? plainIp(bytes) : undefined, udp: readPort(udp), tcp: readPort(tcp) }
}

// One that can't be read doesn't cost the others.
function readNode(item: RlpItem): WireNode | undefined {
  try {
    const [ip, udp, tcp, publicKey] = listOf(item, 4)
    const bytes = bytesOf(ip)
    if (!isIp(bytes)) return undefined
    return { host: plainIp(bytes), udp: readPort(udp), tcp: readPort(tcp), publicKey: bytesOf(publicKey, 64).slice() }
  } catch (error) {
    if (isPeerError(error)) return undefined
    throw error
  }
}

function isIp({ length }: Uint8Array): boolean {
  return length === 4 || length === 16
}

// IPv4 that IPv6 carries is IPv4.
function plainIp(bytes: Uint8Array): string {
  const text = formatIp(bytes)
  return bytes.length === 4 ? text : formatIp(parseIp(text) ?? bytes)
}

function readPort(item: RlpItem | undefined): number {
  return Number(bigUintOf(item, 16))
}

function readSeq(item: RlpItem | undefined): bigint {
  return isBytes(item) && item.length <= 8 && item[0] !== 0 ? bigUintOf(item, 64) : 0n
}
