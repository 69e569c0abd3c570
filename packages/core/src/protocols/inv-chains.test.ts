// Whole networks of items that name the one before: a newcomer begins anywhere, and nobody is asked back without end.
import { describe, expect, it } from 'vitest'
import { idOf, invWorld, noteOf, speaker } from '../../test/inv-world.ts'
import type { InvWorld } from '../../test/inv-world.ts'

const NOTE = 16
const MINUTE = 60_000

/** Says one line after the other, at node 0. */
function teller(world: InvWorld) {
  let last: Uint8Array | undefined
  let count = 0
  return (): void => {
    const bytes = noteOf(`line ${count++}`, last)
    last = world.inventories[0]!.publish(world.notes, bytes)
  }
}

function lines(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `line ${from + i}`)
}

describe('a newcomer', () => {
  it('to a chain whose beginning nobody has any more begins with what there is, and follows', async () => {
    const world = await invWorld(3)
    await world.connect(1, 0)
    const say = teller(world)
    for (let i = 0; i < 5; i++) {
      say()
      await world.advance(1000)
    }
    await world.advance(16 * MINUTE)
    await world.connect(2, 0)
    await world.connect(2, 1)
    for (let i = 0; i < 20; i++) {
      say()
      await world.advance(MINUTE)
    }
    expect(world.texts[1]).toEqual(lines(0, 25))
    expect(world.texts[2]).toEqual(lines(5, 25))
    expect(world.inventories[2]!.inspect().items).toMatchObject({ first: 1, orphans: 0, orphansDropped: 0 })
    await world.close()
  })

  it('that was away for longer than a line lives begins again with what there is', async () => {
    const world = await invWorld(3)
    const say = teller(world)
    await world.connect(2, 0)
    const peer = await world.connect(1, 0)
    say()
    await world.advance(1000)
    peer.disconnect()
    for (let i = 0; i < 40; i++) {
      say()
      await world.advance(MINUTE)
    }
    await world.connect(1, 2)
    await world.advance(5000)
    const [first, ...rest] = world.texts[1]!
    expect(first).toBe('line 0')
    expect(rest.length).toBeGreaterThan(12)
    expect(rest.length).toBeLessThan(17)
    expect(rest).toEqual(lines(41 - rest.length, 41))
    await world.close()
  })

  it('is told of as much history as the kind says, and asks back no further than it says', async () => {
    const world = await invWorld(2, { history: 3, walkBack: 4 })
    const say = teller(world)
    for (let i = 0; i < 20; i++) say()
    await world.connect(1, 0)
    await world.advance(5000)
    // Three are told, and from the oldest of them four are asked back.
    expect(world.texts[1]).toEqual(lines(13, 20))
    say()
    await world.advance(5000)
    expect(world.texts[1]).toEqual(lines(13, 21))
    await world.close()
  })

  it('of a kind whose items must have their parents waits for them', async () => {
    const world = await invWorld(2, { rooted: true, history: 1, walkBack: 2 })
    const say = teller(world)
    for (let i = 0; i < 5; i++) say()
    await world.connect(1, 0)
    await world.advance(5000)
    expect(world.texts[1]).toEqual([])
    expect(world.inventories[1]!.inspect().items).toMatchObject({ first: 0, orphans: 3 })
    await world.close()
  })
})

describe('a peer that makes up a chain without end', () => {
  it('is asked back for as many as the kind says, one after the other', async () => {
    // Whatever is asked for has a parent that nobody knows.
    const made = new Map<string, Uint8Array>()
    const make = (depth: number): Uint8Array => {
      let bytes = noteOf('the oldest')
      for (let i = 0; i < depth; i++) {
        made.set(String(idOf(bytes)), bytes)
        bytes = noteOf(`made ${i}`, idOf(bytes))
      }
      made.set(String(idOf(bytes)), bytes)
      return idOf(bytes)
    }
    const bad = speaker({
      onAsked: (peer, inv, { ids }) => {
        for (const id of ids) void peer.send(inv, 'item', { kind: NOTE, bytes: made.get(String(id))! })
      },
    })
    const world = await invWorld(1, { walkBack: 10 }, [bad.offer])
    const peer = await world.connect(1, 0)
    void peer.send(bad.protocol, 'inv', { kind: NOTE, ids: [make(1000)] })
    await world.advance(30_000)
    expect(bad.asked).toHaveLength(11)
    expect(world.texts[0]).toHaveLength(11)
    expect(world.texts[0]!.at(-1)).toBe('made 999')
    await world.close()
  })
})
