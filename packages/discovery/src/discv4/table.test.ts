import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { prefixPolicy, seededRandom } from '@peerwire/core'
import { hostOf } from '../../test/world.ts'
import { shamCrypto } from '../../test/sham-crypto.ts'
import { compareDistance, logDistance } from '../records/node-id.ts'
import { knownNode } from './known-node.ts'
import type { KnownNode } from './known-node.ts'
import { Table } from './table.ts'

const OWN = new Uint8Array(32)

function createTable(): Table {
  return new Table({ ownId: OWN, prefixes: prefixPolicy, random: seededRandom(5) })
}

/** Node `index`, whose id lies at `distance` from ours. */
function nodeAt(distance: number, index: number, host = hostOf(index)): KnownNode {
  const id = new Uint8Array(32)
  id[Math.floor((256 - distance) / 8)] = 1 << ((distance - 1) % 8)
  id[30] = index >> 8
  id[31] = index & 0xff
  const publicKey = new Uint8Array(64).fill(index & 0xff)
  return { ...knownNode({ publicKey, host, udp: 30303, tcp: 30303 }, shamCrypto), id, key: `${distance} ${index}` }
}

describe('the table', () => {
  it('has 17 buckets, of which the first holds all that are nearer than 2^-16', () => {
    const table = createTable()
    for (let distance = 200; distance <= 256; distance++) table.add(nodeAt(distance, distance), false)
    expect(table.sizes).toHaveLength(17)
    expect(table.sizes[16]).toBe(1)
    expect(table.sizes[1]).toBe(1)
    expect(table.sizes[0]).toBe(16)
  })

  it('holds 16 nodes in a bucket, 10 wait, and the one that waited longest makes room', () => {
    const table = createTable()
    const added = Array.from({ length: 27 }, (_, i) => table.add(nodeAt(256, i), false))
    expect(added.slice(0, 16)).toEqual(Array.from({ length: 16 }, () => 'added'))
    expect(added.slice(16)).toEqual(Array.from({ length: 11 }, () => 'waiting'))
    expect([table.size, table.waiting]).toEqual([16, 10])
    expect(table.get('256 0')).toBeDefined()
    expect(table.get('256 20')).toBeUndefined()
  })

  it('doesn’t hold ourselves', () => {
    expect(createTable().add({ ...nodeAt(256, 1), id: OWN }, false)).toBe('own id')
  })

  it('holds 2 nodes of a /24 in a bucket and 10 in all; loopback is exempt', () => {
    const table = createTable()
    const added = Array.from({ length: 12 }, (_, i) => table.add(nodeAt(256 - (i >> 1), i, `9.9.9.${i}`), false))
    expect(added.filter((what) => what === 'added')).toHaveLength(10)
    expect(added.slice(10)).toEqual(['prefix is full', 'prefix is full'])
    expect(table.add(nodeAt(256, 100, '9.9.8.1'), false)).toBe('added')
    expect(table.add(nodeAt(256, 101, '9.9.8.2'), false)).toBe('added')
    expect(table.add(nodeAt(256, 102, '9.9.8.3'), false)).toBe('prefix is full')
    for (let i = 0; i < 14; i++) expect(table.add(nodeAt(240, 200 + i, '127.0.0.1'), false)).toBe('added')
  })

  it('gives back the place of a network when its node leaves', () => {
    const table = createTable()
    for (let i = 0; i < 2; i++) table.add(nodeAt(256, i, `9.9.9.${i}`), false)
    table.unanswered('256 0')
    expect(table.add(nodeAt(256, 5, '9.9.9.5'), false)).toBe('added')
  })

  it('believes of a known node’s address only the node itself', () => {
    const table = createTable()
    table.add(nodeAt(256, 1), true)
    expect(table.add(nodeAt(256, 1, '5.5.5.5'), false)).toBe('known')
    expect(table.get('256 1')?.node.host).toBe(hostOf(1))
    expect(table.add(nodeAt(256, 1, '5.5.5.5'), true)).toBe('updated')
    expect(table.get('256 1')?.node.host).toBe('5.5.5.5')
  })

  it('keeps the old address when the new one’s network is full', () => {
    const table = createTable()
    for (let i = 0; i < 2; i++) table.add(nodeAt(256, i, `9.9.9.${i}`), true)
    table.add(nodeAt(256, 7), true)
    expect(table.add(nodeAt(256, 7, '9.9.9.7'), true)).toBe('prefix is full')
    expect(table.get('256 7')?.node.host).toBe(hostOf(7))
  })

  it('gives the place of a node that never answered to one that has', () => {
    const table = createTable()
    for (let i = 0; i < 16; i++) {
      table.add(nodeAt(256, i), i !== 3)
      if (i !== 3) table.heard(`256 ${i}`, 0)
    }
    expect(table.add(nodeAt(256, 50), false)).toBe('waiting')
    expect(table.add(nodeAt(256, 51), true)).toBe('added')
    expect(table.get('256 3')).toBeUndefined()
    expect([table.size, table.waiting]).toEqual([16, 2])
  })

  it('forgives failures by what a node has shown, then lets another in', () => {
    const table = createTable()
    for (let i = 0; i < 17; i++) {
      table.add(nodeAt(256, i), true)
      table.heard(`256 ${i}`, 0)
    }
    for (let i = 0; i < 8; i++) table.heard('256 0', i)
    table.unanswered('256 0')
    table.unanswered('256 0')
    expect(table.get('256 0')?.checks).toBe(1)
    table.unanswered('256 0')
    expect(table.get('256 0')).toBeUndefined()
    expect(table.get('256 16')).toBeDefined()
    expect([table.size, table.waiting]).toEqual([16, 0])
  })

  it('drops a node after 5 questions without an answer, but not from a bucket that is almost empty', () => {
    const table = createTable()
    table.add(nodeAt(256, 0), true)
    for (let i = 0; i < 20; i++) table.failed('256 0')
    expect(table.size).toBe(1)
    table.heard('256 0', 0)
    for (let i = 1; i < 4; i++) table.add(nodeAt(256, i), true)
    for (let i = 0; i < 4; i++) table.failed('256 0')
    expect(table.size).toBe(4)
    table.failed('256 0')
    expect(table.size).toBe(3)
  })

  it('tells of those that have answered, where there are any', () => {
    const table = createTable()
    for (let i = 0; i < 5; i++) table.add(nodeAt(256, i), false)
    expect(table.nearest(OWN, 16, true)).toHaveLength(5)
    table.heard('256 3', 0)
    expect(table.nearest(OWN, 16, true).map(({ key }) => key)).toEqual(['256 3'])
    expect(table.nearest(OWN, 16, false)).toHaveLength(5)
  })

  it('checks first who never answered, then who was not heard for longest', () => {
    const table = createTable()
    for (let i = 0; i < 3; i++) table.add(nodeAt(256, i), true)
    table.heard('256 0', 50)
    table.heard('256 1', 40)
    expect(table.nextCheck(30, () => false)?.node.key).toBe('256 2')
    expect(table.nextCheck(60, (key) => key === '256 2')?.node.key).toBe('256 1')
    expect(table.nextCheck(10, (key) => key === '256 2')).toBeUndefined()
  })

  it('finds the nearest of all, whatever was added in whatever order', () => {
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 40, selector: String }), key, (ids, target) => {
        const table = createTable()
        ids.forEach((id, i) => table.add({ ...nodeAt(256, i), id, key: String(i) }, false))
        const all = [...table.entries()].map(({ node }) => node)
        const wanted = all.toSorted((left, right) => compareDistance(target, left.id, right.id)).slice(0, 16)
        expect(table.nearest(target, 16, false).map((node) => node.key)).toEqual(wanted.map((node) => node.key))
        for (const { id } of all) expect(logDistance(OWN, id)).toBeGreaterThan(0)
      }),
    )
  })
})
