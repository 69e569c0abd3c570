// The first message: which chain a node follows and which of its blocks it has.
import { bigUintOf, bytesOf, DiscReason, listOf, PeerError, readRlp, toHex } from '@peerwire/core'
import type { Codec, RlpItem } from '@peerwire/core'
import type { ForkId } from './fork-id.ts'
import { invalidMessage } from './raw-rlp.ts'
import { writeRlp } from './write-rlp.ts'

const HASH_BYTES = 32
/** A Status has 10 items; a later version may add a few, which is not our version any more. */
const STATUS_ITEMS = 16

/** Blocks that a node can serve, both ends included. */
export interface BlockRange {
  readonly earliest: bigint
  readonly latest: bigint
  /** 32 bytes. */
  readonly latestHash: Uint8Array
}

export interface Status extends BlockRange {
  readonly version: number
  readonly networkId: bigint
  /** 32 bytes. */
  readonly genesisHash: Uint8Array
  readonly forkId: ForkId
}

export const statusCodec: Codec<Status> = { encode: encodeStatus, decode: decodeStatus }

function encodeStatus({ version, networkId, genesisHash, forkId, earliest, latest, latestHash }: Status): Uint8Array {
  return writeRlp([version, networkId, genesisHash, [forkId.hash, forkId.next], earliest, latest, latestHash])
}

function decodeStatus(payload: Uint8Array): Status {
  try {
    return statusOf(readRlp(payload, { maxItems: STATUS_ITEMS, maxDepth: 2 }))
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : 'not readable'
    throw new PeerError('failed to decode the remote status', DiscReason.breachOfProtocol, text, { cause })
  }
}

function statusOf(item: RlpItem): Status {
  const [version, networkId, genesisHash, fork, ...range] = exactly(item, 7)
  const [hash, next] = exactly(fork, 2)
  return {
    version: Number(bigUintOf(version, 32)),
    networkId: bigUintOf(networkId, 64),
    genesisHash: bytesOf(genesisHash, HASH_BYTES),
    forkId: { hash: bytesOf(hash, 4), next: bigUintOf(next, 64) },
    ...rangeOf(range),
  }
}

export const blockRangeCodec: Codec<BlockRange> = {
  encode: ({ earliest, latest, latestHash }) => writeRlp([earliest, latest, latestHash]),
  decode: (payload) => rangeOf(exactly(readRlp(payload, { maxItems: 4, maxDepth: 1 }), 3)),
}

function rangeOf([earliest, latest, latestHash]: readonly RlpItem[]): BlockRange {
  return {
    earliest: bigUintOf(earliest, 64),
    latest: bigUintOf(latest, 64),
    latestHash: bytesOf(latestHash, HASH_BYTES),
  }
}

/** Why a range can't be one; absent when it can. */
export function rangeRefusal({ earliest, latest, latestHash }: BlockRange): string | undefined {
  if (earliest > latest) return `earliest block ${earliest} is past the latest, ${latest}`
  if (latestHash.every((byte) => byte === 0)) return `the hash of the latest block ${latest} is zero`
  return undefined
}

/** `network 1, genesis d4e56740…`: how a chain is named in messages. */
export function chainName({ networkId, genesisHash }: Pick<Status, 'networkId' | 'genesisHash'>): string {
  return `network ${networkId}, genesis ${toHex(genesisHash.subarray(0, 4))}…`
}

function exactly(item: RlpItem | undefined, count: number): readonly RlpItem[] {
  const items = listOf(item, count)
  if (items.length !== count) throw invalidMessage(`${items.length} items where ${count} belong`)
  return items
}
