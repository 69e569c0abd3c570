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
  const seen: { pings: number; error: PeerError | undefined; paused: boolean; takes: boolean } = {
    pings: 0,
    error: undefined,
    paused: false,
    takes: false,
  }
  const keepAlive = new KeepAlive(
    {
      full: false,
      get paused() {
        return seen.paused
      },
      progressed: () => seen.takes,
      ping: () => void seen.pings++,
      fail: (error) => {
        seen.error = error
        keepAlive.stop()
      },
    },
    clock,
    wheel,
    DEFAULT_PEER_LIMITS,
  )
  return { clock, wheel, keepAlive, seen }
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
      keepAlive.heard()
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
    keepAlive.heard()
    clock.advance(20_000)
    expect(seen.error).toBeUndefined()
  })

  it('ends a link that takes no byte for 20 s, not one that is only slow', () => {
    const { clock, keepAlive, seen } = createFixture()
    const talk = (ms: number): void => {
      for (let passed = 0; passed < ms; passed += 1000) {
        keepAlive.heard()
        clock.advance(1000)
      }
    }
    keepAlive.full()
    seen.takes = true
    talk(60_000)
    expect(seen.error).toBeUndefined()
    seen.takes = false
    talk(42_000)
    expect(seen.error).toMatchObject({ code: 'write timeout', reason: 1 })
  })

  describe('a message that comes byte by byte', () => {
    const trickle = (
      { clock, keepAlive }: ReturnType<typeof createFixture>,
      ms: number,
      whole: (ms: number) => number,
    ) => {
      for (let passed = 0; passed < ms; passed += 1000) {
        keepAlive.heard()
        keepAlive.read(true, whole(passed))
        clock.advance(1000)
      }
    }

    it('ends its peer 30 s after its first byte', () => {
      const fixture = createFixture()
      trickle(fixture, 29_000, () => 7)
      expect(fixture.seen.error).toBeUndefined()
      trickle(fixture, 3000, () => 7)
      expect(fixture.seen).toMatchObject({ pings: 0, error: { code: 'read timeout', reason: 0x0b } })
      expect(fixture.seen.error!.message).toMatch(/^a message not whole after 3\d{4} ms$/)
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
    const host = { full: false, paused: false, progressed: () => false, ping: () => undefined, fail: () => undefined }
    const all = Array.from({ length: 1000 }, () => new KeepAlive(host, clock, wheel, DEFAULT_PEER_LIMITS))
    expect(clock.pendingTimers).toBe(1)
    for (const keepAlive of all) keepAlive.stop()
    expect(clock.pendingTimers).toBe(0)
  })
})
