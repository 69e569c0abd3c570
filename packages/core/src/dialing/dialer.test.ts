import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { seededRandom } from '../base/random.ts'
import { groupOf } from '../addresses/groups.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import { createManualClock, drainMicrotasks, type ManualClock } from '../testing/manual-clock.ts'
import type { Address, Endpoint } from '../wire/address.ts'
import { createDialer, type Dialer, type DialOrder } from './dialer.ts'
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
  /** Numbers of the connections that stand, by id. */
  readonly connected: Map<string, number>
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
  const connected = new Map<string, number>()
  const dialer: Dialer = createDialer({
    clock,
    random: seededRandom(1),
    policy: dialPolicy(options),
    selfPublicKey: fromHex(hexOf(0)),
    groupOf,
    idOf: toHex,
    attempt: ({ address, signal, done }) => {
      const id = toHex(address.publicKey)
      dials.push({ id, atMs: clock.now() })
      if (outcome(id) === 'hang') return
      const timer = clock.setTimer(100, () => {
        if (outcome(id) === 'fail') return done(FAILED)
        connected.set(id, dials.length)
        dialer.peerAdded({ number: dials.length, id, direction: 'outbound', endpoint: address.endpoint })
        done()
      })
      signal.addEventListener('abort', () => timer.cancel())
    },
    ...more,
  })
  const lose = (id: string): void => {
    const number = connected.get(id)!
    connected.delete(id)
    dialer.peerRemoved({ number, id }, new PeerError('link lost', DiscReason.networkError, 'gone'))
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
    expect([...connected.keys()]).toEqual([hexOf(9_999)])
    lose(hexOf(9_999))
    await clock.advanceAsync(6_200)
    expect([...connected.keys()]).toEqual([hexOf(9_999)])
    dialer.close()
    expect(clock.pendingTimers).toBe(0)
  })

  it('dials an offered candidate at once', async () => {
    const { clock, dialer, connected } = createRig()
    expect(dialer.offer(addressOf(1))).toMatchObject({ state: 'dialing' })
    await clock.advanceAsync(100)
    expect([...connected.keys()]).toEqual([hexOf(1)])
    expect(dialer.explain(fromHex(hexOf(1))).state).toBe('connected')
  })

  for (let lost = 1; lost <= 8; lost++) {
    it(`is back at 8 outbound peers within 2 s after losing ${lost}`, async () => {
      const { clock, dialer, connected, lose } = createRig()
      dialer.addSource('book', counting(1))
      await clock.advanceAsync(2_000)
      expect(connected.size).toBe(8)
      await clock.advanceAsync(60_000)
      for (const id of [...connected.keys()].slice(0, lost)) lose(id)
      expect(connected.size).toBe(8 - lost)
      await clock.advanceAsync(2_000)
      expect(connected.size).toBe(8)
      dialer.close()
      await drainMicrotasks()
      expect(clock.pendingTimers).toBe(0)
    })
  }

  it('passes over what is not public, unless its source is local', async () => {
    const isPublic = ({ host }: Endpoint): boolean => host !== addressOf(2).endpoint.host
    const some = async function* (): AsyncGenerator<Address> {
      for (const n of [1, 2, 3]) yield addressOf(n)
    }
    const { clock, dialer, connected } = createRig({}, undefined, { isPublic })
    dialer.addSource('list', some())
    await clock.advanceAsync(10_000)
    expect([...connected.keys()]).toEqual([hexOf(1), hexOf(3)])
    expect(dialer.explain(fromHex(hexOf(2)))).toMatchObject({ state: 'refused', reason: 'not public' })
    expect(dialer.inspect().refused).toEqual({ 'not public': 1 })
    dialer.addSource('own', some(), { local: true })
    await clock.advanceAsync(10_000)
    expect([...connected.keys()]).toEqual([hexOf(1), hexOf(3), hexOf(2)])
    dialer.close()
  })

  it('does not spin on the one address it knows', async () => {
    const { clock, dialer, dials } = createRig({}, () => 'fail')
    let drawn = 0
    dialer.addSource(
      'one',
      (async function* () {
        for (;;) {
          drawn++
          yield addressOf(1)
        }
      })(),
    )
    await clock.advanceAsync(600_000)
    expect(dials.length).toBeLessThanOrEqual(6)
    expect(drawn).toBeLessThanOrEqual(64 * (600 / 8 + 6 * 6))
    dialer.close()
    expect(clock.pendingTimers).toBe(0)
  })

  it('does not spin on an endless list of what fails at once', async () => {
    const attempts: number[] = []
    const { clock, dialer } = createRig({}, undefined, {
      attempt: ({ done }) => {
        attempts.push(clock.now())
        queueMicrotask(() => done(FAILED))
      },
    })
    dialer.addSource('book', counting(1))
    await clock.advanceAsync(10_000)
    expect(attempts.length).toBeGreaterThan(300)
    expect(attempts.length).toBeLessThanOrEqual(50 * 11)
    dialer.close()
  })

  it('finds its peers although most addresses swallow what is sent to them', async () => {
    const { clock, dialer, connected } = createRig({}, (id) => (Number(BigInt(`0x${id}`)) % 3 === 0 ? 'ok' : 'fail'))
    dialer.addSource('book', counting(1))
    await clock.advanceAsync(2_000)
    expect(connected.size).toBe(8)
    dialer.close()
  })

  it('reads a source only when there is room', async () => {
    const { clock, dialer, connected, lose } = createRig({ outbound: 2 })
    let drawn = 0
    dialer.addSource(
      'book',
      (async function* () {
        for (;;) yield addressOf(++drawn)
      })(),
    )
    await clock.advanceAsync(60_000)
    const before = drawn
    expect(before).toBeLessThanOrEqual(5)
    await clock.advanceAsync(600_000)
    expect(drawn).toBe(before)
    lose([...connected.keys()][0]!)
    await clock.advanceAsync(1_000)
    expect(connected.size).toBe(2)
    expect(dialer.inspect().sources).toMatchObject([{ name: 'book' }])
  })

  it('stands still when there is nothing to do', async () => {
    const { clock, dialer } = createRig()
    dialer.addSource('book', counting(1))
    await clock.advanceAsync(60_000)
    expect(clock.pendingTimers).toBe(0)
    expect(dialer.inspect()).toMatchObject({
      outbound: { now: 8, target: 8 },
      freeSlots: 0,
      dialing: [],
      nextAtMs: null,
    })
  })

  it('closes at any moment, with attempts that hang, and nothing happens afterwards', async () => {
    const signals: AbortSignal[] = []
    const { clock, dialer } = createRig({}, undefined, {
      attempt: ({ signal }) => void signals.push(signal),
    })
    dialer.addPersistent(LOCAL)
    for (let n = 1; n <= 10; n++) dialer.offer(addressOf(n))
    dialer.addSource('book', counting(100))
    await clock.advanceAsync(0)
    expect(signals.length).toBe(9)
    dialer.close()
    dialer.close()
    expect(signals.every(({ aborted }) => aborted)).toBe(true)
    expect(signals[0]!.reason).toMatchObject({ code: 'dial cancelled' })
    dialer.offer(addressOf(50))
    dialer.wake()
    dialer.peerRemoved({ number: 1, id: hexOf(1) })
    dialer.addSource('late', counting(200))
    await clock.advanceAsync(600_000)
    expect(signals.length).toBe(9)
    expect(clock.pendingTimers).toBe(0)
  })

  it('may be called, and closed, from within an attempt', async () => {
    const begun: string[] = []
    const { clock, dialer } = createRig({}, undefined, {
      attempt: ({ address, done }) => {
        begun.push(address.endpoint.host)
        if (begun.length === 1) dialer.offer(addressOf(2))
        if (begun.length === 2) dialer.close()
        queueMicrotask(() => done(FAILED))
      },
    })
    dialer.offer(addressOf(1))
    dialer.offer(addressOf(3))
    await clock.advanceAsync(100_000)
    expect(begun).toEqual(['20.1.0.1', '20.2.0.1'])
    expect(clock.pendingTimers).toBe(0)
  })

  it('cancels the dial of a persistent node that is removed, and dials it no more', async () => {
    const { clock, dialer, dials } = createRig({}, () => 'hang')
    dialer.addPersistent(LOCAL)
    expect(dialer.removePersistent(LOCAL.publicKey)).toBe(true)
    expect(dialer.removePersistent(LOCAL.publicKey)).toBe(false)
    await clock.advanceAsync(600_000)
    expect(dials).toHaveLength(1)
    expect(dialer.inspect().dialing).toEqual([])
  })

  it('takes anything that is thrown for a failed dial', async () => {
    const { clock, dialer } = createRig({}, undefined, {
      attempt: () => {
        throw new RangeError('a bug')
      },
    })
    dialer.addPersistent(LOCAL)
    await clock.advanceAsync(1)
    expect(dialer.explain(LOCAL.publicKey)).toMatchObject({ lastError: { code: 'dial failed', message: 'a bug' } })
    dialer.close()
  })

  it('frees the slot of a dial that was cancelled, and listens to its end no more', async () => {
    const orders: DialOrder[] = []
    const { clock, dialer } = createRig({}, undefined, { attempt: (order) => void orders.push(order) })
    dialer.addPersistent(LOCAL)
    dialer.removePersistent(LOCAL.publicKey)
    dialer.addPersistent(LOCAL)
    expect(orders.map(({ signal }) => signal.aborted)).toEqual([true, false])
    orders[0]!.done(FAILED)
    orders[0]!.done()
    expect(dialer.explain(LOCAL.publicKey)).toMatchObject({ state: 'dialing' })
    orders[1]!.done(FAILED)
    expect(dialer.explain(LOCAL.publicKey)).toMatchObject({ state: 'waiting', lastError: FAILED.toJSON() })
    await clock.advanceAsync(10_000)
    expect(orders).toHaveLength(3)
    dialer.close()
  })

  it('does not spin on a dial that says it succeeded and makes no peer', async () => {
    let begun = 0
    const { clock, dialer } = createRig({}, undefined, {
      attempt: ({ done }) => {
        begun++
        done()
      },
    })
    dialer.addPersistent(LOCAL)
    await clock.advanceAsync(60_000)
    expect(begun).toBeGreaterThan(3)
    expect(begun).toBeLessThan(7)
    dialer.close()
  })

  it('asks where a persistent node is that it has no place for', async () => {
    const places = [undefined, addressOf(7).endpoint]
    const { clock, dialer, connected } = createRig({}, undefined, {
      resolve: async () => await Promise.resolve(places.shift()),
    })
    const { publicKey } = addressOf(7)
    expect(dialer.addPersistent({ publicKey })).toMatchObject({ state: 'waiting', reason: 'no endpoint' })
    await clock.advanceAsync(59_000)
    expect(connected.size).toBe(0)
    await clock.advanceAsync(2_000)
    expect([...connected.keys()]).toEqual([hexOf(7)])
    dialer.close()
    expect(clock.pendingTimers).toBe(0)
  })

  it('is not held up by an answer that never comes', async () => {
    let asked = 0
    const { clock, dialer, dials } = createRig({}, () => 'fail', {
      resolve: async () => {
        asked++
        return await new Promise<never>(() => undefined)
      },
    })
    dialer.addPersistent(LOCAL)
    await clock.advanceAsync(600_000)
    expect(asked).toBe(4)
    expect(dials.length).toBeGreaterThan(10)
    dialer.close()
    expect(clock.pendingTimers).toBe(0)
  })

  it('dials at once when the network is back', async () => {
    const { clock, dialer, dials } = createRig({}, () => 'fail')
    dialer.addPersistent(LOCAL)
    await clock.advanceAsync(400_000)
    const before = dials.length
    await clock.advanceAsync(1_000)
    expect(dials).toHaveLength(before)
    dialer.wake()
    expect(dials).toHaveLength(before + 1)
    dialer.close()
  })
})

describe('a dialer whose timers come a moment early', () => {
  // As in browsers: timers cut off fractions of a millisecond, and time goes on from one look at the clock to the next.
  function createHastyClock(): { readonly clock: Clock; advanceAsync(ms: number): Promise<void> } {
    const inner = createManualClock()
    let lookedMs = 0
    const clock: Clock = {
      now: () => inner.now() + (lookedMs += 0.25),
      wallNow: () => inner.wallNow(),
      setTimer: (delayMs, fn) => inner.setTimer(Math.max(0, delayMs - 0.3), fn),
    }
    return { clock, advanceAsync: (ms) => inner.advanceAsync(ms) }
  }

  function createHastyDialer(): { readonly dialer: Dialer; countIn(ms: number): Promise<number> } {
    const { clock, advanceAsync } = createHastyClock()
    let count = 0
    const dialer = createDialer({
      clock,
      random: seededRandom(1),
      policy: dialPolicy({ retryMaxMs: 5000 }),
      selfPublicKey: fromHex(hexOf(0)),
      groupOf,
      idOf: toHex,
      attempt: ({ done }) => {
        count++
        queueMicrotask(() => done(FAILED))
      },
    })
    const countIn = async (ms: number): Promise<number> => {
      await advanceAsync(ms)
      dialer.close()
      return count
    }
    return { dialer, countIn }
  }

  it('does not forget a persistent peer that became due between two looks at the clock', async () => {
    const { dialer, countIn } = createHastyDialer()
    dialer.addPersistent(LOCAL)
    // Every 5 s, give or take a fifth.
    expect(await countIn(600_000)).toBeGreaterThan(95)
  })
})
