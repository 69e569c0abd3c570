import { afterEach, describe, expect, it } from 'vitest'
import { seededRandom } from '../base/random.ts'
import { generatePrivateKey } from '../crypto/private-key.ts'
import { dialPolicy } from '../dialing/policy.ts'
import { createNode } from '../node/node.ts'
import type { Node } from '../node/node.ts'
import type { NodeOptions } from '../node/options.ts'
import { memoryTcp } from '../testing/internet.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import type { ManualClock } from '../testing/manual-clock.ts'
import { createMemoryNetwork } from '../testing/memory-transport.ts'
import { addressBook } from './address-book.ts'
import type { AddressBook } from './address-book.ts'

const HOUR_MS = 3_600_000

let clock: ManualClock
let nodes: Node[] = []
afterEach(async () => {
  await clock.run(Promise.all(nodes.map((node) => node.close())))
  nodes = []
})

/** A node with a book that dials one, and six others that dial nobody by themselves. */
async function start(more: Partial<NodeOptions> = {}): Promise<{ one: Node; book: AddressBook; others: Node[] }> {
  clock = createManualClock()
  const random = seededRandom(5)
  const network = createMemoryNetwork({ clock, random, delayMs: [5, 50] })
  const make = async (ip: string, options: Partial<NodeOptions>): Promise<Node> => {
    const transports = [memoryTcp(network, ip, { listen: true })]
    const node = createNode({ privateKey: generatePrivateKey(random), transports, clock, random, ...options })
    nodes.push(node)
    await node.start()
    return node
  }
  const book = addressBook()
  const one = await make('20.9.1.1', { plugins: [book], dialing: dialPolicy({ outbound: 1 }), ...more })
  const others: Node[] = []
  for (let i = 0; i < 6; i++) {
    const plugins = [addressBook({ feelers: false })]
    others.push(await make(`20.${10 + i}.1.1`, { plugins, dialing: dialPolicy({ outbound: 0 }) }))
  }
  return { one, book, others }
}

describe('feelers', () => {
  it('try out the others, and no peer, whoever dialed', async () => {
    const { one, book, others } = await start()
    for (const other of others.slice(1, 4)) await clock.run(other.dial(one.addresses[0]!))
    for (const other of others) book.add(other.addresses[0]!)
    await clock.advanceAsync(HOUR_MS)
    // One is dialed; the others are two or three.
    const { sent, alive } = book.inspect()!.feelers
    expect(one.peers).toHaveLength(4)
    expect([sent, alive]).toEqual([2, 2])
  })

  it('are not sent by a full node, which dials nobody, and are when there is room', async () => {
    const { one, book, others } = await start({ maxPeers: 2 })
    for (const other of others) book.add(other.addresses[0]!)
    await clock.advanceAsync(60_000)
    const guest = others.find((other) => other.peers.length === 0)!
    await clock.run(guest.dial(one.addresses[0]!))
    const { sent } = book.inspect()!.feelers
    await clock.advanceAsync(HOUR_MS)
    expect(one.peers).toHaveLength(2)
    expect(book.inspect()!.feelers.sent).toBe(sent)
    expect(others.filter((other) => other !== guest).every((other) => other.inspect().failures.length === 0)).toBe(true)
    guest.peers[0]!.disconnect()
    await clock.advanceAsync(HOUR_MS)
    expect(book.inspect()!.feelers.alive).toBeGreaterThan(sent)
  })
})
