// Whether a node lives, without making a peer of it: both handshakes, then goodbye.
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import type { Connections } from './connections.ts'
import type { SetUpTask } from './set-up.ts'

/** Resolves when the remote has said Hello; it takes no slot, so its key is checked against nothing. */
export async function probe(connections: Connections, task: SetUpTask): Promise<void> {
  let greeted = false
  const host = {
    ...connections.setUpHost,
    checkpointKey: () => undefined,
    checkpointHello: () => {
      greeted = true
      throw new PeerError('disconnect reason', DiscReason.requested, 'it was only a probe')
    },
  }
  try {
    await connections.setUp(task, host)
  } catch (error) {
    if (!greeted) throw error
  }
}
