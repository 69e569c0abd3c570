import { describe, expect, it } from 'vitest'
import { DiscReason } from '../errors/disc-reason.ts'
import { defineProtocol, message } from './define-protocol.ts'
import { raw } from './codecs.ts'
import { idOf, invWorld, noteKind, noteOf, speaker } from '../../test/inv-world.ts'
import type { Peer } from '../wire/peer.ts'
import type { Protocol } from '../wire/protocol.ts'
import type { InvMessages } from './inv-messages.ts'
import { inventory } from '../inventory/plugin.ts'
import { kind } from './kind.ts'

const NOTE = 16

function manyIds(count: number, salt = 0): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => {
    const id = new Uint8Array(32)
    new DataView(id.buffer).setUint32(0, salt)
    new DataView(id.buffer).setUint32(4, i)
    return id
  })
}

function sendItem(peer: Peer, protocol: Protocol<InvMessages>, bytes: Uint8Array): void {
  void peer.send(protocol, 'item', { kind: NOTE, bytes })
}

describe('items of one’s own kind', () => {
  it('go from node to node, are checked by each, and reach all once', async () => {
    const world = await invWorld(4)
    for (const [from, to] of [
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 0],
      [0, 2],
    ] as const)
      await world.connect(from, to)
    const id = world.inventories[0]!.publish(world.notes, noteOf('hello'))
    await world.advance(10_000)
    expect(id).toEqual(idOf(noteOf('hello')))
    expect(world.texts).toEqual([[], ['hello'], ['hello'], ['hello']])
    expect(world.accepted[1]![0]).toMatchObject({ id, bytes: noteOf('hello'), kind: world.notes })
    // A view would keep all that came with it.
    expect(world.accepted[1]![0]!.bytes.buffer.byteLength).toBe(noteOf('hello').length)
    await world.close()
  })

  it('are told to whoever comes later', async () => {
    const world = await invWorld(2)
    for (const text of ['a', 'b']) world.inventories[0]!.publish(world.notes, noteOf(text))
    await world.connect(1, 0)
    await world.advance(100)
    expect(world.texts[1]).toEqual(['a', 'b'])
    await world.close()
  })

  it('are never announced back to whoever announced them, though decoded anew', async () => {
    const { offer, said, protocol } = speaker({
      onAsked: (peer, inv, { ids }) => ids.forEach(() => sendItem(peer, inv, noteOf('mine'))),
    })
    const world = await invWorld(2, {}, [offer])
    await world.connect(0, 1)
    const peer = await world.connect(2, 0)
    void peer.send(protocol, 'inv', { kind: NOTE, ids: [idOf(noteOf('mine'))] })
    await world.advance(10_000)
    expect(world.texts).toEqual([['mine'], ['mine']])
    expect(said.filter((line) => line.startsWith('inv'))).toEqual([])
    await world.close()
  })

  it('trickle when they are not urgent: to all that dialed us together, in five seconds on average', async () => {
    const times: number[] = []
    for (let seed = 1; seed <= 40; seed++) {
      const heard: number[] = []
      const world = await invWorld(3, { urgent: false, seed })
      await world.connect(1, 0)
      await world.connect(2, 0)
      for (const index of [1, 2]) {
        world.inventories[index]!.follow(world.notes, () => heard.push(Math.floor(world.clock.now() / 100)))
      }
      const startMs = world.clock.now()
      world.inventories[0]!.publish(world.notes, noteOf('slowly'))
      for (let i = 0; i < 600 && heard.length < 2; i++) await world.advance(100)
      expect(heard).toHaveLength(2)
      expect(heard[0]).toBe(heard[1])
      times.push(heard[0]! * 100 - startMs)
      await world.close()
    }
    const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length
    expect(mean).toBeGreaterThan(2500)
    expect(mean).toBeLessThan(8500)
    expect(Math.max(...times)).toBeGreaterThan(2 * Math.min(...times))
  })

  it('of no common kind are neither told nor asked for', async () => {
    const { offer, said, protocol } = speaker({ kinds: [{ number: NOTE, name: 'other' }] })
    const world = await invWorld(1, {}, [offer])
    const peer = await world.connect(1, 0)
    world.inventories[0]!.publish(world.notes, noteOf('hello'))
    void peer.send(protocol, 'inv', { kind: NOTE, ids: manyIds(3) })
    await world.advance(10_000)
    expect(said).toEqual(['kinds 16 note'])
    expect(peer.error).toBe(undefined)
    await world.close()
  })

  it('go over the protocol that is their own where both share it', async () => {
    const own = defineProtocol({ name: 'own', version: 7, messages: { word: message(0, raw) } })
    const { offer, said } = speaker()
    const world = await invWorld(2, { over: own, offers: () => [own.with({})] }, [offer])
    await world.connect(1, 0)
    await world.connect(2, 0)
    world.inventories[0]!.publish(world.notes, noteOf('hello'))
    await world.advance(10_000)
    expect(world.texts).toEqual([[], []])
    expect(said).toContain('inv 1')
    await world.close()
  })
})

describe('a check', () => {
  it('that says invalid ends the sender at once, and counts what it cost', async () => {
    const { offer, protocol } = speaker({ onAsked: (peer, inv) => sendItem(peer, inv, noteOf('bad')) })
    const world = await invWorld(1, {}, [offer])
    const peer = await world.connect(1, 0)
    void peer.send(protocol, 'inv', { kind: NOTE, ids: [idOf(noteOf('bad'))] })
    await world.advance(3000)
    expect(world.endings[0]).toMatchObject([{ code: 'invalid item', reason: DiscReason.subprotocolError }])
    expect(world.endings[0]![0]!.message).toMatch(/^note [0-9a-f]{64} failed its check$/)
    expect(world.inventories[0]!.inspect().items).toMatchObject({ accepted: 0, invalid: 1, wastedBytes: 35 })
    expect(world.inventories[0]!.stateOf(NOTE, idOf(noteOf('bad')))).toBe('refused')
    await world.close()
  })

  it.each([
    ['ignore', 'dull', 1],
    ['accept', 'fine', 0],
  ])('that says %s leaves the sender alone', async (_, text, ignored) => {
    const { offer, protocol } = speaker({ onAsked: (peer, inv) => sendItem(peer, inv, noteOf(text)) })
    const world = await invWorld(2, {}, [offer])
    await world.connect(1, 0)
    const peer = await world.connect(2, 0)
    void peer.send(protocol, 'inv', { kind: NOTE, ids: [idOf(noteOf(text))] })
    await world.advance(3000)
    expect(peer.error).toBe(undefined)
    expect(world.inventories[0]!.inspect().items).toMatchObject({ ignored, accepted: 1 - ignored })
    expect(world.texts[1]).toHaveLength(1 - ignored)
    await world.close()
  })

  it('that throws ends the sender with what it threw, and blames no item', async () => {
    const { offer, protocol } = speaker({ onAsked: (peer, inv) => sendItem(peer, inv, noteOf('throws')) })
    const world = await invWorld(1, {}, [offer])
    const peer = await world.connect(1, 0)
    void peer.send(protocol, 'inv', { kind: NOTE, ids: [idOf(noteOf('throws'))] })
    await world.advance(3000)
    expect(world.endings[0]).toMatchObject([{ code: 'handler failed', cause: new Error('this check is broken') }])
    expect(world.inventories[0]!.stateOf(NOTE, idOf(noteOf('throws')))).toBe('open')
    await world.close()
  })

  it('that takes longer than a request may does not count against the peer', async () => {
    const { offer, protocol, asked } = speaker({
      onAsked: (peer, inv, { ids }) => {
        if (ids.length === 2) for (const text of ['slow', 'quick']) sendItem(peer, inv, noteOf(text))
      },
    })
    const world = await invWorld(1, { slowMs: 90_000 }, [offer])
    const peer = await world.connect(1, 0)
    const ids = [noteOf('slow'), noteOf('quick')].map(idOf)
    void peer.send(protocol, 'inv', { kind: NOTE, ids })
    await world.advance(85_000)
    expect(peer.error).toBe(undefined)
    await world.advance(10_000)
    expect(world.texts[0]).toEqual(['slow', 'quick'])
    expect(asked).toHaveLength(1)
    await world.close()
  })
})

describe('a peer that asks', () => {
  it('gets what there is, and is told what there is not', async () => {
    const { offer, said, items, protocol } = speaker()
    const world = await invWorld(1, {}, [offer])
    const peer = await world.connect(1, 0)
    const own = Array.from({ length: 12 }, (_, i) => world.inventories[0]!.publish(world.notes, noteOf(`note ${i}`)))
    void peer.send(protocol, 'getdata', { kind: NOTE, ids: [...own, ...manyIds(3)] })
    await world.advance(100)
    expect(items.map(({ bytes }) => idOf(bytes))).toEqual(own)
    expect(said.filter((line) => line.startsWith('notfound'))).toEqual(['notfound 3'])
    await world.close()
  })

  it('for items of another protocol gets nothing', async () => {
    const { offer, said, protocol } = speaker({ kinds: [{ number: 1, name: 'transaction' }] })
    const world = await invWorld(1, {}, [offer])
    const peer = await world.connect(1, 0)
    const id = manyIds(1)[0]!
    world.inventories[0]!.received(undefined, { kind: 1, id, meta: 0, bytes: Uint8Array.of(1) })
    void peer.send(protocol, 'getdata', { kind: 1, ids: [id] })
    void peer.send(protocol, 'notfound', { kind: 1, ids: [id] })
    await world.advance(100)
    expect(said).toEqual(['kinds 16 note'])
    await world.close()
  })

  it('for one more than may wait is ended', async () => {
    const { offer, protocol } = speaker()
    const world = await invWorld(1, {}, [offer])
    const peer = await world.connect(1, 0)
    void peer.send(protocol, 'getdata', { kind: NOTE, ids: manyIds(1000) })
    void peer.send(protocol, 'getdata', { kind: NOTE, ids: manyIds(1000, 1) })
    await world.advance(100)
    expect(world.endings[0]).toMatchObject([{ code: 'invalid message', reason: DiscReason.breachOfProtocol }])
    expect(world.endings[0]![0]!.message).toMatch(/^1000 items asked for while \d+ wait, at most 1000 together$/)
    await world.close()
  })
})

describe('a peer that breaks the rules', () => {
  const cases: readonly (readonly [string, string, (peer: Peer, protocol: Protocol<InvMessages>) => void])[] = [
    [
      'a second list of kinds',
      'invalid message',
      (peer, protocol) => void peer.send(protocol, 'kinds', [{ number: NOTE, name: 'note' }]),
    ],
    [
      '17 items that nobody asked for',
      'unexpected answer',
      (peer, protocol) => {
        for (let i = 0; i < 17; i++) sendItem(peer, protocol, noteOf(`unasked ${i}`))
      },
    ],
    [
      'note of more bytes than its kind has',
      'invalid item',
      (peer, protocol) => sendItem(peer, protocol, new Uint8Array(257)),
    ],
  ]
  it.each(cases)('by %s is ended with %s', async (_, code, act) => {
    const { offer, protocol } = speaker()
    const world = await invWorld(1, {}, [offer])
    const peer = await world.connect(1, 0)
    act(peer, protocol)
    await world.advance(100)
    expect(world.endings[0]).toMatchObject([{ code }])
    await world.close()
  })

  it('by speaking before it has listed its kinds is ended', async () => {
    const { offer, protocol } = speaker({ kinds: [] })
    const world = await invWorld(1, {}, [offer])
    const peer = await world.connect(1, 0)
    void peer.send(protocol, 'inv', { kind: NOTE, ids: manyIds(1) })
    await world.advance(100)
    expect(world.endings[0]).toMatchObject([{ code: 'invalid message', message: 'the first message lists no kinds' }])
    await world.close()
  })

  it('by sending what it was asked for again and again is ended', async () => {
    const { offer, protocol } = speaker({
      onAsked: (peer, inv) => {
        for (let i = 0; i < 18; i++) sendItem(peer, inv, noteOf('again'))
      },
    })
    const world = await invWorld(1, {}, [offer])
    const peer = await world.connect(1, 0)
    void peer.send(protocol, 'inv', { kind: NOTE, ids: [idOf(noteOf('again'))] })
    await world.advance(3000)
    expect(world.texts[0]).toEqual(['again'])
    expect(world.endings[0]).toMatchObject([{ code: 'unexpected answer', message: '17 items that nobody asked for' }])
    await world.close()
  })

  it('by sixteen unasked items only is not: they may be very late', async () => {
    const { offer, protocol } = speaker()
    const world = await invWorld(1, {}, [offer])
    const peer = await world.connect(1, 0)
    for (let i = 0; i < 16; i++) sendItem(peer, protocol, noteOf(`unasked ${i}`))
    await world.advance(100)
    expect(peer.error).toBe(undefined)
    expect(world.inventories[0]!.inspect().items).toMatchObject({ unasked: 16, accepted: 0 })
    await world.close()
  })

  it('by announcing one id more than an inv may have is ended, by 50,000 it is not', async () => {
    const { offer, protocol } = speaker()
    const world = await invWorld(1, {}, [offer])
    const peer = await world.connect(1, 0)
    void peer.send(protocol, 'inv', { kind: NOTE, ids: manyIds(50_000) })
    const known = async (): Promise<number> => {
      await world.advance(1)
      return world.inventories[0]!.inspect().known
    }
    // So large a message is read and looked at in turns of the event loop.
    await expect.poll(known).toBe(5000)
    expect(peer.error).toBe(undefined)
    expect(world.inventories[0]!.inspect()).toMatchObject({ tracked: 5000 })
    await expect(peer.send(protocol, 'inv', { kind: NOTE, ids: manyIds(50_001) })).rejects.toThrow(RangeError)
    await world.close()
  })

  it('by answering nothing is asked nothing more after a minute, and ended ten later; one that says what it lacks is not', async () => {
    const mute = speaker()
    const polite = speaker({
      onAsked: (peer, inv, { ids, kind: number }) => void peer.send(inv, 'notfound', { kind: number, ids }),
    })
    const world = await invWorld(1, {}, [mute.offer, polite.offer])
    const peers = [await world.connect(1, 0), await world.connect(2, 0)]
    void peers[0]!.send(mute.protocol, 'inv', { kind: NOTE, ids: manyIds(1) })
    void peers[1]!.send(polite.protocol, 'inv', { kind: NOTE, ids: manyIds(2, 1) })
    await world.advance(70_000)
    for (const [at, peer] of peers.entries()) {
      void peer.send(mute.protocol, 'inv', { kind: NOTE, ids: manyIds(2, 2 + at) })
    }
    await world.advance(10_000)
    expect([mute.asked.length, polite.asked.length]).toEqual([1, 2])
    await world.advance(570_000)
    expect(world.endings[0]).toEqual([])
    await world.advance(20_000)
    expect(world.endings[0]).toMatchObject([{ code: 'request timeout', reason: DiscReason.uselessPeer }])
    expect(peers.map(({ error }) => error === undefined)).toEqual([false, true])
    expect(world.inventories[0]!.inspect().items).toMatchObject({ unaskedNotFound: 0 })
    await world.close()
  })
})

describe('misuse', () => {
  const clock = (): never => {
    throw new Error('no clock is needed')
  }

  it('of kinds is refused where it is made', () => {
    const note = noteKind(clock)
    expect(() => inventory({ kinds: [note, noteKind(clock, { name: 'another' })] })).toThrow(/given twice/)
    expect(() => inventory({ kinds: [note, noteKind(clock, { number: 17 })] })).toThrow(/given twice/)
    const options = { name: 'note', number: 16, maxBytes: 10, id: idOf }
    expect(() => kind({ ...options, name: 'No' })).toThrow(TypeError)
    expect(() => kind({ ...options, number: 65_536 })).toThrow(RangeError)
    expect(() => kind({ ...options, maxBytes: 4 * 1024 * 1024 + 1 })).toThrow(RangeError)
  })

  it('of publish is refused with what is wrong', async () => {
    const world = await invWorld(1)
    const items = world.inventories[0]!
    expect(() => items.publish(noteKind(clock), noteOf('x'))).toThrow(/has no kind note/)
    expect(() => items.publish(world.notes, new Uint8Array(257))).toThrow(/at most 256 bytes, not 257/)
    expect(() => inventory().follow(world.notes, () => undefined)).toThrow(/has no kind/)
    await world.close()
    expect(() => items.publish(world.notes, noteOf('x'))).toThrow(/is not running/)
  })
})
