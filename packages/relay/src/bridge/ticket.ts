// Tickets: an operator's signed word that whoever shows one may be joined to these targets, for so long and so much.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import {
  bytesOf,
  concatBytes,
  encodeRlp,
  equalBytes,
  isPeerError,
  listOf,
  readList,
  textOf,
  uintOf,
} from '@peerwire/core'

/** Says what follows, and of which version. */
const PREFIX = 'pw1.'
/** A header has room for more, but proxies keep it. */
export const MAX_TICKET_CHARS = 1_024
export const MAX_TICKET_TARGETS = 8
/** A ticket that lives longer is refused: its uses are remembered until it ends. */
export const MAX_TICKET_LIFE_S = 3_600
const MAX_TARGET_BYTES = 300
const MAX_ORIGIN_BYTES = 256
export const TICKET_KEY_BYTES = 32
const MAC_BYTES = 32
const KEY_ID_BYTES = 8
const NONCE_BYTES = 16
const PUBLIC_KEY_BYTES = 64
/** Items of a ticket, targets and lists among them. */
const MAX_ITEMS = 32

/** What a ticket says. */
export interface TicketFields {
  /** Seconds since 1970: no use of it before. */
  readonly notBefore: number
  /** Seconds since 1970: no use of it from then on; links that are open go on. */
  readonly expires: number
  /** The public key of the relay that it is for, 64 bytes. */
  readonly audience: Uint8Array
  /** `host:port`, each reached at its place in the list. */
  readonly targets: readonly string[]
  /** All its links together, both ways. */
  readonly bytes: number
  /** The life of each link. */
  readonly seconds: number
  /** How many links it opens in all; one that fails counts. */
  readonly links: number
  /** The pages that may show it; '' for pages that the relay takes anyway, and for programs. */
  readonly origin: string
  /** 16 bytes, of this ticket alone. */
  readonly nonce: Uint8Array
}

/** The name by which a ticket says who signed it; tells nothing of the key. */
export function ticketKeyId(key: Uint8Array): Uint8Array {
  return createHash('sha256').update('peerwire ticket key').update(key).digest().subarray(0, KEY_ID_BYTES)
}

/** A nonce for a new ticket. */
export function ticketNonce(): Uint8Array {
  return randomBytes(NONCE_BYTES)
}

/** Writes and signs. @throws {RangeError} when it gets longer than tickets may be */
export function writeTicket(fields: TicketFields, key: Uint8Array): string {
  const { notBefore, expires, audience, targets, bytes, seconds, links, origin, nonce } = fields
  const said = [ticketKeyId(key), notBefore, expires, audience, targets, bytes, seconds, links, origin, nonce]
  const body = encodeRlp(said)
  const text = PREFIX + Buffer.from(concatBytes(body, macOf(body, key))).toString('base64url')
  if (text.length > MAX_TICKET_CHARS) {
    throw new RangeError(`the ticket would have ${text.length} characters, and ${MAX_TICKET_CHARS} are allowed`)
  }
  return text
}

/** Reads a ticket that one of these keys has signed; a clause where it is none. Times and use are the caller's. */
export function readTicket(text: string, keys: readonly Uint8Array[]): TicketFields | string {
  if (text.length > MAX_TICKET_CHARS) return `the ticket has more than ${MAX_TICKET_CHARS} characters`
  const written = text.slice(PREFIX.length)
  const all = Buffer.from(written, 'base64url')
  // Node reads what is not canonical, too: then one ticket would have several texts.
  if (!text.startsWith(PREFIX) || all.toString('base64url') !== written || all.length < MAC_BYTES) return NO_TICKET
  const body = Uint8Array.from(all.subarray(0, -MAC_BYTES))
  try {
    const items = readList(body, { maxItems: MAX_ITEMS, maxDepth: 2 })
    const keyId = bytesOf(items[0], KEY_ID_BYTES)
    const key = keys.find((known) => equalBytes(ticketKeyId(known), keyId))
    if (!key) return 'no key of this relay has signed the ticket'
    if (!timingSafeEqual(macOf(body, key), all.subarray(-MAC_BYTES))) return 'the ticket was altered'
    return readFields(items)
  } catch (error) {
    if (isPeerError(error)) return NO_TICKET
    throw error
  }
}

const NO_TICKET = 'what was shown is no ticket'

function readFields(items: ReturnType<typeof readList>): TicketFields | string {
  const targets = listOf(items[4], 1).map((item) => textOf(item, MAX_TARGET_BYTES))
  if (targets.length > MAX_TICKET_TARGETS) return `the ticket names more than ${MAX_TICKET_TARGETS} targets`
  if (items.length !== 10) return NO_TICKET
  return {
    notBefore: uintOf(items[1]),
    expires: uintOf(items[2]),
    audience: bytesOf(items[3], PUBLIC_KEY_BYTES),
    targets,
    bytes: uintOf(items[5]),
    seconds: uintOf(items[6]),
    links: uintOf(items[7]),
    origin: textOf(items[8], MAX_ORIGIN_BYTES),
    nonce: bytesOf(items[9], NONCE_BYTES),
  }
}

function macOf(body: Uint8Array, key: Uint8Array): Buffer {
  return createHmac('sha256', key).update(PREFIX).update(body).digest()
}
