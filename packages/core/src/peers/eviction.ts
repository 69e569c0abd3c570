// Which inbound peer makes room when the node is full: Bitcoin Core's rules as a pure function.

import { systemRandom } from '../base/random.ts'
import type { Random } from '../base/random.ts'

/** What eviction knows of one inbound peer. Times are milliseconds of the node's clock; -1 stands for never. */
export interface EvictionCandidate {
  readonly id: string
  /** Never chosen. */
  readonly trusted: boolean
  /** Misbehaved before: where one such peer is left, only such are chosen from. */
  readonly discouraged: boolean
  /** Of its network; peers of one group are likely one party. */
  readonly group: string
  /** Best round trip seen, in milliseconds; Infinity when unknown. */
  readonly minPingMs: number
  /** When it last brought an item that was new to us. */
  readonly usefulAtMs: number
  readonly connectedAtMs: number
  /** Reached over a network that few can fake presence in, such as Tor, or on this host. */
  readonly scarceNetwork: boolean
}

/** How many peers each rule keeps, as in Bitcoin Core: a stranger who wants a place has to beat all of them at once. */
const KEEP_BY_GROUP = 4
const KEEP_BY_PING = 8
const KEEP_BY_USE = 8

/**
 * The peer to end for a newcomer, or `undefined` when every one is worth keeping.
 *
 * @param salt - orders groups in a way that strangers can't foresee; the same for the life of a node
 */
export function chooseEviction(candidates: readonly EvictionCandidate[], salt: number): string | undefined {
  let left = candidates.filter(({ trusted }) => !trusted)
  left = without(left, KEEP_BY_GROUP, (a, b) => groupOrder(a.group, salt) - groupOrder(b.group, salt))
  left = without(left, KEEP_BY_PING, (a, b) => a.minPingMs - b.minPingMs)
  left = without(
    left,
    KEEP_BY_USE,
    (a, b) => b.usefulAtMs - a.usefulAtMs,
    ({ usefulAtMs }) => usefulAtMs >= 0,
  )
  const half = Math.floor(left.length / 2)
  const scarce = left
    .filter(({ scarceNetwork }) => scarceNetwork)
    .sort(byUptime)
    .slice(0, Math.floor(half / 2))
  left = left.filter((candidate) => !scarce.includes(candidate))
  left = without(left, half - scarce.length, byUptime)
  const discouraged = left.filter((candidate) => candidate.discouraged)
  return youngestOfLargestGroup(discouraged.length > 0 ? discouraged : left)
}

/** Bitcoin Core's rules as the policy of admission of a node. */
export function evictWorst(
  random: Random = systemRandom,
): (inbound: readonly EvictionCandidate[]) => string | undefined {
  const salt = random.uint32()
  return (inbound) => chooseEviction(inbound, salt)
}

function byUptime(a: EvictionCandidate, b: EvictionCandidate): number {
  return a.connectedAtMs - b.connectedAtMs
}

/** Takes the best `count` out of the running. */
function without(
  candidates: readonly EvictionCandidate[],
  count: number,
  better: (a: EvictionCandidate, b: EvictionCandidate) => number,
  eligible: (candidate: EvictionCandidate) => boolean = () => true,
): EvictionCandidate[] {
  const kept = new Set([...candidates].filter(eligible).sort(better).slice(0, Math.max(0, count)))
  return candidates.filter((candidate) => !kept.has(candidate))
}

function youngestOfLargestGroup(candidates: readonly EvictionCandidate[]): string | undefined {
  const groups = new Map<string, EvictionCandidate[]>()
  for (const candidate of candidates) {
    const members = groups.get(candidate.group)
    if (members) members.push(candidate)
    else groups.set(candidate.group, [candidate])
  }
  let best: EvictionCandidate | undefined
  let bestSize = 0
  for (const members of groups.values()) {
    const youngest = members.reduce((a, b) => (b.connectedAtMs > a.connectedAtMs ? b : a))
    const tie = members.length === bestSize && best && youngest.connectedAtMs > best.connectedAtMs
    if (members.length > bestSize || tie) [best, bestSize] = [youngest, members.length]
  }
  return best?.id
}

// FNV-1a over the salted text: an order, not a secret.
function groupOrder(group: string, salt: number): number {
  let hash = (0x811c9dc5 ^ salt) >>> 0
  for (let i = 0; i < group.length; i++) hash = Math.imul(hash ^ group.charCodeAt(i), 0x01000193) >>> 0
  return hash
}
