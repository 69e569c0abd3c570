import { describe, expect, it } from 'vitest'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import { type DialPolicy, dialPolicy } from './policy.ts'
import { MAX_PAST } from './retry.ts'
import { createDialState, type DialEvent, type DialState, type DialTask, type Target } from './state.ts'
import { nextStepAtMs, step } from './step.ts'

const KEEP_8 = dialPolicy()
const FAILED = new PeerError('dial failed', DiscReason.networkError, 'refused')

function failure(reason: DiscReason): PeerError {
  return new PeerError('remote disconnect reason', reason, 'said so')
}

function targetOf(id: string): Target {
  return { id, endpoint: { scheme: 'tcp', host: id, port: 30_303 }, group: `group of ${id}` }
}

const candidate = (id: string, change: Partial<Target> = {}): DialEvent => ({
  type: 'candidate',
  target: { ...targetOf(id), ...change },
})
const candidates = (...ids: string[]): DialEvent[] => ids.map((id) => candidate(id))
const wanted = (id: string): DialEvent => ({ type: 'persistent added', target: { ...targetOf(id), group: undefined } })
const unwanted = (id: string): DialEvent => ({ type: 'persistent removed', id })
const dialed = (id: string): DialEvent[] => [added(id), { type: 'dial done', id }]
const failed = (id: string, error: PeerError = FAILED): DialEvent => ({ type: 'dial done', id, error })
const removed = (id: string, error?: PeerError): DialEvent => ({ type: 'peer removed', id, error })

function added(id: string): DialEvent {
  return { type: 'peer added', id, direction: 'outbound', group: `group of ${id}` }
}

function idsOf(tasks: readonly DialTask[], type: DialTask['type']): string[] {
  return tasks.filter((task) => task.type === type).map((task) => ('target' in task ? task.target.id : task.id))
}

function refusalsOf(tasks: readonly DialTask[]): string[] {
  return tasks.flatMap((task) => (task.type === 'refuse' ? [`${task.target.id}: ${task.refusal}`] : []))
}

function take(state: DialState, events: readonly DialEvent[], nowMs: number): { state: DialState; tasks: DialTask[] } {
  const tasks: DialTask[] = []
  let after = state
  for (const event of events) {
    const next = step(after, event, nowMs)
    after = next.state
    tasks.push(...next.tasks)
  }
  return { state: after, tasks }
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

  it('tries again at once when a node is removed and added while its cancelled dial ends', () => {
    let { state, tasks } = take(createDialState(KEEP_8, 'self'), [wanted('1'), unwanted('1'), wanted('1')], 0)
    expect(tasks.map((task) => task.type)).toEqual(['dial', 'cancel'])
    ;({ state, tasks } = take(state, [failed('1')], 10))
    expect(idsOf(tasks, 'dial')).toEqual(['1'])
  })

  it('takes a peer that becomes persistent out of the 8 and of its group', () => {
    const { state } = take(createDialState(KEEP_8, 'self'), [...candidates('1'), ...dialed('1'), wanted('1')], 0)
    expect(idsOf(step(state, candidate('2', { group: 'group of 1' }), 0).tasks, 'dial')).toEqual(['2'])
    const { state: back } = step(state, unwanted('1'), 0)
    expect(back.peers.get('1')).toMatchObject({ persistent: false })
  })
})
