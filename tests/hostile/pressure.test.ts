// Peers who send without end, or take nothing: queues stay within their bounds, the peer is ended, nobody else waits.
import { randomBytes } from 'node:crypto'
import { describe, expect } from 'vitest'
import { DiscReason, encodeRlp } from '@peerwire/core'
import type { Peer } from '@peerwire/core'
import { BaseCode, decodeDisconnect, EMPTY_LIST } from '@peerwire/core/rlpx'
import { createManualClock } from '@peerwire/core/testing'
import { rounds } from '../support/counts.ts'
import type { Attacker } from './support/attacker.ts'
import { costOf } from './support/cost.ts'
import { it } from './support/it.ts'
import { Code, protocol } from './support/target.ts'
import type { Target } from './support/target.ts'
import { until, within } from './support/wait.ts'

const KIB = 1024
const MIB = 1024 * KIB
/** The defaults, which the tests hold. */
const OUTBOX_BYTES = 32 * MIB
const INBOX_BYTES = 256 * KIB
const PING_AFTER_MS = 15_000
const READ_TIMEOUT_MS = 30_000
const WRITE_TIMEOUT_MS = 20_000
const GOODBYE_MS = 1000
/** How much later than due a deadline of a peer may be looked at. */
const SLOT_MS = 1000

/** What compression leaves as it is. */
const block = new Uint8Array(randomBytes(MIB))

function queuesOf({ node }: Target, { id }: Peer): { readonly inBytes: number; readonly outBytes: number } {
  return node.inspect().peers.find((peer) => peer.id === id)!.queues
}

/** Has the node send more than the attacker's side of the system takes, so that bytes wait at the node. */
async function stall(target: Target, attacker: Attacker): Promise<void> {
  attacker.stopReading()
  const peer = target.peerOf(attacker)
  for (let i = 0; i < 10; i++) void peer.send(protocol, 'big', [block])
  await until('a full link', () => queuesOf(target, peer).outBytes > MIB)
}

describe('pings without end', () => {
  const flood = (attacker: Attacker, count: number): void => {
    const frames = Array.from({ length: count }, () => attacker.codec.seal(BaseCode.ping, EMPTY_LIST))
    attacker.write(...frames)
  }

  it('to a node that can’t send its answers hold back their sender, and cost no memory', async ({
    startTarget: start,
  }) => {
    const clock = createManualClock()
    const target = await start({ clock })
    const attacker = await target.greeted()
    const peer = target.peerOf(attacker)
    await stall(target, attacker)
    const { outBytes } = queuesOf(target, peer)
    const { peakBytes } = await costOf(async () => {
      flood(attacker, rounds(5000, 100_000))
      await target.expectUnharmed()
    })
    expect(peakBytes).toBeLessThan(200 * MIB)
    expect(queuesOf(target, peer).outBytes).toBe(outBytes)
    expect(peer.error).toBeUndefined()
    for (let passed = 0; passed < 2 * WRITE_TIMEOUT_MS; passed += 10_000) {
      clock.advance(10_000)
      await target.expectUnharmed()
    }
    expect(await target.removalOf(attacker)).toMatchObject({ error: { code: 'write timeout' } })
    await target.expectUnharmed()
  })

  it('are all answered when the sender reads, as by go-ethereum', async ({ startTarget: start }) => {
    const target = await start({ clock: createManualClock() })
    const attacker = await target.greeted()
    await stall(target, attacker)
    flood(attacker, 1000)
    attacker.send(Code.echo, encodeRlp([1, 'still there?']))
    await target.expectUnharmed()
    attacker.read()
    await attacker.messages.first('an answer', ({ code }) => code === Code.echoed)
    const pongs = attacker.messages.all.filter(({ code }) => code === BaseCode.pong)
    expect(pongs).toHaveLength(1000)
    await target.expectUnharmed()
  })

  it('are all answered at once where the link has room', async ({ startTarget: start }) => {
    const target = await start({ clock: createManualClock() })
    const attacker = await target.greeted()
    const count = rounds(2000, 30_000)
    const { peakBytes } = await costOf(async () => {
      flood(attacker, count)
      attacker.send(Code.echo, encodeRlp([1, 'still there?']))
      await attacker.messages.first('an answer', ({ code }) => code === Code.echoed)
    })
    expect(peakBytes).toBeLessThan(200 * MIB)
    const pongs = attacker.messages.all.filter(({ code }) => code === BaseCode.pong)
    expect(pongs).toHaveLength(count)
    expect(queuesOf(target, target.peerOf(attacker)).outBytes).toBe(0)
    await target.expectUnharmed()
  })
})

describe('a peer that never reads', () => {
  it('ends when what waits for it passes the bound of the queue, and not before', async ({ target }) => {
    const attacker = await target.greeted()
    attacker.stopReading()
    const peer = target.peerOf(attacker)
    let most = 0
    const sends: Promise<unknown>[] = []
    const { peakBytes } = await costOf(async () => {
      for (let i = 0; i < 200 && !peer.error; i++) {
        sends.push(peer.send(protocol, 'big', [block]))
        most = Math.max(most, queuesOf(target, peer).outBytes)
        await new Promise((resolve) => setImmediate(resolve))
      }
    })
    expect(peer.error).toMatchObject({ code: 'send queue full', reason: DiscReason.networkError })
    expect(most).toBeLessThanOrEqual(OUTBOX_BYTES)
    expect(most).toBeGreaterThan(OUTBOX_BYTES - 2 * MIB)
    expect(peakBytes).toBeLessThan(6 * OUTBOX_BYTES)
    await expect(peer.send(protocol, 'big', [])).rejects.toBe(peer.error)
    await Promise.allSettled(sends)
    await target.expectUnharmed()
    expect(await target.removalOf(attacker)).toMatchObject({ error: { code: 'send queue full' } })
    await target.expectUnharmed()
  })

  it('ends when it has taken no byte for the write limit; whoever waited to send is told', async ({
    startTarget: start,
  }) => {
    const clock = createManualClock()
    const target = await start({ clock })
    const attacker = await target.greeted()
    await stall(target, attacker)
    const peer = target.peerOf(attacker)
    const waiting = peer.send(protocol, 'small', Uint8Array.of(1))
    waiting.catch(() => undefined)
    // It goes on to send; that it takes nothing is what counts. The honest peer has to answer a ping on the way.
    for (const stepMs of [PING_AFTER_MS, WRITE_TIMEOUT_MS - PING_AFTER_MS - 1]) {
      clock.advance(stepMs)
      await target.expectUnharmed()
    }
    expect(peer.error).toBeUndefined()
    clock.advance(1 + SLOT_MS)
    expect(await target.removalOf(attacker)).toMatchObject({
      error: { code: 'write timeout', reason: DiscReason.networkError },
    })
    await expect(waiting).rejects.toBe(peer.error)
    await target.expectUnharmed()
  })

  it('and asks all the time makes the node hold back, and ends by the write limit', async ({ startTarget: start }) => {
    const clock = createManualClock()
    const target = await start({ clock })
    const attacker = await target.greeted()
    attacker.stopReading()
    const peer = target.peerOf(attacker)
    const question = encodeRlp([1, block.subarray(0, MIB - 100)])
    for (let i = 0; i < 64; i++) attacker.send(Code.echo, question)
    await until('a node that holds back', () => {
      const { inBytes, outBytes } = queuesOf(target, peer)
      expect(inBytes).toBeLessThan(INBOX_BYTES + 2 * MIB)
      expect(outBytes).toBeLessThan(3 * MIB)
      return outBytes > INBOX_BYTES && inBytes > INBOX_BYTES
    })
    await target.expectUnharmed()
    for (const stepMs of [PING_AFTER_MS, WRITE_TIMEOUT_MS - PING_AFTER_MS + SLOT_MS]) {
      clock.advance(stepMs)
      await target.expectUnharmed()
    }
    expect(await target.removalOf(attacker)).toMatchObject({ error: { code: 'write timeout' } })
  })
})

describe('a peer whose handler lags', () => {
  it.for([
    ['large messages', 900, 4000],
    ['tiny messages', 1, rounds(30_000, 100_000)],
  ] as const)(
    'and who sends %s without end is held back in bounded memory',
    async ([, bytes, count], { startTarget: start }) => {
      const target = await start({ acts: { hang: () => new Promise<never>(() => undefined) } })
      const attacker = await target.greeted()
      const peer = target.peerOf(attacker)
      attacker.send(Code.act, encodeRlp('hang'))
      const payload = encodeRlp(block.subarray(0, bytes))
      const frames = Array.from({ length: count }, () => attacker.codec.seal(Code.small, payload))
      const { peakBytes } = await costOf(async () => {
        attacker.write(...frames)
        await target.expectUnharmed()
        await target.expectUnharmed()
      })
      expect(queuesOf(target, peer).inBytes).toBeLessThanOrEqual(INBOX_BYTES + 2 * KIB)
      expect(peakBytes).toBeLessThan(100 * MIB)
      expect(target.received.all).toEqual([])
      expect(peer.error).toBeUndefined()
    },
  )
})

describe('frames that never end', () => {
  it('cost what has come of them, and end their senders by the read limit', async ({ startTarget: start }) => {
    const clock = createManualClock()
    const target = await start({ clock })
    const attackers = await Promise.all(Array.from({ length: 6 }, () => target.greeted()))
    const starts = attackers.map(({ codec }) => {
      const frame = codec.sealCompressed(Code.big, new Uint8Array(10 * MIB))
      return frame.slice(0, 64 * KIB)
    })
    const { peakBytes } = await costOf(async () => {
      for (const [i, attacker] of attackers.entries()) attacker.write(starts[i]!)
      await target.expectUnharmed()
      for (const stepMs of [PING_AFTER_MS + SLOT_MS, READ_TIMEOUT_MS - PING_AFTER_MS - 1 - SLOT_MS]) {
        clock.advance(stepMs)
        await target.expectUnharmed()
      }
    })
    // Taken by what their headers say, they would be 60.
    expect(peakBytes).toBeLessThan(50 * MIB)
    for (const attacker of attackers) expect(target.peerOf(attacker).error).toBeUndefined()
    clock.advance(1 + SLOT_MS)
    for (const attacker of attackers) {
      expect(await target.removalOf(attacker)).toMatchObject({
        error: { code: 'read timeout', reason: DiscReason.readTimeout },
      })
      expect(await attacker.told()).toBe(DiscReason.readTimeout)
    }
    await target.expectUnharmed()
  })
})

describe('a peer that was ended', () => {
  it('and keeps its side open, sending on, is cut when the goodbye has had its time', async ({
    startTarget: start,
  }) => {
    const clock = createManualClock()
    const target = await start({ clock })
    const attacker = await target.greeted({ allowHalfOpen: true })
    attacker.send(Code.past, EMPTY_LIST)
    const goodbye = await attacker.messages.first('a goodbye', ({ code }) => code === BaseCode.disconnect)
    expect(decodeDisconnect(goodbye!.payload)).toBe(DiscReason.breachOfProtocol)
    for (let i = 0; i < 100; i++) attacker.write(block.subarray(0, 10_000))
    clock.advance(GOODBYE_MS - 1)
    await target.expectUnharmed()
    expect(attacker.socket.destroyed).toBe(false)
    expect(target.removals.all.map(({ peer }) => peer.name)).not.toContain('attacker')
    clock.advance(1)
    // At once: the socket would be given up by itself some seconds later.
    await new Promise((resolve) => setImmediate(resolve))
    expect(target.removals.all.map(({ peer }) => peer.name)).toContain('attacker')
    expect(await target.removalOf(attacker)).toMatchObject({ error: { code: 'invalid message code' } })
    // What it sends now is answered with a reset.
    attacker.write(block)
    await within('the end of the link', attacker.closed)
    await target.expectUnharmed()
  })
})

describe('peers that come and go', () => {
  it('leave nothing behind', async ({ target }) => {
    const churn = async (): Promise<void> => {
      const attacker = await target.greeted()
      attacker.send(Code.small, encodeRlp('hello'))
      attacker.end()
      await target.removalOf(attacker)
    }
    await churn()
    const many = rounds(50, 1000)
    const { peakBytes } = await costOf(async () => {
      for (let i = 0; i < many; i++) await churn()
    })
    expect(peakBytes).toBeLessThan(100 * MIB)
    const { peers, setUps, failures } = target.node.inspect()
    expect({ peers: peers.length, setUps }).toEqual({ peers: 1, setUps: [] })
    expect(failures.filter(({ code }) => code === 'link lost')).toMatchObject([{ count: many + 1 }])
    await target.expectUnharmed()
  })
})
