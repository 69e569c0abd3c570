// Node records (EIP-778): what a node says of itself, signed, in at most 300 bytes.
import {
  bigUintOf,
  bytesOf,
  concatBytes,
  DiscReason,
  equalBytes,
  fromHex,
  isPeerError,
  PeerError,
  readList,
  readListViews,
  readRlp,
  textOf,
  toHex,
} from '@peerwire/core'
import type { Crypto, RlpInput, RlpItem } from '@peerwire/core'
import { fromBase64Url, toBase64Url } from './base64url.ts'
import { nodeIdOf } from './node-id.ts'
import { writeRlp } from '../write-rlp.ts'

/** Bytes of a whole record, so that it fits a packet beside everything else (EIP-778). */
export const MAX_RECORD_BYTES = 300
/** Characters of the text form: `enr:` and four for three bytes. */
const MAX_TEXT = 4 + Math.ceil((MAX_RECORD_BYTES * 4) / 3)
/** Items over all depths; 300 bytes of one-byte items, list headers included. */
const BUDGET = { maxItems: 300, maxDepth: 8 }
/** Half the order of secp256k1: a greater s is the same signature written another way, and is refused. */
const HALF_ORDER = /* @__PURE__ */ fromHex('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0')

/** A record that was read or signed. Values are RLP as they stand, so that what nobody here knows is carried on. */
export interface NodeRecord {
  /** Grows with each change; of two records of a node the one with the greater counts. */
  readonly seq: bigint
  /** The identity scheme, `v4`; others are carried, unproven. */
  readonly scheme: string
  /** Keys in their order, with the RLP of their values. */
  readonly pairs: ReadonlyMap<string, Uint8Array>
  readonly signature: Uint8Array
  /** Of the scheme v4, and proven by the signature: 64 bytes. */
  readonly publicKey?: Uint8Array
  /** Of the scheme v4: 32 bytes. */
  readonly id?: Uint8Array
  /** The whole record. */
  readonly bytes: Uint8Array
}

/**
 * Reads a record and verifies it.
 *
 * @throws {PeerError} `invalid message` when it is too long, not canonical, has keys that repeat or are out of order,
 * or a signature that is not of its key
 * @see EIP-778
 */
export function readRecord(bytes: Uint8Array, crypto: Crypto): NodeRecord {
  if (bytes.length > MAX_RECORD_BYTES) throw bad(`a record of ${bytes.length} bytes, at most ${MAX_RECORD_BYTES}`)
  const items = readList(bytes, BUDGET)
  const views = readListViews(bytes, BUDGET.maxItems)
  if (items.length < 2 || items.length % 2 !== 0) throw bad(`a record of ${items.length} items`)
  const pairs = new Map<string, Uint8Array>()
  let last: Uint8Array | undefined
  for (let i = 2; i < items.length; i += 2) {
    const key = bytesOf(items[i])
    if (last && compareBytes(last, key) >= 0) throw bad('keys that repeat or are out of order')
    last = key
    pairs.set(keyText(key), views[i + 1]!.slice())
  }
  const scheme = pairs.get('id')
  if (!scheme) throw bad('a record without an identity scheme')
  const record = {
    seq: bigUintOf(items[1], 64),
    scheme: keyText(bytesOf(readValue(scheme))),
    pairs,
    signature: bytesOf(items[0]).slice(),
    bytes: bytes.slice(),
  }
  if (record.scheme !== 'v4') return record
  const publicKey = provenKey(record, crypto)
  return { ...record, publicKey, id: nodeIdOf(publicKey, crypto) }
}

/** Reads the text form, `enr:…`. @throws {PeerError} as `readRecord`; @throws {TypeError} when it is no such text */
export function parseRecord(text: string, crypto: Crypto): NodeRecord {
  const body = /^enr:(.*)$/is.exec(text)?.[1]
  if (body === undefined) throw new TypeError('a record is written as enr:…')
  if (text.length > MAX_TEXT) throw new TypeError(`a record of ${text.length} characters, at most ${MAX_TEXT}`)
  return readRecord(fromBase64Url(body), crypto)
}

/** The text form. */
export function formatRecord({ bytes }: Pick<NodeRecord, 'bytes'>): string {
  return `enr:${toBase64Url(bytes)}`
}

/**
 * Makes and signs a record of the scheme v4.
 *
 * @param values - by key; `id` and `secp256k1` are added
 * @throws {RangeError} when it comes out longer than 300 bytes
 */
export function signRecord(
  { seq, values }: { readonly seq: bigint; readonly values: Readonly<Record<string, RlpInput>> },
  privateKey: Uint8Array,
  crypto: Crypto,
): NodeRecord {
  const publicKey = crypto.publicKeyOf(privateKey)
  const all: Readonly<Record<string, RlpInput>> = { ...values, id: 'v4', secp256k1: compressKey(publicKey) }
  const keys = Object.keys(all)
    .map((text) => ({ text, bytes: new TextEncoder().encode(text) }))
    .toSorted((left, right) => compareBytes(left.bytes, right.bytes))
  const content: RlpInput[] = [seq, ...keys.flatMap(({ text, bytes }) => [bytes, all[text]!])]
  const signature = crypto.sign(crypto.keccak256(writeRlp(content)), privateKey).slice(0, 64)
  const bytes = writeRlp([signature, ...content])
  if (bytes.length > MAX_RECORD_BYTES) {
    throw new RangeError(`a record has at most ${MAX_RECORD_BYTES} bytes, not ${bytes.length}`)
  }
  const pairs = new Map(keys.map(({ text }) => [text, writeRlp(all[text]!)]))
  return { seq, scheme: 'v4', pairs, signature, publicKey, id: nodeIdOf(publicKey, crypto), bytes }
}

/** The 33-byte form of a 64-byte public key. */
export function compressKey(publicKey: Uint8Array): Uint8Array {
  const compressed = new Uint8Array(33)
  compressed[0] = 2 + (publicKey[63]! & 1)
  compressed.set(publicKey.subarray(0, 32), 1)
  return compressed
}

/** Whether the s of a 64-byte signature is the lower of its two forms. */
export function isLowS(signature: Uint8Array): boolean {
  return compareBytes(signature.subarray(32, 64), HALF_ORDER) <= 0
}

/** One value of a record as an RLP item. */
export function readValue(value: Uint8Array): RlpItem {
  return readRlp(value, BUDGET)
}

function listOfBytes(content: Uint8Array): Uint8Array {
  const { length } = content
  const header = length < 56 ? [0xc0 + length] : length < 256 ? [0xf8, length] : [0xf9, length >> 8, length & 0xff]
  return concatBytes(Uint8Array.from(header), content)
}

// The signature gives the key but for two bits; the written key says which of the candidates it is.
function provenKey(record: Omit<NodeRecord, 'publicKey' | 'id'>, crypto: Crypto): Uint8Array {
  const { pairs, signature, bytes } = record
  const written = pairs.get('secp256k1')
  if (!written) throw bad('a record without the key of its scheme')
  const key = bytesOf(readValue(written), 33)
  if (signature.length !== 64) throw bad(`a signature of ${signature.length} bytes`)
  if (!isLowS(signature)) throw bad('a signature with a high s')
  const hash = crypto.keccak256(signedContent(bytes))
  for (let recovery = 0; recovery < 2; recovery++) {
    const publicKey = crypto.recover(hash, concatBytes(signature, Uint8Array.of(recovery)))
    if (publicKey && equalBytes(compressKey(publicKey), key)) return publicKey
  }
  throw bad('a signature that is not of the key in the record')
}

// Everything after the signature, as a list of its own.
function signedContent(bytes: Uint8Array): Uint8Array {
  const [, ...rest] = readListViews(bytes, BUDGET.maxItems)
  return listOfBytes(bytes.subarray(bytes.length - rest.reduce((sum, view) => sum + view.length, 0)))
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length)
  for (let i = 0; i < length; i++) if (left[i] !== right[i]) return left[i]! - right[i]!
  return left.length - right.length
}

// Keys are bytes; those that are no text are named by their hex.
function keyText(bytes: Uint8Array): string {
  try {
    return textOf(bytes, MAX_RECORD_BYTES)
  } catch (error) {
    if (isPeerError(error)) return `0x${toHex(bytes)}`
    throw error
  }
}

function bad(text: string): PeerError {
  return new PeerError('invalid message', DiscReason.breachOfProtocol, text)
}
