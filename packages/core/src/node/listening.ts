// What a node that listens needs, as one file to load.
import type { ConnectedPeer } from '../peers/connected-peer.ts'
import { Door } from './door.ts'
import type { DoorHost } from './door.ts'
import { Gate } from './gate.ts'
import { createSupplies } from './handshake-supplies.ts'
import type { HandshakeSupplies } from './handshake-supplies.ts'
import { makeRoom } from './make-room.ts'
import type { KeyPair } from '../rlpx/keys.ts'
import type { Settings } from './options.ts'

export interface Listening {
  readonly gate: Gate
  readonly door: Door
  readonly supplies: HandshakeSupplies
  /** Ends the peer that the policy of admission chooses, if any. */
  readonly makeRoom: (peers: readonly ConnectedPeer[]) => void
  readonly close: () => void
}

/** @param create - a key pair for a handshake; an import here would make a file of its own of it */
export function createListening(settings: Settings, create: () => KeyPair, host: DoorHost): Listening {
  const { clock, limits, prefixes } = settings
  const gate = new Gate(clock, limits, prefixes)
  const door = new Door(gate, host)
  const supplies = createSupplies(settings, create)
  return {
    gate,
    door,
    supplies,
    makeRoom: (peers) => makeRoom(peers, settings, gate.prefixes),
    close: () => {
      gate.close()
      door.close()
      supplies.close()
    },
  }
}
