import { describe, expect, it } from 'vitest'
import { seededRandom } from '../base/random.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import type { ManualClock } from '../testing/manual-clock.ts'
import { inventory } from './plugin.ts'
import type { Carrier, InventoryPlugin } from './plugin.ts'

const TX = 1
const PEER = { preferred: true, kinds: [TX] }

function idOf(seed: number): Uint8Array {
  return new Uint8Array(32).fill(seed)
}

/** A carrier that writes down what it is told, with the time. */
function scribe(clock: ManualClock, name: string, lines: string[]): Carrier {
  const seeds = (items: readonly { readonly id: Uint8Array }[]): string => items.map(({ id }) => id[0]).join(' ')
  return {
    ask: (peer, _, items) => void lines.push(`${Math.floor(clock.now())} ${name} ask ${peer}: ${seeds(items)}`),
    announce: (peers, _, items) =>
      void lines.push(`${Math.floor(clock.now())} ${name} tell ${peers.join(' ')}: ${seeds(items)}`),
  }
}

async function make(): Promise<{ clock: ManualClock; items: InventoryPlugin; lines: string[]; carrier: Carrier }> {
  const clock = createManualClock()
  const items = inventory({ limits: { gatherMs: 10, askTimeoutMs: 1000, storeMs: 5000 } })
  await items.start({ clock, random: seededRandom(1) })
  const lines: string[] = []
  return { clock, items, lines, carrier: scribe(clock, 'eth', lines) }
}

function receive(items: InventoryPlugin, seed: number, peer = 'elsewhere'): boolean {
  return items.received(peer, { kind: TX, id: idOf(seed), meta: 0, bytes: Uint8Array.of(seed) })
}

describe('the inventory of a node', () => {
  it('tells the first at once after a rest, and gathers what comes within ten milliseconds after it', async () => {
    const { clock, items, lines, carrier } = await make()
    items.attach('a', PEER, carrier)
    receive(items, 1)
    receive(items, 2)
    clock.advance(5)
    receive(items, 3)
    clock.advance(4)
    receive(items, 4)
    clock.advance(1)
    receive(items, 5)
    clock.advance(30)
    receive(items, 6)
    clock.advance(10)
    expect(lines).toEqual(['0 eth tell a: 1 2', '10 eth tell a: 3 4', '20 eth tell a: 5', '40 eth tell a: 6'])
  })

  it('asks the next peer when the first lets its time pass', async () => {
    const { clock, items, lines, carrier } = await make()
    for (const peer of ['a', 'b']) {
      items.attach(peer, PEER, carrier)
      items.announced(peer, TX, [{ id: idOf(1), meta: 0 }])
    }
    clock.advance(3000)
    expect(lines.map((line) => line.replace(/[ab]:/, 'X:'))).toEqual(['0 eth ask X: 1', '1000 eth ask X: 1'])
    expect(new Set(lines.map((line) => line.slice(-4))).size).toBe(2)
  })

  it('tells each peer through the carrier that reaches it', async () => {
    const { clock, items, lines, carrier } = await make()
    items.attach('a', PEER, carrier)
    items.attach('b', PEER, scribe(clock, 'inv', lines))
    items.attach('c', PEER, carrier)
    receive(items, 1, 'c')
    clock.advance(10)
    expect(lines).toEqual(['0 eth tell a: 1', '0 inv tell b: 1'])
  })

  it('has one timer, moved nearer when need be, and none when there is nothing to wait for', async () => {
    const { clock, items, lines, carrier } = await make()
    expect(clock.pendingTimers).toBe(0)
    items.attach('a', PEER, carrier)
    expect(clock.pendingTimers).toBe(0)
    receive(items, 1)
    clock.advance(10)
    expect(Math.floor(clock.nextTimerAt!)).toBe(5000)
    items.announced('a', TX, [{ id: idOf(2), meta: 0 }])
    expect([clock.pendingTimers, Math.floor(clock.nextTimerAt!)]).toEqual([1, 10])
    clock.advance(10_000)
    expect(lines).toEqual(['0 eth tell a: 1', '10 eth ask a: 2'])
    // It still owes an answer.
    expect(clock.pendingTimers).toBe(1)
    items.notFound('a', TX, [idOf(2)])
    clock.advance(600_000)
    expect(clock.pendingTimers).toBe(0)
    expect(items.inspect()).toMatchObject({ stored: 0, tracked: 0, peers: 1 })
  })

  it('tells at once of what others carry, and at times of chance when that is wished', async () => {
    const clock = createManualClock()
    const lines: string[] = []
    const items = inventory({ trickle: [TX] })
    await items.start({ clock, random: seededRandom(4) })
    items.attach('a', { preferred: false, kinds: [TX, 2] }, scribe(clock, 'eth', lines))
    receive(items, 1)
    items.received('elsewhere', { kind: 2, id: idOf(2), meta: 0, bytes: Uint8Array.of(2) })
    clock.advance(60_000)
    expect(lines[0]).toBe('0 eth tell a: 2')
    expect(Number(/^\d+/.exec(lines[1]!)?.[0])).toBeGreaterThan(100)
    expect(lines[1]).toMatch(/eth tell a: 1$/)
  })

  it('reaches a peer by several carriers, each with kinds of its own', async () => {
    const { clock, items, lines, carrier } = await make()
    const other = scribe(clock, 'inv', lines)
    items.attach('a', PEER, carrier)
    expect(() => items.attach('a', { preferred: true, kinds: [2, TX] }, other)).toThrow(/kind 1 is carried/)
    items.attach('a', { preferred: true, kinds: [2] }, other)
    receive(items, 1)
    items.received('elsewhere', { kind: 2, id: idOf(2), meta: 0, bytes: Uint8Array.of(2) })
    clock.advance(10)
    expect(lines.toSorted()).toEqual(['0 eth tell a: 1', '0 inv tell a: 2'])
    items.detach('a', carrier)
    expect([items.isHere('a'), items.inspect().peers]).toEqual([true, 1])
    receive(items, 3)
    clock.advance(100)
    expect(lines).toHaveLength(2)
    items.detach('a', other)
    items.detach('a', other)
    expect([items.isHere('a'), items.inspect().peers]).toEqual([false, 0])
  })

  it('says nothing to a peer that has left', async () => {
    const { clock, items, lines, carrier } = await make()
    items.attach('a', PEER, carrier)
    receive(items, 1)
    items.detach('a', carrier)
    clock.advance(10)
    expect(lines).toEqual([])
  })

  it('leaves no timer and nothing to call when it has stopped', async () => {
    const { clock, items, lines, carrier } = await make()
    items.attach('a', PEER, carrier)
    receive(items, 1)
    items.stop()
    items.detach('a', carrier)
    clock.advance(10_000)
    expect([clock.pendingTimers, lines]).toEqual([0, []])
    expect(items.inspect()).toMatchObject({ peers: 0, stored: 0 })
    expect(() => receive(items, 1)).toThrow(/is not running/)
  })

  it('belongs to one node', async () => {
    const { clock, items } = await make()
    await expect(items.start({ clock, random: seededRandom(1) })).rejects.toThrow(TypeError)
    expect(() => inventory().attach('a', PEER, scribe(clock, 'eth', []))).toThrow(/give it to createNode/)
  })
})
