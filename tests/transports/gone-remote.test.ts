// A peer whose handler hangs is not read from; over real sockets it still ends when its remote is gone.
import {
  createNode,
  defineProtocol,
  generatePrivateKey,
  type Link,
  message,
  type NodeOptions,
  type PeerError,
  raw,
  type Transport,
} from '@peerwire/core'
import { createManualClock } from '@peerwire/core/testing'
import { tcp } from '@peerwire/transport-tcp'
import { webSocket } from '@peerwire/transport-ws'
import { expect, it, onTestFinished } from 'vitest'
import { until } from '../hostile/support/wait.ts'

const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, raw) } })

/** More than waits for a handler before the link is paused, and less than a pause lets into the system. */
const MESSAGES = 8
const MESSAGE_BYTES = 60_000
const PAUSED_BYTES = 256 * 1024

/** How often a peer is pinged, and how many pings are sent at most. */
const PING_AFTER_MS = 15_000
const PINGS = 10

async function start(options: Omit<NodeOptions, 'privateKey'>) {
  const node = createNode({ privateKey: generatePrivateKey(), ...options })
  onTestFinished(() => node.close())
  await node.start()
  return node
}

/** Keeps the links that it dials. */
function keeping(transport: Transport, links: Link[]): Transport {
  const dial: Transport['dial'] = async (...args) => {
    const link = await transport.dial(...args)
    links.push(link)
    return link
  }
  return { ...transport, dial }
}

it.each([
  ['TCP', () => tcp({ listen: 'tcp://127.0.0.1:0' }), () => tcp()],
  ['WebSocket', () => webSocket({ listen: 'ws://127.0.0.1:0' }), () => webSocket()],
] as const)('over %s', async (_, listening, dialing) => {
  const clock = createManualClock()
  const never = (): Promise<void> => new Promise<void>(() => undefined)
  const node = await start({ clock, transports: [listening()], protocols: [chat.with({ say: never })] })
  let end: PeerError | undefined
  node.on('peer:removed', ({ error }) => void (end = error))
  const links: Link[] = []
  const remote = await start({ transports: [keeping(dialing(), links)], protocols: [chat.with({})] })
  const peer = await remote.dial(node.addresses[0]!)
  for (let i = 0; i < MESSAGES; i++) {
    void peer.send(chat, 'say', crypto.getRandomValues(new Uint8Array(MESSAGE_BYTES))).catch(() => undefined)
  }
  await until('a pause', () => (node.inspect().peers[0]?.queues.inBytes ?? 0) > PAUSED_BYTES)
  links[0]!.abort()
  await until('the end of the remote', () => remote.peers.length === 0)
  for (let ping = 0; ping < PINGS && !end; ping++) {
    clock.advance(PING_AFTER_MS)
    // What the other system answers comes by and by.
    for (let turn = 0; turn < 50 && !end; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(end).toMatchObject({ code: 'link lost' })
})
