import { describe, expect, it } from 'vitest'
import { rounds } from '../../../../tests/support/counts.ts'
import { idOf, noteKind, noteOf } from '../../test/inv-world.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { inventory } from '../inventory/plugin.ts'
import type { InventoryPlugin } from '../inventory/plugin.ts'
import { randomBelow, seededRandom } from '../base/random.ts'
import { testNetwork } from '../testing/test-network.ts'
import type { Plugin } from '../node/plugin.ts'
import type { Peer } from '../wire/peer.ts'
import type { AnyHandler, Offer } from '../wire/protocol.ts'
import type { Ids } from './inv-messages.ts'

const DELAY_MS = 5
/** One clock stands for the clocks of a thousand machines: their readings together move it little. */
const TICK_MS = 2 ** -20
/** Whom each node dials, among those that were there before it. */
const DIALS = 3

interface Heard {
  readonly atMs: number
  readonly to: string
  readonly from: string
}

/** What all nodes hear, by message. */
interface Log {
  readonly inv: Heard[]
  readonly getdata: Heard[]
  readonly item: Heard[]
}

/** The same plugin; what its peers say is written down first. */
function watched(items: InventoryPlugin, log: Log, own: () => { readonly id: string; readonly nowMs: number }): Plugin {
  const note = (name: keyof Log, handler: AnyHandler): AnyHandler => {
    return (peer: Peer, value: unknown, context) => {
      const times = name === 'item' ? 1 : (value as Ids).ids.length
      for (let i = 0; i < times; i++) log[name].push({ atMs: own().nowMs, to: own().id, from: peer.id })
      return handler(peer, value, context)
    }
  }
  const watch = (offer: Offer): Offer => {
    const { inv, getdata, item } = offer.handlers
    const noted = { inv: note('inv', inv!), getdata: note('getdata', getdata!), item: note('item', item!) }
    return { ...offer, handlers: { ...offer.handlers, ...noted } }
  }
  return {
    name: items.name,
    protocols: items.protocols.map(watch),
    start: (context) => items.start(context),
    stop: () => items.stop(),
  }
}

describe('a network of many nodes', () => {
  it('an urgent item reaches each node once for each time it is asked for, and is never told back', async () => {
    const count = rounds(25, 1000)
    const log: Log = { inv: [], getdata: [], item: [] }
    const notes = noteKind(createManualClock)
    const inventories = Array.from({ length: count }, () => inventory({ kinds: [notes] }))
    const world = await testNetwork(count, [], {
      delayMs: DELAY_MS,
      tickMs: TICK_MS,
      options: (index) => {
        const own = () => ({ id: world.nodes[index]!.id, nowMs: world.clock.now() })
        return { plugins: [watched(inventories[index]!, log, own)], maxPeers: 2 * count, maxInbound: 2 * count }
      },
    })
    const random = seededRandom(3)
    for (let index = 1; index < count; index++) {
      const targets = new Set(Array.from({ length: DIALS }, () => randomBelow(random, index)))
      await Promise.all(Array.from(targets, (target) => world.connect(index, target)))
    }
    const accepted = inventories.map(() => 0)
    inventories.forEach((items, index) => items.follow(notes, () => accepted[index]!++))
    const publisher = randomBelow(random, count)
    const startMs = world.clock.now()
    const id = inventories[publisher]!.publish(notes, noteOf('to all'))
    await world.advance(60_000)

    expect(id).toEqual(idOf(noteOf('to all')))
    expect(accepted).toEqual(inventories.map((_, index) => (index === publisher ? 0 : 1)))
    // Each node asked one peer, that peer sent one copy, and nobody sent what was not asked for.
    const pair = ({ to, from }: Heard): string => `${to} ${from}`
    const asked = log.getdata.map(({ to, from }) => `${from} ${to}`)
    expect(log.item).toHaveLength(count - 1)
    expect(log.item.map(pair).toSorted()).toEqual(asked.toSorted())
    expect(new Set(log.item.map(({ to }) => to)).size).toBe(count - 1)

    const toldAtMs = new Map(log.inv.map((heard) => [pair(heard), heard.atMs]))
    expect(toldAtMs.size).toBe(log.inv.length)
    const back = log.inv.filter(({ to, from, atMs }) => (toldAtMs.get(`${from} ${to}`) ?? Infinity) < atMs - DELAY_MS)
    expect(back).toEqual([])
    // Some ten hops of three messages each, gathered for 10 ms each time: nobody waits for anything else.
    expect(Math.max(...log.item.map(({ atMs }) => atMs)) - startMs).toBeLessThan(600)
    await world.close()
  })
})
