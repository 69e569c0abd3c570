import { describe, expect, it } from 'vitest'
import { fromHex } from '../base/bytes.ts'
import { seededRandom } from '../base/random.ts'
import { groupOf } from '../addresses/groups.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import { createManualClock, drainMicrotasks, type ManualClock } from '../testing/manual-clock.ts'
import type { Address } from '../wire/address.ts'
import { createDialer, type Dialer } from './dialer.ts'
import { type DialPolicyOptions, dialPolicy } from './policy.ts'

function hexOf(n: number): string {
  return n.toString(16).padStart(128, '0')
}

/** Node `n`, in a /16 of its own. */
function addressOf(n: number): Address {
  const host = `${20 + (n >> 8)}.${n & 0xff}.0.1`
  return { publicKey: fromHex(hexOf(n)), endpoint: { scheme: 'tcp', host, port: 30_303 } }
}

const LOCAL: Address = { publicKey: fromHex(hexOf(9_999)), endpoint: { scheme: 'ws', host: '127.0.0.1', port: 4000 } }
const FAILED = new PeerError('dial failed', DiscReason.networkError, 'refused')

interface Rig {
  readonly clock: ManualClock
  readonly dialer: Dialer
  /** Times of all dials, by id. */
  readonly dials: { readonly id: string; readonly atMs: number }[]
  readonly connected: Set<string>
  lose(id: string): void
}

type Outcome = 'ok' | 'fail' | 'hang'

/** A dialer whose attempts take 100 ms and end as `outcome` says. */
function createRig(
  options: DialPolicyOptions = {},
  outcome: (id: string) => Outcome = () => 'ok',
  more: Partial<Parameters<typeof createDialer>[0]> = {},
): Rig {
  const clock = createManualClock()
  const dials: Rig['dials'] = []
  const connected = new Set<string>()
  const dialer: Dialer = createDialer({
    clock,
    random: seededRandom(1),
    policy: dialPolicy(options),
    selfPublicKey: fromHex(hexOf(0)),
    groupOf,
    attempt: (address, { signal }) =>
      new Promise((resolve, reject) => {
        const id = hexOf(
          Number(BigInt(`0x${address.publicKey.reduce((text, b) => text + b.toString(16).padStart(2, '0'), '')}`)),
        )
        dials.push({ id, atMs: clock.now() })
        if (outcome(id) === 'hang') return
        const timer = clock.setTimer(100, () => {
          if (outcome(id) === 'fail') return reject(FAILED)
          connected.add(id)
          dialer.peerAdded({ publicKeyHex: id, direction: 'outbound', endpoint: address.endpoint })
          resolve()
        })
        signal.addEventListener('abort', () => timer.cancel())
      }),
    ...more,
  })
  const lose = (id: string): void => {
    connected.delete(id)
    dialer.peerRemoved(id, new PeerError('link lost', DiscReason.networkError, 'gone'))
  }
  return { clock, dialer, dials, connected, lose }
}

async function* counting(from: number): AsyncGenerator<Address> {
  for (let n = from; ; n++) yield addressOf(n)
}

describe('dialer', () => {
  it('redials a persistent peer until it answers, and again after it was lost', async () => {
    let up = false
    const { clock, dialer, dials, connected, lose } = createRig({}, () => (up ? 'ok' : 'fail'))
    expect(dialer.addPersistent(LOCAL)).toMatchObject({ state: 'dialing' })
    await clock.advanceAsync(30_000)
    expect(dials.length).toBeGreaterThanOrEqual(3)
    expect(dials.length).toBeLessThanOrEqual(4)
    up = true
    await clock.advanceAsync(30_000)
    expect([...connected]).toEqual([hexOf(9_999)])
    lose(hexOf(9_999))
    await clock.advanceAsync(6_200)
    expect([...connected]).toEqual([hexOf(9_999)])
    dialer.close()
    expect(clock.pendingTimers).toBe(0)
  })

  it('dials an offered candidate at once', async () => {
    const { clock, dialer, connected } = createRig()
    expect(dialer.offer(addressOf(1))).toMatchObject({ state: 'dialing' })
    await clock.advanceAsync(100)
    expect([...connected]).toEqual([hexOf(1)])
    expect(dialer.explain(hexOf(1)).state).toBe('connected')
  })

  for (let lost = 1; lost <= 8; lost++) {
    it(`is back at 8 outbound peers within 2 s after losing ${lost}`, async () => {
      const { clock, dialer, connected, lose } = createRig()
      dialer.addSource('book', counting(1))
      await clock.advanceAsync(2_000)
      expect(connected.size).toBe(8)
      await clock.advanceAsync(60_000)
      for (const id of [...connected].slice(0, lost)) lose(id)
      expect(connected.size).toBe(8 - lost)
      await clock.advanceAsync(2_000)
      expect(connected.size).toBe(8)
      dialer.close()
      await drainMicrotasks()
      expect(clock.pendingTimers).toBe(0)
    })
  }
})
