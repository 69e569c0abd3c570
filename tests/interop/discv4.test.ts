// discv4 with go-ethereum: its own suite against ours, and networks of both.
import { describe, expect } from 'vitest'
import {
  defaultCrypto,
  dialPolicy,
  generatePrivateKey,
  silentLogger,
  systemClock,
  systemRandom,
  toHex,
} from '@peerwire/core'
import type { Node, Peer, Storage } from '@peerwire/core'
import { memoryStorage } from '@peerwire/core/testing'
import {
  createDiscv4,
  discovery,
  forkIdEntry,
  formatNodeUrl,
  formatRecord,
  parseNode,
  parseRecord,
  recordEndpoint,
  signRecord,
  udp,
} from '@peerwire/discovery'
import type { Discovery, Discv4, DiscoveryOptions } from '@peerwire/discovery'
import { runDevp2p } from './support/devp2p.ts'
import type { GethPeer } from './support/gethpeer.ts'
import { it } from './support/it.ts'
import type { TestNode, TestNodeOptions } from './support/test-node.ts'

const FORK_ID = { hash: Uint8Array.of(0x22, 0x20, 0xc9, 0x1e), next: 4_102_444_800n }
/** How long everyone may take to find everyone. */
const FIND_MS = 30_000
const LOOK_MS = 200
const SLOW_MS = 120_000

interface Alone {
  readonly discv4: Discv4
  /** `enode://…` with the UDP port, which is all it has. */
  readonly url: string
}

async function startAlone(cleanUp: (step: () => unknown) => void): Promise<Alone> {
  const privateKey = generatePrivateKey()
  const socket = await udp({ listen: 'udp://127.0.0.1:0' })({ host: '127.0.0.1', port: 0 })
  const surroundings = { clock: systemClock, random: systemRandom, crypto: defaultCrypto, logger: silentLogger }
  const { host, port } = socket.local
  const discv4 = createDiscv4({ privateKey, socket, tcp: () => port, ...surroundings })
  cleanUp(() => discv4.close())
  await discv4.start()
  const publicKey = defaultCrypto.publicKeyOf(privateKey)
  return { discv4, url: formatNodeUrl({ publicKey, host, tcp: port, udp: port }) }
}

interface Finder {
  readonly test: TestNode
  readonly node: Node
  readonly finder: Discovery
  readonly privateKey: Uint8Array
  readonly enode: string
}

async function startFinder(
  testNode: (options: TestNodeOptions) => Promise<TestNode>,
  options: Partial<DiscoveryOptions>,
  more: TestNodeOptions = {},
): Promise<Finder> {
  const privateKey = more.privateKey ?? generatePrivateKey()
  const finder = discovery({ privateKey, socket: udp(), ...options })
  const test = await testNode({ ...more, privateKey, plugins: [finder] })
  return { test, node: test.node, finder, privateKey, enode: test.address }
}

function knownIds({ finder }: Finder): Set<string> {
  return new Set(finder.discv4!.nodes.map(({ key }) => key))
}

/** Whom a geth has had in its table. */
function tableOf({ events }: GethPeer): Set<string> {
  return new Set(events.flatMap(({ event, id }) => (event === 'v4table' && id !== undefined ? [id] : [])))
}

/** Milliseconds until `look` says `true`; what else it says last is told when it never does. */
async function eventually(what: string, look: () => boolean | string, withinMs = FIND_MS): Promise<number> {
  const startMs = performance.now()
  for (let seen = look(); seen !== true; seen = look()) {
    if (performance.now() - startMs > withinMs) throw new Error(`not within ${withinMs} ms: ${what}; ${seen}`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  return Math.round(performance.now() - startMs)
}

describe("go-ethereum's tool", () => {
  it('passes us in all 15 cases of its discv4 suite', { timeout: SLOW_MS }, async ({ cleanUp }) => {
    const { url } = await startAlone(cleanUp)
    const hosts = ['--listen1', '127.0.0.1', '--listen2', '127.0.0.2']
    const { stdout, code } = await runDevp2p('discv4', 'test', '--remote', url, ...hosts)
    expect(stdout).toContain('15/15 tests passed.')
    expect(code).toBe(0)
  })

  it('pings us, and gets our record', { timeout: SLOW_MS }, async ({ cleanUp }) => {
    const { discv4, url } = await startAlone(cleanUp)
    expect((await runDevp2p('discv4', 'ping', url)).stdout).toContain('node responded to ping')
    const { stdout } = await runDevp2p('discv4', 'requestenr', url)
    expect(stdout.trim().split('\n').at(-1)).toBe(formatRecord(discv4.record))
  })

  it('reads our records', { timeout: SLOW_MS }, async () => {
    const values = { ip: Uint8Array.of(127, 0, 0, 1), tcp: 30303, udp: 30304, eth: forkIdEntry(FORK_ID), zz: 'kept' }
    const record = signRecord({ seq: 42n, values }, generatePrivateKey(), defaultCrypto)
    const { stdout, code } = await runDevp2p('enrdump', formatRecord(record))
    expect(code).toBe(0)
    expect(stdout).toContain(`Node ID: ${toHex(record.id!)}`)
    expect(stdout).toContain('sequence number 42 and 7 key/value pairs')
    const publicKey = record.publicKey!
    expect(stdout).toContain(formatNodeUrl({ publicKey, host: '127.0.0.1', tcp: 30303, udp: 30304 }))
  })

  it('is answered by ours as ours is by go-ethereum', { timeout: SLOW_MS }, async ({ cleanUp, gethpeer }) => {
    const geth = await gethpeer('-discv4')
    const { discv4 } = await startAlone(cleanUp)
    const node = parseNode(geth.enode, defaultCrypto)!
    expect((await discv4.ping(node)).tookMs).toBeLessThan(500)
    const record = await discv4.requestRecord(node)
    expect(toHex(record.id!)).toBe(geth.id)
    expect(recordEndpoint(record)).toMatchObject({ host: '127.0.0.1', tcp: geth.port })
    expect(parseRecord(formatRecord(record), defaultCrypto).seq).toBe(record.seq)
  })
})

/** Ours and go-ethereum's by whether they dial: a link to one that doesn't says who dialed, however the race goes. */
interface Network {
  readonly dialing: readonly Finder[]
  readonly silent: readonly Finder[]
  readonly dialingGeths: readonly GethPeer[]
  readonly silentGeths: readonly GethPeer[]
}

const OF_EACH = 4
/** More than the network has nodes, so that slots keep nobody from dialing everybody. */
const OUTBOUND = 20
const DIALS = { capabilities: ['test/1:16'], maxPeers: 40, dialing: dialPolicy({ outbound: OUTBOUND }) }
const DIALS_NOBODY = { ...DIALS, dialing: dialPolicy({ outbound: 0 }) }

async function startNetwork(
  start: (more: TestNodeOptions) => Promise<Finder>,
  gethpeer: (...args: string[]) => Promise<GethPeer>,
  { boot, storage }: { readonly boot: string; readonly storage: Storage },
): Promise<Network> {
  const four = <T>(make: (index: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: OF_EACH }, (_, index) => make(index)))
  const args = ['-discv4', '-bootnodes', boot, '-maxpeers', String(2 * OUTBOUND), '-dialratio', '2']
  const [dialing, silent, dialingGeths, silentGeths] = await Promise.all([
    four((index) => start(index === 0 ? { ...DIALS, storage } : DIALS)),
    four(() => start(DIALS_NOBODY)),
    four(() => gethpeer(...args)),
    four(() => gethpeer(...args, '-nodial')),
  ])
  return { dialing, silent, dialingGeths, silentGeths }
}

/** Peers among these geths of each of ours, by who dialed. */
function linksOf(ours: readonly Finder[], geths: readonly GethPeer[], direction: Peer['direction']): number[] {
  const ids = new Set(geths.map(({ id }) => id))
  return ours.map(({ node }) => node.peers.filter((peer) => ids.has(peer.id) && peer.direction === direction).length)
}

async function everyoneFindsEveryone(ours: readonly Finder[], geths: readonly GethPeer[]): Promise<number> {
  const ids = [...ours.map(({ node }) => node.id), ...geths.map(({ id }) => id)]
  const missing = (known: ReadonlySet<string>, own: string): number =>
    ids.filter((id) => id !== own && !known.has(id)).length
  return await eventually('everyone finds everyone', () => {
    const lacks = [
      ...ours.map((one) => missing(knownIds(one), one.node.id)),
      ...geths.map((geth) => missing(tableOf(geth), geth.id)),
    ]
    return lacks.every((count) => count === 0) || `each lacks ${lacks.join()}`
  })
}

/** Every dial that only one side can make is made, both ways. */
async function everyoneIsDialed({ dialing, silent, dialingGeths, silentGeths }: Network): Promise<number> {
  const isWhole = (links: readonly number[]): boolean => links.every((count) => count === OF_EACH)
  const tookMs = await eventually('each that dials has dialed each of the other kind that does not', () => {
    const [out, back] = [linksOf(dialing, silentGeths, 'outbound'), linksOf(silent, dialingGeths, 'inbound')]
    return (isWhole(out) && isWhole(back)) || `ours dialed ${out.join()} geths, and ${back.join()} geths dialed ours`
  })
  const dialedByGeth = silentGeths.flatMap(({ events }) => events.filter(({ inbound }) => inbound === false))
  expect(dialedByGeth).toEqual([])
  expect(silent.flatMap(({ node }) => node.peers.filter(({ direction }) => direction === 'outbound'))).toEqual([])
  return tookMs
}

describe('a network of 8 of go-ethereum’s and 8 of ours', () => {
  it(
    'finds everyone, dials from its tables, and outlives its bootnode',
    { timeout: SLOW_MS },
    async ({ cleanUp, gethpeer, testNode }) => {
      // Nobody is told of anybody but the bootnode, so that whoever is dialed was in a table.
      const boot = await startAlone(cleanUp)
      const storage = memoryStorage()
      const start = (more: TestNodeOptions): Promise<Finder> => startFinder(testNode, { bootnodes: [boot.url] }, more)
      const network = await startNetwork(start, gethpeer, { boot: boot.url, storage })
      const { dialing, silent, dialingGeths, silentGeths } = network
      const ours = [...dialing, ...silent]
      const foundMs = await everyoneFindsEveryone(ours, [...dialingGeths, ...silentGeths])
      const dialedMs = await everyoneIsDialed(network)
      process.stderr.write(`discv4: 16 nodes found each other in ${foundMs} ms, all dials ${dialedMs} ms later\n`)

      await boot.discv4.close()
      const bootnodes = [silentGeths[0]!.enode]
      const newcomer = await startFinder(testNode, { bootnodes }, DIALS_NOBODY)
      await eventually('a newcomer finds others', () => knownIds(newcomer).size >= 12)
      await eventually(
        'the others find it',
        () => ours.filter((one) => knownIds(one).has(newcomer.node.id)).length >= 4,
      )
      await eventually('a geth dials it from its table', () => linksOf([newcomer], dialingGeths, 'inbound')[0]! > 0)

      const first = dialing[0]!
      const seq = first.finder.discv4!.record.seq
      await first.node.close()
      const again = await startFinder(testNode, {}, { ...DIALS, privateKey: first.privateKey, storage })
      await eventually('it comes back from its storage', () => knownIds(again).size >= 8)
      await eventually('it dials geths from it', () => linksOf([again], silentGeths, 'outbound')[0]! > 0)
      expect(again.finder.inspect()).toMatchObject({ bootnodes: 0 })
      expect(again.finder.discv4!.record.seq).toBeGreaterThan(seq)
    },
  )
})
