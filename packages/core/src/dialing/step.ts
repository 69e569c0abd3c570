// Whom to dial now: one pure function from what is known and what happened.
import { absorb } from './absorb.ts'
import { commonRefusal, refusalOf } from './refusal.ts'
import { afterDialStart, RESOLVE_MAX_MS } from './retry.ts'
import { BEGUN_MS, candidateRoom, LATE_MS, MAX_BEGUN, MAX_LATE, nextSlowAtMs, persistentRoom } from './slots.ts'
import {
  type DialEvent,
  type DialState,
  type DialTask,
  drawChance,
  peerOf,
  type Persistent,
  type Target,
  withEntry,
} from './state.ts'

/** The state after an event, and the tasks that follow from it, in order. */
export interface Step {
  readonly state: DialState
  readonly tasks: readonly DialTask[]
}

/** Takes one event. Pure and total: no clock, no socket, no exception, and equal input gives equal output. */
export function step(before: DialState, event: DialEvent, nowMs: number): Step {
  const tasks: DialTask[] = []
  let state = absorb(before, event, nowMs, tasks)
  if (nowMs >= state.begun.sinceMs + BEGUN_MS) state = { ...state, begun: { sinceMs: nowMs, count: 0 } }
  state = resolveLost(state, nowMs, tasks)
  state = dialPersistent(state, nowMs, tasks)
  state = dialCandidates(state, nowMs, tasks)
  return { state, tasks }
}

function dialPersistent(before: DialState, nowMs: number, tasks: DialTask[]): DialState {
  let state = before
  if (persistentRoom(state, nowMs) <= 0) return state
  const ready = [...state.persistent.values()].filter((node) => isReady(state, node, nowMs))
  while (ready.length > 0 && persistentRoom(state, nowMs) > 0) {
    const { draw, chance } = drawChance(state.chance)
    const [node] = ready.splice(draw % ready.length, 1)
    state = startDial({ ...state, chance }, node!.target, true, nowMs, tasks)
  }
  return state
}

function dialCandidates(before: DialState, nowMs: number, tasks: DialTask[]): DialState {
  let state = before
  // What is begun here takes its place when the tasks are carried out.
  let free = state.free?.() ?? Infinity
  while (free > 0 && candidateRoom(state, nowMs) > 0) {
    const next =
      state.waiting.find((candidate) => !candidate.late) ?? (lateAllowed(state, nowMs) ? state.waiting[0] : undefined)
    if (!next) break
    const { target } = next
    state = { ...state, waiting: state.waiting.filter((other) => other !== next) }
    const refusal = refusalOf(state, target, nowMs)
    if (refusal) tasks.push({ type: 'refuse', target, refusal })
    else {
      state = startDial(withBegun(state), target, false, nowMs, tasks)
      free--
    }
  }
  return state
}

function withBegun(state: DialState): DialState {
  return { ...state, begun: { ...state.begun, count: state.begun.count + 1 } }
}

function startDial(state: DialState, target: Target, persistent: boolean, nowMs: number, tasks: DialTask[]): DialState {
  const dial = state.nextDial
  tasks.push({ type: 'dial', dial, target, persistent })
  const dialing = withEntry(state.dialing, target.id, { dial, target, persistent, startedAtMs: nowMs })
  return afterDialStart({ ...state, dialing, nextDial: dial + 1 }, target, nowMs)
}

function resolveLost(before: DialState, nowMs: number, tasks: DialTask[]): DialState {
  let state = before
  if (!state.resolves) return state
  for (const [id, node] of before.persistent) {
    if (!isLost(before, node) || node.resolveAtMs > nowMs) continue
    tasks.push({ type: 'resolve', target: node.target })
    const resolveDelayMs = Math.min(2 * node.resolveDelayMs, RESOLVE_MAX_MS)
    const next = { ...node, resolveAtMs: nowMs + node.resolveDelayMs, resolveDelayMs }
    state = { ...state, persistent: withEntry(state.persistent, id, next) }
  }
  return state
}

/** When time alone will change what `step` answers; `undefined` when only an event can. */
export function nextStepAtMs(state: DialState, nowMs: number): number | undefined {
  let soonest = Infinity
  for (const node of state.persistent.values()) {
    if (node.nextAtMs > nowMs && isReady(state, node, node.nextAtMs)) soonest = Math.min(soonest, node.nextAtMs)
    if (state.resolves && node.resolveAtMs > nowMs && isLost(state, node)) soonest = Math.min(soonest, node.resolveAtMs)
  }
  if (state.begun.count >= MAX_BEGUN) soonest = Math.min(soonest, state.begun.sinceMs + BEGUN_MS)
  soonest = Math.min(soonest, nextSlowAtMs(state, nowMs))
  const oldest = state.waiting[0]
  if (oldest && candidateRoom(state, nowMs) > 0) soonest = Math.min(soonest, oldest.sinceMs + LATE_MS)
  return soonest === Infinity ? undefined : soonest
}

function isReady(state: DialState, { target, nextAtMs }: Persistent, nowMs: number): boolean {
  return target.endpoint !== undefined && nextAtMs <= nowMs && commonRefusal(state, target) === undefined
}

// Nobody knows where it is, or where it was said to be it did not answer.
function isLost(state: DialState, { target, fails }: Persistent): boolean {
  if (target.endpoint && fails === 0) return false
  return !state.dialing.has(target.id) && !peerOf(state, target.id)
}

function lateAllowed({ waiting, openSources }: DialState, nowMs: number): boolean {
  const oldest = waiting[0]
  return openSources === 0 || waiting.length >= MAX_LATE || (oldest !== undefined && nowMs >= oldest.sinceMs + LATE_MS)
}
