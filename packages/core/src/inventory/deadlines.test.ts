import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDeadlines, type Due } from './deadlines.ts'

describe('deadlines', () => {
  it('come in order of their time, without those that were taken out or moved', () => {
    const step = fc.record({ who: fc.integer({ min: 0, max: 30 }), dueMs: fc.option(fc.integer({ min: 0, max: 50 })) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
        const deadlines = createDeadlines<Due>()
        const entries = Array.from({ length: 31 }, () => ({ dueMs: 0, order: 0, heapIndex: -1 }))
        const model = new Map<Due, number>()
        for (const { who, dueMs } of steps) {
          const entry = entries[who]!
          if (dueMs === null) {
            deadlines.remove(entry)
            model.delete(entry)
          } else {
            deadlines.add(entry, dueMs)
            model.set(entry, dueMs)
          }
        }
        const taken: Due[] = []
        for (let entry = deadlines.takeDue(50); entry; entry = deadlines.takeDue(50)) {
          expect(model.delete(entry)).toBe(true)
          taken.push(entry)
        }
        expect(model.size).toBe(0)
        expect(taken).toEqual([...taken].sort((a, b) => a.dueMs - b.dueMs || a.order - b.order))
        expect(deadlines.nextMs()).toBe(undefined)
      }),
    )
  })

  it('are not due before their time', () => {
    const deadlines = createDeadlines<Due>()
    const entry = { dueMs: 0, order: 0, heapIndex: -1 }
    deadlines.add(entry, 10)
    expect(deadlines.takeDue(9)).toBe(undefined)
    expect(deadlines.nextMs()).toBe(10)
    expect(deadlines.takeDue(10)).toBe(entry)
    expect(entry.heapIndex).toBe(-1)
  })
})
