// Which bucket and slot an address belongs to: keyed double SHA-256, byte for byte as Bitcoin Core has it.
import { NetworkId } from './network-address.ts'
import type { NetworkAddress } from './network-address.ts'

/** Buckets of the new table: one group of sources reaches 64 of them, so at most a sixteenth of the table. */
export const NEW_BUCKETS = 1024
/** Buckets of the tried table: one group of addresses reaches 8 of them. */
export const TRIED_BUCKETS = 256
/** Slots of a bucket. */
export const BUCKET_SLOTS = 64
/** Names cost their owner nothing, so they have a quarter of the new table's buckets, and the rest is for networks. */
export const NAME_BUCKETS = 256

/** Most bytes of a group: a class, and a whole host name at worst. */
const MAX_GROUP_BYTES = 256

/** Key, two groups with their lengths; or key, mark, bucket, and the longest address with port, transport and path. */
const SCRATCH_BYTES = 1024

const NEW_MARK = 0x4e
const TRIED_MARK = 0x4b
const TRANSPORT_MARK = { tcp: 0, ws: 1, wss: 2 } as const

export interface BucketMaths {
  newBucket(group: Uint8Array, sourceGroup: Uint8Array): number
  triedBucket(group: Uint8Array, identity: Uint8Array): number
  /** The place within a bucket, 0 to 63. */
  position(isNew: boolean, bucket: number, identity: Uint8Array): number
}

/** What of an address is hashed: IP as 16 bytes, others as they are; the port; for WebSockets transport and path. */
export function identityBytes({ network, bytes, port, transport, path }: NetworkAddress): Uint8Array {
  const lead = network === NetworkId.ipv4 ? 12 : 0
  const end = lead + bytes.length
  const identity = new Uint8Array(end + 2 + (transport === 'tcp' ? 0 : 1 + path.length))
  if (lead > 0) identity[10] = identity[11] = 0xff
  identity.set(bytes, lead)
  identity[end] = port >> 8
  identity[end + 1] = port
  if (transport === 'tcp') return identity
  identity[end + 2] = TRANSPORT_MARK[transport]
  for (let i = 0; i < path.length; i++) identity[end + 3 + i] = path.charCodeAt(i)
  return identity
}

/**
 * The maths of one book.
 *
 * The hashes' moduli are powers of two, so they are masks on the first bytes; no large integers are needed.
 * @param key - 32 secret bytes
 */
export function createBucketMaths(key: Uint8Array, sha256: (bytes: Uint8Array) => Uint8Array): BucketMaths {
  const scratch = new Uint8Array(SCRATCH_BYTES)
  scratch.set(key)
  // A peer's addresses come in runs: of its group the 64 buckets are remembered, -1 is one not yet made.
  let lastSource = new Uint8Array(0)
  const lastBuckets = new Int16Array(64).fill(-1)
  // Views cost as much as the rest around a hash, and few lengths occur.
  const views: (Uint8Array | undefined)[] = []
  const hash = (length: number): Uint8Array => sha256(sha256((views[length] ??= scratch.subarray(0, length))))

  const newBucket = (group: Uint8Array, sourceGroup: Uint8Array): number => {
    if (!sameBytes(lastSource, sourceGroup)) {
      lastSource = new Uint8Array(sourceGroup)
      lastBuckets.fill(-1)
    }
    const draw = hash(putGroup(scratch, putGroup(scratch, 32, group), sourceGroup))[0]! & 63
    const known = lastBuckets[draw]!
    if (known >= 0) return known
    const end = putUint(scratch, putGroup(scratch, 32, sourceGroup), draw, 8)
    return (lastBuckets[draw] = wordOf(hash(end)) & (NEW_BUCKETS - 1))
  }

  const triedBucket = (group: Uint8Array, identity: Uint8Array): number => {
    const draw = hash(putVector(scratch, 32, identity))[0]! & 7
    return hash(putUint(scratch, putGroup(scratch, 32, group), draw, 8))[0]! & (TRIED_BUCKETS - 1)
  }

  const position = (isNew: boolean, bucket: number, identity: Uint8Array): number => {
    scratch[32] = isNew ? NEW_MARK : TRIED_MARK
    return hash(putVector(scratch, putUint(scratch, 33, bucket, 4), identity))[0]! & (BUCKET_SLOTS - 1)
  }

  return { newBucket, triedBucket, position }
}

function wordOf(hash: Uint8Array): number {
  return hash[0]! | (hash[1]! << 8)
}

function putGroup(target: Uint8Array, at: number, group: Uint8Array): number {
  if (group.length > MAX_GROUP_BYTES)
    throw new RangeError(`a group of ${group.length} bytes is past ${MAX_GROUP_BYTES}`)
  return putVector(target, at, group)
}

// With its length before it, as Bitcoin's CompactSize.
function putVector(target: Uint8Array, at: number, bytes: Uint8Array): number {
  let end = at
  if (bytes.length >= 0xfd) {
    target[end++] = 0xfd
    target[end++] = bytes.length
    target[end++] = bytes.length >> 8
  } else target[end++] = bytes.length
  target.set(bytes, end)
  return end + bytes.length
}

function putUint(target: Uint8Array, at: number, value: number, bytes: 4 | 8): number {
  target.fill(0, at, at + bytes)
  target[at] = value
  target[at + 1] = value >> 8
  return at + bytes
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false
  return true
}
