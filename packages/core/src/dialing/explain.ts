// Says why a node is or is not dialed, as data and as a sentence, and shows all that the dialer knows.
import { shortKey, toHex } from '../base/bytes.ts'
import type { PeerErrorJson } from '../errors/peer-error.ts'
import { commonRefusal, refusalOf } from './refusal.ts'
import { candidateRoom, outboundCount, persistentRoom } from './slots.ts'
import type { SourceInfo } from './sources.ts'
import type { DialRefusal, DialState, Past, Persistent, Target } from './state.ts'

/** Why a node is or is not dialed now. */
export interface DialExplanation {
  readonly state: 'connected' | 'dialing' | 'waiting' | 'refused' | 'unknown'
  readonly reason: DialReason
  /** What ended the latest dial or connection. */
  readonly lastError?: PeerErrorJson
  /** When it may be dialed again, in milliseconds of the clock; absent where no time is set. */
  readonly nextAtMs?: number
  readonly sentence: string
}

export type DialReason =
  | DialRefusal
  | 'no free slot'
  | 'unusual port'
  | 'retry delay'
  | 'no endpoint'
  | 'ready'
  | 'not a candidate'

/**
 * @param lastRefusal - the latest refusal of this node as a candidate, if it is still remembered
 * @param nameOf - what the sentence calls a node; by default its key, shortened
 */
export function explain(
  state: DialState,
  node: Target,
  lastRefusal: DialRefusal | undefined,
  nowMs: number,
  nameOf: (node: Target) => string = ({ publicKey }) => shortKey(publicKey),
): DialExplanation {
  const { id } = node
  const persistent = state.persistent.get(id)
  const past = state.past.get(id)
  const waiting = state.waiting.find((candidate) => candidate.target.id === id)
  const lastError = (persistent ?? past)?.lastError?.toJSON()
  const target = persistent?.target ?? waiting?.target ?? node
  const found = findReason(state, target, lastRefusal, nowMs)
  const laterMs = persistent && found.state === 'waiting' ? persistent.nextAtMs : past?.nextAtMs
  const nextAtMs = found.timed && laterMs !== undefined && laterMs > nowMs ? laterMs : undefined
  const wait = nextAtMs === undefined ? '' : `, next in ${Math.ceil((nextAtMs - nowMs) / 1000)} s`
  const last = lastError && found.state !== 'connected' ? `; last error: ${lastError.code} (${lastError.message})` : ''
  return {
    state: found.state,
    reason: found.reason,
    ...(lastError && { lastError }),
    ...(nextAtMs !== undefined && { nextAtMs }),
    sentence: `${nameOf(target)} is ${persistent ? 'persistent and ' : ''}${found.state}: ${found.reason}${wait}${last}`,
  }
}

interface Found {
  readonly state: DialExplanation['state']
  readonly reason: DialReason
  /** Whether passing time ends it. */
  readonly timed?: boolean
}

function findReason(state: DialState, target: Target, lastRefusal: DialRefusal | undefined, nowMs: number): Found {
  const common = commonRefusal(state, target)
  if (common === 'already dialing') return { state: 'dialing', reason: common }
  if (common === 'already connected') return { state: 'connected', reason: common }
  const persistent = state.persistent.get(target.id)
  if (common) return { state: persistent && common === 'pending inbound' ? 'waiting' : 'refused', reason: common }
  if (persistent) {
    if (!target.endpoint) return { state: 'waiting', reason: 'no endpoint' }
    if (persistent.nextAtMs === Infinity) return { state: 'refused', reason: 'told to stay away' }
    if (persistent.nextAtMs > nowMs) return { state: 'waiting', reason: 'retry delay', timed: true }
    return { state: 'waiting', reason: persistentRoom(state, nowMs) > 0 ? 'ready' : 'no free slot' }
  }
  const waiting = state.waiting.find((candidate) => candidate.target.id === target.id)
  const refusal = refusalOf(state, target, nowMs)
  if (refusal) return { state: 'refused', reason: refusal, timed: refusal !== 'told to stay away' }
  if (waiting) return { state: 'waiting', reason: candidateRoom(state, nowMs) > 0 ? 'unusual port' : 'no free slot' }
  if (lastRefusal) return { state: 'refused', reason: lastRefusal }
  return { state: 'unknown', reason: 'not a candidate' }
}

/**
 * All that the dialer knows, as plain JSON. Times are milliseconds of the clock; an `id` is the keccak-256 of a public
 * key, here as everywhere.
 */
export interface DialerInfo {
  readonly preset: string
  readonly outbound: { readonly now: number; readonly target: number }
  readonly freeSlots: number
  readonly dialing: readonly RunningInfo[]
  readonly connected: readonly ConnectedInfo[]
  /** Ids. */
  readonly pendingInbound: readonly string[]
  readonly persistent: readonly (DialerNodeInfo & { readonly publicKeyHex: string })[]
  readonly recent: readonly DialerNodeInfo[]
  /** Ids. */
  readonly waiting: readonly string[]
  readonly sources: readonly SourceInfo[]
  /** Candidates that were not dialed, by reason, since the start. */
  readonly refused: Readonly<Record<string, number>>
  readonly nextAtMs: number | null
}

/** A dial under way. */
export interface RunningInfo {
  readonly id: string
  readonly publicKeyHex: string
  readonly persistent: boolean
  readonly startedAtMs: number
}

/** A connection that is a peer. */
export interface ConnectedInfo {
  /** The number of the connection, as in the lists of `inspect`. */
  readonly connection: number
  readonly id: string
  readonly direction: string
  readonly group: string | null
}

export interface DialerNodeInfo {
  readonly id: string
  readonly fails: number
  /** `null`: it told us to stay away. */
  readonly nextAtMs: number | null
  readonly lastError: PeerErrorJson | null
}

export function inspectState(
  state: DialState,
  sources: readonly SourceInfo[],
  refused: ReadonlyMap<DialRefusal, number>,
  nextAtMs: number | undefined,
  nowMs: number,
): DialerInfo {
  return {
    preset: state.policy.preset,
    outbound: { now: outboundCount(state), target: state.policy.outbound },
    freeSlots: Math.max(0, candidateRoom(state, nowMs)),
    dialing: [...state.dialing.values()].map(({ target, persistent, startedAtMs }) => ({
      id: target.id,
      publicKeyHex: toHex(target.publicKey),
      persistent,
      startedAtMs,
    })),
    connected: connectedInfo(state),
    pendingInbound: [...state.inbound.keys()],
    persistent: [...state.persistent].map(([id, node]) => ({
      ...nodeInfo(id, node),
      publicKeyHex: toHex(node.target.publicKey),
    })),
    recent: [...state.past].map(([id, node]) => nodeInfo(id, node)),
    waiting: state.waiting.map(({ target }) => target.id),
    sources,
    refused: Object.fromEntries(refused),
    nextAtMs: nextAtMs ?? null,
  }
}

function connectedInfo({ peers, guests }: DialState): ConnectedInfo[] {
  const groups = [...guests.values()].flatMap((some) => [...some.values()])
  return [peers, ...groups]
    .flatMap((few) => [...few])
    .map(([id, { number, direction, group }]) => ({ connection: number, id, direction, group: group ?? null }))
}

function nodeInfo(id: string, { fails, nextAtMs, lastError }: Persistent | Past): DialerNodeInfo {
  const laterMs = nextAtMs === Infinity ? null : nextAtMs
  return { id, fails, nextAtMs: laterMs, lastError: lastError?.toJSON() ?? null }
}
