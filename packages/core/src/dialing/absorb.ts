// What each event changes in the dialer's knowledge, before anything is decided.
import { isLate, refusalOf } from './refusal.ts'
import { afterFailure, afterSuccess, afterWake, pastOf, RESOLVE_MS } from './retry.ts'
import { sameEndpoint } from './same-endpoint.ts'
import { outboundCount } from './slots.ts'
import {
  type ConnectionName,
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
      return withDialDone(state, event, nowMs)
    case 'peer added':
      return withPeer(state, event, nowMs, tasks)
    case 'peer removed':
      return withoutPeer(state, event, nowMs)
    case 'inbound pending':
      return withInbound(state, event.id, [...inboundOf(state, event), event.number])
    case 'inbound settled':
      return withInbound(state, event.id, inboundOf(state, event))
    case 'persistent added':
      return withPersistent(state, event.target, nowMs, tasks)
    case 'persistent removed':
      return withoutPersistent(state, event.id, tasks)
    case 'resolved':
      return withEndpoint(state, event, nowMs, tasks)
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

function withDialDone(state: DialState, { dial, id, error }: EventOf<'dial done'>, nowMs: number): DialState {
  const running = state.dialing.get(id)
  if (running?.dial !== dial) return state
  const next = { ...state, dialing: withEntry(state.dialing, id, undefined) }
  if (!error && peerOf(next, id)) return afterSuccess(next, id)
  // A dial that says it succeeded and added nobody waits like one that failed: repeated at once, it may do so for ever.
  const waits = Math.max(next.persistent.get(id)?.nextAtMs ?? 0, pastOf(next, id, nowMs)?.nextAtMs ?? 0) > nowMs
  if (!error && waits) return next
  return afterFailure(next, { id, error, local: running.target.group === undefined }, nowMs)
}

// All but the one that the event names.
function inboundOf({ inbound }: DialState, { id, number }: ConnectionName): number[] {
  return (inbound.get(id) ?? []).filter((other) => other !== number)
}

function withInbound(state: DialState, id: string, numbers: readonly number[]): DialState {
  return { ...state, inbound: withEntry(state.inbound, id, numbers.length > 0 ? numbers : undefined) }
}

function withPeer(state: DialState, event: EventOf<'peer added'>, nowMs: number, tasks: DialTask[]): DialState {
  const { number, id, direction, group } = event
  const persistent = state.persistent.has(id)
  const peer = { number, direction, persistent, group: persistent ? undefined : group, sinceMs: nowMs }
  const next = withConnected(state, id, peer)
  const { cancelSurplus, outbound } = next.policy
  return cancelSurplus && direction === 'outbound' && outboundCount(next) >= outbound
    ? withCancelled(next, tasks, (other) => !next.persistent.has(other) && !peerOf(next, other))
    : next
}

function withoutPeer(state: DialState, { number, id, error }: EventOf<'peer removed'>, nowMs: number): DialState {
  const peer = peerOf(state, id)
  if (peer?.number !== number) return state
  const next = withConnected(state, id, undefined)
  const livedMs = nowMs - peer.sinceMs
  return afterFailure(next, { id, error, local: peer.group === undefined, livedMs }, nowMs)
}

// Whoever names another place than before knows better: it is dialed now, and what failed elsewhere is no failure here.
// So does whoever names again the place that told us to stay away.
function withPersistent(state: DialState, given: Target, nowMs: number, tasks: DialTask[]): DialState {
  const { id, publicKey } = given
  const before = state.persistent.get(id)
  const peer = peerOf(state, id)
  const target = { id, publicKey, endpoint: given.endpoint ?? before?.target.endpoint }
  const fresh = { fails: 0, nextAtMs: nowMs, dialedAtMs: -Infinity, resolveAtMs: nowMs, resolveDelayMs: RESOLVE_MS }
  const stays = before && before.nextAtMs < Infinity && sameEndpoint(before.target.endpoint, target.endpoint)
  const node = { ...(stays ? before : { ...fresh, lastError: before?.lastError }), target }
  const next = {
    ...(peer ? withConnected(state, id, { ...peer, persistent: true, group: undefined }) : state),
    persistent: withEntry(state.persistent, id, node),
    waiting: state.waiting.filter((candidate) => candidate.target.id !== id),
  }
  return withDialAt(next, target, tasks)
}

// A dial of a persistent node goes to the place that is known of it: one under way to another is given up.
function withDialAt(state: DialState, target: Target, tasks: DialTask[]): DialState {
  const { id, endpoint } = target
  const running = state.dialing.get(id)
  if (!running) return state
  if (endpoint && !sameEndpoint(running.target.endpoint, endpoint)) {
    return withCancelled(state, tasks, (other) => other === id)
  }
  const wanted = { ...running, target: { ...running.target, group: undefined }, persistent: true }
  return { ...state, dialing: withEntry(state.dialing, id, wanted) }
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

// Out of the table at once, so that the next dial of the node is one of its own; its end finds nothing here.
function withCancelled(state: DialState, tasks: DialTask[], chosen: (id: string) => boolean): DialState {
  let { dialing } = state
  for (const [id, { dial, target }] of state.dialing) {
    if (!chosen(id)) continue
    tasks.push({ type: 'cancel', dial, target })
    dialing = withEntry(dialing, id, undefined)
  }
  return { ...state, dialing }
}

function withEndpoint(
  state: DialState,
  { id, endpoint }: EventOf<'resolved'>,
  nowMs: number,
  tasks: DialTask[],
): DialState {
  const node = state.persistent.get(id)
  if (!node || !endpoint) return state
  const target = { ...node.target, endpoint }
  const nextAtMs = sameEndpoint(node.target.endpoint, endpoint) ? node.nextAtMs : nowMs
  const next = { ...node, target, nextAtMs, resolveAtMs: nowMs + RESOLVE_MS, resolveDelayMs: RESOLVE_MS }
  return withDialAt({ ...state, persistent: withEntry(state.persistent, id, next) }, target, tasks)
}
