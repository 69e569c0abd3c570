// The blind bridge: lets a tab's WebSocket reach the TCP targets that the operator listed, and no other.
import type { IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Clock, formatEndpoint, type Logger, type PrefixPolicy } from '@peerwire/core'
import { type AllowedOrigins, chooseProtocol, refusalOf } from '@peerwire/transport-ws/node'
import { type WebSocket, WebSocketServer } from 'ws'
import { absent, draining, full, type Goodbye, targetFailed, throttled } from './close-codes.ts'
import { type BridgeLimits, BridgeGate, DEFAULT_BRIDGE_LIMITS } from './limits.ts'
import { Splice } from './splice.ts'
import type { BridgeTarget } from './target.ts'

/** Bytes of one WebSocket message, which is held whole; four of what our own end sends. */
const MAX_PAYLOAD_BYTES = 262_144

/** Pieces that one unfinished message may arrive in; see the same bound of the WebSocket transport. */
const MAX_PIECES = 4_096

/** How long a tab may take to answer a close frame. */
const CLOSE_TIMEOUT_MS = 2_000

/** How long tabs get to answer when the relay closes. */
const CLOSE_GRACE_MS = 400

const CLOSING = 'the relay is closing'

const PATH = /^\/bridge(?:\/([^/?#]*))?\/?$/

export interface BridgeOptions {
  readonly targets: readonly BridgeTarget[]
  readonly clock: Clock
  readonly logger: Logger
  readonly origins: AllowedOrigins | undefined
  /** Where a request came from, for limits and logs: `host:port`. */
  readonly remoteOf: (request: IncomingMessage) => string
  readonly limits?: Partial<BridgeLimits> | undefined
  readonly prefixes?: PrefixPolicy | undefined
}

export interface Bridge {
  readonly targets: readonly BridgeTarget[]
  /** Links that are open or being opened. */
  readonly links: number
  /** Takes an upgrade over when its path is the bridge's. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean
  /** Ends all links; resolves when their sockets are gone. */
  close(): Promise<void>
}

/** A bridge to these targets; without any it takes no request at all. */
export function createBridge(options: BridgeOptions): Bridge {
  return new RunningBridge(options)
}

interface Request {
  readonly alias: string
  readonly remote: string
  readonly below: Duplex
}

class RunningBridge implements Bridge {
  readonly targets: readonly BridgeTarget[]
  readonly #options: BridgeOptions
  readonly #limits: BridgeLimits
  readonly #gate: BridgeGate
  readonly #sockets: WebSocketServer
  /** Upgraded WebSockets, each with the promise of its end. */
  readonly #open = new Map<WebSocket, Promise<void>>()
  #closed = false

  constructor(options: BridgeOptions) {
    this.targets = options.targets
    this.#options = options
    this.#limits = { ...DEFAULT_BRIDGE_LIMITS, ...options.limits }
    this.#gate = new BridgeGate(this.#limits, options.clock, options.prefixes)
    this.#sockets = new WebSocketServer(serverOptions())
  }

  get links(): number {
    return this.#gate.links
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const match = this.targets.length > 0 ? PATH.exec(request.url ?? '') : null
    if (!match) return false
    const remote = this.#options.remoteOf(request)
    const refusal = this.#refusal(request, remote)
    if (refusal && !this.#gate.answers(remote)) {
      socket.destroy()
      return true
    }
    const alias = match[1] ?? ''
    // A script can read a close code and its reason, but nothing of a refused upgrade.
    this.#sockets.handleUpgrade(request, socket, head, (ws) => {
      ws.pause()
      ws.on('error', () => undefined)
      const over = refusal ? hangUp(ws, refusal) : this.#serve(ws, { alias, remote, below: socket })
      this.#open.set(
        ws,
        over.finally(() => this.#open.delete(ws)),
      )
    })
    return true
  }

  async close(): Promise<void> {
    this.#closed = true
    const timer = this.#options.clock.setTimer(CLOSE_GRACE_MS, () => {
      for (const ws of this.#open.keys()) ws.terminate()
    })
    for (const ws of this.#open.keys()) void hangUp(ws, draining(CLOSING))
    await Promise.all(this.#open.values())
    timer.cancel()
    this.#sockets.close()
  }

  #refusal(request: IncomingMessage, remote: string): Goodbye | undefined {
    if (this.#closed) return draining(CLOSING)
    const refusal = refusalOf(request, this.#options)
    if (refusal) return refusal
    if (!this.#gate.isTooFast(remote)) return undefined
    return throttled('your network opens too many links', Math.ceil(this.#limits.openIntervalMs / 1000))
  }

  async #serve(ws: WebSocket, request: Request): Promise<void> {
    const { alias, remote } = request
    const target = this.targets.find((candidate) => candidate.alias === alias)
    if (!target) return await hangUp(ws, absent('this relay has no such target'))
    const admission = this.#gate.enter(alias, remote)
    if (admission.denial !== undefined) return await hangUp(ws, full(admission.denial))
    try {
      await this.#join(ws, request, target)
    } finally {
      admission.leave()
    }
  }

  async #join(ws: WebSocket, { alias, remote, below }: Request, target: BridgeTarget): Promise<void> {
    const { clock, logger } = this.#options
    const startedMs = clock.now()
    const socket = await this.#dial(ws, target)
    if (typeof socket === 'string') {
      logger.log('warn', 'Bridge target failed', { alias, remote, err: socket })
      return await hangUp(ws, targetFailed(socket))
    }
    logger.log('info', 'Bridge link opened', { alias, remote, target: formatEndpoint(target.endpoint) })
    const splice = new Splice(ws, below, socket, { clock, idleMs: this.#limits.idleMs })
    const { upBytes, downBytes, why } = await splice.ended
    const durationMs = Math.round(clock.now() - startedMs)
    logger.log('info', 'Bridge link closed', { alias, remote, up: upBytes, down: downBytes, durationMs, why })
  }

  /** A connected socket, or why there is none. */
  #dial(ws: WebSocket, { endpoint }: BridgeTarget): Promise<Socket | string> {
    const { host, port } = endpoint
    const { dialMs } = this.#limits
    return new Promise((resolve) => {
      const socket = connect({ host, port, noDelay: true })
      const settle = (result: Socket | string): void => {
        timer.cancel()
        ws.off('close', onGone)
        socket.removeAllListeners('connect').removeAllListeners('error')
        socket.on('error', () => undefined)
        if (typeof result === 'string') socket.destroy()
        resolve(result)
      }
      const onGone = (): void => settle('the tab went away')
      const timer = this.#options.clock.setTimer(dialMs, () => settle(`the target did not answer within ${dialMs} ms`))
      ws.once('close', onGone)
      socket.once('connect', () => settle(socket))
      socket.once('error', (error: NodeJS.ErrnoException) => settle(dialText(error)))
    })
  }
}

function serverOptions(): ConstructorParameters<typeof WebSocketServer>[0] {
  const bounds = {
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_PAYLOAD_BYTES,
    maxBufferedChunks: MAX_PIECES,
    maxFragments: MAX_PIECES,
    closeTimeout: CLOSE_TIMEOUT_MS,
    perMessageDeflate: false as const,
    skipUTF8Validation: true,
    handleProtocols: chooseProtocol,
  }
  return bounds
}

/** Closes with a reason; resolves when the socket is gone. */
async function hangUp(ws: WebSocket, { code, text }: Goodbye): Promise<void> {
  if (ws.readyState === ws.CLOSED) return
  const gone = new Promise<void>((resolve) => ws.once('close', () => resolve()))
  ws.close(code, text)
  ws.resume()
  await gone
}

function dialText({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ECONNREFUSED') return 'the target refused the connection: nobody listens there'
  if (code === 'ENOTFOUND') return "the target's name has no address"
  return `the target could not be reached: ${code ?? message}`
}
