// peerwire's RLPx entry on plain sockets: what the codec and the handshake cost, without a node around them. With the
// argument `native` or `portable` by that provider.
import { createServer } from 'node:net'
import { once } from 'node:events'
import {
  createKeyPairPool,
  defaultCrypto,
  generateKeyPair,
  keepStaticSecrets,
  portableCrypto,
  systemClock as clock,
  systemRandom as random,
} from '@peerwire/core/rlpx'
import { createCounter, describeNode, serve, timed } from '../lib/serve.mjs'
import { acceptSession, createKeyPair, dialSession } from '../lib/session.mjs'

const MANIFEST = new URL('../../packages/core/package.json', import.meta.url)
const PROVIDERS = {
  native: async () => (await import('@peerwire/core/native')).native(),
  portable: async () => portableCrypto,
}
const crypto = (await PROVIDERS[process.argv[2]]?.()) ?? defaultCrypto
const own = createKeyPair()
const counter = createCounter()
/** As many as go-ethereum's side has. */
const CLIENTS = 64
/** Handshakes after which the engine has compiled what they need: the first 500 cost half as much again. */
const WARM = 4000
let warmed = crypto === portableCrypto ? WARM : 0
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
  async handshakes({ count, inFlight, rested }) {
    const { hub, clients, rest } = ends(rested ? count : 0)
    const server = await listen(() => undefined, hub)
    const dial = async (i) => {
      const { socket } = await dialSession(server.address().port, hub.publicKey, clients[i % CLIENTS])
      socket.resetAndDestroy()
    }
    const shake = async () => {
      let next = 0
      const worker = async () => {
        while (next < count) await dial(next++)
      }
      await Promise.all(Array.from({ length: inFlight }, worker))
    }
    for (; warmed < WARM; warmed += count) await shake()
    if (rested) {
      await shake()
      await rest()
    }
    const result = await timed(shake)
    server.close()
    return result
  },
})

/**
 * A listener and its dialers. Rested ones have met before, so that they keep each other's secrets, and make keys ahead
 * for `burst` handshakes while they `rest`; others have never met, and each handshake works out everything.
 */
function ends(burst) {
  const create = () => generateKeyPair(crypto, random)
  const pools = [0, 1].map(() => createKeyPairPool({ create, clock, limit: 2 * burst }))
  const end = (pool) => {
    const pair = createKeyPair()
    const statics = keepStaticSecrets(crypto, pair.privateKey, burst > 0 ? undefined : 0)
    return { ...pair, crypto, statics, ...(burst > 0 && { createKeyPair: pool.take }) }
  }
  const clients = Array.from({ length: CLIENTS }, () => end(pools[1]))
  const rest = async () => {
    // A busy time that needs them all, however the clock cut the one before.
    for (const pool of pools) for (let i = 0; i < 2 * burst; i++) pool.take()
    while (pools.some(({ size }) => size < 2 * burst)) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return { hub: end(pools[0]), clients, rest }
}

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

async function listen(onSession, end = own) {
  const server = createServer((socket) => {
    acceptSession(socket, end).then(onSession, () => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
