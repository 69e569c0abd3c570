// Connections put in at either checkpoint over memory links: each refusal in go-ethereum's order, and places freed
// whatever hangs.
import { describe, expect, it } from 'vitest'
import { SHARED, STRANGE, World } from '../../test/strangers.ts'
import type { Stranger } from '../../test/strangers.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import type { PeerError } from '../errors/peer-error.ts'
import { BaseCode } from '../wire/base-messages.ts'
import type { NodeOptions } from './options.ts'

const startWorld = (options: Partial<NodeOptions> = {}): Promise<World> => new World().start(options)

const { tooManyPeers, alreadyConnected, self, uselessPeer, readTimeout } = DiscReason

function expectRefused(world: World, stranger: Stranger, reason: number, message: string): void {
  const error = world.failureOf(stranger)
  expect({ code: error?.code, reason: error?.reason, message: error?.message, told: stranger.told }).toEqual({
    code: 'disconnect reason',
    reason,
    message,
    told: reason,
  })
}

describe('at checkpoint 1, when only the key is known,', () => {
  it('a node that is full says too many peers, before anything else it could say, and says no Hello', async () => {
    const world = await startWorld({ maxPeers: 1 })
    const { keys } = await world.greeted()
    for (const who of [world.newKeys(), keys, world.own]) {
      const stranger = await world.inbound(who)
      expectRefused(world, stranger, tooManyPeers, '1 of 1 peers are connected')
      expect(stranger.heard).toEqual([BaseCode.disconnect])
      expect(stranger.over).toBe(true)
    }
    expect(world.node.peers).toHaveLength(1)
    await world.close()
  })

  it('a node whose inbound places are taken says so to those who dial it, and dials on', async () => {
    const world = await startWorld({ maxPeers: 3, maxInbound: 1 })
    const { keys } = await world.greeted()
    for (const who of [world.newKeys(), keys, world.own]) {
      expectRefused(world, await world.inbound(who), tooManyPeers, '1 of 1 inbound peers are connected')
    }
    const { stranger, ended } = await world.outbound()
    stranger.greet()
    await world.pass()
    expect(await ended).toBeUndefined()
    expect(world.node.peers.map(({ direction }) => direction)).toEqual(['inbound', 'outbound'])
    await world.close()
  })

  it('a key that is connected is refused, in either direction, also when it is trusted and the node full', async () => {
    const world = await startWorld({ maxPeers: 1 })
    const { keys } = await world.greeted()
    world.node.addTrusted(keys.publicKey)
    expectRefused(world, await world.inbound(keys), alreadyConnected, 'this key is connected already')
    expect(world.node.peers).toHaveLength(1)
    await world.close()
  })

  it('our own key is refused', async () => {
    const world = await startWorld()
    expectRefused(world, await world.inbound(world.own), self, 'the remote has our own key')
    await world.close()
  })

  it('a trusted key passes above both limits', async () => {
    const world = await startWorld({ maxPeers: 1, maxInbound: 1 })
    await world.greeted()
    const friend = world.newKeys()
    world.node.addTrusted(friend.publicKey)
    expect((await world.greeted(SHARED, friend)).told).toBeUndefined()
    expect(world.node.peers.map(({ trusted }) => trusted)).toEqual([false, true])
    expect(world.node.removeTrusted(friend.publicKey)).toBe(true)
    expect(world.node.peers).toHaveLength(2)
    await world.close()
  })
})

describe('at checkpoint 2, when Hello is known,', () => {
  it('sharing nothing comes first, then everything of checkpoint 1 again', async () => {
    const world = await startWorld({ maxPeers: 2, maxInbound: 2 })
    const twin = world.newKeys()
    const [first, useless, late, again] = [
      await world.inbound(twin),
      await world.inbound(),
      await world.inbound(),
      await world.inbound(twin),
    ]
    first.greet()
    await world.pass()
    again.greet()
    await world.pass()
    expectRefused(world, again, alreadyConnected, 'this key is connected already')
    await world.greeted()
    useless.greet(STRANGE)
    late.greet()
    await world.pass()
    expectRefused(world, useless, uselessPeer, 'no protocol is shared: chat/1 here, other/1 there')
    expectRefused(world, late, tooManyPeers, '2 of 2 peers are connected')
    expect(late.heard).toEqual([BaseCode.hello, BaseCode.disconnect])
    expect(world.node.peers).toHaveLength(2)
    await world.close()
  })

  it('trust that was lost meanwhile counts, and so does trust that was won', async () => {
    const world = await startWorld({ maxPeers: 1 })
    const [lost, won] = [world.newKeys(), world.newKeys()]
    world.node.addTrusted(lost.publicKey)
    const [losing, winning] = [await world.inbound(lost), await world.inbound(won)]
    await world.greeted()
    world.node.removeTrusted(lost.publicKey)
    world.node.addTrusted(won.publicKey)
    losing.greet()
    winning.greet()
    await world.pass()
    expectRefused(world, losing, tooManyPeers, '1 of 1 peers are connected')
    expect(winning.told).toBeUndefined()
    await world.close()
  })

  it('a node without protocols of its own finds nobody useless', async () => {
    const world = await startWorld({ protocols: [] })
    expect((await world.greeted(STRANGE)).told).toBeUndefined()
    expect(world.node.peers).toHaveLength(1)
    await world.close()
  })

  it('a dialed node is refused as others are, and the dial says why', async () => {
    const world = await startWorld()
    const { stranger, ended } = await world.outbound()
    stranger.greet(STRANGE)
    await world.pass()
    expect(await ended).toMatchObject({ code: 'disconnect reason', reason: uselessPeer })
    expectRefused(world, stranger, uselessPeer, 'no protocol is shared: chat/1 here, other/1 there')
    await world.close()
  })
})

/** Where a stranger stops, and when its place is free again. */
const STOPS = [
  ['before the encryption handshake', true, 5000],
  ['before Hello', false, 15_000],
] as const

describe('a place is free again when a stranger stops', () => {
  it.each(STOPS)('%s, and nobody waits longer (inbound)', async (_, silent, limitMs) => {
    const world = await startWorld({ limits: { pendingInbound: 1 } })
    const stranger = await world.inbound(undefined, silent)
    await world.pass(limitMs - 1)
    expect(stranger.over).toBe(false)
    expect(world.node.inspect().setUps).toHaveLength(1)
    await world.pass(1)
    expect(world.failures.at(-1)?.error).toMatchObject({ code: 'setup timeout', reason: readTimeout })
    expect(stranger.told).toBe(silent ? undefined : readTimeout)
    expect(world.node.inspect().setUps).toEqual([])
    await world.greeted()
    expect(world.node.peers).toHaveLength(1)
    await world.close()
  })

  it.each(STOPS)('%s, and can be dialed again (outbound)', async (_, silent, limitMs) => {
    const world = await startWorld()
    const keys = world.newKeys()
    const { stranger, ended } = await world.outbound(keys, silent)
    await world.pass(limitMs)
    expect(await ended).toMatchObject({ code: 'setup timeout', reason: readTimeout })
    expect(stranger.told).toBe(silent ? undefined : readTimeout)
    const again = await world.outbound(keys)
    again.stranger.greet()
    await world.pass()
    expect(await again.ended).toBeUndefined()
    await world.close()
  })

  it('with a dial under way that never opens a link', async () => {
    const world = await startWorld()
    world.network.blackHole('node', 'stranger', true)
    const { publicKey } = world.newKeys()
    const dial = world.node.dial({ publicKey, endpoint: { scheme: 'memory', host: 'stranger', port: 1 } })
    const ended = dial.catch((error: unknown) => error)
    await world.pass(15_000)
    expect(await ended).toMatchObject({ code: 'dial failed', reason: readTimeout })
    await world.close()
  })

  it('in both of two connections that wait for each other', async () => {
    const world = await startWorld()
    // Each order of the two keys holds another one of the two.
    for (let i = 0; i < 4; i++) {
      const keys = world.newKeys()
      const from = await world.inbound(keys)
      const { stranger: to, ended } = await world.outbound(keys)
      await world.pass(15_000)
      expect((await ended) as PeerError).toMatchObject({ reason: readTimeout })
      expect([from.over, to.over]).toEqual([true, true])
      expect(world.node.inspect().setUps).toEqual([])
    }
    await world.close()
  })

  it('by hanging up at either checkpoint', async () => {
    const world = await startWorld({ limits: { pendingInbound: 1 } })
    for (const silent of [true, false]) {
      const stranger = await world.inbound(undefined, silent)
      stranger.hangUp()
      await world.pass()
      expect(world.failures.at(-1)?.error.code).toBe('link lost')
    }
    await world.greeted()
    expect(world.node.peers).toHaveLength(1)
    await world.close()
  })
})

describe('after close has resolved', () => {
  it.each(STOPS)('nothing is left of a link that stopped %s, though its goodbye can not leave', async (_, silent) => {
    const world = await startWorld()
    await world.inbound(undefined, silent)
    const dialed = await world.outbound(undefined, silent)
    world.network.blackHole('node', 'stranger', true)
    let left: unknown
    const { node, clock } = world
    const closing = node.close().then(() => (left = [clock.pendingTimers, node.inspect().connections]))
    expect(node.inspect().connections.map(({ state }) => state)).toEqual(['goodbye', 'goodbye'])
    for (let i = 0; i < 20 && !left; i++) await world.pass(50)
    expect(left).toEqual([0, []])
    await closing
    expect(await dialed.ended).toMatchObject({ code: 'dial cancelled' })
  })
})
