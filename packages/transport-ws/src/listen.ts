// Accepts WebSockets in Node: an HTTP server that answers little else, with bounds on who waits.
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Endpoint, formatEndpoint, type Listener, type ListenHandlers, type Timer } from '@peerwire/core'
import { WebSocketServer } from 'ws'
import { NodeWebSocketLink, socketOptions } from './node-link.ts'
import type { Settings } from './options.ts'
import { chooseProtocol, refusalOf } from './refusals.ts'
import { answerWellKnown, documentOf, isWellKnown } from './well-known.ts'
import { WEBSOCKET_PROTOCOL } from './wire.ts'

/** From the accepted connection to the upgrade, TLS included; a browser on a slow path needs about one second. */
const UPGRADE_TIMEOUT_MS = 5_000

/** Bytes of request line and headers; browsers send less than 2 KiB beside their cookies. */
const MAX_HEADER_BYTES = 8_192

/** Connections that may be open without being upgraded; past it the newest are dropped. At 10 KiB each, 5 MiB. */
const MAX_WAITING = 512

/** Opens one listener. @throws {Error} one sentence that names the address */
export async function openListener(
  endpoint: Endpoint,
  settings: Settings,
  handlers: ListenHandlers,
): Promise<Listener> {
  const server = createServer(endpoint, settings)
  const waiting = createWaitingRoom(settings)
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    handleProtocols: chooseProtocol,
    ...socketOptions(settings.maxPayloadBytes),
  })
  server.on('connection', (socket: Socket) => waiting.enter(socket))
  server.on('clientError', (_, socket) => socket.destroy())
  server.on('request', (request, response) => {
    waiting.answering(request.socket)
    if (settings.request(request, response) === true) return
    const { node } = handlers
    if (node && isWellKnown(request)) answerWellKnown(request, response, documentOf(node, endpoint))
    else answer(response, 426, `this port speaks ${WEBSOCKET_PROTOCOL}`)
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    waiting.leave(request.socket)
    socket.on('error', () => socket.destroy())
    if (settings.upgrade(request, socket, head)) return
    const remote = settings.proxies.remoteOf(request)
    if (handlers.admits?.(remote) === false) return void socket.destroy()
    const refusal = refusalOf(request, { ...settings, path: endpoint.path })
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const link = new NodeWebSocketLink(ws, socket, 'inbound', remote)
      if (!refusal) handlers.link(link)
      else if (handlers.refused) handlers.refused(link, refusal.code, refusal.text)
      else link.refuse(refusal.code, refusal.text)
    })
  })
  await listenOn(server, endpoint)
  server.on('error', (error) => handlers.error?.(error))
  return toListener(server, endpoint, waiting)
}

function createServer({ scheme }: Endpoint, { tls }: Settings): Server {
  const limits = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: UPGRADE_TIMEOUT_MS,
    requestTimeout: UPGRADE_TIMEOUT_MS,
    keepAliveTimeout: UPGRADE_TIMEOUT_MS,
    connectionsCheckingInterval: 1_000,
  }
  if (scheme === 'ws') return createHttpServer(limits)
  return createHttpsServer({ ...limits, key: tls.key, cert: tls.cert, handshakeTimeout: UPGRADE_TIMEOUT_MS })
}

function answer(response: ServerResponse, status: number, why: string): void {
  if (response.headersSent || response.destroyed) return
  const headers = { 'Content-Type': 'text/plain', 'Content-Length': why.length + 1, Connection: 'close' }
  response.writeHead(status, headers).end(`${why}\n`)
}

interface WaitingRoom {
  enter(socket: Socket): void
  /** It has sent a request that is no upgrade: from now on the server's own limits hold. */
  answering(socket: Socket): void
  leave(socket: Socket): void
  close(): void
}

// Keyed by the remote's address, since a TLS socket and the TCP socket below it are two objects.
function createWaitingRoom({ clock }: Settings): WaitingRoom {
  const waiting = new Map<string, { readonly socket: Socket; readonly timer: Timer }>()
  const keyOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress}|${remotePort}`
  return {
    enter: (socket) => {
      if (waiting.size >= MAX_WAITING) return void socket.destroy()
      const key = keyOf(socket)
      const timer = clock.setTimer(UPGRADE_TIMEOUT_MS, () => socket.destroy())
      waiting.set(key, { socket, timer })
      socket.once('close', () => {
        timer.cancel()
        if (waiting.get(key)?.socket === socket) waiting.delete(key)
      })
    },
    answering: (socket) => waiting.get(keyOf(socket))?.timer.cancel(),
    leave: (socket) => {
      const key = keyOf(socket)
      waiting.get(key)?.timer.cancel()
      waiting.delete(key)
    },
    close: () => {
      for (const { socket } of waiting.values()) socket.destroy()
    },
  }
}

function listenOn(server: Server, { host, port, ...endpoint }: Endpoint): Promise<void> {
  const where = formatEndpoint({ host, port, ...endpoint })
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(new Error(listenText(where, cause), { cause })))
    server.listen({ host, port, exclusive: true }, () => {
      server.removeAllListeners('error')
      resolve()
    })
  })
}

function listenText(where: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') return `cannot listen on ${where}: the address is taken`
  if (code === 'EACCES') return `cannot listen on ${where}: not permitted`
  if (code === 'EADDRNOTAVAIL') return `cannot listen on ${where}: this machine has no such address`
  return `cannot listen on ${where}: ${code ?? message}`
}

function toListener(server: Server, endpoint: Endpoint, waiting: WaitingRoom): Listener {
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : endpoint.port
  let closed: Promise<void> | undefined
  return {
    endpoint: { ...endpoint, port },
    close: async () => {
      closed ??= new Promise((resolve) => {
        // The callback of `close` would wait for the links; the port is free as soon as the handle is.
        server.close()
        waiting.close()
        setImmediate(resolve)
      })
      await closed
    },
  }
}
