// Which chain the node is on: configured, or learned from the first peer it dialed.
import { DiscReason, equalBytes, fromHex, PeerError } from '@peerwire/core'
import { forkIdOf, forkIdRefusal, sameForkRefusal } from './fork-id.ts'
import type { ChainHead, ForkId, Forks } from './fork-id.ts'
import { chainName, rangeRefusal } from './status.ts'
import type { EthVersion } from './protocol.ts'
import type { BlockRange, Status } from './status.ts'

/** A chain as the user names it. */
export interface EthNetwork {
  readonly networkId: bigint | number
  /** 32 bytes, or hex. */
  readonly genesisHash: Uint8Array | string
  /** Signed transactions must be for it; default the network id. */
  readonly chainId?: bigint | number | undefined
  /** Rules of the chain; with them every remote is judged by EIP-2124. */
  readonly forks?: Forks | undefined
  /** Where forks are not known: the fork id as it is now. One of the two is needed. */
  readonly forkId?: ForkId | undefined
}

/** A chain that is settled. */
export interface KnownNetwork {
  readonly networkId: bigint
  readonly genesisHash: Uint8Array
  readonly chainId: bigint
  readonly rules: { readonly forks: Forks } | { readonly forkId: ForkId }
  /** Where it is known from, for messages: `configured`, or the peer it was learned from. */
  readonly origin: string
}

/** @throws {TypeError} naming what is missing or wrong */
export function knownNetwork({ networkId, genesisHash, chainId, forks, forkId }: EthNetwork): KnownNetwork {
  const hash = typeof genesisHash === 'string' ? fromHex(genesisHash) : genesisHash
  if (hash.length !== 32) throw new TypeError(`genesisHash must have 32 bytes, not ${hash.length}`)
  if (!forks && !forkId) throw new TypeError('network needs forks or a forkId')
  if (!forks && forkId?.hash.length !== 4) throw new TypeError('the hash of forkId must have 4 bytes')
  return {
    networkId: BigInt(networkId),
    genesisHash: hash,
    chainId: BigInt(chainId ?? networkId),
    rules: forks ? { forks } : { forkId: forkId! },
    origin: 'configured',
  }
}

/** The chain that a remote's Status tells of. */
export function learnedNetwork(status: Status, chainId: bigint | undefined, origin: string): KnownNetwork {
  const { networkId, forkId } = status
  const genesisHash = status.genesisHash.slice()
  const hash = forkId.hash.slice()
  return {
    networkId,
    genesisHash,
    chainId: chainId ?? networkId,
    rules: { forkId: { hash, next: forkId.next } },
    origin: `learned from ${origin}`,
  }
}

/** Our own Status, in that version. */
export function statusOf(version: EthVersion, network: KnownNetwork, range: BlockRange, head: () => ChainHead): Status {
  const { networkId, genesisHash, rules } = network
  const forkId = 'forkId' in rules ? rules.forkId : forkIdOf(genesisHash, rules.forks, head())
  return { version, networkId, genesisHash, forkId, ...range }
}

/** The least that may be said of one's blocks: the genesis block, whose hash is known. */
export function genesisRange({ genesisHash }: KnownNetwork): BlockRange {
  return { earliest: 0n, latest: 0n, latestHash: genesisHash }
}

/** Where a chain stands that isn't followed: past its forks by number, and at `wallMs` by time. */
export function assumedHead({ rules }: KnownNetwork, wallMs: number): ChainHead {
  const blocks = 'forks' in rules ? rules.forks.blocks : []
  return { number: blocks.at(-1) ?? 0n, time: BigInt(Math.floor(wallMs / 1000)) }
}

/**
 * The error that ends a peer whose Status doesn't fit; absent when it does. Checked in go-ethereum's order.
 *
 * `incompatible remote status`, subprotocol error: what go-ethereum would answer us.
 */
export function statusRefusal(
  version: EthVersion,
  network: KnownNetwork,
  head: () => ChainHead,
  status: Status,
): PeerError | undefined {
  const { networkId, genesisHash, rules, origin } = network
  if (status.networkId !== networkId || !equalBytes(status.genesisHash, genesisHash)) {
    return incompatible(`${chainName(status)} where ours is ${chainName(network)} (${origin})`)
  }
  if (status.version !== version) return incompatible(`version ${status.version} in the Status of eth/${version}`)
  const { forkId } = status
  const fork =
    'forkId' in rules ? sameForkRefusal(rules.forkId, forkId) : forkIdRefusal(genesisHash, rules.forks, head(), forkId)
  const text = fork ?? rangeRefusal(status)
  return text === undefined ? undefined : incompatible(text)
}

export function incompatible(text: string): PeerError {
  return new PeerError('incompatible remote status', DiscReason.subprotocolError, text)
}
