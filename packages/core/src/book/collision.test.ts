// Two nodes that want one slot of the tried table: whoever is connected keeps it, with feelers and without.
import { afterEach, expect, it } from 'vitest'
import type { BookWorld } from '../../../../tests/support/book-world.ts'
import { addressOf, bookWorld, HOUR, keptTables, MINUTE } from '../../../../tests/support/book-world.ts'
import { createBucketMaths, identityBytes } from '../addresses/bucket-maths.ts'
import { networkGroups } from '../addresses/group-policy.ts'
import { ipAddress } from '../addresses/endpoint-address.ts'
import { defaultCrypto } from '../index.ts'
import { memoryStorage } from '../testing/memory-storage.ts'

let world: BookWorld
afterEach(() => world.close())

/** A host whose place in the tried table is that of another. */
function twinOf(host: string, key: Uint8Array): string {
  const maths = createBucketMaths(key, defaultCrypto.sha256)
  const groups = networkGroups()
  const slotOf = (ip: string): number => {
    const address = ipAddress(ip, 30_303)!
    const identity = identityBytes(address)
    const bucket = maths.triedBucket(groups.groupOf(address), identity)
    return bucket * 64 + maths.position(false, bucket, identity)
  }
  const wanted = slotOf(host)
  for (let i = 0; ; i++) {
    const twin = `${30 + (i % 60)}.${(i >> 2) & 255}.${(i >> 10) & 255}.1`
    if (slotOf(twin) === wanted) return twin
  }
}

it.each([true, false])('a connected holder stays, and its rival waits no longer (feelers: %s)', async (feelers) => {
  world = bookWorld(3)
  const storage = memoryStorage()
  const holder = await world.settle('20.1.1.1', { feelers: false })
  const first = await world.settle('99.1.1.1', { storage, feelers })
  first.book.add(addressOf(holder))
  await world.pass(5000)
  await world.run(first.node.close())
  const twin = twinOf('20.1.1.1', (await keptTables(world, storage)).key)
  const rival = await world.settle(twin, { feelers: false })
  const one = await world.settle('99.1.1.1', { storage, feelers })
  await world.pass(5 * HOUR)
  one.book.add(addressOf(rival))
  await world.pass(MINUTE)
  expect(one.node.peers).toHaveLength(2)
  await world.pass(HOUR)
  expect(one.book.inspect()!.addresses.collisions).toBe(0)
  await world.run(one.node.close())
  const { tables } = await keptTables(world, storage)
  const isTried = (host: string): boolean => tables.get(ipAddress(host, 30_303)!)!.isTried
  expect([isTried('20.1.1.1'), isTried(twin)]).toEqual([true, false])
})
