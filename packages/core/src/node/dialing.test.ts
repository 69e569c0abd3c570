// Dials as users ask for them: each is an attempt of its own, may be given up at any moment, and leads to one peer.
import { describe, expect, it } from 'vitest'
import { World } from '../../test/strangers.ts'
import { randomBelow } from '../base/random.ts'
import { generatePrivateKey } from '../crypto/private-key.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { text } from '../protocols/codecs.ts'
import { defineProtocol, message } from '../protocols/define-protocol.ts'
import { countOf } from '../testing/counts.ts'
import { createManualClock, drainMicrotasks } from '../testing/manual-clock.ts'
import { createMemoryNetwork } from '../testing/memory-transport.ts'
import { testNetwork } from '../testing/test-network.ts'
import type { TestNetwork } from '../testing/test-network.ts'
import { parseAddress } from '../wire/address.ts'
import type { Address } from '../wire/address.ts'
import { BaseCode } from '../wire/base-messages.ts'
import type { Transport } from '../wire/link.ts'
import { createNode } from './node.ts'
import type { Node } from './node.ts'

const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, text) } })

interface Pair {
  readonly world: TestNetwork
  readonly from: Node
  readonly to: Node
  readonly good: string
  /** Where nothing that is sent arrives. */
  readonly dead: string
}

async function startPair(delayMs: number | readonly [number, number] = 0, seed = 1): Promise<Pair> {
  const world = await testNetwork(2, [chat.with({})], { delayMs, seed })
  const [from, to] = world.nodes as [Node, Node]
  world.network.blackHole('node0', 'dead', true)
  const good = to.addresses[0]!
  return { world, from, to, good, dead: good.replace('node1', 'dead') }
}

/** A node that can be reached at several ports, and one that dials it. */
async function startTwoWays(delayMs: readonly [number, number], seed: number) {
  const world = await testNetwork(1, [chat.with({})], { delayMs, seed })
  const { clock, random, network } = world
  const to = createNode({
    privateKey: generatePrivateKey(random),
    transports: [network.transport('there', { listen: [1, 2, 3] })],
    protocols: [chat.with({})],
    clock,
    random,
  })
  await to.start()
  return { world, from: world.nodes[0]!, to }
}

describe('a dial', () => {
  it('never answers with a peer that is ending: it makes another, which is told of after the end of the first', async () => {
    const { world, from, good } = await startPair(20)
    const told: string[] = []
    from.on('peer:added', () => told.push('added'))
    from.on('peer:removed', () => told.push('removed'))
    const first = await world.until(from.dial(good))
    first.disconnect()
    const second = await world.until(from.dial(good))
    expect([second === first, second.error, first.error?.code]).toEqual([false, undefined, 'disconnect reason'])
    expect(told).toEqual(['added', 'removed', 'added'])
    await world.close()
  })

  it.each(['the same address', 'another address'])(
    'of a key whose dial was given up is an attempt of its own, whenever that was: %s',
    async (which) => {
      for (let afterMs = 0; afterMs <= 200; afterMs += 10) {
        const { world, from, to, good, dead } = await startPair(20)
        const controller = new AbortController()
        const first = from.dial(which === 'the same address' ? good : dead, { signal: controller.signal })
        const ended = first.catch((error: unknown) => error)
        await world.advance(afterMs)
        controller.abort()
        const second = await world.until(from.dial(good))
        expect({ afterMs, error: second.error }).toEqual({ afterMs, error: undefined })
        const outcome = await ended
        if (outcome instanceof Error) expect(outcome).toBe(controller.signal.reason)
        await world.advance(5000)
        expect({ afterMs, here: from.peers.length, there: to.peers.length }).toEqual({ afterMs, here: 1, there: 1 })
        await world.close()
      }
    },
  )

  it('given up leaves no trace at once, and rejects with the reason of its signal', async () => {
    const { world, from, dead } = await startPair()
    const failed: string[] = []
    from.on('dial:failed', ({ error }) => failed.push(error.code))
    const controller = new AbortController()
    const dial = from.dial(dead, { signal: controller.signal }).catch(String)
    expect(from.inspect().connections).toMatchObject([{ state: 'dialing', direction: 'outbound' }])
    controller.abort(new DOMException('too late', 'TimeoutError'))
    expect([from.inspect().connections, failed]).toEqual([[], ['dial cancelled']])
    expect(await dial).toMatch(/^TimeoutError/)
    await world.close()
  })

  it('goes on for others when one of those who wait for it gives up', async () => {
    const { world, from, good } = await startPair(20)
    const controller = new AbortController()
    const one = from.dial(good, { signal: controller.signal }).catch(() => 'given up')
    const other = from.dial(good)
    await world.advance(30)
    expect(from.inspect().connections).toHaveLength(1)
    controller.abort()
    expect([await one, (await world.until(other)).error]).toEqual(['given up', undefined])
    await world.close()
  })

  it('given up in the moment the link opens makes no peer, and leaves no link', async () => {
    const clock = createManualClock()
    const network = createMemoryNetwork({ clock })
    const inner = network.transport('here')
    for (const turns of [0, 1, 2, 3, 4, 5, 6]) {
      const there = createNode({
        privateKey: generatePrivateKey(),
        transports: [network.transport('there', { listen: true })],
        protocols: [chat.with({})],
        clock,
      })
      await there.start()
      const signals = new AbortController()
      const hasty: Transport = {
        ...inner,
        dial: async (endpoint, options) => {
          const link = await inner.dial(endpoint, options)
          void giveUpAfter(turns, signals)
          return link
        },
      }
      const node = createNode({
        privateKey: generatePrivateKey(),
        transports: [hasty],
        protocols: [chat.with({})],
        clock,
      })
      await node.start()
      const added: unknown[] = []
      node.on('peer:added', (peer) => added.push(peer))
      const dial = node.dial(there.addresses[0]!, { signal: signals.signal }).catch((error: unknown) => error)
      await clock.advanceAsync(100)
      expect({ turns, ended: await dial }).toEqual({ turns, ended: signals.signal.reason })
      expect([added, node.inspect().setUps, there.peers, network.links]).toEqual([[], [], [], 0])
      await Promise.all([node.close(), there.close(), clock.advanceAsync(1000)])
    }
    expect(clock.pendingTimers).toBe(0)
  })

  it('inside a listener of its failure dials, and its error is known there', async () => {
    const { world, from, good } = await startPair()
    const nobody = good.replace('node1', 'nobody')
    for (const persistent of [false, true]) {
      const errors: unknown[] = []
      const dials: Promise<unknown>[] = []
      const stop = from.on('dial:failed', ({ address, error }) => {
        const { lastError, state, sentence } = from.explain(address.publicKey)
        expect({ lastError, known: sentence.includes(error.message) }).toEqual({
          lastError: error.toJSON(),
          known: true,
        })
        expect(state).not.toBe('dialing')
        errors.push(error)
        if (errors.length < 5) dials.push(from.dial(address).catch((failure: unknown) => failure))
      })
      if (persistent) from.addPersistent(nobody)
      else await from.dial(nobody).catch((failure: unknown) => dials.push(Promise.resolve(failure)))
      await drainMicrotasks()
      expect(new Set(errors).size).toBe(5)
      expect(new Set(await Promise.all(dials)).size).toBe(persistent ? 4 : 5)
      stop()
    }
    await world.close()
  })
})

describe('several dials of one key', () => {
  it('have a good address never wait for a dead one, whoever dials that', async () => {
    const { world, from, good, dead } = await startPair()
    from.addPersistent(dead)
    const lost = from.dial(dead)
    await world.advance(1000)
    const startMs = world.clock.now()
    const peer = await world.until(from.dial(good))
    expect(world.clock.now() - startMs).toBeLessThanOrEqual(30)
    // Whoever waited for the dead one has what was wanted, too.
    expect(await lost).toBe(peer)
    expect([from.inspect().connections.length, from.inspect().dialing!.dialing]).toEqual([1, []])
    await world.close()
  })

  it('all give the one connection that there is then, however their links race', async () => {
    for (let seed = 1; seed <= countOf({ short: 30, long: 500 }); seed++) {
      const { world, from, to } = await startTwoWays([0, 30], seed)
      const given = await world.until(Promise.all(to.addresses.map((address) => from.dial(address))))
      await world.advance(5000)
      const counts = { seed, peers: new Set(given).size, here: from.peers.length, there: to.peers.length }
      expect(counts).toEqual({ seed, peers: 1, here: 1, there: 1 })
      expect(from.peers[0]).toBe(given[0])
      await world.until(to.close())
      await world.close()
    }
  })

  it('from both ends give both the same one, whenever the second begins', async () => {
    for (let seed = 1; seed <= countOf({ short: 30, long: 400 }); seed++) {
      const { world, from, to, good } = await startPair([1, 100], seed)
      const one = from.dial(good)
      await world.advance(randomBelow(world.random, 300))
      const other = to.dial(from.addresses[0]!)
      const given = await world.until(Promise.all([one, other]))
      await world.advance(5000)
      expect({ seed, peers: [from.peers, to.peers] }).toEqual({ seed, peers: given.map((peer) => [peer]) })
      await world.close()
    }
  })

  it('give what Promise.any asks for when all but one way lead nowhere', async () => {
    const { world, from, to, good, dead } = await startPair(10)
    const nobody = good.replace('node1', 'nobody')
    const peer = await world.until(Promise.any([dead, nobody, good].map((address) => from.dial(address))))
    await world.advance(20_000)
    expect([from.peers, to.peers.length]).toEqual([[peer], 1])
    await world.close()
  })

  it('are not held up by one that was answered and then says no Hello', async () => {
    const world = await new World().start({ maxPeers: 5 })
    const keys = world.newKeys()
    const mute = await world.outbound(keys)
    expect(mute.stranger.heard).toEqual([BaseCode.hello])
    const second = await world.outbound(keys, false, 1)
    expect(world.node.inspect().setUps.map(({ phase }) => phase)).toEqual(['hello', 'held'])
    await world.pass(2999)
    expect(second.stranger.heard).toEqual([])
    await world.pass(1)
    expect([second.stranger.heard, mute.stranger.told]).toEqual([[BaseCode.hello], DiscReason.alreadyConnected])
    second.stranger.greet()
    await world.pass()
    expect([await second.ended, await mute.ended, world.node.peers.length]).toEqual([undefined, undefined, 1])
    await world.close()
  })
})

describe('a persistent peer', () => {
  it('is dialed now when its address is corrected, however long it has been away', async () => {
    const { world, from, good } = await startPair()
    from.addPersistent(good.replace('node1', 'typo'))
    await world.advance(1_800_000)
    expect(from.explain(parseAddress(good).publicKey)).toMatchObject({ state: 'waiting', reason: 'retry delay' })
    expect(from.addPersistent(good)).toMatchObject({ state: 'dialing' })
    await world.advance(0)
    expect(from.peers).toHaveLength(1)
    await world.close()
  })

  it('is dialed now when it is corrected, or removed and added again, while a dial of it hangs', async () => {
    const { world, from, good, dead } = await startPair()
    from.addPersistent(dead)
    await world.advance(500)
    from.addPersistent(good)
    await world.advance(0)
    expect(from.peers).toHaveLength(1)
    from.removePersistent(good)
    from.peers[0]!.disconnect()
    await world.advance(2000)
    from.addPersistent(dead)
    await world.advance(500)
    from.removePersistent(dead)
    from.addPersistent(good)
    await world.advance(0)
    expect([from.peers.length, from.inspect().connections.length]).toEqual([1, 1])
    await world.close()
  })

  it('that dialed in, is sent away and comes back during the goodbye, is connected and dialed no more', async () => {
    const world = await new World().start({})
    const keys = world.newKeys()
    await world.greeted(undefined, keys)
    const lost: Address = { publicKey: keys.publicKey, endpoint: { scheme: 'memory', host: 'nowhere', port: 1 } }
    world.node.addPersistent(lost)
    world.network.blackHole('node', 'stranger', true)
    const told: string[] = []
    world.node.on('peer:removed', ({ error }) => told.push(error.message))
    world.node.on('peer:added', () => told.push('added'))
    world.node.on('dial:failed', ({ error }) => told.push(error.message))
    world.node.peers[0]!.disconnect(DiscReason.tooManyPeers, 'sent away')
    const second = await world.inbound(keys, false, 'elsewhere')
    second.answers = true
    expect(world.node.inspect().peers).toMatchObject([{ state: 'ending' }])
    second.greet()
    await world.pass(60_000)
    expect([told, world.node.peers.length]).toEqual([['sent away', 'added'], 1])
    world.network.blackHole('node', 'stranger', false)
    expect(world.node.explain(keys.publicKey)).toMatchObject({ state: 'connected' })
    await world.close()
  })
})

async function giveUpAfter(turns: number, controller: AbortController): Promise<void> {
  for (let i = 0; i < turns; i++) await Promise.resolve()
  controller.abort()
}
