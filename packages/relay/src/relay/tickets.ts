// What the relay's bridge needs to take tickets: the keys that sign them, and its own addresses.
import { access } from 'node:fs/promises'
import { isIP } from 'node:net'
import { loadOrCreatePrivateKey } from '@peerwire/core/storage/node'
import type { BridgeTickets } from '../bridge/ticket-door.ts'
import { reasonOf } from './data-dir.ts'
import type { RelayOptions } from './options.ts'

/** Reads the keys of `--ticket-key`. @throws {Error} one sentence naming the file */
export async function readTicketKeys(
  { ticketKeyFiles }: RelayOptions,
  warn: (sentence: string) => void,
): Promise<readonly Uint8Array[]> {
  const keys: Uint8Array[] = []
  for (const file of ticketKeyFiles) keys.push(await readTicketKey(file, warn))
  return keys
}

/** What the bridge takes; `undefined` where no key was given. @param audience - the relay's public key */
export function ticketsFor(
  { bridgeAllow, publicEndpoint, advertised }: RelayOptions,
  keys: readonly Uint8Array[],
  audience: Uint8Array,
): BridgeTickets | undefined {
  if (keys.length === 0) return undefined
  const told = [...(publicEndpoint ? [publicEndpoint] : []), ...advertised]
  const ownAddresses = told.map(({ host }) => host).filter((host) => isIP(host) !== 0)
  return { keys, audience, allow: bridgeAllow, ownAddresses }
}

// Made here, it would be a key that nobody signs with.
async function readTicketKey(file: string, warn: (sentence: string) => void): Promise<Uint8Array> {
  try {
    await access(file)
  } catch (cause) {
    const how = 'peerwire ticket --key makes one'
    throw new Error(`cannot read the ticket key ${file}: ${reasonOf(cause)}; ${how}`, { cause })
  }
  return await loadOrCreatePrivateKey(file, { warn })
}
