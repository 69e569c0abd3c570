// How many dials there is room for.
import type { DialState } from './state.ts'

/** Dials that may run for each missing peer, as in go-ethereum: many addresses are dead. */
const DIALS_PER_SLOT = 2
/** Candidates with an unusual port that are gathered before they are dialed for want of others, as in Bitcoin Core. */
export const MAX_LATE = 50
/** How long they wait at most, so that a target is met within 2 s. */
export const LATE_MS = 1_000

/** Dials of candidates begun within a second: what fails at once must not be repeated as fast as the machine can. */
export const MAX_BEGUN = 50
export const BEGUN_MS = 1_000

/** Room for dials of persistent nodes. */
export function persistentRoom(state: DialState): number {
  return state.policy.persistentCounts ? sharedRoom(state) : state.policy.maxActive - state.dialing.size
}

/** Room for dials of candidates. */
export function candidateRoom(state: DialState): number {
  const { begun, dialing, policy } = state
  return Math.min(sharedRoom(state), policy.maxActive - dialing.size, MAX_BEGUN - begun.count)
}

// Counts of peers and dials both what the policy counts.
function sharedRoom(state: DialState): number {
  const { outbound, maxActive, persistentCounts } = state.policy
  let running = 0
  for (const dial of state.dialing.values()) if (persistentCounts || !dial.persistent) running++
  return Math.min(DIALS_PER_SLOT * Math.max(0, outbound - outboundCount(state)), maxActive) - running
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
export function wantsCandidate(state: DialState): boolean {
  const room = candidateRoom(state)
  if (room <= 0) return false
  let late = 0
  for (const candidate of state.waiting) if (candidate.late) late++
  return late < MAX_LATE && state.waiting.length - late < room
}
