// `peerwire ticket`: signs a ticket for the bridge of a relay.
import { loadOrCreatePrivateKey } from '@peerwire/core/storage/node'
import type { Command, Surroundings } from '../command/command.ts'
import { type FlagTable, type Given, wholeNumber } from '../command/flags.ts'
import { helpText } from '../command/help.ts'
import { UsageError } from '../command/usage-error.ts'
import { MAX_TICKET_LIFE_S, TICKET_KEY_BYTES } from '../bridge/ticket.ts'
import {
  DEFAULT_BYTES,
  DEFAULT_LIFE_S,
  DEFAULT_LINKS,
  DEFAULT_SECONDS,
  mintTicket,
  MOST_BYTES,
  MOST_LINKS,
  MOST_SECONDS,
  type TicketOptions,
} from './mint.ts'

const FLAGS: FlagTable = {
  key: { value: 'FILE', help: 'the key that signs, 64 hex digits; made when the file is missing' },
  relay: { value: 'ADDRESS', help: 'the relay that will be asked, as it prints its address: wss://KEY@host/' },
  life: { value: 'SECONDS', help: `how long it can be used; default ${DEFAULT_LIFE_S}, at most ${MAX_TICKET_LIFE_S}` },
  links: {
    value: 'N',
    help: `how many links it opens in all, those that fail included; default ${DEFAULT_LINKS}, at most ${MOST_LINKS}`,
  },
  bytes: { value: 'N', help: 'what all its links carry together, both ways; default 1073741824 (1 GiB)' },
  seconds: { value: 'N', help: `the life of each link; default ${DEFAULT_SECONDS}, at most ${MOST_SECONDS}` },
  origin: {
    value: 'ORIGIN',
    help: 'only pages of this origin may show it, such as https://app.example; default: those that the relay takes anyway',
  },
  json: { help: 'print one JSON object: ticket' },
}

export const ticketCommand: Command = {
  name: 'ticket',
  summary: 'sign a ticket with which a tab reaches TCP targets through the bridge of a relay',
  flags: FLAGS,
  help: helpText({
    usage: 'ticket TARGET... --key FILE --relay ADDRESS [flags]',
    about:
      'Signs a ticket for up to 8 targets, enode://KEY@host:port or host:port, and prints it, then what a tab dials for each. The relay takes it when it runs with --ticket-key FILE (the same key) and lets tickets name the targets by --bridge-allow. A ticket is a secret until it has ended: whoever has it can use it.',
    flags: FLAGS,
    more: [
      'Example:',
      '  peerwire ticket enode://KEY@203.0.113.7:30303 --key ./ticket-key --relay wss://KEY@relay.example/',
    ],
  }),
  run: runTicket,
}

async function runTicket(given: Given, { output, warn }: Surroundings): Promise<number> {
  const keyFile = given.value('key')
  if (given.words.length === 0) throw new UsageError('a target is missing: peerwire ticket enode://KEY@host:port')
  if (keyFile === undefined) throw new UsageError('--key is missing: the file of the key that signs')
  const wanted = readWanted(given)
  // Everything is tried before a key is made.
  tried(wanted)
  const key = await loadOrCreatePrivateKey(keyFile, { warn })
  const { ticket, expiresMs, addresses } = mintTicket({ ...wanted, key })
  output.event('ticket', { ticket, expires: new Date(expiresMs).toISOString(), addresses })
  output.text(ticket)
  for (const address of addresses) output.text(address)
  return 0
}

function readWanted(given: Given): Omit<TicketOptions, 'key'> {
  const relay = given.value('relay')
  if (relay === undefined) throw new UsageError('--relay is missing: the address that the relay prints')
  const number = (flag: string, usual: number, most: number): number =>
    wholeNumber(flag, given.value(flag) ?? String(usual), 1, most)
  const lifeSeconds = number('life', DEFAULT_LIFE_S, MAX_TICKET_LIFE_S)
  const links = number('links', DEFAULT_LINKS, MOST_LINKS)
  const bytes = number('bytes', DEFAULT_BYTES, MOST_BYTES)
  const seconds = number('seconds', DEFAULT_SECONDS, MOST_SECONDS)
  return { targets: given.words, relay, lifeSeconds, links, bytes, seconds, origin: given.value('origin') }
}

function tried(wanted: Omit<TicketOptions, 'key'>): void {
  try {
    mintTicket({ ...wanted, key: new Uint8Array(TICKET_KEY_BYTES) })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
