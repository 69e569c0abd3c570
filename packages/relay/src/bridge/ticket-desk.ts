// Looks at the tickets that visitors show: whether each is good here and now, and how often it was used.
import type { IncomingMessage } from 'node:http'
import { type Clock, equalBytes, toHex } from '@peerwire/core'
import type { Goodbye } from '../splice/side.ts'
import { absent, badOrigin, full, unknownPass } from './close-codes.ts'
import { MAX_TICKET_LIFE_S, MAX_TICKET_TARGETS, readTicket, type TicketFields } from './ticket.ts'

/** How far the clocks of minter and relay may be apart. */
const SKEW_S = 5

/** How often at most the table of used tickets is looked through for those that ended. */
const SWEEP_MS = 1_000

/** What one ticket's links have used; they share it. */
export interface TicketUse {
  links: number
  bytes: number
}

/** A visitor whose ticket was good. */
export interface Pass {
  readonly fields: TicketFields
  /** `host:port` */
  readonly target: string
  readonly use: TicketUse
}

export interface DeskOptions {
  /** Keys that sign tickets, 32 bytes each. */
  readonly keys: readonly Uint8Array[]
  /** Our own public key: tickets are for one relay. */
  readonly audience: Uint8Array
  readonly clock: Clock
  /** Tickets whose use is remembered at once; past it none is taken. */
  readonly most: number
}

interface Remembered extends TicketUse {
  readonly expires: number
}

export class TicketDesk {
  readonly #options: DeskOptions
  /** By nonce. */
  readonly #used = new Map<string, Remembered>()
  #sweptMs = -Infinity

  constructor(options: DeskOptions) {
    this.#options = options
  }

  /** Tickets whose use is remembered. */
  get remembered(): number {
    return this.#used.size
  }

  /**
   * Takes the ticket that a request shows, which counts as one use, or says why not.
   *
   * @param usual - why the relay refuses the page where a ticket doesn't say which pages may show it
   */
  admit({ headers }: IncomingMessage, index: number, usual: Goodbye | undefined): Pass | Goodbye {
    const shown = shownTickets(headers)
    if (shown.length !== 1) return unknownPass(shown.length === 0 ? 'a ticket must be shown' : 'one ticket at a time')
    const fields = readTicket(shown[0]!, this.#options.keys)
    if (typeof fields === 'string') return unknownPass(fields)
    const now = this.#options.clock.wallNow() / 1000
    const flaw = this.#flawOf(fields, now)
    if (flaw !== undefined) return unknownPass(flaw)
    if (fields.origin === '' && usual) return usual
    if (fields.origin !== '' && headers.origin !== fields.origin)
      return badOrigin('the ticket is for pages of another origin')
    const target = index < MAX_TICKET_TARGETS ? fields.targets[index] : undefined
    if (target === undefined) return absent('the ticket names no such target')
    const use = this.#useOf(fields, now)
    if (!use) return full('too many tickets are in use')
    if (use.links >= fields.links)
      return unknownPass(`the ticket was used ${use.links === 1 ? 'already' : `${use.links} times already`}`)
    if (use.bytes >= fields.bytes) return unknownPass(`the ticket's ${fields.bytes} bytes are used up`)
    use.links++
    return { fields, target, use }
  }

  #flawOf({ audience, notBefore, expires }: TicketFields, now: number): string | undefined {
    if (!equalBytes(audience, this.#options.audience)) return 'the ticket is for another relay'
    if (expires - notBefore > MAX_TICKET_LIFE_S) return `the ticket lives longer than ${MAX_TICKET_LIFE_S} s`
    if (now < notBefore - SKEW_S) return 'the ticket is not valid yet'
    if (now >= expires + SKEW_S) return 'the ticket has ended'
    return undefined
  }

  #useOf({ nonce, expires }: TicketFields, now: number): Remembered | undefined {
    const key = toHex(nonce)
    const known = this.#used.get(key)
    if (known) return known
    this.#sweep(now)
    if (this.#used.size >= this.#options.most) return undefined
    const use = { links: 0, bytes: 0, expires: expires + SKEW_S }
    this.#used.set(key, use)
    return use
  }

  // A table that is looked through once a second costs little however large it is, and needs no timer.
  #sweep(now: number): void {
    const nowMs = this.#options.clock.now()
    if (nowMs - this.#sweptMs < SWEEP_MS) return
    this.#sweptMs = nowMs
    for (const [key, { expires }] of this.#used) if (expires <= now) this.#used.delete(key)
  }
}

function shownTickets({ 'sec-websocket-protocol': offered = '' }: IncomingMessage['headers']): readonly string[] {
  return offered
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name.startsWith('pw1.'))
}
