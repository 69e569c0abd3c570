// The node over memory links: connecting, talking, refusing, ending.
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../base/random.ts'
import { generatePrivateKey } from '../crypto/private-key.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { text } from '../protocols/codecs.ts'
import { defineProtocol, message, request } from '../protocols/define-protocol.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import type { ManualClock } from '../testing/manual-clock.ts'
import { createMemoryNetwork } from '../testing/memory-transport.ts'
import type { EvictionCandidate } from '../peers/eviction.ts'
import type { Handlers } from '../wire/protocol.ts'
import type { Removal } from './events.ts'
import { createNode } from './node.ts'
import type { Node } from './node.ts'
import type { NodeOptions } from './options.ts'

const chat = defineProtocol({
  name: 'chat',
  version: 1,
  messages: { say: message(0, text), ask: request(1, text, 2, text, { timeoutMs: 1000 }) },
})

function createWorld(seed = 1) {
  const clock = createManualClock()
  const random = seededRandom(seed)
  const network = createMemoryNetwork({ clock, random, split: 'random' })
  const nodes: Node[] = []
  const make = async (
    host: string,
    handlers: Handlers<typeof chat.messages> = {},
    extra: Partial<NodeOptions> = {},
  ) => {
    const node = createNode({
      privateKey: generatePrivateKey(random),
      transports: [network.transport(host, { listen: true })],
      protocols: [chat.with(handlers)],
      clock,
      random,
      ...extra,
    })
    nodes.push(node)
    await node.start()
    return node
  }
  return { clock, network, make, nodes, close: () => settle(clock, Promise.all(nodes.map((node) => node.close()))) }
}

async function settle<T>(clock: ManualClock, promise: Promise<T>, ms = 20_000): Promise<T> {
  let done = false
  const mark = (): void => void (done = true)
  promise.then(mark, mark)
  for (let passed = 0; !done && passed <= ms; passed += 50) await clock.advanceAsync(50)
  if (!done) throw new Error(`nothing within ${ms} ms of virtual time`)
  return await promise
}

function removalOf(node: Node): Promise<Removal> {
  return new Promise((resolve) => node.once('peer:removed', resolve))
}

describe('createNode', () => {
  it('says what is missing when there is no private key', () => {
    expect(() => createNode({ transports: [] } as unknown as NodeOptions)).toThrow(/needs a privateKey of 32 bytes/)
  })

  it('connects two nodes that then exchange typed messages', async () => {
    const world = createWorld()
    const lines: string[] = []
    const a = await world.make('a', { say: (peer, line) => peer.send(chat, 'say', `${line}, you`) })
    const b = await world.make('b', { say: (_, line) => void lines.push(line) })
    const peer = await settle(world.clock, b.dial(a.addresses[0]!))
    expect(peer.id).toBe(a.id)
    await peer.send(chat, 'say', 'hello')
    await world.clock.advanceAsync(10)
    expect(lines).toEqual(['hello, you'])
    expect(a.peers.map(({ id, direction }) => [id, direction])).toEqual([[b.id, 'inbound']])
    await world.close()
  })

  it('tells a received hook of each message with its code and size, answers too', async () => {
    const world = createWorld()
    const seen: [string, number, number][] = []
    const received = (name: string) => (_: unknown, code: number, bytes: number) => void seen.push([name, code, bytes])
    const a = await world.make('a', {}, { protocols: [chat.with({ ask: () => 'yes' }, { received: received('a') })] })
    const b = await world.make('b', {}, { protocols: [chat.with({}, { received: received('b') })] })
    const peer = await settle(world.clock, b.dial(a.addresses[0]!))
    await peer.send(chat, 'say', 'hello')
    await settle(world.clock, peer.request(chat, 'ask', 'well?'))
    const [said, asked, answered] = seen
    expect([said, asked?.slice(0, 2), answered?.slice(0, 2)]).toEqual([
      ['a', 0, 6],
      ['a', 1],
      ['b', 2],
    ])
    await world.close()
  })

  it('delivers a message sent in the same turn as Hello', async () => {
    const world = createWorld(7)
    const lines: string[] = []
    const a = await world.make('a', { say: (_, line) => void lines.push(line) })
    const greeter = chat.with({}, { opened: (peer) => void peer.send(chat, 'say', 'first') })
    const b = await world.make('b', {}, { protocols: [greeter] })
    await settle(world.clock, b.dial(a.addresses[0]!))
    await world.clock.advanceAsync(10)
    expect(lines).toEqual(['first'])
    await world.close()
  })

  it('matches answers to questions and times out without one', async () => {
    const world = createWorld()
    const a = await world.make('a', {
      ask: (_, line) => (line === 'never' ? new Promise(() => undefined) : `${line}!`),
    })
    const b = await world.make('b')
    const peer = await settle(world.clock, b.dial(a.addresses[0]!))
    expect(await settle(world.clock, peer.request(chat, 'ask', 'one'))).toBe('one!')
    await expect(settle(world.clock, peer.request(chat, 'ask', 'never'))).rejects.toMatchObject({
      code: 'request timeout',
    })
    await world.close()
  })

  it('tells the remote why and reports the same reason at both ends', async () => {
    const world = createWorld()
    const a = await world.make('a')
    const b = await world.make('b')
    const peer = await settle(world.clock, b.dial(a.addresses[0]!))
    const [atA, atB] = [removalOf(a), removalOf(b)]
    peer.disconnect(DiscReason.uselessPeer, 'no use')
    expect(await settle(world.clock, atB)).toMatchObject({
      remoteRequested: false,
      error: { code: 'disconnect reason', reason: 3 },
    })
    expect(await settle(world.clock, atA)).toMatchObject({
      remoteRequested: true,
      error: { code: 'remote disconnect reason', reason: 3 },
    })
    expect(a.peers).toEqual([])
    await world.close()
  })

  it('refuses itself, a second connection, too many and strangers without a shared protocol, each with its reason', async () => {
    const world = createWorld()
    const other = defineProtocol({ name: 'other', version: 1, messages: { say: message(0, text) } })
    const a = await world.make('a', {}, { maxPeers: 1, maxInbound: 1 })
    const b = await world.make('b')
    const c = await world.make('c')
    const d = await world.make('d', {}, { protocols: [other.with({})] })
    await expect(settle(world.clock, a.dial(a.addresses[0]!))).rejects.toMatchObject({ reason: DiscReason.self })
    await expect(settle(world.clock, d.dial(a.addresses[0]!))).rejects.toMatchObject({ reason: DiscReason.uselessPeer })
    const peer = await settle(world.clock, b.dial(a.addresses[0]!))
    expect(await settle(world.clock, b.dial(a.addresses[0]!))).toBe(peer)
    await expect(settle(world.clock, c.dial(a.addresses[0]!))).rejects.toMatchObject({
      reason: DiscReason.tooManyPeers,
    })
    a.addTrusted(c.publicKey)
    await settle(world.clock, c.dial(a.addresses[0]!))
    expect(a.peers).toHaveLength(2)
    await world.close()
  })

  it('makes room for a newcomer where a policy says whom to end, and not for the trusted', async () => {
    const world = createWorld()
    const admission = (inbound: readonly EvictionCandidate[]) => inbound.find(({ trusted }) => !trusted)?.id
    const a = await world.make('a', {}, { maxPeers: 2, maxInbound: 2, admission })
    const [b, c, d] = [await world.make('b'), await world.make('c'), await world.make('d')]
    a.addTrusted(b.publicKey)
    for (const node of [b, c, d]) await settle(world.clock, node.dial(a.addresses[0]!))
    expect(a.peers.map(({ id }) => id)).toEqual([b.id, d.id])
    await world.clock.advanceAsync(2000)
    expect(c.inspect().failures).toMatchObject([{ code: 'remote disconnect reason', reason: '4', phase: 'peer' }])
    await world.close()
  })

  it('ends with exactly one connection when two nodes dial each other at once', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const world = createWorld(seed)
      const a = await world.make('a')
      const b = await world.make('b')
      const dials = Promise.allSettled([a.dial(b.addresses[0]!), b.dial(a.addresses[0]!)])
      const results = await settle(world.clock, dials)
      await world.clock.advanceAsync(5000)
      expect({ seed, a: a.peers.length, b: b.peers.length }).toEqual({ seed, a: 1, b: 1 })
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
      await world.close()
    }
  })

  it('ends a peer whose handler throws, and no other', async () => {
    const world = createWorld()
    const a = await world.make('a', {
      say: (_, line) => {
        if (line === 'bad') throw new Error('boom')
      },
    })
    const b = await world.make('b')
    const c = await world.make('c')
    const bad = await settle(world.clock, b.dial(a.addresses[0]!))
    await settle(world.clock, c.dial(a.addresses[0]!))
    const removed = removalOf(a)
    void bad.send(chat, 'say', 'bad')
    const { error } = await settle(world.clock, removed)
    expect(error).toMatchObject({ code: 'handler failed', reason: DiscReason.subprotocolError, message: 'boom' })
    await world.clock.advanceAsync(1000)
    expect(a.peers.map(({ id }) => id)).toEqual([c.id])
    await world.close()
  })

  it('pings in silence and gives up on a link that swallows everything', async () => {
    const world = createWorld()
    const a = await world.make('a')
    const b = await world.make('b')
    await settle(world.clock, b.dial(a.addresses[0]!))
    await world.clock.advanceAsync(120_000)
    expect(b.peers).toHaveLength(1)
    const removed = removalOf(b)
    world.network.blackHole('a', 'b', true)
    expect(await settle(world.clock, removed, 40_000)).toMatchObject({ error: { code: 'read timeout' } })
    await world.close()
  })

  it('leaves no timer, link or listener behind when it closes, at any moment', async () => {
    for (const moment of ['at once', 'while dialing', 'connected', 'twice']) {
      const world = createWorld()
      const a = await world.make('a')
      const b = await world.make('b')
      const dialing = b.dial(a.addresses[0]!).catch((error: unknown) => error)
      if (moment !== 'while dialing') await settle(world.clock, dialing)
      if (moment === 'twice') void a.close()
      await world.close()
      await dialing
      await world.clock.advanceAsync(0)
      expect({
        moment,
        timers: world.clock.pendingTimers,
        links: world.network.links,
        listeners: world.network.listeners,
      }).toEqual({ moment, timers: 0, links: 0, listeners: 0 })
    }
  })
})
