// Deadlines and bounds of a peer as two nodes see them, over slow, busy and dead links.
import { beforeAll, describe, expect, it } from 'vitest'
import { seededRandom } from '../base/random.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import type { PeerError } from '../errors/peer-error.ts'
import { bytes, raw, uint } from '../protocols/codecs.ts'
import { defineProtocol, message, request } from '../protocols/define-protocol.ts'
import { testNetwork, type TestNetworkOptions } from '../testing/test-network.ts'
import type { Peer } from '../wire/peer.ts'

const MB = 1_000_000
const KIB = 1024
/** A link of so many bytes a second, each of them under way for a second. */
const slow = (bytesPerSecond: number): TestNetworkOptions => ({ windowBytes: bytesPerSecond, delayMs: 1000 })

const flow = defineProtocol({
  name: 'flow',
  version: 1,
  messages: { data: message(0, raw, { maxBytes: 16 * MB }), say: message(1, bytes), double: request(2, uint, 3, uint) },
})

/** What compression leaves as it is. */
const noise = (length: number): Uint8Array => seededRandom(length).bytes(length)

// What seals large messages is loaded on use: the clock of these tests would run away meanwhile.
beforeAll(async () => {
  await import('../peers/sealing.ts')
})

/** Node 0 sends, node 1 handles. */
async function connected(handle: (peer: Peer) => void | Promise<void>, options: TestNetworkOptions = {}) {
  const seen = { bytes: 0, messages: 0 }
  const receive = (peer: Peer, { length }: Uint8Array): void | Promise<void> => {
    seen.bytes += length
    seen.messages++
    return handle(peer)
  }
  const double = (_: Peer, value: number): number => 2 * value
  const offers = [flow.with({ double }), flow.with({ double, data: receive, say: receive })]
  const world = await testNetwork(2, (index) => [offers[index]!], options)
  const peer = await world.connect(0, 1)
  const ends: (PeerError | undefined)[] = [undefined, undefined]
  world.nodes.forEach((node, index) => node.on('peer:removed', ({ error }) => void (ends[index] = error)))
  /** Lets seconds pass, as long as both live. */
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds && !ends[0] && !ends[1]; second++) await world.advance(1000)
    await world.advance(0)
  }
  const waiting = (index: number): number => world.nodes[index]!.inspect().peers[0]?.queues.inBytes ?? 0
  return { world, peer, seen, ends, pass, waiting }
}

describe('a link that moves', () => {
  it('carries a large message for longer than any limit, and nobody times out', async () => {
    const { world, peer, seen, ends, pass } = await connected(() => undefined, slow(64 * KIB))
    void peer.send(flow, 'data', noise(4 * MB))
    await pass(100)
    expect(ends).toEqual([undefined, undefined])
    expect(seen.bytes).toBe(4 * MB)
    await world.close()
  })

  it('carries a burst within the bounds while its handlers take their time', async () => {
    const { world, peer, seen, ends, pass } = await connected(
      () => new Promise<void>((resolve) => void world.clock.setTimer(1500, resolve)),
    )
    for (let i = 0; i < 25; i++) void peer.send(flow, 'data', noise(MB))
    await pass(60)
    expect(ends).toEqual([undefined, undefined])
    expect(seen.bytes).toBe(25 * MB)
    await world.close()
  })

  it('but brings less than 16 KiB/s of a message is the end of it after 30 s', async () => {
    const { world, peer, ends, pass } = await connected(() => undefined, slow(8 * KIB))
    void peer.send(flow, 'data', noise(MB))
    await pass(60)
    expect(ends[1]).toMatchObject({ code: 'read timeout', reason: DiscReason.readTimeout })
    expect(ends[1]!.message).toMatch(/^a message not whole after 3\d{4} ms$/)
    await world.close()
  })
})

describe('a peer whose handler hangs', () => {
  const fill = (peer: Peer): void => {
    for (let i = 0; i < 7; i++) void peer.send(flow, 'data', noise(60_000))
  }
  const never = (): Promise<void> => new Promise<void>(() => undefined)

  it('stays while its remote lives, and hears pings', async () => {
    const { world, peer, ends, pass } = await connected(never)
    fill(peer)
    await pass(300)
    expect(ends).toEqual([undefined, undefined])
    await world.close()
  })

  it('ends when its remote is gone, though nothing is read', async () => {
    const { world, peer, ends, pass } = await connected(never)
    fill(peer)
    await pass(5)
    world.network.blackHole('node0', 'node1', true)
    for (let second = 0; second < 100 && !ends[1]; second++) await world.advance(1000)
    expect(ends[1]).toMatchObject({ code: 'write timeout' })
    await world.close()
  })
})

describe('a handler that awaits an answer of its own peer', () => {
  /** The first message's handler asks back; all others do nothing. */
  async function asking(send: (peer: Peer) => void, options: TestNetworkOptions = {}) {
    const answers: unknown[] = []
    let asked = false
    const ask = async (peer: Peer): Promise<void> => {
      if (asked) return
      asked = true
      answers.push(await peer.request(flow, 'double', 21).catch((error: PeerError) => error.code))
    }
    const made = await connected(ask, options)
    send(made.peer)
    let most = 0
    for (let i = 0; i < 100; i++) {
      await made.world.advance(200)
      most = Math.max(most, made.waiting(1))
    }
    return { ...made, answers, most }
  }
  const large = (peer: Peer): void => {
    for (let i = 0; i < 300; i++) void peer.send(flow, 'data', noise(10_000))
  }
  const small = (peer: Peer): void => {
    for (let i = 0; i < 6000; i++) void peer.send(flow, 'say', Uint8Array.of(1))
  }

  it.each([
    ['3 MB of messages', large, 300],
    ['6,000 small messages', small, 6000],
  ] as const)('gets it behind %s, which are handled after it', async (_, send, count) => {
    const { world, answers, seen, ends } = await asking(send)
    expect(answers).toEqual([42])
    expect(seen.messages).toBe(count)
    expect(ends).toEqual([undefined, undefined])
    await world.close()
  })

  it.each([{ awaitingBytes: MB }, { receiveBytes: MB }])(
    'does not get it past the bound of %o: its question times out, and all goes on',
    async (limits) => {
      const { world, answers, seen, ends, most } = await asking(large, { options: () => ({ limits }) })
      expect(answers).toEqual(['request timeout'])
      expect(most).toBeGreaterThan(0.9 * MB)
      expect(most).toBeLessThan(1.1 * MB)
      expect(seen.messages).toBe(300)
      expect(ends).toEqual([undefined, undefined])
      await world.close()
    },
  )
})

describe('the reason of an end reaches the remote', () => {
  const patient = (outboxBytes: number): TestNetworkOptions => ({
    options: () => ({ limits: { outboxBytes, goodbyeMs: 5000 } }),
  })
  const useless = { code: 'remote disconnect reason', reason: DiscReason.uselessPeer }

  it('when more was sent than may wait, behind what was sent before', async () => {
    const { world, peer, seen, ends, pass } = await connected(() => undefined, patient(3 * MB))
    for (let i = 0; i < 6; i++) void peer.send(flow, 'data', noise(MB)).catch(() => undefined)
    await pass(5)
    expect(ends[0]).toMatchObject({ code: 'send queue full' })
    expect(ends[1]).toMatchObject({ code: 'remote disconnect reason', reason: DiscReason.networkError })
    expect(seen.bytes).toBe(3 * MB)
    await world.close()
  })

  it.each([100, 1_200_000, 8 * MB])('when a message of %i bytes was just given', async (length) => {
    const { world, peer, ends, pass } = await connected(() => undefined)
    void peer.send(flow, 'data', noise(length)).catch(() => undefined)
    peer.disconnect(DiscReason.uselessPeer)
    await pass(5)
    expect(ends[1]).toMatchObject(useless)
    await world.close()
  })

  it('when a large message is being sealed', async () => {
    const { world, peer, seen, ends, pass } = await connected(() => undefined, patient(32 * MB))
    // How it is done is loaded on first use.
    await world.until(peer.send(flow, 'data', noise(2 * MB)))
    void peer.send(flow, 'data', noise(8 * MB)).catch(() => undefined)
    for (let turn = 0; turn < 30; turn++) {
      world.clock.advance(0)
      // oxlint-disable-next-line no-await-in-loop
      await Promise.resolve()
    }
    peer.disconnect(DiscReason.uselessPeer)
    await pass(5)
    expect(ends[1]).toMatchObject(useless)
    expect([2 * MB, 10 * MB]).toContain(seen.bytes)
    await world.close()
  })
})
