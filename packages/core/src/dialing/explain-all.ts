// Says why a node has the peers that it has, and what it waits for, in one sentence and as counts.
import type { DialerInfo } from './explain.ts'

/** Why a node has no more peers, or none. */
export interface NodeExplanation {
  readonly state: 'connected' | 'dialing' | 'waiting'
  /** Candidates that were not dialed, by reason. */
  readonly refused: Readonly<Record<string, number>>
  /** Connections that failed or ended, by code and reason. */
  readonly failures: Readonly<Record<string, number>>
  readonly sentence: string
}

/** How often something of one origin went wrong. */
export interface FailureTally {
  readonly code: string
  readonly reason: string
  readonly count: number
}

/** Reasons that a sentence names; the most frequent. */
const MAX_NAMED = 4

export function explainAll(info: DialerInfo, tallies: readonly FailureTally[], nowMs: number): NodeExplanation {
  const failures = failureCounts(tallies)
  const { connected, dialing, outbound, persistent, sources, refused, waiting, nextAtMs } = info
  const state = connected.length > 0 ? 'connected' : dialing.length > 0 ? 'dialing' : 'waiting'
  const isIdle = sources.length + persistent.length === 0
  const drawn = sources.map(({ name, state: its, taken }) => `${name} (${its}, gave ${taken})`)
  const later = nextAtMs !== null && nextAtMs > nowMs ? `next look in ${Math.ceil((nextAtMs - nowMs) / 1000)} s` : ''
  const parts = [
    `${connected.length} peers, ${outbound.now} of ${outbound.target} outbound`,
    isIdle ? 'nobody to dial: no candidate source and no persistent peer' : '',
    dialing.length > 0 ? `dialing ${dialing.length}` : '',
    persistent.length > 0 ? `${persistent.length} persistent` : '',
    drawn.length > 0 ? `candidates from ${drawn.join(', ')}` : '',
    waiting.length > 0 ? `${waiting.length} waiting` : '',
    named('not dialed', Object.entries(refused)),
    named('failed', Object.entries(failures)),
    later,
  ]
  const sentence = parts.filter((part) => part !== '').join('; ')
  return { state, refused, failures, sentence }
}

/** Counts by code and reason, whatever the phase and the direction. */
export function failureCounts(tallies: readonly FailureTally[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { code, reason, count } of tallies) {
    const name = `${code} (${reason})`
    counts[name] = (counts[name] ?? 0) + count
  }
  return counts
}

function named(what: string, counts: readonly (readonly [string, number])[]): string {
  if (counts.length === 0) return ''
  const most = counts.toSorted(([, left], [, right]) => right - left).slice(0, MAX_NAMED)
  return `${what}: ${most.map(([reason, count]) => `${count} ${reason}`).join(', ')}`
}
