// The blind bridge: lets a tab's WebSocket reach the TCP targets that the operator listed, and no other.
import type { IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Clock, formatEndpoint, type Logger, type PrefixPolicy } from '@peerwire/core'
import { chooseProtocol, type OriginRules, refusalOf } from '@peerwire/transport-ws/node'
import type { Goodbye } from '../splice/side.ts'
import { Splice } from '../splice/splice.ts'
import { Turns } from '../splice/turns.ts'
import { createUpgrades } from '../splice/upgrade.ts'
import { WebSocketSide } from '../splice/websocket-side.ts'
import { absent, draining, full, idle, targetFailed, throttled } from './close-codes.ts'
import { type BridgeLimits, BridgeGate, DEFAULT_BRIDGE_LIMITS } from './limits.ts'
import type { BridgeTarget } from './target.ts'
import { TargetSide } from './target-side.ts'

/** Bytes that one WebSocket message may claim; four of what our own end sends. */
const MAX_MESSAGE_BYTES = 262_144

/** How long tabs get to answer when the relay closes. */
const CLOSE_GRACE_MS = 400

const CLOSING = 'the relay is closing'

const PATH = /^\/bridge(?:\/([^/?#]*))?\/?$/

/** Whose pages may use it is said as for a listener. */
export interface BridgeOptions extends OriginRules {
  readonly targets: readonly BridgeTarget[]
  readonly clock: Clock
  readonly logger: Logger
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
}

class RunningBridge implements Bridge {
  readonly targets: readonly BridgeTarget[]
  readonly #options: BridgeOptions
  readonly #limits: BridgeLimits
  readonly #gate: BridgeGate
  readonly #upgrades = createUpgrades(chooseProtocol)
  readonly #turns = new Turns()
  /** Upgraded WebSockets, each with the promise of its end. */
  readonly #open = new Map<WebSocketSide, Promise<void>>()
  #closed = false

  constructor(options: BridgeOptions) {
    this.targets = options.targets
    this.#options = options
    this.#limits = { ...DEFAULT_BRIDGE_LIMITS, ...options.limits }
    this.#gate = new BridgeGate(this.#limits, options.clock, options.prefixes)
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
    this.#upgrades.answer(request, socket, head, () => {
      const { clock } = this.#options
      const tab = new WebSocketSide(socket, head, { clock, maxMessageBytes: MAX_MESSAGE_BYTES })
      const over = refusal ? tab.close(refusal) : this.#serve(tab, { alias, remote })
      this.#open.set(
        tab,
        over.finally(() => this.#open.delete(tab)),
      )
    })
    return true
  }

  async close(): Promise<void> {
    this.#closed = true
    const timer = this.#options.clock.setTimer(CLOSE_GRACE_MS, () => {
      for (const tab of this.#open.keys()) tab.destroy()
    })
    for (const tab of this.#open.keys()) void tab.close(draining(CLOSING))
    await Promise.all(this.#open.values())
    timer.cancel()
    this.#upgrades.close()
  }

  #refusal(request: IncomingMessage, remote: string): Goodbye | undefined {
    if (this.#closed) return draining(CLOSING)
    const refusal = refusalOf(request, this.#options)
    if (refusal) return refusal
    if (!this.#gate.isTooFast(remote)) return undefined
    return throttled('your network opens too many links', Math.ceil(this.#limits.openIntervalMs / 1000))
  }

  async #serve(tab: WebSocketSide, request: Request): Promise<void> {
    const { alias, remote } = request
    const target = this.targets.find((candidate) => candidate.alias === alias)
    if (!target) return await tab.close(absent('this relay has no such target'))
    const admission = this.#gate.enter(alias, remote)
    if (admission.denial !== undefined) return await tab.close(full(admission.denial))
    try {
      await this.#join(tab, request, target)
    } finally {
      admission.leave()
    }
  }

  async #join(tab: WebSocketSide, { alias, remote }: Request, target: BridgeTarget): Promise<void> {
    const { clock, logger } = this.#options
    const startedMs = clock.now()
    const socket = await this.#dial(tab, target)
    if (typeof socket === 'string') {
      logger.log('warn', 'Bridge target failed', { alias, remote, err: socket })
      return await tab.close(targetFailed(socket))
    }
    logger.log('info', 'Bridge link opened', { alias, remote, target: formatEndpoint(target.endpoint) })
    const { idleMs } = this.#limits
    const splice = new Splice(tab, new TargetSide(socket, clock), { clock, turns: this.#turns, idleMs, idle })
    const { upBytes, downBytes, why } = await splice.ended
    const durationMs = Math.round(clock.now() - startedMs)
    logger.log('info', 'Bridge link closed', { alias, remote, up: upBytes, down: downBytes, durationMs, why })
  }

  #dial(tab: WebSocketSide, { endpoint }: BridgeTarget): Promise<Socket | string> {
    const { host, port } = endpoint
    const { dialMs } = this.#limits
    return new Promise((resolve) => {
      const socket = connect({ host, port, noDelay: true })
      let settled = false
      const settle = (result: Socket | string): void => {
        if (settled) return
        settled = true
        timer.cancel()
        socket.removeAllListeners('connect').removeAllListeners('error')
        socket.on('error', () => undefined)
        if (typeof result === 'string') socket.destroy()
        resolve(result)
      }
      const timer = this.#options.clock.setTimer(dialMs, () => settle(`the target did not answer within ${dialMs} ms`))
      void tab.gone.then(() => settle('the tab went away'))
      socket.once('connect', () => settle(socket))
      socket.once('error', (error: NodeJS.ErrnoException) => settle(dialText(error)))
    })
  }
}

function dialText({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ECONNREFUSED') return 'the target refused the connection: nobody listens there'
  if (code === 'ENOTFOUND') return "the target's name has no address"
  return `the target could not be reached: ${code ?? message}`
}
