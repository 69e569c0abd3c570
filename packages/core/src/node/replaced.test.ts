// A key that comes back by another connection while its peer says nothing, as a tab does that has changed its network.
import { describe, expect, it } from 'vitest'
import { World } from '../../test/strangers.ts'
import type { Keys, Stranger } from '../../test/strangers.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { BaseCode } from '../wire/base-messages.ts'
import type { NodeOptions } from './options.ts'

const { alreadyConnected } = DiscReason

/** A node with a peer that has been silent for a while; what its end is told by. */
async function silentPeer(options: Partial<NodeOptions> = {}, silentMs = 2000) {
  const world = await new World().start({ maxPeers: 2, maxInbound: 2, ...options })
  const keys = world.newKeys()
  const old = await world.greeted(undefined, keys)
  const told: string[] = []
  world.node.on('peer:added', () => told.push('added'))
  world.node.on('peer:removed', ({ error }) => told.push(`removed: ${error.message}`))
  await world.pass(silentMs)
  return { world, keys, old, told }
}

async function comeBack(world: World, keys: Keys): Promise<Stranger> {
  const newer = await world.inbound(keys)
  newer.greet()
  await world.pass()
  return newer
}

describe('a key that comes by a second connection', () => {
  it('takes the place of its silent peer when a ping has not been answered for 3 s', async () => {
    const { world, keys, old, told } = await silentPeer()
    const newer = await comeBack(world, keys)
    expect(old.heard.at(-1)).toBe(BaseCode.ping)
    expect(world.node.inspect().setUps).toMatchObject([{ phase: 'held', id: world.node.peers[0]!.id }])
    await world.pass(2999)
    expect([newer.heard, told]).toEqual([[], []])
    await world.pass(1)
    expect(newer.heard).toEqual([BaseCode.hello])
    expect(old.told).toBe(alreadyConnected)
    expect(told).toEqual(['removed: its key came by a newer connection', 'added'])
    expect(world.node.peers).toHaveLength(1)
    await world.close()
  })

  it('does so in a node that is full', async () => {
    const { world, keys, told } = await silentPeer({ maxPeers: 1, maxInbound: 1 })
    await comeBack(world, keys)
    await world.pass(3000)
    expect(told).toHaveLength(2)
    await world.close()
  })

  it.each([
    ['that answers', 2000, true],
    ['that was heard a moment ago', 999, false],
  ])('is refused beside a peer %s, which stays', async (_, silentMs, answers) => {
    const { world, keys, old, told } = await silentPeer({}, silentMs)
    old.answers = answers
    const newer = await comeBack(world, keys)
    await world.pass(3000)
    expect([newer.told, newer.heard, told]).toEqual([alreadyConnected, [BaseCode.disconnect], []])
    expect(world.node.peers).toHaveLength(1)
    await world.close()
  })

  it('ends nobody without its Hello: a handshake may be the repetition of an old one', async () => {
    const { world, keys, old, told } = await silentPeer()
    const repeated = await world.inbound(keys)
    await world.pass(3000)
    expect([repeated.told, told, old.over]).toEqual([alreadyConnected, [], false])
    await world.close()
  })

  it('waits alone: those that come meanwhile are refused, and it is pinged for once', async () => {
    const { world, keys, old } = await silentPeer({ limits: { pendingInbound: 4 } })
    const first = await comeBack(world, keys)
    for (let i = 0; i < 20; i++) expect((await comeBack(world, keys)).told).toBe(alreadyConnected)
    expect(world.node.inspect().setUps.filter(({ phase }) => phase === 'held')).toHaveLength(1)
    expect(old.heard.filter((code) => code === BaseCode.ping)).toHaveLength(1)
    await world.pass(3000)
    expect([first.told, old.told]).toEqual([undefined, alreadyConnected])
    await world.close()
  })

  it('goes on at once when its peer ends meanwhile', async () => {
    const { world, keys, old, told } = await silentPeer()
    const newer = await comeBack(world, keys)
    old.hangUp()
    await world.pass()
    expect([newer.heard, told.at(-1)]).toEqual([[BaseCode.hello], 'added'])
    await world.close()
  })

  it('leaves nothing when it hangs up while it waits, and its peer stays', async () => {
    const { world, keys, told } = await silentPeer()
    const newer = await comeBack(world, keys)
    newer.hangUp()
    await world.pass(3000)
    expect([told, world.node.inspect().connections.length]).toEqual([[], 1])
    const again = await comeBack(world, keys)
    await world.pass(3000)
    expect([again.told, told.length]).toEqual([undefined, 2])
    await world.close()
  })
})

describe('a node that is full and makes room', () => {
  it('ends nobody for a second connection of a key that is connected, nor for its own key', async () => {
    const ended: string[] = []
    const world = await new World().start({ maxPeers: 2, maxInbound: 2, admission: (inbound) => inbound[0]?.id })
    world.node.on('peer:removed', ({ error }) => ended.push(error.message))
    const { keys } = await world.greeted()
    await world.greeted()
    for (const who of [keys, world.own]) {
      const twin = await world.inbound(who)
      expect(twin.told).toBe(who === keys ? alreadyConnected : DiscReason.self)
    }
    expect([ended, world.node.peers.length]).toEqual([[], 2])
    await world.greeted()
    expect([ended, world.node.peers.length]).toEqual([['made room for a newcomer'], 2])
    await world.close()
  })

  it('judges again at the second checkpoint: two of one key on their way make room for one', async () => {
    const ended: string[] = []
    const world = await new World().start({ maxPeers: 2, maxInbound: 2, admission: (inbound) => inbound[0]?.id })
    world.node.on('peer:removed', ({ error }) => ended.push(error.message))
    const twin = world.newKeys()
    const both = [await world.inbound(twin), await world.inbound(twin)]
    for (let i = 0; i < 2; i++) await world.greeted()
    for (const stranger of both) stranger.greet()
    await world.pass()
    expect(both.map(({ told }) => told)).toEqual([undefined, alreadyConnected])
    expect(ended).toEqual(['made room for a newcomer'])
    await world.close()
  })
})
