// discv4 with go-ethereum: its own suite against ours, and networks of both.
import { describe, expect } from 'vitest'
import { defaultCrypto, generatePrivateKey, silentLogger, systemClock, systemRandom, toHex } from '@peerwire/core'
import type { Node } from '@peerwire/core'
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

async function eventually(what: string, isTrue: () => boolean, withinMs = FIND_MS): Promise<number> {
  const startMs = performance.now()
  while (!isTrue()) {
    if (performance.now() - startMs > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`)
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

describe('a network of 8 of go-ethereum’s and 8 of ours', () => {
  it(
    'finds everyone, dials from its tables, and outlives its bootnode',
    { timeout: SLOW_MS },
    async ({ cleanUp, gethpeer, testNode }) => {
      const boot = await startAlone(cleanUp)
      const storage = memoryStorage()
      const few = { capabilities: ['test/1:16'], maxPeers: 40 }
      const first = await startFinder(testNode, { bootnodes: [boot.url] }, { ...few, storage })
      const others = Array.from({ length: 7 }, () => startFinder(testNode, { bootnodes: [boot.url] }, few))
      const args = ['-discv4', '-bootnodes', boot.url, '-maxpeers', '40']
      const geths: GethPeer[] = await Promise.all(Array.from({ length: 8 }, () => gethpeer(...args)))
      const ours = [first, ...(await Promise.all(others))]
      const ids = [...ours.map(({ node }) => node.id), ...geths.map(({ id }) => id)]
      const knows = (known: ReadonlySet<string>, own: string): boolean => ids.every((id) => id === own || known.has(id))
      const foundMs = await eventually(
        'everyone finds everyone',
        () =>
          ours.every((one) => knows(knownIds(one), one.node.id)) &&
          geths.every((geth) => knows(tableOf(geth), geth.id)),
      )
      process.stderr.write(`discv4: 16 nodes found each other in ${foundMs} ms\n`)

      // Dials in both directions: nobody was told of anybody but the bootnode.
      const gethIds = new Set(geths.map(({ id }) => id))
      const isGeth = (direction: string): boolean =>
        ours.some(({ node }) => node.peers.some((peer) => gethIds.has(peer.id) && peer.direction === direction))
      await eventually('ours dials a geth from its table', () => isGeth('outbound'))
      await eventually('a geth dials ours from its table', () => isGeth('inbound'))

      await boot.discv4.close()
      const newcomer = await startFinder(testNode, { bootnodes: [geths[0]!.enode] }, few)
      await eventually('a newcomer is found', () => knownIds(newcomer).size >= 12)
      await eventually(
        'the others find it',
        () => ours.filter((one) => knownIds(one).has(newcomer.node.id)).length >= 4,
      )

      const seq = first.finder.discv4!.record.seq
      await first.node.close()
      const again = await startFinder(testNode, {}, { ...few, privateKey: first.privateKey, storage })
      await eventually('it comes back from its storage', () => knownIds(again).size >= 8)
      expect(again.finder.inspect()).toMatchObject({ bootnodes: 0 })
      expect(again.finder.discv4!.record.seq).toBeGreaterThan(seq)
    },
  )
})
