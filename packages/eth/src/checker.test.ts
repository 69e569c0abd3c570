import { fromHex, portableCrypto } from '@peerwire/core'
import { createManualClock } from '@peerwire/core/testing'
import { describe, expect, it } from 'vitest'
import vectors from '../../../vectors/eth.json' with { type: 'json' }
import { createTransactionChecker } from './checker.ts'

const ENVELOPE = fromHex(vectors.transactions.find(({ name }) => name === 'fees')!.envelope)
const HASH = portableCrypto.keccak256(ENVELOPE)

function setUp() {
  const clock = createManualClock()
  const budgetPerPeer = { burst: 2, perSecond: 4 }
  const checker = createTransactionChecker({ crypto: portableCrypto, clock, chainId: 7_357_001n, budgetPerPeer })
  const controller = new AbortController()
  let done = 0
  const check = async (peer: string): Promise<void> => {
    await checker.check(peer, ENVELOPE, HASH, controller.signal)
    done++
  }
  return { clock, checker, controller, check, done: () => done }
}

describe('checking transactions', () => {
  it('lets a burst pass and then one at a time, as the budget refills', async () => {
    const { clock, check, done } = setUp()
    const all = Array.from({ length: 4 }, () => check('a'))
    await clock.advanceAsync(0)
    expect(done()).toBe(2)
    await clock.advanceAsync(249)
    expect(done()).toBe(2)
    await clock.advanceAsync(1)
    expect(done()).toBe(3)
    await clock.advanceAsync(250)
    await Promise.all(all)
    expect(done()).toBe(4)
  })

  it('gives each peer a budget of its own, and forgets the peer that left', async () => {
    const { clock, checker, check, done } = setUp()
    await Promise.all([check('a'), check('a'), check('b'), check('b')])
    expect(done()).toBe(4)
    checker.forget('a')
    await check('a')
    await clock.advanceAsync(0)
    expect(done()).toBe(5)
  })

  it('saves up no more than a burst', async () => {
    const { clock, check, done } = setUp()
    await check('a')
    await clock.advanceAsync(3_600_000)
    const all = Array.from({ length: 3 }, () => check('a'))
    await clock.advanceAsync(0)
    expect(done()).toBe(3)
    await clock.advanceAsync(250)
    await Promise.all(all)
  })

  it('ends a wait when the peer ends, and leaves no timer', async () => {
    const { clock, controller, check } = setUp()
    await Promise.all([check('a'), check('a')])
    const waiting = check('a')
    controller.abort(new Error('gone'))
    await expect(waiting).rejects.toThrow('gone')
    await expect(check('b')).rejects.toThrow('gone')
    expect(clock.pendingTimers).toBe(0)
  })

  it('passes on what is wrong with the transaction', async () => {
    const { checker, controller } = setUp()
    const check = checker.check('a', Uint8Array.of(9, 9), new Uint8Array(32), controller.signal)
    await expect(check).rejects.toThrow('unknown type 9')
  })
})
