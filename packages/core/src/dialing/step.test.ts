import { describe, expect, it } from 'vitest'
import { added, dialed, done, KEY, pending, removed, settled, take, targetOf } from '../../test/dial-events.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import type { Endpoint } from '../wire/address.ts'
import { MAX_WAITING } from './absorb.ts'
import { type DialPolicy, dialPolicy } from './policy.ts'
import { createDialState, type DialEvent, type DialTask, type Target } from './state.ts'
import { nextStepAtMs, step } from './step.ts'
import { SLOW_MS, wantsCandidate } from './slots.ts'

/** Each round is so much later than the one before, as in go-ethereum's scenarios. */
const ROUND_MS = 16_000

interface Round {
  readonly events?: readonly DialEvent[]
  /** Ids of exactly the dials this round gives, in any order; their number is enough where chance chooses. */
  readonly dials?: readonly string[] | number
  readonly refused?: readonly string[]
  readonly cancelled?: readonly string[]
}

/** An ethereum policy with room for `outbound` peers. */
function ethereum(outbound: number, maxActive: number, restrict?: DialPolicy['restrict']): DialPolicy {
  return dialPolicy({ preset: 'ethereum', maxPeers: 3 * outbound, maxActive, restrict })
}

const KEEP_8 = dialPolicy()
const FAILED = new PeerError('dial failed', DiscReason.networkError, 'refused')

function placeOf(id: string): Endpoint {
  return { scheme: 'tcp', host: id, port: 30_303 }
}

const candidate = (id: string, more?: Partial<Target>): DialEvent => ({ type: 'candidate', target: targetOf(id, more) })
const candidates = (...ids: string[]): DialEvent[] => ids.map((id) => candidate(id))
const wanted = (id: string): DialEvent => ({ type: 'persistent added', target: targetOf(id, { group: undefined }) })
const unwanted = (id: string): DialEvent => ({ type: 'persistent removed', id })
const failed = (id: string, error: PeerError = FAILED): DialEvent => done(id, error)

function idsOf(tasks: readonly DialTask[], type: DialTask['type']): string[] {
  return tasks
    .filter((task) => task.type === type)
    .map(({ target }) => target.id)
    .sort()
}

function refusalsOf(tasks: readonly DialTask[]): string[] {
  return tasks.flatMap((task) => (task.type === 'refuse' ? [`${task.target.id}: ${task.refusal}`] : [])).sort()
}

interface Played {
  readonly dials: readonly string[] | number
  readonly refused: readonly string[]
  readonly cancelled: readonly string[]
}

/** What each round gave; dials as a number where the round asks for one. */
function play(policy: DialPolicy, rounds: readonly Round[]): Played[] {
  let state = createDialState(policy, 'self')
  return rounds.map(({ events = [], dials }, i) => {
    const next = take(state, [{ type: 'clock' }, ...events], i * ROUND_MS)
    state = next.state
    const got = idsOf(next.tasks, 'dial')
    return {
      dials: typeof dials === 'number' ? got.length : got,
      refused: refusalsOf(next.tasks),
      cancelled: idsOf(next.tasks, 'cancel'),
    }
  })
}

function expectedOf(rounds: readonly Round[]): Played[] {
  return rounds.map(({ dials = [], refused = [], cancelled = [] }) => ({
    dials: typeof dials === 'number' ? dials : [...dials].sort(),
    refused: [...refused].sort(),
    cancelled: [...cancelled].sort(),
  }))
}

describe('step, in rounds of go-ethereum', () => {
  it('dials candidates while there are slots for them, two for each missing peer', () => {
    const rounds: readonly Round[] = [
      {
        events: [wanted('0'), ...dialed('0'), added('1'), added('2'), ...candidates('0', '2', '3', '4', '5')],
        dials: ['0', '3', '4'],
        refused: ['0: already connected', '2: already connected'],
      },
      { events: [failed('4')], dials: ['5'] },
      // The fourth peer: what still runs may finish, what is offered waits.
      { events: [...dialed('3'), ...candidates('6', '7', '8')] },
      { events: [failed('5')] },
      // A peer leaves: there is one slot, so two dials.
      { events: [removed('1')], dials: ['6', '7'] },
      { events: [...dialed('6'), failed('7')] },
      { events: [removed('2'), removed('3')], dials: ['8'] },
      { events: candidates('9', 'a', 'b', 'c'), dials: ['9', 'a', 'b'] },
    ]
    expect(play(ethereum(4, 5), rounds)).toEqual(expectedOf(rounds))
  })

  it('dials nothing outside the net restriction, persistent nodes neither', () => {
    const inside = (host: string, id: string): DialEvent =>
      candidate(id, { endpoint: { scheme: 'tcp', host, port: 30_303 } })
    const rounds: readonly Round[] = [
      {
        events: [inside('127.0.0.1', '1'), inside('127.0.0.2', '2'), inside('127.0.2.5', '5'), wanted('9')],
        dials: ['5'],
        refused: ['1: outside net restriction', '2: outside net restriction'],
      },
      {},
      {},
      {},
    ]
    expect(
      play(
        ethereum(10, 10, ({ host }) => host.startsWith('127.0.2.')),
        rounds,
      ),
    ).toEqual(expectedOf(rounds))
  })

  it('dials persistent nodes, and again when the history of the latest dial ends', () => {
    const rounds: readonly Round[] = [
      { events: [added('1'), wanted('1'), wanted('3'), wanted('4'), wanted('5')], dials: 3 },
      { events: [...dialed('3'), failed('4'), failed('5')] },
      {},
      // 48 s: the history of the dials at 0 s is over.
      { dials: ['4', '5'] },
      { events: [...dialed('4'), ...dialed('5')] },
      // A full house: no slot for those that come back to be dialed.
      { events: [added('6'), removed('4')] },
      { events: [removed('6')], dials: ['4'] },
      // Lost long after it was dialed: dialed again at once.
      { events: [...dialed('4')] },
      {},
      { events: [removed('4')], dials: ['4'] },
    ]
    expect(play(ethereum(4, 5), rounds)).toEqual(expectedOf(rounds))
  })

  it('forgets a persistent node that is removed, and cancels its dial', () => {
    const rounds: readonly Round[] = [
      { events: [wanted('1'), wanted('2'), wanted('3')], dials: 1 },
      { events: [unwanted('2'), unwanted('3'), unwanted('1')], cancelled: ['1'] },
      { events: [failed('1')] },
      {},
      {},
      {},
    ]
    expect(play(ethereum(1, 1), rounds)).toEqual(expectedOf(rounds))
  })

  it('has many persistent nodes tried, each once, never more than there is room for', { timeout: 30_000 }, () => {
    const ids = Array.from({ length: 2_000 }, (_, n) => `n${n}`)
    let { state, tasks } = take(createDialState(ethereum(1_000, 50), 'self'), ids.map(wanted), 0)
    const tried = idsOf(tasks, 'dial')
    expect(tried).toHaveLength(50)
    while (state.dialing.size > 0) {
      const ended = [...state.dialing.keys()].map((id) => failed(id))
      ;({ state, tasks } = take(state, ended, 1))
      tried.push(...idsOf(tasks, 'dial'))
      expect(state.dialing.size).toBeLessThanOrEqual(50)
    }
    expect(tried).toHaveLength(2_000)
    expect(new Set(tried).size).toBe(2_000)
    expect(tried).not.toEqual(ids)
  })

  it('does not dial a node that is about to connect to us', () => {
    const rounds: readonly Round[] = [
      {
        events: [pending('1', 1), pending('2'), candidate('1'), wanted('2')],
        refused: ['1: pending inbound'],
      },
      { events: [settled('2')], dials: ['2'] },
      {
        events: [pending('1', 2), settled('1', 1), candidate('1')],
        refused: ['1: pending inbound'],
      },
      { events: [settled('1', 1), settled('1', 2), candidate('1')], dials: ['1'] },
    ]
    expect(play(ethereum(4, 5), rounds)).toEqual(expectedOf(rounds))
  })

  it('does not dial a node twice within 35 s, whether the dial led to a peer or not', () => {
    const rounds: readonly Round[] = [
      { events: candidates('1', '2', '3'), dials: ['1', '2', '3'] },
      { events: [...dialed('1'), ...dialed('2'), failed('3')] },
      // 32 s
      { events: [removed('1'), ...candidates('1', '3')], refused: ['1: dialed recently', '3: backing off'] },
      // 48 s: 1 is free again; 3 failed at 16 s, so it is until 51 s that it is left alone.
      { events: candidates('1', '3'), dials: ['1'], refused: ['3: backing off'] },
      { events: candidates('3'), dials: ['3'] },
    ]
    expect(play(ethereum(4, 5), rounds)).toEqual(expectedOf(rounds))
  })

  it('resolves a persistent node without a place, and one that fails, ever more seldom', () => {
    const nowhere: DialEvent = { type: 'persistent added', target: { id: '1', publicKey: KEY } }
    let { state, tasks } = take(createDialState(KEEP_8, 'self', { resolves: true }), [nowhere], 0)
    const asked: number[] = []
    for (let nowMs = 0; nowMs <= 5 * 3_600_000; nowMs = nextStepAtMs(state, nowMs)!) {
      ;({ state, tasks } = nowMs === 0 ? { state, tasks } : take(state, [{ type: 'clock' }], nowMs))
      if (idsOf(tasks, 'resolve').length > 0) asked.push(nowMs / 60_000)
    }
    expect(asked).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243])
    const found: DialEvent = { type: 'resolved', id: '1', endpoint: placeOf('here') }
    ;({ state, tasks } = take(state, [found], 20_000_000))
    expect(idsOf(tasks, 'dial')).toEqual(['1'])
    // The wait is short again, and a failed dial asks after it.
    ;({ state, tasks } = take(state, [failed('1')], 20_050_000))
    expect(idsOf(tasks, 'resolve')).toEqual([])
    ;({ state, tasks } = take(state, [{ type: 'clock' }], 20_060_000))
    expect(idsOf(tasks, 'resolve')).toEqual(['1'])
    expect(idsOf(tasks, 'dial')).toEqual(['1'])
    // Somewhere else: dialed at once; in the same place: it is not.
    ;({ state, tasks } = take(state, [failed('1'), { ...found, endpoint: placeOf('there') }], 20_061_000))
    expect(tasks).toMatchObject([{ type: 'dial', target: { endpoint: { host: 'there' } } }])
    ;({ state, tasks } = take(state, [failed('1'), { ...found, endpoint: placeOf('there') }], 20_062_000))
    expect(tasks).toEqual([])
  })
})

describe('step, refusing', () => {
  const rounds: readonly [string, readonly DialEvent[], DialEvent, string][] = [
    ['ourselves', [], candidate('self'), 'self'],
    ['a node without a port', [], candidate('1', { endpoint: { scheme: 'tcp', host: '1', port: 0 } }), 'no port'],
    ['a node that is being dialed', candidates('1'), candidate('1'), 'already dialing'],
    ['a peer', [added('1', 'inbound')], candidate('1'), 'already connected'],
    ['a node that is connecting', [pending('1')], candidate('1'), 'pending inbound'],
    ['a node just dialed', [...candidates('1'), ...dialed('1'), removed('1', FAILED)], candidate('1'), 'backing off'],
    [
      'a group with a peer',
      [...candidates('1'), ...dialed('1')],
      candidate('2', { group: 'group of 1' }),
      'group in use',
    ],
    ['a group being dialed', candidates('1'), candidate('2', { group: 'group of 1' }), 'group in use'],
    ['a node in its retry delay', [wanted('1'), failed('1')], candidate('1'), 'persistent'],
  ]
  it.each(rounds)('%s', (_, before, event, refusal) => {
    const { state } = take(createDialState(KEEP_8, 'self'), before, 0)
    expect(refusalsOf(step(state, event, 0).tasks)).toEqual([expect.stringContaining(`: ${refusal}`)])
    expect(idsOf(step(state, event, 0).tasks, 'dial')).toEqual([])
  })

  it('a candidate that waits, and more candidates than may wait', () => {
    const full = Array.from({ length: 8 }, (_, n) => added(`peer${n}`))
    const queue = Array.from({ length: MAX_WAITING }, (_, n) => candidate(`n${n}`))
    const { state, tasks } = take(createDialState(KEEP_8, 'self'), [...full, ...queue], 0)
    expect(tasks).toEqual([])
    expect(refusalsOf(step(state, candidate('n3'), 0).tasks)).toEqual(['n3: already waiting'])
    expect(refusalsOf(step(state, candidate('one past'), 0).tasks)).toEqual(['one past: too many waiting'])
  })
})

describe('step, keeping 8', () => {
  it('dials one candidate for each missing peer, and one more beside each that takes longer than 3 s', () => {
    const ids = Array.from({ length: 20 }, (_, n) => `n${n}`)
    const first = take(createDialState(KEEP_8, 'self'), candidates(...ids), 0)
    expect(idsOf(first.tasks, 'dial')).toHaveLength(8)
    expect(nextStepAtMs(first.state, 0)).toBe(SLOW_MS)
    expect(take(first.state, [{ type: 'clock' }], SLOW_MS - 1).tasks).toEqual([])
    const slow = take(first.state, [{ type: 'clock' }], SLOW_MS)
    expect(idsOf(slow.tasks, 'dial')).toHaveLength(8)
    expect(take(slow.state, [{ type: 'clock' }], 2 * SLOW_MS).tasks).toEqual([])
  })

  it('cancels dials that are not needed any more, so that there are never more than 8', () => {
    const ids = Array.from({ length: 16 }, (_, n) => `n${n.toString(16)}`)
    const rounds: readonly Round[] = [
      { events: candidates(...ids, 'late'), dials: ids.slice(0, 8) },
      // The first eight are slow.
      { dials: ids.slice(8) },
      { events: ids.slice(0, 7).flatMap(dialed) },
      { events: dialed(ids[7]!), cancelled: ids.slice(8) },
      { events: ids.slice(8).map((id) => failed(id)) },
      // The waiting one is next when a peer goes; those that were cancelled are not to blame, only their history holds.
      { events: [removed('n0')], dials: ['late'] },
      { events: candidates('n9'), dials: ['n9'] },
    ]
    expect(play(KEEP_8, rounds)).toEqual(expectedOf(rounds))
  })

  it('begins no dial of a stranger without a free place, and dials persistent nodes all the same', () => {
    let free = 2
    const state = createDialState(KEEP_8, 'self', { free: () => free })
    const first = take(state, candidates('1'), 0)
    expect(idsOf(first.tasks, 'dial')).toEqual(['1'])
    free = 0
    const full = take(first.state, [...candidates('2', '3'), wanted('4')], 1)
    expect(idsOf(full.tasks, 'dial')).toEqual(['4'])
    expect(wantsCandidate(full.state, 1)).toBe(false)
    free = 1
    expect(idsOf(step(full.state, { type: 'clock' }, 2).tasks, 'dial')).toEqual(['2'])
  })

  it('dials persistent nodes on top of the 8, whatever their group', () => {
    const full = Array.from({ length: 8 }, (_, n) => added(`peer${n}`))
    const rounds: readonly Round[] = [
      { events: full },
      { events: [wanted('1'), wanted('2')], dials: ['1', '2'] },
      { events: [...dialed('1'), ...dialed('2'), candidate('3')] },
      { events: [removed('peer0')], dials: ['3'] },
    ]
    expect(play(KEEP_8, rounds)).toEqual(expectedOf(rounds))
  })

  it('does not count inbound peers, and lets them take no group', () => {
    const inbound = Array.from({ length: 20 }, (_, n) => added(`in${n}`, 'inbound'))
    const rounds: readonly Round[] = [{ events: [...inbound, candidate('1', { group: 'group of in3' })], dials: ['1'] }]
    expect(play(KEEP_8, rounds)).toEqual(expectedOf(rounds))
  })

  it('lets loopback and LAN have no group and no history, but does not hammer what fails', () => {
    const near = (id: string): DialEvent => candidate(id, { group: undefined })
    const first = take(createDialState(KEEP_8, 'self'), [near('1'), near('2'), ...dialed('1')], 0)
    expect(idsOf(first.tasks, 'dial')).toEqual(['1', '2'])
    const lost = take(first.state, [removed('1'), near('1'), failed('2'), near('2')], 6_000)
    expect(idsOf(lost.tasks, 'dial')).toEqual(['1'])
    expect(refusalsOf(lost.tasks)).toEqual(['2: backing off'])
    expect(idsOf(take(lost.state, [near('2')], 7_000).tasks, 'dial')).toEqual(['2'])
  })

  it('dials usual ports first, and others after a second, or when there is no source to wait for', () => {
    const odd = (id: string): DialEvent => candidate(id, { endpoint: { scheme: 'tcp', host: id, port: 4_000 } })
    const sources: DialEvent = { type: 'sources', open: 1 }
    const { state, tasks } = take(createDialState(KEEP_8, 'self'), [sources, odd('odd'), candidate('usual')], 0)
    expect(idsOf(tasks, 'dial')).toEqual(['usual'])
    expect(nextStepAtMs(state, 0)).toBe(1_000)
    expect(idsOf(step(state, { type: 'clock' }, 999).tasks, 'dial')).toEqual([])
    expect(idsOf(step(state, { type: 'clock' }, 1_000).tasks, 'dial')).toEqual(['odd'])
    expect(idsOf(step(state, { type: 'sources', open: 0 }, 1).tasks, 'dial')).toEqual(['odd'])
    const many = take(
      state,
      Array.from({ length: 49 }, (_, n) => odd(`odd${n}`)),
      1,
    )
    expect(idsOf(many.tasks, 'dial').length).toBeGreaterThan(0)
  })

  it('begins at most 50 dials of candidates a second, however fast they fail', () => {
    let state = createDialState(KEEP_8, 'self')
    let begun = 0
    for (let n = 0; n < 200; n++) {
      const next = take(state, [candidate(`n${n}`), failed(`n${n}`)], 500)
      state = next.state
      begun += idsOf(next.tasks, 'dial').length
    }
    expect(begun).toBe(50)
    expect(nextStepAtMs(state, 500)).toBe(1_500)
    expect(idsOf(step(state, { type: 'clock' }, 1_500).tasks, 'dial')).toHaveLength(8)
  })
})
