// Between dialer and book: nothing is held back that wasn't dialed, nothing is polled, and new keys are learned.
import { afterEach, describe, expect, it } from 'vitest'
import type { BookWorld } from '../../../../tests/support/book-world.ts'
import { addressOf, bookWorld, HOUR, MINUTE, outboundOf, SECOND } from '../../../../tests/support/book-world.ts'
import { rounds } from '../../../../tests/support/counts.ts'
import { dialPolicy } from '../dialing/policy.ts'
import { defaultCrypto, DiscReason, generatePrivateKey, toHex } from '../index.ts'

let world: BookWorld
afterEach(() => world.close())

/** Ten addresses of one network; only the first is somebody's. */
async function oneGroup(worldSeed: number): Promise<string[]> {
  world = bookWorld(worldSeed)
  const alive = await world.settle('50.60.1.1')
  const others = Array.from({ length: 9 }, (_, i) => {
    const key = toHex(defaultCrypto.publicKeyOf(generatePrivateKey(world.random)))
    return `enode://${key}@50.60.2.${i + 1}:30303`
  })
  return [addressOf(alive), ...others]
}

describe('ten addresses of one network, of which one is alive', () => {
  it.each(Array.from({ length: rounds(2, 20) }, (_, i) => i + 1))(
    'lead to it within five seconds where the others refuse (seed %i), and at once as seeds',
    async (worldSeed) => {
      const addresses = await oneGroup(worldSeed)
      const byBook = await world.settle('99.1.1.1', { listen: false })
      for (const address of addresses) byBook.book.add(address)
      expect(await world.passUntil(() => outboundOf(byBook) === 1, 5 * SECOND, 100)).toBeLessThanOrEqual(5 * SECOND)
      const bySeeds = await world.settle('99.2.1.1', { listen: false, seeds: addresses })
      expect(await world.passUntil(() => outboundOf(bySeeds) === 1, 5 * SECOND, 100)).toBeLessThanOrEqual(5 * SECOND)
    },
  )

  it('lead to it after the dial limits of those before it, where these are silent', async () => {
    const addresses = await oneGroup(3)
    const node = await world.settle('99.1.1.1', { listen: false })
    for (let i = 1; i < 10; i++) world.network.blackHole(`50.60.2.${i}`, undefined, true)
    for (const address of addresses) node.book.add(address)
    const tookMs = await world.passUntil(() => outboundOf(node) === 1, 10 * MINUTE, 100)
    const before = node.dialed.findIndex(([, host]) => host === '50.60.1.1')
    expect(tookMs).toBeLessThanOrEqual(5 * SECOND + before * 15 * SECOND)
  })
})

describe('a book that knows one address', () => {
  it('has the dialer take it seldom while nobody is there, and finds whoever comes', async () => {
    world = bookWorld()
    const key = generatePrivateKey(world.random)
    const there = await world.settle('50.60.1.1', { node: { privateKey: key } })
    const node = await world.settle('99.1.1.1', { listen: false })
    node.book.add(addressOf(there))
    await world.run(there.node.close())
    const taken = (): number => node.node.inspect().dialing!.sources[0]!.taken
    for (let minute = 0; minute < 30; minute++) {
      const before = taken()
      await world.pass(MINUTE)
      expect(taken() - before).toBeLessThanOrEqual(2)
    }
    await world.settle('50.60.1.1', { node: { privateKey: key } })
    expect(await world.passUntil(() => outboundOf(node) === 1, HOUR)).toBeLessThan(HOUR)
  })

  it('sets no timer and takes nothing while it is connected with whom it knows', async () => {
    world = bookWorld()
    const there = await world.settle('50.60.1.1')
    const node = await world.settle('99.1.1.1', { listen: false, feelers: false })
    node.book.add(addressOf(there))
    await world.pass(MINUTE)
    const before = node.node.inspect().dialing!.sources[0]!.taken
    await world.pass(10 * MINUTE)
    expect([outboundOf(node), node.node.inspect().dialing!.sources[0]!.taken - before]).toEqual([1, 0])
  })
})

describe('a node that comes back with another key', () => {
  it('is known again by it, and nobody waits for the old one', async () => {
    world = bookWorld()
    const witness = await world.settle('40.1.1.1')
    const first = await world.settle('50.60.1.1', { seeds: [addressOf(witness)] })
    const node = await world.settle('99.1.1.1', { listen: false, seeds: [addressOf(witness), addressOf(first)] })
    await world.pass(MINUTE)
    expect(outboundOf(node)).toBe(2)
    await world.run(first.node.close())
    await world.pass(5 * MINUTE)
    const second = await world.settle('50.60.1.1', { seeds: [addressOf(witness)] })
    const isKnown = (): boolean => node.node.peers.some(({ id }) => id === second.node.id)
    expect(await world.passUntil(isKnown, 2 * HOUR)).toBeLessThan(2 * HOUR)
    expect(node.book.inspect()!.addresses).toMatchObject({ tried: 2, total: 2, claims: 2 })
  })
})

describe('a claim of a group that another source uses', () => {
  it('comes when that place is free again', async () => {
    world = bookWorld()
    const [one, two] = [await world.settle('50.60.1.1'), await world.settle('50.60.2.2')]
    const node = await world.settle('99.1.1.1', { listen: false, node: { dialing: dialPolicy({ outbound: 2 }) } })
    const peer = await world.run(node.node.dial(addressOf(one)))
    node.book.add(addressOf(two))
    await world.pass(MINUTE)
    expect(outboundOf(node)).toBe(1)
    peer.disconnect(DiscReason.requested)
    await world.run(one.node.close())
    expect(await world.passUntil(() => outboundOf(node) === 1, MINUTE, 100)).toBeLessThan(20 * SECOND)
  })
})
