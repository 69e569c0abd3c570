// One past each bound of the gate, and what is exempt.
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../testing/manual-clock.ts'
import { Gate } from './gate.ts'
import type { GateLimits } from './gate.ts'

const LIMITS: GateLimits = {
  waitingInbound: 4,
  pendingInbound: 50,
  pendingPerPrefix: 8,
  startsPerSecond: 1000,
  startsBurst: 1000,
  startsPerSecondPerPrefix: 100,
  acceptIntervalMs: 0,
  visitsPerSecond: 20,
  visitsBurst: 200,
}

function createGate(limits: Partial<GateLimits> = {}) {
  const clock = createManualClock()
  const gate = new Gate(clock, { ...LIMITS, ...limits })
  const enter = (address: string) => {
    const entry = gate.enter(address)
    return 'words' in entry ? entry.words : entry
  }
  return { clock, gate, enter }
}

/** A gate for transports of which many share an address. */
function createVisitorGate(limits: Partial<GateLimits> = {}) {
  const { clock, gate } = createGate({ pendingInbound: 1000, acceptIntervalMs: 30_000, ...limits })
  const visit = (address: string) => {
    const entry = gate.enter(address, 'per prefix')
    if (!('words' in entry)) entry.leave()
    return 'words' in entry ? entry : 'in'
  }
  return { clock, gate, visit }
}

describe('the gate', () => {
  it('refuses the 51st handshake in progress, and lets one in when another leaves', () => {
    const { gate, enter } = createGate()
    const entries = Array.from({ length: 50 }, (_, i) => enter(`8.${i}.0.1:1`))
    expect(enter('9.9.9.9:1')).toBe('50 handshakes are in progress')
    const [first] = entries
    for (const _ of 'twice') if (typeof first === 'object') first.leave()
    expect(gate.pending).toBe(49)
    expect(enter('9.9.9.9:1')).toBeTypeOf('object')
  })

  it('refuses the 9th handshake of one /24', () => {
    const { enter } = createGate()
    for (let i = 0; i < 8; i++) expect(enter(`8.8.8.${i}:1`)).toBeTypeOf('object')
    expect(enter('8.8.8.200:1')).toBe('8 handshakes from 8.8.8.0/24 are in progress')
    expect(enter('8.8.9.1:1')).toBeTypeOf('object')
  })

  it('refuses one handshake more a second than allowed, per prefix and in all, until time has passed', () => {
    const { clock, enter } = createGate({ startsPerSecond: 5, startsBurst: 5, startsPerSecondPerPrefix: 2 })
    expect([1, 2].map((i) => typeof enter(`8.8.8.${i}:1`))).toEqual(['object', 'object'])
    expect(enter('8.8.8.3:1')).toBe('more than 2 handshakes a second from 8.8.8.0/24')
    for (let i = 1; i <= 3; i++) expect(enter(`9.${i}.0.1:1`)).toBeTypeOf('object')
    expect(enter('9.9.0.1:1')).toBe('more than 5 handshakes a second')
    clock.advance(1000)
    expect(enter('8.8.8.3:1')).toBeTypeOf('object')
  })

  it('accepts one connection of an address in 30 s', () => {
    const { clock, enter } = createGate({ acceptIntervalMs: 30_000 })
    expect(enter('8.8.8.8:1')).toBeTypeOf('object')
    clock.advance(29_999)
    expect(enter('8.8.8.8:2')).toBe('8.8.8.8 had a connection accepted 29999 ms ago')
    clock.advance(1)
    expect(enter('8.8.8.8:2')).toBeTypeOf('object')
  })

  it.each(['127.0.0.1:1', '192.168.1.5:2', '[::1]:3', '10.0.0.1:4'])(
    'exempts %s from bounds per network, except that it has half of the places at most',
    (address) => {
      const { enter, gate } = createGate({ acceptIntervalMs: 30_000 })
      for (let i = 0; i < 60; i++) expect(enter(address)).toBeTypeOf('object')
      expect(gate.pending).toBe(25)
    },
  )

  it('remembers a bounded number of networks', () => {
    const { gate, enter, clock } = createGate({ acceptIntervalMs: 30_000, startsPerSecond: 1e9, startsBurst: 1e9 })
    for (let i = 0; i <= 10_001; i++) {
      const entry = enter(`20.${i >> 8}.${i & 255}.1:1`)
      if (typeof entry === 'object') entry.leave()
      clock.advance(1)
    }
    expect(gate.remembered).toBe(20_000)
  })
})

describe('the gate of a transport of which many share an address', () => {
  it('lets 200 of one address in at once, refuses the 201st with a time, and lets in 20 a second after', () => {
    const { clock, visit } = createVisitorGate()
    for (let i = 0; i < 200; i++) expect(visit(`8.8.8.8:${i}`)).toBe('in')
    const words = 'more than 200 at once or 20 a second from 8.8.8.8'
    expect(visit('8.8.8.8:201')).toEqual({ name: 'throttled', words, retryS: 1 })
    expect(visit('8.8.8.9:1')).toBe('in')
    clock.advance(1000)
    for (let i = 0; i < 20; i++) expect(visit(`8.8.8.8:${i}`)).toBe('in')
    expect(visit('8.8.8.8:21')).toMatchObject({ words })
  })

  it('keeps a quarter of the starts at once for addresses from which nobody has come for 10 s', () => {
    const { clock, visit } = createVisitorGate({ startsPerSecond: 8, startsBurst: 8 })
    const flood = () => Array.from({ length: 9 }, () => visit('8.8.8.8:1')).filter((outcome) => outcome === 'in').length
    expect(visit('9.9.9.9:1')).toBe('in')
    expect([flood(), visit('7.7.7.7:1')]).toEqual([5, 'in'])
    clock.advance(9_990)
    expect([flood(), visit('9.9.9.9:1')]).toMatchObject([6, { words: 'more than 8 handshakes a second' }])
    clock.advance(10)
    expect(visit('9.9.9.9:1')).toBe('in')
  })

  it('knows nothing of 30 s between two connections of one address', () => {
    const { visit } = createVisitorGate()
    for (let reload = 0; reload < 30; reload++) expect(visit('8.8.8.8:1')).toBe('in')
  })

  it('counts IPv6 by /64, IPv4 within IPv6 as IPv4, and exempts nobody but whom the policy exempts', () => {
    const { visit } = createVisitorGate({ visitsBurst: 1 })
    expect([visit('[2001:db8:1:2::3]:1'), visit('[2001:db8:1:2:3::]:1')]).toMatchObject(['in', { name: 'throttled' }])
    expect([visit('[64:ff9b::808:808]:1'), visit('8.8.8.8:1')]).toMatchObject(['in', { name: 'throttled' }])
    for (let i = 0; i < 5; i++) expect(visit('127.0.0.1:1')).toBe('in')
  })

  it('tells those whom it refuses to come back one after another', () => {
    const { gate, visit } = createVisitorGate()
    const waits = Array.from({ length: 300 }, (_, i) => {
      const outcome = visit(`8.8.8.8:${i}`)
      if (outcome === 'in') return 0
      gate.answers('8.8.8.8:1', 'per prefix')
      return outcome.retryS
    })
    expect([0, 200, 219, 220, 239, 240, 299].map((i) => waits[i])).toEqual([0, 1, 1, 2, 2, 3, 5])
  })

  it('answers as many refusals as it lets in, and no flood; asking changes nothing', () => {
    const { clock, gate, visit } = createVisitorGate({ visitsBurst: 5, visitsPerSecond: 1 })
    const admits = () => gate.admits('8.8.8.8:1', 'per prefix')
    for (let i = 0; i < 5; i++) expect([admits(), admits(), visit('8.8.8.8:1')]).toEqual([true, true, 'in'])
    for (let i = 0; i < 5; i++) expect([admits(), gate.answers('8.8.8.8:1', 'per prefix')]).toEqual([true, true])
    expect([admits(), gate.answers('8.8.8.8:1', 'per prefix')]).toEqual([false, false])
    expect(gate.admits('8.8.4.4:1', 'per prefix')).toBe(true)
    clock.advance(1000)
    expect([admits(), visit('8.8.8.8:1')]).toEqual([true, 'in'])
    expect([admits(), gate.answers('8.8.8.8:1', 'per prefix'), admits()]).toEqual([true, true, false])
  })

  it('answers no more refusals in all than it lets in, whoever asks', () => {
    const { gate, visit } = createVisitorGate({ startsPerSecond: 1, startsBurst: 3 })
    for (let i = 0; i < 3; i++) visit(`8.8.${i}.8:1`)
    expect(visit('127.0.0.1:1')).toMatchObject({ words: 'more than 1 handshakes a second', retryS: 1 })
    expect([0, 1, 2, 3].map((i) => gate.answers(`9.9.${i}.8:1`, 'per prefix'))).toEqual([true, true, true, false])
    expect(gate.admits('127.0.0.1:1', 'per prefix')).toBe(false)
  })

  it('remembers a bounded number of networks', () => {
    const { gate, visit, clock } = createVisitorGate({ startsPerSecond: 1e9, startsBurst: 1e9 })
    for (let i = 0; i <= 10_001; i++) {
      visit(`20.${i >> 8}.${i & 255}.1:1`)
      gate.answers(`21.${i >> 8}.${i & 255}.1:1`, 'per prefix')
      clock.advance(1)
    }
    expect(gate.remembered).toBe(10_000)
  })
})

describe('a gate whose places are all taken', () => {
  function createFull() {
    const { gate } = createGate({ pendingInbound: 4 })
    const given: string[] = []
    const enter = (address: string) => {
      const entry = gate.enter(address, 'per prefix', () => given.push(address))
      return 'words' in entry ? entry.words : entry
    }
    return { gate, given, enter }
  }

  it('takes the oldest place of the network with most of them, for a network that has fewer', () => {
    const { gate, given, enter } = createFull()
    const places = ['8.8.8.8:1', '8.8.8.8:2', '7.7.7.7:1', '9.9.9.9:1'].map(enter)
    expect(gate.admits('127.0.0.1:1', 'per prefix')).toBe(true)
    expect(enter('127.0.0.1:1')).toBeTypeOf('object')
    expect([given, gate.pending]).toEqual([['8.8.8.8:1'], 4])
    // One each: nobody has more than a newcomer would.
    expect(enter('9.9.9.9:2')).toBe('4 handshakes are in progress')
    for (const place of places) if (typeof place === 'object') place.leave()
    expect(gate.pending).toBe(1)
  })

  it.each(['8.8.8.8', '127.0.0.1', '192.168.1.5'])('has given half of them to %s, which takes turns there', (host) => {
    const { gate, given, enter } = createFull()
    for (const port of [1, 2, 3, 4]) expect(enter(`${host}:${port}`)).toBeTypeOf('object')
    expect([given, gate.pending]).toEqual([[`${host}:1`, `${host}:2`], 2])
    expect(gate.admits(`${host}:5`, 'per prefix')).toBe(true)
  })
})

describe('connections that are no links yet', () => {
  it('count by network as handshakes do, where a proxy says they are, and give way', () => {
    const { gate } = createGate()
    const given: string[] = []
    const waits = (address: string) => gate.waits(address, 'per prefix', () => given.push(address))
    const [first] = [waits('127.0.0.1:1'), waits('127.0.0.1:2'), waits('127.0.0.1:3')]
    expect([given, gate.waiting]).toEqual([['127.0.0.1:1'], 2])
    const visitor = waits('[2001:db8:1:2::3]:1')
    visitor.move('8.8.8.8:0')
    waits('[2001:db8:1:2::3]:2')
    expect([given.length, gate.waiting, gate.pending]).toEqual([1, 4, 0])
    visitor.leave()
    first.leave()
    expect(gate.waiting).toBe(3)
  })
})
