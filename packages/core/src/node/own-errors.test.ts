// What the program's own code throws is never silent: without a logger it is on the console, with its stack.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { silentLogger } from '../base/log.ts'
import type { Logger } from '../base/log.ts'
import { text } from '../protocols/codecs.ts'
import { defineProtocol, message } from '../protocols/define-protocol.ts'
import { drainMicrotasks } from '../testing/manual-clock.ts'
import { testNetwork } from '../testing/test-network.ts'
import '../base/console-errors.ts'
import type { NodeOptions } from './options.ts'

const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, text) } })
const written: string[] = []

beforeEach(() => {
  written.length = 0
  vi.spyOn(console, 'error').mockImplementation((line: string) => void written.push(line))
})
afterEach(() => void vi.restoreAllMocks())

function bug(where: string): never {
  throw new Error(`a bug in ${where}`)
}

/** The first node's program has a bug; the other one says something and goes. */
async function run(
  options: Partial<NodeOptions>,
  at: { readonly listener?: () => unknown; readonly handler?: () => void },
) {
  const { protocols = [chat.with({ say: () => at.handler?.() })], ...rest } = options
  const world = await testNetwork(2, (index) => (index === 0 ? protocols : [chat.with({})]), {
    options: (index) => (index === 0 ? rest : {}),
  })
  if (at.listener) world.nodes[0]!.on('peer:added', at.listener)
  const dialed = await world.connect(1, 0).catch(() => undefined)
  void dialed?.send(chat, 'say', 'hello').catch(() => undefined)
  await world.advance(1000)
  await world.close()
  await drainMicrotasks()
  return world
}

const HOOKS = { opened: () => bug('a hook') }
const CLOSING = { closed: async () => bug('a late hook') }
const CASES: readonly (readonly [string, Partial<NodeOptions>, Parameters<typeof run>[1], string])[] = [
  ['a handler', {}, { handler: () => bug('a handler') }, 'A handler failed'],
  ['a listener', {}, { listener: () => bug('a listener') }, 'a listener of peer:added threw'],
  ['an async listener', {}, { listener: async () => bug('an async listener') }, 'a listener of peer:added threw'],
  ['a hook', { protocols: [chat.with({}, HOOKS)] }, {}, 'A handler failed'],
  ['a late hook', { protocols: [chat.with({}, CLOSING)] }, {}, 'a closed hook threw'],
  ['a plugin', { plugins: [{ name: 'p', judge: () => bug('a plugin') }] }, {}, 'plugin p failed to judge'],
  ['a stop', { plugins: [{ name: 'p', stop: async () => bug('a stop') }] }, {}, 'plugin p failed to stop'],
]

describe('what is thrown by', () => {
  it.each(CASES)('%s is on the console with its stack', async (where, options, at, line) => {
    await run(options, at)
    expect(written).toHaveLength(1)
    expect(written[0]).toContain(`] ${line} err="a bug in ${where}"\n    Error: a bug in ${where}\n        at bug`)
  })

  it.each(CASES)(
    '%s is an error for the logger, where there is one, and the console is silent',
    async (where, options, at, line) => {
      const lines: string[] = []
      const log: Logger['log'] = (level, said, fields) => {
        if (level === 'error') lines.push(`${said}: ${fields?.['err']} ${String(fields?.['stack']).split('\n')[0]}`)
      }
      await run({ ...options, logger: { enabled: () => true, log } }, at)
      expect(lines).toEqual([`${line}: a bug in ${where} Error: a bug in ${where}`])
      expect(written).toEqual([])
    },
  )

  it('anybody is silent where a program asks for silence', async () => {
    await run({ logger: silentLogger }, { listener: () => bug('a listener'), handler: () => bug('a handler') })
    expect(written).toEqual([])
  })
})

describe('a message that can not be sent', () => {
  const long = 'x'.repeat(2_000_000)

  it('is told where nobody waits for it, and is no unhandled rejection', async () => {
    const world = await testNetwork(2, [chat.with({ say: (peer, line) => void peer.send(chat, 'say', line + long) })])
    const peer = await world.connect(0, 1)
    void peer.send(chat, 'say', 'hello')
    await world.advance(1000)
    expect(peer.error).toBeUndefined()
    expect(written).toHaveLength(1)
    expect(written[0]).toMatch(/] a message could not be sent err="chat.say has 2000009 bytes, its limit is 1048576"\n/)
    await world.close()
  })

  it.each<[string, (sent: Promise<void>) => unknown]>([
    ['awaits', async (sent) => await sent.catch(() => undefined)],
    ['chains', (sent) => void sent.then(undefined, () => undefined)],
    ['joins', async (sent) => await Promise.allSettled([sent])],
    ['passes on', async (sent) => await (async () => await sent)().catch(() => undefined)],
  ])('is told to whoever %s it, and to nobody else', async (_, use) => {
    const world = await testNetwork(2, [chat.with({})])
    const peer = await world.connect(0, 1)
    const sent = peer.send(chat, 'say', long)
    void use(sent)
    await world.advance(1000)
    expect(written).toEqual([])
    await expect(sent).rejects.toBeInstanceOf(RangeError)
    await world.close()
  })
})

describe('what is no bug', () => {
  it('is not on the console: a peer that goes, one that lies, a dial that fails', async () => {
    const world = await testNetwork(2, [chat.with({})])
    const liar = defineProtocol({
      name: 'chat',
      version: 1,
      messages: { say: message(0, text), lie: message(1, text) },
    })
    const peer = await world.connect(0, 1)
    await expect(peer.send(liar, 'lie', 'x')).rejects.toThrow(TypeError)
    peer.disconnect()
    world.network.cut?.('node0', 'node1')
    await world.advance(1000)
    await world.close()
    await drainMicrotasks()
    expect(written).toEqual([])
  })
})
