// eth/69 to eth/72 with a full go-ethereum: Status, headers, its pool, its new transactions, and ours in its pool.
import { describe, expect } from 'vitest'
import { fromHex, portableCrypto, toHex } from '@peerwire/core'
import type { Peer } from '@peerwire/core'
import { eth, ETH_VERSIONS, signTransaction } from '@peerwire/eth'
import type { Arrival, Eth, EthOptions } from '@peerwire/eth'
import { it } from './support/it.ts'
import { FORK_ID, GENESIS_HASH, HEAD_HASH, HEAD_NUMBER, NETWORK_ID } from './support/real-geth.ts'
import type { RealGeth } from './support/real-geth.ts'
import type { TestNode, TestNodeOptions } from './support/test-node.ts'

const CHAIN: EthOptions['network'] = {
  networkId: NETWORK_ID,
  genesisHash: GENESIS_HASH,
  forkId: { hash: fromHex(FORK_ID.hash), next: BigInt(FORK_ID.next) },
}
/** The account that the genesis block funds, as ethdrive derives it. */
const FUNDED_KEY = portableCrypto.keccak256(new TextEncoder().encode('interop funded key'))

interface EthNode {
  readonly eth: Eth
  readonly test: TestNode
  readonly arrivals: readonly Arrival[]
  /** Dials and waits for the Status exchange. */
  meet(address: string): Promise<Peer>
}

async function ethNode(
  testNode: (options: TestNodeOptions) => Promise<TestNode>,
  options: Partial<EthOptions> = {},
): Promise<EthNode> {
  const plugin = eth({ network: 'auto', ...options })
  const arrivals: Arrival[] = []
  plugin.on('transaction:received', (arrival) => arrivals.push(arrival))
  const test = await testNode({ plugins: [plugin], capabilities: [] })
  const meet = async (address: string): Promise<Peer> => {
    const ready = new Promise<Peer>((resolve) => plugin.once('peer:ready', resolve))
    const removed = test.next('peer:removed').then(({ error }) => Promise.reject(error))
    removed.catch(() => undefined)
    await test.node.dial(address)
    return await Promise.race([ready, removed])
  }
  return { eth: plugin, test, arrivals, meet }
}

/** A transfer of the funded account with the next free nonce. */
async function signNext(geth: RealGeth): Promise<Uint8Array> {
  const publicKey = portableCrypto.publicKeyOf(FUNDED_KEY)
  const address = toHex(portableCrypto.keccak256(publicKey).subarray(12))
  const nonce = BigInt(String(await geth.rpc('eth_getTransactionCount', [`0x${address}`, 'pending'])))
  const fees = { maxPriorityFeePerGas: 1_000_000_000n, maxFeePerGas: 20_000_000_000n, gasLimit: 21_000n }
  const fields = { chainId: BigInt(NETWORK_ID), nonce, ...fees, to: new Uint8Array(20).fill(7), value: 1n }
  return signTransaction(fields, FUNDED_KEY, portableCrypto)
}

async function inPool(geth: RealGeth, hash: string): Promise<unknown> {
  return await geth.rpc('eth_getTransactionByHash', [`0x${hash}`])
}

describe('with a full geth', () => {
  it('learns the chain, proves five headers up to the head, and asks for bodies and receipts', async ({
    realGeth,
    testNode,
  }) => {
    const geth = await realGeth()
    const ours = await ethNode(testNode)
    const peer = await ours.meet(geth.enode)
    const status = ours.eth.statusOf(peer)!
    expect(status).toMatchObject({ version: 72, networkId: BigInt(NETWORK_ID), latest: BigInt(HEAD_NUMBER) })
    expect(`0x${toHex(status.genesisHash)}`).toBe(GENESIS_HASH)
    expect(`0x${toHex(status.forkId.hash)}`).toBe(FORK_ID.hash)
    expect(status.forkId.next).toBe(BigInt(FORK_ID.next))
    const request = { start: status.latestHash, limit: 5, reverse: true }
    const headers = await ours.eth.getBlockHeaders(peer, request)
    expect(headers.map(({ number }) => Number(number))).toEqual([8, 7, 6, 5, 4])
    expect(`0x${toHex(headers[0]!.hash)}`).toBe(HEAD_HASH)
    const hashes = headers.slice(0, 2).map(({ hash }) => hash)
    expect(await ours.eth.getBlockBodies(peer, hashes)).toHaveLength(2)
    expect(await ours.eth.getReceipts(peer, hashes)).toHaveLength(2)
    expect(await ours.eth.getBlockHeaders(peer, { start: 9_999, limit: 3 })).toEqual([])
  })

  it('fetches and checks the pool announced on connect, and takes what comes afterwards', async ({
    realGeth,
    testNode,
  }) => {
    const geth = await realGeth({ pool: 5 })
    const ours = await ethNode(testNode)
    await ours.meet(geth.enode)
    await expect.poll(() => ours.arrivals.length).toBe(5)
    expect(new Set(hashesOf(ours))).toEqual(new Set(geth.pool.map(({ hash }) => hash)))
    expect(ours.arrivals.map(({ how }) => how)).toEqual(['asked', 'asked', 'asked', 'asked', 'asked'])
    const { transactions } = await geth.drive({ pool: 4, gapMs: 50 })
    await expect.poll(() => ours.arrivals.length).toBe(9)
    expect(new Set(hashesOf(ours).slice(5))).toEqual(new Set(transactions.map(({ hash }) => hash)))
    expect(ours.arrivals.slice(5).map(({ transaction: { type } }) => type)).toEqual(
      transactions.map(({ type }) => type),
    )
    expect(ours.test.node.peers).toHaveLength(1)
  })

  it('speaks each of its versions: its pool, our transaction, headers, receipts, access lists and cells', async ({
    realGeth,
    testNode,
  }) => {
    const geth = await realGeth({ pool: 3 })
    const pool = new Set(geth.pool.map(({ hash }) => hash))
    const hash = fromHex(HEAD_HASH.slice(2))
    const receipts: string[] = []
    for (const version of ETH_VERSIONS) {
      const ours = await ethNode(testNode, { versions: [version] })
      const peer = await ours.meet(geth.enode)
      expect(ours.eth.statusOf(peer)).toMatchObject({ version, latest: BigInt(HEAD_NUMBER) })
      expect(peer.shared).toEqual([{ name: 'eth', version }])
      await expect.poll(() => new Set(hashesOf(ours))).toEqual(pool)
      const own = ours.eth.broadcastTransaction(await signNext(geth))
      await expect.poll(() => inPool(geth, toHex(own.hash))).toMatchObject({ blockHash: null })
      pool.add(`0x${toHex(own.hash)}`)
      const [header] = await ours.eth.getBlockHeaders(peer, { start: hash, limit: 1 })
      expect(header!.number).toBe(BigInt(HEAD_NUMBER))
      expect(await ours.eth.getBlockBodies(peer, [hash])).toHaveLength(1)
      const [list] = await ours.eth.getReceipts(peer, [hash])
      receipts.push(toHex(list!))
      // Its chain has no access lists yet, and its pool no blobs: that is what it says.
      const lists = ours.eth.getBlockAccessLists(peer, [hash, hash])
      if (version < 71) await expect(lists).rejects.toMatchObject({ code: 'not served' })
      else expect(await lists).toEqual([undefined, undefined])
      const mask = new Uint8Array(16).fill(0xff)
      const cells = ours.eth.getCells(peer, { hashes: [hash], mask })
      if (version < 72) await expect(cells).rejects.toMatchObject({ code: 'not served' })
      else expect(await cells).toEqual({ hashes: [], cells: [], mask })
      expect(ours.test.node.peers).toEqual([peer])
    }
    expect(new Set(receipts).size).toBe(1)
  })

  it('puts a transaction of ours into its pool, directly and through a node between', async ({
    realGeth,
    testNode,
  }) => {
    const geth = await realGeth({ pool: 0 })
    const [relay, tab] = [await ethNode(testNode), await ethNode(testNode)]
    await relay.meet(geth.enode)
    await tab.meet(relay.test.address)
    const first = relay.eth.broadcastTransaction(await signNext(geth))
    await expect.poll(() => inPool(geth, toHex(first.hash))).toMatchObject({ blockHash: null })
    const second = tab.eth.broadcastTransaction(await signNext(geth))
    await expect.poll(() => inPool(geth, toHex(second.hash))).toMatchObject({ blockHash: null })
    expect(hashesOf(tab)).toEqual([`0x${toHex(first.hash)}`])
    expect(hashesOf(relay)).toEqual([`0x${toHex(second.hash)}`])
  })

  it('is dialed by it, and relays its transactions to a node that dials us', async ({ realGeth, testNode }) => {
    const geth = await realGeth({ pool: 2 })
    const [relay, tab] = [await ethNode(testNode, { network: CHAIN }), await ethNode(testNode)]
    expect(await geth.rpc('admin_addPeer', [relay.test.address])).toBe(true)
    await tab.meet(relay.test.address)
    await expect.poll(() => tab.arrivals.length).toBe(2)
    expect(relay.test.node.peers.map(({ direction }) => direction)).toEqual(['inbound', 'inbound'])
    expect(new Set(hashesOf(tab))).toEqual(new Set(geth.pool.map(({ hash }) => hash)))
  })

  it('parts from it when the chains differ, with a reason that both understand', async ({ realGeth, testNode }) => {
    const geth = await realGeth({ pool: 0 })
    const other = { networkId: 1, genesisHash: 'd4'.repeat(32), forkId: { hash: fromHex('fc64ec04'), next: 0n } }
    const ours = await ethNode(testNode, { network: other })
    const error: unknown = await ours.meet(geth.enode).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ reason: 0x10 })
    expect(['incompatible remote status', 'remote disconnect reason']).toContain((error as { code: string }).code)
  })

  it('takes our silence for what it is', async ({ realGeth, testNode }) => {
    const geth = await realGeth({ pool: 0 })
    const ours = await testNode({ capabilities: ['eth/69:18'] })
    await ours.node.dial(geth.enode)
    expect((await ours.removal()).error).toMatchObject({ code: 'remote disconnect reason', reason: 0x0b })
  })
})

function hashesOf({ arrivals }: EthNode): string[] {
  return arrivals.map(({ transaction: { hash } }) => `0x${toHex(hash)}`)
}
