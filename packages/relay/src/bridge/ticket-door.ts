// From a good ticket to an open socket: what is asked for is judged, resolved once, and dialed by its address.
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { type Clock, equalBytes, formatIp, parseIp } from '@peerwire/core'
import type { Goodbye } from '../splice/side.ts'
import type { Meter } from '../splice/splice.ts'
import type { WebSocketSide } from '../splice/websocket-side.ts'
import { type AllowRule, isAddressAllowed, isPortAllowed } from './allow-list.ts'
import { declined, isGoodbye, noAnswer, targetFailed } from './close-codes.ts'
import { type Connect, dialTarget, goneSignal, isDialFailure } from './dial.ts'
import { FirstBytes } from './first-bytes.ts'
import type { BridgeLimits } from './limits.ts'
import { createMeter } from './meter.ts'
import { dnsResolver, type ResolveName } from './resolve-name.ts'
import { type Pass, TicketDesk } from './ticket-desk.ts'
import { parseTicketTarget, type TicketTarget } from './ticket-target.ts'

/** Addresses of one name that are looked at. */
const MAX_ANSWERS = 8

export interface BridgeTickets {
  /** Keys that sign tickets, 32 bytes each; a second one while the first is replaced. */
  readonly keys: readonly Uint8Array[]
  /** The relay's public key, 64 bytes: tickets for others are refused. */
  readonly audience: Uint8Array
  /** What tickets may name; nothing where it is empty. */
  readonly allow: readonly AllowRule[]
  /** Default: the machine's DNS servers. */
  readonly resolve?: ResolveName | undefined
  /** Addresses of the relay itself beside those of its machine, such as its public one. */
  readonly ownAddresses?: readonly string[] | undefined
  readonly connect?: Connect | undefined
}

/** Somebody with a ticket, joined to a target. */
export interface Opened {
  readonly socket: Socket
  /** What the tab said so far. */
  readonly first: Uint8Array
  readonly meter: Meter
}

export class TicketDoor {
  readonly #tickets: BridgeTickets
  readonly #clock: Clock
  readonly #limits: BridgeLimits
  readonly #desk: TicketDesk

  constructor(tickets: BridgeTickets, clock: Clock, limits: BridgeLimits) {
    this.#tickets = tickets
    this.#clock = clock
    this.#limits = limits
    const { keys, audience } = tickets
    this.#desk = new TicketDesk({ keys, audience, clock, most: limits.tickets })
  }

  /** As the desk does. */
  admit(request: IncomingMessage, index: number, usual: Goodbye | undefined): Pass | Goodbye {
    return this.#desk.admit(request, index, usual)
  }

  /** Waits for the tab's handshake, and only then opens its target. */
  async open(tab: WebSocketSide, { fields, target, use }: Pass): Promise<Opened | Goodbye> {
    const place = this.#readTarget(target)
    if (isGoodbye(place)) return place
    const first = new FirstBytes(tab, this.#clock, this.#limits.authMs)
    const flaw = await first.ready
    if (flaw) return flaw
    const gone = goneSignal(tab)
    const addresses = await this.#addressesOf(place, gone)
    if (isGoodbye(addresses)) return addresses
    const socket = await this.#dial(addresses, place.port, gone)
    if (isGoodbye(socket)) return socket
    const { ticketRate: rate, ticketBurst: burst } = this.#limits
    const meter = createMeter({ clock: this.#clock, rate, burst, use, most: fields.bytes })
    return { socket, first: first.bytes, meter }
  }

  #readTarget(text: string): TicketTarget | Goodbye {
    let target: TicketTarget
    try {
      target = parseTicketTarget(text)
    } catch {
      return declined('what the ticket names is no host:port in plain form')
    }
    const { ip, port } = target
    const isClosed = ip ? !this.#isAllowed(ip, port) : !isPortAllowed(this.#tickets.allow, port)
    return isClosed ? declined(NOT_ALLOWED) : target
  }

  async #addressesOf({ host, ip, port }: TicketTarget, gone: AbortSignal): Promise<readonly Uint8Array[] | Goodbye> {
    if (ip) return [ip]
    const { resolve = dnsResolver() } = this.#tickets
    const { resolveMs } = this.#limits
    const controller = new AbortController()
    const giveUp = (): void => controller.abort()
    const timer = this.#clock.setTimer(resolveMs, giveUp)
    gone.addEventListener('abort', giveUp)
    try {
      const late = new Promise<undefined>((done) => controller.signal.addEventListener('abort', () => done(undefined)))
      const answers = await Promise.race([resolve(host, controller.signal), late])
      if (!answers) return noAnswer(`the target's name was not found within ${resolveMs} ms`)
      if (answers.length === 0) return targetFailed("the target's name has no address")
      const ips = answers.slice(0, MAX_ANSWERS).flatMap((text) => parseIp(text) ?? [])
      const allowed = ips.filter((address) => this.#isAllowed(address, port))
      return allowed.length > 0 ? allowed : declined(NOT_ALLOWED)
    } catch {
      return noAnswer("the target's name could not be looked up")
    } finally {
      timer.cancel()
      gone.removeEventListener('abort', giveUp)
    }
  }

  #isAllowed(ip: Uint8Array, port: number): boolean {
    const { allow, ownAddresses = [] } = this.#tickets
    const own = [...machineAddresses(), ...ownAddresses].flatMap((text) => parseIp(text) ?? [])
    return isAddressAllowed(allow, ip, port, own)
  }

  /** One after another, all within the time of one dial. */
  async #dial(addresses: readonly Uint8Array[], port: number, signal: AbortSignal): Promise<Socket | Goodbye> {
    const { connect } = this.#tickets
    const clock = this.#clock
    const untilMs = clock.now() + this.#limits.dialMs
    let failure = noAnswer(`the target did not answer within ${this.#limits.dialMs} ms`)
    for (const [index, ip] of addresses.entries()) {
      const dialMs = Math.max(0, untilMs - clock.now()) / (addresses.length - index)
      const result = await dialTarget({ host: formatIp(ip), port }, { clock, dialMs, signal, connect })
      if (isDialFailure(result)) {
        if (result.kind === 'failed') failure = targetFailed(result.words)
        continue
      }
      const reached = parseIp(result.remoteAddress ?? '')
      if (reached && equalBytes(reached, ip)) return result
      result.destroy()
      failure = declined(NOT_ALLOWED)
    }
    return failure
  }
}

const NOT_ALLOWED = "the operator doesn't let tickets lead there"

function machineAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ address }) => address))
}
