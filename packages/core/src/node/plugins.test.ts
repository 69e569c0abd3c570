// Plugins live from before the first peer until after the last message.
import { describe, expect, it } from 'vitest'
import { generatePrivateKey } from '../crypto/private-key.ts'
import { text } from '../protocols/codecs.ts'
import { defineProtocol, message } from '../protocols/define-protocol.ts'
import { countOf } from '../testing/counts.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { createMemoryNetwork } from '../testing/memory-transport.ts'
import { testNetwork } from '../testing/test-network.ts'
import { createNode } from './node.ts'
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

  it('that never stops does not hold up close', async () => {
    const world = await testNetwork(1, [], {
      options: () => ({ plugins: [{ name: 'stuck', stop: () => new Promise<void>(() => undefined) }] }),
    })
    const before = world.clock.now()
    await world.close()
    expect(world.clock.now() - before).toBeLessThanOrEqual(1000)
  })
})
