import { describe, expect, it } from 'vitest'
import { explainAll } from './explain-all.ts'
import type { DialerInfo } from './explain.ts'

const IDLE: DialerInfo = {
  preset: 'keep-8',
  outbound: { now: 0, target: 8 },
  freeSlots: 8,
  dialing: [],
  connected: [],
  pendingInbound: [],
  persistent: [],
  recent: [],
  waiting: [],
  sources: [],
  refused: {},
  nextAtMs: null,
}

describe('a node without peers', () => {
  it('says when there is nobody to dial', () => {
    expect(explainAll(IDLE, [], 0)).toEqual({
      state: 'waiting',
      refused: {},
      failures: {},
      sentence: '0 peers, 0 of 8 outbound; nobody to dial: no candidate source and no persistent peer',
    })
  })

  it('counts who was not dialed and what failed, the most frequent first', () => {
    const info: DialerInfo = {
      ...IDLE,
      sources: [{ name: 'discovery', state: 'reading', taken: 40, wasted: 30 }],
      refused: { self: 1, 'dialed recently': 20, 'group in use': 9 },
      nextAtMs: 12_500,
    }
    const failures = [
      { code: 'dial failed', reason: 'network error', count: 3 },
      { code: 'remote disconnect reason', reason: 'too many peers', count: 5 },
      { code: 'remote disconnect reason', reason: 'too many peers', count: 2 },
    ]
    const { sentence, ...counts } = explainAll(info, failures, 500)
    expect(sentence).toBe(
      '0 peers, 0 of 8 outbound; candidates from discovery (reading, gave 40); not dialed: 20 dialed recently, ' +
        '9 group in use, 1 self; failed: 7 remote disconnect reason (too many peers), 3 dial failed (network error); ' +
        'next look in 12 s',
    )
    expect(counts.failures).toEqual({
      'remote disconnect reason (too many peers)': 7,
      'dial failed (network error)': 3,
    })
  })
})
