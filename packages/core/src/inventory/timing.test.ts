import { describe, expect, it } from 'vitest'
import { seededRandom } from '../base/random.ts'
import { createInventory } from './inventory.ts'
import type { InventoryLimits } from './limits.ts'
import type { Inventory, KindRule } from './tasks.ts'

const TX = 1
const BLOCK = 2
const RULES: ReadonlyMap<number, KindRule> = new Map<number, KindRule>([
  [TX, { pace: 'trickle' }],
  [BLOCK, { pace: 'urgent' }],
])
const BOTH = [TX, BLOCK]

function idOf(seed: number): Uint8Array {
  const id = new Uint8Array(32)
  new DataView(id.buffer).setUint32(0, seed)
  return id
}

function make(limits: Partial<InventoryLimits> = {}, seed = 1): Inventory {
  return createInventory({ random: seededRandom(seed), limits, rules: RULES })
}

/** What peers bring; `own` is this node's. */
function publish(inventory: Inventory, kind: number, seed: number, nowMs: number, from = 'elsewhere'): void {
  inventory.received(
    from === 'own' ? undefined : from,
    { kind, id: idOf(seed), meta: 0, bytes: new Uint8Array(1) },
    nowMs,
  )
}

/** Lets time pass until nothing is left to do; gives when who was told how much. */
function tellings(
  inventory: Inventory,
  fromMs: number,
  untilMs = 1e9,
): { atMs: number; peers: string; count: number }[] {
  const told: { atMs: number; peers: string; count: number }[] = []
  for (let nowMs = fromMs; nowMs < untilMs;) {
    for (const { peers, items } of inventory.poll(nowMs).announces) {
      told.push({ atMs: nowMs, peers: peers.join(' '), count: items.length })
    }
    const next = inventory.nextDeadline()
    if (next === undefined) break
    nowMs = Math.max(next, nowMs + 1)
  }
  return told
}

describe('what trickles', () => {
  it('is told to all who dialed us at the same times, and to each we dialed at its own', () => {
    const inventory = make()
    for (const name of ['in1', 'in2', 'in3']) inventory.addPeer(name, { preferred: false, kinds: BOTH })
    for (const name of ['out1', 'out2']) inventory.addPeer(name, { preferred: true, kinds: BOTH })
    publish(inventory, TX, 1, 1000)
    const told = tellings(inventory, 1000)
    expect(told.map(({ peers }) => peers).toSorted()).toEqual(['in1 in2 in3', 'out1', 'out2'])
    expect(new Set(told.map(({ atMs }) => atMs)).size).toBe(3)
    expect(told.every(({ atMs }) => atMs > 1000)).toBe(true)
  })

  it('is told in batches of 35, and more while a thousand wait', () => {
    const inventory = make()
    inventory.addPeer('in', { preferred: false, kinds: BOTH })
    for (let seed = 0; seed < 1100; seed++) publish(inventory, TX, seed, 0)
    const counts = tellings(inventory, 0, 900_000).map(({ count }) => count)
    expect(counts.slice(0, 4)).toEqual([40, 40, 40, 35])
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1100)
  })

  it('is not told to whom it became known meanwhile', () => {
    const inventory = make()
    inventory.addPeer('a', { preferred: false, kinds: BOTH })
    inventory.addPeer('b', { preferred: false, kinds: BOTH })
    publish(inventory, TX, 1, 0)
    inventory.poll(0)
    inventory.announced('a', TX, [{ id: idOf(1), meta: 0 }], 1)
    expect(tellings(inventory, 1).map(({ peers }) => peers)).toEqual(['b'])
  })

  it('draws a new time for a peer that comes when the one before it has gone', () => {
    const inventory = make()
    inventory.addPeer('a', { preferred: false, kinds: BOTH })
    publish(inventory, TX, 1, 0)
    inventory.poll(0)
    inventory.removePeer('a')
    inventory.addPeer('b', { preferred: false, kinds: BOTH })
    expect(inventory.nextDeadline()).toBe(0)
    expect(inventory.poll(600_000).announces).toEqual([])
    expect(inventory.nextDeadline()).toBeGreaterThan(600_000)
  })

  it('does not hold up what is urgent', () => {
    const inventory = make()
    inventory.addPeer('a', { preferred: false, kinds: BOTH })
    publish(inventory, TX, 1, 0)
    publish(inventory, BLOCK, 2, 0)
    expect(inventory.poll(0).announces).toMatchObject([{ kind: BLOCK, peers: ['a'] }])
    expect(inventory.knows('a', BLOCK, idOf(2))).toBe(true)
    expect(inventory.knows('a', TX, idOf(1))).toBe(false)
    expect(inventory.inspect().queued).toBe(1)
  })

  it('drops the oldest one past the queue', () => {
    const inventory = make({ queuedPerPeer: 3 })
    inventory.addPeer('a', { preferred: false, kinds: BOTH })
    for (const seed of [1, 2, 3, 4]) publish(inventory, TX, seed, 0)
    expect(inventory.inspect().queued).toBe(3)
    expect(tellings(inventory, 0, 800_000)).toMatchObject([{ count: 3 }])
    expect(inventory.knows('a', TX, idOf(1))).toBe(false)
  })
})

describe('whom to ask', () => {
  it('a peer that is asked for a hundred is asked two seconds later for more', () => {
    const inventory = make({ busyInFlight: 2 })
    inventory.addPeer('a', { preferred: true, kinds: BOTH })
    const says = (seed: number, nowMs: number) => inventory.announced('a', TX, [{ id: idOf(seed), meta: 0 }], nowMs)
    for (const seed of [1, 2]) says(seed, 0)
    expect(inventory.poll(0).asks[0]!.items).toHaveLength(2)
    says(3, 10)
    expect(inventory.poll(10).asks).toEqual([])
    expect(inventory.poll(2009).asks).toEqual([])
    expect(inventory.poll(2010).asks).toHaveLength(1)
  })

  it('urgent items are asked for at once of whoever announces them, others later of those that dialed us', () => {
    const inventory = make()
    inventory.addPeer('out', { preferred: true, kinds: BOTH })
    inventory.addPeer('in', { preferred: false, kinds: BOTH })
    for (const kind of BOTH) inventory.announced('in', kind, [{ id: idOf(1), meta: 0 }], 0)
    expect(inventory.poll(0).asks).toMatchObject([{ peer: 'in', kind: BLOCK }])
    expect(inventory.poll(2000).asks).toMatchObject([{ peer: 'in', kind: TX }])
  })

  it('of what is urgent, another is asked after five seconds; the first may still answer', () => {
    const inventory = make({}, 3)
    for (const peer of ['a', 'b']) {
      inventory.addPeer(peer, { preferred: true, kinds: BOTH })
      for (const kind of BOTH) inventory.announced(peer, kind, [{ id: idOf(kind), meta: 0 }], 0)
    }
    const [block] = inventory.poll(0).asks.filter(({ kind }) => kind === BLOCK)
    const [first, second] = block!.peer === 'a' ? ['a', 'b'] : ['b', 'a']
    expect(inventory.poll(4999).asks).toEqual([])
    expect(inventory.poll(5000).asks).toMatchObject([{ peer: second, kind: BLOCK }])
    expect(inventory.poll(30_000).asks).toEqual([])
    expect(inventory.arrived(first, BLOCK, idOf(BLOCK), 30_000)).toBe('new')
    inventory.letGo(BLOCK, idOf(BLOCK))
    const { muted } = inventory.poll(65_000)
    expect(muted.map(({ peer }) => peer)).toContain(second)
    expect(inventory.stateOf(BLOCK, idOf(BLOCK))).toBe('wanted')
    expect(inventory.poll(200_000).asks).toEqual([])
    expect(inventory.inspect().tracked).toBe(0)
  })

  it('time of our own work on what a peer sent is given back to it', () => {
    const inventory = make()
    inventory.addPeer('a', { preferred: true, kinds: BOTH })
    inventory.announced('a', TX, [{ id: idOf(1), meta: 0 }], 0)
    inventory.poll(0)
    inventory.working('a', true, 10_000)
    inventory.working('a', false, 40_000)
    expect(inventory.poll(60_000)).toMatchObject({ muted: [] })
    expect(inventory.nextDeadline()).toBe(90_000)
    expect(inventory.poll(90_000)).toMatchObject({ muted: [{ peer: 'a', kind: TX }] })
    expect(inventory.inspect().tracked).toBe(0)
  })

  it('while that work goes on nothing lapses, and there is no busy loop', () => {
    const inventory = make()
    inventory.addPeer('a', { preferred: true, kinds: BOTH })
    inventory.announced('a', TX, [{ id: idOf(1), meta: 0 }], 0)
    inventory.poll(0)
    inventory.working('a', true, 59_999)
    let polls = 0
    for (let nowMs = 60_000; nowMs < 600_000; nowMs = inventory.nextDeadline()!) {
      expect(inventory.poll(nowMs).muted).toEqual([])
      polls++
    }
    expect(polls).toBeLessThan(600)
    inventory.working('a', false, 600_000)
    expect(inventory.inspect().tracked).toBe(1)
  })

  it('whoever lets a request lapse is asked nothing more before it has answered, and may answer late', () => {
    const inventory = make()
    inventory.addPeer('a', { preferred: true, kinds: BOTH })
    const says = (seed: number, nowMs: number) => inventory.announced('a', TX, [{ id: idOf(seed), meta: 0 }], nowMs)
    for (const seed of [1, 2]) says(seed, 0)
    inventory.poll(0)
    expect(inventory.poll(60_000).muted).toEqual([{ peer: 'a', kind: TX }])
    expect(says(3, 60_000)).toBe(1)
    expect(inventory.poll(70_000).asks).toEqual([])
    expect(inventory.arrived('a', TX, idOf(1), 70_000)).toBe('new')
    publish(inventory, TX, 1, 70_000, 'a')
    expect(inventory.poll(70_000).asks).toEqual([])
    expect(inventory.notFound('a', TX, [idOf(2)], 80_000)).toBe(1)
    expect(inventory.poll(80_000).asks.map(({ items }) => items[0]!.id)).toEqual([idOf(3)])
    expect(inventory.arrived('a', TX, idOf(2), 80_000)).toBe('unasked')
  })

  it('and is useless when it answers nothing at all for ten minutes after that', () => {
    const inventory = make()
    for (const [peer, seeds] of [
      ['slow', [1, 2]],
      ['mute', [3, 4]],
    ] as const) {
      inventory.addPeer(peer, { preferred: true, kinds: BOTH })
      inventory.announced(
        peer,
        TX,
        seeds.map((seed) => ({ id: idOf(seed), meta: 0 })),
        0,
      )
    }
    inventory.poll(0)
    expect(
      inventory
        .poll(60_000)
        .muted.map(({ peer }) => peer)
        .toSorted(),
    ).toEqual(['mute', 'slow'])
    publish(inventory, TX, 1, 300_000, 'slow')
    expect(inventory.poll(659_999).useless).toEqual([])
    expect(inventory.poll(660_000).useless.map(({ peer }) => peer)).toEqual(['mute', 'mute'])
    expect(inventory.poll(1_260_000).useless).toEqual([{ peer: 'slow', kind: TX }])
  })

  it('what was asked for counts until it is answered, whatever has become of the item', () => {
    const inventory = make({ inFlightPerPeer: 1 })
    inventory.addPeer('slow', { preferred: true, kinds: BOTH })
    inventory.announced(
      'slow',
      TX,
      [1, 2].map((seed) => ({ id: idOf(seed), meta: 0 })),
      0,
    )
    expect(inventory.poll(0).asks[0]!.items).toHaveLength(1)
    publish(inventory, TX, 1, 10, 'other')
    expect(inventory.poll(10).asks).toEqual([])
    expect(inventory.arrived('slow', TX, idOf(1), 20)).toBe('known')
    expect(inventory.poll(20).asks[0]!.items[0]!.id).toEqual(idOf(2))
  })

  it('of two who have announced, whoever owes fewer answers is asked', () => {
    for (let seed = 1; seed < 9; seed++) {
      const inventory = make({}, seed)
      for (const peer of ['owes', 'free']) inventory.addPeer(peer, { preferred: true, kinds: BOTH })
      inventory.announced('owes', TX, [{ id: idOf(1), meta: 0 }], 0)
      inventory.poll(0)
      for (const peer of ['owes', 'free']) inventory.announced(peer, TX, [{ id: idOf(2), meta: 0 }], 1)
      expect(inventory.poll(1).asks.map(({ peer }) => peer)).toEqual(['free'])
    }
  })

  it('a protocol that comes later tells the newest of its own kinds, however many others there are', () => {
    const inventory = make({ toldToNewcomer: 2 })
    for (const seed of [1, 2, 3]) publish(inventory, BLOCK, seed, 0)
    for (const seed of [4, 5, 6]) publish(inventory, TX, seed, 0)
    inventory.addPeer('a', { preferred: true, kinds: [9] })
    inventory.addKinds('a', { kinds: [BLOCK], askTimeoutMs: 1000 })
    expect(inventory.poll(0).announces.map(({ items }) => items.map(({ id }) => id[3]))).toEqual([[2, 3]])
  })

  it('several protocols reach one peer, each with kinds and patience of its own', () => {
    const inventory = make()
    inventory.addPeer('a', { preferred: true, kinds: [TX], askTimeoutMs: 1000 })
    publish(inventory, BLOCK, 9, 0)
    expect(inventory.poll(0).announces).toEqual([])
    const blocks = [BLOCK]
    inventory.addKinds('a', { kinds: blocks, askTimeoutMs: 5000 })
    expect(inventory.poll(0).announces).toMatchObject([{ kind: BLOCK }])
    for (const kind of BOTH) inventory.announced('a', kind, [{ id: idOf(kind), meta: 0 }], 0)
    expect(inventory.poll(0).asks).toHaveLength(2)
    expect(inventory.nextDeadline()).toBe(1000)
    inventory.poll(1000)
    expect(inventory.nextDeadline()).toBe(5000)
    inventory.removeKinds('a', blocks)
    publish(inventory, BLOCK, 10, 1000)
    expect(inventory.poll(1000).announces).toEqual([])
  })
})

describe('what is remembered', () => {
  it('of items that have left the store, the ids are: none is asked for again', () => {
    const inventory = make({ storeMs: 1000 })
    publish(inventory, TX, 1, 0)
    inventory.poll(1000)
    expect(inventory.inspect()).toMatchObject({ stored: 0, seen: 1 })
    expect(inventory.stateOf(TX, idOf(1))).toBe('accepted')
    inventory.addPeer('a', { preferred: true, kinds: BOTH })
    expect(inventory.announced('a', TX, [{ id: idOf(1), meta: 0 }], 80_000_000)).toBe(0)
    inventory.poll(24 * 3_600_000)
    expect(inventory.stateOf(TX, idOf(1))).toBe('open')
  })

  it('an item that came and is not decided is not asked for, and its announcers stay until it is settled', () => {
    const inventory = make()
    for (const peer of ['a', 'b']) inventory.addPeer(peer, { preferred: true, kinds: BOTH })
    for (const peer of ['a', 'b']) inventory.announced(peer, BLOCK, [{ id: idOf(1), meta: 0 }], 0)
    const first = inventory.poll(0).asks[0]!.peer
    expect(inventory.arrived(first, BLOCK, idOf(1), 10)).toBe('new')
    expect(inventory.stateOf(BLOCK, idOf(1))).toBe('held')
    expect(inventory.poll(200_000).asks).toEqual([])
    inventory.letGo(BLOCK, idOf(1))
    expect(inventory.stateOf(BLOCK, idOf(1))).toBe('wanted')
    const second = first === 'a' ? 'b' : 'a'
    expect(inventory.poll(200_000).asks.map(({ peer }) => peer)).toEqual([second])
    for (const peer of ['a', 'b']) inventory.removePeer(peer)
    expect(inventory.inspect()).toMatchObject({ ids: 0, tracked: 0 })
  })

  it('an item that nobody could judge is asked for again, later each time, and seven times at most', () => {
    const inventory = make()
    inventory.addPeer('a', { preferred: true, kinds: BOTH })
    inventory.announced('a', BLOCK, [{ id: idOf(1), meta: 0 }], 0)
    const asked: number[] = []
    for (let nowMs = 0; nowMs < 3_600_000; nowMs += 1000) {
      if (inventory.poll(nowMs).asks.length === 0) continue
      asked.push(nowMs / 1000)
      expect(inventory.arrived('a', BLOCK, idOf(1), nowMs)).toBe('new')
      inventory.retry(BLOCK, idOf(1), nowMs)
    }
    expect(asked).toEqual([0, 10, 30, 70, 150, 310, 630])
    expect(inventory.inspect()).toMatchObject({ tracked: 0, seen: 0 })
  })

  it('whoever announced an item is asked for what it waits for, also when it announces it later', () => {
    const inventory = make()
    for (const peer of ['a', 'b', 'c']) inventory.addPeer(peer, { preferred: true, kinds: BOTH })
    for (const peer of ['a', 'b']) inventory.announced(peer, BLOCK, [{ id: idOf(3), meta: 0 }], 0)
    const asks = (nowMs: number) =>
      inventory.poll(nowMs).asks.flatMap(({ peer, items }) => items.map(({ id }) => `${peer} ${id[3]}`))
    const [first] = asks(0)
    inventory.arrived(first![0]!, BLOCK, idOf(3), 10)
    inventory.awaitParent(BLOCK, idOf(3), idOf(2), 10)
    inventory.announced('c', BLOCK, [{ id: idOf(3), meta: 0 }], 20)
    const asked = new Set<string>()
    for (let turn = 0; turn < 3; turn++) {
      const [ask] = asks(20 + turn)
      asked.add(ask!)
      inventory.notFound(ask![0]!, BLOCK, [idOf(2)], 20 + turn)
    }
    expect([...asked].toSorted()).toEqual(['a 2', 'b 2', 'c 2'])
    expect(inventory.poll(30).lost).toEqual([{ kind: BLOCK, id: idOf(2) }])
  })

  it('what this node vouches for is taken although it was refused before', () => {
    const inventory = make()
    inventory.reject(BLOCK, idOf(1), 0)
    publish(inventory, BLOCK, 1, 0, 'a')
    expect(inventory.stateOf(BLOCK, idOf(1))).not.toBe('accepted')
    publish(inventory, BLOCK, 1, 0, 'own')
    expect(inventory.stateOf(BLOCK, idOf(1))).toBe('accepted')
  })
})

describe('an item of this node’s own', () => {
  it('is announced again, ever later, until somebody asks for it, and its life begins then', () => {
    const inventory = make({ storeMs: 1000 })
    inventory.addPeer('a', { preferred: false, kinds: BOTH })
    publish(inventory, BLOCK, 1, 0, 'own')
    const told = tellings(inventory, 0, 3_600_000).map(({ atMs }) => atMs)
    expect(told[0]).toBe(0)
    expect(told.length).toBeGreaterThan(5)
    for (const [i, atMs] of told.slice(1, 6).entries()) {
      const gapMs = Math.min(60_000 * (1 << i), 960_000)
      expect(atMs - told[i]!).toBeGreaterThanOrEqual(gapMs)
      expect(atMs - told[i]!).toBeLessThanOrEqual(2 * gapMs)
    }
    expect(inventory.inspect()).toMatchObject({ stored: 1, unasked: 1 })
    expect(inventory.serve('a', BLOCK, idOf(1), 3_600_000)).toMatchObject({ ageMs: 0 })
    expect(inventory.inspect().unasked).toBe(0)
    expect(tellings(inventory, 3_600_000)).toEqual([])
    expect(inventory.inspect()).toMatchObject({ stored: 0, seen: 1 })
  })

  it.each([
    ['announces it', (inventory: Inventory) => inventory.announced('b', BLOCK, [{ id: idOf(1), meta: 0 }], 10)],
    ['is known to have it', (inventory: Inventory) => inventory.know('b', BLOCK, [idOf(1)], 10)],
  ])('is no longer when somebody %s', (_, act) => {
    const inventory = make({ storeMs: 1000 })
    for (const peer of ['a', 'b']) inventory.addPeer(peer, { preferred: false, kinds: BOTH })
    publish(inventory, BLOCK, 1, 0, 'own')
    act(inventory)
    expect(tellings(inventory, 10).map(({ peers }) => peers)).toEqual(['a'])
  })

  it('that nobody asks for for a day is given up, and so is one that has no room', () => {
    const inventory = make({ storeBytes: 1000 })
    for (const seed of [1, 2, 3]) publish(inventory, BLOCK, seed, 0, 'own')
    expect(inventory.inspect()).toMatchObject({ stored: 2, unasked: 2 })
    inventory.poll(24 * 3_600_000)
    expect(inventory.inspect()).toMatchObject({ stored: 0, unasked: 0 })
  })
})
