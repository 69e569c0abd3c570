// Whoever tells of honest addresses under made-up keys costs dials and no peers: whole networks, a part of which lies.
import { addr, type AddrEntry } from '@peerwire/core/address-book'
import { afterEach, describe, expect, it } from 'vitest'
import type { BookWorld, Inhabitant } from '../../../../tests/support/book-world.ts'
import {
  addressOf,
  bookWorld,
  entryOf,
  HOUR,
  ipOf,
  keptTables,
  MINUTE,
  outboundOf,
} from '../../../../tests/support/book-world.ts'
import { rounds, seed } from '../../../../tests/support/counts.ts'
import { generatePrivateKey } from '../crypto/private-key.ts'
import { equalBytes } from '../base/bytes.ts'
import { dialPolicy } from '../dialing/policy.ts'
import { defaultCrypto } from '../index.ts'
import type { Node } from '../node/node.ts'
import { memoryStorage } from '../testing/memory-storage.ts'
import type { MemoryStorage } from '../testing/memory-storage.ts'

const LONG_PLAY = { timeout: 900_000 }

let world: BookWorld
afterEach(() => world.close())

const madeUpKey = (): Uint8Array => defaultCrypto.publicKeyOf(generatePrivateKey(world.random))

/** Of whom a node tells everybody who asks: each of these addresses, under a key that nobody has. */
function liar(host: string, honest: readonly Pick<Inhabitant, 'node'>[]): Promise<Node> {
  return world.teller(host, () => honest.map((node) => entryOf(addressOf(node), world.now(), madeUpKey())))
}

const peersAmong = ({ node }: Inhabitant, others: readonly { readonly node: Node }[]): number => {
  const ids = new Set(others.map((other) => other.node.id))
  return node.peers.filter(({ id, direction }) => direction === 'outbound' && ids.has(id)).length
}

/** Nodes of the network, of which every fourth lies. */
const NODES = rounds(16, 24)

describe('a network of which a quarter answers with every honest address under made-up keys', () => {
  it(
    'gives each newcomer eight honest outbound peers within ten minutes, at the start and later',
    LONG_PLAY,
    async () => {
      world = bookWorld(seed)
      const honest: Inhabitant[] = []
      const liars: Node[] = []
      const dialing = dialPolicy({ outbound: 2 })
      for (let n = 0; n < (NODES * 3) / 4; n++) {
        if (n % 3 === 0) liars.push(await liar(ipOf(100 + n), honest))
        const seeds = [liars.at(-1)!.addresses[0]!, ...honest.slice(-1).map(addressOf)]
        honest.push(await world.settle(ipOf(n), { seeds, node: { dialing } }))
      }
      const tookMs: number[] = []
      const newcomer = async (n: number): Promise<void> => {
        const seeds = [
          liars[n % liars.length]!.addresses[0]!,
          liars[(n + 1) % liars.length]!.addresses[0]!,
          addressOf(honest[n]!),
        ]
        const tab = await world.settle(ipOf(200 + n), { listen: false, seeds })
        tookMs.push(await world.passUntil(() => peersAmong(tab, honest) >= 8, 10 * MINUTE))
        await world.run(tab.node.close())
      }
      const newcomers = rounds(1, 4)
      for (let n = 0; n < newcomers; n++) await newcomer(n)
      for (let n = 6; n < rounds(6, 9); n++) {
        await world.pass(HOUR)
        await newcomer(n)
      }
      console.log(`newcomers had eight honest peers after ${tookMs.map((ms) => ms / 1000).join(', ')} s`)
      expect(Math.max(...tookMs)).toBeLessThanOrEqual(10 * MINUTE)
      expect(outboundOf(honest[0]!)).toBeGreaterThan(0)
    },
  )
})

/** Of how many hosts the book that was kept believes the right key. */
async function rightOf(storage: MemoryStorage, hosts: readonly Inhabitant[]): Promise<number> {
  const { tables } = await keptTables(world, storage)
  return hosts.filter((host) => {
    const { address, publicKey } = entryOf(addressOf(host), 0)
    return equalBytes(tables.get(address)?.publicKey ?? new Uint8Array(), publicKey)
  }).length
}

describe('addresses that somebody tells of under made-up keys for twenty days', () => {
  it('are right again, 98 of 100, after a day of dialing', LONG_PLAY, async () => {
    world = bookWorld(seed)
    const count = rounds(20, 500)
    const hosts: Inhabitant[] = []
    const limits = { acceptIntervalMs: 0 }
    for (let n = 0; n < count; n++)
      hosts.push(await world.settle(ipOf(n), { bookless: true, protocols: [addr.with({})] }))
    const told = (): AddrEntry[] => hosts.map((host) => entryOf(addressOf(host), world.now()))
    const tellers = [
      await liar('150.1.1.1', hosts),
      await world.teller('151.1.1.1', told),
      await world.teller('152.1.1.1', told),
    ]
    const storage = memoryStorage()
    const node = { limits, dialing: dialPolicy({ outbound: 0, maxPeers: 8 }) }
    const squatted = await world.settle('99.1.1.1', { storage, node })
    for (let day = 0; day < rounds(2, 20); day++) {
      for (const teller of tellers) {
        // The liar comes first: whoever tells of an address first had it for good.
        const peer = await world.run(squatted.node.dial(teller.addresses[0]!))
        await world.pass(2000)
        peer.disconnect()
      }
      await world.pass(20 * HOUR)
    }
    await world.run(squatted.node.close())
    const before = await rightOf(storage, hosts)
    const dialing = await world.settle('99.1.1.1', { storage })
    await world.pass(rounds(2, 24) * HOUR)
    await world.run(dialing.node.close())
    const after = await rightOf(storage, hosts)
    console.log(`${before} of ${count} squatted addresses were right, ${after} after dialing`)
    expect(after / count).toBeGreaterThanOrEqual(0.98)
  })
})
