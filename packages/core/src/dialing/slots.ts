// How many dials there is room for.
import type { DialState } from './state.ts'

/** Dials that may run for each missing peer at most, as in go-ethereum: many addresses are dead. */
const DIALS_PER_PEER = 2
/**
 * Milliseconds after which a dial is likely to be one of those, so that another one is begun beside it: with both
 * handshakes a living node takes about five ways to it and back.
 */
export const SLOW_MS = 3_000
/** Candidates with an unusual port that are gathered before they are dialed for want of others, as in Bitcoin Core. */
export const MAX_LATE = 50
/** How long they wait at most, so that a target is met within 2 s. */
export const LATE_MS = 1_000

/** Dials of candidates begun within a second: what fails at once must not be repeated as fast as the machine can. */
export const MAX_BEGUN = 50
export const BEGUN_MS = 1_000

/** Room for dials of persistent nodes. */
export function persistentRoom(state: DialState, nowMs: number): number {
  return state.policy.persistentCounts ? sharedRoom(state, nowMs) : state.policy.maxActive - state.dialing.size
}

/** Room for dials of candidates: no more than there are free places, so that none of them is hung up on. */
export function candidateRoom(state: DialState, nowMs: number): number {
  const { begun, dialing, policy, free } = state
  const room = Math.min(sharedRoom(state, nowMs), policy.maxActive - dialing.size, MAX_BEGUN - begun.count)
  return room > 0 && free ? Math.min(room, free()) : room
}

// Counts of peers and dials both what the policy counts.
function sharedRoom(state: DialState, nowMs: number): number {
  const { outbound, maxActive, persistentCounts, dialsPerPeer } = state.policy
  const missing = Math.max(0, outbound - outboundCount(state))
  let running = 0
  let young = 0
  for (const dial of state.dialing.values()) {
    if (dial.persistent && !persistentCounts) continue
    running++
    if (nowMs < dial.startedAtMs + SLOW_MS) young++
  }
  return Math.min(dialsPerPeer * missing - young, Math.min(DIALS_PER_PEER * missing, maxActive) - running)
}

/** When a running dial becomes a slow one, beside which another may be begun. */
export function nextSlowAtMs({ dialing, policy }: DialState, nowMs: number): number {
  let soonest = Infinity
  if (policy.dialsPerPeer === DIALS_PER_PEER) return soonest
  for (const { startedAtMs } of dialing.values()) {
    if (startedAtMs + SLOW_MS > nowMs) soonest = Math.min(soonest, startedAtMs + SLOW_MS)
  }
  return soonest
}

/** Outbound peers that count towards the policy's number. */
export function outboundCount(state: DialState): number {
  let count = 0
  for (const peer of state.peers.values()) {
    if (state.policy.persistentCounts || !peer.persistent) count++
  }
  return count
}

/** Whether another candidate would be of use. Sources are read only then. */
export function wantsCandidate(state: DialState, nowMs: number): boolean {
  const room = candidateRoom(state, nowMs)
  if (room <= 0) return false
  let late = 0
  for (const candidate of state.waiting) if (candidate.late) late++
  return late < MAX_LATE && state.waiting.length - late < room
}
