// WebSocket links for Node: dial and listen.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import {
  type DialOptions,
  type Endpoint,
  formatEndpoint,
  type Link,
  type Listener,
  type Transport,
} from '@peerwire/core'
import { WebSocket } from 'ws'
import { attach } from './attach.ts'
import { openListener } from './listen.ts'
import { NodeWebSocketLink, socketOptions } from './node-link.ts'
import { readSettings, type Settings, type WebSocketOptions } from './options.ts'
import { protocolsFor } from './ticket.ts'
import { dialError, isWebSocketEndpoint, WEBSOCKET_PROTOCOL } from './wire.ts'

export type { TlsIdentity, TlsOptions, WebSocketOptions } from './options.ts'
export { type AllowedOrigins, checkHost, checkOrigin, isOriginAllowed, type OriginRules } from './origins.ts'
export { type ProxyTrust, readTrustProxy, type TrustProxy } from './proxies.ts'
export { chooseProtocol, refusalOf, type RefusedUpgrade } from './refusals.ts'
export { type ResolvedBridge, type ResolvedNode, resolveNode, type ResolveOptions } from './resolve-node.ts'
export { answerWellKnown, isWellKnown } from './well-known.ts'
export type { TicketSource } from './ticket.ts'
export { WEBSOCKET_PROTOCOL } from './wire.ts'

/** Characters of a refusal's body that are read and shown. */
const MAX_REFUSAL_TEXT = 160

/** Dials `ws` and `wss`, and listens where told. @throws {TypeError} when an option can't be used */
export function webSocket(options: WebSocketOptions = {}): Transport {
  const settings = readSettings(options)
  const transport: Transport = {
    name: 'ws',
    inboundRule: 'per prefix',
    canDial: isWebSocketEndpoint,
    dial: async (endpoint, dialOptions) => await dial(endpoint, settings, dialOptions),
  }
  const { listen, server, path } = settings
  if (server) return { ...transport, listen: async (handlers) => [attach(server, path, settings, handlers)] }
  if (!listen) return transport
  return {
    ...transport,
    listen: async (handlers) => {
      const open: Listener[] = []
      try {
        for (const endpoint of listen) open.push(await openListener(endpoint, settings, handlers))
      } catch (error) {
        await Promise.all(open.map((listener) => listener.close()))
        throw error
      }
      return open
    },
  }
}

function dial(endpoint: Endpoint, settings: Settings, { signal }: DialOptions = {}): Promise<Link> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error)
    const ws = create(endpoint, settings)
    let socket: Duplex | undefined
    const settle = (): void => {
      signal?.removeEventListener('abort', onAbort)
      ws.removeAllListeners()
      // A failed attempt may say more than one error.
      ws.on('error', ignore)
    }
    const fail = (why: string, cause?: unknown): void => {
      settle()
      ws.terminate()
      reject(dialError(endpoint, why, cause))
    }
    const onAbort = (): void => {
      settle()
      ws.terminate()
      reject(signal?.reason as Error)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    ws.once('upgrade', (response) => {
      socket = response.socket
    })
    ws.once('open', () => {
      settle()
      if (socket) resolve(new NodeWebSocketLink(ws, socket, 'outbound', formatEndpoint(endpoint)))
    })
    ws.once('unexpected-response', (_, response) => readRefusal(response, (text) => fail(text)))
    ws.once('error', (cause) => fail(dialText(cause), cause))
    ws.once('close', () => fail('was closed before it opened'))
  })
}

function create(endpoint: Endpoint, { tls, maxPayloadBytes, randomMasks, ticket }: Settings): WebSocket {
  const protocols = ticket ? protocolsFor(endpoint, ticket, WEBSOCKET_PROTOCOL, dialError) : [WEBSOCKET_PROTOCOL]
  try {
    return new WebSocket(formatEndpoint(endpoint), protocols, {
      ...socketOptions(maxPayloadBytes),
      ...(randomMasks ? {} : { generateMask: zeroMask }),
      ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    })
  } catch (cause) {
    throw dialError(endpoint, 'is not a URL that can be dialed', cause)
  }
}

function ignore(): void {}

function zeroMask(mask: Buffer): void {
  mask.fill(0)
}

function readRefusal(response: IncomingMessage, done: (why: string) => void): void {
  const { statusCode, statusMessage } = response
  let text = ''
  const finish = (): void => {
    response.removeAllListeners('data').destroy()
    const said = text.trim().slice(0, MAX_REFUSAL_TEXT)
    done(`refused the upgrade with HTTP ${statusCode} ${statusMessage ?? ''}${said === '' ? '' : `: ${said}`}`)
  }
  response.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
    if (text.length > MAX_REFUSAL_TEXT) response.destroy()
  })
  response.on('error', ignore)
  response.once('close', finish)
}

function dialText({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ECONNREFUSED') return 'refused the connection: nobody listens there'
  if (code === 'ENOTFOUND') return 'could not be reached: the name has no address'
  if (code === 'ECONNRESET') return 'closed the connection before the upgrade'
  return `could not be reached: ${code ?? message}`
}
