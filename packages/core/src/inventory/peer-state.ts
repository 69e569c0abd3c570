// What the inventory keeps of one peer. Everything a stranger can fill is made on first use.
import type { Listening } from './announce-queue.ts'
import { Asker } from './asker.ts'
import type { KnownSet } from './known-set.ts'

export interface PeerState extends Listening {
  readonly asker: Asker
  known: KnownSet | undefined
}

export function createPeerState(name: string, preferred: boolean): PeerState {
  const asker = new Asker(name, preferred, [])
  return { name, preferred, asker, known: undefined, waiting: undefined, trickling: undefined, tickMs: 0 }
}
