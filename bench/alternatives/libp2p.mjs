// js-libp2p with noise and yamux: messages are length-prefixed on one stream. Over TCP, or over WebSocket with the
// argument `ws`.
import { generateKeyPair } from '@libp2p/crypto/keys'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { lpStream } from '@libp2p/utils'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { WebSocket } from 'ws'
import { createCounter, describeNode, measureHub, serve, timed } from '../lib/serve.mjs'

// Its newest parts need what Node 20 lacks.
Promise.withResolvers ??= function () {
  let resolve, reject
  const promise = new Promise((yes, no) => ([resolve, reject] = [yes, no]))
  return { promise, resolve, reject }
}
globalThis.WebSocket ??= WebSocket
const { createLibp2p } = await import('libp2p')

const PROTOCOL = '/bench/1'
const LIMIT = { maxDataLength: 1 << 22 }
const MANIFEST = new URL('node_modules/libp2p/package.json', import.meta.url)
const counter = createCounter()
const overWebSocket = process.argv.includes('ws')
const kept = []
let stream

await serve({
  describe: () => describeNode('libp2p', MANIFEST),
  async throughput({ payload, snappy, messages }) {
    if (snappy) return { unsupported: 'nothing is compressed' }
    stream ??= await connectPair()
    const bytes = new Uint8Array(Buffer.from(payload, 'base64'))
    return await timed(async () => {
      const arrived = counter.reach(messages)
      for (let i = 0; i < messages; i++) await stream.write(bytes)
      await arrived
    })
  },
  async handshakes({ count, inFlight }) {
    const [hub, client] = [await listen(), await create()]
    const address = hub.getMultiaddrs()[0]
    let next = 0
    const worker = async () => {
      while (next++ < count) {
        const connection = await client.dial(address, { force: true })
        connection.close().catch(() => undefined)
      }
    }
    return await timed(() => Promise.all(Array.from({ length: inFlight }, worker)))
  },
  async memory(request, talk) {
    const hub = await listen()
    const connected = async (peers) => {
      while (hub.getConnections().length < peers) await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return await measureHub({ addr: hub.getMultiaddrs()[0].toString() }, connected, request, talk)
  },
  async leaves({ peers, addr }) {
    for (let i = 0; i < peers; i++) {
      const leaf = await create()
      await leaf.dial(multiaddr(addr))
      kept.push(leaf)
    }
    return { connected: peers }
  },
})

async function create(listen = []) {
  return await createLibp2p({
    privateKey: await generateKeyPair('Ed25519'),
    addresses: { listen },
    transports: [overWebSocket ? webSockets() : tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: {
      maxConnections: 2000,
      inboundConnectionThreshold: Infinity,
      maxIncomingPendingConnections: 2000,
      maxParallelDials: 100,
    },
    connectionGater: { denyDialMultiaddr: () => false },
  })
}

function listen() {
  return create([`/ip4/127.0.0.1/tcp/0${overWebSocket ? '/ws' : ''}`])
}

async function connectPair() {
  const hub = await listen()
  await hub.handle(PROTOCOL, async (incoming) => {
    const messages = lpStream(incoming, LIMIT)
    for (;;) {
      await messages.read()
      counter.add()
    }
  })
  const connection = await (await create()).dial(hub.getMultiaddrs()[0])
  return lpStream(await connection.newStream(PROTOCOL), LIMIT)
}
