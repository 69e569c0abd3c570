// One past each bound of the gate, and what is exempt.
import { describe, expect, it } from 'vitest'
import { PeerError } from '../errors/peer-error.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { Gate } from './gate.ts'
import type { GateLimits } from './gate.ts'

const LIMITS: GateLimits = {
  pendingInbound: 50,
  pendingPerPrefix: 8,
  startsPerSecond: 1000,
  startsPerSecondPerPrefix: 100,
  acceptIntervalMs: 0,
}

function createGate(limits: Partial<GateLimits> = {}) {
  const clock = createManualClock()
  const gate = new Gate(clock, { ...LIMITS, ...limits })
  const enter = (address: string) => {
    const entry = gate.enter(address)
    return entry instanceof PeerError ? entry.message : entry
  }
  return { clock, gate, enter }
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
    const { clock, enter } = createGate({ startsPerSecond: 5, startsPerSecondPerPrefix: 2 })
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
    'exempts %s from bounds per network',
    (address) => {
      const { enter } = createGate({ acceptIntervalMs: 30_000 })
      for (let i = 0; i < 50; i++) expect(enter(address)).toBeTypeOf('object')
    },
  )

  it('remembers a bounded number of networks', () => {
    const { gate, enter, clock } = createGate({ acceptIntervalMs: 30_000, startsPerSecond: 1e9 })
    for (let i = 0; i <= 10_001; i++) {
      const entry = enter(`20.${i >> 8}.${i & 255}.1:1`)
      if (typeof entry === 'object') entry.leave()
      clock.advance(1)
    }
    expect(gate.remembered).toBe(20_000)
  })
})
