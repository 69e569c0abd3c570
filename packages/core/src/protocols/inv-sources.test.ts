// Whole networks in which somebody withholds, leaves, answers late or can't say: everybody gets every item all the
// same.
import { describe, expect, it } from 'vitest'
import { idOf, invWorld, noteOf, speaker } from '../../test/inv-world.ts'
import { toHex } from '../base/bytes.ts'
import { seededRandom } from '../base/random.ts'
import type { Peer } from '../wire/peer.ts'
import type { Protocol } from '../wire/protocol.ts'
import type { Ids, InvMessages } from './inv-messages.ts'

const NOTE = 16
const MINUTE = 60_000

/** Sends these when they are asked for, and never says anything of others. */
function only(...notes: readonly Uint8Array[]) {
  return (peer: Peer, protocol: Protocol<InvMessages>, { ids }: Ids): void => {
    for (const bytes of notes) {
      const id = String(idOf(bytes))
      if (ids.some((asked) => String(asked) === id)) void peer.send(protocol, 'item', { kind: NOTE, bytes })
    }
  }
}

describe('an item that waits for its parent', () => {
  const parent = noteOf('parent')
  const child = noteOf('child', idOf(parent))

  it.each([
    ['urgent', true],
    ['trickling', false],
  ])('comes from the next who announced it when its sender leaves (%s)', async (_, urgent) => {
    const bad = speaker({ onAsked: only(child) })
    const world = await invWorld(2, { urgent }, [bad.offer])
    const attacker = await world.connect(2, 0)
    void attacker.send(bad.protocol, 'inv', { kind: NOTE, ids: [parent, child].map(idOf) })
    await world.connect(0, 1)
    await world.advance(2500)
    for (const bytes of [parent, child]) world.inventories[1]!.publish(world.notes, bytes)
    await world.advance(20_000)
    attacker.disconnect()
    await world.advance(10_000)
    expect(world.texts[0]).toEqual(['parent', 'child'])
    await world.close()
  })

  it('has its parent asked of everybody who announced it, also when its sender stays and withholds that', async () => {
    const bad = speaker({ onAsked: only(child) })
    const good = speaker({ onAsked: only(parent, child) })
    const world = await invWorld(1, {}, [bad.offer, good.offer])
    const attacker = await world.connect(1, 0)
    void attacker.send(bad.protocol, 'inv', { kind: NOTE, ids: [idOf(child)] })
    await world.advance(1000)
    expect(world.inventories[0]!.stateOf(NOTE, idOf(child))).toBe('held')
    // It never says that it has the parent, too.
    const honest = await world.connect(2, 0)
    void honest.send(good.protocol, 'inv', { kind: NOTE, ids: [idOf(child)] })
    await world.advance(10_000)
    expect(world.texts[0]).toEqual(['parent', 'child'])
    expect(attacker.error).toBe(undefined)
    await world.close()
  })
})

describe('an item that two have sent', () => {
  it('and that waits for its parent is asked of the second again when the first leaves', async () => {
    const parent = noteOf('parent')
    const child = noteOf('child', idOf(parent))
    let isQuick = false
    const slow = speaker({ onAsked: (...given) => isQuick && only(child)(...given) })
    const quick = speaker({ onAsked: only(child) })
    const world = await invWorld(1, { rooted: true }, [slow.offer, quick.offer])
    const peers = [await world.connect(1, 0), await world.connect(2, 0)]
    void peers[0]!.send(slow.protocol, 'inv', { kind: NOTE, ids: [idOf(child)] })
    await world.advance(100)
    void peers[1]!.send(quick.protocol, 'inv', { kind: NOTE, ids: [idOf(child)] })
    // It is urgent, so the second is asked after five seconds; the first answers, too.
    await world.advance(6000)
    void peers[0]!.send(slow.protocol, 'item', { kind: NOTE, bytes: child })
    await world.advance(100)
    expect(world.inventories[0]!.inspect().items).toMatchObject({ repeated: 1, orphans: 1 })
    isQuick = true
    peers[1]!.disconnect()
    await world.advance(1000)
    expect(world.inventories[0]!.inspect().items).toMatchObject({ orphans: 1 })
    world.inventories[0]!.publish(world.notes, parent)
    await world.advance(1000)
    expect(world.texts[0]).toEqual(['child'])
    await world.close()
  })
})

describe('an item whose check', () => {
  it('runs when its sender leaves is asked of the next, and comes once', async () => {
    const bytes = noteOf('slow note')
    const [first, second] = [speaker({ onAsked: only(bytes) }), speaker({ onAsked: only(bytes) })]
    const world = await invWorld(1, { slowMs: 30_000 }, [first.offer, second.offer])
    const peers = [await world.connect(1, 0), await world.connect(2, 0)]
    for (const peer of peers) void peer.send(first.protocol, 'inv', { kind: NOTE, ids: [idOf(bytes)] })
    await world.advance(1000)
    const sender = first.asked.length === 1 ? 0 : 1
    peers[sender]!.disconnect()
    await world.advance(1000)
    expect([first.asked.length, second.asked.length]).toEqual([1, 1])
    await world.advance(2 * MINUTE)
    expect(world.texts[0]).toEqual(['slow note'])
    await world.close()
  })

  it('says later is asked for again, and comes when it can be judged', async () => {
    const bytes = noteOf('unsure note')
    const { offer, protocol, asked } = speaker({ onAsked: only(bytes) })
    let isSure = false
    const world = await invWorld(1, { isSure: () => isSure }, [offer])
    const peer = await world.connect(1, 0)
    void peer.send(protocol, 'inv', { kind: NOTE, ids: [idOf(bytes)] })
    await world.advance(25_000)
    expect([world.texts[0], asked.length, peer.error]).toEqual([[], 2, undefined])
    isSure = true
    await world.advance(20_000)
    expect(world.texts[0]).toEqual(['unsure note'])
    expect(world.inventories[0]!.inspect().items).toMatchObject({ later: 2, accepted: 1 })
    await world.close()
  })
})

describe('a slow link', () => {
  it('that is asked for more than it carries ends nobody, and what comes late is taken', async () => {
    // Room for some 1.2 kB a second, where 2.4 kB are published.
    const world = await invWorld(2, { delayMs: 250, windowBytes: 600 })
    await world.connect(1, 0)
    const random = seededRandom(1)
    for (let second = 0; second < 150; second++) {
      for (let i = 0; i < 10; i++) world.inventories[0]!.publish(world.notes, noteOf(toHex(random.bytes(100))))
      await world.advance(1000)
    }
    expect(world.endings.flat()).toEqual([])
    const got = world.texts[1]!.length
    expect(got).toBeGreaterThan(300)
    expect(got).toBeLessThan(1200)
    await world.advance(2 * MINUTE)
    expect(world.texts[1]!.length).toBeGreaterThan(got + 100)
    expect(world.inventories[1]!.inspect().items).toMatchObject({ unasked: 0, repeated: 0 })
    expect(world.endings.flat()).toEqual([])
    await world.close()
  })
})

describe('a peer that announces everything first and answers nothing', () => {
  it('holds up what it is asked for before its first request lapses, and no more', async () => {
    const bad = speaker()
    const world = await invWorld(2, {}, [bad.offer])
    await world.connect(0, 1)
    const attacker = await world.connect(2, 0)
    const late: number[] = []
    for (let i = 0; i < 240; i++) {
      const bytes = noteOf(`note ${i}`)
      void attacker.send(bad.protocol, 'inv', { kind: NOTE, ids: [idOf(bytes)] })
      await world.advance(100)
      world.inventories[1]!.publish(world.notes, bytes)
      await world.advance(900)
      if (!world.texts[0]!.includes(`note ${i}`)) late.push(i)
    }
    expect(world.texts[0]).toHaveLength(240)
    expect(late.every((second) => second < 61)).toBe(true)
    await world.close()
  })
})

describe('an item that was announced to peers that never asked', () => {
  it('is announced again, also to newcomers, until somebody has asked, hours later', async () => {
    const deaf = speaker()
    const world = await invWorld(2, {}, [deaf.offer])
    await world.connect(2, 0)
    world.inventories[0]!.publish(world.notes, noteOf('patience'))
    await world.advance(120 * MINUTE)
    const heard = deaf.said.filter((line) => line === 'inv 1').length
    expect(heard).toBeGreaterThan(4)
    await world.connect(1, 0)
    await world.advance(1000)
    expect(world.texts[1]).toEqual(['patience'])
    await world.advance(15 * MINUTE)
    expect(deaf.said.filter((line) => line === 'inv 1')).toHaveLength(heard)
    expect(world.inventories.map((items) => items.inspect().stored)).toEqual([0, 0])
    await world.close()
  })
})
