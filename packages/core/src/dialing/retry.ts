// How long to wait before a node is dialed again. Knows errors and times, and nothing of reputation.
import type { WaitClass } from '../errors/codes.ts'
import { toldWaitMs, waitOf } from '../errors/waits.ts'
import type { PeerError } from '../errors/peer-error.ts'
import { type DialPolicy, RETRY_STEP_MS } from './policy.ts'
import { type DialState, drawChance, type Past, type Persistent, type Target, withEntry } from './state.ts'

/**
 * A connection that lasted less is counted as a failure, or a remote that drops us at once would be dialed without
 * end.
 */
const SHORT_LIFE_MS = 5_000
/** First wait after a failure of a loopback or LAN address, where nothing is throttled. */
const LOCAL_WAIT_MS = 1_000
/** Longest wait. */
const LONGEST_WAIT_MS = 3_600_000
/** What the classes mean; the usual wait is that of the history. */
const WAIT_MS: Readonly<Record<WaitClass, number | undefined>> = {
  usual: undefined,
  quarrel: 180_000,
  useless: 900_000,
  hopeless: LONGEST_WAIT_MS,
}
/** A wait that ended so long ago is forgotten, failures in a row included. */
const FORGET_MS = 600_000
/** Nodes remembered; past it those whose wait ends first, or is the oldest of more than an hour, are forgotten. */
export const MAX_PAST = 1_000
/**
 * Persistent waits differ by this share either way, so that nodes that lost each other together don't meet together.
 */
const JITTER = 0.2
/** First and longest wait between two resolves of a node that can't be found, as in go-ethereum. */
export const RESOLVE_MS = 60_000
export const RESOLVE_MAX_MS = 3_600_000

/** How long a candidate's latest failure keeps it away, when it was the `fails`th in a row. */
export function backoffMs(error: PeerError | undefined, fails: number, local: boolean, historyMs: number): number {
  const toldMs = error && toldWaitMs(error)
  if (toldMs !== undefined) return toldMs
  const once = waitFor(error) ?? (local ? LOCAL_WAIT_MS : historyMs)
  const longest = once === LOCAL_WAIT_MS ? historyMs : LONGEST_WAIT_MS
  return Math.min(once * Math.max(1, fails), longest)
}

function waitFor(error: PeerError | undefined): number | undefined {
  return error && (toldWaitMs(error) ?? WAIT_MS[waitOf(error)])
}

/** Nobody is dialed twice within the history, but for those who can't mind: loopback and LAN. */
export function afterDialStart(state: DialState, target: Target, nowMs: number): DialState {
  const { id } = target
  const persistent = state.persistent.get(id)
  if (persistent) {
    return { ...state, persistent: withEntry(state.persistent, id, { ...persistent, dialedAtMs: nowMs }) }
  }
  const before = pastOf(state, id, nowMs)
  const nextAtMs = nowMs + (target.group === undefined ? 0 : state.policy.historyMs)
  return withPast(state, id, {
    ...before,
    fails: before?.fails ?? 0,
    dialedAtMs: nowMs,
    nextAtMs,
    refusal: 'dialed recently',
  })
}

/** What is remembered of a candidate. */
export function pastOf(state: DialState, id: string, nowMs: number): Past | undefined {
  const past = state.past.get(id)
  return past && past.nextAtMs + FORGET_MS > nowMs ? past : undefined
}

/** Notes a failed dial, or the loss of a connection that lived for `livedMs`. */
export function afterFailure(
  state: DialState,
  failure: {
    readonly id: string
    readonly error: PeerError | undefined
    readonly local: boolean
    readonly livedMs?: number
  },
  nowMs: number,
): DialState {
  const { id, error, local, livedMs } = failure
  const lasted = livedMs !== undefined && livedMs >= SHORT_LIFE_MS
  const persistent = state.persistent.get(id)
  if (persistent) return afterPersistentFailure(state, persistent, lasted ? 1 : persistent.fails + 1, error, nowMs)
  if (lasted && waitFor(error) === undefined) return state
  const before = pastOf(state, id, nowMs)
  const fails = lasted ? 1 : (before?.fails ?? 0) + 1
  const historyEndMs = local ? nowMs : (before?.dialedAtMs ?? nowMs) + state.policy.historyMs
  return withPast(state, id, {
    fails,
    dialedAtMs: before?.dialedAtMs ?? nowMs,
    nextAtMs: Math.max(historyEndMs, nowMs + backoffMs(error, fails, local, state.policy.historyMs)),
    refusal: error && toldWaitMs(error) === Infinity ? 'told to stay away' : 'backing off',
    lastError: error,
  })
}

function afterPersistentFailure(
  state: DialState,
  persistent: Persistent,
  fails: number,
  lastError: PeerError | undefined,
  nowMs: number,
): DialState {
  const { draw, chance } = drawChance(state.chance)
  const toldMs = lastError && toldWaitMs(lastError)
  const waitMs = toldMs === undefined ? retryMs(state.policy, fails, draw) : spreadMs(toldMs, draw)
  const nextAtMs =
    waitMs === undefined ? Math.max(nowMs, persistent.dialedAtMs + state.policy.historyMs) : nowMs + waitMs
  const next = { ...persistent, fails, nextAtMs, lastError }
  return { ...state, chance, persistent: withEntry(state.persistent, persistent.target.id, next) }
}

/**
 * The wait of a persistent peer: n × 5 s up to the policy's longest, give or take the jitter; `undefined`: as the
 * history says.
 */
export function retryMs(policy: DialPolicy, fails: number, draw: number): number | undefined {
  if (policy.retryMaxMs === undefined) return undefined
  const plainMs = Math.min(fails * RETRY_STEP_MS, policy.retryMaxMs)
  const leastMs = plainMs * (1 - JITTER)
  const mostMs = Math.min(plainMs * (1 + JITTER), policy.retryMaxMs)
  return Math.floor(leastMs + (mostMs - leastMs) * (draw / 0x1_0000_0000))
}

// Never before the time that was told; those who were told the same don't come together.
function spreadMs(toldMs: number, draw: number): number {
  return Math.floor(toldMs * (1 + JITTER * (draw / 0x1_0000_0000)))
}

/** A dial has led to a peer: whatever failed before is over. */
export function afterSuccess(state: DialState, id: string): DialState {
  const past = state.past.get(id)
  return past ? withPast(state, id, { ...past, refusal: 'dialed recently', lastError: undefined }) : state
}

/** The network is back: what failed meanwhile says nothing of the nodes. Waits that have another cause stay. */
export function afterWake(state: DialState, nowMs: number): DialState {
  const persistent = new Map<string, Persistent>()
  for (const [id, node] of state.persistent)
    if (node.lastError && toldWaitMs(node.lastError) !== undefined) persistent.set(id, node)
    else persistent.set(id, { ...node, fails: 0, nextAtMs: Math.min(node.nextAtMs, nowMs) })
  const past = new Map<string, Past>()
  for (const [id, node] of state.past) {
    const kept = node.refusal === 'dialed recently' || waitFor(node.lastError) !== undefined
    const historyEndMs = node.dialedAtMs + state.policy.historyMs
    past.set(id, kept ? node : { ...node, fails: 0, nextAtMs: Math.min(node.nextAtMs, historyEndMs) })
  }
  return { ...state, persistent, past }
}

function withPast(state: DialState, id: string, entry: Past): DialState {
  const past = new Map(state.past).set(id, entry)
  if (past.size > MAX_PAST) {
    let soonest = id
    for (const [other, node] of past) if (worthUntilMs(node) < worthUntilMs(past.get(soonest)!)) soonest = other
    past.delete(soonest)
  }
  return { ...state, past }
}

// Those who said never must not take the places of all others.
function worthUntilMs({ nextAtMs, dialedAtMs }: Past): number {
  return Math.min(nextAtMs, dialedAtMs + LONGEST_WAIT_MS)
}
