// @ethereumjs/devp2p: both ends in one process.
import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import { Common, Mainnet } from '@ethereumjs/common'
import { ETH, RLPx } from '@ethereumjs/devp2p'
import snappy from 'snappyjs'
import { createCounter, describeNode, measureHub, serve, timed } from '../lib/serve.mjs'

// The base class of protocols is not exported.
const Protocol = Object.getPrototypeOf(ETH)
const common = new Common({ chain: Mainnet })
const counter = createCounter()
/** Bytes that may wait in the socket before the sender does. */
const HIGH_WATER_BYTES = 1 << 20

class Bench extends Protocol {
  constructor(version, peer, send) {
    super(peer, send, 'snap', version, {})
    this.peer = peer
  }

  _handleMessage() {
    counter.add()
  }

  sendRaw(payload) {
    this._send(1, this.peer._hello.protocolVersion >= 5 ? snappy.compress(payload) : payload)
  }
}

const CAPABILITIES = [{ name: 'bench', version: 1, length: 16, constructor: Bench }]
const MANIFEST = new URL('node_modules/@ethereumjs/devp2p/package.json', import.meta.url)
let pair

await serve({
  describe: () => describeNode('ethereumjs', MANIFEST),
  async throughput({ payload, snappy: compressed, messages }) {
    pair ??= await connectPair()
    // What the versions of their Hellos would have said.
    for (const peer of pair.peers()) peer._hello.protocolVersion = compressed ? 5 : 4
    const { protocol, socket } = pair
    const bytes = new Uint8Array(Buffer.from(payload, 'base64'))
    return await timed(async () => {
      const arrived = counter.reach(messages)
      for (let i = 0; i < messages; i++) {
        protocol.sendRaw(bytes)
        if (socket.writableLength > HIGH_WATER_BYTES) await once(socket, 'drain')
        else if (i % 64 === 63) await new Promise(setImmediate)
      }
      await arrived
    })
  },
  async handshakes({ count, inFlight }) {
    const hub = await listen()
    let next = 0
    const worker = async () => {
      while (next++ < count) {
        const { client, peer } = await dial(hub)
        peer._socket.destroy()
        clearInterval(client._refillIntervalId)
      }
    }
    return await timed(() => Promise.all(Array.from({ length: inFlight }, worker)))
  },
  async memory(request, talk) {
    const hub = await listen()
    const connected = async (peers) => {
      while (hub.server.getPeers().length < peers) await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const key = Buffer.from(hub.server.id).toString('hex')
    return await measureHub({ addr: `127.0.0.1:${hub.port}`, key }, connected, request, talk)
  },
})

function createRlpx() {
  const options = { maxPeers: 1000, capabilities: CAPABILITIES, common, listenPort: null, timeout: 60_000 }
  const rlpx = new RLPx(new Uint8Array(randomBytes(32)), options)
  rlpx.events.on('error', () => undefined)
  rlpx.events.on('peer:error', () => undefined)
  return rlpx
}

async function listen() {
  const server = createRlpx()
  server.listen(0, '127.0.0.1')
  await once(server.events, 'listening')
  return { server, port: server._server.address().port }
}

async function dial({ server, port }) {
  const client = createRlpx()
  const added = new Promise((resolve) => client.events.once('peer:added', resolve))
  await client.connect({ id: server.id, address: '127.0.0.1', tcpPort: port })
  return { client, peer: await added }
}

async function connectPair() {
  const hub = await listen()
  const { peer } = await dial(hub)
  while (hub.server.getPeers().length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  const peers = () => [peer, ...hub.server.getPeers()]
  // Their pings would race with the change of compression between cases.
  for (const one of peers()) clearInterval(one._pingIntervalId)
  return { protocol: peer.getProtocols()[0], socket: peer._socket, peers }
}
