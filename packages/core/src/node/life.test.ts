// The ends of peers and nodes: stuck peers, races of goodbyes, and nothing left afterwards.
import { describe, expect, it } from 'vitest'
import { portableCrypto } from '../crypto/portable.ts'
import { generatePrivateKey } from '../crypto/private-key.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import { text } from '../protocols/codecs.ts'
import { defineProtocol, message } from '../protocols/define-protocol.ts'
import { testNetwork } from '../testing/test-network.ts'
import { randomBelow } from '../base/random.ts'
import { countOf } from '../testing/counts.ts'
import type { Link } from '../wire/link.ts'
import type { Removal } from './events.ts'

const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, text) } })

/** A link that is open and says nothing, ever. */
function silentSink() {
  return { bytes: () => undefined, drain: () => undefined, end: () => undefined }
}

describe('closing a node', () => {
  it('ends within a second however its peers are stuck, and leaves nothing', async () => {
    for (let seed = 1; seed <= countOf({ short: 3, long: 50 }); seed++) {
      const never = chat.with({ say: () => new Promise(() => undefined) })
      const world = await testNetwork(21, [never], { seed, options: () => ({ maxPeers: 100, maxInbound: 100 }) })
      const [hub] = world.nodes
      const raw = world.network.transport('stranger')
      const endpoint = { scheme: 'memory', host: 'node0', port: Number(hub!.addresses[0]!.split(':').at(-1)) }
      const links: Link[] = []
      for (let i = 0; i < 40; i++) links.push(await world.until(raw.dial(endpoint)))
      for (const link of links) link.open(silentSink())
      for (let i = 1; i <= 20; i++) {
        const peer = await world.connect(i, 0)
        void peer.send(chat, 'say', 'a handler that never returns')
      }
      for (let i = 1; i <= 20; i++) world.network.blackHole('node0', `node${i}`, true)
      for (const peer of hub!.peers) void peer.send(chat, 'say', 'x'.repeat(500_000))
      const stranger = (host: string) => {
        const publicKey = portableCrypto.publicKeyOf(generatePrivateKey(world.random))
        return { publicKey, endpoint: { scheme: 'memory', host, port: 1 } }
      }
      for (let i = 0; i < 20; i++) {
        world.network.blackHole('node0', `hole${i}`, true)
        hub!.addPersistent(stranger(`hole${i}`))
        hub!.addPersistent(stranger(`nobody${i}`))
      }
      await world.advance(3000)
      const { dialing, setUps, peers } = hub!.inspect()
      expect({ dialing: dialing!.dialing.length, asleep: dialing!.persistent.length }).toEqual({
        dialing: 20,
        asleep: 40,
      })
      expect([setUps.length, peers.length]).toEqual([40, 20])
      let after = 0
      const before = world.clock.now()
      await world.until(hub!.close())
      expect(world.clock.now() - before).toBeLessThanOrEqual(1000)
      hub!.on('peer:removed', () => after++)
      for (const link of links) link.abort()
      await world.close()
      await world.advance(60_000)
      expect({ seed, timers: world.clock.pendingTimers, after }).toEqual({ seed, timers: 0, after: 0 })
      expect(world.network.listeners).toBe(0)
    }
  })

  it('may be called from inside any listener and handler, also twice', async () => {
    for (const where of ['peer:added', 'handler', 'peer:removed'] as const) {
      const world = await testNetwork(2, (index) => [
        chat.with({ say: () => (where === 'handler' && index === 0 ? world.nodes[0]!.close() : undefined) }),
      ])
      const [a] = world.nodes
      const closed = new Promise<void>((resolve) => {
        const close = (): void => void Promise.all([a!.close(), a!.close()]).then(() => resolve())
        if (where === 'handler') a!.on('peer:removed', close)
        else a!.on(where, close)
      })
      const peer = await world.connect(1, 0)
      void peer.send(chat, 'say', 'close now')
      if (where === 'peer:removed') peer.disconnect()
      await world.until(closed)
      expect(a!.inspect().state).toBe('closed')
      await world.close()
      expect(world.clock.pendingTimers).toBe(0)
    }
  })
})

describe('a persistent peer', () => {
  it('is dialed again when lost, says when, and stays away once removed', async () => {
    const world = await testNetwork(2, [chat.with({})])
    const [a, b] = world.nodes
    expect(a!.addPersistent(b!.addresses[0]!).sentence).toMatch(/persistent/)
    await world.advance(1000)
    expect(a!.peers.map(({ id, persistent }) => [id, persistent])).toEqual([[b!.id, true]])
    world.network.cut('node0', 'node1')
    world.network.blackHole('node0', 'node1', true)
    await world.advance(40_000)
    expect(a!.explain(b!.publicKey)).toMatchObject({ lastError: { code: expect.stringMatching(/link lost|dial/) } })
    world.network.blackHole('node0', 'node1', false)
    await world.advance(60_000)
    expect(a!.peers).toHaveLength(1)
    expect(a!.removePersistent(b!.addresses[0]!)).toBe(true)
    expect(a!.peers).toHaveLength(1)
    a!.peers[0]!.disconnect()
    await world.advance(120_000)
    expect(a!.peers).toHaveLength(0)
    expect(a!.removePersistent(b!.addresses[0]!)).toBe(false)
    await world.close()
  })
})

describe('the end of a peer', () => {
  it('is said exactly once, whatever ends it at the same moment', async () => {
    const runs = countOf({ short: 100, long: 1000 })
    const world = await testNetwork(2, [chat.with({})])
    const [a, b] = world.nodes
    for (let run = 0; run < runs; run++) {
      const removals: Removal[][] = [[], []]
      const stop = [a!, b!].map((node, i) => node.on('peer:removed', (removal) => removals[i]!.push(removal)))
      const peer = await world.connect(0, 1)
      await world.advance(STEP_MS)
      const other = b!.peers[0]!
      const endings = [
        () => peer.disconnect(DiscReason.uselessPeer),
        () => other.disconnect(DiscReason.tooManyPeers),
        () => world.network.cut('node0', 'node1'),
        () => peer.fail(new PeerError('invalid message', DiscReason.breachOfProtocol, 'raced')),
        () => void peer.send(chat, 'say', 'stray').catch(() => undefined),
      ]
      for (let i = 0; i < 3; i++) endings[randomBelow(world.random, endings.length)]!()
      peer.disconnect()
      await world.advance(2000)
      expect({ run, counts: removals.map((list) => list.length) }).toEqual({ run, counts: [1, 1] })
      expect([a!.peers.length, b!.peers.length]).toEqual([0, 0])
      for (const remove of stop) remove()
    }
    await world.close()
    expect(world.clock.pendingTimers).toBe(0)
  })

  it('does not begin with a reason that nobody could be told', async () => {
    const world = await testNetwork(2, [chat.with({})])
    const peer = await world.connect(0, 1)
    expect(() => peer.disconnect(-1)).toThrow(RangeError)
    expect([peer.error, world.nodes[0]!.peers]).toEqual([undefined, [peer]])
    await peer.send(chat, 'say', 'still here')
    await world.close()
  })

  it('never becomes an unhandled rejection of a send that nobody waited for', async () => {
    const world = await testNetwork(2, [chat.with({})])
    const peer = await world.connect(0, 1)
    world.network.blackHole('node0', 'node1', true)
    for (let i = 0; i < 10; i++) void peer.send(chat, 'say', 'x'.repeat(500_000))
    world.network.cut('node0', 'node1')
    void peer.send(chat, 'say', 'after the end')
    await world.advance(2000)
    // The runner itself fails on an unhandled rejection; one that is waited for rejects with what ended the peer.
    await expect(peer.send(chat, 'say', 'later')).rejects.toMatchObject({ code: 'link lost' })
    await world.close()
  })
})

const STEP_MS = 25
