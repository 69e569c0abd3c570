import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ORPHAN_OVERHEAD_BYTES, OrphanPool } from './orphan-pool.ts'
import type { Orphan, OrphanLimits } from './orphan-pool.ts'

interface Named extends Orphan {
  readonly name: string
}

function orphan(name: string, source: string, parentKey = 'root', bytes = 100): Named {
  return { name, source, parentKey, bytes }
}

function make(limits: Partial<OrphanLimits> = {}) {
  const dropped: string[] = []
  const all = { perSource: 3, bytesPerSource: 10_000, bytes: 100_000, forMs: 1000, ...limits }
  const pool = new OrphanPool<Named>(all, ({ name }) => void dropped.push(name))
  return { pool, dropped }
}

describe('items that wait for their parent', () => {
  it('leave together when it comes, oldest first', () => {
    const { pool, dropped } = make()
    pool.add(orphan('a', 'x'), 0)
    pool.add(orphan('b', 'y'), 0)
    pool.add(orphan('c', 'x', 'other'), 0)
    expect(pool.takeChildren('root').map(({ name }) => name)).toEqual(['a', 'b'])
    expect(pool.takeChildren('root')).toEqual([])
    expect([pool.size, pool.bytes, dropped]).toEqual([1, 100 + ORPHAN_OVERHEAD_BYTES, []])
  })

  it('push out the sender’s own oldest one past its bound, and nobody else’s', () => {
    const { pool, dropped } = make()
    pool.add(orphan('honest', 'y'), 0)
    for (const name of ['a', 'b', 'c', 'd', 'e']) pool.add(orphan(name, 'x'), 0)
    expect(dropped).toEqual(['a', 'b'])
    expect(pool.takeChildren('root').map(({ name }) => name)).toEqual(['honest', 'c', 'd', 'e'])
  })

  it('are bounded in bytes for each sender', () => {
    const { pool, dropped } = make({ bytesPerSource: 2 * (100 + ORPHAN_OVERHEAD_BYTES) })
    for (const name of ['a', 'b', 'c']) pool.add(orphan(name, 'x'), 0)
    expect(dropped).toEqual(['a'])
    pool.add(orphan('huge', 'x', 'root', 100_000), 0)
    expect(dropped).toEqual(['a', 'b', 'c', 'huge'])
    expect([pool.size, pool.bytes]).toEqual([0, 0])
  })

  it('are bounded over all senders, at the cost of whoever has most', () => {
    const { pool, dropped } = make({ bytes: 4 * (100 + ORPHAN_OVERHEAD_BYTES) })
    pool.add(orphan('honest', 'y'), 0)
    for (const name of ['a', 'b', 'c']) pool.add(orphan(name, 'x'), 0)
    pool.add(orphan('late', 'z'), 0)
    expect(dropped).toEqual(['a'])
  })

  it('go when their time is over, or with their sender', () => {
    const { pool, dropped } = make()
    pool.add(orphan('a', 'x'), 0)
    pool.add(orphan('b', 'y'), 500)
    pool.expire(999)
    expect(dropped).toEqual([])
    pool.expire(1000)
    expect(dropped).toEqual(['a'])
    pool.removeSource('y')
    pool.removeSource('nobody')
    expect(dropped).toEqual(['a', 'b'])
    expect([pool.size, pool.bytes]).toEqual([0, 0])
  })

  it('keep every bound, and nobody within its share loses any, whatever is done', () => {
    const step = fc.record({
      source: fc.integer({ min: 0, max: 4 }),
      parent: fc.integer({ min: 0, max: 3 }),
      bytes: fc.integer({ min: 0, max: 2000 }),
      act: fc.constantFrom('add', 'add', 'add', 'take', 'leave'),
    })
    const limits = { perSource: 5, bytesPerSource: 6000, bytes: 15_000, forMs: 1000 }
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        let held = 0
        const pool = new OrphanPool<Named>(limits, () => held--)
        for (const { source, parent, bytes, act } of steps) {
          if (act === 'add') {
            held++
            pool.add(orphan('', String(source), String(parent), bytes), 0)
          } else if (act === 'take') held -= pool.takeChildren(String(parent)).length
          else pool.removeSource(String(source))
          expect(pool.size).toBe(held)
          expect(pool.size).toBeLessThanOrEqual(5 * limits.perSource)
          expect(pool.bytes).toBeLessThanOrEqual(limits.bytes)
        }
        for (let source = 0; source < 5; source++) pool.removeSource(String(source))
        expect([pool.size, pool.bytes, held]).toEqual([0, 0, 0])
      }),
    )
  })
})
