// Many handshakes at once, on a clock that their work moves: messages get through, and networks take turns.
import { describe, expect, it } from 'vitest'
import type { Clock } from '../base/clock.ts'
import type { Crypto } from '../base/crypto.ts'
import { seededRandom } from '../base/random.ts'
import { defaultCrypto } from '../crypto/default.node.ts'
import { generatePrivateKey } from '../crypto/private-key.ts'
import { text } from '../protocols/codecs.ts'
import { defineProtocol, message } from '../protocols/define-protocol.ts'
import { createInitiator } from '../rlpx/handshake.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { createMemoryNetwork } from '../testing/memory-transport.ts'
import { parseAddress } from '../wire/address.ts'
import type { Link } from '../wire/link.ts'
import { createNode } from './node.ts'
import type { NodeOptions } from './options.ts'

const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, text) } })
const LIMITS = {
  pendingInbound: 300,
  pendingPerPrefix: 250,
  startsPerSecond: 1000,
  startsPerSecondPerPrefix: 1000,
  acceptIntervalMs: 0,
  encryptionMs: 60_000,
}
/** Milliseconds that a multiplication takes here; the responder of a handshake does four. */
const MULTIPLICATION_MS = 1

/** A hub whose multiplications take time, and a peer of it. */
async function startHub() {
  const manual = createManualClock()
  const random = seededRandom(77)
  const network = createMemoryNetwork({ clock: manual, random })
  const log: string[] = []
  let workedMs = 0
  const clock: Clock = { ...manual, now: () => manual.now() + workedMs }
  const sharedSecret: Crypto['sharedSecret'] = (privateKey, publicKey) => {
    workedMs += MULTIPLICATION_MS
    return defaultCrypto.sharedSecret(privateKey, publicKey)
  }
  const start = async (host: string, options: Partial<NodeOptions>) => {
    const transports = [network.transport(host, { listen: true })]
    const protocols = [chat.with({ say: () => void log.push('message') })]
    const node = createNode({ privateKey: generatePrivateKey(random), transports, protocols, random, ...options })
    await node.start()
    return node
  }
  const prefixes = { prefixOf: (address: string) => address.split(':')[0] }
  const crypto = { ...defaultCrypto, sharedSecret }
  const hub = await start('hub', { clock, crypto, prefixes, limits: LIMITS })
  const friend = await start('friend', { clock: manual })
  const dialing = friend.dial(hub.addresses[0]!)
  await manual.advanceAsync(0)
  const peer = await dialing
  /** Dials from `host`; the log has its name when the hub has proven its key. */
  const stranger = async (host: string): Promise<Link> => {
    const link = await network.transport(host).dial(parseAddress(hub.addresses[0]!).endpoint)
    const privateKey = generatePrivateKey(random)
    const handshake = createInitiator({ crypto: defaultCrypto, random, privateKey, remotePublicKey: hub.publicKey })
    const bytes = (chunk: Uint8Array): void => {
      if (handshake.receive(chunk)?.done) log.push(host)
      // What the hub says after that is not looked at.
      link.pause()
    }
    link.open({ bytes, drain: () => undefined, end: () => undefined })
    link.write(handshake.start()!)
    return link
  }
  const close = async (): Promise<void> => {
    const closing = Promise.all([hub.close(), friend.close()])
    await manual.advanceAsync(5000)
    await closing
    expect(manual.pendingTimers).toBe(0)
  }
  return { clock: manual, hub, peer, log, stranger, close }
}

describe('200 inbound handshakes at once', () => {
  it('leave a slice for messages after every second one, and every network has its turn', async () => {
    const { clock, hub, peer, log, stranger, close } = await startHub()
    // A message in every turn of the loop, as long as anything goes on.
    let turns = 0
    const talk = (): void => {
      void peer.send(chat, 'say', 'still there')
      if (++turns < 150) clock.setTimer(0, talk)
    }
    talk()
    for (let i = 0; i < 150; i++) await stranger('flood')
    for (let i = 0; i < 50; i++) await stranger(`small-${i}`)
    await clock.advanceAsync(0)

    const handshakes = log.filter((entry) => entry !== 'message')
    expect(handshakes).toHaveLength(200)
    expect(hub.inspect().setUps.filter(({ phase }) => phase === 'hello')).toHaveLength(200)
    // Five milliseconds are one handshake and the next one, begun before they were over.
    const runs = log
      .join(' ')
      .split('message')
      .map((run) => run.trim().split(' ').filter(Boolean).length)
    expect(Math.max(...runs)).toBe(2)
    // The flood came first, and the others had to wait for one of its handshakes each, at most.
    const lastSmall = handshakes.findLastIndex((host) => host.startsWith('small'))
    expect(lastSmall).toBeLessThan(2 * 50 + 5)
    await close()
  })
})
