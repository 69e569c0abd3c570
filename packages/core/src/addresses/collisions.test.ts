// Test before evict, with its times; the two hosts whose slots are known to collide are Bitcoin Core's.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../base/random.ts'
import type { AddressTables } from './address-tables.ts'
import { MAX_COLLISIONS } from './collisions.ts'
import { networkGroups } from './group-policy.ts'
import type { NetworkAddress } from './network-address.ts'

import { createAddressTables } from './tables.ts'

const NOW = 1_700_000_000
const HOUR = 3600
const KEY = new Uint8Array(64)
const OLD = host(19)
const LATE = host(36)

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
}

function host(i: number): NetworkAddress {
  return { network: 1, bytes: Uint8Array.of(250, 1, 1, i), port: 0, transport: 'tcp', path: '' }
}

/** A book with `OLD` in the slot of the tried table that `LATE` wants. */
function collided(): AddressTables {
  const tables = createAddressTables({
    random: seededRandom(2),
    sha256,
    header: { version: 1, key: `01${'00'.repeat(31)}`, groups: 'networks 1, reserved', successes: 1 },
    groups: networkGroups({ reserved: true }),
    accepts: () => true,
  })
  for (const address of [OLD, LATE]) tables.add({ address, publicKey: KEY, time: NOW }, address, NOW)
  tables.good(OLD, KEY, NOW)
  expect(tables.good(LATE, KEY, NOW + 5 * HOUR)).toBe(false)
  return tables
}

function triedOf(tables: AddressTables): string {
  return [OLD, LATE].map((address) => (tables.get(address)!.isTried ? 'tried' : 'new')).join(' ')
}

describe('an entry that wants a taken slot', () => {
  it('waits, while the holder is named for a probe', () => {
    const tables = collided()
    expect(tables.counts()).toMatchObject({ new: 1, tried: 1, collisions: 1 })
    expect(tables.selectCollision()!.address).toEqual(OLD)
    tables.resolveCollisions(NOW + 5 * HOUR)
    expect(triedOf(tables)).toBe('tried new')
    expect(tables.counts().collisions).toBe(1)
  })

  it('loses when the holder is reached', () => {
    const tables = collided()
    tables.good(OLD, KEY, NOW + 5 * HOUR + 10)
    tables.resolveCollisions(NOW + 5 * HOUR + 11)
    expect(triedOf(tables)).toBe('tried new')
    expect(tables.counts().collisions).toBe(0)
    expect(tables.selectCollision()).toBeUndefined()
  })

  it('gets the slot a minute after the holder was tried in vain, and the holder is new again', () => {
    const tables = collided()
    const tryAt = NOW + 5 * HOUR + 10
    tables.attempt(OLD, tryAt, { countFailure: true })
    tables.resolveCollisions(tryAt + 60)
    expect(triedOf(tables)).toBe('tried new')
    tables.resolveCollisions(tryAt + 61)
    expect(triedOf(tables)).toBe('new tried')
    expect(tables.counts()).toMatchObject({ new: 1, tried: 1, collisions: 0 })
  })

  it('gets the slot after forty minutes in which nobody probed', () => {
    const tables = collided()
    tables.resolveCollisions(NOW + 5 * HOUR + 2400)
    expect(triedOf(tables)).toBe('tried new')
    tables.resolveCollisions(NOW + 5 * HOUR + 2401)
    expect(triedOf(tables)).toBe('new tried')
  })

  it('and nine others may wait at once, no more', () => {
    const tables = createAddressTables({ random: seededRandom(4), sha256 })
    // One group has 8 buckets of 64: among a thousand of it most collide.
    for (let i = 0; i < 1000; i++) {
      const address: NetworkAddress = { ...OLD, bytes: Uint8Array.of(5, 5, i >> 8, i), port: 1 }
      const source: NetworkAddress = { ...OLD, bytes: Uint8Array.of(1 + (i % 99), 5, 1, 1), port: 1 }
      tables.add({ address, publicKey: KEY, time: NOW }, source, NOW)
      tables.good(address, KEY, NOW)
    }
    expect(tables.counts().collisions).toBe(MAX_COLLISIONS)
    expect(tables.counts().tried).toBeLessThanOrEqual(512)
  })
})
