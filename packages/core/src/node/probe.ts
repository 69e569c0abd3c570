// Whether a node lives, without making a peer of it: both handshakes, then goodbye.
import { createDeferred } from '../base/abort.ts'
import { DiscReason, PeerError } from '../index.ts'
import type { Connection } from './connection.ts'
import type { Connections } from './connections.ts'
import type { SetUpTask } from './set-up.ts'

/** Resolves when the remote has said Hello; it takes no slot, so its key is checked against nothing. */
export async function probe(
  connections: Connections,
  connection: Connection,
  task: SetUpTask,
  signal: AbortSignal,
): Promise<void> {
  const outcome = createDeferred<void>()
  let greeted = false
  const decided = (error?: PeerError): void => {
    if (greeted) outcome.resolve()
    else outcome.reject(error)
  }
  const host = {
    ...connections.setUpHost,
    checkpointKey: () => true,
    checkpointHello: () => {
      greeted = true
      throw new PeerError('disconnect reason', DiscReason.requested, 'it was only a probe')
    },
    over: (_: Connection, error: PeerError) => decided(error),
  }
  const onAbort = (): void => {
    connection.fail(new PeerError('dial cancelled', DiscReason.requested, 'the probe is not wanted any more'))
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    connections.setUp(connection, { ...task, decided }, host)
    await outcome.promise
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
