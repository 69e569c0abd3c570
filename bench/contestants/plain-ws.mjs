// The ws package alone over loopback: the ceiling for messages over WebSocket in Node.
import { once } from 'node:events'
import { WebSocket, WebSocketServer } from 'ws'
import { createCounter, describeNode, serve, timed } from '../lib/serve.mjs'

const MANIFEST = new URL('../node_modules/ws/package.json', import.meta.url)
/** Bytes that may wait in the socket before the sender does. */
const HIGH_WATER_BYTES = 1 << 20

const counter = createCounter()
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false, maxPayload: 1 << 26 })
server.on('connection', (socket) => socket.on('message', () => counter.add()))
await once(server, 'listening')
let near

await serve({
  describe: () => describeNode('plain ws', MANIFEST),
  async throughput({ payload, snappy, messages }) {
    if (snappy) return { unsupported: 'nothing is compressed' }
    near ??= await connect()
    const bytes = Buffer.from(payload, 'base64')
    return await timed(async () => {
      const arrived = counter.reach(messages)
      for (let i = 0; i < messages; i++) {
        near.send(bytes)
        if (near.bufferedAmount > HIGH_WATER_BYTES) await new Promise((resolve) => near._socket.once('drain', resolve))
      }
      await arrived
    })
  },
})

async function connect() {
  const socket = new WebSocket(`ws://127.0.0.1:${server.address().port}`, { perMessageDeflate: false })
  await once(socket, 'open')
  return socket
}
