import { afterEach, describe, expect, it } from 'vitest'
import { shortKey } from '../base/bytes.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { bytes } from '../protocols/codecs.ts'
import { defineProtocol, message } from '../protocols/define-protocol.ts'
import { memoryStorage } from '../testing/memory-storage.ts'
import { testNetwork } from '../testing/test-network.ts'
import type { TestNetwork } from '../testing/test-network.ts'
import { parseAddress } from '../wire/address.ts'
import { createNode } from './node.ts'
import type { Plugin, PluginContext } from './plugin.ts'

const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, bytes) } })
let network: TestNetwork | undefined
afterEach(async () => {
  await network?.close()
  network = undefined
})

/** A plugin that keeps what it was started with. */
function spy(): { readonly plugin: Plugin; context(): PluginContext } {
  let context: PluginContext | undefined
  return { plugin: { name: 'spy', start: (given) => void (context = given) }, context: () => context! }
}

async function pair(maxPeers = 50): Promise<{ net: TestNetwork; context: PluginContext; events: string[] }> {
  const { plugin, context } = spy()
  const net = await testNetwork(2, [chat.with({})], {
    options: (index) => (index === 0 ? { plugins: [plugin] } : { maxPeers }),
  })
  network = net
  const events: string[] = []
  const [asker] = net.nodes
  asker!.on('peer:added', () => void events.push('added'))
  asker!.on('setup:failed', () => void events.push('set-up failed'))
  asker!.on('dial:failed', () => void events.push('dial failed'))
  return { net, context: context(), events }
}

describe('a probe', () => {
  it('finds out that a node lives, and leaves no peer and no event here', async () => {
    const { net, context, events } = await pair()
    const removals: unknown[] = []
    net.nodes[1]!.on('peer:removed', ({ error }) => void removals.push(error.reason))
    await net.until(context.probe(parseAddress(net.nodes[1]!.addresses[0]!)))
    await net.advance(1000)
    expect([events, net.nodes[0]!.peers, net.nodes[1]!.peers]).toEqual([[], [], []])
    expect(removals).toEqual([DiscReason.requested])
    expect(net.network.links).toBe(0)
  })

  it('fails with what ended it, and tells nobody else', async () => {
    const { net, context, events } = await pair()
    const address = net.nodes[1]!.addresses[0]!
    await net.until(net.nodes[1]!.close())
    await expect(net.until(context.probe(parseAddress(address)))).rejects.toMatchObject({ code: 'dial failed' })
    const self = parseAddress(net.nodes[0]!.addresses[0]!)
    await expect(context.probe(self)).rejects.toMatchObject({ reason: DiscReason.self })
    expect(events).toEqual([])
  })

  it('is told when the node has no place', async () => {
    const { net, context } = await pair(0)
    const probing = context.probe(parseAddress(net.nodes[1]!.addresses[0]!))
    await expect(net.until(probing)).rejects.toMatchObject({
      code: 'remote disconnect reason',
      reason: DiscReason.tooManyPeers,
    })
  })

  it('ends at once when it is not wanted any more', async () => {
    const { net, context } = await pair()
    net.network.blackHole('node0', 'node1', true)
    const controller = new AbortController()
    const probing = context.probe(parseAddress(net.nodes[1]!.addresses[0]!), { signal: controller.signal })
    await net.advance(100)
    controller.abort()
    await expect(probing).rejects.toMatchObject({ code: 'dial failed' })
  })
})

describe('the storage of a node', () => {
  it('belongs to one running node', async () => {
    const storage = memoryStorage()
    const net = await testNetwork(1, [chat.with({})], { options: () => ({ storage }) })
    network = net
    const { clock, random } = net
    const other = createNode({
      privateKey: new Uint8Array(32).fill(7),
      transports: [net.network.transport('other')],
      storage,
      clock,
      random,
    })
    await expect(other.start()).rejects.toThrow(`in use by node ${shortKey(net.nodes[0]!.publicKey)}`)
    await net.until(net.nodes[0]!.close())
    const release = await storage.claim!('test')
    await release()
  })

  it('is given back when the node is closed while it starts', async () => {
    const storage = memoryStorage()
    const net = await testNetwork(1, [chat.with({})])
    network = net
    const { plugin } = spy()
    const options = { transports: [net.network.transport('other')], clock: net.clock, random: net.random, storage }
    const node = createNode({ ...options, privateKey: new Uint8Array(32).fill(7), plugins: [plugin] })
    const started = node.start()
    await net.until(node.close())
    await started
    const release = await storage.claim!('test')
    await release()
  })
})
