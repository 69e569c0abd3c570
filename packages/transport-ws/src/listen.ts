// Accepts WebSockets in Node: an HTTP server of ours that answers little else.
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import {
  DiscReason,
  type Endpoint,
  formatEndpoint,
  type Listener,
  type ListenHandlers,
  PeerError,
} from '@peerwire/core'
import type { Settings, TlsOptions } from './options.ts'
import { createUpgrade } from './upgrades.ts'
import { createVisitors, remoteOf, UPGRADE_TIMEOUT_MS, type Visitors } from './visitors.ts'
import { answerWellKnown, documentOf, isWellKnown } from './well-known.ts'
import { WEBSOCKET_PROTOCOL } from './wire.ts'

/** Bytes of request line and headers; the cookies of a host are sent with an upgrade, too. */
const MAX_HEADER_BYTES = 16_384

/** Requests of one connection; a page has fewer files. */
const MAX_REQUESTS = 100

/** Opens one listener. @throws {Error} one sentence that names the address */
export async function openListener(
  endpoint: Endpoint,
  settings: Settings,
  handlers: ListenHandlers,
): Promise<Listener> {
  const server = createServer(endpoint, settings)
  const visitors = createVisitors(settings, handlers)
  const upgrade = createUpgrade(settings, handlers, endpoint.path)
  server.on('connection', (socket: Socket) => visitors.enter(socket))
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'HPE_HEADER_OVERFLOW') refuseHeaders(socket, handlers)
    else socket.destroy()
  })
  server.on('request', (request, response) => {
    visitors.asked(request)
    // Nobody reads what a request carries beyond its head, unless the program does.
    if (hasBody(request)) response.shouldKeepAlive = false
    if (settings.request(request, response) === true) return
    const { node } = handlers
    if (node && isWellKnown(request)) answerWellKnown(request, response, documentOf(node, endpoint))
    else answer(response, 426, `this port speaks ${WEBSOCKET_PROTOCOL}`)
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    visitors.leave(request.socket)
    socket.on('error', () => socket.destroy())
    if (!settings.upgrade(request, socket, head)) upgrade(request, socket, head)
  })
  await listenOn(server, endpoint, settings)
  server.on('error', (error) => handlers.error?.(error))
  return toListener(server, endpoint, visitors)
}

/** 431, and a word to the operator: the visitor's browser shows neither. */
function refuseHeaders(socket: Duplex, handlers: ListenHandlers): void {
  const words = `its request has more than ${MAX_HEADER_BYTES / 1024} KiB of headers; cookies of the host may be the cause`
  handlers.failed?.(remoteOf(socket as Socket), new PeerError('link refused', DiscReason.requested, words))
  if (!socket.writable) return void socket.destroy()
  socket.end('HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  // What still comes is not read.
  socket.once('finish', () => socket.destroy())
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0
}

function createServer({ scheme }: Endpoint, { tls }: Settings): Server {
  const limits = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: UPGRADE_TIMEOUT_MS,
    requestTimeout: UPGRADE_TIMEOUT_MS,
    keepAliveTimeout: UPGRADE_TIMEOUT_MS,
    connectionsCheckingInterval: 1_000,
  }
  const server = scheme === 'ws' ? createHttpServer(limits) : createSecureServer(limits, tls)
  server.maxRequestsPerSocket = MAX_REQUESTS
  return server
}

function createSecureServer(limits: ServerOptions, { key, cert, renewals }: TlsOptions): Server {
  const server = createHttpsServer({ ...limits, key, cert, handshakeTimeout: UPGRADE_TIMEOUT_MS })
  server.once('listening', () => {
    const stop = renewals?.((identity) => server.setSecureContext({ ...identity }))
    if (stop) server.once('close', stop)
  })
  return server
}

function answer(response: ServerResponse, status: number, why: string): void {
  if (response.headersSent || response.destroyed) return
  const headers = { 'Content-Type': 'text/plain', 'Content-Length': why.length + 1, Connection: 'close' }
  response.writeHead(status, headers).end(`${why}\n`)
}

function listenOn(server: Server, { host, port, ...endpoint }: Endpoint, settings: Settings): Promise<void> {
  const { listen, ipv6Only: given } = settings
  const isShared = listen?.some((other) => other.host === '0.0.0.0' && other.port === port)
  const ipv6Only = host === '::' && (given ?? isShared ?? false)
  const where = formatEndpoint({ host, port, ...endpoint })
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(new Error(listenText(where, cause), { cause })))
    server.listen({ host, port, ipv6Only, exclusive: true }, () => {
      server.removeAllListeners('error')
      resolve()
    })
  })
}

function listenText(where: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') return `cannot listen on ${where}: the address is taken`
  if (code === 'EACCES') return `cannot listen on ${where}: not permitted`
  if (code === 'EADDRNOTAVAIL') return `cannot listen on ${where}: this machine has no such address`
  if (code === 'ENOTFOUND') return `cannot listen on ${where}: the name has no address`
  return `cannot listen on ${where}: ${code ?? message}`
}

function toListener(server: Server, endpoint: Endpoint, visitors: Visitors): Listener {
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : endpoint.port
  let closed: Promise<void> | undefined
  return {
    endpoint: { ...endpoint, port },
    close: async () => {
      closed ??= new Promise((resolve) => {
        // The callback of `close` would wait for the links; the port is free as soon as the handle is.
        server.close()
        visitors.close()
        setImmediate(resolve)
      })
      await closed
    },
  }
}
