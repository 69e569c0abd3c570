import { describe, expect, it } from 'vitest'
import { added, done, KEY, numberOf, pending, take, targetOf } from '../../test/dial-events.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import type { DialExplanation } from './explain.ts'
import { explain, inspectState } from './explain.ts'
import { dialPolicy } from './policy.ts'
import { createDialState, type DialEvent, type DialRefusal, type DialState } from './state.ts'

const FAILED = new PeerError('dial failed', DiscReason.networkError, 'connection refused')
const USELESS = new PeerError('remote disconnect reason', DiscReason.uselessPeer, 'nothing in common')

const candidate = (id: string, port = 30_303): DialEvent => ({
  type: 'candidate',
  target: targetOf(id, { endpoint: { scheme: 'tcp', host: id, port } }),
})
const wanted = (id: string): DialEvent => ({ type: 'persistent added', target: targetOf(id) })
const full = Array.from({ length: 8 }, (_, n) => added(`peer${n}`))

function after(...events: readonly DialEvent[]): DialState {
  return take(createDialState(dialPolicy(), 'self'), events, 0).state
}

describe('explain', () => {
  const cases: readonly [string, DialState, string, Partial<DialExplanation>, DialRefusal?][] = [
    ['nobody we know', after(), 'n1', { state: 'unknown', reason: 'not a candidate' }],
    [
      'a node that was refused',
      after(),
      'n1',
      { state: 'refused', reason: 'outside net restriction' },
      'outside net restriction',
    ],
    ['ourselves', after(), 'self', { state: 'refused', reason: 'self' }],
    ['a dial under way', after(candidate('n1')), 'n1', { state: 'dialing', reason: 'already dialing' }],
    ['a peer', after(added('n1')), 'n1', { state: 'connected', reason: 'already connected' }],
    [
      'a candidate in a full house',
      after(...full, candidate('n1')),
      'n1',
      { state: 'waiting', reason: 'no free slot' },
    ],
    [
      'an unusual port',
      after({ type: 'sources', open: 1 }, candidate('n1', 4)),
      'n1',
      { state: 'waiting', reason: 'unusual port' },
    ],
    [
      'a failed candidate',
      after(candidate('n1'), done('n1', USELESS)),
      'n1',
      {
        state: 'refused',
        reason: 'backing off',
        nextAtMs: 900_000,
        lastError: USELESS.toJSON(),
        sentence:
          '0000000... is refused: backing off, next in 900 s; last error: remote disconnect reason (nothing in common)',
      },
    ],
    [
      'a persistent node on its way in',
      after(pending('n1'), wanted('n1')),
      'n1',
      { state: 'waiting', reason: 'pending inbound' },
    ],
    [
      'a persistent node in its delay',
      after(wanted('n1'), done('n1', FAILED)),
      'n1',
      { state: 'waiting', reason: 'retry delay', lastError: FAILED.toJSON() },
    ],
    [
      'a persistent node that is nowhere',
      after({ type: 'persistent added', target: { id: 'n1', publicKey: KEY } }),
      'n1',
      { state: 'waiting', reason: 'no endpoint' },
    ],
  ]
  it.each(cases)('%s', (_, state, id, expected, lastRefusal) => {
    expect(explain(state, { id, publicKey: KEY }, lastRefusal, 0)).toMatchObject(expected)
  })

  it('says when a persistent node is dialed next', () => {
    const state = after(wanted('n1'), done('n1', FAILED))
    const { nextAtMs, sentence } = explain(state, targetOf('n1'), undefined, 1_000)
    expect(nextAtMs).toBe(state.persistent.get('n1')!.nextAtMs)
    expect(sentence).toMatch(
      /^0000000\.\.\. is persistent and waiting: retry delay, next in [345] s; last error: dial failed \(connection refused\)$/,
    )
  })
})

describe('inspectState', () => {
  it('gives plain JSON of everything', () => {
    const state = after(
      candidate('n1'),
      added('n2'),
      wanted('n3'),
      done('n3', FAILED),
      pending('n4'),
      candidate('n5'),
      done('n5', USELESS),
    )
    const info = inspectState(state, [], new Map([['self', 2]] as const), undefined, 0)
    expect(JSON.parse(JSON.stringify(info))).toEqual(info)
    expect(info).toMatchObject({
      preset: 'keep-8',
      outbound: { now: 1, target: 8 },
      freeSlots: 6,
      dialing: [{ id: 'n1', publicKeyHex: '00'.repeat(64), persistent: false, startedAtMs: 0 }],
      connected: [{ connection: numberOf('n2'), id: 'n2', direction: 'outbound', group: 'group of n2' }],
      pendingInbound: ['n4'],
      persistent: [{ id: 'n3', fails: 1, lastError: { code: 'dial failed' } }],
      recent: [
        { id: 'n1', lastError: null },
        { id: 'n5', lastError: { reasonText: 'useless peer' } },
      ],
      refused: { self: 2 },
      nextAtMs: null,
    })
  })
})
