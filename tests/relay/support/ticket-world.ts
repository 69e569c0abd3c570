// A bridge that takes tickets, a target and visitors over real sockets of one family; what it does outside is seen.
import { connect as connectTcp, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { type Clock, fromHex, type Logger, type PrefixPolicy, systemClock } from '@peerwire/core'
import { readTrustProxy, type TrustProxy, webSocket, WEBSOCKET_PROTOCOL } from '@peerwire/transport-ws/node'
import {
  type Bridge,
  type BridgeLimits,
  type BridgeTickets,
  createBridge,
  mintTicket,
  parseAllowRule,
  type TicketOptions,
} from 'peerwire'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'

export const KEY = new Uint8Array(32).fill(7)
const AUDIENCE = 'ab'.repeat(64)
const RELAY = `wss://${AUDIENCE}@relay.example/`

/** What an RLPx dialer says first, as far as a bridge can tell. */
export const AUTH: Buffer = Buffer.concat([Buffer.from([1, 0x2c, 0x04]), Buffer.alloc(299, 0xee)])

export interface Family {
  readonly name: string
  /** Loopback, as it stands in a URL. */
  readonly host: string
  /** Addresses of the Internet, to which nothing is ever sent. */
  readonly far: readonly [string, string]
}

export const FAMILIES: readonly Family[] = [
  { name: 'IPv4', host: '127.0.0.1', far: ['9.9.9.9', '9.9.9.10'] },
  { name: 'IPv6', host: '[::1]', far: ['2606:4700::1111', '2606:4700::1001'] },
]

/** Every address is a network of its own. */
export const BY_ADDRESS: PrefixPolicy = { prefixOf: (address) => address.replace(/:\d+$/, '') }

export interface WorldOptions extends Partial<Omit<BridgeTickets, 'allow'>> {
  readonly allow?: readonly string[]
  readonly limits?: Partial<BridgeLimits>
  readonly trust?: TrustProxy
  readonly prefixes?: PrefixPolicy
  readonly origins?: readonly string[]
  /** Timers of such lengths come when `fire` says so. */
  readonly held?: (delayMs: number) => boolean
}

export interface Visit {
  readonly index?: number
  readonly headers?: Readonly<Record<string, string>>
  /** What is said at once; default a handshake. */
  readonly first?: Uint8Array
}

export interface TicketWorld {
  readonly bridge: Bridge
  /** `host:port` of the target, and of every place that the bridge began to dial. */
  readonly target: string
  readonly dialed: readonly string[]
  /** The bridge's ends of what it dialed, and the target's. */
  readonly made: readonly Socket[]
  readonly accepted: readonly Socket[]
  readonly logged: readonly string[]
  /** Timers that are set and neither came nor were cancelled. */
  readonly timers: ReadonlySet<object>
  fire(): void
  /** For the target, unless others are named. */
  sign(options?: Partial<TicketOptions>): string
  /** Opens with a ticket. */
  visit(ticket: string, visit?: Visit): WebSocket
  /** How a visit ends, `code reason`; the target is closed to it once it has been reached. */
  outcome(ticket: string, visit?: Visit): Promise<string>
  /** Both ends of a link. */
  link(ticket: string, visit?: Visit): Promise<{ readonly ws: WebSocket; readonly socket: Socket }>
}

export const publicKey: Uint8Array = fromHex(AUDIENCE)

/** Ends with the test. */
export async function ticketWorld(family: Family, options: WorldOptions = {}): Promise<TicketWorld> {
  const accepted: Socket[] = []
  let wake: ((socket: Socket) => void)[] = []
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    accepted.push(socket.on('error', () => undefined))
    wake.shift()?.(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, family.host.replace(/[[\]]/g, ''), resolve))
  const target = `${family.host}:${(server.address() as AddressInfo).port}`
  const dialed: string[] = []
  const made: Socket[] = []
  const connect: BridgeTickets['connect'] = (place) => {
    dialed.push(`${place.host.includes(':') ? `[${place.host}]` : place.host}:${place.port}`)
    const socket = options.connect?.(place) ?? connectTcp({ ...place, noDelay: true })
    made.push(socket)
    return socket
  }
  const logged: string[] = []
  const logger: Logger = { enabled: () => true, log: (...said) => void logged.push(JSON.stringify(said)) }
  const { clock, timers, fire } = watchedClock(options.held)
  const { allow = [`${family.host}:1024-65535`], limits, trust, prefixes, origins } = options
  const bridge = createBridge({
    targets: [],
    clock,
    logger,
    origins,
    remoteOf: readTrustProxy(trust).remoteOf,
    limits,
    prefixes,
    tickets: { keys: [KEY], audience: publicKey, ...options, allow: allow.map(parseAllowRule), connect },
  })
  const transport = webSocket({ listen: `ws://${family.host}:0/`, upgrade: bridge.upgrade.bind(bridge) })
  const [listener] = await transport.listen!({ link: (link) => link.abort() })
  const { endpoint } = listener!
  const clients: WebSocket[] = []
  onTestFinished(async () => {
    for (const ws of clients) ws.terminate()
    await bridge.close()
    await listener!.close()
    for (const socket of accepted) socket.destroy()
    server.close()
  })
  const visit = (ticket: string, { index = 0, headers = {}, first = AUTH }: Visit = {}): WebSocket => {
    const url = `ws://${family.host}:${endpoint.port}/bridge/t/${index}`
    const ws = new WebSocket(url, [WEBSOCKET_PROTOCOL, ticket], { headers: { ...headers }, perMessageDeflate: false })
    clients.push(ws)
    ws.on('error', () => undefined).once('open', () => ws.send(first))
    return ws
  }
  return {
    bridge,
    target,
    dialed,
    made,
    accepted,
    logged,
    timers,
    fire,
    sign: (given) => mintTicket({ key: KEY, relay: RELAY, targets: [target], ...given }).ticket,
    visit,
    outcome: async (ticket, given) => {
      const reached = (socket: Socket): void => void socket.end()
      wake.push(reached)
      const ended = await closed(visit(ticket, given))
      wake = wake.filter((one) => one !== reached)
      return ended
    },
    link: async (ticket, given) => {
      const connected = new Promise<Socket>((resolve) => wake.push(resolve))
      const ws = visit(ticket, given)
      const refused = closed(ws).then((why) => Promise.reject(new Error(`refused: ${why}`)))
      refused.catch(() => undefined)
      return { ws, socket: await Promise.race([connected, refused]) }
    },
  }
}

/** `code reason` of a WebSocket's end. */
export async function closed(ws: WebSocket): Promise<string> {
  return await new Promise((resolve) => ws.once('close', (code, reason) => resolve(`${code} ${reason.toString()}`)))
}

function watchedClock(held: (delayMs: number) => boolean = () => false) {
  const timers = new Set<object>()
  const waiting: (() => void)[] = []
  const clock: Clock = {
    ...systemClock,
    setTimer: (delayMs, fn) => {
      const timer = { cancel: (): void => undefined }
      timers.add(timer)
      const come = (): void => {
        if (timers.delete(timer)) fn()
      }
      const real = held(delayMs) ? undefined : systemClock.setTimer(delayMs, come)
      if (!real) waiting.push(come)
      timer.cancel = () => {
        timers.delete(timer)
        real?.cancel()
      }
      return timer
    },
  }
  const fire = (): void => {
    for (const come of waiting.splice(0)) come()
  }
  return { clock, timers, fire }
}
