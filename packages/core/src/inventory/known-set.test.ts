import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KnownSet } from './known-set.ts'

const KIB = 1024

function filled(bound: number, count: number): KnownSet {
  const set = new KnownSet(bound)
  for (let handle = 0; handle < count; handle++) set.add(handle)
  return set
}

describe('the known-set of a peer', () => {
  it('evicts the oldest one past its bound, and nothing before', () => {
    const set = filled(5000, 5000)
    expect(set.size).toBe(5000)
    expect(set.has(0)).toBe(true)
    expect(set.add(5000)).toBe(0)
    expect(set.size).toBe(5000)
    expect(set.has(0)).toBe(false)
    expect(set.has(5000)).toBe(true)
  })

  it('keeps what was used last', () => {
    const set = filled(3, 3)
    expect(set.touch(0)).toBe(true)
    expect(set.add(7)).toBe(1)
    expect([...set]).toEqual([7, 0, 2])
  })

  it('remembers who was asked until the handle is evicted', () => {
    const set = filled(2, 2)
    set.markAsked(0)
    set.markAsked(9)
    expect([set.wasAsked(0), set.wasAsked(1), set.wasAsked(9)]).toEqual([true, false, false])
    set.touch(0)
    expect(set.add(5)).toBe(1)
    expect(set.add(6)).toBe(0)
    set.add(0)
    expect(set.wasAsked(0)).toBe(false)
  })

  it('takes at most 62 KiB when full, and little when it holds little', () => {
    expect(new KnownSet(5000).bytes).toBeLessThanOrEqual(200)
    expect(filled(5000, 100).bytes).toBeLessThanOrEqual(2 * KIB)
    expect(filled(5000, 6000).bytes).toBeLessThanOrEqual(62 * KIB)
  })

  it('holds the most its places can number', () => {
    const set = filled(0xffff, 0xffff + 1)
    expect(set.size).toBe(0xffff)
    expect([set.has(0), set.has(1), set.has(0xffff)]).toEqual([false, true, true])
  })

  it('does what an ordered map of the same bound does', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('add', 'touch', 'ask'), fc.integer({ min: 0, max: 60 })), {
      maxLength: 300,
      size: 'max',
    })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), steps, (bound, list) => {
        const set = new KnownSet(bound)
        const model = new Map<number, boolean>()
        for (const [step, handle] of list) {
          expect(applyToSet(set, step, handle)).toEqual(applyToModel(model, bound, step, handle))
        }
        expect([...set]).toEqual([...model.keys()].reverse())
        for (let handle = 0; handle <= 60; handle++) {
          expect(set.has(handle)).toBe(model.has(handle))
          expect(set.wasAsked(handle)).toBe(model.get(handle) ?? false)
        }
      }),
    )
  })
})

function applyToSet(set: KnownSet, step: string, handle: number): unknown {
  if (step === 'ask') return set.markAsked(handle)
  if (step === 'touch') return set.touch(handle)
  return set.touch(handle) || set.add(handle)
}

/** The same with a `Map` from handle to whether it was asked for, oldest first. */
function applyToModel(model: Map<number, boolean>, bound: number, step: string, handle: number): unknown {
  const asked = model.get(handle)
  if (step === 'ask') {
    if (asked !== undefined) model.set(handle, true)
    return undefined
  }
  if (asked === undefined && step === 'touch') return false
  model.delete(handle)
  const oldest = model.size === bound ? [...model.keys()][0]! : undefined
  if (oldest !== undefined) model.delete(oldest)
  model.set(handle, asked ?? false)
  return asked === undefined ? oldest : true
}
