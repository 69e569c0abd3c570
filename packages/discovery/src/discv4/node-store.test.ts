import { describe, expect, it } from 'vitest'
import { generatePrivateKey, portableCrypto as crypto, seededRandom, silentLogger, toHex } from '@peerwire/core'
import type { Storage } from '@peerwire/core'
import { createManualClock, drainMicrotasks, memoryStorage } from '@peerwire/core/testing'
import type { ManualClock } from '@peerwire/core/testing'
import { signRecord } from '../records/record.ts'
import { formatNodeUrl } from '../records/node-url.ts'
import { knownNode } from './known-node.ts'
import type { KnownNode } from './known-node.ts'
import { NodeStore } from './node-store.ts'

const random = seededRandom(11)
const NAME = 'discovery.json'

function someNode(host: string): KnownNode {
  const publicKey = crypto.publicKeyOf(generatePrivateKey(random))
  return knownNode({ publicKey, host, udp: 30303, tcp: 30304 }, crypto)
}

async function open(storage: Storage, clock: ManualClock = createManualClock()): Promise<NodeStore> {
  const store = new NodeStore({ storage, clock, crypto, logger: silentLogger })
  await store.load()
  return store
}

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)

describe('the kept nodes', () => {
  it('come back after a restart with our record, the latest heard first', async () => {
    const storage = memoryStorage()
    const nodes = [someNode('9.9.9.9'), someNode('2001:4860::9'), someNode('8.8.8.8')]
    const record = signRecord({ seq: 5n, values: {} }, generatePrivateKey(random), crypto)
    const store = await open(storage)
    for (const node of nodes) store.heard(node)
    store.setRecord(record)
    await store.close()
    const again = await open(storage)
    expect(again.nodes.map(({ key, host, udp, tcp }) => [key, host, udp, tcp])).toEqual(
      nodes.toReversed().map(({ key, host, udp, tcp }) => [key, host, udp, tcp]),
    )
    expect(toHex(again.record!.bytes)).toBe(toHex(record.bytes))
  })

  it('are written once a minute at most, and not when nothing has changed', async () => {
    const storage = memoryStorage()
    const clock = createManualClock()
    let writes = 0
    const write: Storage['write'] = async (name, bytes) => {
      writes++
      await storage.write(name, bytes)
    }
    const store = await open({ ...storage, write }, clock)
    for (let i = 0; i < 20; i++) store.heard(someNode('9.9.9.9'))
    await clock.advanceAsync(59_000)
    expect(writes).toBe(0)
    await clock.advanceAsync(1_000)
    expect(writes).toBe(1)
    await clock.advanceAsync(600_000)
    await store.close()
    expect([writes, clock.pendingTimers]).toEqual([1, 0])
  })

  it('are forgotten five days after they were heard', async () => {
    const clock = createManualClock()
    const store = await open(memoryStorage(), clock)
    store.heard(someNode('9.9.9.9'))
    clock.advance(432_000_000)
    expect(store.nodes).toHaveLength(1)
    clock.advance(1)
    expect(store.nodes).toHaveLength(0)
    await store.close()
  })

  it('that are damaged are set aside, and those before them are taken', async () => {
    const storage = memoryStorage()
    const store = await open(storage)
    store.heard(someNode('9.9.9.9'))
    await store.close()
    await storage.write(NAME, new TextEncoder().encode('{"version":1,"nodes":'))
    const again = await open(storage)
    expect(again.nodes).toHaveLength(1)
    expect([...storage.aside.values()].map((bytes) => text(bytes))).toEqual(['{"version":1,"nodes":'])
  })

  it.each([
    ['nothing', ''],
    ['another version', '{"version":2,"nodes":[]}'],
    ['no list', '{"version":1,"nodes":{}}'],
    ['too much', `{"version":1,"nodes":[],"x":"${'x'.repeat(400_000)}"}`],
    ['no text', '\u{fffd}'],
  ])('that are %s are set aside', async (_, content) => {
    const storage = memoryStorage()
    const bytes = content === '\u{fffd}' ? Uint8Array.of(0xff, 0xfe) : new TextEncoder().encode(content)
    await storage.write(NAME, bytes)
    const store = await open(storage)
    expect([store.size, storage.aside.size]).toEqual([0, 1])
  })

  it('that can’t be read one by one don’t cost the others', async () => {
    const storage = memoryStorage()
    const url = formatNodeUrl(someNode('9.9.9.9'))
    const nodes = [
      { url, heardMs: createManualClock().wallNow() },
      7,
      null,
      {},
      { url: 'x', heardMs: 1 },
      { url: 'enode://12', heardMs: 1 },
      { url: 5, heardMs: 'y' },
    ]
    const content = JSON.stringify({ version: 1, record: 'enr:nonsense', nodes })
    await storage.write(NAME, new TextEncoder().encode(content))
    const store = await open(storage)
    expect([store.nodes.length, store.record, storage.aside.size]).toEqual([1, undefined, 0])
  })

  it('lose two to a flipped byte at most, and none with those before them', async () => {
    const storage = memoryStorage()
    const store = await open(storage)
    for (let i = 1; i <= 5; i++) store.heard(someNode(`9.9.9.${i}`))
    await store.close()
    const whole = storage.values.get(NAME)!
    for (let at = 0; at < whole.length; at += 7) {
      const flipped = whole.slice()
      flipped[at]! ^= 1 << (at % 8)
      const alone = memoryStorage()
      alone.values.set(NAME, flipped)
      expect((await open(alone)).nodes.length).toBeGreaterThanOrEqual(3)
      const both = memoryStorage()
      both.values.set(NAME, flipped)
      both.previous.set(NAME, whole)
      expect((await open(both)).nodes.length).toBe(5)
    }
  })

  it('are not lost by a write that failed: it is tried again', async () => {
    const storage = memoryStorage()
    const clock = createManualClock()
    let isFull = true
    const write: Storage['write'] = async (name, bytes) => {
      if (isFull) throw new Error('no space')
      await storage.write(name, bytes)
    }
    const store = await open({ ...storage, write }, clock)
    store.heard(someNode('9.9.9.9'))
    await clock.advanceAsync(60_000)
    expect(storage.values.size).toBe(0)
    isFull = false
    await store.close()
    await drainMicrotasks()
    expect(storage.values.has(NAME)).toBe(true)
  })
})
