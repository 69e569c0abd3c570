// A link that ends before its handshake says the same over any transport; what the transport says is its cause.
import { createServer, type AddressInfo, type Server } from 'node:net'
import { createNode, generatePrivateKey, type Transport } from '@peerwire/core'
import { tcp } from '@peerwire/transport-tcp'
import { webSocket } from '@peerwire/transport-ws'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'

const KEY = createNode({ privateKey: generatePrivateKey(), transports: [tcp()] }).publicKey

async function opened(server: Server | WebSocketServer): Promise<number> {
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  return (server.address() as AddressInfo).port
}

/** Takes links of TCP and ends them at the first byte. */
function tcpServer(end: 'end' | 'resetAndDestroy'): Server {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => void socket[end]())
  })
  return server.listen(0, '127.0.0.1')
}

function wsServer(code: number | undefined): WebSocketServer {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  server.on('connection', (socket) => {
    socket.once('message', () => (code === undefined ? socket.terminate() : socket.close(code)))
  })
  return server
}

it.each<[string, string, () => Transport, () => Server | WebSocketServer]>([
  ['TCP that is closed', 'tcp', tcp, () => tcpServer('end')],
  ['TCP that is reset', 'tcp', tcp, () => tcpServer('resetAndDestroy')],
  ['a WebSocket that is closed in order', 'ws', webSocket, () => wsServer(1000)],
  ['a WebSocket that is closed for going away', 'ws', webSocket, () => wsServer(1001)],
  ['a WebSocket whose connection is cut', 'ws', webSocket, () => wsServer(undefined)],
])('%s', async (_, scheme, transport, server) => {
  const port = await opened(server())
  const node = createNode({ privateKey: generatePrivateKey(), transports: [transport()] })
  onTestFinished(() => node.close())
  await node.start()
  const error = await node
    .dial({ publicKey: KEY, endpoint: { scheme, host: '127.0.0.1', port } })
    .catch((e: unknown) => e)
  expect(error).toMatchObject({ code: 'link lost', origin: 'link' })
  expect((error as Error).message).toMatch(
    /^the remote closed the link before its handshake, after \d+ ms \(wrong key, throttled, or not an RLPx node\)$/,
  )
})
