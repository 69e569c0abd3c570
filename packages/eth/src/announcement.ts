// NewPooledTransactionHashes: what a node says of the transactions it has; with a custody mask from eth/72 on.
import { bigUintOf, bytesOf, readListViews, readRlp } from '@peerwire/core'
import type { Codec } from '@peerwire/core'
import { invalidMessage, joinList, unwrapList, unwrapString } from './raw-rlp.ts'
import { writeRlp } from './write-rlp.ts'

/** Most hashes of one announcement that are kept; those after them are let pass, as go-ethereum does. */
export const MAX_ANNOUNCED = 4096
/** Most hashes that one announcement of ours has: 100 KiB of them, go-ethereum's figure. */
export const MAX_ANNOUNCED_AT_ONCE = 3200
/** Bytes of a custody mask: a bit for each of the 128 cells of a blob. */
export const MASK_BYTES = 16

const HASH_BYTES = 32
/** A hash with its header. */
const ENCODED_HASH_BYTES = 1 + HASH_BYTES
/** Fields of an announcement, and one more. */
const MAX_FIELDS = 5

/** What a node says of a transaction it has. */
export interface Announced {
  /** The EIP-2718 type, 0 for a legacy transaction. */
  readonly type: number
  /** Bytes of the envelope. */
  readonly size: number
  /** 32 bytes. */
  readonly hash: Uint8Array
}

/** An announcement of eth/72. */
export interface MaskedAnnouncement {
  readonly announced: readonly Announced[]
  /** 16 bytes: which cells of their blobs the sender has; zero where none of them is a blob transaction. */
  readonly mask: Uint8Array
}

/** `[types, [sizes], [hashes]]`; at most 4,096 are decoded. */
export const announcementCodec: Codec<readonly Announced[]> = {
  encode: (list) => joinList(encodedFields(list)),
  decode: (payload) => readAnnounced(readListViews(payload, MAX_FIELDS), 3),
}

/** `[types, [sizes], [hashes], mask]`; at most 4,096 are decoded. */
export const maskedAnnouncementCodec: Codec<MaskedAnnouncement> = {
  encode: ({ announced, mask }) => joinList([...encodedFields(announced), writeRlp(mask)]),
  decode: (payload) => {
    const fields = readListViews(payload, MAX_FIELDS)
    const announced = readAnnounced(fields, 4)
    return { announced, mask: bytesOf(readRlp(fields[3]!), MASK_BYTES) }
  },
}

function encodedFields(list: readonly Announced[]): Uint8Array[] {
  return [
    writeRlp(Uint8Array.from(list, ({ type }) => type)),
    writeRlp(list.map(({ size }) => size)),
    writeRlp(list.map(({ hash }) => hash)),
  ]
}

// What is past the limit is counted and not looked at: a message of 10 MiB has 290,000 hashes.
function readAnnounced(fields: readonly Uint8Array[], expected: number): readonly Announced[] {
  if (fields.length !== expected) throw invalidMessage(`${fields.length} fields where ${expected} belong`)
  const types = unwrapString(fields[0]!)
  const sizes = readSizes(unwrapList(fields[1]!))
  const hashes = unwrapList(fields[2]!)
  if (hashes.length !== types.length * ENCODED_HASH_BYTES || sizes.count !== types.length) {
    throw invalidMessage(`${types.length} types, ${sizes.count} sizes and ${hashes.length} bytes of hashes`)
  }
  return sizes.first.map((size, i) => ({ type: types[i]!, size, hash: hashAt(hashes, i) }))
}

function hashAt(hashes: Uint8Array, index: number): Uint8Array {
  const start = index * ENCODED_HASH_BYTES
  return bytesOf(readRlp(hashes.subarray(start, start + ENCODED_HASH_BYTES)), HASH_BYTES)
}

function readSizes(bytes: Uint8Array): { readonly first: number[]; readonly count: number } {
  const first: number[] = []
  let count = 0
  for (let start = 0; start < bytes.length; count++) {
    const kind = bytes[start]!
    const end = start + (kind < 0x80 ? 1 : kind - 0x7f)
    if (kind >= 0xb8 || end > bytes.length) throw invalidMessage('an announced size is no number of 32 bits')
    if (count < MAX_ANNOUNCED) first.push(Number(bigUintOf(readRlp(bytes.subarray(start, end)), 32)))
    start = end
  }
  return { first, count }
}
