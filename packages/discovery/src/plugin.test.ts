// Discovery as a part of nodes: memory links, memory datagrams, one clock.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createNode, defineProtocol, dialPolicy, generatePrivateKey, message, seededRandom, text } from '@peerwire/core'
import type { Node, NodeOptions, Random, Transport } from '@peerwire/core'
import { createManualClock, createMemoryNetwork, memoryStorage } from '@peerwire/core/testing'
import type { ManualClock, MemoryNetwork } from '@peerwire/core/testing'
import { createDatagramNetwork } from '../test/datagram-network.ts'
import type { DatagramNetwork } from '../test/datagram-network.ts'
import { discovery } from './plugin.ts'
import type { Discovery, DiscoveryOptions } from './plugin.ts'

const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, text) } })

interface Member {
  readonly node: Node
  readonly finder: Discovery
  readonly privateKey: Uint8Array
  readonly host: string
  /** With a UDP port of its own. */
  readonly url: string
}

let clock: ManualClock
let random: Random
let links: MemoryNetwork
let datagrams: DatagramNetwork
let members: Member[]

beforeEach(() => {
  clock = createManualClock()
  random = seededRandom(21)
  links = createMemoryNetwork({ clock, random })
  datagrams = createDatagramNetwork({ clock, random })
  members = []
})
afterEach(async () => {
  await until(Promise.all(members.map(({ node }) => node.close())))
  // What is under way arrives nowhere.
  await clock.advanceAsync(100)
  expect(clock.pendingTimers).toBe(0)
})

// Memory links under the name of TCP, so that addresses are those of records.
function asTcp(transport: Transport): Transport {
  const { listen } = transport
  return {
    name: transport.name,
    canDial: ({ scheme }) => scheme === 'tcp',
    dial: (endpoint, options) => transport.dial({ ...endpoint, scheme: 'memory' }, options),
    ...(listen && {
      listen: async (handlers) => {
        const listeners = await listen.call(transport, handlers)
        return listeners.map((listener) => ({
          endpoint: { ...listener.endpoint, scheme: 'tcp' },
          close: () => listener.close(),
        }))
      },
    }),
  }
}

async function join(
  host: string,
  options: Partial<DiscoveryOptions> = {},
  nodeOptions: Partial<NodeOptions> = {},
): Promise<Member> {
  const privateKey = options.privateKey ?? generatePrivateKey(random)
  const socket = async (): Promise<ReturnType<DatagramNetwork['bind']>> => datagrams.bind(host, 30303)
  const finder = discovery({ privateKey, socket, ...options })
  const transports = [asTcp(links.transport(host, { listen: true }))]
  const protocols = [chat.with({})]
  const node = createNode({ privateKey, transports, protocols, plugins: [finder], clock, random, ...nodeOptions })
  await node.start()
  const url = `${node.addresses[0]!}?discport=30303`
  const member = { node, finder, privateKey, host, url }
  members.push(member)
  return member
}

// In small steps: what a node loads on use comes in real time.
async function until(promise: Promise<unknown>): Promise<void> {
  let settled = false
  const mark = (): void => void (settled = true)
  promise.then(mark, mark)
  for (let i = 0; !settled && i < 2_400; i++) await clock.advanceAsync(25)
  expect(settled).toBe(true)
}

const pass = (ms: number): Promise<void> => clock.advanceAsync(ms)

// Real cryptography, much of it.
describe('discovery in a node', { timeout: 60_000 }, () => {
  it('meets nodes through one that both know, and dials them', async () => {
    const first = await join('20.1.1.1')
    const others = [
      await join('20.2.1.1', { bootnodes: [first.url] }),
      await join('20.3.1.1', { bootnodes: [first.url] }),
    ]
    await pass(8_000)
    for (const { node } of [first, ...others]) expect(node.peers).toHaveLength(2)
    expect(others[0]!.finder.inspect()).toMatchObject({ bootnodes: 1, nodes: 2, live: 2, endpoint: '20.2.1.1:30303' })
  })

  it('leaves those out whose records are not accepted', async () => {
    const first = await join('20.1.1.1', { entries: () => ({ chain: 'blue' }) })
    await join('20.2.1.1', { bootnodes: [first.url], entries: () => ({ chain: 'red' }) })
    const accept: DiscoveryOptions['accept'] = (record) => record?.pairs.get('chain')?.at(-1) === 'd'.charCodeAt(0)
    const picky = await join('20.3.1.1', { bootnodes: [first.url], accept })
    const dialed: string[] = []
    picky.node.on(
      'peer:added',
      ({ direction, endpoint }) => void (direction === 'outbound' && dialed.push(endpoint!.host)),
    )
    await pass(10_000)
    expect(dialed.every((host) => host === '20.2.1.1')).toBe(true)
    expect(picky.finder.inspect()!.left['not accepted']).toBeGreaterThan(0)
  })

  it('leaves out a neighbour of its own network, unless it was begun there or is told so', async () => {
    const first = await join('20.1.1.1')
    const strict = await join('20.2.1.1', { bootnodes: [first.url] })
    const open = await join('20.3.1.1', { bootnodes: [first.url], local: true })
    // It asks both, so that both know it.
    await join('192.168.1.7', { bootnodes: [strict.url, open.url] }, { dialing: dialPolicy({ outbound: 0 }) })
    await pass(20_000)
    const dialedBy = ({ node }: Member): (string | undefined)[] => node.peers.map(({ endpoint }) => endpoint?.host)
    expect(dialedBy(strict)).not.toContain('192.168.1.7')
    expect(strict.finder.inspect()!.left['not public']).toBeGreaterThan(0)
    expect(dialedBy(open)).toContain('192.168.1.7')
  })

  it('finds a persistent node that has moved', async () => {
    const first = await join('20.1.1.1')
    const watcher = await join('20.2.1.1', { bootnodes: [first.url] })
    const mover = await join('20.3.1.1', { bootnodes: [first.url] })
    await pass(10_000)
    watcher.node.addPersistent(mover.node.addresses[0]!)
    await until(mover.node.close())
    await join('20.4.1.1', { bootnodes: [first.url], privateKey: mover.privateKey })
    await pass(20_000)
    expect(watcher.node.peers.map(({ id }) => id)).toContain(mover.node.id)
  })

  it('comes back without a bootnode from what it has kept, with a record that goes on', async () => {
    const storage = memoryStorage()
    const first = await join('20.1.1.1')
    for (let i = 3; i < 6; i++) await join(`20.${i}.1.1`, { bootnodes: [first.url] })
    const mortal = await join('20.2.1.1', { bootnodes: [first.url] }, { storage })
    await pass(8_000)
    const { record } = mortal.finder.discv4!
    await until(mortal.node.close())
    await until(first.node.close())
    const again = await join('20.2.1.1', { privateKey: mortal.privateKey }, { storage })
    await pass(8_000)
    expect(again.finder.inspect()!.live).toBeGreaterThanOrEqual(3)
    expect(again.finder.discv4!.record.seq - record.seq).toBeLessThanOrEqual(1n)
    expect(again.node.peers.length).toBeGreaterThanOrEqual(3)
  })

  it('belongs to one node', async () => {
    const { finder } = await join('20.1.1.1')
    const transports = [asTcp(links.transport('20.9.9.9', { listen: true }))]
    const other = createNode({ privateKey: generatePrivateKey(random), transports, plugins: [finder], clock, random })
    await expect(other.start()).rejects.toThrow('belongs to a node already')
  })

  it('ends the start of its node when a bootnode can’t be read', async () => {
    await expect(join('20.1.1.1', { bootnodes: ['enode://12'] })).rejects.toThrow('128 hex digits')
  })
})
