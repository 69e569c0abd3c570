// A crowd of strangers: sockets that wait, stop in the middle or read nothing, always as many of them.
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { WEBSOCKET_PROTOCOL } from '@peerwire/transport-ws'
import { clientFrame, Opcode } from '../../support/client-frames.ts'

/** Where they come from: two networks of loopback with two hosts each, and none of them ours. */
const HOSTS = ['127.9.0.1', '127.9.0.2', '127.9.1.1', '127.9.1.2'] as const
/** When somebody whose socket has ended comes again. Milliseconds. */
const AGAIN_MS = 3000

const REQUEST = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n'
const UPGRADE: Buffer = Buffer.from(
  [
    `${REQUEST}Connection: Upgrade`,
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    `Sec-WebSocket-Protocol: ${WEBSOCKET_PROTOCOL}`,
    '\r\n',
  ].join('\r\n'),
)
/** It claims 300 bytes, of which these are all that come. */
const HALF_HANDSHAKE: Buffer = Buffer.concat([Uint8Array.of(1, 0x2c, 0x04), randomBytes(100)])
const PINGS: Buffer = Buffer.concat(Array.from({ length: 1000 }, () => clientFrame({ opcode: Opcode.ping })))

type Listener = 'ws' | 'tcp'

/** What each does once it is connected, one kind after another. */
const KINDS: readonly (readonly [Listener, (socket: Socket) => unknown])[] = [
  ['ws', () => undefined],
  ['tcp', () => undefined],
  ['ws', (socket) => socket.write(`${REQUEST}X-Slow: `)],
  // The page, without reading it.
  ['ws', (socket) => socket.pause().write(`${REQUEST}\r\n`.repeat(50))],
  ['ws', (socket) => socket.write(UPGRADE)],
  ['tcp', (socket) => socket.write(HALF_HANDSHAKE)],
  ['ws', (socket) => socket.write(Buffer.concat([UPGRADE, clientFrame({ payload: HALF_HANDSHAKE })]))],
  ['ws', (socket) => socket.pause().write(Buffer.concat([UPGRADE, PINGS]))],
]

export interface Crowd {
  /** Nobody comes any more, and whoever is there goes. */
  close(): Promise<void>
}

/** `size` sockets at once from the first moment on, each replaced by another one 3 s after its end. */
export function startCrowd(size: number, ports: Readonly<Record<Listener, number>>): Crowd {
  const open = new Set<Socket>()
  const coming = new Set<NodeJS.Timeout>()
  let total = 0
  let over: (() => void) | undefined
  const enter = (): void => {
    const [port, act] = KINDS[total % KINDS.length]!
    const localAddress = HOSTS[Math.floor(total / KINDS.length) % HOSTS.length]!
    total++
    const socket = connect({ host: '127.0.0.1', port: ports[port], localAddress })
    open.add(socket)
    socket.on('error', () => undefined)
    socket.once('connect', () => {
      socket.resume()
      act(socket)
    })
    socket.once('close', () => {
      open.delete(socket)
      if (over) return void (open.size === 0 && over())
      const timer = setTimeout(() => {
        coming.delete(timer)
        enter()
      }, AGAIN_MS)
      coming.add(timer)
    })
  }
  for (let i = 0; i < size; i++) enter()
  return {
    close: () =>
      new Promise((resolve) => {
        over = resolve
        for (const timer of coming) clearTimeout(timer)
        if (open.size === 0) resolve()
        for (const socket of open) socket.destroy()
      }),
  }
}
