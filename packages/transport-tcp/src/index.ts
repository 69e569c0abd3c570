// TCP links for Node: dial and listen.
import { createServer, createConnection, type Server, type Socket } from 'node:net'
import {
  checkOptions,
  type Clock,
  type DialOptions,
  DiscReason,
  type Endpoint,
  formatEndpoint,
  type Link,
  type Listener,
  type ListenHandlers,
  parseEndpoint,
  PeerError,
  systemClock,
  type Transport,
} from '@peerwire/core'
import { LoopTurn } from './loop-turn.ts'
import { freshCredentials, networkOf, passProxy, readProxies } from './proxies.ts'
import type { Proxies, ProxyChoice } from './proxies.ts'
import { TcpLink } from './tcp-link.ts'

export type { Proxies } from './proxies.ts'

/** For each address of a name that has several; Node's own 250 ms gives up on remotes that are far away. */
const ATTEMPT_TIMEOUT_MS = 2_000

export interface TcpOptions {
  /** Where to listen, such as `tcp://127.0.0.1:30303`; port 0 takes a free one. */
  readonly listen?: string | readonly string[] | undefined
  /**
   * Whether `[::]` takes IPv6 alone, so that another listener can have `0.0.0.0` with the same port; by default where
   * `listen` names both.
   */
  readonly ipv6Only?: boolean | undefined
  /** Default: send at once, without Nagle's delay, as frames are gathered already. */
  readonly noDelay?: boolean | undefined
  /** How long a socket is silent before the kernel asks whether the remote is there; 0 never asks. Default 60,000. */
  readonly keepAliveMs?: number | undefined
  /**
   * SOCKS5 proxies by network, such as `{ onion: 'socks5://127.0.0.1:9050' }` for Tor. A proxy is given fresh
   * credentials for each connection, unless its URL has some.
   */
  readonly proxies?: Proxies | undefined
  readonly clock?: Clock | undefined
}

interface Settings {
  readonly ipv6Only: (endpoint: Endpoint) => boolean
  readonly noDelay: boolean
  readonly keepAliveMs: number
  readonly proxyFor: ProxyChoice
  readonly turn: LoopTurn
}

const KINDS = {
  listen: 'other',
  ipv6Only: 'flag',
  noDelay: 'flag',
  keepAliveMs: 'count',
  proxies: 'thing',
  clock: 'thing',
} as const
const PROXY_KINDS = { onion: 'text', names: 'text', ipv4: 'text', ipv6: 'text', all: 'text' } as const

/** TCP in Node. @throws {TypeError} when `listen` is not a `tcp` endpoint, or a proxy not `socks5://host:port` */
export function tcp(options: TcpOptions = {}): Transport {
  const {
    listen,
    noDelay = true,
    keepAliveMs = 60_000,
    proxies = {},
    clock = systemClock,
  } = checkOptions('tcp', options, KINDS)
  checkOptions('tcp', proxies, PROXY_KINDS, 'proxies.')
  if (listen !== undefined && typeof listen !== 'string' && !Array.isArray(listen)) {
    throw new TypeError('listen of tcp must be a string or an array of them')
  }
  const endpoints = [listen ?? []].flat().map(readListenEndpoint)
  const isShared = (port: number): boolean => endpoints.some((other) => other.host === '0.0.0.0' && other.port === port)
  const ipv6Only = ({ host, port }: Endpoint): boolean => host === '::' && (options.ipv6Only ?? isShared(port))
  const proxyFor = readProxies(proxies)
  const settings: Settings = { ipv6Only, noDelay, keepAliveMs, proxyFor, turn: new LoopTurn(clock) }
  const transport: Transport = {
    name: 'tcp',
    inboundRule: 'per address',
    canDial: ({ scheme, host }) => scheme === 'tcp' && hasWay(host, settings),
    dial: async (endpoint, dialOptions) => await dial(endpoint, settings, dialOptions),
  }
  if (listen === undefined) return transport
  return { ...transport, listen: async (handlers) => await openListeners(endpoints, settings, handlers) }
}

function readListenEndpoint(text: string): Endpoint {
  const endpoint = parseEndpoint(text)
  if (endpoint.scheme !== 'tcp') throw new TypeError(`not a TCP endpoint (tcp://host:port): ${text}`)
  return endpoint
}

// Names under `.onion` and `.i2p` must not reach a resolver: who asks for them would be known.
function hasWay(host: string, { proxyFor }: Settings): boolean {
  const network = networkOf(host)
  return network !== 'i2p' && (network !== 'onion' || proxyFor(host) !== undefined)
}

async function dial(endpoint: Endpoint, settings: Settings, { signal }: DialOptions = {}): Promise<Link> {
  const proxy = settings.proxyFor(endpoint.host)
  if (!hasWay(endpoint.host, settings)) throw failed(`${formatEndpoint(endpoint)} can not be dialed without a proxy`)
  if (!proxy) return new TcpLink(await connect(endpoint, settings, signal), 'outbound', settings.turn)
  const socket = await connect({ scheme: 'socks5', host: proxy.host, port: proxy.port }, settings, signal)
  const onAbort = (): void => void socket.destroy()
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    await passProxy(socket, endpoint, proxy.credentials ?? freshCredentials())
  } catch (error) {
    signal?.throwIfAborted()
    const { message } = error as PeerError
    throw failed(`${formatEndpoint(endpoint)} could not be reached: ${message}`, error)
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
  return new TcpLink(socket, 'outbound', settings.turn, endpoint)
}

function connect(endpoint: Endpoint, settings: Settings, signal: AbortSignal | undefined): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error)
    const { host, port } = endpoint
    const { noDelay, keepAliveMs } = settings
    const socket = createConnection({
      host,
      port,
      noDelay,
      keepAlive: keepAliveMs > 0,
      keepAliveInitialDelay: keepAliveMs,
      autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
    })
    socket.pause()
    const settle = (): void => {
      signal?.removeEventListener('abort', onAbort)
      socket.removeAllListeners('connect').removeAllListeners('error')
    }
    const onAbort = (): void => {
      settle()
      socket.on('error', ignore)
      socket.destroy()
      reject(signal?.reason as Error)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('connect', () => {
      settle()
      resolve(socket)
    })
    socket.once('error', (cause: NodeJS.ErrnoException) => {
      settle()
      socket.on('error', ignore)
      socket.destroy()
      reject(failed(dialText(endpoint, cause), cause))
    })
  })
}

function failed(message: string, cause?: unknown): PeerError {
  return new PeerError('dial failed', DiscReason.networkError, message, cause === undefined ? {} : { cause })
}

function ignore(): void {}

function dialText(endpoint: Endpoint, { code, message }: NodeJS.ErrnoException): string {
  const where = formatEndpoint(endpoint)
  if (code === 'ECONNREFUSED') return `${where} refused the connection: nobody listens there`
  if (code === 'ENOTFOUND') return `the name ${endpoint.host} has no address`
  return `${where} could not be reached: ${code ?? message}`
}

async function openListeners(
  endpoints: readonly Endpoint[],
  settings: Settings,
  handlers: ListenHandlers,
): Promise<readonly Listener[]> {
  const open: Listener[] = []
  try {
    for (const endpoint of endpoints) open.push(await openListener(endpoint, settings, handlers))
  } catch (error) {
    await Promise.all(open.map((listener) => listener.close()))
    throw error
  }
  return open
}

async function openListener(endpoint: Endpoint, settings: Settings, handlers: ListenHandlers): Promise<Listener> {
  const { noDelay, keepAliveMs, turn } = settings
  const keepAlive = keepAliveMs > 0
  const server = createServer({ noDelay, keepAlive, keepAliveInitialDelay: keepAliveMs, pauseOnConnect: true })
  server.on('connection', (socket: Socket) => handlers.link(new TcpLink(socket, 'inbound', turn)))
  await listenOn(server, endpoint, settings)
  server.on('error', (error) => handlers.error?.(error))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : endpoint.port
  let closed: Promise<void> | undefined
  return {
    endpoint: { ...endpoint, port },
    close: async () => {
      closed ??= new Promise((resolve) => {
        // The callback of `close` would wait for the links; the port is free as soon as the handle is.
        server.close()
        setImmediate(resolve)
      })
      await closed
    },
  }
}

function listenOn(server: Server, endpoint: Endpoint, settings: Settings): Promise<void> {
  const { host, port } = endpoint
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(new Error(listenText(endpoint, cause), { cause })))
    server.listen({ host, port, ipv6Only: settings.ipv6Only(endpoint), exclusive: true }, () => {
      server.removeAllListeners('error')
      resolve()
    })
  })
}

function listenText(endpoint: Endpoint, { code, message }: NodeJS.ErrnoException): string {
  const where = formatEndpoint(endpoint)
  if (code === 'EADDRINUSE') return `cannot listen on ${where}: the address is taken`
  if (code === 'EACCES') return `cannot listen on ${where}: not permitted`
  if (code === 'EADDRNOTAVAIL') return `cannot listen on ${where}: this machine has no such address`
  if (code === 'ENOTFOUND') return `cannot listen on ${where}: the name has no address`
  return `cannot listen on ${where}: ${code ?? message}`
}
