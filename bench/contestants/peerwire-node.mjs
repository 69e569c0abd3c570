// peerwire as its users have it: createNode, a typed protocol, send. Over TCP; over WebSocket with the argument `ws`.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createNode, defineProtocol, generatePrivateKey, message, prepare, raw, toHex } from '@peerwire/core'
import { tcp } from '@peerwire/transport-tcp'
import { webSocket } from '@peerwire/transport-ws'
import { createCounter, describeNode, measureHub, serve, timed } from '../lib/serve.mjs'

const MANIFEST = new URL('../../packages/core/package.json', import.meta.url)
const bench = defineProtocol({ name: 'bench', version: 1, length: 16, messages: { data: message(0, raw) } })
const counter = createCounter()
/** Dialed at once, at most. */
const BURST = 200
/** Handshakes after which the engine has compiled what they need: the first hundreds cost twice as much. */
const WARM = 2000
let warmed = 0
const [scheme, transport] = process.argv.includes('ws') ? ['ws', webSocket] : ['tcp', tcp]
let peer
let crowd
let targets = []

await serve({
  describe: () => describeNode('peerwire node', MANIFEST),
  async throughput({ payload, snappy, messages }) {
    if (!snappy) return { unsupported: 'a node always compresses' }
    peer ??= await connectPair()
    const bytes = new Uint8Array(Buffer.from(payload, 'base64'))
    return await timed(async () => {
      const arrived = counter.reach(messages)
      for (let i = 0; i < messages; i++) await peer.send(bench, 'data', bytes)
      await arrived
    })
  },
  async handshakes({ count, inFlight }) {
    for (; warmed < WARM; warmed += BURST) await shake(BURST, inFlight)
    return await shake(count, inFlight)
  },
  async hub({ peers, passOn = false }) {
    let next = 0
    const pass = (_, body) => {
      counter.add()
      void targets[next++ % targets.length].send(bench, 'data', body)
    }
    crowd = await startNode(peers + 10, passOn ? pass : undefined)
    return { addr: crowd.addresses[0].split('@')[1], key: toHex(crowd.publicKey) }
  },
  async broadcast({ payload, messages, peers }) {
    while (crowd.peers.length < peers) await new Promise((resolve) => setTimeout(resolve, 20))
    const bytes = new Uint8Array(Buffer.from(payload, 'base64'))
    return await timed(async () => {
      for (let i = 0; i < messages; i++) {
        const prepared = prepare(bench, 'data', bytes)
        await Promise.all(crowd.peers.map((one) => one.sendPrepared(prepared)))
        await new Promise(setImmediate)
      }
    })
  },
  /** How long its loop is held up while so many messages come, each of which goes on to another peer. */
  async delay({ messages }) {
    targets = crowd.peers
    const delay = monitorEventLoopDelay({ resolution: 1 })
    const turns = watchTurns()
    delay.enable()
    const result = await timed(() => counter.reach(messages))
    delay.disable()
    const [p50, p99, max] = [delay.percentile(50), delay.percentile(99), delay.max].map((ns) => ns / 1e6)
    return { ...result, p50, p99, max, worked99: turns.stop() }
  },
  async memory(request, talk) {
    const hub = await startNode(request.peers + 10)
    const connected = (peers) =>
      new Promise((resolve) => {
        const check = () => void (hub.peers.length >= peers && resolve())
        hub.on('peer:added', check)
        check()
      })
    const addr = hub.addresses[0].split('@')[1]
    return await measureHub({ addr, key: toHex(hub.publicKey) }, connected, request, talk)
  },
})

async function shake(count, inFlight) {
  const hub = await startNode(count + 10)
  const dialers = await Promise.all(Array.from({ length: count }, startDialer))
  let next = 0
  const worker = async () => {
    while (next < count) await dialers[next++].dial(hub.addresses[0])
  }
  const result = await timed(() => Promise.all(Array.from({ length: inFlight }, worker)))
  await Promise.all([hub, ...dialers].map((node) => node.close()))
  return result
}

/** The processor time between two timers of 1 ms, all threads: a delay, without what other programs add to it. */
function watchTurns() {
  const milliseconds = []
  let last = process.cpuUsage()
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(last)
    milliseconds.push((user + system) / 1e3)
    last = process.cpuUsage()
  }, 1)
  return {
    /** Answers the longest but one in a hundred. */
    stop() {
      clearInterval(timer)
      milliseconds.sort((a, b) => a - b)
      return milliseconds[Math.floor(milliseconds.length * 0.99)]
    },
  }
}

async function connectPair() {
  const far = await startNode(10)
  return await (await startDialer()).dial(far.addresses[0])
}

async function startDialer() {
  const node = createNode({ privateKey: generatePrivateKey(), transports: [transport()], protocols: [bench.with({})] })
  await node.start()
  return node
}

async function startNode(maxPeers, data = () => counter.add()) {
  const node = createNode({
    privateKey: generatePrivateKey(),
    transports: [transport({ listen: `${scheme}://127.0.0.1:0` })],
    protocols: [bench.with({ data })],
    maxPeers,
    maxInbound: maxPeers,
    // Otherwise a node takes 100 handshakes a second.
    limits: { startsPerSecond: 1e6, pendingInbound: BURST },
  })
  await node.start()
  return node
}
