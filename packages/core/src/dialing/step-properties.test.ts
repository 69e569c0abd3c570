import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rounds } from '../../../../tests/support/counts.ts'
import { KEY, pending, settled } from '../../test/dial-events.ts'
import type { PeerErrorCode } from '../errors/codes.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import { MAX_WAITING } from './absorb.ts'
import { type DialPolicy, dialPolicy } from './policy.ts'
import { MAX_PAST } from './retry.ts'
import { candidateRoom, outboundCount, wantsCandidate } from './slots.ts'
import { createDialState, type DialEvent, type DialState, type DialTask, peerOf, type Target } from './state.ts'
import { nextStepAtMs, step } from './step.ts'

const NODES = 24

const policies: readonly DialPolicy[] = [
  dialPolicy(),
  dialPolicy({ outbound: 2, maxActive: 3 }),
  dialPolicy({ outbound: 0 }),
  dialPolicy({ outbound: 8, onePerGroup: false, retryMaxMs: 30_000 }),
  dialPolicy('ethereum'),
  dialPolicy({ preset: 'ethereum', maxPeers: 9, maxActive: 4 }),
  dialPolicy({ preset: 'ethereum', dialRatio: 0, restrict: ({ port }) => port === 30_303 }),
]

const id = fc.integer({ min: 0, max: NODES }).map((n) => (n === 0 ? 'self' : `n${n}`))

/** Of a connection, or of a dial: some belong to another one of the same node, or to nobody. */
const number = fc.nat({ max: 3 })

/** A node has always the same place; several share a group, some have none, an unusual port, or no port. */
function targetOf(node: string): Target {
  const n = Number(node.slice(1)) || 0
  const port = n % 7 === 0 ? 4_000 : n % 11 === 0 ? 0 : 30_303
  return {
    id: node,
    publicKey: KEY,
    endpoint: { scheme: 'tcp', host: node, port },
    group: n % 5 === 0 ? undefined : `g${n % 9}`,
  }
}

const error = fc.constantFrom<[PeerErrorCode, DiscReason][]>(
  ['dial failed', DiscReason.networkError],
  ['remote disconnect reason', DiscReason.tooManyPeers],
  ['remote disconnect reason', DiscReason.uselessPeer],
  ['remote disconnect reason', DiscReason.unexpectedIdentity],
)
const peerError = error.map(([code, reason]) => new PeerError(code, reason, 'by chance'))
const maybeError = fc.option(peerError, { nil: undefined })

/** Any event about any node, whether it fits or not. */
const event: fc.Arbitrary<DialEvent> = fc.oneof(
  { weight: 6, arbitrary: id.map((node): DialEvent => ({ type: 'candidate', target: targetOf(node) })) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(id, maybeError, number)
      .map(([node, cause, dial]): DialEvent => ({ type: 'dial done', dial, id: node, error: cause })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(id, fc.constantFrom<'inbound' | 'outbound'>('inbound', 'outbound'), number)
      .map(([node, direction, link]): DialEvent => ({
        type: 'peer added',
        number: link,
        id: node,
        direction,
        group: targetOf(node).group,
      })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(id, maybeError, number)
      .map(([node, cause, link]): DialEvent => ({ type: 'peer removed', number: link, id: node, error: cause })),
  },
  fc.tuple(id, number).map(([node, link]): DialEvent => pending(node, link)),
  fc.tuple(id, number).map(([node, link]): DialEvent => settled(node, link)),
  { weight: 2, arbitrary: id.map((node): DialEvent => ({ type: 'persistent added', target: targetOf(node) })) },
  id.map((node): DialEvent => ({ type: 'persistent added', target: { id: node, publicKey: KEY } })),
  id.map((node): DialEvent => ({ type: 'persistent removed', id: node })),
  id.map((node): DialEvent => ({ type: 'resolved', id: node, endpoint: targetOf(node).endpoint })),
  fc.nat({ max: 2 }).map((open): DialEvent => ({ type: 'sources', open })),
  fc.constant<DialEvent>({ type: 'wake' }),
  { weight: 3, arbitrary: fc.constant<DialEvent>({ type: 'clock' }) },
)

interface Moment {
  readonly event: DialEvent
  readonly afterMs: number
}

const moments = fc.array(fc.record({ event, afterMs: fc.constantFrom(0, 1, 900, 5_000, 36_000) }), { maxLength: 120 })
const script = fc.record({ policy: fc.constantFrom(...policies), seed: fc.nat(), resolves: fc.boolean(), moments })

interface Taken {
  readonly before: DialState
  readonly after: DialState
  readonly event: DialEvent
  readonly tasks: readonly DialTask[]
  readonly nowMs: number
}

interface Run {
  readonly policy: DialPolicy
  readonly seed: number
  readonly resolves: boolean
  readonly moments: readonly Moment[]
}

// Three of four ends are those of the dial that runs; the others are of one that is long over.
function fitting({ dialing }: DialState, given: DialEvent): DialEvent {
  if (given.type !== 'dial done') return given
  return { ...given, dial: given.dial === 0 ? 0 : (dialing.get(given.id)?.dial ?? 0) }
}

function play(run: Run, seen?: (state: DialState) => void): Taken[] {
  let state = createDialState(run.policy, 'self', run)
  let nowMs = 0
  return run.moments.map((moment) => {
    nowMs += moment.afterMs
    const before = state
    const event = fitting(before, moment.event)
    const { state: after, tasks } = step(before, event, nowMs)
    state = after
    seen?.(after)
    return { before, after, event, tasks, nowMs }
  })
}

function check(verify: (taken: Taken) => void): void {
  fc.assert(
    fc.property(script, (run) => play(run).forEach(verify)),
    { numRuns: rounds(100, 2000) },
  )
}

describe('step, whatever happens', () => {
  it('never begins two dials of one node, nor dials a peer, itself, or who is connecting', () => {
    check(({ before, after, event: { type }, tasks, nowMs }) => {
      const cancelled = tasks.flatMap((task) => (task.type === 'cancel' ? [task.target.id] : []))
      const begun = tasks.flatMap((task) => (task.type === 'dial' ? [task.target.id] : []))
      expect(new Set(begun).size).toBe(begun.length)
      for (const node of begun) {
        if (type !== 'dial done' && !cancelled.includes(node)) expect(before.dialing.has(node)).toBe(false)
        expect(after.dialing.get(node)?.startedAtMs).toBe(nowMs)
        expect(peerOf(after, node) !== undefined || after.inbound.has(node) || node === 'self').toBe(false)
      }
    })
  })

  it('is told by number what ended: the end of an old dial or connection changes nothing', () => {
    check(({ before, after, event: given }) => {
      if (given.type === 'dial done' && before.dialing.get(given.id)?.dial !== given.dial) {
        expect(after.dialing.get(given.id)?.dial).toBe(before.dialing.get(given.id)?.dial)
        expect(after.persistent.get(given.id)?.fails).toBe(before.persistent.get(given.id)?.fails)
      }
      const known = peerOf(before, given.type === 'peer removed' ? given.id : '')
      if (given.type === 'peer removed' && known && known.number !== given.number) {
        expect(peerOf(after, given.id)).toBe(known)
      }
    })
  })

  it('never goes above its limits', () => {
    check(({ after, tasks }) => {
      const { policy } = after
      expect(after.dialing.size).toBeLessThanOrEqual(policy.maxActive)
      expect(after.waiting.length).toBeLessThanOrEqual(MAX_WAITING)
      expect(after.past.size).toBeLessThanOrEqual(MAX_PAST)
      const counted = [...after.dialing.values()].filter((dial) => policy.persistentCounts || !dial.persistent)
      const begun = tasks.some((task) => task.type === 'dial' && (policy.persistentCounts || !task.persistent))
      if (begun) expect(counted.length).toBeLessThanOrEqual(2 * (policy.outbound - outboundCount(after)))
      if (!policy.onePerGroup) return
      const groups = [...after.dialing.values()].flatMap(({ target }) => target.group ?? [])
      expect(new Set(groups).size).toBe(groups.length)
      for (const task of tasks) {
        if (task.type !== 'dial' || task.persistent || !task.target.group) continue
        const used = [...after.peers.values()]
          .filter(({ direction }) => direction === 'outbound')
          .map(({ group }) => group)
        expect(used).not.toContain(task.target.group)
      }
    })
  })

  it('loses no candidate: it is dialed, waits, or is refused by name', () => {
    check(({ before, after, event: given, tasks }) => {
      const candidates = [
        ...before.waiting.map(({ target }) => target.id),
        ...(given.type === 'candidate' ? [given.target.id] : []),
      ]
      for (const node of candidates) {
        const waits = after.waiting.some(({ target }) => target.id === node)
        const answered = tasks.some(
          (task) => (task.type === 'dial' || task.type === 'refuse') && task.target.id === node,
        )
        expect(waits || answered || after.persistent.has(node)).toBe(true)
      }
    })
  })

  it('leaves nothing undone: no slot is free while somebody could be dialed', () => {
    check(({ after, nowMs }) => {
      if (candidateRoom(after, nowMs) > 0) expect(after.waiting.filter(({ late }) => !late)).toEqual([])
      expect(step(after, { type: 'clock' }, nowMs).tasks).toEqual([])
      expect(nextStepAtMs(after, nowMs) ?? Infinity).toBeGreaterThan(nowMs)
      if (wantsCandidate(after, nowMs)) expect(candidateRoom(after, nowMs)).toBeGreaterThan(0)
    })
  })

  it('changes nothing in place, and answers the same when it is asked again', () => {
    fc.assert(
      fc.property(script, (run) => {
        const snapshots: unknown[] = []
        const plain = (state: DialState): unknown => structuredClone({ ...state, policy: undefined })
        const first = play(run, (state) => snapshots.push(plain(state)))
        expect(first.map(({ after }) => plain(after))).toEqual(snapshots)
        expect(play(run).map(({ tasks }) => tasks)).toEqual(first.map(({ tasks }) => tasks))
        expect(play(run).at(-1)?.after).toEqual(first.at(-1)?.after)
      }),
      { numRuns: rounds(20, 300) },
    )
  })

  it('wakes up in time for every persistent node that can be dialed', () => {
    check(({ after, nowMs }) => {
      for (const [node, { nextAtMs, target }] of after.persistent) {
        const free = !after.dialing.has(node) && !peerOf(after, node) && !after.inbound.has(node) && node !== 'self'
        const allowed =
          target.endpoint && target.endpoint.port !== 0 && (after.policy.restrict?.(target.endpoint) ?? true)
        if (!free || !allowed || nextAtMs <= nowMs) continue
        expect(nextStepAtMs(after, nowMs)).toBeLessThanOrEqual(nextAtMs)
      }
    })
  })
})
