// Pairs are made in idle time, as many as were needed, and each is used once.
import { describe, expect, it } from 'vitest'
import { toHex } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import type { Crypto } from '../base/crypto.ts'
import { seededRandom } from '../base/random.ts'
import { portableCrypto } from '../crypto/portable.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { createKeyPairPool } from './key-pair-pool.ts'
import { createInitiator } from './handshake.ts'
import { createResponder } from './responder.ts'
import { generateKeyPair } from './keys.ts'

/** A pool for which a pair takes half a millisecond; public keys are made up, for only their number counts. */
function createPool(limit?: number) {
  const clock = createManualClock()
  const seen: Uint8Array[] = []
  const makeUp = (privateKey: Uint8Array): Uint8Array => {
    seen.push(privateKey)
    return new Uint8Array(64).fill(seen.length)
  }
  const crypto: Crypto = { ...portableCrypto, publicKeyOf: makeUp }
  const random = seededRandom(3)
  const busy: Clock = { ...clock, now: () => clock.now() + seen.length / 2 }
  const pool = createKeyPairPool({ create: () => generateKeyPair(crypto, random), clock: busy, limit })
  const take = (count: number): string[] => Array.from({ length: count }, () => toHex(pool.take().privateKey))
  return { clock, pool, take, seen }
}

describe('a pool of key pairs', () => {
  it('is empty and sets no timer until a pair is taken', () => {
    const { clock, pool } = createPool()
    clock.advance(10_000)
    expect([pool.size, clock.pendingTimers]).toEqual([0, 0])
  })

  it('fills after 50 ms of rest, 2 ms of work at a time and 8 ms for others', () => {
    const { clock, pool, take } = createPool()
    take(10)
    clock.advance(49)
    expect(pool.size).toBe(0)
    clock.advance(1)
    expect(pool.size).toBe(4)
    clock.advance(7)
    expect(pool.size).toBe(4)
    clock.advance(1)
    expect(pool.size).toBe(8)
    clock.advance(1000)
    expect([pool.size, clock.pendingTimers]).toEqual([10, 0])
  })

  it('waits again when one is taken meanwhile', () => {
    const { clock, pool, take } = createPool()
    take(10)
    clock.advance(50)
    take(1)
    clock.advance(49)
    expect(pool.size).toBe(3)
    clock.advance(1000)
    expect(pool.size).toBe(10)
  })

  it('gives each pair once', () => {
    const { clock, take } = createPool()
    const all = new Set(take(20))
    clock.advance(1000)
    for (const key of take(40)) all.add(key)
    expect(all.size).toBe(60)
  })

  it('holds no more than its limit, whatever was taken', () => {
    const { clock, pool, take } = createPool(6)
    take(7)
    clock.advance(1000)
    expect(pool.size).toBe(6)
    take(100)
    clock.advance(1000)
    expect(pool.size).toBe(6)
  })

  it('wants half as many after each quieter time, but never fewer than four', () => {
    const { clock, pool, take } = createPool()
    take(40)
    clock.advance(1000)
    // What is there stays until it is used: 39 after one is taken, then as many as are wanted.
    const sizes = [1, 12, 9, 9, 9, 9].map((count) => {
      take(count)
      clock.advance(1000)
      return pool.size
    })
    expect(sizes).toEqual([39, 27, 18, 9, 9, 9])
    expect([1, 1, 4, 4, 1].map((count) => (take(count), clock.advance(1000), pool.size))).toEqual([8, 7, 4, 4, 4])
  })

  it('overwrites what nobody took when it is closed, and makes no more', () => {
    const { clock, pool, take, seen } = createPool()
    take(10)
    clock.advance(1000)
    expect(seen).toHaveLength(20)
    pool.close()
    pool.close()
    expect(pool.size).toBe(0)
    expect(seen.slice(10).every((key) => key.every((byte) => byte === 0))).toBe(true)
    expect(clock.pendingTimers).toBe(0)
    take(1)
    clock.advance(1000)
    expect([pool.size, clock.pendingTimers]).toEqual([0, 0])
  })

  it('serves handshakes, which overwrite the private keys when they are done', () => {
    const random = seededRandom(8)
    const [dialer, listener] = [generateKeyPair(portableCrypto, random), generateKeyPair(portableCrypto, random)]
    const pool = createKeyPairPool({
      create: () => generateKeyPair(portableCrypto, random),
      clock: createManualClock(),
    })
    const taken: Uint8Array[] = []
    const createKeyPair = () => {
      const pair = pool.take()
      taken.push(pair.privateKey)
      return pair
    }
    const shared = { crypto: portableCrypto, random, createKeyPair }
    const remotePublicKey = listener.publicKey
    const initiator = createInitiator({ ...shared, privateKey: dialer.privateKey, remotePublicKey })
    const answered = createResponder({ ...shared, privateKey: listener.privateKey }).receive(initiator.start()!)!
    expect(initiator.receive(answered.send!)!.done).toBeDefined()
    expect(taken).toHaveLength(4)
    for (const privateKey of taken) expect(privateKey.every((byte) => byte === 0)).toBe(true)
    expect(dialer.privateKey.some((byte) => byte !== 0)).toBe(true)
  })
})
