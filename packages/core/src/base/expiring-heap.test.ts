import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Expiring, ExpiringHeap } from './expiring-heap.ts'

describe('ExpiringHeap', () => {
  it('gives what has expired, soonest first, and keeps the rest', () => {
    const heap = new ExpiringHeap<string>()
    for (const [value, atMs] of [
      ['c', 30],
      ['a', 10],
      ['d', 40],
      ['b', 20],
    ] as const)
      heap.add(value, atMs)
    expect(heap.nextAtMs).toBe(10)
    expect(heap.expire(9)).toEqual([])
    expect(heap.expire(30)).toEqual(['a', 'b', 'c'])
    expect([heap.size, heap.nextAtMs]).toEqual([1, 40])
    expect(heap.expire(Infinity)).toEqual(['d'])
    expect(heap.nextAtMs).toBeUndefined()
  })

  it('removes by handle, once', () => {
    const heap = new ExpiringHeap<number>()
    const first = heap.add(1, 1)
    const second = heap.add(2, 2)
    expect(heap.remove(first)).toBe(true)
    expect(heap.remove(first)).toBe(false)
    expect(new ExpiringHeap<number>().remove(second)).toBe(false)
    heap.clear()
    expect(heap.remove(second)).toBe(false)
    expect(heap.size).toBe(0)
  })

  it('refuses an expiry that is no number', () => {
    expect(() => new ExpiringHeap<number>().add(1, NaN)).toThrow(RangeError)
  })

  it('behaves as a sorted list, whatever is added, removed and expired', () => {
    const action = fc.oneof(
      fc.record({ add: fc.nat({ max: 50 }) }),
      fc.record({ remove: fc.nat() }),
      fc.record({ expire: fc.nat({ max: 50 }) }),
    )
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
        const heap = new ExpiringHeap<number>()
        let live: Expiring<number>[] = []
        for (const [value, next] of actions.entries()) {
          if ('add' in next) live.push(heap.add(value, next.add))
          else if ('remove' in next) {
            const [gone] = live.splice(next.remove % Math.max(1, live.length), 1)
            if (gone) expect(heap.remove(gone)).toBe(true)
          } else {
            const due = live.filter(({ expiresAtMs }) => expiresAtMs <= next.expire)
            live = live.filter((entry) => !due.includes(entry))
            const times = new Map(due.map((entry) => [entry.value, entry.expiresAtMs]))
            const got = heap.expire(next.expire)
            const dueTimes = due.map((entry) => entry.expiresAtMs).sort((a, b) => a - b)
            expect(new Set(got)).toEqual(new Set(due.map((entry) => entry.value)))
            expect(got.map((v) => times.get(v)!)).toEqual(dueTimes)
          }
          expect(heap.size).toBe(live.length)
          expect(heap.nextAtMs).toBe(live.length > 0 ? Math.min(...live.map((entry) => entry.expiresAtMs)) : undefined)
        }
      }),
    )
  })
})
