// When silence, a stuck link and a sleeping tab are what they seem.
import { describe, expect, it } from 'vitest'
import { Wheel } from '../base/wheel.ts'
import type { PeerError } from '../errors/peer-error.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { KeepAlive } from './keep-alive.ts'
import { DEFAULT_PEER_LIMITS } from './limits.ts'

function createFixture() {
  const clock = createManualClock()
  const wheel = new Wheel(clock, 1000)
  const seen = {
    pings: 0,
    error: undefined as PeerError | undefined,
    paused: false,
    unreadBytes: undefined as number | undefined,
    waitingBytes: 0,
    sentBytes: 0,
    ping: () => void seen.pings++,
    fail: (error: PeerError) => {
      seen.error = error
      keepAlive.stop()
    },
  }
  const keepAlive = new KeepAlive(seen, clock, wheel, DEFAULT_PEER_LIMITS)
  /** Lets seconds pass, in each of which something happens. */
  const eachSecond = (seconds: number, happens: () => void): void => {
    for (let second = 0; second < seconds && !seen.error; second++) {
      happens()
      clock.advance(1000)
    }
  }
  return { clock, wheel, keepAlive, seen, eachSecond }
}

describe('keep-alive', () => {
  it('pings once after 15 s of silence and gives up after 30', () => {
    const { clock, seen } = createFixture()
    clock.advance(14_000)
    expect(seen.pings).toBe(0)
    clock.advance(2000)
    expect(seen.pings).toBe(1)
    clock.advance(13_000)
    expect(seen).toMatchObject({ pings: 1, error: undefined })
    clock.advance(2000)
    expect(seen.error).toMatchObject({ code: 'read timeout', reason: 0x0b })
  })

  it('never ends a peer that answers', () => {
    const { clock, keepAlive, seen } = createFixture()
    for (let i = 0; i < 100; i++) {
      clock.advance(16_000)
      keepAlive.heard(1)
    }
    expect(seen.error).toBeUndefined()
    expect(seen.pings).toBeGreaterThan(90)
  })

  it('counts silence from when a paused link was last held back by us', () => {
    const { clock, seen } = createFixture()
    seen.paused = true
    clock.advance(300_000)
    expect(seen.error).toBeUndefined()
    seen.paused = false
    clock.advance(50_000)
    expect(seen.error?.code).toBe('read timeout')
  })

  it('lets what piled up in a sleeping tab be read before it judges', () => {
    const { clock, keepAlive, seen } = createFixture()
    // A throttled timer: due at 15 s, called at 90 s.
    clock.advance(14_000)
    keepAlive.due(90_000)
    expect(seen.error).toBeUndefined()
    keepAlive.heard(1)
    clock.advance(20_000)
    expect(seen.error).toBeUndefined()
  })

  it('ends a link that takes no byte for 20 s, not one that is only slow', () => {
    const { keepAlive, seen, eachSecond } = createFixture()
    seen.waitingBytes = 1000
    keepAlive.full()
    // What waits only grows meanwhile: the remote takes a little, and we send more.
    eachSecond(60, () => {
      keepAlive.heard(1)
      seen.sentBytes++
      seen.waitingBytes += 100
    })
    expect(seen.error).toBeUndefined()
    eachSecond(42, () => keepAlive.heard(1))
    expect(seen.error).toMatchObject({ code: 'write timeout', reason: 1 })
  })

  it('ends a link that takes no byte also where it never was full', () => {
    const { keepAlive, seen, eachSecond } = createFixture()
    seen.waitingBytes = 100
    eachSecond(60, () => keepAlive.heard(1))
    expect(seen.error).toMatchObject({ code: 'write timeout' })
  })

  it('is pushed back by nothing: a link that fills again and again hides no silence', () => {
    const { clock, keepAlive, seen, eachSecond } = createFixture()
    eachSecond(100, () => {
      seen.waitingBytes = 1000
      keepAlive.full()
      seen.sentBytes += 1000
      seen.waitingBytes = 0
      keepAlive.wrote()
      keepAlive.drained()
    })
    expect(seen).toMatchObject({ pings: 1, error: { code: 'read timeout' } })
    expect(clock.now()).toBeLessThanOrEqual(32_000)
  })

  it('pings after 15 s in which we said nothing, though the remote did', () => {
    const { keepAlive, seen, eachSecond } = createFixture()
    eachSecond(59, () => keepAlive.heard(1))
    expect(seen.pings).toBe(3)
    eachSecond(59, () => {
      keepAlive.heard(1)
      keepAlive.wrote()
    })
    expect(seen.pings).toBe(3)
  })

  it('pings from what comes, where our timers sleep and we said nothing', () => {
    const { seen } = createFixture()
    const clock = createManualClock()
    const asleep = new Wheel(createManualClock(), 1000)
    const keepAlive = new KeepAlive(seen, clock, asleep, DEFAULT_PEER_LIMITS)
    clock.advance(60_000)
    keepAlive.heard(1)
    expect(seen.pings).toBe(1)
  })

  it('gives a sleeping tab one moment to catch up, not one at every late wake-up', () => {
    const { keepAlive, seen } = createFixture()
    keepAlive.due(90_000)
    expect(seen.error).toBeUndefined()
    keepAlive.due(150_000)
    expect(seen.error).toMatchObject({ code: 'read timeout' })
  })

  describe('while we hold back the link', () => {
    it('pings go on, and a link that takes none of them ends', () => {
      const { seen, eachSecond } = createFixture()
      seen.paused = true
      seen.ping = () => void (seen.pings++, (seen.waitingBytes += 48))
      eachSecond(100, () => undefined)
      expect(seen).toMatchObject({ error: { code: 'write timeout' } })
      expect(seen.pings).toBeGreaterThanOrEqual(1)
    })

    it('silence is told from it where the link can’t stop reading', () => {
      const { seen, eachSecond } = createFixture()
      seen.paused = true
      seen.unreadBytes = 1000
      eachSecond(100, () => void seen.unreadBytes!++)
      expect(seen.error).toBeUndefined()
      eachSecond(50, () => undefined)
      expect(seen.error).toMatchObject({ code: 'read timeout' })
    })

    it('and not any more, silence counts from then', () => {
      const { clock, keepAlive, seen } = createFixture()
      clock.advance(16_000)
      seen.paused = true
      clock.advance(13_900)
      seen.paused = false
      keepAlive.resumed()
      clock.advance(15_000)
      expect(seen.error).toBeUndefined()
      clock.advance(17_000)
      expect(seen.error).toMatchObject({ code: 'read timeout' })
    })
  })

  describe('a message that comes byte by byte', () => {
    const trickle = (
      { clock, keepAlive }: ReturnType<typeof createFixture>,
      ms: number,
      whole: (ms: number) => number,
    ) => {
      for (let passed = 0; passed < ms; passed += 1000) {
        keepAlive.heard(1)
        keepAlive.read(true, whole(passed))
        clock.advance(1000)
      }
    }

    it('ends its peer 30 s after its first byte', () => {
      const fixture = createFixture()
      trickle(fixture, 29_000, () => 7)
      expect(fixture.seen.error).toBeUndefined()
      trickle(fixture, 3000, () => 7)
      expect(fixture.seen).toMatchObject({ pings: 1, error: { code: 'read timeout', reason: 0x0b } })
      expect(fixture.seen.error!.message).toMatch(/^a message not whole after 3\d{4} ms$/)
    })

    it('goes on past its 30 s while 16 KiB/s of it arrive, and ends soon when they don’t', () => {
      const { clock, keepAlive, seen, eachSecond } = createFixture()
      const arrive = (bytes: number) => () => {
        keepAlive.heard(bytes)
        keepAlive.read(true, 7)
      }
      eachSecond(300, arrive(17_000))
      expect(seen.error).toBeUndefined()
      eachSecond(300, arrive(15_000))
      expect(seen.error).toMatchObject({ code: 'read timeout' })
      expect(clock.now()).toBeLessThan(325_000)
    })

    it('has its time from its own first byte, however many come in a row', () => {
      const fixture = createFixture()
      trickle(fixture, 120_000, (ms) => Math.floor(ms / 20_000))
      expect(fixture.seen.error).toBeUndefined()
      fixture.keepAlive.read(false, 99)
      fixture.clock.advance(10_000)
      expect(fixture.seen.error).toBeUndefined()
    })

    it('is not counted while we hold back the link ourselves', () => {
      const fixture = createFixture()
      fixture.seen.paused = true
      trickle(fixture, 120_000, () => 7)
      expect(fixture.seen.error).toBeUndefined()
    })
  })

  it('shares one timer among all peers and leaves none behind', () => {
    const clock = createManualClock()
    const wheel = new Wheel(clock, 1000)
    const host = {
      paused: false,
      unreadBytes: undefined,
      waitingBytes: 0,
      sentBytes: 0,
      ping: () => undefined,
      fail: () => undefined,
    }
    const all = Array.from({ length: 1000 }, () => new KeepAlive(host, clock, wheel, DEFAULT_PEER_LIMITS))
    expect(clock.pendingTimers).toBe(1)
    for (const keepAlive of all) keepAlive.stop()
    expect(clock.pendingTimers).toBe(0)
  })
})
