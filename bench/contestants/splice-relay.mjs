// A relay of links between WebSockets, or from a WebSocket to TCP: by the splice, or by what `ws` receives and sends.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { silentLogger, systemClock } from '@peerwire/core'
import { createBridge } from 'peerwire'
import { WebSocketServer } from 'ws'
import { Splice } from '../../packages/relay/dist/splice/splice.js'
import { Turns } from '../../packages/relay/dist/splice/turns.js'
import { createUpgrades } from '../../packages/relay/dist/splice/upgrade.js'
import { WebSocketSide } from '../../packages/relay/dist/splice/websocket-side.js'
import { describeNode, serve, settledMemory } from '../lib/serve.mjs'

const [kind = 'splice'] = process.argv.slice(2)
const MANIFEST = {
  splice: new URL('../../packages/relay/package.json', import.meta.url),
  ws: new URL('../node_modules/ws/package.json', import.meta.url),
}
/** What waits in a socket before its other end is not read any more. */
const HIGH_WATER_BYTES = 65_536
const IDLE_MS = 120_000

/** The first half of each pair, by path. */
const waiting = new Map()

const server = createServer()
server.on('upgrade', (request, socket, head) => {
  socket.on('error', () => socket.destroy())
  const upgrade = request.url.startsWith('/bridge') ? bridge : pairs
  upgrade(request, socket, head)
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const start = kind === 'splice' ? bySplice : byWs
const pairs = start()
let bridge = () => undefined
let before

await serve({
  describe: () => describeNode(kind, MANIFEST[kind]),
  /** `target` is a TCP port, where the bridge leads. */
  async open({ target }) {
    bridge = start(target)
    return { port: server.address().port }
  },
  async begin() {
    before = process.cpuUsage()
    return {}
  },
  async spent() {
    const { user, system } = process.cpuUsage(before)
    return { cpuSeconds: (user + system) / 1e6 }
  },
  memory: () => settledMemory(),
})

/** Upgrades of a bridge to this port, or of pairs of WebSockets. */
function bySplice(target) {
  const clock = systemClock
  if (target !== undefined) {
    const endpoint = { scheme: 'tcp', host: '127.0.0.1', port: target, path: '' }
    const limits = { links: 1000, linksPerTarget: 1000, linksPerPrefix: 1000, idleMs: IDLE_MS }
    const remoteOf = ({ socket }) => `${socket.remoteAddress}:${socket.remotePort}`
    const targets = [{ alias: 'x', endpoint, publicKey: undefined }]
    const made = createBridge({ targets, clock, logger: silentLogger, origins: '*', remoteOf, limits })
    return made.upgrade.bind(made)
  }
  const turns = new Turns()
  const answers = createUpgrades(() => 'peerwire.1')
  const idle = (text) => ({ code: 4408, text })
  return (request, socket, head) =>
    answers.answer(request, socket, head, () => {
      const second = new WebSocketSide(socket, head, { clock })
      const first = partner(request.url, second)
      if (first) void new Splice(first, second, { clock, turns, idleMs: IDLE_MS, idle }).ended
    })
}

function byWs(target) {
  const sockets = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false })
  return (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (ws) => {
      ws.pause()
      ws.on('error', () => undefined)
      if (target !== undefined) joinTcp(ws, socket, connect({ host: '127.0.0.1', port: target, noDelay: true }))
      else {
        const second = { ws, socket }
        const first = partner(request.url, second)
        if (!first) return
        joinWs(first, second)
        joinWs(second, first)
      }
    })
}

function joinWs(from, to) {
  from.ws.on('message', (data) => {
    to.ws.send(data)
    if (to.ws.bufferedAmount > HIGH_WATER_BYTES) from.ws.pause()
  })
  to.socket.on('drain', () => from.ws.resume())
  from.ws.on('close', () => to.ws.close())
  from.ws.resume()
}

function joinTcp(ws, socket, tcp) {
  ws.on('message', (data) => {
    if (!tcp.write(data)) ws.pause()
  })
  tcp.on('drain', () => ws.resume())
  tcp.on('data', (data) => {
    ws.send(data)
    if (ws.bufferedAmount > HIGH_WATER_BYTES) tcp.pause()
  })
  socket.on('drain', () => tcp.resume())
  tcp.on('error', () => undefined)
  tcp.on('close', () => ws.close())
  ws.on('close', () => tcp.end())
  tcp.on('connect', () => ws.resume())
}

function partner(path, second) {
  const first = waiting.get(path)
  if (first) waiting.delete(path)
  else waiting.set(path, second)
  return first
}
