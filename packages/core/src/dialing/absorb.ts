// What each event changes in the dialer's knowledge, before anything is decided.
import type { PeerError } from '../errors/peer-error.ts'
import { isLate, refusalOf } from './refusal.ts'
import { afterFailure, afterSuccess, afterWake, RESOLVE_MS } from './retry.ts'
import { outboundCount } from './slots.ts'
import {
  type DialEvent,
  type DialState,
  type DialTask,
  peerOf,
  type Target,
  withConnected,
  withEntry,
} from './state.ts'

/** Candidates that wait for room; more are refused. */
export const MAX_WAITING = 64

type EventOf<Type extends DialEvent['type']> = Extract<DialEvent, { type: Type }>

/** State after `event`; tasks that follow from it alone are appended to `tasks`. */
export function absorb(state: DialState, event: DialEvent, nowMs: number, tasks: DialTask[]): DialState {
  switch (event.type) {
    case 'candidate':
      return withCandidate(state, event.target, nowMs, tasks)
    case 'dial done':
      return withDialDone(state, event.id, event.error, nowMs)
    case 'peer added':
      return withPeer(state, event, nowMs, tasks)
    case 'peer removed':
      return withoutPeer(state, event.id, event.error, nowMs)
    case 'inbound pending':
      return { ...state, inbound: withEntry(state.inbound, event.id, (state.inbound.get(event.id) ?? 0) + 1) }
    case 'inbound settled': {
      const left = (state.inbound.get(event.id) ?? 0) - 1
      return { ...state, inbound: withEntry(state.inbound, event.id, left > 0 ? left : undefined) }
    }
    case 'persistent added':
      return withPersistent(state, event.target, nowMs)
    case 'persistent removed':
      return withoutPersistent(state, event.id, tasks)
    case 'resolved':
      return withEndpoint(state, event, nowMs)
    case 'sources':
      return { ...state, openSources: event.open }
    case 'wake':
      return afterWake(state, nowMs)
    case 'clock':
      return state
  }
}

function withCandidate(state: DialState, target: Target, nowMs: number, tasks: DialTask[]): DialState {
  const late = isLate(target)
  const queued = state.waiting.some((other) => other.target.id === target.id)
  const full = state.waiting.length >= MAX_WAITING
  const refusal =
    refusalOf(state, target, nowMs) ?? (queued ? 'already waiting' : full ? 'too many waiting' : undefined)
  if (refusal) {
    tasks.push({ type: 'refuse', target, refusal })
    return state
  }
  return { ...state, waiting: [...state.waiting, { target, sinceMs: nowMs, late }] }
}

function withDialDone(state: DialState, id: string, error: PeerError | undefined, nowMs: number): DialState {
  const dial = state.dialing.get(id)
  if (!dial) return state
  const next = { ...state, dialing: withEntry(state.dialing, id, undefined) }
  if (!error) return afterSuccess(next, id)
  if (dial.cancelled) return next
  return afterFailure(next, { id, error, local: dial.target.group === undefined }, nowMs)
}

function withPeer(state: DialState, event: EventOf<'peer added'>, nowMs: number, tasks: DialTask[]): DialState {
  const { id, direction, group } = event
  const persistent = state.persistent.has(id)
  const peer = { direction, persistent, group: persistent ? undefined : group, sinceMs: nowMs }
  const next = withConnected(state, id, peer)
  const { cancelSurplus, outbound } = next.policy
  return cancelSurplus && direction === 'outbound' && outboundCount(next) >= outbound
    ? withCancelled(next, tasks, (other) => !next.persistent.has(other) && !peerOf(next, other))
    : next
}

function withoutPeer(state: DialState, id: string, error: PeerError | undefined, nowMs: number): DialState {
  const peer = peerOf(state, id)
  if (!peer) return state
  const next = withConnected(state, id, undefined)
  const livedMs = nowMs - peer.sinceMs
  return afterFailure(next, { id, error, local: peer.group === undefined, livedMs }, nowMs)
}

function withPersistent(state: DialState, target: Target, nowMs: number): DialState {
  const { id } = target
  const before = state.persistent.get(id)
  const running = state.dialing.get(id)
  const peer = peerOf(state, id)
  const fresh = { fails: 0, nextAtMs: nowMs, dialedAtMs: -Infinity, resolveAtMs: nowMs, resolveDelayMs: RESOLVE_MS }
  const node = { ...(before ?? fresh), target: { id, endpoint: target.endpoint ?? before?.target.endpoint } }
  return {
    ...(peer ? withConnected(state, id, { ...peer, persistent: true, group: undefined }) : state),
    persistent: withEntry(state.persistent, id, node),
    waiting: state.waiting.filter((candidate) => candidate.target.id !== id),
    dialing: running
      ? withEntry(state.dialing, id, { ...running, target: node.target, persistent: true })
      : state.dialing,
  }
}

function withoutPersistent(state: DialState, id: string, tasks: DialTask[]): DialState {
  if (!state.persistent.has(id)) return state
  const peer = peerOf(state, id)
  const next = {
    ...(peer ? withConnected(state, id, { ...peer, persistent: false }) : state),
    persistent: withEntry(state.persistent, id, undefined),
  }
  return withCancelled(next, tasks, (other) => other === id)
}

function withCancelled(state: DialState, tasks: DialTask[], chosen: (id: string) => boolean): DialState {
  let { dialing } = state
  for (const [id, dial] of state.dialing) {
    if (dial.cancelled || !chosen(id)) continue
    tasks.push({ type: 'cancel', id })
    dialing = withEntry(dialing, id, { ...dial, cancelled: true })
  }
  return { ...state, dialing }
}

function withEndpoint(state: DialState, { id, endpoint }: EventOf<'resolved'>, nowMs: number): DialState {
  const node = state.persistent.get(id)
  if (!node || !endpoint) return state
  const old = node.target.endpoint
  const moved =
    old?.scheme !== endpoint.scheme ||
    old.host !== endpoint.host ||
    old.port !== endpoint.port ||
    old.path !== endpoint.path
  const next = {
    ...node,
    target: { id, endpoint },
    nextAtMs: moved ? nowMs : node.nextAtMs,
    resolveAtMs: nowMs + RESOLVE_MS,
    resolveDelayMs: RESOLVE_MS,
  }
  return { ...state, persistent: withEntry(state.persistent, id, next) }
}
