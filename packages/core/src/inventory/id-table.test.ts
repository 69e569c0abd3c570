import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IdTable, NO_HANDLE } from './id-table.ts'

function idOf(seed: number): Uint8Array {
  const id = new Uint8Array(32)
  new DataView(id.buffer).setUint32(28, seed)
  return id
}

describe('the table of ids', () => {
  it('gives equal ids of one kind one handle, whoever made them', () => {
    const table = new IdTable(1)
    const handle = table.intern(1, idOf(7))
    expect(table.intern(1, idOf(7).slice())).toBe(handle)
    expect(table.intern(2, idOf(7))).not.toBe(handle)
    expect(table.find(1, idOf(7))).toBe(handle)
    expect(table.find(1, idOf(8))).toBe(NO_HANDLE)
    expect(table.idOf(handle)).toEqual(idOf(7))
    expect(table.kindOf(handle)).toBe(1)
  })

  it('frees an entry with its last reference', () => {
    const table = new IdTable(1)
    const handle = table.intern(1, idOf(7))
    table.retain(handle)
    table.release(handle)
    expect(table.find(1, idOf(7))).toBe(handle)
    table.release(handle)
    expect(table.find(1, idOf(7))).toBe(NO_HANDLE)
    expect(table.size).toBe(0)
  })

  it('gives its memory back when it is empty', () => {
    const table = new IdTable(1)
    const before = table.bytes
    const handles = Array.from({ length: 10_000 }, (_, i) => table.intern(1, idOf(i)))
    expect(table.bytes).toBeGreaterThan(500_000)
    for (const handle of handles) table.release(handle)
    expect(table.bytes).toBe(before)
    expect(table.idOf(table.intern(3, idOf(5)))).toEqual(idOf(5))
  })

  it('refuses an id of another length', () => {
    expect(() => new IdTable(1).intern(1, new Uint8Array(31))).toThrow('an id has 32 bytes, not 31')
  })

  it('does what a map with counters does', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 200 })), {
      maxLength: 600,
      size: 'max',
    })
    fc.assert(
      fc.property(fc.integer(), steps, (salt, list) => {
        const table = new IdTable(salt)
        const counts = new Map<number, { handle: number; count: number }>()
        for (const [isAdd, seed] of list) {
          const entry = counts.get(seed)
          if (isAdd) {
            const handle = table.intern(9, idOf(seed))
            counts.set(seed, { handle, count: (entry?.count ?? 0) + 1 })
          } else if (entry) {
            table.release(entry.handle)
            if (entry.count === 1) counts.delete(seed)
            else entry.count--
          }
        }
        expect(table.size).toBe(counts.size)
        for (let seed = 0; seed <= 200; seed++) {
          expect(table.find(9, idOf(seed))).toBe(counts.get(seed)?.handle ?? NO_HANDLE)
        }
      }),
    )
  })
})
