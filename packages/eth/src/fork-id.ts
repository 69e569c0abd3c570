// Fork ids (EIP-2124, EIP-6122): which chain and which of its rules a node follows, in 12 bytes.
import { equalBytes, toHex } from '@peerwire/core'

/** What a node says of its chain. */
export interface ForkId {
  /** 4 bytes: CRC-32 over the genesis hash and the forks that have passed. */
  readonly hash: Uint8Array
  /** Block number or time of the next fork that is known, 0 when none is. */
  readonly next: bigint
}

/** The forks of a chain in order, without those at genesis and without repetitions. */
export interface Forks {
  /** By block number. */
  readonly blocks: readonly bigint[]
  /** By time, in seconds since 1970. */
  readonly times: readonly bigint[]
}

/** Where a chain stands: number and time (seconds since 1970) of its newest block. */
export interface ChainHead {
  readonly number: bigint
  readonly time: bigint
}

/**
 * Numbers past this are times, not blocks: EIP-6122's border as go-ethereum draws it, the time of mainnet's genesis.
 */
const TIME_THRESHOLD = 1_438_269_973n

/** The fork id of a chain at `head`. */
export function forkIdOf(genesisHash: Uint8Array, forks: Forks, head: ChainHead): ForkId {
  let crc = crc32(genesisHash)
  for (const { at, passed } of forksAt(forks, head)) {
    if (!passed) return { hash: toBytes(crc), next: at }
    crc = crc32(uint64(at), crc)
  }
  return { hash: toBytes(crc), next: 0n }
}

/**
 * Why a remote with this fork id can't be on our chain; absent when it can.
 *
 * @see EIP-2124, validation rules 1 to 4
 */
export function forkIdRefusal(
  genesisHash: Uint8Array,
  forks: Forks,
  head: ChainHead,
  remote: ForkId,
): string | undefined {
  const list = forksAt(forks, head)
  const sums = [crc32(genesisHash)]
  for (const { at } of list) sums.push(crc32(uint64(at), sums.at(-1)))
  const reached = list.findIndex(({ passed }) => !passed)
  const own = reached < 0 ? list.length : reached
  const theirs = sums.findIndex((sum) => equalBytes(toBytes(sum), remote.hash))
  if (theirs < 0) return `fork id ${toHex(remote.hash)} is not of our chain, ours is ${toHex(toBytes(sums[own]!))}`
  if (theirs > own) return undefined
  if (theirs < own) {
    const fork = list[theirs]!.at
    return remote.next === fork ? undefined : `the remote doesn't know our fork at ${fork}, it has ${remote.next}`
  }
  const byTime = forks.times.length > 0 && own >= forks.blocks.length
  const position = byTime ? head.time : head.number
  const passedHere =
    remote.next > 0n && (position >= remote.next || (remote.next > TIME_THRESHOLD && head.time >= remote.next))
  return passedHere ? `the remote has a fork at ${remote.next}, which has passed here without one` : undefined
}

/** Why a remote can't be on the chain of which nothing but this fork id is known; absent when it can. */
export function sameForkRefusal(known: ForkId, remote: ForkId): string | undefined {
  if (equalBytes(known.hash, remote.hash)) return undefined
  // The remote may have passed the fork that is known to come.
  const [a, b, c, d] = known.hash
  const crc = ((a! << 24) | (b! << 16) | (c! << 8) | d!) >>> 0
  if (known.next > 0n && equalBytes(toBytes(crc32(uint64(known.next), crc)), remote.hash)) return undefined
  return `fork id ${toHex(remote.hash)} is not of our chain, ours is ${toHex(known.hash)}`
}

interface ForkState {
  readonly at: bigint
  readonly passed: boolean
}

function forksAt({ blocks, times }: Forks, head: ChainHead): ForkState[] {
  return [
    ...blocks.map((at) => ({ at, passed: at <= head.number })),
    ...times.map((at) => ({ at, passed: at <= head.time })),
  ]
}

/** CRC-32 (IEEE 802.3) of `bytes`, going on from `crc` where given. */
function crc32(bytes: Uint8Array, crc = 0): number {
  let state = ~crc
  for (const byte of bytes) {
    state ^= byte
    for (let bit = 0; bit < 8; bit++) state = (state >>> 1) ^ (state & 1 ? 0xedb88320 : 0)
  }
  return ~state >>> 0
}

function toBytes(crc: number): Uint8Array {
  return Uint8Array.of(crc >>> 24, crc >>> 16, crc >>> 8, crc)
}

function uint64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value)
  return bytes
}
