// Peers that dialed us, of whom there may be thousands.
import { describe, expect, it } from 'vitest'
import { numberOf, removed } from '../../test/dial-events.ts'
import { toHex } from '../base/bytes.ts'
import { seededRandom } from '../base/random.ts'
import { dialPolicy } from './policy.ts'
import { createDialState, type DialState, peerOf } from './state.ts'
import { step } from './step.ts'

const random = seededRandom(5)
const ids = Array.from({ length: 2000 }, () => toHex(random.bytes(32)))

const added = (state: DialState, id: string, direction: 'inbound' | 'outbound' = 'inbound'): DialState =>
  step(state, { type: 'peer added', number: numberOf(id), id, direction }, 0).state
const partsOf = ({ guests }: DialState): readonly unknown[] =>
  [...guests.values()].flatMap((some) => [...some.values()])

describe('peers that dialed us', () => {
  it('are cut so small that one more copies a few of thousands', () => {
    const before = ids.reduce((state, id) => added(state, id), createDialState(dialPolicy(), 'self'))
    const after = added(before, 'one more')
    const kept = new Set(partsOf(before))
    const changed = [...after.guests.values()]
      .flatMap((some) => [...some.values()])
      .filter((few) => !kept.has(few))
      .reduce((sum, { size }) => sum + size, 0)
    expect(changed).toBeLessThanOrEqual(32)
    expect(ids.every((id) => peerOf(after, id))).toBe(true)
    expect(peerOf(before, 'one more')).toBe(undefined)
  })

  it('are found until they leave, also when the same key comes again by our own dial', () => {
    let state = added(createDialState(dialPolicy(), 'self'), 'ab')
    state = added(state, 'ab', 'outbound')
    expect([peerOf(state, 'ab')?.direction, ...partsOf(state)]).toEqual(['outbound', new Map()])
    state = added(state, 'ab')
    expect([peerOf(state, 'ab')?.direction, state.peers.size]).toEqual(['inbound', 0])
    state = step(state, removed('ab'), 0).state
    expect(peerOf(state, 'ab')).toBe(undefined)
  })
})
