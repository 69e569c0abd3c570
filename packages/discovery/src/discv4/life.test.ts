// What discovery does over time: walks when asked, checks who is there, and leaves nothing behind.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { seed } from '../../../../tests/support/counts.ts'
import { drainMicrotasks } from '@peerwire/core/testing'
import { createWorld, hostOf } from '../../test/world.ts'
import type { World, WorldNode } from '../../test/world.ts'
import type { KnownNode } from './known-node.ts'
import { PacketType } from './packets.ts'

let world: World
let first: WorldNode
beforeEach(async () => {
  world = createWorld(seed)
  first = await world.add(hostOf(0))
})
afterEach(() => world.close())

async function pass(ms: number): Promise<void> {
  for (let i = 0; i < ms; i += 100) {
    world.clock.advance(100)
    await drainMicrotasks()
  }
}

async function addMany(count: number): Promise<void> {
  for (let i = 1; i <= count; i++) await world.add(hostOf(i), { bootnodes: [first.url] })
  await pass(20_000)
}

/** Packets of a type that a host sends from now on. */
function countSent(host: string, type: PacketType): { count: number } {
  const seen = { count: 0 }
  world.network.onSend = (bytes, from) => {
    if (from.host === host && bytes[97] === type) seen.count++
  }
  return seen
}

describe('random walks', () => {
  it('are made only while somebody asks for nodes', async () => {
    // Enough for a table that needs no refresh.
    await addMany(24)
    const asked = countSent(hostOf(3), PacketType.findNode)
    const abort = new AbortController()
    const nodes = world.nodes[3]!.discv4.randomNodes(abort.signal)[Symbol.asyncIterator]()
    await pass(10_000)
    expect(asked.count).toBe(0)
    const met = new Set<string>()
    for (let i = 0; i < 150; i++) {
      const next = await world.until(nodes.next())
      if (!next.done) met.add(next.value.key)
    }
    expect(met.size).toBeGreaterThanOrEqual(20)
    const before = asked.count
    expect(before).toBeGreaterThan(0)
    await pass(2_000)
    const walked = asked.count
    await pass(20_000)
    expect(asked.count).toBe(walked)
    abort.abort()
    // What was met before is still given.
    let isDone = false
    for (let i = 0; i < 50 && !isDone; i++) isDone = (await world.until(nodes.next())).done === true
    expect(isDone).toBe(true)
  })

  it('wait while nobody is known, and go on when somebody is', async () => {
    const nodes = first.discv4.randomNodes()[Symbol.asyncIterator]()
    const next = nodes.next()
    await pass(30_000)
    const other = await world.add(hostOf(1), { bootnodes: [first.url] })
    const { value } = (await world.until(next)) as IteratorYieldResult<KnownNode>
    expect(value.publicKey).toEqual(other.publicKey)
  })
})

describe('the table over time', () => {
  it('loses a node that has gone, and asks the others on', async () => {
    await addMany(6)
    const gone = world.nodes[4]!
    await gone.discv4.close()
    const knows = (): boolean =>
      first.discv4.nodes.some(({ publicKey }) => String(publicKey) === String(gone.publicKey))
    expect(knows()).toBe(true)
    await pass(300_000)
    expect([knows(), first.discv4.nodes.length]).toEqual([false, 5])
  })

  it('learns that a record has changed, and where a node is', async () => {
    let word = 'old'
    const told = await world.add(hostOf(1), { bootnodes: [first.url], entries: () => ({ word }) })
    await pass(120_000)
    const known = (): string =>
      String(
        first.discv4.nodes
          .find(({ publicKey }) => String(publicKey) === String(told.publicKey))
          ?.record?.pairs.get('word'),
      )
    expect(known()).toBe(String(Uint8Array.of(0x83, ...new TextEncoder().encode('old'))))
    word = 'new'
    // At the next refresh.
    await pass(200_000)
    expect(known()).toBe(String(Uint8Array.of(0x83, ...new TextEncoder().encode('new'))))
  }, 60_000)

  it('finds a node by its key', async () => {
    await addMany(8)
    const [from, to] = [world.nodes[2]!, world.nodes[7]!]
    const found = await world.until(from.discv4.resolve(to.publicKey))
    expect(found).toMatchObject({ host: hostOf(7), udp: 30303, tcp: 30303 })
    expect(await world.until(from.discv4.resolve(new Uint8Array(64).fill(3)))).toBeUndefined()
  })
})

describe('an end', () => {
  it('leaves no timer, and fails what waits', async () => {
    const other = await world.add(hostOf(1), { bootnodes: [first.url] })
    await pass(5_000)
    const [node] = other.discv4.nodes
    const waits = [other.discv4.lookup(new Uint8Array(64)), other.discv4.ping(node!), other.discv4.requestRecord(node!)]
    const ended = Promise.allSettled(waits)
    await other.discv4.close()
    await other.discv4.close()
    for (const { status } of await ended) expect(status).toBe('rejected')
    await first.discv4.close()
    expect(world.clock.pendingTimers).toBeLessThanOrEqual(4)
    world.clock.advance(1_000)
    expect(world.clock.pendingTimers).toBe(0)
  })

  it('comes to questions that nobody answers', async () => {
    const other = await world.add(hostOf(1))
    await other.discv4.close()
    const node = { ...first.discv4.nodes[0], ...parse(other) }
    const asked = first.discv4.ping(node)
    await expect(world.until(asked)).rejects.toMatchObject({ code: 'request timeout' })
  })

  function parse({ publicKey, discv4 }: WorldNode): Parameters<typeof first.discv4.ping>[0] {
    const { host, port } = discv4.local
    return { publicKey, id: discv4.id, key: 'gone', host, udp: port, tcp: 0, seq: 0n }
  }
})
