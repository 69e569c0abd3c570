import { describe, expect, it } from 'vitest'
import { type DialPolicyOptions, dialPolicy } from './policy.ts'

describe('dialPolicy', () => {
  it('keeps 8 outbound peers, one per group, unless told otherwise', () => {
    expect(dialPolicy()).toMatchObject({
      preset: 'keep-8',
      outbound: 8,
      onePerGroup: true,
      retryMaxMs: 300_000,
      historyMs: 35_000,
    })
    expect(dialPolicy({ outbound: 3, retryMaxMs: 30_000 })).toMatchObject({ outbound: 3, retryMaxMs: 30_000 })
    expect(dialPolicy({ maxPeers: 5 }).outbound).toBe(5)
    expect(dialPolicy({ outbound: 0 }).outbound).toBe(0)
  })

  it.each<[DialPolicyOptions, number]>([
    [{}, 16],
    [{ maxPeers: 50 }, 16],
    [{ maxPeers: 2 }, 1],
    [{ maxPeers: 0 }, 0],
    [{ maxPeers: 50, dialRatio: 2 }, 25],
    [{ maxPeers: 50, dialRatio: 0 }, 0],
  ])('dials the share of its peers that go-ethereum does: %j', (options, outbound) => {
    expect(dialPolicy({ preset: 'ethereum', ...options })).toMatchObject({
      outbound,
      onePerGroup: false,
      retryMaxMs: undefined,
    })
  })

  it.each<DialPolicyOptions>([
    { dialRatio: 3 },
    { preset: 'ethereum', outbound: 8 },
    { preset: 'ethereum', retryMaxMs: 30_000 },
    { outbound: 9, maxPeers: 8 },
    { preset: 'keep-9' as 'keep-8' },
  ])('refuses what contradicts itself: %j', (options) => {
    expect(() => dialPolicy(options)).toThrow(TypeError)
  })

  it.each<DialPolicyOptions>([
    { outbound: -1 },
    { outbound: 1.5 },
    { maxActive: 0 },
    { maxPeers: NaN },
    { retryMaxMs: 0 },
    { preset: 'ethereum', dialRatio: -3 },
  ])('refuses numbers that count nothing: %j', (options) => {
    expect(() => dialPolicy(options)).toThrow(TypeError)
  })
})
