import { describe, expect, it } from 'vitest'
import { seededRandom } from '../base/random.ts'
import { createInventory } from './inventory.ts'
import { inventory } from './plugin.ts'
import { ITEM_OVERHEAD_BYTES, type InventoryLimits } from './limits.ts'
import type { Inventory, Item } from './tasks.ts'

const TX = 1
const INBOUND = { preferred: false, kinds: [TX] }
const OUTBOUND = { preferred: true, kinds: [TX] }

function idOf(seed: number): Uint8Array {
  const id = new Uint8Array(32)
  new DataView(id.buffer).setUint32(0, seed)
  return id
}

function seedOf(id: Uint8Array): number {
  return new DataView(id.buffer, id.byteOffset).getUint32(0)
}

function itemOf(seed: number, size = 10): Item {
  return { kind: TX, id: idOf(seed), meta: size, bytes: new Uint8Array(size) }
}

function make(limits: Partial<InventoryLimits> = {}, seed = 1): Inventory {
  return createInventory({ random: seededRandom(seed), limits })
}

/** A peer says that it has the items of these seeds. */
function says(inventory: Inventory, peer: string, seeds: readonly number[], nowMs = 0): number {
  const notes = seeds.map((seed) => ({ id: idOf(seed), meta: 0 }))
  return inventory.announced(peer, TX, notes, nowMs)
}

/** What `poll` gives, in a form that is easy to read: `ask a: 1 2`, `tell b c: 1`. */
function round(inventory: Inventory, nowMs: number): string[] {
  const { asks, announces } = inventory.poll(nowMs)
  return [
    ...asks.map(({ peer, items }) => `ask ${peer}: ${items.map(({ id }) => seedOf(id)).join(' ')}`),
    ...announces.map(({ peers, items }) => `tell ${peers.join(' ')}: ${items.map(({ id }) => seedOf(id)).join(' ')}`),
  ]
}

describe('asking for items', () => {
  it('asks one peer, then the next when the first has let its time pass, and nobody twice', () => {
    const inventory = make()
    for (const peer of ['a', 'b']) inventory.addPeer(peer, OUTBOUND)
    says(inventory, 'a', [1])
    says(inventory, 'b', [1])
    const [first] = round(inventory, 0)
    const second = first === 'ask a: 1' ? 'ask b: 1' : 'ask a: 1'
    expect(inventory.nextDeadline()).toBe(60_000)
    expect(round(inventory, 59_999)).toEqual([])
    expect(round(inventory, 60_000)).toEqual([second])
    expect(round(inventory, 120_000)).toEqual([])
    expect(inventory.inspect().tracked).toBe(0)
    expect(says(inventory, 'a', [1], 120_000)).toBe(0)
    expect(round(inventory, 120_000)).toEqual([])
  })

  it('asks the next peer at once when the first says that it has nothing', () => {
    const inventory = make()
    inventory.addPeer('a', OUTBOUND)
    inventory.addPeer('b', INBOUND)
    says(inventory, 'a', [1])
    says(inventory, 'b', [1])
    expect(round(inventory, 5000)).toEqual(['ask a: 1'])
    expect(inventory.notFound('b', TX, [idOf(1)], 5000)).toBe(0)
    expect(inventory.notFound('a', TX, [idOf(1), idOf(2)], 5000)).toBe(1)
    expect(inventory.nextDeadline()).toBe(0)
    expect(round(inventory, 5000)).toEqual(['ask b: 1'])
  })

  it('prefers peers it chose itself, whoever was first, and lets others wait two seconds', () => {
    const inventory = make()
    inventory.addPeer('in', INBOUND)
    inventory.addPeer('out', OUTBOUND)
    says(inventory, 'in', [1, 2], 0)
    expect(round(inventory, 1999)).toEqual([])
    says(inventory, 'out', [1], 1999)
    expect(round(inventory, 1999)).toEqual(['ask out: 1'])
    expect(round(inventory, 2000)).toEqual(['ask in: 2'])
  })

  it('lets nobody wait when no peer is preferred', () => {
    const inventory = make()
    inventory.addPeer('in', INBOUND)
    says(inventory, 'in', [1])
    expect(round(inventory, 0)).toEqual(['ask in: 1'])
  })

  it('chooses among equals by chance', () => {
    const chosen = Array.from({ length: 64 }, (_, seed) => {
      const inventory = make({}, seed)
      for (const peer of ['a', 'b']) inventory.addPeer(peer, OUTBOUND)
      says(inventory, 'a', [1])
      says(inventory, 'b', [1])
      return round(inventory, 0)[0]
    })
    const firsts = chosen.filter((text) => text === 'ask a: 1').length
    expect(firsts).toBeGreaterThan(16)
    expect(firsts).toBeLessThan(48)
  })

  it('asks the next one when the asked peer leaves', () => {
    const inventory = make()
    inventory.addPeer('a', OUTBOUND)
    inventory.addPeer('b', INBOUND)
    says(inventory, 'a', [1, 2])
    says(inventory, 'b', [1])
    expect(round(inventory, 0)).toEqual(['ask a: 1 2'])
    inventory.removePeer('a')
    expect(round(inventory, 2000)).toEqual(['ask b: 1'])
    expect(inventory.inspect()).toMatchObject({ peers: 1, ids: 1, tracked: 1 })
  })

  it('uses the time a peer was given', () => {
    const inventory = make()
    inventory.addPeer('a', { ...OUTBOUND, askTimeoutMs: 5000 })
    says(inventory, 'a', [1])
    round(inventory, 0)
    expect(inventory.nextDeadline()).toBe(5000)
  })

  it('puts no more ids in one request than fit', () => {
    const inventory = make({ idsPerAsk: 2 })
    inventory.addPeer('a', OUTBOUND)
    says(inventory, 'a', [1, 2, 3])
    expect(round(inventory, 0)).toEqual(['ask a: 1 2', 'ask a: 3'])
  })

  it('asks one peer for no more at a time than its bound, and for the next as answers come', () => {
    const inventory = make({ inFlightPerPeer: 2 })
    inventory.addPeer('a', OUTBOUND)
    says(inventory, 'a', [1, 2, 3, 4])
    expect(round(inventory, 0)).toEqual(['ask a: 1 2'])
    expect(round(inventory, 0)).toEqual([])
    inventory.received('a', itemOf(1), 0)
    expect(round(inventory, 0)).toEqual(['ask a: 3'])
    inventory.notFound('a', TX, [idOf(2)], 0)
    expect(round(inventory, 0)).toEqual(['ask a: 4'])
  })

  it('lets another peer serve what a busy one would keep waiting', () => {
    const inventory = make({ inFlightPerPeer: 1 })
    inventory.addPeer('busy', OUTBOUND)
    inventory.addPeer('free', INBOUND)
    says(inventory, 'busy', [1, 2])
    says(inventory, 'free', [2])
    expect(round(inventory, 2000)).toEqual(['ask busy: 1', 'ask free: 2'])
  })

  it('does not ask for what is here or was refused', () => {
    const inventory = make()
    inventory.addPeer('a', OUTBOUND)
    inventory.received(undefined, itemOf(1), 0)
    inventory.reject(TX, idOf(2), 0)
    expect(says(inventory, 'a', [1, 2, 3])).toBe(1)
    expect(round(inventory, 0)).toEqual(['ask a: 3'])
    expect([1, 2, 3].map((seed) => inventory.stateOf(TX, idOf(seed)))).toEqual(['accepted', 'refused', 'wanted'])
  })

  it('forgets the oldest refusal one past the bound', () => {
    const inventory = make({ rejected: 2 })
    for (const seed of [1, 2, 3]) inventory.reject(TX, idOf(seed), 0)
    expect([1, 2, 3].map((seed) => inventory.stateOf(TX, idOf(seed)) !== 'open')).toEqual([false, true, true])
    expect(inventory.inspect().ids).toBe(2)
  })

  it('tracks no more announcements of one peer than its bound', () => {
    const inventory = make({ trackedPerPeer: 3 })
    for (const peer of ['a', 'b']) inventory.addPeer(peer, OUTBOUND)
    expect(says(inventory, 'a', [1, 2, 3, 4])).toBe(3)
    expect(says(inventory, 'b', [5])).toBe(1)
    expect(inventory.inspect().tracked).toBe(4)
  })

  it('obtains an item that six of seven announcers withhold, after at most six waits', () => {
    const seeds = 400
    let waits = 0
    for (let seed = 0; seed < seeds; seed++) {
      const inventory = make({}, seed)
      for (let peer = 0; peer < 7; peer++) {
        inventory.addPeer(String(peer), OUTBOUND)
        says(inventory, String(peer), [1])
      }
      const asked: string[] = []
      for (let nowMs = 0; asked.at(-1) !== 'ask 6: 1'; nowMs += 60_000) {
        expect(nowMs).toBeLessThanOrEqual(360_000)
        asked.push(...round(inventory, nowMs))
      }
      expect(new Set(asked).size).toBe(asked.length)
      waits += asked.length - 1
    }
    // The honest one is the last of seven as often as the first.
    expect(Math.abs(waits / seeds - 3)).toBeLessThan(0.4)
  })
})

describe('telling of items', () => {
  it('tells everybody but those who know, together', () => {
    const inventory = make()
    for (const peer of ['a', 'b', 'c', 'd']) inventory.addPeer(peer, INBOUND)
    says(inventory, 'b', [1])
    expect(round(inventory, 0)).toEqual(['ask b: 1'])
    expect(inventory.received('a', itemOf(1), 0)).toBe(true)
    expect(inventory.nextDeadline()).toBe(0)
    expect(round(inventory, 0)).toEqual(['tell c d: 1'])
    expect(round(inventory, 0)).toEqual([])
    expect(['a', 'b', 'c', 'd'].every((peer) => inventory.knows(peer, TX, idOf(1)))).toBe(true)
  })

  it('does not tell a peer what it announced itself, also when the id was decoded anew', () => {
    const inventory = make()
    inventory.addPeer('a', INBOUND)
    inventory.know('a', TX, [idOf(1)], 0)
    inventory.received(undefined, itemOf(1), 0)
    expect(round(inventory, 0)).toEqual([])
  })

  it('does not tell a peer what it announced between our learning and our telling', () => {
    const inventory = make()
    inventory.addPeer('a', INBOUND)
    inventory.received(undefined, itemOf(1), 0)
    expect(says(inventory, 'a', [1])).toBe(0)
    expect(round(inventory, 0)).toEqual([])
  })

  it('does not tell back an announcement that its sender has pushed out of its own known-set', () => {
    const inventory = make({ knownPerPeer: 2 })
    inventory.addPeer('a', INBOUND)
    says(inventory, 'a', [1, 2, 3])
    expect(inventory.knows('a', TX, idOf(1))).toBe(false)
    inventory.received('b', itemOf(1), 0)
    expect(round(inventory, 0).filter((text) => text.startsWith('tell'))).toEqual([])
  })

  it('tells a newcomer of the newest items, and of no more than the bound', () => {
    const inventory = make({ toldToNewcomer: 2 })
    for (const seed of [1, 2, 3]) inventory.received(undefined, itemOf(seed), 0)
    inventory.addPeer('late', INBOUND)
    expect(round(inventory, 0)).toEqual(['tell late: 2 3'])
  })

  it('tells a peer only of the kinds it listens to', () => {
    const inventory = make()
    inventory.addPeer('other', { preferred: true, kinds: [9] })
    inventory.received(undefined, itemOf(1), 0)
    expect(round(inventory, 0)).toEqual([])
  })

  it('splits long announcements and drops the oldest one past the queue', () => {
    const inventory = make({ queuedPerPeer: 3, itemsPerAnnounce: 2 })
    inventory.addPeer('a', INBOUND)
    for (const seed of [1, 2, 3, 4]) inventory.received(undefined, itemOf(seed), 0)
    expect(round(inventory, 0)).toEqual(['tell a: 2 3', 'tell a: 4'])
  })

  it('does not tell of what can no longer be served', () => {
    const inventory = make()
    inventory.addPeer('a', INBOUND)
    inventory.received(undefined, itemOf(1), 0)
    inventory.reject(TX, idOf(1), 0)
    expect(round(inventory, 0)).toEqual([])
    expect(inventory.inspect()).toMatchObject({ stored: 0, ids: 1 })
  })
})

describe('the store', () => {
  it('serves an item until its time is over', () => {
    const inventory = make({ storeMs: 1000 })
    inventory.received('gone', itemOf(1), 500)
    expect(inventory.get(TX, idOf(1), 1499)?.bytes.length).toBe(10)
    expect(inventory.nextDeadline()).toBe(1500)
    expect(inventory.get(TX, idOf(1), 1500)).toBe(undefined)
    expect(inventory.inspect()).toMatchObject({ stored: 0, storedBytes: 0, seen: 1 })
  })

  it('makes room by dropping the oldest of whoever takes most', () => {
    const inventory = make({ storeBytes: 4 * (ITEM_OVERHEAD_BYTES + 10) })
    inventory.received('honest', itemOf(1), 0)
    for (const seed of [2, 3, 4, 5, 6]) inventory.received('flood', itemOf(seed), 0)
    const has = (seed: number): boolean => inventory.get(TX, idOf(seed), 0) !== undefined
    expect([1, 2, 3, 4, 5, 6].map(has)).toEqual([true, false, false, true, true, true])
  })

  it('refuses an item larger than itself', () => {
    const inventory = make({ storeBytes: 1000 })
    expect(inventory.received(undefined, itemOf(1, 1001), 0)).toBe(false)
    expect(inventory.inspect()).toMatchObject({ stored: 0, ids: 0 })
  })
})

describe('a thousand peers', () => {
  it('cost nothing while they are silent', () => {
    const inventory = make()
    for (let i = 0; i < 1000; i++) inventory.addPeer(String(i), INBOUND)
    expect(inventory.inspect()).toMatchObject({ peers: 1000, knownBytes: 0, known: 0, ids: 0 })
  })
})

describe('misuse', () => {
  it.each([
    [{ knownPerPeer: 65_536 }, new RangeError('limits.knownPerPeer of inventory must be at most 65535, not 65536')],
    [{ idsPerAsk: Infinity }, new RangeError('limits.idsPerAsk of inventory must be at most 1000, not Infinity')],
    [{ idsPerAsk: 0 }, new TypeError('limits.idsPerAsk of inventory must be a whole number from 1 or Infinity, not 0')],
    [
      { storeMs: Number.NaN },
      new TypeError('limits.storeMs of inventory must be a whole number from 1 or Infinity, not NaN'),
    ],
  ])('refuses the limits %j, in the plugin too', (limits, error) => {
    expect(() => make(limits)).toThrow(error)
    expect(() => inventory({ limits })).toThrow(error)
  })

  it('refuses a peer that is there already', () => {
    const inventory = make()
    inventory.addPeer('a', INBOUND)
    expect(() => inventory.addPeer('a', INBOUND)).toThrow(TypeError)
  })

  it('ignores what is said of peers that are not there', () => {
    const inventory = make()
    expect(says(inventory, 'nobody', [1])).toBe(0)
    inventory.know('nobody', TX, [idOf(1)], 0)
    inventory.removePeer('nobody')
    expect(inventory.notFound('nobody', TX, [idOf(1)], 0)).toBe(0)
    expect(inventory.inspect()).toMatchObject({ ids: 0, tracked: 0 })
  })
})
