// What the dialer is told of inbound connections that are no peers yet: when a key is proven, and when that is over.
import { describe, expect, it } from 'vitest'
import { toHex } from '../base/bytes.ts'
import { Emitter } from '../base/emitter.ts'
import { seededRandom } from '../base/random.ts'
import { portableCrypto as crypto } from '../crypto/portable.ts'
import { createInitiator } from '../rlpx/handshake.ts'
import { generateKeyPair, type KeyPair } from '../rlpx/keys.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { createMemoryNetwork } from '../testing/memory-transport.ts'
import { parseAddress } from '../wire/address.ts'
import type { Link } from '../wire/link.ts'
import { Connections, type ConnectionsHost, idOf } from './connections.ts'
import type { NodeEvents } from './events.ts'
import { readOptions } from './options.ts'

const random = seededRandom(12)
const [lower, higher] = [generateKeyPair(crypto, random), generateKeyPair(crypto, random)].toSorted((a, b) =>
  toHex(a.publicKey) < toHex(b.publicKey) ? -1 : 1,
) as [KeyPair, KeyPair]
const sink = { bytes: () => undefined, drain: () => undefined, end: () => undefined }

/** Connections of `own` that admit nobody who isn't trusted; what they tell the dialer of `other`. */
async function createWorld(own: KeyPair, other: KeyPair) {
  const clock = createManualClock()
  const network = createMemoryNetwork({ clock, random })
  const [transport, far] = [network.transport('own', { listen: true }), network.transport('other', { listen: true })]
  const { privateKey, publicKey } = own
  const settings = readOptions({ privateKey, transports: [transport], clock, random, crypto, maxPeers: 0 })
  const told: boolean[] = []
  const trust = { on: true }
  const host: ConnectionsHost = {
    settings,
    events: new Emitter<NodeEvents>(() => undefined),
    publicKey,
    id: idOf(settings, publicKey),
    isPersistent: () => false,
    isTrusted: () => trust.on,
    anyTrusted: () => trust.on,
    added: () => undefined,
    removed: () => undefined,
    pending: (_, isPending) => void told.push(isPending),
    decided: () => undefined,
    note: () => undefined,
  }
  const connections = new Connections(host)
  await connections.listen(new AbortController().signal)
  const listener = parseAddress(connections.listening!.addresses[0]!)
  const silent: Link[] = []
  const [remote] = await far.listen!({ link: (link) => silent.push(link) })

  /** `other` dials and proves its key. */
  const inbound = async (): Promise<Link> => {
    const link = await far.dial(listener.endpoint)
    const handshake = createInitiator({ crypto, random, privateKey: other.privateKey, remotePublicKey: publicKey })
    link.open(sink)
    link.write(handshake.start()!)
    await clock.advanceAsync(0)
    return link
  }
  /** `other` is dialed and says nothing; gives its end of the link. */
  const outbound = async (): Promise<Link> => {
    const { endpoint } = remote!
    const link = await transport.dial(endpoint)
    const { publicKey: expected } = other
    const connection = connections.addDial(endpoint, { id: idOf(settings, expected), publicKey: expected })
    connections.setUp(connection, { link, transport: 'memory', expected })
    await clock.advanceAsync(0)
    silent[0]!.open(sink)
    return silent[0]!
  }
  const hangUp = async (link: Link): Promise<void> => {
    link.abort()
    await clock.advanceAsync(0)
  }
  const phases = (): string[] => [...connections.table.values()].map(({ state }) => state)
  const close = async (): Promise<void> => {
    const closing = connections.close()
    await clock.advanceAsync(2000)
    await closing
    expect(clock.pendingTimers).toBe(0)
  }
  return { told, trust, inbound, outbound, hangUp, phases, close }
}

describe('an inbound connection that has proven its key', () => {
  it('stays pending when another one of that key is refused', async () => {
    const { told, trust, inbound, hangUp, close } = await createWorld(lower, higher)
    const first = await inbound()
    expect(told).toEqual([true])
    trust.on = false
    await inbound()
    expect(told).toEqual([true])
    await hangUp(first)
    expect(told).toEqual([true, false])
    await close()
  })

  it('is pending once, when it was held for a rival that failed', async () => {
    // The link dialed by the lower key goes on; the other waits.
    const { told, inbound, outbound, hangUp, phases, close } = await createWorld(lower, higher)
    const rival = await outbound()
    const held = await inbound()
    expect([phases(), told]).toEqual([['encryption', 'held'], [true]])
    await hangUp(rival)
    expect([phases(), told]).toEqual([['hello'], [true]])
    await hangUp(held)
    expect([phases(), told]).toEqual([[], [true, false]])
    await close()
  })

  it('and its twin are pending until both are over', async () => {
    const { told, inbound, hangUp, close } = await createWorld(lower, higher)
    const twins = [await inbound(), await inbound()]
    for (const link of twins) await hangUp(link)
    expect(told).toEqual([true, true, false, false])
    await close()
  })
})
