// Who is kept and who goes, rule by rule.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseEviction } from './eviction.ts'
import type { EvictionCandidate } from './eviction.ts'

const SALT = 7

function candidates(count: number, change: (index: number) => Partial<EvictionCandidate> = () => ({})) {
  return Array.from({ length: count }, (_, index): EvictionCandidate => ({
    id: `p${index}`,
    trusted: false,
    discouraged: false,
    group: `g${index % 5}`,
    minPingMs: 100,
    usefulAtMs: -1,
    connectedAtMs: index,
    scarceNetwork: false,
    ...change(index),
  }))
}

/** Ends peers one after another; gives the ids in the order they went. */
function drain(all: readonly EvictionCandidate[]): string[] {
  const gone: string[] = []
  for (let left = all; ; left = left.filter(({ id }) => !gone.includes(id))) {
    const id = chooseEviction(left, SALT)
    if (id === undefined) return gone
    gone.push(id)
  }
}

describe('chooseEviction', () => {
  it('refuses the newcomer when every peer is protected', () => {
    expect(chooseEviction(candidates(12), SALT)).toBeUndefined()
    expect(
      chooseEviction(
        candidates(100, () => ({ trusted: true })),
        SALT,
      ),
    ).toBeUndefined()
  })

  it('ends the youngest of the group with most members', () => {
    const crowd = candidates(60, (index) => (index >= 20 ? { group: 'crowd' } : {}))
    expect(chooseEviction(crowd, SALT)).toBe('p59')
  })

  it.each([
    ['the lowest pings', { minPingMs: 1 }],
    ['the latest useful items', { usefulAtMs: 1000 }],
  ])('keeps peers with %s, however young', (_, merit) => {
    const all = candidates(60, (index) => (index >= 52 ? { ...merit, group: 'crowd' } : {}))
    const gone = drain(all)
    for (let index = 52; index < 60; index++) expect(gone).not.toContain(`p${index}`)
  })

  it('ends one that misbehaved before all others, but not one that beats everybody in a merit', () => {
    const all = candidates(60, (index) => (index === 50 || index === 59 ? { discouraged: true } : {}))
    expect(drain(all).slice(0, 2).sort()).toEqual(['p50', 'p59'])
    const useful = all.map((candidate) => (candidate.id === 'p50' ? { ...candidate, usefulAtMs: 1000 } : candidate))
    expect(drain(useful)).not.toContain('p50')
  })

  it('keeps a share for scarce networks, though they are the youngest of the largest group', () => {
    const crowd = { group: 'crowd', minPingMs: 500 }
    const all = (scarceNetwork: boolean) =>
      candidates(40, (index) => (index >= 34 ? { ...crowd, scarceNetwork } : { group: `g${index}` }))
    expect(chooseEviction(all(false), SALT)).toBe('p39')
    expect(chooseEviction(all(true), SALT)).toMatch(/^p([12]\d|3[0-3])$/)
  })

  it('lets an attacker with one network and many connections displace none of the protected', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (count) => {
        const honest = candidates(28, (index) => ({ group: `honest${index}`, minPingMs: 5, usefulAtMs: 100 + index }))
        const attackers = candidates(count, (index) => ({
          id: `a${index}`,
          group: 'attacker',
          connectedAtMs: 1000 + index,
        }))
        const id = chooseEviction([...honest, ...attackers], SALT)
        expect(id === undefined || id.startsWith('a') || count < 4).toBe(true)
      }),
      { seed: 1 },
    )
  })
})
