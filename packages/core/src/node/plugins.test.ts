// Plugins live from before the first peer until after the last message.
import { describe, expect, it } from 'vitest'
import { defaultCrypto } from '../crypto/default.node.ts'
import { generatePrivateKey } from '../crypto/private-key.ts'
import type { StoredForm } from '../keeping/stored-form.ts'
import { text } from '../protocols/codecs.ts'
import { defineProtocol, message } from '../protocols/define-protocol.ts'
import { countOf } from '../testing/counts.ts'
import { createManualClock, drainMicrotasks } from '../testing/manual-clock.ts'
import { createMemoryNetwork } from '../testing/memory-transport.ts'
import { memoryStorage } from '../testing/memory-storage.ts'
import type { MemoryStorage } from '../testing/memory-storage.ts'
import { testNetwork } from '../testing/test-network.ts'
import { parseAddress } from '../wire/address.ts'
import type { Endpoint } from '../wire/address.ts'
import { createNode } from './node.ts'
import type { Node } from './node.ts'
import type { Plugin } from './plugin.ts'

const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, text) } })

/** A plugin that notes messages, and whether one came while it wasn't running. */
function createWitness() {
  const seen = { running: false, messages: 0, strays: 0 }
  const plugin: Plugin = {
    name: 'witness',
    protocols: [
      chat.with({
        say: () => {
          seen.messages++
          if (!seen.running) seen.strays++
        },
      }),
    ],
    start: () => void (seen.running = true),
    stop: () => void (seen.running = false),
  }
  return { plugin, seen }
}

describe('a plugin', () => {
  it('never meets a message outside its life, however peers send while the node closes', async () => {
    for (let run = 0; run < countOf({ short: 50, long: 1000 }); run++) {
      const { plugin, seen } = createWitness()
      const world = await testNetwork(2, (index) => (index === 1 ? [chat.with({})] : []), {
        seed: run + 1,
        delayMs: [0, 5],
        options: (index) => (index === 0 ? { plugins: [plugin] } : {}),
      })
      const peer = await world.connect(1, 0)
      const send = (): void => {
        for (let i = 0; i < 20; i++) void peer.send(chat, 'say', `line ${i}`)
      }
      send()
      await world.advance(run % 7)
      const closing = world.nodes[0]!.close()
      send()
      await world.until(closing)
      send()
      await world.close()
      expect({ run, strays: seen.strays, running: seen.running }).toEqual({ run, strays: 0, running: false })
    }
  })

  it('that fails to start ends the start by name, and leaves nothing open', async () => {
    const clock = createManualClock()
    const network = createMemoryNetwork({ clock })
    const node = createNode({
      privateKey: generatePrivateKey(),
      transports: [network.transport('a', { listen: true })],
      plugins: [{ name: 'broken', start: () => Promise.reject(new Error('no disk')) }],
      clock,
    })
    await expect(node.start()).rejects.toThrow('plugin broken failed to start: no disk')
    expect({ timers: clock.pendingTimers, listeners: network.listeners }).toEqual({ timers: 0, listeners: 0 })
  })

  it('is stopped once if its start was called, whatever came of it, and never else', async () => {
    const calls: string[] = []
    const start = (name: string, does: () => void | Promise<void> = () => undefined): Plugin => ({
      name,
      start: () => {
        calls.push(`start ${name}`)
        return does()
      },
      stop: () => void calls.push(`stop ${name}`),
    })
    const throws = (): never => {
      throw new Error('no')
    }
    const clock = createManualClock()
    const network = createMemoryNetwork({ clock })
    const make = (...plugins: Plugin[]): Node =>
      createNode({
        privateKey: generatePrivateKey(),
        transports: [network.transport('a', { listen: true })],
        plugins,
        clock,
      })
    const failed = async (node: Node, message: string): Promise<void> => {
      await expect(node.start()).rejects.toThrow(message)
      expect([node.inspect().state, clock.pendingTimers, network.listeners]).toEqual(['closed', 0, 0])
      await expect(node.start()).rejects.toThrow('closed')
    }
    await make(start('never')).close()
    expect(calls.splice(0)).toEqual([])
    await failed(make(start('one'), start('bad', throws), start('two')), 'plugin bad failed to start: no')
    expect(calls.splice(0)).toEqual(['start one', 'start bad', 'stop bad', 'stop one'])
    await failed(make(start('one'), { name: 'deaf', listening: throws }), 'no')
    expect(calls.splice(0)).toEqual(['start one', 'stop one'])
    await failed(make(start('one'), { name: 'source', candidates: throws }), 'no')
    expect(calls.splice(0)).toEqual(['start one', 'stop one'])
    const slow = make(
      start('slow', () => new Promise(() => undefined)),
      start('two'),
    )
    const starting = slow.start()
    await drainMicrotasks()
    await Promise.all([slow.close(), starting])
    expect(calls.splice(0)).toEqual(['start slow', 'stop slow'])
  })

  it('gets the storage of the node and a keeper for it, or neither where nothing is kept, which is said', async () => {
    const form: StoredForm = {
      name: 'things.json',
      title: 'Things',
      kind: 'things',
      version: 1,
      maxRows: 1,
      rows: () => [[{ id: 1 }]],
      keyOf: () => 1,
    }
    for (const without of [undefined, 'somebody else has it']) {
      const storage: MemoryStorage = { ...memoryStorage(), without }
      const lines: string[] = []
      const found: unknown[] = []
      const plugin: Plugin = {
        name: 'collector',
        start: async (context) => {
          const kept = await context.keep(form)
          await kept?.keeper.save()
          found.push(context.storage, kept !== undefined)
        },
      }
      const node = createNode({
        privateKey: generatePrivateKey(),
        transports: [createMemoryNetwork({ clock: createManualClock() }).transport('a')],
        plugins: [plugin],
        storage,
        logger: { enabled: () => true, log: (level, message) => void lines.push(`${level} ${message}`) },
      })
      await node.start()
      await node.close()
      expect(found).toEqual(without === undefined ? [storage, true] : [undefined, false])
      expect(storage.values.has('things.json')).toBe(without === undefined)
      expect(lines.filter((line) => line.startsWith('warn'))).toEqual(
        without === undefined ? [] : ['warn Nothing is kept'],
      )
    }
  })

  it('that never stops does not hold up close', async () => {
    const world = await testNetwork(1, [], {
      options: () => ({ plugins: [{ name: 'stuck', stop: () => new Promise<void>(() => undefined) }] }),
    })
    const before = world.clock.now()
    await world.close()
    expect(world.clock.now() - before).toBeLessThanOrEqual(1000)
  })

  it('is told when the listeners stand, before the node dials, and its failure ends the start', async () => {
    const clock = createManualClock()
    const network = createMemoryNetwork({ clock })
    const heard: string[] = []
    const plugin: Plugin = {
      name: 'finder',
      start: ({ node }) => void heard.push(`start ${node.addresses.length}`),
      listening: () => void heard.push(`listening ${node.addresses.length}`),
      candidates: async function* () {
        heard.push('candidates')
        yield* []
      },
    }
    const broken: Plugin = { name: 'broken', listening: () => Promise.reject(new Error('no port')) }
    const transports = [network.transport('a', { listen: true })]
    const node = createNode({ privateKey: generatePrivateKey(), transports, plugins: [plugin], clock })
    await clock.run(node.start())
    await clock.advanceAsync(10)
    expect(heard).toEqual(['start 0', 'listening 1', 'candidates'])
    await clock.run(node.close())
    const other = createNode({ privateKey: generatePrivateKey(), transports, plugins: [broken], clock })
    await expect(clock.run(other.start())).rejects.toThrow('no port')
    expect({ timers: clock.pendingTimers, listeners: network.listeners }).toEqual({ timers: 0, listeners: 0 })
  })

  it('believes no plugin that finds a persistent node in this network, unless it is local', async () => {
    for (const local of [false, true]) {
      const places = ['127.0.0.1', '20.1.1.1'].map((host) => ({ scheme: 'tcp', host, port: 30_303 }))
      const plugins: Plugin[] = places.map((place) => ({ name: place.host, local, resolve: async () => place }))
      const clock = createManualClock()
      const dialed: string[] = []
      const dial = async ({ host }: Endpoint): Promise<never> => {
        dialed.push(host)
        throw new Error('nobody there')
      }
      const transports = [{ name: 'tcp', canDial: () => true, dial }]
      const node = createNode({ privateKey: generatePrivateKey(), transports, plugins, clock })
      await clock.run(node.start())
      const publicKey = defaultCrypto.publicKeyOf(generatePrivateKey())
      node.addPersistent({ publicKey, endpoint: { scheme: 'tcp', host: '20.2.2.2', port: 1 } })
      // The dialer is loaded in real time.
      for (let i = 0; i < 2000 && dialed.length < 2; i++) await clock.advanceAsync(100)
      expect(dialed.slice(0, 2)).toEqual(['20.2.2.2', local ? '127.0.0.1' : '20.1.1.1'])
      await clock.run(node.close())
    }
  })

  it('finds a persistent node that has moved', async () => {
    const asked: Uint8Array[] = []
    const places: Endpoint[] = []
    const resolve = async (publicKey: Uint8Array): Promise<Endpoint | undefined> => {
      asked.push(publicKey)
      return places.at(-1)
    }
    const plugins: Plugin[] = [
      { name: 'knows nothing', resolve: async () => undefined },
      { name: 'finder', resolve },
    ]
    const world = await testNetwork(2, [chat.with({})], { options: (index) => (index === 0 ? { plugins } : {}) })
    const { publicKey, endpoint } = parseAddress(world.nodes[1]!.addresses[0]!)
    places.push(endpoint)
    const added = new Promise((done) => world.nodes[0]!.once('peer:added', done))
    world.nodes[0]!.addPersistent({ publicKey, endpoint: { ...endpoint, port: endpoint.port + 1 } })
    await world.until(added)
    expect(asked).toEqual([publicKey])
    await world.close()
  })
})
