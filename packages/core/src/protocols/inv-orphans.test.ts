import { describe, expect, it } from 'vitest'
import { idOf, invWorld, noteOf, speaker } from '../../test/inv-world.ts'
import type { Peer } from '../wire/peer.ts'
import type { Protocol } from '../wire/protocol.ts'
import type { Ids, InvMessages } from './inv-messages.ts'

const NOTE = 16

/** A thread: each note answers the one before. */
function threadOf(...texts: readonly string[]): Uint8Array[] {
  const notes: Uint8Array[] = []
  for (const text of texts) notes.push(noteOf(text, notes.length > 0 ? idOf(notes.at(-1)!) : undefined))
  return notes
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  return left.every((byte, i) => byte === right[i])
}

/** Answers with those of these notes that are asked for, and says nothing of others. */
function having(notes: readonly Uint8Array[]) {
  return (peer: Peer, protocol: Protocol<InvMessages>, { ids }: Ids): void => {
    for (const id of ids) {
      const bytes = notes.find((note) => equal(idOf(note), id))
      if (bytes) void peer.send(protocol, 'item', { kind: NOTE, bytes })
      else void peer.send(protocol, 'notfound', { kind: NOTE, ids: [id] })
    }
  }
}

describe('an item whose parent is missing', () => {
  it('waits, its sender is asked for the parent, and at last the whole chain is taken in order', async () => {
    const thread = threadOf('one', 'two', 'three', 'four')
    const { offer, protocol, said } = speaker({ onAsked: having(thread) })
    const world = await invWorld(2, {}, [offer])
    await world.connect(1, 0)
    const peer = await world.connect(2, 0)
    void peer.send(protocol, 'inv', { kind: NOTE, ids: [idOf(thread[3]!)] })
    await world.advance(10_000)
    expect(world.texts).toEqual([
      ['one', 'two', 'three', 'four'],
      ['one', 'two', 'three', 'four'],
    ])
    expect(said.filter((line) => line.startsWith('getdata'))).toHaveLength(4)
    expect(world.inventories[0]!.inspect().items).toMatchObject({ orphaned: 3, orphans: 0, orphansDropped: 0 })
    await world.close()
  })

  it('goes with its sender', async () => {
    const lost = [noteOf('lost', idOf(noteOf('missing'))), noteOf('lost too', idOf(noteOf('missing')))]
    const { offer, protocol } = speaker({ onAsked: having(lost) })
    const world = await invWorld(1, { rooted: true }, [offer])
    const peer = await world.connect(1, 0)
    void peer.send(protocol, 'inv', { kind: NOTE, ids: lost.map(idOf) })
    await world.advance(3000)
    expect(world.inventories[0]!.inspect().items).toMatchObject({ orphans: 2 })
    peer.disconnect()
    await world.advance(3000)
    expect(world.inventories[0]!.inspect().items).toMatchObject({ orphans: 0, orphanBytes: 0, orphansDropped: 2 })
    expect(world.inventories[0]!.stateOf(NOTE, idOf(lost[0]!))).toBe('open')
    await world.close()
  })

  it('from a peer that is unknown is warned of once, kept within bounds, and throws nothing', async () => {
    const world = await invWorld(1, { rooted: true })
    const [root, first, second] = threadOf('root', 'first', 'second')
    const items = world.inventories[0]!
    const unknown = 'f'.repeat(64)
    expect(await items.deliver(world.notes, second!, unknown)).toBe('waiting')
    expect(await items.deliver(world.notes, first!, unknown)).toBe('waiting')
    expect(world.lines).toHaveLength(1)
    expect(world.lines[0]).toMatch(/WARN.* Item out of order from an unknown peer .*kind=note .*peer=f{64}/)
    expect(await items.deliver(world.notes, root!, unknown)).toBe('accepted')
    expect(world.texts[0]).toEqual(['root', 'first', 'second'])
    expect(await items.deliver(world.notes, root!, unknown)).toBe('known')
    expect(await items.deliver(world.notes, noteOf('bad'), unknown)).toBe('invalid')
    for (let i = 0; i < 300; i++) await items.deliver(world.notes, noteOf(`${i}`, idOf(noteOf('x'))), unknown)
    expect(items.inspect().items).toMatchObject({ orphans: 256 })
    expect(world.lines).toHaveLength(1)
    await world.close()
  })

  it('one past a peer’s bound pushes out its own oldest, and the notes of others wait on', async () => {
    const parent = idOf(noteOf('missing'))
    const flood = Array.from({ length: 257 }, (_, i) => noteOf(`flood ${i}`, parent))
    const honest = noteOf('honest', parent)
    const [a, b] = [speaker({ onAsked: having(flood) }), speaker({ onAsked: having([honest]) })]
    const world = await invWorld(1, { rooted: true }, [a.offer, b.offer])
    const good = await world.connect(2, 0)
    void good.send(b.protocol, 'inv', { kind: NOTE, ids: [idOf(honest)] })
    await world.advance(3000)
    const bad = await world.connect(1, 0)
    void bad.send(a.protocol, 'inv', { kind: NOTE, ids: flood.map(idOf) })
    await world.advance(10_000)
    expect(world.inventories[0]!.inspect().items).toMatchObject({ orphaned: 258, orphansDropped: 1, orphans: 257 })
    world.inventories[0]!.publish(world.notes, noteOf('missing'))
    await world.advance(1000)
    expect(world.texts[0]).toHaveLength(257)
    expect(world.texts[0]).toContain('honest')
    expect(world.texts[0]).not.toContain('flood 0')
    await world.close()
  })

  it('that is refused takes with it what hangs on it, and blames only its own sender', async () => {
    const [bad, child] = threadOf('bad', 'child')
    const [first, second] = [speaker({ onAsked: having([child!]) }), speaker({ onAsked: having([bad!]) })]
    const world = await invWorld(1, { rooted: true }, [first.offer, second.offer])
    const innocent = await world.connect(1, 0)
    void innocent.send(first.protocol, 'inv', { kind: NOTE, ids: [idOf(child!)] })
    await world.advance(3000)
    const guilty = await world.connect(2, 0)
    void guilty.send(second.protocol, 'inv', { kind: NOTE, ids: [idOf(bad!)] })
    await world.advance(5000)
    expect(world.texts[0]).toEqual([])
    expect([innocent.error, guilty.error?.code]).toEqual([undefined, 'remote disconnect reason'])
    expect(world.inventories[0]!.inspect().items).toMatchObject({ invalid: 1, orphans: 0 })
    await world.close()
  })
})
