// What a bridge learns of a session through it, which is nothing, and what comes of altering it, which is its end.
import {
  createNode,
  defineProtocol,
  generatePrivateKey,
  message,
  type Node,
  parseAddress,
  type Peer,
  PeerError,
  text,
  toHex,
} from '@peerwire/core'
import { tcp } from '@peerwire/transport-tcp'
import { webSocket } from '@peerwire/transport-ws'
import { describe, expect } from 'vitest'
import { it as base, keyIn } from './support/command.ts'
import { type Alteration, recordTarget, type RecordingTarget } from './support/recording-target.ts'

/** Milliseconds; an altered size makes a side wait for bytes that never come. */
const LIMITS = { encryptionMs: 1_000, setUpMs: 2_000 }
const GREETING = 'the rooks fly north at noon'

const notes = defineProtocol({ name: 'notes', version: 1, messages: { note: message(0, text) } })

interface World {
  readonly recorder: RecordingTarget
  readonly target: Node
  readonly tab: Node
  /** The bridge's address of the target. */
  readonly address: string
  /** What arrived at either end. */
  readonly delivered: string[]
}

const it = base.extend<{ readonly world: World }>({
  world: async ({ relay, cleanUp }, use) => {
    const delivered: string[] = []
    const make = async (name: string, transports: Parameters<typeof createNode>[0]['transports']): Promise<Node> => {
      const handlers = {
        note: async (peer: Peer, line: string): Promise<void> => {
          delivered.push(line)
          if (name === 'target-client') await peer.send(notes, 'note', `answer: ${line}`)
        },
      }
      const protocols = [notes.with(handlers)]
      const node = createNode({ privateKey: generatePrivateKey(), name, transports, protocols, limits: LIMITS })
      cleanUp(() => node.close())
      await node.start()
      return node
    }
    const target = await make('target-client', [tcp({ listen: 'tcp://127.0.0.1:0' })])
    const tab = await make('tab-client', [webSocket()])
    const recorder = await recordTarget(parseAddress(target.addresses[0]!).endpoint.port)
    cleanUp(() => recorder.close())
    const key = toHex(target.publicKey)
    const { process } = await relay(['--bridge', `x=enode://${key}@${recorder.address}`])
    const line = await process.waitFor(({ event }) => event === 'bridge')
    await use({ recorder, target, tab, delivered, address: String(line['address']) })
  },
})

async function untilDelivered({ delivered }: World, line: string): Promise<void> {
  await expect.poll(() => delivered, { interval: 5 }).toContain(line)
}

describe('the bridge', () => {
  it('carries a session and sees nothing of it', async ({ world }) => {
    const { tab, target, recorder, address } = world
    expect(keyIn(address)).toBe(toHex(target.publicKey))
    const peer = await tab.dial(address)
    expect(peer.name).toBe('target-client')
    for (const line of [GREETING, 'x'.repeat(100_000)]) {
      await peer.send(notes, 'note', line)
      await untilDelivered(world, `answer: ${line}`)
    }
    peer.disconnect()
    const secrets = ['tab-client', 'target-client', 'notes', GREETING, 'answer', 'xxxx'].map((line) =>
      Buffer.from(line),
    )
    for (const { publicKey } of [tab, target])
      secrets.push(Buffer.from(publicKey.subarray(0, 16)), Buffer.from(publicKey.subarray(-16)))
    for (const way of ['up', 'down'] as const) {
      const seen = recorder.seen(way)
      // Compressed in a frame, 100,000 equal letters are about 5 KB.
      expect(seen.length).toBeGreaterThan(1_000)
      for (const secret of secrets) expect(seen.includes(secret), `${way}: ${secret.toString('hex')}`).toBe(false)
    }
  })

  it('shows nothing that is the same in two sessions of the same two nodes', async ({ world }) => {
    const { tab, recorder, address } = world
    const sessions: Buffer[][] = []
    for (let i = 0; i < 2; i++) {
      const peer = await tab.dial(address)
      world.delivered.length = 0
      await peer.send(notes, 'note', GREETING)
      await untilDelivered(world, `answer: ${GREETING}`)
      const gone = new Promise((resolve) => tab.once('peer:removed', resolve))
      peer.disconnect()
      await gone
      sessions.push([recorder.seen('up'), recorder.seen('down')])
    }
    const [first, second] = sessions as [Buffer[], Buffer[]]
    for (const way of [0, 1]) {
      const parts = new Set<string>()
      for (let at = 0; at + 8 <= first[way]!.length; at++) parts.add(first[way]!.toString('latin1', at, at + 8))
      for (let at = 0; at + 8 <= second[way]!.length; at++) {
        expect(parts.has(second[way]!.toString('latin1', at, at + 8))).toBe(false)
      }
    }
  })

  it.for([
    ['the size of the auth packet', { way: 'up', from: 'start', at: 0 }],
    ['the key of the auth packet', { way: 'up', from: 'start', at: 10 }],
    ['the content of the auth packet', { way: 'up', from: 'start', at: 150 }],
    ['the size of the ack packet', { way: 'down', from: 'start', at: 1 }],
    ['the key of the ack packet', { way: 'down', from: 'start', at: 10 }],
    ['the content of the ack packet', { way: 'down', from: 'start', at: 150 }],
    ['the header of our Hello', { way: 'up', from: 'frames', at: 0 }],
    ['the body of our Hello', { way: 'up', from: 'frames', at: 40 }],
    ['the header of its Hello', { way: 'down', from: 'frames', at: 2 }],
    ['the tag of the header of its Hello', { way: 'down', from: 'frames', at: 20 }],
    ['the body of its Hello', { way: 'down', from: 'frames', at: 70 }],
  ] as const)('ends a session before it begins when it alters %s', async ([, alteration], { world }) => {
    world.recorder.alter(alteration as Alteration)
    const ended = new Promise<PeerError>((resolve) => {
      world.tab.on('setup:failed', ({ error }) => resolve(error))
      world.tab.on('peer:removed', ({ error }) => resolve(error))
    })
    await world.tab.dial(world.address).catch(() => undefined)
    const error = await ended
    expect(error).toBeInstanceOf(PeerError)
    const told = ['link lost', 'relay refused', 'remote disconnect reason']
    const codes = ['encryption handshake failed', 'bad mac', 'setup timeout', ...told]
    expect(codes).toContain(error.code)
    if (alteration.way === 'down')
      expect(['encryption handshake failed', 'bad mac', 'setup timeout']).toContain(error.code)
    expect(world.delivered).toEqual([])
  })

  it.for([
    ['header', 0],
    ["header's tag", 16],
    ['body', 35],
    ["body's last byte of the tag", 63],
  ] as const)('ends a living session when it alters the %s of a message', async ([, at], { world }) => {
    for (const way of ['up', 'down'] as const) {
      world.delivered.length = 0
      const peer = await world.tab.dial(world.address)
      await peer.send(notes, 'note', 'first')
      await untilDelivered(world, 'answer: first')
      const removed = new Promise<PeerError>((resolve) => world.tab.once('peer:removed', ({ error }) => resolve(error)))
      const targetRemoved = new Promise<PeerError>((resolve) => {
        world.target.once('peer:removed', ({ error }) => resolve(error))
      })
      world.recorder.alter({ way, at, from: 'now' })
      await peer.send(notes, 'note', 'second')
      const [error, itsError] = await Promise.all([removed, targetRemoved])
      expect((way === 'up' ? itsError : error).code).toBe('bad mac')
      expect(error).toBeInstanceOf(PeerError)
      // What was sent whole before may have arrived; nothing altered ever does.
      expect(world.delivered.filter((line) => !/^(answer: )?(first|second)$/.test(line))).toEqual([])
      expect(world.delivered).not.toContain('answer: second')
    }
  })
})
