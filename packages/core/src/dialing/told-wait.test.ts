// Whoever refuses may say when to come back: the dialer keeps to it, and stays away for good where it was told so.
import { describe, expect, it } from 'vitest'
import { done, removed, added, take, targetOf } from '../../test/dial-events.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import { readRefusal } from '../wire/refusal.ts'
import { explain, inspectState } from './explain.ts'
import { dialPolicy } from './policy.ts'
import { MAX_PAST } from './retry.ts'
import { createDialState, type DialEvent, type DialState } from './state.ts'
import { nextStepAtMs, step } from './step.ts'

const DAY_MS = 86_400_000
const candidate = (id: string): DialEvent => ({ type: 'candidate', target: targetOf(id) })
const wanted = (id: string): DialEvent => ({ type: 'persistent added', target: { ...targetOf(id), group: undefined } })

function refused(retry: string): PeerError {
  return readRefusal(4429, `throttled; ${retry}more than 200 at once`)!
}

function dials(state: DialState, event: DialEvent, nowMs: number): boolean {
  return step(state, event, nowMs).tasks.some(({ type }) => type === 'dial')
}

describe('a persistent peer that was refused', () => {
  it.each([
    [1, 1_000],
    [300, 300_000],
    [7_200, 7_200_000],
  ])('for %i s is dialed again no sooner, and soon after', (seconds, waitMs) => {
    for (let seed = 1; seed <= 20; seed++) {
      const start = createDialState(dialPolicy(), 'self', { seed })
      const { state } = take(start, [wanted('1'), done('1', refused(`retry=${seconds}; `))], 0)
      expect(nextStepAtMs(state, 0)).toBeGreaterThanOrEqual(waitMs)
      expect(nextStepAtMs(state, 0)).toBeLessThanOrEqual(waitMs * 1.2)
      expect(dials(state, { type: 'clock' }, waitMs - 1)).toBe(false)
      expect(dials(state, { type: 'clock' }, waitMs * 1.2)).toBe(true)
      expect(dials(state, { type: 'wake' }, waitMs - 1)).toBe(false)
    }
  })

  it('without a time waits as after any failure, and the network may be the cause', () => {
    const { state } = take(createDialState(dialPolicy(), 'self'), [wanted('1'), done('1', refused(''))], 0)
    expect(nextStepAtMs(state, 0)).toBeLessThanOrEqual(6_000)
    expect(dials(state, { type: 'wake' }, 1)).toBe(true)
  })

  it('for good is dialed again only when it is asked for again', () => {
    const { state } = take(createDialState(dialPolicy(), 'self'), [wanted('1'), done('1', refused('retry=0; '))], 0)
    expect(nextStepAtMs(state, 0)).toBeUndefined()
    for (const type of ['clock', 'wake'] as const) expect(dials(state, { type }, 100 * DAY_MS)).toBe(false)
    expect(dials(state, wanted('1'), 1)).toBe(true)
    const { sentence, ...explanation } = explain(state, targetOf('1'), undefined, 1)
    expect(explanation).toMatchObject({ state: 'refused', reason: 'told to stay away' })
    expect(explanation).not.toHaveProperty('nextAtMs')
    const told = 'last error: relay refused (throttled: more than 200 at once)'
    expect(sentence).toContain(`is persistent and refused: told to stay away; ${told}`)
    expect(JSON.stringify(inspectState(state, [], new Map(), undefined, 1).persistent)).toContain('"nextAtMs":null')
  })

  it('after a long life keeps to it, too', () => {
    const events = [wanted('1'), added('1', 'outbound'), done('1')]
    const { state } = take(createDialState(dialPolicy(), 'self'), events, 0)
    const next = step(state, removed('1', refused('retry=60; ')), DAY_MS).state
    expect(nextStepAtMs(next, DAY_MS)).toBeGreaterThanOrEqual(DAY_MS + 60_000)
  })

  it('says its words and when it is dialed', () => {
    const { state } = take(createDialState(dialPolicy(), 'self'), [wanted('1'), done('1', refused('retry=10; '))], 0)
    const { sentence } = explain(state, targetOf('1'), undefined, 0)
    expect(sentence).toMatch(
      /waiting: retry delay, next in 1[012] s; last error: relay refused \(throttled: more than 200 at once\)$/,
    )
  })
})

describe('a candidate that was refused', () => {
  it.each([
    ['for less than its history', 'retry=5; ', 35_000],
    ['for more', 'retry=600; ', 600_000],
    ['for more than a day', 'retry=999999999; ', DAY_MS],
    ['without a time', '', 35_000],
  ])('%s is dialed again no sooner than that and its history', (_, retry, waitMs) => {
    const { state } = take(createDialState(dialPolicy(), 'self'), [candidate('1'), done('1', refused(retry))], 0)
    expect(dials(state, candidate('1'), waitMs - 1)).toBe(false)
    expect(dials(state, candidate('1'), waitMs)).toBe(true)
  })

  it('for good is left alone, whoever offers it', () => {
    const { state } = take(createDialState(dialPolicy(), 'self'), [candidate('1'), done('1', refused('retry=0; '))], 0)
    const { tasks } = step(state, candidate('1'), 100 * DAY_MS)
    expect(tasks).toMatchObject([{ type: 'refuse', refusal: 'told to stay away' }])
    const { sentence } = explain(state, targetOf('1'), undefined, DAY_MS)
    expect(sentence).toContain('refused: told to stay away; last error: relay refused')
  })

  it('for good by as many as are remembered pushes out nobody who failed just now', () => {
    let state = createDialState(dialPolicy(), 'self')
    for (let i = 0; i <= MAX_PAST; i++) {
      const id = `a${i}`
      ;({ state } = take(state, [candidate(id), done(id, refused('retry=0; '))], i * 100))
    }
    expect(state.past.size).toBe(MAX_PAST)
    const laterMs = 2 * 3_600_000
    ;({ state } = take(state, [candidate('b'), done('b', refused(''))], laterMs))
    expect([state.past.size, state.past.has('b'), state.past.has('a0')]).toEqual([MAX_PAST, true, false])
  })
})

describe('a wait that is none', () => {
  it.each([undefined, null, 'x', {}, { retryAfterMs: NaN }, { retryAfterMs: -1 }, { retryAfterMs: '5' }])(
    'in the cause %j of somebody else is not believed',
    (cause) => {
      const error = new PeerError('relay refused', DiscReason.requested, 'x', { cause })
      const { state } = take(createDialState(dialPolicy(), 'self'), [wanted('1'), done('1', error)], 0)
      expect(nextStepAtMs(state, 0)).toBeLessThanOrEqual(6_000)
    },
  )
})
