// What the tables learn, keep and forget, rule by rule, with time told.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isLong, rounds } from '../../../../tests/support/counts.ts'
import { seededRandom } from '../base/random.ts'
import type { AddressTables, AddressTablesOptions } from './address-tables.ts'
import { parseNetworkAddress } from './endpoint-address.ts'
import type { NetworkAddress } from './network-address.ts'
import { faultsOf } from './table-check.ts'
import type { TableState } from './table-state.ts'
import { createTableState, tablesOf } from './tables.ts'

const NOW = 1_700_000_000
const DAY = 86_400
const KEY = new Uint8Array(64).fill(7)
const OTHER_KEY = new Uint8Array(64).fill(8)
const SOURCE = at('tcp://9.9.9.9:1')

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
}

function at(text: string): NetworkAddress {
  return parseNetworkAddress(text)!
}

function host(i: number): NetworkAddress {
  return at(`tcp://${1 + (i % 9)}.${(i >> 4) & 255}.${(i >> 12) & 255}.${i & 15}:30303`)
}

function make(options: Partial<AddressTablesOptions> = {}): { state: TableState; tables: AddressTables } {
  const state = createTableState({ random: seededRandom(1), sha256, ...options })
  return { state, tables: tablesOf(state) }
}

function heard(address: NetworkAddress, time = NOW, publicKey = KEY) {
  return { address, publicKey, time }
}

describe('what is heard', () => {
  it('is two hours older than it says, unless somebody speaks of himself', () => {
    const { tables } = make()
    const own = at('tcp://9.9.9.9:30303')
    tables.add(heard(host(1)), SOURCE, NOW)
    tables.add(heard(own), SOURCE, NOW)
    tables.add({ ...heard(host(2)), isOwn: true }, SOURCE, NOW)
    expect([host(1), own, host(2)].map((address) => NOW - tables.get(address)!.time)).toEqual([7200, 0, 0])
  })

  it.each([
    ['from the future', NOW + 601],
    ['before 1973', 100_000_000],
    ['no number', Number.NaN],
    ['no whole number', NOW - 0.5],
    ['below zero', -1],
  ])('%s is five days old', (_, time) => {
    const { tables } = make()
    tables.add({ ...heard(host(1), time), isOwn: true }, SOURCE, NOW)
    expect(tables.get(host(1))!.time).toBe(NOW - 5 * DAY)
  })

  it('refreshes a known time hourly while it is online, daily when not, and never for less', () => {
    const { tables } = make()
    const address = host(1)
    const say = (time: number, now: number): number => {
      tables.add({ ...heard(address, time), isOwn: true }, SOURCE, now)
      return tables.get(address)!.time - NOW
    }
    expect(say(NOW, NOW)).toBe(0)
    expect(say(NOW + 3600, NOW + 3600)).toBe(0)
    expect(say(NOW + 3601, NOW + 3601)).toBe(3601)
    expect(say(NOW + 3601 + DAY, NOW + 3 * DAY)).toBe(3601)
    expect(say(NOW + 3602 + DAY, NOW + 3 * DAY)).toBe(3602 + DAY)
    expect(say(NOW, NOW + 3 * DAY)).toBe(3602 + DAY)
  })

  it('is kept apart from the message it came in', () => {
    const { tables } = make()
    const address = { ...host(1), bytes: Uint8Array.from(host(1).bytes) }
    const publicKey = Uint8Array.from(KEY)
    const source = { ...SOURCE, bytes: Uint8Array.from(SOURCE.bytes) }
    tables.add({ address, publicKey, time: NOW }, source, NOW)
    for (const bytes of [address.bytes, publicKey, source.bytes]) bytes.fill(0)
    expect(tables.get(host(1))).toMatchObject({ address: host(1), publicKey: KEY, source: SOURCE })
  })

  it('is refused when it can not be routed, unless the book is for such', () => {
    const lan = at('tcp://192.168.0.1:1')
    expect(make().tables.add(heard(lan), SOURCE, NOW)).toBe(false)
    expect(make({ accepts: () => true }).tables.add(heard(lan), SOURCE, NOW)).toBe(true)
  })

  it('stands in at most eight slots, whoever tells of it', () => {
    const { tables, state } = make()
    for (let i = 0; i < rounds(4000, 20_000); i++) {
      const source = at(`tcp://${1 + (i % 200)}.${i >> 8}.1.1:1`)
      tables.add(heard(host(1), NOW + i), source, NOW + i)
    }
    expect(tables.get(host(1))!.references).toBe(8)
    expect(faultsOf(state)).toEqual([])
  })

  it('is misuse without 64 bytes of key or with a time that is none', () => {
    const { tables } = make()
    expect(() => tables.add(heard(host(1), NOW, new Uint8Array(63)), SOURCE, NOW)).toThrow(RangeError)
    for (const now of [Number.NaN, -1, 0.5, Infinity])
      expect(() => tables.add(heard(host(1)), SOURCE, now)).toThrow(RangeError)
  })
})

describe('a key', () => {
  it('is not changed by hearsay, but by a handshake', () => {
    const { tables } = make()
    tables.add(heard(host(1)), SOURCE, NOW)
    expect(tables.add(heard(host(1), NOW, OTHER_KEY), SOURCE, NOW)).toBe(false)
    expect(tables.get(host(1))!.publicKey).toEqual(KEY)
    tables.good(host(1), OTHER_KEY, NOW)
    expect(tables.get(host(1))).toMatchObject({ publicKey: OTHER_KEY, isTried: true })
  })

  it('that nobody answers to gives way to what is heard once the entry is bad', () => {
    const { tables, state } = make()
    tables.add(heard(host(1)), SOURCE, NOW)
    for (let i = 0; i < 3; i++) {
      tables.good(host(2), KEY, NOW) // others answer, so we are online
      tables.attempt(host(1), NOW, { countFailure: true })
    }
    expect(tables.add(heard(host(1), NOW, OTHER_KEY), SOURCE, NOW + 60)).toBe(false)
    expect(tables.add(heard(host(1), NOW, OTHER_KEY), SOURCE, NOW + 61)).toBe(true)
    expect(tables.get(host(1))).toMatchObject({ publicKey: OTHER_KEY, fails: 0, lastTry: 0 })
    expect(faultsOf(state)).toEqual([])
  })
})

describe('trying', () => {
  it('counts a failure only when something succeeded since the last one that counted', () => {
    const { tables } = make()
    for (const i of [1, 2]) tables.add(heard(host(i)), SOURCE, NOW)
    const fails: number[] = []
    for (let i = 0; i < 6; i++) {
      if (i === 3) tables.good(host(2), KEY, NOW + i)
      tables.attempt(host(1), NOW + i, { countFailure: true })
      fails.push(tables.get(host(1))!.fails)
    }
    expect(fails).toEqual([1, 1, 1, 2, 2, 2])
    tables.attempt(host(2), NOW, { countFailure: false })
    expect(tables.get(host(2))).toMatchObject({ fails: 0, lastTry: NOW })
  })

  it('with success leaves the time alone, which a connection refreshes after twenty minutes', () => {
    const { tables } = make()
    tables.add(heard(host(1)), SOURCE, NOW)
    const time = NOW - 7200
    tables.good(host(1), KEY, NOW)
    expect(tables.get(host(1))).toMatchObject({ time, lastSuccess: NOW, lastTry: NOW, fails: 0 })
    tables.connected(host(1), time + 1200)
    expect(tables.get(host(1))!.time).toBe(time)
    tables.connected(host(1), time + 1201)
    expect(tables.get(host(1))!.time).toBe(time + 1201)
  })

  it('what is not known changes nothing', () => {
    const { tables } = make()
    tables.attempt(host(1), NOW, { countFailure: true })
    tables.connected(host(1), NOW)
    tables.resolve(at('wss://relay.example/'), Uint8Array.of(1, 2, 3, 4))
    expect(tables.good(host(1), KEY, NOW)).toBe(false)
    expect(tables.counts()).toEqual({
      new: 0,
      tried: 0,
      total: 0,
      claims: 0,
      contested: 0,
      byNetwork: {},
      collisions: 0,
    })
  })
})

describe('an entry is bad', () => {
  const entry = {
    time: NOW,
    lastTry: 0,
    lastSuccess: 0,
    fails: 0,
  }
  it.each<[what: string, with_: Partial<typeof entry>, bad: boolean]>([
    ['as it came', {}, false],
    ['seen 30 days ago', { time: NOW - 30 * DAY }, false],
    ['seen longer ago', { time: NOW - 30 * DAY - 1 }, true],
    ['never seen', { time: 0 }, true],
    ['seen in ten minutes', { time: NOW + 600 }, false],
    ['seen later, by a clock that was wrong', { time: NOW + 601 }, false],
    ['failed twice', { fails: 2, lastTry: NOW - 100 }, false],
    ['failed thrice', { fails: 3, lastTry: NOW - 100 }, true],
    ['failed thrice, just now', { fails: 3, lastTry: NOW - 60 }, false],
    ['failed nine times, good long ago', { fails: 9, lastSuccess: NOW - 8 * DAY, lastTry: NOW - 100 }, false],
    ['failed ten times, good a week ago', { fails: 10, lastSuccess: NOW - 7 * DAY, lastTry: NOW - 100 }, false],
    ['failed ten times, good longer ago', { fails: 10, lastSuccess: NOW - 7 * DAY - 1, lastTry: NOW - 100 }, true],
  ])('%s', (_, change, bad) => {
    const { tables } = make()
    tables.add(heard(host(1)), SOURCE, NOW)
    expect(tables.isBad({ ...tables.get(host(1))!, ...entry, ...change }, NOW)).toBe(bad)
  })
})

describe('the book', () => {
  it('needs more below a thousand addresses', () => {
    const { tables } = make()
    let i = 0
    while (tables.counts().total < 999) tables.add(heard(host(++i)), at(`tcp://${1 + (i % 99)}.1.1.1:1`), NOW)
    expect(tables.needsMore()).toBe(true)
    while (tables.counts().total < 1000) tables.add(heard(host(++i)), at(`tcp://${1 + (i % 99)}.1.1.1:1`), NOW)
    expect(tables.needsMore()).toBe(false)
  })

  it('counts by network, and shares no header that is none', () => {
    const { tables } = make()
    tables.add(heard(host(1)), SOURCE, NOW)
    tables.add(heard(at('wss://relay.example/')), SOURCE, NOW)
    tables.add(heard(at('tcp://[2a00::1]:1')), SOURCE, NOW)
    expect(tables.counts()).toMatchObject({ new: 3, tried: 0, total: 3, claims: 3, contested: 0, collisions: 0 })
    expect(tables.counts().byNetwork).toEqual({ 1: 1, 2: 1, 240: 1 })
    const header = { ...tables.header(), key: '00'.repeat(32) }
    expect(() => make({ header })).toThrow(TypeError)
    expect(() => make({ random: { uint32: () => 0, bytes: (length) => new Uint8Array(length) } })).toThrow(RangeError)
  })
})

describe('other groups', () => {
  it('that a program makes spread what is told and what is tried as they say', () => {
    // As if one autonomous system had everything: one bucket for all that is told, 8 for all that is tried.
    const one = Uint8Array.of(32, 1, 0, 0, 0)
    const { tables, state } = make({ groups: { version: 'one system', groupOf: () => one } })
    for (let i = 0; i < 2000; i++) {
      tables.add(heard(host(i)), host(i), NOW)
      if (i % 2 === 0) tables.good(host(i), KEY, NOW)
    }
    expect(state.newTable.buckets()).toBe(1)
    expect(state.triedTable.buckets()).toBeLessThanOrEqual(8)
    expect(tables.header().groups).toBe('one system')
    expect(tables.groupOf(host(1))).toBe('32:01000000')
  })
})

describe('names', () => {
  const name = (i: number): NetworkAddress => at(`wss://relay-${i}.owner-${i}.example/`)

  it('have a quarter of the new table, however many there are and whoever tells of them', () => {
    const { tables, state } = make()
    const names = rounds(4000, 40_000)
    for (let i = 0; i < names; i++) tables.add(heard(name(i)), at(`tcp://${1 + (i % 99)}.${i % 211}.1.1:1`), NOW)
    const buckets = new Set([...state.newTable.filled()].map(([slot]) => slot >> 6))
    expect(Math.max(...buckets)).toBeLessThan(256)
    expect(tables.counts().total).toBeLessThanOrEqual(16_384)
    expect(tables.counts().total).toBeGreaterThan(isLong ? 12_000 : 3000)
    // The rest of the table is free for addresses.
    const before = tables.counts().total
    for (let i = 0; i < 200; i++) tables.add(heard(host(i)), host(i), NOW)
    expect(tables.counts().total - before).toBeGreaterThan(100)
  })

  it('move to the tried bucket of what they resolve to, and back to the new table when its slot is taken', () => {
    const { tables, state } = make()
    const relay = at('wss://relay.example/')
    tables.add(heard(relay), SOURCE, NOW)
    tables.good(relay, KEY, NOW)
    expect(tables.groupOf(relay)).toBe('name:relay.example')
    for (const ip of [Uint8Array.of(1, 2, 3, 4), Uint8Array.of(5, 6, 7, 8)]) {
      tables.resolve(relay, ip)
      expect(tables.groupOf(relay)).toBe(`ipv4:${ip[0]}.${ip[1]}`)
      expect(faultsOf(state)).toEqual([])
    }
    expect(tables.get(relay)!.isTried).toBe(true)
    expect(() => tables.resolve(relay, new Uint8Array(5))).toThrow(RangeError)
  })
})
