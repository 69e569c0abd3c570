// A long random life of the tables: after each step what was touched and the counters, now and then everything.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { rounds, seed } from '../../../../tests/support/counts.ts'
import { randomBelow, seededRandom } from '../base/random.ts'
import type { AddressRow, AddressTables } from './address-tables.ts'
import { parseNetworkAddress } from './endpoint-address.ts'
import type { NetworkAddress } from './network-address.ts'
import { addressKey } from './network-address.ts'
import { countFaults, entryFaults, faultsOf } from './table-check.ts'
import type { TableState } from './table-state.ts'
import { createTableState, tablesOf } from './tables.ts'

const START = 1_700_000_000
const TIME_LIMIT_MS = rounds(60_000, 1_800_000)
/** Steps between two looks at everything. */
const ALL_EVERY = 1000

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
}

/** Addresses to live with: hosts near each other, so that slots and groups collide; names; IPv6 far apart. */
function population(count: number): NetworkAddress[] {
  return Array.from({ length: count }, (_, i) => {
    const word = (i * 40_503).toString(16).slice(-4)
    if (i % 10 === 8) return parseNetworkAddress(`wss://n${i}.owner${i % 7}.example/reach/${i}`)!
    if (i % 10 === 9) return parseNetworkAddress(`ws://[2a00:${word}::${word}]:${i}/`)!
    return parseNetworkAddress(`tcp://${1 + (i % 8)}.${i % 3}.${i >> 8}.${i & 255}:30303`)!
  })
}

interface Life {
  readonly state: TableState
  readonly tables: AddressTables
  readonly addresses: readonly NetworkAddress[]
  readonly below: (limit: number) => number
  now: number
}

function start(lifeSeed: number, count: number): Life {
  const random = seededRandom(lifeSeed)
  const state = createTableState({ random: seededRandom(lifeSeed + 1), sha256 })
  const below = (limit: number): number => randomBelow(random, limit)
  return { state, tables: tablesOf(state), addresses: population(count), below, now: START }
}

// One operation on a random address, which it answers.
function step(life: Life): NetworkAddress {
  const { tables, addresses, below } = life
  const pick = (): NetworkAddress => addresses[below(addresses.length)]!
  const address = pick()
  const publicKey = new Uint8Array(64).fill(below(50) === 0 ? 2 : 1)
  life.now = Math.max(0, life.now + below(120))
  const kind = below(100)
  if (kind < 45) tables.add({ address, publicKey, time: life.now - below(40 * 86_400) }, pick(), life.now)
  else if (kind < 60) tables.attempt(address, life.now, { countFailure: below(2) === 0 })
  else if (kind < 80) tables.good(address, publicKey, life.now)
  else if (kind < 85) tables.connected(address, life.now)
  else if (kind < 88) tables.resolve(address, Uint8Array.of(1 + below(9), below(3), 1, 1))
  else if (kind < 91) tables.resolveCollisions(life.now)
  else if (kind < 94) tables.selectCollision()
  else if (kind < 97) tables.select(life.now, { onlyNew: below(2) === 0 })
  else if (kind < 99) tables.sample(life.now)
  else life.now = Math.max(0, life.now + [86_400, -86_400, 4 * 3600, -601][below(4)]!)
  return address
}

describe('a random life', () => {
  it(
    'never breaks a rule of the tables',
    () => {
      const steps = rounds(10_000, 1_000_000)
      const life = start(seed, 2000)
      let waited = false
      for (let i = 1; i <= steps; i++) {
        const address = step(life)
        waited ||= life.state.pending.size > 0
        const entry = life.state.entries.get(addressKey(address))
        const faults = [...countFaults(life.state), ...(entry ? entryFaults(life.state, entry) : [])]
        if (i % ALL_EVERY === 0) faults.push(...faultsOf(life.state))
        if (faults.length > 0) expect.fail(`seed ${seed}, step ${i}: ${faults.join('; ')}`)
      }
      const { tried, new: fresh } = life.tables.counts()
      // The life had everything in it.
      expect(Math.min(tried, fresh)).toBeGreaterThan(100)
      expect(waited).toBe(true)
    },
    TIME_LIMIT_MS,
  )

  it(
    'comes back from what was stored, equal in everything',
    () => {
      for (let i = 0; i < rounds(2, 60); i++) {
        const life = start(seed + i, 500 + 50 * i)
        for (let k = 0; k < 2500; k++) step(life)
        const copy = storedAndBack(life)
        expect(copy.result.dropped).toBe(0)
        expect(faultsOf(copy.state)).toEqual([])
        expect(pictureOf(copy.state)).toEqual(pictureOf(life.state))
        expect(copy.tables.header()).toEqual(life.tables.header())
      }
    },
    TIME_LIMIT_MS,
  )
})

function storedAndBack({ tables, now }: Life) {
  const text = JSON.stringify({ header: tables.header(), rows: [...tables.rows()].flat() })
  const { header, rows } = JSON.parse(text) as { header: ReturnType<AddressTables['header']>; rows: AddressRow[] }
  const options = { random: seededRandom(9), sha256, header }
  const copy = createTableState(options)
  const result = tablesOf(copy).restore(rows, now)
  return { state: copy, tables: tablesOf(copy), result }
}

// Everything but the order of entries and of slots, and who waits.
function pictureOf(state: TableState) {
  const entries = state.order.map((entry) => {
    const { key, address, source, keyText, time, lastTry, lastSuccess, fails, isTried, references, resolved } = entry
    const slots = entry.slots.toSorted((a, b) => a - b)
    const { countedAt } = entry
    return {
      key,
      address,
      source,
      keyText,
      time,
      lastTry,
      lastSuccess,
      fails,
      isTried,
      references,
      resolved,
      slots,
      countedAt,
    }
  })
  return {
    entries: entries.toSorted((a, b) => (a.key + a.keyText < b.key + b.keyText ? -1 : 1)),
    tried: state.tried,
    successes: state.successes,
  }
}
