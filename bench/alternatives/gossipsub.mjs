// js-libp2p's gossipsub: one node publishes to all who subscribed, over TCP, noise and yamux.
import { generateKeyPair } from '@libp2p/crypto/keys'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { describeNode, serve, timed } from '../lib/serve.mjs'

// Its newest parts need what Node 20 lacks.
Promise.withResolvers ??= function () {
  let resolve, reject
  const promise = new Promise((yes, no) => ([resolve, reject] = [yes, no]))
  return { promise, resolve, reject }
}
const { createLibp2p } = await import('libp2p')

const TOPIC = 'bench'
const MANIFEST = new URL('node_modules/@libp2p/gossipsub/package.json', import.meta.url)
const kept = []
let hub

await serve({
  describe: () => describeNode('gossipsub', MANIFEST),
  async hub() {
    hub = await create(['/ip4/127.0.0.1/tcp/0'])
    hub.services.pubsub.subscribe(TOPIC)
    return { addr: hub.getMultiaddrs()[0].toString() }
  },
  async broadcast({ payload, messages, peers }) {
    const { pubsub } = hub.services
    while (pubsub.getSubscribers(TOPIC).length < peers) await new Promise((resolve) => setTimeout(resolve, 50))
    const bytes = new Uint8Array(Buffer.from(payload, 'base64'))
    return await timed(async () => {
      for (let i = 0; i < messages; i++) {
        // What it saw once it doesn't send again.
        new DataView(bytes.buffer).setFloat64(0, Math.random())
        await pubsub.publish(TOPIC, bytes)
        await new Promise(setImmediate)
      }
    })
  },
  async leaves({ peers, addr }) {
    for (let i = 0; i < peers; i++) {
      const leaf = await create()
      leaf.services.pubsub.subscribe(TOPIC)
      await leaf.dial(multiaddr(addr))
      kept.push(leaf)
    }
    return { connected: peers }
  },
})

async function create(listen = []) {
  const pubsub = gossipsub({ allowPublishToZeroTopicPeers: true, scoreParams: { IPColocationFactorWeight: 0 } })
  return await createLibp2p({
    privateKey: await generateKeyPair('Ed25519'),
    addresses: { listen },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: {
      maxConnections: 2000,
      inboundConnectionThreshold: Infinity,
      maxIncomingPendingConnections: 2000,
      maxParallelDials: 100,
    },
    connectionGater: { denyDialMultiaddr: () => false },
    services: { identify: identify(), pubsub },
  })
}
