// What a node that listens needs, as one file to load.
import type { ConnectionTable } from './connection-table.ts'
import { Door } from './door.ts'
import type { DoorHost } from './door.ts'
import { Gate } from './gate.ts'
import { createSupplies } from './handshake-supplies.ts'
import type { HandshakeSupplies } from './handshake-supplies.ts'
import { Guests } from './guests.ts'
import type { KeyPair } from '../rlpx/keys.ts'
import type { Settings } from './options.ts'

export interface Listening {
  readonly gate: Gate
  readonly door: Door
  readonly supplies: HandshakeSupplies
  readonly guests: Guests
  readonly close: () => void
}

/** @param create - a key pair for a handshake; an import here would make a file of its own of it */
export function createListening(
  settings: Settings,
  table: ConnectionTable,
  create: () => KeyPair,
  host: DoorHost,
): Listening {
  const { clock, limits, prefixes } = settings
  const gate = new Gate(clock, limits, prefixes)
  const door = new Door(gate, host)
  const supplies = createSupplies(settings, create)
  return {
    gate,
    door,
    supplies,
    guests: new Guests({ settings, table, prefixes: gate.prefixes }),
    close: () => {
      gate.close()
      door.close()
      supplies.close()
    },
  }
}
