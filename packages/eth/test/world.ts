// Nodes that speak eth over memory links, and strangers whose every byte the test chooses.
import {
  createNode,
  defineProtocol,
  encodeRlp,
  fromHex,
  generatePrivateKey,
  message,
  portableCrypto,
  raw,
  seededRandom,
} from '@peerwire/core'
import type { Codec, MessageDefinition, Node, NodeOptions, Peer, Protocol, Removal } from '@peerwire/core'
import { createManualClock, createMemoryNetwork } from '@peerwire/core/testing'
import type { ManualClock, MemoryNetwork } from '@peerwire/core/testing'
import { afterEach, beforeEach, expect, vi } from 'vitest'
import { eth } from '../src/eth.ts'
import type { Eth, EthOptions } from '../src/api.ts'
import type { EthNetwork } from '../src/network.ts'
import { signTransaction } from '../src/sign-transaction.ts'
import { statusCodec } from '../src/status.ts'
import type { Status } from '../src/status.ts'

/** The private chain of the interop tests. */
export const CHAIN: EthNetwork = {
  networkId: 7_357_001,
  genesisHash: '17df6b8c177a3e2ec65c703af1ea04d5bc0a5268f992a933851694b44fd240d7',
  forkId: { hash: fromHex('2220c91e'), next: 4_102_444_800n },
}

export interface EthNode {
  readonly node: Node
  readonly eth: Eth
  readonly removals: Removal[]
  /** Hashes of transactions that arrived, with the id of the peer, in order. */
  readonly arrivals: string[]
  /** Its first address. */
  readonly address: string
}

export interface World {
  readonly clock: ManualClock
  readonly network: MemoryNetwork
  make(host: string, options?: Partial<EthOptions>, extra?: Partial<NodeOptions>): Promise<EthNode>
  stranger(host: string): Promise<Stranger>
  /** Connects, and lets what follows happen. */
  connect(from: { readonly node: Node }, to: { readonly address: string }): Promise<Peer>
  /** Lets this much virtual time pass. */
  pass(ms?: number): Promise<void>
  close(): Promise<void>
}

export function createWorld(): World {
  const clock = createManualClock()
  const random = seededRandom(7)
  const network = createMemoryNetwork({ clock, random })
  const nodes: Node[] = []
  const start = async (host: string, options: Partial<NodeOptions>): Promise<Node> => {
    const transports = [network.transport(host, { listen: true })]
    const node = createNode({ privateKey: generatePrivateKey(random), transports, clock, random, ...options })
    nodes.push(node)
    await node.start()
    return node
  }
  return {
    clock,
    network,
    make: async (host, options = {}, extra = {}) => {
      const plugin = eth({ network: CHAIN, ...options })
      const arrivals: string[] = []
      plugin.on('transaction:received', ({ transaction, peer }) => arrivals.push(`${hex(transaction.hash)} ${peer.id}`))
      const plugins = options.inventory ? [options.inventory, plugin] : [plugin]
      const node = await start(host, { plugins, ...extra })
      return { node, eth: plugin, arrivals, removals: removalsOf(node), address: node.addresses[0]! }
    },
    stranger: async (host) => {
      const got: Got[] = []
      const node = await start(host, { protocols: [rawEth.with(collect(got))] })
      return { node, got, removals: removalsOf(node), address: node.addresses[0]! }
    },
    connect: async (from, to) => {
      const peer = await clock.run(from.node.dial(to.address))
      await clock.advanceAsync(1)
      return peer
    },
    pass: async (ms = 100) => {
      await clock.advanceAsync(ms)
      // What is loaded on use takes time of its own, and then goes on in turns of the event loop.
      await vi.dynamicImportSettled()
      await clock.advanceAsync(10)
    },
    close: () => clock.run(Promise.all(nodes.map((node) => node.close())).then(() => undefined)),
  }
}

/** A world for each test of a file, given to `take`; it is closed behind the test, and must leave no timer. */
export function worldForEach(take: (world: World) => void): void {
  let world: World
  beforeEach(() => take((world = createWorld())))
  afterEach(async () => {
    await world.close()
    expect(world.clock.pendingTimers).toBe(0)
  })
}

function removalsOf(node: Node): Removal[] {
  const removals: Removal[] = []
  node.on('peer:removed', (removal) => removals.push(removal))
  return removals
}

/** Says eth/69 and sends whatever bytes the test wants. */
export interface Stranger {
  readonly node: Node
  /** What came, in order. */
  readonly got: Got[]
  readonly removals: Removal[]
  readonly address: string
}

export interface Got {
  readonly name: RawName
  readonly payload: Uint8Array
}

const RAW_CODES = {
  status: 0x00,
  transactions: 0x02,
  getBlockHeaders: 0x03,
  blockHeaders: 0x04,
  getBlockBodies: 0x05,
  blockBodies: 0x06,
  announce: 0x08,
  getPooled: 0x09,
  pooled: 0x0a,
  getReceipts: 0x0f,
  receipts: 0x10,
  range: 0x11,
} as const
export type RawName = keyof typeof RAW_CODES
type RawMessages = { readonly [Name in RawName]: MessageDefinition<Codec<Uint8Array>> }

/** eth/69 with nothing but bytes in it. */
export const rawEth: Protocol<RawMessages> = defineProtocol({
  name: 'eth',
  version: 69,
  length: 18,
  messages: Object.fromEntries(
    Object.entries(RAW_CODES).map(([name, code]) => [name, message(code, raw, { maxBytes: 11_000_000 })]),
  ) as unknown as RawMessages,
})

function collect(got: Got[]): Partial<Record<RawName, (peer: Peer, payload: Uint8Array) => void>> {
  const names = Object.keys(RAW_CODES) as RawName[]
  return Object.fromEntries(
    names.map((name) => [name, (_: Peer, payload: Uint8Array) => void got.push({ name, payload })]),
  )
}

/** The Status of an honest node on `CHAIN`, with changes. */
export function statusBytes(change: Partial<Status> = {}): Uint8Array {
  const genesisHash = fromHex(CHAIN.genesisHash as string)
  return statusCodec.encode({
    version: 69,
    networkId: 7_357_001n,
    genesisHash,
    forkId: CHAIN.forkId!,
    earliest: 0n,
    latest: 8n,
    latestHash: new Uint8Array(32).fill(1),
    ...change,
  })
}

/** A stranger that has dialed the node and, unless `silent`, said its Status. */
export async function meet(
  world: World,
  to: EthNode,
  host = 'stranger',
  status: Uint8Array | 'silent' = statusBytes(),
): Promise<Stranger & { readonly peer: Peer }> {
  const stranger = await world.stranger(host)
  const peer = await world.connect(stranger, to)
  if (status !== 'silent') void peer.send(rawEth, 'status', status)
  await world.pass(10)
  return { ...stranger, peer }
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** A valid transaction on `CHAIN`; different for each number. */
export function transactionOf(
  number: number,
  dataBytes = 0,
  chainId = 7_357_001n,
): { bytes: Uint8Array; hash: string } {
  const key = portableCrypto.keccak256(Uint8Array.of(1 + (number % 200)))
  const fees = { maxPriorityFeePerGas: 1n, maxFeePerGas: 9n, gasLimit: 21_000n, value: 1n }
  const to = new Uint8Array(20)
  const fields = { chainId, nonce: BigInt(number), ...fees, to, data: new Uint8Array(dataBytes) }
  const bytes = signTransaction(fields, key, portableCrypto)
  return { bytes, hash: hex(portableCrypto.keccak256(bytes)) }
}

/** NewPooledTransactionHashes for envelopes of type 2. */
export function announcementOf(...envelopes: readonly Uint8Array[]): Uint8Array {
  const types = new Uint8Array(envelopes.length).fill(2)
  return encodeRlp([
    types,
    envelopes.map(({ length }) => length),
    envelopes.map((bytes) => portableCrypto.keccak256(bytes)),
  ])
}
