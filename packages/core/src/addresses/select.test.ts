// Picks and samples: even between the tables, bounded in draws, and only of what is asked for.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Random } from '../base/random.ts'
import { seededRandom } from '../base/random.ts'
import type { AddressTables, AddressTablesOptions } from './address-tables.ts'
import { parseNetworkAddress } from './endpoint-address.ts'
import type { NetworkAddress } from './network-address.ts'
import { evenShare, MAX_DRAWS, SAMPLE_LOOKS, shareByPeers } from './select.ts'
import { createAddressTables } from './tables.ts'

const NOW = 1_700_000_000
const KEY = new Uint8Array(64)

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
}

function at(text: string): NetworkAddress {
  return parseNetworkAddress(text)!
}

function host(i: number, port = 30_303): NetworkAddress {
  return at(`tcp://${11 + (i % 100)}.${i >> 8}.1.${i & 255}:${port}`)
}

function make(options: Partial<AddressTablesOptions> = {}): AddressTables {
  return createAddressTables({ random: seededRandom(5), sha256, ...options })
}

function fill(tables: AddressTables, fresh: number, tried: number): void {
  for (let i = 0; i < fresh + tried; i++) {
    tables.add({ address: host(i), publicKey: KEY, time: NOW }, host(i), NOW)
    if (i < tried) tables.good(host(i), KEY, NOW - 3600)
  }
}

/** How many of `count` picks are from the new table. */
function newPicks(tables: AddressTables, count: number, options: Parameters<AddressTables['select']>[1] = {}): number {
  let picks = 0
  for (let i = 0; i < count; i++) if (!tables.select(NOW, options)!.isTried) picks++
  return picks
}

describe('a pick', () => {
  it('is nobody from an empty book, and from whichever table has anybody', () => {
    const tables = make()
    expect(tables.select(NOW)).toBeUndefined()
    tables.add({ address: host(1), publicKey: KEY, time: NOW }, host(1), NOW)
    expect(tables.select(NOW)!.address).toEqual(host(1))
    tables.good(host(1), KEY, NOW - 3600)
    expect(tables.select(NOW)!.isTried).toBe(true)
    expect(tables.select(NOW, { onlyNew: true })).toBeUndefined()
  })

  it('is from either table as often, however much fuller one is', () => {
    const tables = make({ newShare: evenShare })
    fill(tables, 900, 30)
    const picks = newPicks(tables, 4000)
    expect(picks).toBeGreaterThan(1850)
    expect(picks).toBeLessThan(2150)
  })

  it.each([
    [0, 400],
    [4, 2000],
    [8, 3600],
    [20, 3600],
  ])('by peers: with %i outbound some %i of 4,000 are new', (outbound, expected) => {
    const tables = make({ newShare: shareByPeers })
    fill(tables, 900, 30)
    expect(Math.abs(newPicks(tables, 4000, { outbound }) - expected)).toBeLessThan(150)
  })

  it('is a third less likely for each failure, a hundred times for a recent try', () => {
    const tables = make()
    for (const i of [1, 2, 3]) tables.add({ address: host(i), publicKey: KEY, time: NOW }, host(i), NOW)
    tables.attempt(host(1), NOW - 3600, { countFailure: true })
    tables.attempt(host(2), NOW - 10, { countFailure: false })
    const picks = [0, 0, 0, 0]
    for (let i = 0; i < 9000; i++) picks[tables.select(NOW, { avoidRecent: false })!.address.bytes[3]!]!++
    // In a first draw 0.66 : 0.01 : 1; what is refused comes again with better chances.
    expect(picks[1]! / picks[3]!).toBeGreaterThan(0.6)
    expect(picks[1]! / picks[3]!).toBeLessThan(0.8)
    expect(picks[2]!).toBeLessThan(200)
    expect(tables.select(NOW)!.address.bytes[3]).not.toBe(2)
  })

  it('is of another port than asked for only when nothing else is found in 50 draws', () => {
    const tables = make()
    for (let i = 0; i < 60; i++) tables.add({ address: host(i, 40_000), publicKey: KEY, time: NOW }, host(i), NOW)
    expect(tables.select(NOW, { defaultPort: 30_303 })!.address.port).toBe(40_000)
    for (let i = 60; i < 120; i++) tables.add({ address: host(i), publicKey: KEY, time: NOW }, host(i), NOW)
    for (let i = 0; i < 1000; i++) expect(tables.select(NOW, { defaultPort: 30_303 })!.address.port).toBe(30_303)
  })

  it('is never of a group in use, nor of one that is refused, and asks no group of a LAN', () => {
    const tables = make({ accepts: () => true })
    const lan = at('tcp://192.168.0.1:1')
    for (let i = 0; i < 50; i++) tables.add({ address: host(i), publicKey: KEY, time: NOW }, host(i), NOW)
    const isGroupUsed = (group: string): boolean => group !== 'ipv4:17.0'
    for (let i = 0; i < 50; i++) {
      const pick = tables.select(NOW, { isGroupUsed })
      if (pick) expect(tables.groupOf(pick.address)).toBe('ipv4:17.0')
    }
    tables.add({ address: lan, publicKey: KEY, time: NOW }, lan, NOW)
    expect(tables.select(NOW, { isGroupUsed: () => true, isRefused: ({ address }) => address.port === 1 })).toBe(
      undefined,
    )
    const picks = Array.from({ length: 50 }, () => tables.select(NOW, { isGroupUsed: () => true }))
    expect(picks.some((pick) => pick !== undefined)).toBe(true)
  })

  it('finds the one address that can be reached among three thousand', () => {
    const tables = make()
    for (let i = 0; i < 3000; i++) tables.add({ address: host(i), publicKey: KEY, time: NOW }, host(i), NOW)
    const relay = at('wss://relay.example/')
    const asked: string[] = []
    const canReach = (network: number, transport: string): boolean => {
      asked.push(`${network} ${transport}`)
      return transport === 'wss'
    }
    expect(tables.select(NOW, { canReach })).toBeUndefined()
    let sources = 0
    while (!tables.add({ address: relay, publicKey: KEY, time: NOW }, host(sources), NOW)) sources++
    for (let i = 0; i < 20; i++) expect(tables.select(NOW, { canReach })!.address).toEqual(relay)
    expect(new Set(asked)).toEqual(new Set(['1 tcp', '240 wss']))
  })

  it('takes at most 100 draws, whatever stands in its way', () => {
    const tables = make()
    tables.add({ address: host(1), publicKey: KEY, time: NOW }, host(1), NOW)
    tables.attempt(host(1), NOW, { countFailure: true })
    let asked = 0
    const isRefused = (): boolean => ++asked > 0
    expect(tables.select(NOW, { avoidRecent: false, isRefused })).toBeUndefined()
    expect(asked).toBe(MAX_DRAWS)
  })

  it('draws no more chance than for 100 draws from a book where everybody was just tried', () => {
    let bytes = 0
    const source = seededRandom(3)
    const random: Random = {
      ...source,
      bytes: (length) => {
        bytes += length
        return source.bytes(length)
      },
    }
    const tables = make({ random })
    for (let i = 0; i < 100; i++) {
      tables.add({ address: host(i), publicKey: KEY, time: NOW }, host(i), NOW)
      for (let k = 0; k < 9; k++) tables.good(host(200), KEY, NOW)
      tables.attempt(host(i), NOW, { countFailure: true })
    }
    bytes = 0
    for (let i = 0; i < 1000; i++) tables.select(NOW)
    // Table, bucket, place, chance: four numbers of four bytes a draw, and one in 64 more for fairness.
    expect(bytes).toBeLessThan(1000 * MAX_DRAWS * 4 * 4 * 1.1)
  })
})

describe('a sample', () => {
  it('is 23 % of the book, at most a thousand, each once', () => {
    const tables = make()
    for (let i = 0; i < 1000; i++) tables.add({ address: host(i), publicKey: KEY, time: NOW }, host(i), NOW)
    const { total } = tables.counts()
    expect(tables.sample(NOW)).toHaveLength(Math.floor(total * 0.23))
    for (let i = 1000; i < 5500; i++) tables.add({ address: host(i), publicKey: KEY, time: NOW }, host(i), NOW)
    const sample = tables.sample(NOW)
    expect(new Set(sample.map(({ key }) => key)).size).toBe(1000)
    expect(tables.sample(NOW, { limit: 10, percent: 100 })).toHaveLength(10)
  })

  it('has nothing bad and nothing unwanted, and differs from the next', () => {
    const tables = make()
    for (let i = 0; i < 400; i++) tables.add({ address: host(i), publicKey: KEY, time: NOW - i * 86_400 }, host(i), NOW)
    const isWanted = ({ address }: { address: NetworkAddress }): boolean => address.bytes[3]! % 2 === 0
    const sample = tables.sample(NOW, { percent: 100, isWanted })
    expect(sample.length).toBeGreaterThan(10)
    for (const entry of sample) expect([tables.isBad(entry, NOW), isWanted(entry)]).toEqual([false, true])
    expect(tables.sample(NOW, { percent: 2 }).map(({ key }) => key)).not.toEqual(
      tables.sample(NOW, { percent: 2 }).map(({ key }) => key),
    )
  })

  it('looks at no more than 20,000 entries, whatever is wanted', () => {
    const tables = make()
    let known = 0
    for (let i = 0; known <= SAMPLE_LOOKS; i++) {
      const address = { ...host(0), bytes: Uint8Array.of(11 + (i % 80), i >> 3, i >> 11, i) }
      const source = { ...host(0), bytes: Uint8Array.of(11 + (i % 79), i >> 5, 1, 1) }
      if (tables.add({ address, publicKey: KEY, time: NOW }, source, NOW)) known++
    }
    let asked = 0
    expect(tables.sample(NOW, { isWanted: () => ++asked === 0 })).toEqual([])
    expect(asked).toBe(SAMPLE_LOOKS)
  })
})
