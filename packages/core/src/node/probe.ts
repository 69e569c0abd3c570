// Whether a node lives, without making a peer of it: both handshakes, then goodbye.
import { createDeferred } from '../base/abort.ts'
import { claimError } from '../errors/peer-error.ts'
import { DiscReason, PeerError } from '../index.ts'
import type { Address } from '../wire/address.ts'
import type { Hello } from '../wire/hello.ts'
import type { Connection } from './connection.ts'
import type { Connections } from './connections.ts'
import type { Dials } from './dials.ts'
import { asPeerError } from './link-opener.ts'
import type { Settings } from './options.ts'
import type { SetUpTask } from './set-up.ts'

/** Whether the node of an address lives; see `PluginContext`. */
export async function probe(
  dials: Dials,
  address: Address,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const { connections, opener } = dials
  const connection = connections.addDial(address.endpoint)
  const { publicKey: expected } = address
  try {
    await opener.reach(connection, address, signal, (opened) =>
      greet(connections, connection, { ...opened, expected }, signal),
    )
  } catch (error) {
    const failure = asPeerError(error)
    claimError(failure, connection)
    throw failure
  } finally {
    if (!connection.link) connections.remove(connection)
    dials.roomChanged()
  }
}

function isAnyShared({ offers }: Settings, { capabilities }: Hello): boolean {
  if (offers.length === 0) return true
  return offers.some(({ protocol: { name, version } }) =>
    capabilities.some((theirs) => theirs.name === name && theirs.version === version),
  )
}

// Resolves when the remote has said Hello; it takes no slot, so its key is checked against nothing.
async function greet(
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
    checkpointHello: (_: Connection, hello: Hello) => {
      if (!isAnyShared(connections.setUpHost.settings, hello)) {
        throw new PeerError('disconnect reason', DiscReason.uselessPeer, 'no protocol is shared')
      }
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
