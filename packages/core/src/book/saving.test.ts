// When a book is saved in the life of a node that nobody closes, and a book that can't be read when its node starts.
import { addressBook } from '@peerwire/core/address-book'
import { afterEach, describe, expect, it } from 'vitest'
import type { BookWorld } from '../../../../tests/support/book-world.ts'
import { addressOf, bookWorld, ipOf, MINUTE, outboundOf, SECOND } from '../../../../tests/support/book-world.ts'
import { seed } from '../../../../tests/support/counts.ts'
import { toHex } from '../base/bytes.ts'
import { memoryStorage } from '../testing/memory-storage.ts'
import type { MemoryStorage } from '../testing/memory-storage.ts'

const HEARSAY = `enode://${'7'.repeat(128)}@77.7.7.7:30303`

let world: BookWorld
afterEach(() => world.close())

const rowsIn = ({ values }: MemoryStorage): number =>
  new TextDecoder().decode(values.get('peers.json')).split('"publicKey"').length - 1

describe('the book of a node that nobody closes', () => {
  it('keeps its first peer at once, the rest within a minute, and all when it is asked to or the page is left', async () => {
    world = bookWorld(seed)
    const others = [await world.settle(ipOf(0)), await world.settle(ipOf(1))]
    const storage = memoryStorage()
    const one = await world.settle(ipOf(9), { storage, feelers: false })
    one.book.add(addressOf(others[0]!))
    await world.passUntil(() => outboundOf(one) === 1, MINUTE, 100)
    await world.pass(SECOND)
    expect(rowsIn(storage)).toBe(1)
    one.book.add(addressOf(others[1]!))
    await world.pass(MINUTE)
    expect(rowsIn(storage)).toBe(2)
    one.book.add(HEARSAY)
    await world.run(one.book.save())
    expect(rowsIn(storage)).toBe(3)
    one.book.add(HEARSAY.replace('77.7.7.7', '78.7.7.7'))
    storage.leave()
    expect(rowsIn(storage)).toBe(4)
    // Another life on what was stored: the first one was never told to end.
    const again = await world.settle(ipOf(8), { storage: { ...storage, claim: () => Promise.resolve(async () => {}) } })
    expect(again.book.inspect()!.addresses).toMatchObject({ total: 4, tried: 2 })
  })

  it('is saved by nobody before it runs', async () => {
    world = bookWorld(seed)
    await expect(addressBook().save()).rejects.toThrow(TypeError)
    const one = await world.settle(ipOf(0))
    await world.run(one.book.save())
    expect(one.book.inspect()!.file).toBeUndefined()
  })
})

describe('a book that can’t be read when its node starts', () => {
  it('is there as soon as it can, with the peers that were met meanwhile', async () => {
    world = bookWorld(seed)
    const others = [await world.settle(ipOf(0)), await world.settle(ipOf(1))]
    const storage = memoryStorage()
    const one = await world.settle(ipOf(9), { storage, feelers: false })
    one.book.add(addressOf(others[0]!))
    await world.passUntil(() => outboundOf(one) === 1, MINUTE, 100)
    await world.run(one.node.close())
    storage.previous.clear()
    let isBroken = true
    const read: MemoryStorage['read'] = (name) => (isBroken ? Promise.reject(new Error('EIO')) : storage.read(name))
    const again = await world.settle(ipOf(9), { storage: { ...storage, read }, feelers: false })
    expect(again.book.inspect()!.addresses.total).toBe(0)
    expect(again.lines).toContainEqual(
      expect.stringMatching(/^warn Address book .*can't be read: EIO; it is tried again/),
    )
    isBroken = false
    again.book.add(addressOf(others[1]!))
    await world.passUntil(() => outboundOf(again) === 2, MINUTE, 100)
    expect(outboundOf(again)).toBe(2)
    await world.run(again.book.save())
    // Others may have told of the node of before, too.
    const text = new TextDecoder().decode(storage.values.get('peers.json'))
    for (const { node } of others) expect(text).toContain(toHex(node.publicKey))
    expect(storage.aside.size).toBe(0)
  })
})
