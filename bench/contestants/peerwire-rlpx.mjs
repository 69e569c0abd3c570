// peerwire's RLPx entry on plain sockets: what the codec and the handshake cost, without a node around them.
import { createServer } from 'node:net'
import { once } from 'node:events'
import { createCounter, describeNode, serve, timed } from '../lib/serve.mjs'
import { acceptSession, createKeyPair, dialSession } from '../lib/session.mjs'

const MANIFEST = new URL('../../packages/core/package.json', import.meta.url)
const own = createKeyPair()
const counter = createCounter()
let pair

await serve({
  describe: () => describeNode('peerwire rlpx', MANIFEST),
  async throughput({ payload, snappy, messages }) {
    pair ??= await createPair()
    // Compression can't be turned off again.
    const { near } = snappy ? pair.compressed : pair.plain
    const bytes = new Uint8Array(Buffer.from(payload, 'base64'))
    return await timed(async () => {
      const arrived = counter.reach(messages)
      for (let i = 0; i < messages; i++) {
        if (!near.write(near.codec.seal(16, bytes))) await once(near.socket, 'drain')
      }
      await arrived
    })
  },
  async handshakes({ count, inFlight }) {
    const server = await listen(() => undefined)
    const clients = Array.from({ length: 16 }, createKeyPair)
    let next = 0
    const worker = async () => {
      while (next < count) {
        const { socket } = await dialSession(server.address().port, own.publicKey, clients[next++ % clients.length])
        socket.resetAndDestroy()
      }
    }
    const result = await timed(() => Promise.all(Array.from({ length: inFlight }, worker)))
    server.close()
    return result
  },
})

async function createPair() {
  return { plain: await connectPair(false), compressed: await connectPair(true) }
}

async function connectPair(snappy) {
  const accepted = new Promise((resolve) => void listen(resolve).then((server) => dial(server)))
  let near
  const dialed = new Promise((resolve) => (near = resolve))
  const dial = async (server) => near(await dialSession(server.address().port, own.publicKey, createKeyPair()))
  const ends = { near: await dialed, far: await accepted }
  ends.far.onMessage(() => counter.add())
  if (snappy) for (const { codec } of [ends.near, ends.far]) codec.enableSnappy()
  return ends
}

async function listen(onSession) {
  const server = createServer((socket) => {
    acceptSession(socket, own).then(onSession, () => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
