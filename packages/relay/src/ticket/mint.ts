// Makes tickets for a relay's bridge: by the command, and in a program that says which of its users may reach what.
import {
  type Address,
  checkOptions,
  type Clock,
  formatAddress,
  formatEndpoint,
  parseAddress,
  systemClock,
} from '@peerwire/core'
import { MAX_TICKET_LIFE_S, MAX_TICKET_TARGETS, TICKET_KEY_BYTES, ticketNonce, writeTicket } from '../bridge/ticket.ts'
import { parseTicketTarget } from '../bridge/ticket-target.ts'

export const DEFAULT_LIFE_S = 60
export const DEFAULT_BYTES = 1_073_741_824
export const DEFAULT_SECONDS = 3_600
export const DEFAULT_LINKS = 2
/** More is another relay's account, not a ticket. */
export const MOST_BYTES = 1_099_511_627_776
export const MOST_SECONDS = 86_400
export const MOST_LINKS = 64

export interface TicketOptions {
  /** 32 bytes that the relay has too (`--ticket-key`). */
  readonly key: Uint8Array
  /** The relay that will be asked, as it prints its address: `wss://KEY@relay.example/`. */
  readonly relay: string
  /** At most 8: `host:port`, or `enode://KEY@host:port` for its key in the addresses. */
  readonly targets: readonly string[]
  /** How long it can be used, in seconds from now: 60, at most 3,600. Links that are open by then go on. */
  readonly lifeSeconds?: number | undefined
  /** All its links together, both ways; default 1 GiB. */
  readonly bytes?: number | undefined
  /** The life of each link; default 3,600, at most 86,400. */
  readonly seconds?: number | undefined
  /** How many links it opens in all, those that fail included; default 2, at most 64. */
  readonly links?: number | undefined
  /** Pages of this origin alone, which the relay's own list then needn't have; default: whom the relay takes anyway. */
  readonly origin?: string | undefined
  readonly clock?: Clock | undefined
}

export interface Ticket {
  /** What `webSocket({ ticket: () => … })` gives to the relay. */
  readonly ticket: string
  /** Milliseconds since 1970. */
  readonly expiresMs: number
  /** What to dial for each target; without a key where the target was given without one. */
  readonly addresses: readonly string[]
}

const KINDS = {
  key: 'bytes',
  relay: 'text',
  targets: 'list',
  lifeSeconds: 'count',
  bytes: 'count',
  seconds: 'count',
  links: 'count',
  origin: 'text',
  clock: 'thing',
} as const

/** @throws {TypeError | RangeError} naming the option that can't be used */
export function mintTicket(options: TicketOptions): Ticket {
  const { key, relay, targets, origin = '', clock = systemClock } = checkOptions('mintTicket', options, KINDS)
  if (key.length !== TICKET_KEY_BYTES)
    throw new TypeError(`a ticket's key has ${TICKET_KEY_BYTES} bytes, not ${key.length}`)
  const life = within('lifeSeconds', options.lifeSeconds ?? DEFAULT_LIFE_S, MAX_TICKET_LIFE_S)
  const named = readTargets(targets)
  const address = readRelay(relay)
  const notBefore = Math.floor(clock.wallNow() / 1000)
  const fields = {
    notBefore,
    expires: notBefore + life,
    audience: address.publicKey,
    targets: named.map(({ text }) => text),
    bytes: within('bytes', options.bytes ?? DEFAULT_BYTES, MOST_BYTES),
    seconds: within('seconds', options.seconds ?? DEFAULT_SECONDS, MOST_SECONDS),
    links: within('links', options.links ?? DEFAULT_LINKS, MOST_LINKS),
    origin: origin === '' ? '' : readOrigin(origin),
    nonce: ticketNonce(),
  }
  const addresses = named.map(({ publicKey }, index) => addressAt(address, index, publicKey))
  return { ticket: writeTicket(fields, key), expiresMs: fields.expires * 1000, addresses }
}

interface Named {
  /** In the one form that relays read. */
  readonly text: string
  readonly publicKey: Uint8Array | undefined
}

function readTargets(texts: readonly string[]): readonly Named[] {
  if (texts.length === 0 || texts.length > MAX_TICKET_TARGETS) {
    throw new RangeError(`a ticket names 1 to ${MAX_TICKET_TARGETS} targets, not ${texts.length}`)
  }
  return texts.map((text) => {
    if (typeof text !== 'string') throw new TypeError('a target is host:port or enode://KEY@host:port')
    if (!text.includes('://')) return { text: written(text), publicKey: undefined }
    const { endpoint, publicKey } = parseAddress(text)
    if (endpoint.scheme !== 'tcp') throw new TypeError(`a bridge leads to TCP only (enode:// or host:port): ${text}`)
    return { text: written(formatEndpoint(endpoint).slice('tcp://'.length)), publicKey }
  })
}

function written(text: string): string {
  const { host, port } = parseTicketTarget(text)
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function readRelay(text: string): Address {
  if (/^wss?:/i.test(text)) return parseAddress(text)
  throw new TypeError(`a relay is ws://KEY@host:port/ or wss://KEY@host/, as it prints it, not ${text}`)
}

/** An origin as browsers send it, of whatever scheme. */
function readOrigin(text: string): string {
  if (text.length <= 255 && /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@,]+$/.test(text)) return text
  throw new TypeError(`an origin is what browsers send, such as https://app.example, not ${JSON.stringify(text)}`)
}

function addressAt({ endpoint }: Address, index: number, publicKey: Uint8Array | undefined): string {
  const root = endpoint.path?.replace(/\?.*$/, '').replace(/\/*$/, '') ?? ''
  const place = { ...endpoint, path: `${root}/bridge/t/${index}` }
  return publicKey ? formatAddress({ publicKey, endpoint: place }) : formatEndpoint(place)
}

function within(name: string, value: number, most: number): number {
  if (value >= 1 && value <= most) return value
  throw new RangeError(`${name} must be from 1 to ${most}, not ${value}`)
}
