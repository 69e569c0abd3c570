import { describe, expect, it } from 'vitest'
import { rounds } from '../../../../tests/support/counts.ts'
import { seededRandom } from '../base/random.ts'
import { IdTable } from './id-table.ts'
import type { Handle } from './id-table.ts'
import { ItemTable, OWN } from './item-table.ts'
import { inventoryLimits } from './limits.ts'
import type { InventoryLimits } from './limits.ts'

const NOTE = 16
const LIFE_MS = 1000

function make(given: Partial<InventoryLimits> = {}) {
  const limits = inventoryLimits({ seenMs: 100_000, ...given })
  const ids = new IdTable(1)
  const table = new ItemTable(limits, ids, seededRandom(1), { lifeMs: () => LIFE_MS, unstored: () => undefined })
  const handleOf = (seed: number): Handle => {
    const id = new Uint8Array(32)
    new DataView(id.buffer).setUint32(0, seed)
    return ids.intern(NOTE, id)
  }
  /** An item that was published `ageMs` ago. */
  const accept = (seed: number, nowMs: number, source = 'a', ageMs = 0): boolean => {
    const handle = handleOf(seed)
    const kept = table.accept(handle, { bytes: new Uint8Array(10), meta: 0, source, bornMs: nowMs - ageMs }, nowMs)
    ids.release(handle)
    return kept
  }
  const stateOf = (seed: number): string => {
    const handle = handleOf(seed)
    const state = table.stateOf(handle)
    ids.release(handle)
    return state
  }
  return { ids, table, accept, stateOf, handleOf }
}

describe('what became of an item', () => {
  it('is remembered long after it was served, and then forgotten with its id', () => {
    const { ids, table, accept, stateOf } = make()
    accept(1, 0)
    table.expire(LIFE_MS)
    expect(table.figures).toMatchObject({ stored: 0, storedBytes: 0, seen: 1 })
    expect(stateOf(1)).toBe('accepted')
    table.expire(99_999)
    expect(stateOf(1)).toBe('accepted')
    table.expire(100_000)
    expect([stateOf(1), ids.size]).toEqual(['open', 0])
  })

  it('counts its life from when it was published, and tells its age in steps of a sixteenth', () => {
    const { table, accept, handleOf } = make()
    accept(1, 5000, 'a', 600)
    expect(table.nextDeadline()).toBe(5400)
    const steps = Array.from({ length: 40 }, (_, i) => table.ageOf(handleOf(1), 5000 + 10 * i))
    expect(steps.every((ms) => ms % 63 === 0)).toBe(true)
    expect(steps.every((ms, i) => Math.abs(ms - (600 + 10 * i)) < 63)).toBe(true)
  })

  it('is told with an age that is right on average, so that it grows neither older nor younger on its way', () => {
    const { table, accept, handleOf } = make()
    let sum = 0
    for (let seed = 0; seed < 400; seed++) {
      accept(seed, 0, `${seed}`)
      sum += table.ageOf(handleOf(seed), 100)
    }
    expect(Math.abs(sum / 400 - 100)).toBeLessThan(10)
  })
})

describe('at its bound', () => {
  it('forgets first what nobody serves any more, and takes nothing new before it forgets what somebody may', () => {
    const { table, accept, stateOf } = make({ seen: 4 })
    for (const seed of [1, 2, 3, 4]) expect(accept(seed, 100 * seed, `source ${seed}`)).toBe(true)
    table.expire(1500)
    expect(accept(5, 1599, 'source 5')).toBe(false)
    expect(table.figures).toMatchObject({ seen: 4, noRoom: 1 })
    expect([stateOf(1), stateOf(5)]).toEqual(['accepted', 'open'])
    expect(accept(5, 1600, 'source 5')).toBe(true)
    expect([1, 2, 3, 4, 5].map(stateOf)).toEqual(['open', 'accepted', 'accepted', 'accepted', 'accepted'])
  })

  it('no source takes more than it leaves free, and this node itself always has room', () => {
    const { table, accept, stateOf } = make({ seen: 64 })
    const takenOf = (source: string, from: number): number => {
      let taken = 0
      while (accept(from + taken, 0, source)) taken++
      return taken
    }
    expect(['a', 'b', 'c'].map((source, i) => takenOf(source, 1000 * i))).toEqual([32, 16, 8])
    expect([accept(9001, 0, OWN), accept(9002, 0, 'a'), table.hasRoom('a', 0)]).toEqual([true, false, false])
    expect(table.hasRoom('new', 0)).toBe(true)
    expect(stateOf(0)).toBe('accepted')
  })

  it('of refusals the oldest of whoever sent most goes', () => {
    const { ids, table, stateOf, handleOf } = make({ rejected: 3 })
    const refuse = (seed: number, source: string): void => {
      const handle = handleOf(seed)
      table.refuse(handle, source, 0)
      ids.release(handle)
    }
    refuse(1, 'few')
    for (const seed of [2, 3, 4]) refuse(seed, 'many')
    expect([1, 2, 3, 4].map(stateOf)).toEqual(['refused', 'open', 'refused', 'refused'])
    expect(ids.size).toBe(3)
  })

  it('a flood at once from 125 sources is taken as far as there is room, and nothing of it forgotten', () => {
    const seen = rounds(2048, 65_536)
    const { table, accept, stateOf } = make({ seen })
    const taken: number[] = []
    for (let seed = 0; seed < 4 * seen; seed++) if (accept(seed, 0, `source ${seed % 125}`)) taken.push(seed)
    expect(table.figures).toMatchObject({ seen: taken.length, noRoom: 4 * seen - taken.length })
    // Each as much as there is left for one that comes.
    expect(Math.round((126 / 125) * taken.length - seen)).toBe(0)
    expect([table.hasRoom('source 1', 0), table.hasRoom('another', 0)]).toEqual([false, true])
    expect(taken.every((seed) => stateOf(seed) === 'accepted')).toBe(true)
  })

  it('a flood of items from many sources that come and go leaves the bound where it is', () => {
    const seen = rounds(1024, 16_384)
    const { ids, table, accept } = make({ seen, storeBytes: 1024 * 1024 })
    let nowMs = 0
    for (let seed = 0; seed < 3 * seen; seed++) {
      accept(seed, nowMs, `source ${seed >> 4}`)
      if (seed % 16 === 0) table.expire((nowMs += 1))
    }
    expect(table.figures.seen).toBeLessThanOrEqual(seen)
    expect(table.figures.storedBytes).toBeLessThanOrEqual(1024 * 1024)
    expect(ids.size).toBe(table.figures.seen)
  })
})
