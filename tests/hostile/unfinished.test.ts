// Peers who begin messages and hold back their ends: what all of them hold is bounded, and their time too.
import { randomBytes } from 'node:crypto'
import { describe, expect } from 'vitest'
import { DiscReason, encodeRlp } from '@peerwire/core'
import { createManualClock } from '@peerwire/core/testing'
import { it } from './support/it.ts'
import { Code } from './support/target.ts'
import { until } from './support/wait.ts'

const MIB = 1024 * 1024
/** The defaults, which the tests hold. */
const RECEIVE_BYTES = 64 * MIB
/** Of a message whose bytes came fast, and then no more: its time, and the third of it that these bytes gave. */
const FAST_MESSAGE_MS = 40_000
/** How much later than due a deadline of a peer may be looked at. */
const SLOT_MS = 1000

/** What compression leaves as it is, just within the limit of `big`. */
const body = new Uint8Array(randomBytes(10 * MIB - 10))

describe('10 MiB without their end', () => {
  it('from eight peers take 64 MiB at most: the slowest are ended, nobody else waits', async ({
    startTarget: start,
  }) => {
    const clock = createManualClock()
    const target = await start({ clock, maxPeers: 30 })
    let most = 0
    const ended = (): number => target.removals.all.length
    for (let i = 0; i < 8; i++) {
      const attacker = await target.greeted()
      const frame = attacker.codec.seal(Code.big, encodeRlp([body]))
      const before = target.node.inspect().receivingBytes
      attacker.write(frame.subarray(0, frame.length - 16))
      await until('bytes to arrive', () => {
        const { receivingBytes } = target.node.inspect()
        most = Math.max(most, receivingBytes)
        return receivingBytes > before + 10 * MIB - 100_000 || ended() > 0 || receivingBytes > RECEIVE_BYTES
      })
      clock.advance(100)
    }
    await until('an end', () => ended() > 0)
    const { receivingBytes } = target.node.inspect()
    expect(Math.max(most, receivingBytes)).toBeLessThanOrEqual(RECEIVE_BYTES + 11 * MIB)
    for (const { error } of target.removals.all) {
      expect(error).toMatchObject({ code: 'receive queue full', reason: DiscReason.subprotocolError })
    }
    // What is left goes when its time is over; the one that we hold back has its time when the others are gone, and
    // how much of it the system still has then is not ours to say. Those who answer meanwhile stay.
    const isAnyLeft = (): boolean => target.node.inspect().receivingBytes > 0
    for (let passed = 0; isAnyLeft() && passed <= 5 * FAST_MESSAGE_MS; passed += 10_000) {
      await target.expectUnharmed()
      clock.advance(10_000)
    }
    expect(isAnyLeft()).toBe(false)
    await target.expectUnharmed()
  })
})

describe('a message byte by byte', () => {
  it('ends its sender 30 s after its first byte, though no silence was that long', async ({ startTarget: start }) => {
    const clock = createManualClock()
    const target = await start({ clock })
    const attacker = await target.greeted()
    const peer = target.peerOf(attacker)
    const frame = attacker.codec.seal(Code.echo, encodeRlp([1, new Uint8Array(randomBytes(500))]))
    let sent = 40
    attacker.write(frame.subarray(0, sent))
    await until('the beginning', () => target.node.inspect().receivingBytes > 0)
    for (let second = 0; second < 29; second++) {
      attacker.write(frame.subarray(sent, ++sent))
      clock.advance(1000)
      await target.expectUnharmed()
    }
    expect(peer.error).toBeUndefined()
    clock.advance(1000 + SLOT_MS)
    expect(peer.error).toMatchObject({ code: 'read timeout', reason: DiscReason.readTimeout })
    expect(peer.error!.message).toContain('a message not whole')
    await target.expectUnharmed()
  })
})
