// Hello: the first message both ways, which says who speaks which protocols.
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import { BASE_MESSAGE_BYTES } from './base-messages.ts'
import { compareCapabilities, isCapabilityName } from './capabilities.ts'
import type { Capability } from './peer.ts'
import { bigUintOf, bytesOf, listOf } from './rlp-values.ts'
import { encodeRlp } from './rlp-writer.ts'
import { readRlpPrefix, type RlpItem } from './rlp.ts'

/** The version of the base protocol that we speak: with compression after Hello. */
export const BASE_PROTOCOL_VERSION = 5

export interface Hello {
  /** Of the base protocol; default 5 when written. From 5 on what follows Hello is compressed. */
  readonly version: number
  /** The client's name. What is read has no control or invisible characters. */
  readonly name: string
  /** What is read is sorted, without doubles and without names that no protocol can have. */
  readonly capabilities: readonly Capability[]
  /** Where the sender listens, 0 for nowhere; nobody relies on it. */
  readonly listenPort: number
  /** 64 bytes x‖y. */
  readonly publicKey: Uint8Array
}

/** Most capabilities one Hello may offer; go-ethereum offers 5. */
const MAX_CAPABILITIES = 128
/** Most items in a Hello: three for each capability, and room for what later versions add. */
const BUDGET = { maxItems: 1024, maxDepth: 8 }

/**
 * The payload of Hello, at most 2 KiB.
 *
 * @throws {RangeError} when a capability's name is not 1 to 8 printable ASCII characters, there are more than 128, or
 *   it gets too long
 */
export function encodeHello(hello: Omit<Hello, 'version'> & { readonly version?: number }): Uint8Array {
  const { version = BASE_PROTOCOL_VERSION, name, listenPort, publicKey } = hello
  const capabilities = [...hello.capabilities].sort(compareCapabilities)
  for (const { name } of capabilities) {
    if (!isCapabilityName(name)) throw new RangeError(`a capability's name is 1 to 8 ASCII characters, not "${name}"`)
  }
  const offered = capabilities.map((capability) => [capability.name, capability.version])
  const payload = encodeRlp([version, name, offered, listenPort, publicKey])
  if (payload.length > BASE_MESSAGE_BYTES || offered.length > MAX_CAPABILITIES) {
    throw new RangeError(`Hello of ${payload.length} bytes and ${offered.length} capabilities`)
  }
  return payload
}

/**
 * Reads a Hello. Items and bytes that a later version adds are ignored.
 *
 * @throws {PeerError} `too big message`; `invalid message` when it is malformed; `protocol handshake failed` with
 *   reason invalid identity for a key that is none
 */
export function decodeHello(payload: Uint8Array): Hello {
  if (payload.length > BASE_MESSAGE_BYTES) {
    const text = `Hello of ${payload.length} bytes, ${BASE_MESSAGE_BYTES} allowed`
    throw new PeerError('too big message', DiscReason.breachOfProtocol, text)
  }
  const [version, name, offered, listenPort, key] = listOf(readRlpPrefix(payload, BUDGET).item, 5)
  const publicKey = bytesOf(key)
  if (publicKey.length !== 64 || publicKey.every((byte) => byte === 0)) {
    const text = `Hello with a key of ${publicKey.length} bytes${publicKey.length === 64 ? ', all zero' : ''}`
    throw new PeerError('protocol handshake failed', DiscReason.invalidIdentity, text)
  }
  const port = bigUintOf(listenPort, 64)
  return {
    version: Number(bigUintOf(version, 64)),
    name: printable(bytesOf(name)),
    capabilities: readCapabilities(listOf(offered)),
    listenPort: port < 65_536n ? Number(port) : 0,
    publicKey: new Uint8Array(publicKey),
  }
}

function readCapabilities(items: readonly RlpItem[]): readonly Capability[] {
  if (items.length > MAX_CAPABILITIES) {
    const text = `Hello with ${items.length} capabilities, ${MAX_CAPABILITIES} allowed`
    throw new PeerError('protocol handshake failed', DiscReason.breachOfProtocol, text)
  }
  const read = new Map<string, Capability>()
  for (const item of items) {
    const [nameItem, versionItem] = listOf(item, 2)
    const name = asciiOf(bytesOf(nameItem))
    const version = Number(bigUintOf(versionItem, 64))
    if (isCapabilityName(name)) read.set(`${name}/${version}`, { name, version })
  }
  return [...read.values()].sort(compareCapabilities)
}

// Bytes past ASCII become characters that no capability's name has.
function asciiOf(bytes: Uint8Array): string {
  return bytes.length > 8 ? '' : String.fromCharCode(...bytes)
}

// What a stranger calls itself goes to terminals and pages: nothing invisible, nothing that turns text around.
function printable(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replace(/[\p{C}\p{Zl}\p{Zp}\ufffd]/gu, '?')
}
