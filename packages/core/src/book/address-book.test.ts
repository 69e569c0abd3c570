import { afterEach, describe, expect, it } from 'vitest'
import { seededRandom, type Random } from '../base/random.ts'
import type { Storage } from '../base/storage.ts'
import { generatePrivateKey } from '../crypto/private-key.ts'
import { dialPolicy } from '../dialing/policy.ts'
import { createNode, type Node } from '../node/node.ts'
import type { NodeOptions } from '../node/options.ts'
import type { Plugin, Verdict } from '../node/plugin.ts'
import { countOf } from '../testing/counts.ts'
import { memoryTcp } from '../testing/internet.ts'
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts'
import { memoryStorage } from '../testing/memory-storage.ts'
import { createMemoryNetwork, type MemoryNetwork } from '../testing/memory-transport.ts'
import type { Transport } from '../wire/link.ts'
import { addressBook, type AddressBook } from './address-book.ts'
import type { AddressBookOptions } from './options.ts'

const MINUTE = 60_000
const HOURS_AWAY = countOf({ short: 4, long: 24 })
/** Milliseconds for what plays for hours, or among many: two cores are shared with other tests. */
const LONG_PLAY = { timeout: 900_000 * countOf({ short: 1, long: 20 }) }

interface World {
  readonly clock: ManualClock
  readonly network: MemoryNetwork
  readonly random: Random
  readonly nodes: Node[]
}

interface Inhabitant {
  readonly node: Node
  readonly book: AddressBook
  readonly lines: string[]
  /** Hosts in the order in which they were dialed. */
  readonly dialed: string[]
}

interface Settling extends AddressBookOptions {
  readonly storage?: Storage
  readonly listen?: boolean
  readonly node?: Partial<NodeOptions>
  readonly plugins?: readonly Plugin[]
}

let world: World | undefined
afterEach(async () => {
  if (!world) return
  await run(Promise.all(world.nodes.map((node) => node.close())))
  // What was under way in the network arrives.
  await pass(1000)
  expect([world.clock.pendingTimers, world.network.links]).toEqual([0, 0])
  world = undefined
})

function theWorld(seed = 1): World {
  const clock = createManualClock()
  const random = seededRandom(seed)
  world = { clock, random, network: createMemoryNetwork({ clock, random, delayMs: [5, 50] }), nodes: [] }
  return world
}

async function run<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false
  const mark = (): void => void (isSettled = true)
  promise.then(mark, mark)
  for (let step = 0; !isSettled && step < 1000; step++) await world!.clock.advanceAsync(25)
  return await promise
}

const pass = (ms: number): Promise<void> => world!.clock.advanceAsync(ms)

async function settle(ip: string, settling: Settling = {}): Promise<Inhabitant> {
  const { clock, network, random, nodes } = world!
  const { storage, listen = true, node: options, plugins = [], ...bookOptions } = settling
  const lines: string[] = []
  const dialed: string[] = []
  const transport = memoryTcp(network, ip, { listen })
  const dial: Transport['dial'] = (endpoint, dialOptions) => {
    dialed.push(endpoint.host)
    return transport.dial(endpoint, dialOptions)
  }
  const book = addressBook(bookOptions)
  const node = createNode({
    privateKey: generatePrivateKey(random),
    transports: [{ ...transport, dial }],
    plugins: [book, ...plugins],
    clock,
    random,
    logger: {
      enabled: (level) => level !== 'trace' && level !== 'debug',
      log: (level, message, fields) => void lines.push(`${level} ${message} ${JSON.stringify(fields)}`),
    },
    ...(storage ? { storage } : {}),
    ...options,
  })
  nodes.push(node)
  await node.start()
  return { node, book, lines, dialed }
}

const ipOf = (n: number): string => `${20 + Math.floor(n / 250)}.${n % 250}.7.7`

const outboundOf = ({ node }: Inhabitant): number =>
  node.peers.filter(({ direction }) => direction === 'outbound').length
const addressOf = ({ node }: Inhabitant): string => node.addresses[0]!
const known = ({ book }: Inhabitant): number => book.inspect()!.addresses.total

async function passUntil(isDone: () => boolean, mostMs: number): Promise<number> {
  let passedMs = 0
  for (; !isDone() && passedMs < mostMs; passedMs += 5000) await pass(5000)
  return passedMs
}

describe('a network of nodes with books', () => {
  it('in which all know one seed, has each dial eight others, found through addr/1', LONG_PLAY, async () => {
    theWorld()
    // Two nodes have one connection, whoever dialed: among few nodes nobody is left to dial.
    const count = 40
    const seed = await settle(ipOf(0), { defaultPort: 30_303 })
    const others: Inhabitant[] = []
    for (let n = 1; n < count; n++) {
      others.push(await settle(ipOf(n), { seeds: [addressOf(seed)], defaultPort: 30_303 }))
      await pass(5000)
    }
    await passUntil(() => others.every((other) => outboundOf(other) >= 8), 120 * MINUTE)
    expect(others.map(outboundOf)).toEqual(others.map(() => 8))
    expect(Math.min(...others.map(known))).toBeGreaterThanOrEqual(8)
  })

  it('passes an address on over nodes in between', async () => {
    theWorld()
    const first = await settle(ipOf(0))
    const middle = await settle(ipOf(1), { seeds: [addressOf(first)] })
    await pass(MINUTE)
    const last = await settle(ipOf(2), { seeds: [addressOf(middle)], node: { dialing: undefined } })
    await passUntil(() => known(first) === 2 && known(last) === 2, 30 * MINUTE)
    expect([known(first), known(last)]).toEqual([2, 2])
  })

  it('keeps networks of other names apart', async () => {
    theWorld()
    const one = await settle(ipOf(0), { network: 'one' })
    const two = await settle(ipOf(1), { network: 'two', seeds: [addressOf(one)] })
    await pass(30 * MINUTE)
    expect(known(one)).toBe(0)
    expect(two.node.peers).toHaveLength(1)
    expect(two.book.inspect()!.addr.processed).toBe(0)
  })

  it('never takes the port that a peer dials from for an address', async () => {
    theWorld()
    const one = await settle(ipOf(0))
    const tab = await settle(ipOf(1), { listen: false, seeds: [addressOf(one)] })
    await pass(60 * MINUTE)
    expect(one.node.peers).toHaveLength(1)
    expect([known(one), known(tab)]).toEqual([0, 1])
  })
})

describe('the start', () => {
  it('asks seeds at once when nobody is known', async () => {
    theWorld()
    const seed = await settle(ipOf(0))
    const one = await settle(ipOf(1), { seeds: [addressOf(seed)] })
    await pass(1000)
    expect(outboundOf(one)).toBe(1)
    expect(one.lines.filter((line) => line.includes('Asking seeds'))).toHaveLength(1)
  })

  it('asks seeds only when the book has not found two peers in 11 seconds', async () => {
    theWorld()
    const [a, b, seed] = [await settle(ipOf(0)), await settle(ipOf(1)), await settle(ipOf(2))]
    const storage = memoryStorage()
    const before = await settle(ipOf(3), { storage })
    for (const address of [addressOf(a), addressOf(b)]) expect(before.book.add(address)).toBe(true)
    await run(before.node.close())
    const helped = await settle(ipOf(3), { storage, seeds: [addressOf(seed)] })
    await pass(20_000)
    expect([outboundOf(helped), helped.book.inspect()!.seedsAsked]).toEqual([2, 0])
    await run(helped.node.close())
    for (const { node } of [a, b]) await run(node.close())
    const lost = await settle(ipOf(3), { storage, seeds: [addressOf(seed)] })
    await pass(10_000)
    expect(lost.book.inspect()!.seedsAsked).toBe(0)
    await pass(5000)
    expect([outboundOf(lost), lost.book.inspect()!.seedsAsked]).toEqual([1, 1])
  })

  it('takes seeds from functions, and goes on when one fails', async () => {
    theWorld()
    const seed = await settle(ipOf(0))
    const one = await settle(ipOf(1), {
      seeds: [
        () => Promise.reject(new Error('no list')),
        async function* () {
          yield addressOf(seed)
        },
      ],
    })
    await pass(1000)
    expect(outboundOf(one)).toBe(1)
    expect(one.lines).toContainEqual(expect.stringMatching(/^warn A seed gave nothing .*no list/))
  })

  it.each([
    ['dials the two peers that were connected longest first, before any other', 35_000],
    ['dials them again when they have refused because the restart was quick', 0],
  ])('%s', async (_, waitMs) => {
    theWorld()
    const three = [await settle(ipOf(0)), await settle(ipOf(1)), await settle(ipOf(2))]
    const storage = memoryStorage()
    const before = await settle(ipOf(9), { storage })
    for (const other of three) {
      before.book.add(addressOf(other))
      await passUntil(() => before.node.peers.some(({ id }) => id === other.node.id), 10 * MINUTE)
    }
    await run(before.node.close())
    await pass(waitMs)
    const after = await settle(ipOf(9), { storage })
    expect(after.book.inspect()!.anchors).toEqual(three.slice(0, 2).map(addressOf))
    await pass(60_000)
    expect(after.dialed.slice(0, 2)).toEqual([ipOf(0), ipOf(1)])
    const ids = after.node.peers.map(({ id }) => id)
    expect(ids).toEqual(expect.arrayContaining(three.slice(0, 2).map(({ node }) => node.id)))
  })

  it('never fails because of what is stored', async () => {
    theWorld()
    for (const bytes of [new Uint8Array(0), new Uint8Array(100_000), Uint8Array.of(0x5b, 0x0a)]) {
      const storage = memoryStorage()
      storage.values.set('peers.json', bytes)
      const one = await settle(ipOf(0), { storage })
      expect(one.lines.filter((line) => line.startsWith('warn Address book'))).toHaveLength(1)
      expect(one.book.inspect()!.file!.trouble).toMatch(/kept as/)
      await run(one.node.close())
      expect(storage.values.has('peers.json')).toBe(true)
    }
  })
})

describe('what a node meets', () => {
  it('makes an address good, with the key that was proven', async () => {
    theWorld()
    const one = await settle(ipOf(0))
    const two = await settle(ipOf(1))
    await run(two.node.dial(addressOf(one)))
    expect(two.book.inspect()!.addresses).toMatchObject({ total: 1, tried: 1 })
  })

  it(`is not forgotten when it is away for ${HOURS_AWAY} hours, and not held against it`, LONG_PLAY, async () => {
    theWorld()
    const count = countOf({ short: 9, long: 40 })
    const others: Inhabitant[] = []
    for (let n = 0; n < count; n++) others.push(await settle(ipOf(n)))
    const storage = memoryStorage()
    const one = await settle(ipOf(99), { storage })
    for (const other of others) one.book.add(addressOf(other))
    await passUntil(() => outboundOf(one) === 8, 10 * MINUTE)
    world!.network.blackHole(ipOf(99), undefined, true)
    world!.network.cut(ipOf(99))
    for (let hour = 0; hour < HOURS_AWAY; hour++) await pass(60 * MINUTE)
    expect(outboundOf(one)).toBe(0)
    expect(known(one)).toBe(count)
    await run(one.node.close())
    const text = new TextDecoder().decode(storage.values.get('peers.json'))
    const fails = [...text.matchAll(/"fails":(\d+)/g)].map(([, digits]) => Number(digits))
    expect(fails).toHaveLength(count)
    expect(Math.max(...fails)).toBeLessThanOrEqual(1)
    world!.network.blackHole(ipOf(99), undefined, false)
    const again = await settle(ipOf(99), { storage })
    await passUntil(() => outboundOf(again) === 8, 10 * MINUTE)
    expect(outboundOf(again)).toBe(8)
  })

  it('is tried out by feelers, which make no peers', async () => {
    theWorld()
    const others: Inhabitant[] = []
    for (let n = 0; n < 6; n++) others.push(await settle(ipOf(n)))
    const one = await settle(ipOf(99), { node: { dialing: dialPolicy({ outbound: 1 }) } })
    for (const other of others) one.book.add(addressOf(other))
    await pass(60 * MINUTE)
    const { addresses, feelers } = one.book.inspect()!
    expect(addresses.tried).toBe(6)
    expect(feelers.alive).toBeGreaterThanOrEqual(5)
    expect(one.node.peers).toHaveLength(1)
  })

  it('is neither dialed nor told when something is held against it', async () => {
    theWorld()
    const bad = await settle(ipOf(0))
    const verdicts = new Map<string, Verdict>([[ipOf(0), 'discouraged']])
    const judge: Plugin = {
      name: 'judge',
      judge: ({ address = '' }) => [...verdicts].find(([ip]) => address.includes(ip))?.[1],
    }
    const one = await settle(ipOf(1), { plugins: [judge], seeds: [addressOf(bad)] })
    await pass(5 * MINUTE)
    expect([known(one), outboundOf(one)]).toEqual([1, 0])
    const asker = await settle(ipOf(2), { seeds: [addressOf(one)] })
    await pass(30 * MINUTE)
    expect(asker.node.peers).toHaveLength(1)
    expect(known(asker)).toBe(1)
  })
})

describe('an answer', () => {
  it.each([
    [3, 3],
    [10, 10],
    [30, 10],
    [200, 46],
  ])('of a book with %i addresses tells %i at most', async (count, told) => {
    theWorld()
    const one = await settle(ipOf(0), { node: { dialing: dialPolicy({ outbound: 0 }) } })
    for (let n = 1; known(one) < count; n++)
      one.book.add(`enode://${n.toString(16).padStart(128, '0')}@${ipOf(n)}:30303`)
    const asker = await settle(ipOf(240), { node: { dialing: dialPolicy({ outbound: 0 }) }, listen: false })
    await run(asker.node.dial(addressOf(one)))
    await pass(5000)
    // It knows whom it dialed, too, and what that told of itself.
    expect(known(asker)).toBeGreaterThan(told * 0.9)
    expect(known(asker)).toBeLessThanOrEqual(told + 1)
  })
})

describe('a book', () => {
  it('is the same after a restart', async () => {
    theWorld()
    const storage = memoryStorage()
    const one = await settle(ipOf(0), { storage })
    const count = 500
    for (let n = 1; n <= count; n++) {
      const key = n.toString(16).padStart(128, '0')
      one.book.add(`enode://${key}@${ipOf(n)}:30303`)
    }
    const before = one.book.inspect()!.addresses
    await run(one.node.close())
    const again = await settle(ipOf(0), { storage })
    expect(again.book.inspect()!.addresses).toEqual(before)
    expect(again.lines).toContainEqual(expect.stringMatching(`info Address book {"addresses":${before.total}`))
  })

  it('does not hold up a close for more than two seconds, however dead the disk', async () => {
    theWorld()
    const storage: Storage = { ...memoryStorage(), write: () => new Promise(() => undefined) }
    const one = await settle(ipOf(0), { storage })
    one.book.add(`enode://${'1'.repeat(128)}@1.2.3.4:30303`)
    const startMs = world!.clock.now()
    await run(one.node.close())
    // Time passes in steps; the end may be seen one step later.
    expect(world!.clock.now() - startMs).toBeLessThan(2100)
    expect(one.lines).toContainEqual(expect.stringMatching(/plugin address-book failed to stop.*2000 ms/))
  })

  it('says what it waits for', async () => {
    theWorld()
    const one = await settle(ipOf(0))
    await pass(1000)
    const waitsFor = 'nobody is known; peers that tell of others'
    expect(JSON.parse(JSON.stringify(one.node.inspect()))).toMatchObject({ plugins: { 'address-book': { waitsFor } } })
  })

  it('belongs to one node, and is of no use before its start', async () => {
    theWorld()
    const book = addressBook()
    expect(() => book.add(`enode://${'1'.repeat(128)}@1.2.3.4:1`)).toThrow(/not running/)
    expect(book.inspect()).toBeUndefined()
    const one = await settle(ipOf(0))
    const { clock, network, random } = world!
    const other = createNode({
      privateKey: generatePrivateKey(random),
      transports: [memoryTcp(network, ipOf(1))],
      plugins: [one.book],
      clock,
    })
    await expect(other.start()).rejects.toThrow(/belongs to another node/)
  })

  it.each([
    ['a seed that is no address', { seeds: ['example.org'] }, /not an address/],
    ['a seed without a key', { seeds: ['wss://relay.example/'] }, /without a public key/],
    ['a long name of a network', { network: 'x'.repeat(33) }, /32 bytes, not 33/],
    ['a port that is none', { defaultPort: 0 }, /1 to 65535, not 0/],
    ['an endpoint with a key', { advertise: [`tcp://${'1'.repeat(128)}@1.2.3.4:1`] }, /a key does not belong/],
  ])('is not made of %s', (_, options, why) => {
    expect(() => addressBook(options)).toThrow(why)
  })

  it('takes addresses of its own network in only where it is told to', async () => {
    theWorld()
    const address = `enode://${'1'.repeat(128)}@127.0.0.1:30303`
    const books = [await settle(ipOf(0)), await settle(ipOf(1), { local: true })]
    expect(books.map(({ book }) => book.add(address))).toEqual([false, true])
  })
})
