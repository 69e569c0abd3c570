import { afterEach, describe, expect, it } from 'vitest'
import { createDeferred } from '../base/abort.ts'
import { seededRandom } from '../base/random.ts'
import { generatePrivateKey } from '../crypto/private-key.ts'
import { dialPolicy } from '../dialing/policy.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { bytes } from '../protocols/codecs.ts'
import { defineProtocol, message } from '../protocols/define-protocol.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { createMemoryNetwork } from '../testing/memory-transport.ts'
import { testNetwork } from '../testing/test-network.ts'
import type { TestNetwork } from '../testing/test-network.ts'
import type { Address } from '../wire/address.ts'
import { parseAddress } from '../wire/address.ts'
import { createNode } from './node.ts'
import type { Node } from './node.ts'
import type { NodeOptions } from './options.ts'
import type { Plugin, PluginContext } from './plugin.ts'

const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, bytes) } })
const CROWD = 40
const MINUTE_MS = 60_000

/** A list of addresses that never ends. */
function endless(addresses: readonly Address[]): Plugin {
  async function* candidates(): AsyncGenerator<Address, void> {
    for (let i = 0; ; i++) yield addresses[i % addresses.length]!
  }
  return { name: 'endless', candidates }
}

/** Nodes with public addresses, each in a network of its own, and how often one of them was hung up on. */
async function startCrowd(delayMs: number | readonly [number, number]) {
  const clock = createManualClock()
  const random = seededRandom(3)
  const network = createMemoryNetwork({ clock, random, delayMs })
  const make = (host: string, more: Partial<NodeOptions> = {}, listens = true): Node =>
    createNode({
      privateKey: generatePrivateKey(random),
      transports: [network.transport(host, listens ? { listen: 30_303 } : {})],
      protocols: [chat.with({})],
      clock,
      random,
      ...more,
    })
  const hungUp: unknown[] = []
  const nodes: Node[] = []
  for (let i = 0; i < CROWD; i++) {
    const node = make(`20.${i}.1.1`)
    await node.start()
    node.on('setup:failed', ({ direction, error }) => void (direction === 'inbound' && hungUp.push(error)))
    node.on('peer:removed', ({ peer, error }) => void (peer.direction === 'inbound' && hungUp.push(error)))
    nodes.push(node)
  }
  return { clock, make, nodes, hungUp, addresses: nodes.map(({ addresses }) => parseAddress(addresses[0]!)) }
}

const SMALL = [0, 1, 2, 3, 4, 5, 8, 12, 23].flatMap((maxPeers) =>
  [true, false].flatMap((listens) =>
    (['keep-8', 'ethereum'] as const).map((preset) => ({ maxPeers, listens, preset })),
  ),
)

describe('a small node dials nobody to hang up on them', () => {
  it.each(SMALL)('%j', async ({ maxPeers, listens, preset }) => {
    const { clock, make, nodes, hungUp, addresses } = await startCrowd([20, 300])
    const plugins = [endless(addresses)]
    const node = make('9.9.9.9', { maxPeers, plugins, dialing: dialPolicy(preset) }, listens)
    await node.start()
    await clock.advanceAsync(MINUTE_MS / 2)
    // Others come at any time, more than there is room for.
    if (listens) for (const other of nodes.slice(0, 12)) void other.dial(node.addresses[0]!).catch(() => undefined)
    await clock.advanceAsync(2 * MINUTE_MS)
    const { outbound } = node.inspect().dialing!
    expect(node.peers.length).toBeLessThanOrEqual(maxPeers)
    expect(outbound.now).toBeGreaterThanOrEqual(Math.min(outbound.target, maxPeers))
    expect(hungUp).toEqual([])
    await node.close()
    for (const other of nodes) await other.close()
  })
})

let net: TestNetwork | undefined
afterEach(async () => {
  await net?.close()
  net = undefined
})

async function full(more: Partial<NodeOptions> = {}): Promise<TestNetwork> {
  net = await testNetwork(4, [chat.with({})], { options: (i) => (i === 0 ? { maxPeers: 1, ...more } : {}) })
  await net.connect(0, 1)
  return net
}

describe('a full node', () => {
  it('dials nobody, so that it hangs up on nobody', async () => {
    const { nodes, network } = await full()
    const { links } = network
    await expect(nodes[0]!.dial(nodes[2]!.addresses[0]!)).rejects.toMatchObject({
      code: 'disconnect reason',
      reason: DiscReason.tooManyPeers,
      message: '1 of 1 peers are connected',
    })
    expect(network.links).toBe(links)
  })

  it.each([0, 1])('reads no source, so nobody looks for anybody (maxPeers %i)', async (maxPeers) => {
    let read = 0
    const other = createDeferred<Address>()
    async function* candidates(): AsyncGenerator<Address, void> {
      for (;;) {
        read++
        yield await other.promise
      }
    }
    const source: Plugin = { name: 'source', candidates }
    net = await testNetwork(2, [chat.with({})], { options: (i) => (i === 0 ? { maxPeers, plugins: [source] } : {}) })
    other.resolve(parseAddress(net.nodes[1]!.addresses[0]!))
    await net.advance(1000)
    expect(net.nodes[0]!.peers).toHaveLength(maxPeers)
    const before = read
    await net.advance(10 * MINUTE_MS)
    expect([before <= 2 * maxPeers, read]).toEqual([true, before])
  })

  it('probes nobody either, and does when a place is free', async () => {
    let context: PluginContext | undefined
    const plugin: Plugin = { name: 'spy', start: (given) => void (context = given) }
    const { nodes, until, advance } = await full({ plugins: [plugin] })
    const address = parseAddress(nodes[2]!.addresses[0]!)
    await expect(context!.probe(address)).rejects.toMatchObject({ reason: DiscReason.tooManyPeers })
    nodes[0]!.peers[0]!.disconnect()
    await advance(2000)
    await until(context!.probe(address))
    expect(nodes[0]!.peers).toEqual([])
  })

  it.each(['addPersistent', 'addTrusted'] as const)('has room for one of %s, whoever dials', async (add) => {
    const { nodes, connect, advance } = await full()
    const [node, , other, third] = nodes
    for (const { publicKey, addresses } of [other!, third!]) {
      if (add === 'addTrusted') node!.addTrusted(publicKey)
      else node!.addPersistent(addresses[0]!)
    }
    await connect(0, 2)
    await connect(3, 0)
    await advance(1000)
    expect(node!.peers).toHaveLength(3)
  })

  it('keeps the place of a dial until that is over, from others and not from the dialed', async () => {
    net = await testNetwork(3, [chat.with({})], { delayMs: 50, options: (i) => (i === 2 ? {} : { maxPeers: 1 }) })
    const { nodes, advance } = net
    const [left, right, late] = nodes
    const dials = [left!.dial(right!.addresses[0]!), right!.dial(left!.addresses[0]!)]
    const refused = late!.dial(left!.addresses[0]!)
    refused.catch(() => undefined)
    await advance(2000)
    await Promise.all(dials)
    await expect(refused).rejects.toMatchObject({ reason: DiscReason.tooManyPeers })
    expect([left!.peers.length, right!.peers.length]).toEqual([1, 1])
  })
})
