// A plain TCP socket of Node: the ceiling for messages, and the floor for memory.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { describeNode, measureHub, serve, timed } from '../lib/serve.mjs'

let near
let expected = Infinity
let arrived = () => undefined
let sockets = 0
let onSocket = () => undefined

const server = createServer((socket) => {
  sockets++
  onSocket()
  socket.on('error', () => undefined)
  socket.on('data', ({ length }) => {
    expected -= length
    if (expected <= 0) arrived()
  })
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address()

await serve({
  describe: () => describeNode('plain socket'),
  async throughput({ payload, snappy, messages }) {
    if (snappy) return { unsupported: 'nothing is compressed' }
    near ??= connect(port, '127.0.0.1').setNoDelay(true)
    const bytes = Buffer.from(payload, 'base64')
    return await timed(async () => {
      expected = messages * bytes.length
      const all = new Promise((resolve) => (arrived = resolve))
      for (let i = 0; i < messages; i++) if (!near.write(bytes)) await once(near, 'drain')
      await all
    })
  },
  memory: (request, talk) =>
    measureHub({ addr: `127.0.0.1:${port}` }, (peers) => reached(() => sockets >= peers), request, talk),
})

function reached(enough) {
  return new Promise((resolve) => {
    onSocket = () => void (enough() && resolve())
    onSocket()
  })
}
