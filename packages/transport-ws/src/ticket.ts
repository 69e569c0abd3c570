// Shows a ticket to the one relay that it is for: beside the subprotocol, since a page can set no other header. A page
// loads this on use; what it has already is passed in, so that bundlers don't make a file of its own of that.
import type { Endpoint } from '@peerwire/core'
import type { dialError } from './wire.ts'

/** Gives the ticket for an endpoint, in its text form (`pw1.…`). */
export type TicketSource = (endpoint: Endpoint) => string

/** The places of a relay that ask for one. */
const PLACE = /\/bridge\/t\/\d$/

const TICKET = /^pw1\.[A-Za-z0-9_-]{1,1020}$/

/**
 * The subprotocols to offer at an endpoint, `base` first.
 *
 * @throws {PeerError} `dial failed` when there is no ticket to show
 */
export function protocolsFor(endpoint: Endpoint, ticket: TicketSource, base: string, fail: typeof dialError): string[] {
  if (!PLACE.test(endpoint.path ?? '')) return [base]
  let text: unknown
  try {
    text = ticket(endpoint)
  } catch (cause) {
    throw fail(endpoint, "was not dialed: the program's function 'ticket' threw", cause)
  }
  if (typeof text === 'string' && TICKET.test(text)) return [base, text]
  // Whatever it was, it may be a secret.
  throw fail(endpoint, "was not dialed: the program's function 'ticket' gave no ticket (pw1.…)")
}
