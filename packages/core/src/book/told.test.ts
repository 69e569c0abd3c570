// What others are told of a node's book: no connection shows in it, no useless node, and nobody who is banned.
import { addr, type AddrEntry } from '@peerwire/core/address-book'
import { afterEach, describe, expect, it } from 'vitest'
import type { BookWorld, Inhabitant } from '../../../../tests/support/book-world.ts'
import { addressOf, bookWorld, entryOf, HOUR, ipOf, MINUTE, outboundOf } from '../../../../tests/support/book-world.ts'
import { rounds } from '../../../../tests/support/counts.ts'
import { dialPolicy } from '../dialing/policy.ts'
import {
  type Clock,
  defaultCrypto,
  defineProtocol,
  generatePrivateKey,
  message,
  standing,
  text,
  toHex,
} from '../index.ts'
import { kind } from '../protocols/kind.ts'
import { memoryStorage } from '../testing/memory-storage.ts'
import { inventory } from '../inventory/plugin.ts'

let world: BookWorld
afterEach(() => world.close())

const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, text) } })
const other = defineProtocol({ name: 'other', version: 1, messages: { say: message(0, text) } })

/** What a stranger from a host gets as an answer. */
async function spy(host: string, target: Inhabitant, network = 'main'): Promise<AddrEntry[]> {
  const told: AddrEntry[] = []
  const offer = addr.with(
    { addr: (_, { entries }) => void (entries.length > 1 && told.push(...entries)) },
    { opened: (peer) => void peer.send(addr, 'getaddr', { network }) },
  )
  const settling = { listen: false, bookless: true, protocols: [offer] }
  const { node } = await world.settle(host, settling)
  await world.run(node.dial(addressOf(target)))
  await world.pass(3000)
  await world.run(node.close())
  return told
}

describe('whoever asks again and again', () => {
  it('learns neither with whom a node is connected nor since when', { timeout: 300_000 }, async () => {
    world = bookWorld(5)
    const others: Inhabitant[] = []
    for (let n = 0; n < rounds(12, 24); n++) {
      // Every third speaks of itself when it is connected, as nodes with a book do.
      const bookless = n % 3 > 0
      const dialing = dialPolicy({ outbound: 0, maxPeers: 20 })
      others.push(
        await world.settle(ipOf(n), {
          bookless,
          node: { dialing },
          ...(bookless ? { protocols: [addr.with({})] } : {}),
        }),
      )
    }
    const ages = others.map((_, n) => 3600 * (3 + ((n * 7) % 20)))
    const teller = await world.teller('150.1.1.1', () =>
      others.map((one, n) => entryOf(addressOf(one), world.now() - ages[n]!)),
    )
    const target = await world.settle('160.1.1.1')
    const sinceS = new Map<string, number>()
    target.node.on('peer:added', ({ publicKey }) => void sinceS.set(toHex(publicKey), world.now()))
    target.node.on('peer:removed', ({ peer }) => void sinceS.set(`end ${toHex(peer.publicKey)}`, world.now()))
    await world.run(target.node.dial(teller.addresses[0]!))
    let told = 0
    for (let hour = 0; hour < rounds(3, 24); hour++) {
      await world.pass(HOUR)
      // One of the eight leaves now and then, and is met again.
      if (hour % 4 === 2) target.node.peers.find(({ direction }) => direction === 'outbound')?.disconnect()
      const nowS = world.now()
      for (const { time, publicKey } of await spy(`170.${hour}.1.1`, target)) {
        if (toHex(publicKey) === toHex(target.node.publicKey)) continue
        told++
        const key = toHex(publicKey)
        for (const moment of [sinceS.get(key), sinceS.get(`end ${key}`)]) {
          if (moment !== undefined) expect(Math.abs(time - moment) > 1 || time % 7200 === 0).toBe(true)
        }
        expect(time % 7200).toBe(0)
        expect(nowS - time).toBeGreaterThanOrEqual(7200 - 60)
      }
    }
    expect([outboundOf(target) > 4, told > 15]).toEqual([true, true])
  })
})

describe('a node that speaks nothing of ours', () => {
  it('is a failed attempt for dials and feelers, and nobody is told of it', async () => {
    world = bookWorld(3)
    const useless: Inhabitant[] = []
    for (let n = 0; n < 6; n++) {
      useless.push(await world.settle(`${20 + n}.1.1.1`, { bookless: true, protocols: [other.with({})] }))
    }
    const good = await world.settle('77.1.1.1', { protocols: [chat.with({})] })
    const one = await world.settle('99.1.1.1', { protocols: [chat.with({})] })
    for (const at of [...useless, good]) one.book.add(addressOf(at))
    await world.pass(rounds(2, 48) * HOUR)
    const { network, networkParts, addresses } = one.book.inspect()!
    expect([networkParts, addresses.tried, outboundOf(one)]).toEqual([['chat'], 1, 1])
    const told = await spy('120.1.1.1', one, network)
    const keys = told.map(({ publicKey }) => toHex(publicKey))
    expect(useless.filter(({ node }) => keys.includes(toHex(node.publicKey)))).toEqual([])
  })

  it('and a node of another network are no tried ones, though both speak addr/1', async () => {
    world = bookWorld(3)
    const theirs = await world.settle('20.1.1.1', { protocols: [other.with({})], seeds: [] })
    const ours = await world.settle('99.1.1.1', { protocols: [chat.with({})] })
    ours.book.add(addressOf(theirs))
    await world.pass(10 * MINUTE)
    expect(ours.book.inspect()!.addresses.tried).toBe(0)
  })
})

describe('the network of a book', () => {
  it.each([
    ['main without a protocol or kind', [], [], 'main', []],
    ['made of protocols', [other.with({}), chat.with({})], [], '9a3db181d3922a6e', ['chat', 'other']],
    ['made of protocols and kinds', [chat.with({})], ['note'], '92e24f62ed978064', ['chat', 'note']],
  ] as const)('is %s', async (_, protocols, kinds, network, networkParts) => {
    world = bookWorld()
    const items = inventory({
      kinds: kinds.map((name) =>
        kind<Uint8Array>({
          name,
          number: 16,
          maxBytes: 9,
          id: (item) => item,
          read: (item) => item,
          check: () => 'accept',
        }),
      ),
    })
    const one = await world.settle('99.1.1.1', { protocols, plugins: [items] })
    expect(one.book.inspect()).toMatchObject({ network, networkParts })
    const two = await world.settle('98.1.1.1', { protocols, network: 'mine' })
    expect(two.book.inspect()).toMatchObject({ network: 'mine', networkParts: [] })
  })
})

describe('a ban', () => {
  it('takes addresses out of an answer that is kept for a day', async () => {
    world = bookWorld(4)
    const guard = standing()
    const node = { dialing: dialPolicy({ outbound: 0, maxPeers: 8 }), limits: { acceptIntervalMs: 0 } }
    const one = await world.settle('99.1.1.1', { plugins: [guard], node, feelers: false })
    const hosts = await Promise.all(Array.from({ length: 60 }, (_, n) => world.settle(ipOf(n), { bookless: true })))
    for (const host of hosts) one.book.add(addressOf(host))
    const hostOf = ({ address }: AddrEntry): string => address.bytes.join('.')
    const before = (await spy('170.1.1.1', one)).map(hostOf)
    await guard.ban(before[0]!)
    await guard.ban(`${before[1]!.split('.').slice(0, 2).join('.')}.0.0/16`)
    await world.pass(HOUR)
    const after = (await spy('171.1.1.1', one)).map(hostOf)
    expect(after).toEqual(before.slice(2))
  })

  it('of a name ends whom it led to, over any transport', async () => {
    world = bookWorld(4)
    const guard = standing()
    const one = await world.settle('99.1.1.1', { plugins: [guard] })
    const named = await world.settle('peer.example.org', { bookless: true, protocols: [addr.with({})] })
    await world.run(one.node.dial(addressOf(named)))
    await guard.ban('peer.example.org')
    await world.pass(1000)
    expect(one.node.peers).toEqual([])
  })
})

describe('a flood of addresses', () => {
  it('ends no asking: every outbound peer is asked once', async () => {
    world = bookWorld(6)
    let asked = 0
    const junk = Array.from({ length: 1000 }, (_, i) => ({
      address: {
        network: 1 as const,
        bytes: Uint8Array.of(60 + (i % 100), i >> 2, 1, i & 255),
        port: 30_303,
        transport: 'tcp' as const,
        path: '',
      },
      publicKey: world.random.bytes(64),
      time: world.now(),
    }))
    const flooder = await world.teller('20.1.1.1', () => junk)
    const tellers = await Promise.all(['21.1.1.1', '22.1.1.1'].map((host) => world.teller(host, () => (asked++, []))))
    const one = await world.settle('99.1.1.1', {
      feelers: false,
      node: { dialing: dialPolicy({ outbound: 0, maxPeers: 9 }) },
    })
    for (const { addresses } of [flooder, ...tellers]) await world.run(one.node.dial(addresses[0]!))
    await world.pass(MINUTE)
    expect([one.book.inspect()!.addresses.total > 500, asked]).toEqual([true, 2])
  })
})

describe('one host behind eight names', () => {
  it('takes one outbound place', async () => {
    world = bookWorld(4)
    const names: Inhabitant[] = []
    for (let i = 0; i < 8; i++) {
      world.network.name(`cheap${i}.example${i}.com`, '66.6.6.6')
      names.push(await world.settle('66.6.6.6', { listen: 40_000 + i, bookless: true, protocols: [addr.with({})] }))
    }
    const good = await Promise.all(
      Array.from({ length: 4 }, (_, i) => world.settle(ipOf(i), { bookless: true, protocols: [addr.with({})] })),
    )
    const victim = await world.settle('99.1.1.1', { listen: false, feelers: false })
    for (const host of good) victim.book.add(addressOf(host))
    for (const [i, host] of names.entries()) {
      victim.book.add(addressOf(host).replace('66.6.6.6', `cheap${i}.example${i}.com`))
    }
    await world.pass(rounds(10, 60) * MINUTE)
    const ids = new Set(names.map(({ node }) => node.id))
    const atNames = victim.node.peers.filter(({ id }) => ids.has(id)).length
    expect([atNames, outboundOf(victim)]).toEqual([1, 5])
  })
})

describe('a book of this machine and its network', () => {
  it('says how many it keeps', async () => {
    world = bookWorld()
    const one = await world.settle('99.1.1.1', { local: true })
    for (let i = 1; i <= 200; i++) {
      const key = toHex(defaultCrypto.publicKeyOf(generatePrivateKey(world.random)))
      one.book.add(`enode://${key}@10.0.0.${i}:30303`)
    }
    const { addresses, bound } = one.book.inspect()!
    expect([addresses.total, bound]).toEqual([64, expect.stringContaining('at most 64 addresses not yet tried')])
  })
})

describe('a clock that is a year off at one start', () => {
  it.each([-365, 365])('(%i days) leaves a book as it was', async (days) => {
    world = bookWorld(8)
    const storage = memoryStorage()
    const dialing = dialPolicy({ outbound: 0, maxPeers: 8 })
    const before = await world.settle('99.1.1.1', { storage, node: { dialing } })
    for (let n = 0; n < 80; n++) {
      const key = toHex(defaultCrypto.publicKeyOf(generatePrivateKey(world.random)))
      before.book.add(`enode://${key}@${ipOf(n)}:30303`)
    }
    await world.run(before.node.close())
    const { clock } = world
    const wrong: Clock = {
      now: () => clock.now(),
      wallNow: () => clock.wallNow() + days * 24 * HOUR,
      setTimer: (ms, act) => clock.setTimer(ms, act),
    }
    const off = await world.settle('99.1.1.1', { storage, node: { dialing, clock: wrong } })
    off.book.add(`enode://${toHex(off.node.publicKey).replace(/^../, '00')}@${ipOf(90)}:30303`)
    await world.pass(HOUR)
    await world.run(off.node.close())
    const after = await world.settle('99.1.1.1', { storage, node: { dialing } })
    expect(after.book.inspect()!.addresses.total).toBeGreaterThanOrEqual(78)
    expect((await spy('170.1.1.1', after)).length).toBeGreaterThan(15)
  })
})

describe('an answer that is kept for a day', () => {
  it('tells the same addresses under the keys that their own hosts have shown since', async () => {
    world = bookWorld(8)
    const hosts: Inhabitant[] = []
    const dialing = dialPolicy({ outbound: 0, maxPeers: 20 })
    for (let n = 0; n < 12; n++) hosts.push(await world.settle(ipOf(n), { node: { dialing } }))
    const madeUp = (): Uint8Array => defaultCrypto.publicKeyOf(generatePrivateKey(world.random))
    const liar = await world.teller('150.1.1.1', () =>
      hosts.map((host) => entryOf(addressOf(host), world.now(), madeUp())),
    )
    const target = await world.settle('99.1.1.1', { node: { dialing } })
    await world.run(target.node.dial(liar.addresses[0]!))
    await world.pass(2000)
    const before = await spy('60.1.1.1', target)
    const keyOf = new Map(hosts.map(({ node }, n) => [ipOf(n), toHex(node.publicKey)]))
    const rightOf = (told: readonly AddrEntry[]): number =>
      told.filter(({ address, publicKey }) => keyOf.get(address.bytes.join('.')) === toHex(publicKey)).length
    expect([before.length >= 10, rightOf(before)]).toEqual([true, 0])
    for (const host of hosts) {
      await world.run(host.node.dial(addressOf(target)))
      await world.pass(1000)
    }
    const after = await spy('61.1.1.1', target)
    const placesOf = (told: readonly AddrEntry[]): string[] => told.map(({ address }) => address.bytes.join('.')).sort()
    expect(placesOf(after)).toEqual(placesOf(before))
    expect(rightOf(after)).toBe(placesOf(after).filter((place) => keyOf.has(place)).length)
  })
})
