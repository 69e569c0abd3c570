// Rows out of the tables and back: spoiled ones cost themselves only, and other groups make other buckets.
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rounds } from '../../../../tests/support/counts.ts'
import { seededRandom } from '../base/random.ts'
import type { AddressRow, AddressTablesOptions } from './address-tables.ts'
import { parseNetworkAddress } from './endpoint-address.ts'
import { networkGroups } from './group-policy.ts'
import type { NetworkAddress } from './network-address.ts'
import { isTablesHeader } from './stored-rows.ts'
import { faultsOf } from './table-check.ts'
import { createTableState, tablesOf } from './tables.ts'

const NOW = 1_700_000_000
const KEY = new Uint8Array(64).fill(1)

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
}

function host(i: number): NetworkAddress {
  return parseNetworkAddress(
    i % 7 === 0 ? `wss://n${i}.o${i}.example/` : `tcp://${11 + (i % 80)}.${i >> 8}.1.${i & 255}:1`,
  )!
}

function make(options: Partial<AddressTablesOptions> = {}) {
  const state = createTableState({ random: seededRandom(3), sha256, ...options })
  return { state, tables: tablesOf(state) }
}

function filled(count: number) {
  const book = make()
  for (let i = 0; i < count; i++) {
    book.tables.add({ address: host(i), publicKey: KEY, time: NOW }, host(3 * i), NOW)
    if (i % 5 === 0) book.tables.good(host(i), KEY, NOW)
  }
  return { ...book, header: book.tables.header(), rows: [...book.tables.rows()].flat() }
}

describe('rows', () => {
  it('come in slices of at most 100, each entry once, and an empty book has none', () => {
    const { tables } = filled(1200)
    const slices = [...tables.rows()]
    expect(Math.max(...slices.map((slice) => slice.length))).toBe(100)
    expect(new Set(slices.flat().map(({ address }) => address)).size).toBe(tables.counts().total)
    expect([...make().tables.rows()]).toEqual([])
  })

  it('leave out nothing that was there all the time, though the book changes between slices', () => {
    const { tables, header } = filled(1200)
    const before = [...tables.rows()].flat().map(({ address }) => address)
    const rows: AddressRow[] = []
    let i = 2000
    for (const slice of tables.rows()) {
      rows.push(...slice)
      // More are added than saved.
      for (let k = 0; k < 200; k++) tables.add({ address: host(i), publicKey: KEY, time: NOW }, host(i++), NOW)
      for (let k = 0; k < 50; k++) tables.good(host(i - 200 + k), KEY, NOW)
    }
    expect(rows.length).toBeLessThanOrEqual(before.length)
    const after = new Set([...tables.rows()].flat().map(({ address }) => address))
    const found = new Set(rows.map(({ address }) => address))
    expect(before.filter((address) => after.has(address) && !found.has(address))).toEqual([])
    const copy = make({ header })
    const { kept } = copy.tables.restore(rows, NOW)
    expect(kept).toBeGreaterThan(rows.length * 0.98)
    expect(faultsOf(copy.state)).toEqual([])
  })

  it('may be put back in any number of pieces, and a second time changes nothing', () => {
    const { header, rows, tables } = filled(600)
    const copy = make({ header })
    for (let i = 0; i < rows.length; i += 97) copy.tables.restore(rows.slice(i, i + 97), NOW)
    expect(copy.tables.counts()).toEqual({ ...tables.counts(), collisions: 0 })
    expect(copy.tables.restore(rows, NOW)).toEqual({ kept: 0, dropped: rows.length })
  })

  it('are put into buckets anew under other groups', () => {
    const { header, rows, tables } = filled(600)
    const groups = networkGroups({ reserved: true })
    const copy = make({ header, groups })
    const { kept } = copy.tables.restore(rows, NOW)
    expect(kept).toBeGreaterThan(rows.length * 0.95)
    expect(faultsOf(copy.state)).toEqual([])
    expect(copy.tables.header()).toEqual({ ...header, groups: groups.version })
    expect(copy.tables.counts().tried).toBe(tables.counts().tried)
  })

  it('of a tried entry whose slot is taken go to the new table', () => {
    const { header, rows } = filled(600)
    const row = rows.find(({ isTried }) => isTried)!
    const copy = make({ header: { ...header, key: `02${header.key.slice(2)}` } })
    copy.tables.restore(rows, NOW)
    expect(faultsOf(copy.state)).toEqual([])
    const lone = make({ header })
    lone.tables.restore([{ ...row, lastSuccess: 0 }], NOW)
    expect(lone.tables.counts()).toMatchObject({ new: 1, tried: 0 })
  })

  it('from a clock that was ahead are as of now', () => {
    const { header, rows } = filled(300)
    const copy = make({ header })
    const early = NOW - 3650 * 86_400
    copy.tables.restore(rows, early)
    expect(copy.state.order.filter((entry) => copy.tables.isBad(entry, early))).toEqual([])
    expect(copy.tables.counts().total).toBe(rows.length)
    expect(faultsOf(copy.state)).toEqual([])
  })
})

describe('a spoiled row', () => {
  const { header, rows } = filled(50)
  const row = rows.find(
    ({ isTried, buckets, address }) => !isTried && buckets.length > 0 && !address.startsWith('240'),
  )!
  const name = rows.find(({ isTried, address }) => !isTried && address.startsWith('240'))!

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'row'],
    ['a list', []],
    ['no address', { ...row, address: undefined }],
    ['an address that is none', { ...row, address: '1 tcp 0102:1' }],
    ['a source that is none', { ...row, source: 'x' }],
    ['a short key', { ...row, publicKey: '00' }],
    ['a key that is not hex', { ...row, publicKey: 'x'.repeat(128) }],
    ['a time that is no number', { ...row, time: 'x' }],
    ['a time below zero', { ...row, lastTry: -1 }],
    ['a time past all numbers', { ...row, lastSuccess: 2 ** 60 }],
    ['half a failure', { ...row, fails: 0.5 }],
    ['a bucket that is not there', { ...row, buckets: [1024] }],
    ['a bucket that names do not have', { ...name, buckets: [256] }],
    ['nine buckets', { ...row, buckets: [1, 2, 3, 4, 5, 6, 7, 8, 9] }],
    ['buckets that are no list', { ...row, buckets: '1' }],
    ['an IP address of three bytes', { ...row, resolved: '010203' }],
    ['an address of a LAN', { ...row, address: '1 tcp 0a000001:1' }],
  ])('(%s) is left out, and the others are kept', (_, spoiled) => {
    const { tables, state } = make({ header })
    const others = rows.filter((other) => other !== row && other !== name)
    const result = tables.restore([...others.slice(0, 20), spoiled, ...others.slice(20)], NOW)
    expect(result).toEqual({ kept: others.length, dropped: 1 })
    expect(faultsOf(state)).toEqual([])
  })

  it('of any kind breaks no rule of the tables', () => {
    const fields = Object.keys(row) as (keyof AddressRow)[]
    fc.assert(
      fc.property(fc.nat(rows.length - 1), fc.constantFrom(...fields), fc.jsonValue(), (i, field, value) => {
        const { tables, state } = make({ header })
        const result = tables.restore([...rows.slice(0, i), { ...rows[i], [field]: value }, ...rows.slice(i + 1)], NOW)
        expect(result.kept + result.dropped).toBe(rows.length)
        expect(result.kept).toBeGreaterThanOrEqual(rows.length - 2)
        expect(faultsOf(state)).toEqual([])
      }),
      { numRuns: rounds(30, 500) },
    )
  })
})

describe('a header', () => {
  it.each([
    [undefined, false],
    [null, false],
    [{}, false],
    [{ version: 1, key: '01'.repeat(32), groups: 'g', successes: 1 }, true],
    [{ version: 3, key: '01'.repeat(32), groups: 'g', successes: 1 }, false],
    [{ version: 1, key: '01'.repeat(31), groups: 'g', successes: 1 }, false],
    [{ version: 1, key: '00'.repeat(32), groups: 'g', successes: 1 }, false],
    [{ version: 1, key: '01'.repeat(32), groups: 'g'.repeat(201), successes: 1 }, false],
    [{ version: 1, key: '01'.repeat(32), groups: 'g', successes: 0 }, false],
  ])('%j: %s', (value, expected) => {
    expect(isTablesHeader(value)).toBe(expected)
  })
})
