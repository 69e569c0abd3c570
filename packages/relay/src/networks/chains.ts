// The chains that are known by name, and what a node on one of them says and asks of records.
import { fromHex } from '@peerwire/core'
import { type NodeRecord, recordForkId } from '@peerwire/discovery'
import { type ChainHead, type ForkId, forkIdOf, forkIdRefusal } from '@peerwire/eth'
import { nearest } from '../command/nearest.ts'
import { UsageError } from '../command/usage-error.ts'
import { hoodi } from './hoodi.ts'
import type { KnownChain } from './known-chain.ts'
import { mainnet } from './mainnet.ts'
import { sepolia } from './sepolia.ts'

export const CHAINS: readonly KnownChain[] = [mainnet, sepolia, hoodi]

/** @throws {UsageError} naming those that there are */
export function chainNamed(name: string): KnownChain {
  const chain = CHAINS.find((known) => known.name === name)
  if (chain) return chain
  const names = CHAINS.map((known) => known.name)
  const near = nearest(name, names)
  throw new UsageError(
    `--network must be one of ${names.join(', ')}, not "${name}"${near ? `; did you mean ${near}?` : ''}`,
  )
}

/** The fork id that a node on this chain states at a time: it follows no blocks, so it is past all forks by number. */
export function forkIdAt({ genesisHash, forks }: KnownChain, wallMs: number): ForkId {
  return forkIdOf(fromHex(genesisHash), forks, headAt(forks, wallMs))
}

/** Whether a record says that its node is on this chain, or can come to it. */
export function isOnChain({ genesisHash, forks }: KnownChain, record: NodeRecord | undefined, wallMs: number): boolean {
  const forkId = record && recordForkId(record)
  if (!forkId) return false
  return forkIdRefusal(fromHex(genesisHash), forks, headAt(forks, wallMs), forkId) === undefined
}

function headAt({ blocks }: KnownChain['forks'], wallMs: number): ChainHead {
  return { number: blocks.at(-1) ?? 0n, time: BigInt(Math.floor(wallMs / 1000)) }
}
