// WebSocket links for browsers: dial only, and with no more than the platform gives.
import {
  checkOptions,
  type Clock,
  type DialOptions,
  type Endpoint,
  formatEndpoint,
  type Link,
  systemClock,
  type Transport,
} from '@peerwire/core'
import { BrowserWebSocketLink, type BrowserLinkOptions } from './browser-link.ts'
import type { TicketSource } from './ticket.ts'
import { dialError, isWebSocketEndpoint, WEBSOCKET_PROTOCOL } from './wire.ts'

export { type ResolvedBridge, type ResolvedNode, resolveNode, type ResolveOptions } from './resolve-node.ts'
export type { TicketSource } from './ticket.ts'
export { WEBSOCKET_PROTOCOL } from './wire.ts'

/** What is kept at most while nobody reads: one message of the greatest size RLPx knows. */
const MAX_UNREAD_BYTES = 16_777_216

export interface WebSocketOptions {
  /** Unread bytes past which the link is ended with `receive queue full`; default 16 MiB. */
  readonly maxUnreadBytes?: number | undefined
  readonly clock?: Clock | undefined
  /**
   * Gives the ticket to show at a relay's `/bridge/t/N`, asked once for each dial of such an endpoint and for no other:
   * a ticket is for one relay's eyes.
   */
  readonly ticket?: TicketSource | undefined
}

/** What a page knows of a dial that failed: the `cause` of its PeerError. */
export interface DialFacts {
  readonly elapsedMs: number
  /** Whether the WebSocket had opened before it ended. */
  readonly opened: boolean
  /** Close code; 1006 says nothing. */
  readonly closeCode: number
  readonly securePage: boolean
  /** What the browser believes; `true` also where it doesn't know. */
  readonly online: boolean
}

const KINDS = { maxUnreadBytes: 'limit', clock: 'thing', ticket: 'call' } as const

/** Dials `ws` and `wss` from a page or a worker. @throws {TypeError} naming the option that can't be used */
export function webSocket(options: WebSocketOptions = {}): Transport {
  const { maxUnreadBytes = MAX_UNREAD_BYTES, clock = systemClock, ticket } = checkOptions('webSocket', options, KINDS)
  return {
    name: 'ws',
    canDial: isWebSocketEndpoint,
    dial: async (endpoint, dialOptions) => {
      const protocols = ticket
        ? (await import('./ticket.ts')).protocolsFor(endpoint, ticket, WEBSOCKET_PROTOCOL, dialError)
        : WEBSOCKET_PROTOCOL
      return await dial(endpoint, protocols, { maxUnreadBytes, clock }, dialOptions)
    },
  }
}

function dial(
  endpoint: Endpoint,
  protocols: string | string[],
  options: BrowserLinkOptions,
  { signal }: DialOptions = {},
): Promise<Link> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error)
    const startedMs = options.clock.now()
    const socket = create(endpoint, protocols)
    socket.binaryType = 'arraybuffer'
    const settle = (): void => {
      signal?.removeEventListener('abort', onAbort)
      socket.onopen = socket.onclose = null
    }
    const onAbort = (): void => {
      settle()
      socket.close()
      reject(signal?.reason as Error)
    }
    const fail = (opened: boolean, closeCode: number, why: string): void => {
      settle()
      const { isSecureContext, navigator } = globalThis
      const facts: DialFacts = {
        elapsedMs: Math.round(options.clock.now() - startedMs),
        opened,
        closeCode,
        securePage: isSecureContext,
        online: navigator?.onLine !== false,
      }
      reject(dialError(endpoint, `${why} (${factsText(facts)})`, facts))
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.onopen = () => {
      if (socket.protocol !== WEBSOCKET_PROTOCOL) {
        socket.close()
        return fail(true, 0, `does not speak ${WEBSOCKET_PROTOCOL}`)
      }
      settle()
      resolve(new BrowserWebSocketLink(socket, formatEndpoint(endpoint), options))
    }
    socket.onclose = ({ code }) => fail(false, code, UNKNOWN_CAUSE)
  })
}

const UNKNOWN_CAUSE =
  'could not be reached; browsers do not say why: one of name lookup, refused connection, TLS, refused upgrade, ' +
  'abrupt close, mixed content, or no permission for the local network'

function factsText({ elapsedMs, securePage, online }: DialFacts): string {
  return `after ${elapsedMs} ms, page ${securePage ? '' : 'not '}secure, ${online ? 'online' : 'offline'}`
}

// The constructor itself throws for what the browser forbids beforehand, such as ws:// on an https page.
function create(endpoint: Endpoint, protocols: string | string[]): WebSocket {
  try {
    return new WebSocket(formatEndpoint(endpoint), protocols)
  } catch (cause) {
    throw dialError(endpoint, 'is refused by the browser itself', cause)
  }
}
