import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rounds } from '../../../../tests/support/counts.ts'
import { seededRandom } from '../base/random.ts'
import { createInventory } from './inventory.ts'
import type { Inventory, InventoryFigures } from './tasks.ts'

const TX = 1
const PEERS = 4
const ITEMS = 5
const ASK_MS = 60_000
const MAX_IN_FLIGHT = 2

interface ItemStep {
  readonly do: 'announce' | 'send' | 'notFound' | 'reject'
  readonly peer: number
  readonly item: number
}
type Step =
  | { readonly do: 'come' | 'leave'; readonly peer: number }
  | ItemStep
  | { readonly do: 'wait'; readonly ms: number }

const peer = fc.integer({ min: 0, max: PEERS - 1 })
const item = fc.integer({ min: 0, max: ITEMS - 1 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('come' as const, 'come' as const, 'leave' as const), peer }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('announce' as const), peer, item }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('notFound' as const), peer, item }) },
  fc.record({ do: fc.constantFrom('send' as const, 'reject' as const), peer, item }),
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 100, 2000, 30_000, ASK_MS) }),
  },
)

function idOf(seed: number): Uint8Array {
  return new Uint8Array(32).fill(seed)
}

/** What a stranger to the machine's inside can see, and the rules it must keep. */
class Watch {
  readonly #inventory: Inventory = createInventory({
    random: seededRandom(3),
    limits: { inFlightPerPeer: MAX_IN_FLIGHT, idsPerAsk: 2 },
  })
  readonly #here = new Set<number>()
  /** Per item: who is being asked, and until when. */
  readonly #asked = new Map<number, { peer: number; untilMs: number }>()
  /** `peer item` pairs of this stay of the peer. */
  readonly #everAsked = new Set<string>()
  readonly #known = new Set<string>()
  #nowMs = 0

  apply(action: Step): void {
    if (action.do === 'wait') this.#nowMs += action.ms
    else if ('item' in action) this.#onItem(action)
    else if (action.do === 'come') this.#come(action.peer)
    else this.#leave(action.peer)
    this.#poll()
  }

  finish(): InventoryFigures {
    // Nobody answers in time any more, but late that there is nothing: at last nothing is left to ask.
    for (let i = 0; i < PEERS * ITEMS; i++) {
      this.apply({ do: 'wait', ms: ASK_MS })
      for (let item = 0; item < ITEMS; item++) this.apply({ do: 'notFound', peer: i % PEERS, item })
    }
    expect(this.#inventory.inspect().tracked).toBe(0)
    for (let i = 0; i < PEERS; i++) this.#leave(i)
    this.#nowMs += 60 * ASK_MS
    this.#poll()
    return this.#inventory.inspect()
  }

  #come(who: number): void {
    if (this.#here.has(who)) return
    this.#here.add(who)
    this.#inventory.addPeer(String(who), { preferred: who % 2 === 0, kinds: [TX], askTimeoutMs: ASK_MS })
  }

  #leave(who: number): void {
    this.#here.delete(who)
    this.#inventory.removePeer(String(who))
    for (const [id, { peer: asked }] of this.#asked) if (asked === who) this.#asked.delete(id)
    for (const set of [this.#everAsked, this.#known]) {
      for (const pair of set) if (pair.startsWith(`${who} `)) set.delete(pair)
    }
  }

  #onItem({ do: what, peer: who, item: id }: ItemStep): void {
    const name = String(who)
    if (what === 'announce') this.#inventory.announced(name, TX, [{ id: idOf(id), meta: id }], this.#nowMs)
    if (what === 'send') {
      this.#inventory.received(name, { kind: TX, id: idOf(id), meta: id, bytes: new Uint8Array(4) }, this.#nowMs)
    }
    if (what === 'reject') this.#inventory.reject(TX, idOf(id), this.#nowMs)
    if (what === 'notFound') this.#inventory.notFound(name, TX, [idOf(id)], this.#nowMs)
    if (what === 'notFound' && this.#asked.get(id)?.peer === who) this.#asked.delete(id)
    if (what === 'send' || what === 'reject') this.#asked.delete(id)
    if ((what === 'announce' || what === 'send') && this.#here.has(who)) this.#known.add(`${who} ${id}`)
  }

  #poll(): void {
    const { asks, announces } = this.#inventory.poll(this.#nowMs)
    for (const [id, { untilMs }] of this.#asked) if (untilMs <= this.#nowMs) this.#asked.delete(id)
    for (const { peer: name, items } of asks) {
      expect(items.length).toBeLessThanOrEqual(2)
      for (const note of items) this.#onAsk(Number(name), note.id[0]!)
    }
    for (const { peers, items } of announces) {
      for (const name of peers) {
        for (const { id } of items) {
          expect(this.#here.has(Number(name))).toBe(true)
          expect(this.#known.has(`${name} ${id[0]}`)).toBe(false)
          this.#known.add(`${name} ${id[0]}`)
        }
      }
    }
    for (let who = 0; who < PEERS; who++) {
      const inFlight = [...this.#asked.values()].filter(({ peer: asked }) => asked === who)
      expect(inFlight.length).toBeLessThanOrEqual(MAX_IN_FLIGHT)
    }
    expect(this.#inventory.nextDeadline()).not.toBe(0)
  }

  #onAsk(who: number, id: number): void {
    const pair = `${who} ${id}`
    expect(this.#here.has(who)).toBe(true)
    expect(this.#known.has(pair)).toBe(true)
    expect(this.#asked.has(id)).toBe(false)
    expect(this.#everAsked.has(pair)).toBe(false)
    this.#everAsked.add(pair)
    this.#asked.set(id, { peer: who, untilMs: this.#nowMs + ASK_MS })
  }
}

describe('whatever peers do', () => {
  it('no item is asked for twice at once, nobody twice for one, and nobody is told what it knows', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
        const watch = new Watch()
        for (const action of steps) watch.apply(action)
        const figures = watch.finish()
        expect(figures).toMatchObject({ peers: 0, known: 0, tracked: 0, stored: 0 })
        expect(figures.ids).toBeLessThanOrEqual(ITEMS)
      }),
      { numRuns: rounds(30, 2000) },
    )
  })
})
