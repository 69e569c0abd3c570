import { describe, expect, it } from 'vitest'
import { added, dialed, done, KEY, removed, take, targetOf } from '../../test/dial-events.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import type { Endpoint } from '../wire/address.ts'
import { type DialPolicy, dialPolicy } from './policy.ts'
import { MAX_PAST } from './retry.ts'
import { createDialState, type DialEvent, type DialTask, peerOf, type Target } from './state.ts'
import { nextStepAtMs, step } from './step.ts'

const KEEP_8 = dialPolicy()
const FAILED = new PeerError('dial failed', DiscReason.networkError, 'refused')

const elsewhere: Endpoint = { scheme: 'tcp', host: 'elsewhere', port: 30_303 }

function failure(reason: DiscReason): PeerError {
  return new PeerError('remote disconnect reason', reason, 'said so')
}

const candidate = (id: string, change: Partial<Target> = {}): DialEvent => ({
  type: 'candidate',
  target: { ...targetOf(id), ...change },
})
const candidates = (...ids: string[]): DialEvent[] => ids.map((id) => candidate(id))
const wanted = (id: string): DialEvent => ({ type: 'persistent added', target: { ...targetOf(id), group: undefined } })
const unwanted = (id: string): DialEvent => ({ type: 'persistent removed', id })
const failed = (id: string, error: PeerError = FAILED): DialEvent => done(id, error)

function idsOf(tasks: readonly DialTask[], type: DialTask['type']): string[] {
  return tasks.filter((task) => task.type === type).map(({ target }) => target.id)
}

function refusalsOf(tasks: readonly DialTask[]): string[] {
  return tasks.flatMap((task) => (task.type === 'refuse' ? [`${task.target.id}: ${task.refusal}`] : []))
}

describe('backing off from candidates', () => {
  it.each<[string, PeerError, number]>([
    ['refused', FAILED, 35_000],
    ['too many peers', failure(DiscReason.tooManyPeers), 35_000],
    ['breach of protocol', failure(DiscReason.breachOfProtocol), 180_000],
    ['useless peer', failure(DiscReason.uselessPeer), 900_000],
    ['incompatible version', failure(DiscReason.incompatibleVersion), 900_000],
    ['another key', failure(DiscReason.unexpectedIdentity), 3_600_000],
    ['ourselves', failure(DiscReason.self), 3_600_000],
  ])('backs off after %s', (_, error, waitMs) => {
    const { state } = take(createDialState(KEEP_8, 'self'), [candidate('1'), failed('1', error)], 0)
    expect(refusalsOf(step(state, candidate('1'), waitMs - 1).tasks)).toEqual(['1: backing off'])
    expect(idsOf(step(state, candidate('1'), waitMs).tasks, 'dial')).toEqual(['1'])
  })

  it('backs off longer with each failure in a row, up to an hour, and forgets after success', () => {
    let state = createDialState(KEEP_8, 'self')
    let nowMs = 0
    const waits: number[] = []
    for (let i = 0; i < 130; i++) {
      ;({ state } = take(state, [candidate('1'), failed('1')], nowMs))
      const until = state.past.get('1')!.nextAtMs
      waits.push(until - nowMs)
      nowMs = until
    }
    expect(waits.slice(0, 3)).toEqual([35_000, 70_000, 105_000])
    expect(Math.max(...waits)).toBe(3_600_000)
    ;({ state } = take(state, [candidate('1'), ...dialed('1')], nowMs))
    ;({ state } = take(state, [removed('1')], nowMs + 40_000))
    expect(idsOf(step(state, candidate('1'), nowMs + 40_000).tasks, 'dial')).toEqual(['1'])
  })

  it('remembers a bounded number of nodes', () => {
    let state = createDialState(KEEP_8, 'self')
    for (let n = 0; n <= MAX_PAST; n++) ({ state } = take(state, [candidate(`n${n}`), failed(`n${n}`)], n * 1_000))
    expect(state.past.size).toBe(MAX_PAST)
    expect(state.past.has('n0')).toBe(false)
    expect(state.past.has(`n${MAX_PAST}`)).toBe(true)
  })
})

describe('retrying persistent peers', () => {
  function waitsOf(policy: DialPolicy, times: number): number[] {
    let { state } = take(createDialState(policy, 'self'), [wanted('1')], 0)
    let nowMs = 0
    return Array.from({ length: times }, () => {
      ;({ state } = take(state, [failed('1')], nowMs))
      const atMs = nextStepAtMs(state, nowMs)!
      const waitMs = atMs - nowMs
      nowMs = atMs
      const { state: next, tasks } = step(state, { type: 'clock' }, nowMs)
      expect(idsOf(tasks, 'dial')).toEqual(['1'])
      state = next
      return waitMs
    })
  }

  it('waits n times 5 s, give or take a fifth, and never over 300 s', () => {
    const waits = waitsOf(KEEP_8, 100)
    for (const [i, waitMs] of waits.entries()) {
      const plainMs = Math.min((i + 1) * 5_000, 300_000)
      expect(waitMs).toBeGreaterThanOrEqual(0.8 * plainMs)
      expect(waitMs).toBeLessThanOrEqual(Math.min(1.2 * plainMs, 300_000))
    }
    expect(new Set(waits.slice(60)).size).toBeGreaterThan(30)
  })

  it('waits at most 30 s in a page', () => {
    const waits = waitsOf(dialPolicy({ retryMaxMs: 30_000 }), 20)
    expect(Math.max(...waits)).toBeLessThanOrEqual(30_000)
    expect(waits.at(-1)).toBeGreaterThanOrEqual(24_000)
  })

  it('starts anew after a connection that lasted, goes on after one that did not', () => {
    const nth = (livedMs: number): number => {
      let { state } = take(createDialState(KEEP_8, 'self'), [wanted('1'), failed('1')], 0)
      ;({ state } = take(state, [{ type: 'clock' }, failed('1')], 10_000))
      ;({ state } = take(state, [{ type: 'clock' }, ...dialed('1')], 30_000))
      ;({ state } = take(state, [removed('1', FAILED)], 30_000 + livedMs))
      return state.persistent.get('1')!.fails
    }
    expect(nth(5_000)).toBe(1)
    expect(nth(4_999)).toBe(3)
  })

  it('dials at once when the network is back, and forgets what failed meanwhile', () => {
    const before = [
      wanted('1'),
      ...candidates('2', '3'),
      failed('1'),
      failed('2'),
      failed('3', failure(DiscReason.uselessPeer)),
    ]
    let { state } = take(createDialState(KEEP_8, 'self'), before, 0)
    for (const nowMs of [100_000, 200_000])
      ({ state } = take(state, [{ type: 'clock' }, failed('1'), candidate('2'), failed('2')], nowMs))
    const back = take(state, [{ type: 'wake' }], 205_000)
    expect(idsOf(back.tasks, 'dial')).toEqual(['1'])
    expect(back.state.persistent.get('1')!.fails).toBe(0)
    const offered = take(back.state, candidates('2', '3'), 235_000)
    expect(idsOf(offered.tasks, 'dial')).toEqual(['2'])
    expect(refusalsOf(offered.tasks)).toEqual(['3: backing off'])
  })

  it('dials at once when a node is removed and added again, and the end of the cancelled dial changes nothing', () => {
    const { state, tasks } = take(createDialState(KEEP_8, 'self'), [wanted('1'), unwanted('1'), wanted('1')], 0)
    expect(tasks).toMatchObject([
      { type: 'dial', dial: 1 },
      { type: 'cancel', dial: 1 },
      { type: 'dial', dial: 2 },
    ])
    expect(step(state, { type: 'dial done', dial: 1, id: '1', error: FAILED }, 10)).toMatchObject({ state, tasks: [] })
  })

  it('dials another place at once, whether it waits or is dialed at the old one, and begins to count anew', () => {
    const moved: DialEvent = { type: 'persistent added', target: { id: '1', publicKey: KEY, endpoint: elsewhere } }
    const first = take(createDialState(KEEP_8, 'self'), [wanted('1'), failed('1')], 0)
    const waiting = take(first.state, [wanted('1')], 10)
    expect(waiting.tasks).toEqual([])
    const corrected = take(waiting.state, [moved], 20)
    expect(corrected.tasks).toMatchObject([{ type: 'dial', dial: 2, target: { endpoint: elsewhere } }])
    expect(corrected.state.persistent.get('1')).toMatchObject({ fails: 0, lastError: FAILED })
    const back = take(corrected.state, [wanted('1'), wanted('1')], 30)
    expect(back.tasks).toMatchObject([
      { type: 'cancel', dial: 2 },
      { type: 'dial', dial: 3, target: { endpoint: { host: '1' } } },
    ])
    expect(take(back.state, [{ type: 'dial done', dial: 2, id: '1', error: FAILED }], 40).state).toEqual(back.state)
  })

  it('waits after a dial that succeeded and added nobody, as after one that failed', () => {
    const { state, tasks } = take(createDialState(KEEP_8, 'self'), [wanted('1'), done('1')], 0)
    expect(idsOf(tasks, 'dial')).toEqual(['1'])
    expect(nextStepAtMs(state, 0)).toBeGreaterThanOrEqual(4_000)
    const near = (): DialEvent => candidate('2', { group: undefined })
    const local = take(state, [near(), done('2'), near()], 0)
    expect(refusalsOf(local.tasks)).toEqual(['2: backing off'])
    // A peer that came and went before its dial was said to be done has been counted already.
    const quick = take(createDialState(KEEP_8, 'self'), [wanted('3'), added('3'), removed('3', FAILED), done('3')], 0)
    expect(quick.state.persistent.get('3')).toMatchObject({ fails: 1, lastError: FAILED })
  })

  it('is not taken in by the end of an older connection of the same key', () => {
    const newer = { number: 7, id: '1', direction: 'inbound' } as const
    const { state } = take(createDialState(KEEP_8, 'self'), [added('1'), { type: 'peer added', ...newer }], 0)
    expect(take(state, [removed('1', FAILED)], 10).state).toEqual(state)
    expect(peerOf(take(state, [{ type: 'peer removed', ...newer }], 10).state, '1')).toBe(undefined)
  })

  it('takes a peer that becomes persistent out of the 8 and of its group', () => {
    const { state } = take(createDialState(KEEP_8, 'self'), [...candidates('1'), ...dialed('1'), wanted('1')], 0)
    expect(idsOf(step(state, candidate('2', { group: 'group of 1' }), 0).tasks, 'dial')).toEqual(['2'])
    const { state: back } = step(state, unwanted('1'), 0)
    expect(back.peers.get('1')).toMatchObject({ persistent: false })
  })
})
