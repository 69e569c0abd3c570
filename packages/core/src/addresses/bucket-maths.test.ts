// The figures that Bitcoin Core's own tests publish, from the same bytes.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../base/random.ts'
import { sha256 } from '@noble/hashes/sha2.js'
import type { AddressTables } from './address-tables.ts'
import { createBucketMaths, identityBytes } from './bucket-maths.ts'
import { networkGroups } from './group-policy.ts'
import { parseIp } from './ip.ts'
import type { NetworkAddress } from './network-address.ts'
import { createNetworkAddress } from './network-address.ts'
import { createAddressTables } from './tables.ts'

const policy = networkGroups({ reserved: true })
const K1 = doubleHash(Uint8Array.of(1, 0, 0, 0))
const K2 = doubleHash(Uint8Array.of(2, 0, 0, 0))
const ONE = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0))

function doubleHash(bytes: Uint8Array): Uint8Array {
  return sha256(sha256(bytes))
}

function at(host: string, port = 0): NetworkAddress {
  return { network: 1, bytes: parseIp(host)!, port, transport: 'tcp', path: '' }
}

function tried(key: Uint8Array, address: NetworkAddress): number {
  return createBucketMaths(key, sha256).triedBucket(policy.groupOf(address), identityBytes(address))
}

function fresh(key: Uint8Array, host: string, source: string): number {
  return createBucketMaths(key, sha256).newBucket(policy.groupOf(at(host)), policy.groupOf(at(source)))
}

function count(length: number, bucketOf: (i: number) => number): number {
  return new Set(Array.from({ length }, (_, i) => bucketOf(i))).size
}

describe('buckets', () => {
  it('are where Bitcoin Core has them', () => {
    expect(tried(K1, at('250.1.1.1', 8333))).toBe(40)
    expect(tried(K1, at('250.1.1.1', 9999))).toBe(113)
    expect(tried(K2, at('250.1.1.1', 8333))).toBe(191)
    expect(fresh(K1, '250.1.2.1', '250.1.2.1')).toBe(786)
    expect(fresh(K2, '250.1.2.1', '250.1.2.1')).toBe(852)
  })

  it('spread one group over 8 of the tried table, and 255 groups over 160', () => {
    expect(count(255, (i) => tried(K1, at(`250.1.1.${i}`)))).toBe(8)
    expect(count(255, (i) => tried(K1, at(`250.${i}.1.1`)))).toBe(160)
  })

  it('spread one group of sources over at most 64 of the new table, and one address from 255 sources over 221', () => {
    const groups = 4 * 255
    expect(count(groups, (i) => fresh(K1, `${250 + Math.floor(i / 255)}.${i % 256}.1.1`, '251.4.1.1'))).toBe(63)
    expect(count(255, (i) => fresh(K1, '250.1.1.1', `250.${i}.1.1`))).toBe(221)
  })

  it('are the same whatever computes SHA-256 and whatever was asked before', () => {
    const node = createBucketMaths(K1, (bytes) => createHash('sha256').update(bytes).digest())
    for (let i = 0; i < 200; i++) {
      const [host, source] = [`9.${i}.1.1`, `8.${i % 3}.1.1`]
      expect(node.newBucket(policy.groupOf(at(host)), policy.groupOf(at(source)))).toBe(fresh(K1, host, source))
    }
  })

  it('and slots first collide where Bitcoin Core has it', () => {
    expect(firstCollisions(true, 23)).toEqual([[23, 22]])
    expect(firstCollisions(false, 59)).toEqual([
      [36, 19],
      [59, 10],
    ])
  })

  // One port, so that only the host counts; transport and path are told apart from it.
  it('differ for another transport or path, not for another way to write the same', () => {
    const parts = { network: 240, bytes: new TextEncoder().encode('relay.example'), port: 443 }
    const forms = [
      createNetworkAddress({ ...parts, transport: 'wss', path: '/' }),
      createNetworkAddress({ ...parts, transport: 'ws', path: '/' }),
      createNetworkAddress({ ...parts, transport: 'wss', path: '/reach/1' }),
      createNetworkAddress({ ...parts, transport: 'tcp' }),
    ]
    expect(new Set(forms.map((form) => identityBytes(form!).toString())).size).toBe(4)
  })

  it('are found for the longest name, path and group, and no longer group is taken', () => {
    const maths = createBucketMaths(K1, sha256)
    const name = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`
    const address = createNetworkAddress({
      network: 240,
      bytes: new TextEncoder().encode(name),
      port: 1,
      transport: 'wss',
      path: `/${'p'.repeat(63)}`,
    })!
    expect(maths.position(true, 1023, identityBytes(address))).toBeLessThan(64)
    expect(maths.newBucket(new Uint8Array(256), new Uint8Array(256).fill(1))).toBeLessThan(1024)
    expect(() => maths.newBucket(new Uint8Array(257), new Uint8Array(1))).toThrow(RangeError)
  })
})

// Adds 250.1.1.1, .2, … with one source to a fresh book and tells which found its slot taken, and by whom.
function firstCollisions(isNew: boolean, last: number): [number, number][] {
  const maths = createBucketMaths(ONE, sha256)
  const source = policy.groupOf(at('252.2.2.2'))
  const holders = new Map<number, number>()
  const collisions: [number, number][] = []
  for (let i = 1; i <= last; i++) {
    const address = at(`250.1.1.${i}`)
    const group = policy.groupOf(address)
    const bucket = isNew ? maths.newBucket(group, source) : maths.triedBucket(group, identityBytes(address))
    const slot = bucket * 64 + maths.position(isNew, bucket, identityBytes(address))
    const holder = holders.get(slot)
    if (holder === undefined) holders.set(slot, i)
    else collisions.push([i, holder])
  }
  return collisions
}

describe('tables with that key', () => {
  const header = { version: 1, key: `01${'00'.repeat(31)}`, groups: policy.version, successes: 1 } as const
  const publicKey = new Uint8Array(64)
  const now = 1_700_000_000

  function make(): AddressTables {
    return createAddressTables({
      random: seededRandom(1),
      sha256: (bytes) => sha256(bytes),
      header,
      groups: policy,
      accepts: () => true,
    })
  }

  it('refuse the 23rd new address, whose slot is taken', () => {
    const tables = make()
    const added = Array.from({ length: 23 }, (_, i) =>
      tables.add({ address: at(`250.1.1.${i + 1}`), publicKey, time: now }, at('252.2.2.2'), now),
    )
    expect(added.indexOf(false)).toBe(22)
    expect(tables.counts().total).toBe(22)
  })

  it('let the 36th and the 59th good one wait', () => {
    const tables = make()
    const late: number[] = []
    for (let i = 1; i <= 59; i++) {
      const address = at(`250.1.1.${i}`)
      tables.add({ address, publicKey, time: now }, address, now)
      const isKnown = tables.get(address) !== undefined
      if (!tables.good(address, publicKey, now) && isKnown) late.push(i)
    }
    expect(late).toEqual([36, 59])
    expect(tables.counts().collisions).toBe(2)
  })
})
