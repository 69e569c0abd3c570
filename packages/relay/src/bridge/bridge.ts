// The blind bridge: lets a tab's WebSocket reach the TCP targets that the operator listed, and no other.
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Clock, formatEndpoint, type Logger, type PrefixPolicy, RefusalCode } from '@peerwire/core'
import { chooseProtocol, type OriginRules, refusalOf } from '@peerwire/transport-ws/node'
import type { Goodbye } from '../splice/side.ts'
import { type Meter, Splice } from '../splice/splice.ts'
import { Turns } from '../splice/turns.ts'
import { createUpgrades } from '../splice/upgrade.ts'
import { WebSocketSide } from '../splice/websocket-side.ts'
import { absent, draining, full, idle, isGoodbye, targetFailed, throttled } from './close-codes.ts'
import { dialTarget, goneSignal, isDialFailure } from './dial.ts'
import { type BridgeLimits, BridgeGate, DEFAULT_BRIDGE_LIMITS } from './limits.ts'
import type { BridgeTarget } from './target.ts'
import { TargetSide } from './target-side.ts'
import type { Pass } from './ticket-desk.ts'
import { type BridgeTickets, TicketDoor } from './ticket-door.ts'

/** Bytes that one WebSocket message may claim; four of what our own end sends. */
const MAX_MESSAGE_BYTES = 262_144

/** How long tabs get to answer when the relay closes. */
const CLOSE_GRACE_MS = 400

const CLOSING = 'the relay is closing'

/** An alias, or `t/N`: the Nth target of a ticket. */
const PATH = /^\/bridge(?:\/t\/(\d)|(?:\/([^/?#]*))?\/?)$/

/** Whose pages may use it is said as for a listener. */
export interface BridgeOptions extends OriginRules {
  readonly targets: readonly BridgeTarget[]
  readonly clock: Clock
  readonly logger: Logger
  /** Where a request came from, for limits and logs: `host:port`. */
  readonly remoteOf: (request: IncomingMessage) => string
  readonly limits?: Partial<BridgeLimits> | undefined
  readonly prefixes?: PrefixPolicy | undefined
  /** Takes tickets for other targets than those; without it none. */
  readonly tickets?: BridgeTickets | undefined
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

/** A bridge to these targets, and to those of tickets; without either it takes no request at all. */
export function createBridge(options: BridgeOptions): Bridge {
  return new RunningBridge(options)
}

interface Request {
  /** What the target is called in the log. */
  readonly alias: string
  readonly remote: string
}

/** What a request asks for that is not refused yet. */
type Wanted = { readonly alias: string } | { readonly pass: Pass; readonly place: string }

/** A target that was reached. */
interface Joined {
  readonly socket: Socket
  /** For the log. */
  readonly target: string
  readonly first?: Uint8Array
  readonly meter?: Meter
  /** The life of the link. */
  readonly seconds?: number
}

class RunningBridge implements Bridge {
  readonly targets: readonly BridgeTarget[]
  readonly #options: BridgeOptions
  readonly #limits: BridgeLimits
  readonly #gate: BridgeGate
  readonly #door: TicketDoor | undefined
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
    this.#door = options.tickets && new TicketDoor(options.tickets, options.clock, this.#limits)
  }

  get links(): number {
    return this.#gate.links
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const match = this.targets.length > 0 || this.#door ? PATH.exec(request.url ?? '') : null
    if (!match) return false
    const remote = this.#options.remoteOf(request)
    const wanted = this.#wanted(request, remote, match)
    if (isGoodbye(wanted) && !this.#gate.answers(remote)) {
      socket.destroy()
      return true
    }
    // A script can read a close code and its reason, but nothing of a refused upgrade.
    this.#upgrades.answer(request, socket, head, () => {
      const { clock } = this.#options
      const tab = new WebSocketSide(socket, head, { clock, maxMessageBytes: MAX_MESSAGE_BYTES })
      const over = isGoodbye(wanted) ? tab.close(wanted) : this.#serve(tab, wanted, remote)
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

  #wanted(request: IncomingMessage, remote: string, [, place, alias = '']: RegExpExecArray): Wanted | Goodbye {
    if (this.#closed) return draining(CLOSING)
    const refusal = refusalOf(request, this.#options)
    if (refusal && (place === undefined || refusal.code !== RefusalCode.declined)) return refusal
    if (this.#gate.isTooFast(remote)) {
      return throttled('your network opens too many links', Math.ceil(this.#limits.openIntervalMs / 1000))
    }
    if (place === undefined) return { alias }
    if (!this.#door) return absent('this relay takes no tickets')
    // A ticket may say for itself which pages show it.
    const pass = this.#door.admit(request, Number(place), refusal)
    return isGoodbye(pass) ? pass : { pass, place }
  }

  async #serve(tab: WebSocketSide, wanted: Wanted, remote: string): Promise<void> {
    if ('pass' in wanted) return await this.#serveTicket(tab, wanted.pass, { alias: `t/${wanted.place}`, remote })
    const { alias } = wanted
    const target = this.targets.find((candidate) => candidate.alias === alias)
    if (!target) return await tab.close(absent('this relay has no such target'))
    const admission = this.#gate.enter(alias, remote)
    if (admission.denial !== undefined) return await tab.close(full(admission.denial))
    try {
      const { clock } = this.#options
      const signal = goneSignal(tab)
      const socket = await dialTarget(target.endpoint, { clock, dialMs: this.#limits.dialMs, signal })
      if (isDialFailure(socket)) await this.#fail(tab, { alias, remote }, targetFailed(socket.words), socket.words)
      else await this.#join(tab, { alias, remote }, { socket, target: formatEndpoint(target.endpoint) })
    } finally {
      admission.leave()
    }
  }

  async #serveTicket(tab: WebSocketSide, pass: Pass, request: Request): Promise<void> {
    const { target, fields } = pass
    const most = this.#limits.ticketLinksPerPrefix
    const admission = this.#gate.enter(target, request.remote, most, 'the target')
    if (admission.denial !== undefined) return await tab.close(full(admission.denial))
    try {
      const opened = await this.#door!.open(tab, pass)
      if (isGoodbye(opened)) await this.#fail(tab, request, opened, opened.text)
      else await this.#join(tab, request, { ...opened, target: `tcp://${target}`, seconds: fields.seconds })
    } finally {
      admission.leave()
    }
  }

  async #fail(tab: WebSocketSide, { alias, remote }: Request, goodbye: Goodbye, err: string): Promise<void> {
    this.#options.logger.log('warn', 'Bridge target failed', { alias, remote, err })
    await tab.close(goodbye)
  }

  async #join(tab: WebSocketSide, { alias, remote }: Request, joined: Joined): Promise<void> {
    const { clock, logger } = this.#options
    const startedMs = clock.now()
    const { socket, target, first, meter, seconds = Infinity } = joined
    logger.log('info', 'Bridge link opened', { alias, remote, target })
    const { idleMs } = this.#limits
    const options = { clock, turns: this.#turns, idleMs, idle, first, meter }
    const splice = new Splice(tab, new TargetSide(socket, clock), options)
    const over = `the ${seconds} s of the link are over`
    const timer = clock.setTimer(seconds * 1000, () => splice.end(full(over), over))
    const { upBytes, downBytes, why } = await splice.ended
    timer.cancel()
    const durationMs = Math.round(clock.now() - startedMs)
    logger.log('info', 'Bridge link closed', { alias, remote, up: upBytes, down: downBytes, durationMs, why })
  }
}
