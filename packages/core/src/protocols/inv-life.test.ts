import { describe, expect, it } from 'vitest'
import { isLong, rounds } from '../../../../tests/support/counts.ts'
import { idOf, invWorld, noteOf, speaker } from '../../test/inv-world.ts'
import type { InvWorld } from '../../test/inv-world.ts'
import type { Peer } from '../wire/peer.ts'
import { randomBelow, seededRandom } from '../base/random.ts'

const MINUTE = 60_000
/** A note lives so long; told ages are coarse, so that an item may live an eighth more or less. */
const LIFE_MS = 15 * MINUTE

/** Some nodes stay connected, and the others come, each to one of them, for a while. */
async function comeAndGo(world: InvWorld, staying: number, untilMs: number, each: (turn: number) => void) {
  const random = seededRandom(5)
  const count = world.nodes.length
  for (let node = 1; node < staying; node++) await world.connect(node, node - 1)
  for (let turn = 0; world.clock.now() < untilMs; turn++) {
    each(turn)
    const peer = await world.connect(staying + randomBelow(random, count - staying), randomBelow(random, staying))
    await world.advance(2 * MINUTE)
    peer.disconnect()
    await world.advance(MINUTE)
  }
}

describe('an item', () => {
  it('comes once to each of 30 nodes that come and go for two days, and is gone everywhere after its life', async () => {
    const [count, hours] = [rounds(9, 30), rounds(1.5, 48)]
    const world = await invWorld(count, { limits: { storeMs: LIFE_MS } })
    const told = new Map<string, number>()
    let published = 0
    await comeAndGo(world, isLong ? 4 : 3, hours * 60 * MINUTE, (turn) => {
      if (turn % 10 !== 0) return
      told.set(`note ${published}`, world.clock.now())
      world.inventories[published % count]!.publish(world.notes, noteOf(`note ${published++}`))
    })
    for (const texts of world.texts) expect(new Set(texts).size).toBe(texts.length)
    expect(world.texts.reduce((sum, texts) => sum + texts.length, 0)).toBeGreaterThan(2 * published)
    // Whoever published alone is asked for it now.
    const meet = async (): Promise<void> => {
      const peers: Peer[] = []
      for (let node = 1; node < count; node++) peers.push(await world.connect(node, 0))
      await world.advance(MINUTE)
      for (const peer of peers) peer.disconnect()
    }
    await meet()
    await world.advance(LIFE_MS + LIFE_MS / 8)
    expect(world.inventories.map((items) => items.inspect().stored)).toEqual(world.inventories.map(() => 0))
    // Nobody who comes now is told of anything.
    const before = world.texts.map((texts) => texts.length)
    await meet()
    expect(world.texts.map((texts) => texts.length)).toEqual(before)
    expect(world.inventories.every((items) => items.inspect().seen <= published)).toBe(true)
    await world.close()
  })

  it('is handed on by newcomers to newcomers for no longer than it lives', async () => {
    const world = await invWorld(12, { lifeMs: 4 * MINUTE })
    world.inventories[0]!.publish(world.notes, noteOf('passing'))
    for (let node = 1; node < 12; node++) {
      const peer = await world.connect(node, node - 1)
      await world.advance(MINUTE)
      peer.disconnect()
    }
    const got = world.texts.filter((texts) => texts.length > 0).length
    expect(got).toBeGreaterThanOrEqual(3)
    expect(got).toBeLessThanOrEqual(5)
    expect(world.inventories.map((items) => items.inspect().stored)).toEqual(world.inventories.map(() => 0))
    await world.close()
  })

  it('that comes older than it lives is not taken, and the next who announced it is asked', async () => {
    const bytes = noteOf('old')
    const send = (ageMs: number) =>
      speaker({ onAsked: (peer, inv) => void peer.send(inv, 'item', { kind: 16, bytes, ageMs }) })
    const [stale, fresh] = [send(4 * MINUTE), send(4 * MINUTE - 1000)]
    const world = await invWorld(1, { lifeMs: 4 * MINUTE }, [stale.offer, fresh.offer])
    for (const [at, { protocol }] of [stale, fresh].entries()) {
      const peer = await world.connect(1 + at, 0)
      void peer.send(protocol, 'inv', { kind: 16, ids: [idOf(bytes)] })
      await world.advance(100)
      expect(peer.error).toBe(undefined)
    }
    expect([world.texts[0], stale.asked.length, fresh.asked.length]).toEqual([['old'], 1, 1])
    expect(world.inventories[0]!.inspect()).toMatchObject({ stored: 1, items: { stale: 1, accepted: 1 } })
    await world.advance(1000)
    expect(world.inventories[0]!.inspect()).toMatchObject({ stored: 0, seen: 1 })
    await world.close()
  })

  it('that its author publishes again is told again, and comes to nobody twice', async () => {
    const world = await invWorld(3)
    await world.connect(1, 0)
    world.inventories[0]!.publish(world.notes, noteOf('again'))
    await world.advance(20 * MINUTE)
    world.inventories[0]!.publish(world.notes, noteOf('again'))
    await world.connect(2, 0)
    await world.advance(MINUTE)
    expect(world.texts).toEqual([[], ['again'], ['again']])
    await world.close()
  })
})
