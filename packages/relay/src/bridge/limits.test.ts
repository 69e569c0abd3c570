// The bounds of the bridge, each with one past it.
import { describe, expect, it } from 'vitest'
import { createManualClock } from '@peerwire/core/testing'
import { BridgeGate, DEFAULT_BRIDGE_LIMITS } from './limits.ts'

const LIMITS = {
  ...DEFAULT_BRIDGE_LIMITS,
  links: 5,
  linksPerTarget: 3,
  linksPerPrefix: 2,
  openBurst: 4,
  openIntervalMs: 1000,
}

function createGate() {
  const clock = createManualClock()
  return { clock, gate: new BridgeGate(LIMITS, clock) }
}

describe('the gate of the bridge', () => {
  it('gives a network its places and no more, until one is free again', () => {
    const { gate } = createGate()
    const first = gate.enter('a', '203.0.113.1:1')
    gate.enter('b', '203.0.113.2:1')
    expect(gate.enter('c', '203.0.113.3:1').denial).toBe('your network has 2 links already')
    expect(gate.enter('c', '198.51.100.1:1').denial).toBeUndefined()
    first.leave()
    first.leave()
    expect(gate.links).toBe(2)
    expect(gate.enter('c', '203.0.113.3:1').denial).toBeUndefined()
  })

  it('bounds links to one target and in all, also for this machine, which no prefix limit holds', () => {
    const { gate } = createGate()
    for (let i = 0; i < 3; i++) expect(gate.enter('a', '127.0.0.1:1').denial).toBeUndefined()
    expect(gate.enter('a', '127.0.0.1:1').denial).toBe('a has 3 links already')
    gate.enter('b', '127.0.0.1:1')
    gate.enter('b', '127.0.0.1:1')
    expect(gate.enter('c', '127.0.0.1:1').denial).toBe('the bridge carries 5 links already')
  })

  it('slows down a network that opens too fast, and nobody else', () => {
    const { gate, clock } = createGate()
    const tooFast = () => gate.isTooFast('203.0.113.1:1')
    expect([tooFast(), tooFast(), tooFast(), tooFast(), tooFast()]).toEqual([false, false, false, false, true])
    expect(gate.isTooFast('198.51.100.1:1')).toBe(false)
    expect(gate.isTooFast('127.0.0.1:1')).toBe(false)
    clock.advance(1000)
    expect([tooFast(), tooFast()]).toEqual([false, true])
  })

  it('remembers no more networks than its bound', () => {
    const { gate } = createGate()
    for (let i = 0; i < 4; i++) gate.isTooFast('203.0.113.1:1')
    expect(gate.isTooFast('203.0.113.1:1')).toBe(true)
    for (let i = 0; i < 4096; i++) gate.isTooFast(`2001:db8:${(i >> 8).toString(16)}:${(i & 255).toString(16)}::1`)
    expect(gate.isTooFast('203.0.113.1:1')).toBe(false)
  })
})
