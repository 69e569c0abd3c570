// What the WebSocket transport takes in Node, checked once.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { checkOptions, type Clock, type Endpoint, parseEndpoint, systemClock } from '@peerwire/core'
import { type AllowedOrigins, checkHost, checkOrigin } from './origins.ts'
import { type ProxyTrust, readTrustProxy, type TrustProxy } from './proxies.ts'
import type { TicketSource } from './ticket.ts'
import { isWebSocketEndpoint, MESSAGE_BYTES } from './wire.ts'

/** Largest message that is taken: four of ours, so that others may cut more coarsely. It is held in memory whole. */
const MAX_PAYLOAD_BYTES = 4 * MESSAGE_BYTES

/** A certificate chain and its key, as PEM text. */
export interface TlsIdentity {
  readonly key: string
  readonly cert: string
}

/** PEM text, as Node's `tls` takes it. */
export interface TlsOptions {
  readonly key?: string | undefined
  readonly cert?: string | undefined
  /** Trusted in place of the platform's authorities when dialing `wss`. */
  readonly ca?: string | undefined
  /**
   * Called by each listener on `wss` when it opens, with what serves connections from then on by another certificate;
   * those that are open stay as they are. The answer is called when the listener has closed.
   */
  readonly renewals?: ((renew: (identity: TlsIdentity) => void) => () => void) | undefined
}

export interface WebSocketOptions {
  /**
   * An HTTP or HTTPS server of your own to listen on, in place of `listen`: that of Express, Fastify (`app.server`) or
   * Vite (`server.httpServer`). Its upgrades of `path` that offer `peerwire.1` are taken, all else stays yours; closing
   * detaches from it and never closes it.
   */
  readonly server?: Server | undefined
  /** The path on `server`; default `/`. */
  readonly path?: string | undefined
  /** Where to listen, such as `ws://127.0.0.1:4000/`; port 0 takes a free one. `wss` needs `tls.key` and `tls.cert`. */
  readonly listen?: string | readonly string[] | undefined
  /**
   * Whether `[::]` takes IPv6 alone, so that another listener can have `0.0.0.0` with the same port; by default where
   * `listen` names both.
   */
  readonly ipv6Only?: boolean | undefined
  readonly tls?: TlsOptions | undefined
  /** Pages that may connect; by default the listener's own (see `hosts`) and those of the browser's machine. */
  readonly origins?: AllowedOrigins | undefined
  /**
   * Names by which pages reach the listener on loopback or in a LAN, such as `relay.local`, with a port where it isn't
   * that of `http` or `https`. IP addresses, `localhost` and what a believed proxy forwards need no entry, nor does a
   * listener at a public address: there every name is its own.
   */
  readonly hosts?: readonly string[] | undefined
  /** Largest message taken from a remote; default 256 KiB. */
  readonly maxPayloadBytes?: number | undefined
  /**
   * Draws a mask for each message that is dialed out, as RFC 6455 section 5.3 has it; default `false`: the mask
   * is zero.
   * Masks guard careless proxies against bytes that a stranger's script chose. Here a program speaks, and its bytes
   * are ciphertext that nobody can choose; XORing them at both ends costs three quarters of the throughput.
   */
  readonly randomMasks?: boolean | undefined
  /**
   * Proxies whose X-Forwarded-For or Forwarded says where a remote is: their addresses and ranges, such as
   * `['127.0.0.1', '10.0.0.0/8']`; or their number, where every connection comes by your own, one behind another;
   * `true` is one. Where both headers are there, X-Forwarded-For counts.
   */
  readonly trustProxy?: TrustProxy | undefined
  /**
   * Answers plain HTTP on the same port, and says so with `true`; a connection lives for a minute at most, unless it is
   * upgraded. What it leaves is answered by the listener:
   * `/.well-known/peerwire` with the node's key, everything else with 426.
   */
  readonly request?: ((request: IncomingMessage, response: ServerResponse) => boolean | void) | undefined
  /**
   * Asked first for each upgrade; `true` takes the socket over. Its time limit is then gone, and it still has
   * to check the origin: `isOriginAllowed` does.
   */
  readonly upgrade?: ((request: IncomingMessage, socket: Duplex, head: Buffer) => boolean) | undefined
  readonly clock?: Clock | undefined
  /**
   * Gives the ticket to show at a relay's `/bridge/t/N`, asked once for each dial of such an endpoint and for no other:
   * a ticket is for one relay's eyes.
   */
  readonly ticket?: TicketSource | undefined
}

/** The options with defaults. */
export interface Settings {
  readonly server: Server | undefined
  readonly path: string
  readonly listen: readonly Endpoint[] | undefined
  readonly ipv6Only: boolean | undefined
  readonly tls: TlsOptions
  readonly origins: AllowedOrigins | undefined
  readonly hosts: readonly string[]
  readonly maxPayloadBytes: number
  readonly randomMasks: boolean
  readonly proxies: ProxyTrust
  readonly request: NonNullable<WebSocketOptions['request']>
  readonly upgrade: NonNullable<WebSocketOptions['upgrade']>
  readonly clock: Clock
  readonly ticket: TicketSource | undefined
}

const KINDS = {
  server: 'thing',
  path: 'text',
  listen: 'other',
  ipv6Only: 'flag',
  tls: 'thing',
  origins: 'other',
  hosts: 'list',
  maxPayloadBytes: 'count',
  randomMasks: 'flag',
  trustProxy: 'other',
  request: 'call',
  upgrade: 'call',
  clock: 'thing',
  ticket: 'call',
} as const

/** @throws {TypeError} naming the option that can't be used */
export function readSettings(options: WebSocketOptions): Settings {
  const { listen, tls = {}, origins, maxPayloadBytes = MAX_PAYLOAD_BYTES } = checkOptions('webSocket', options, KINDS)
  checkOptions('webSocket', tls, { key: 'other', cert: 'other', ca: 'other', renewals: 'call' }, 'tls.')
  if (maxPayloadBytes < MESSAGE_BYTES || maxPayloadBytes > 0x7fff_ffff) {
    throw new RangeError(`maxPayloadBytes must be ${MESSAGE_BYTES} to 2^31 - 1, not ${maxPayloadBytes}`)
  }
  const endpoints = listen === undefined ? undefined : readListen(typeof listen === 'string' ? [listen] : listen, tls)
  return {
    ...readServer(options),
    listen: endpoints,
    ipv6Only: options.ipv6Only,
    tls,
    origins: Array.isArray(origins) ? origins.map(checkOrigin) : origins,
    maxPayloadBytes,
    randomMasks: options.randomMasks ?? false,
    hosts: (options.hosts ?? []).map(checkHost),
    proxies: readTrustProxy(options.trustProxy),
    request: options.request ?? (() => false),
    upgrade: options.upgrade ?? (() => false),
    clock: options.clock ?? systemClock,
    ticket: options.ticket,
  }
}

/** What has a meaning only where the listener is ours. */
const OF_LISTENERS = ['listen', 'ipv6Only', 'request', 'upgrade'] as const

function readServer(options: WebSocketOptions): Pick<Settings, 'server' | 'path'> {
  const { server, path = '/' } = options
  if (!server) {
    if (options.path !== undefined)
      throw new TypeError('path of webSocket needs a server; listen has its path in the URL')
    return { server, path }
  }
  for (const name of OF_LISTENERS) {
    if (options[name] !== undefined) throw new TypeError(`${name} of webSocket can't be given with a server`)
  }
  const isServer = [server.on, server.emit, server.address].every((method) => typeof method === 'function')
  if (!isServer) throw new TypeError('server of webSocket must be an HTTP or HTTPS server of Node')
  if (!/^\/[^?#\s]*$/.test(path)) throw new TypeError(`path of webSocket must begin with / and have no query: ${path}`)
  return { server, path }
}

function readListen(texts: readonly string[], tls: TlsOptions): readonly Endpoint[] {
  if (!Array.isArray(texts)) throw new TypeError('listen of webSocket must be a string or an array of them')
  return texts.map((text: string) => {
    const endpoint = parseEndpoint(text)
    if (!isWebSocketEndpoint(endpoint)) throw new TypeError(`not a WebSocket endpoint (ws://host:port/): ${text}`)
    if (endpoint.path?.includes('?')) throw new TypeError(`a listener's path has no query: ${text}`)
    if (endpoint.scheme === 'wss' && !(tls.key && tls.cert)) {
      throw new TypeError(`listening on ${text} needs tls.key and tls.cert`)
    }
    return endpoint
  })
}
