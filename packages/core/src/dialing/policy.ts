// How many peers a node dials, and how soon again: two presets of one policy object.
import type { Endpoint } from '../wire/address.ts'

/**
 * How long a dialed node is left alone: go-ethereum refuses a second connection from one address for 30 s, plus 5 s of
 * grace.
 */
export const HISTORY_MS = 35_000
/** Dials under way at once, as in go-ethereum. */
const MAX_ACTIVE = 50
/** Outbound peers that btcd and Bitcoin Core keep. */
const OUTBOUND = 8
/** Peers in all when the `ethereum` preset is told nothing, as in go-ethereum's clients. */
const ETHEREUM_MAX_PEERS = 50
/** go-ethereum dials one of three of its peers and leaves the rest to inbound ones. */
const DIAL_RATIO = 3
/** A persistent peer waits this much longer after each failure in a row. */
export const RETRY_STEP_MS = 5_000
/** Longest wait of a persistent peer, so that a node that returns is found again within minutes. */
const RETRY_MAX_MS = 300_000

/** What `step` obeys. Make it with `dialPolicy`. */
export interface DialPolicy {
  readonly preset: 'keep-8' | 'ethereum'
  /** Outbound peers to keep. */
  readonly outbound: number
  /** Dials under way at once, persistent ones included. */
  readonly maxActive: number
  /** Whether persistent peers take of `outbound`. If not, they come on top of it. */
  readonly persistentCounts: boolean
  /** Whether dials that are no longer needed are cancelled, so that `outbound` is not exceeded. */
  readonly cancelSurplus: boolean
  /** One outbound peer per network group at a time. */
  readonly onePerGroup: boolean
  readonly historyMs: number
  /** Longest wait of a persistent peer; `undefined`: it is dialed again when its history ends. */
  readonly retryMaxMs: number | undefined
  /** Answers whether an endpoint may be dialed at all; must be pure. */
  readonly restrict: ((endpoint: Endpoint) => boolean) | undefined
}

/** What a user may say; options that contradict the preset or each other are a TypeError. */
export interface DialPolicyOptions {
  /** Default `keep-8`. */
  readonly preset?: 'keep-8' | 'ethereum' | undefined
  /** Outbound peers to keep; `keep-8` only, default 8. 0 dials none but persistent ones. */
  readonly outbound?: number | undefined
  /** Peers in all; `ethereum` dials `maxPeers / dialRatio` of them. */
  readonly maxPeers?: number | undefined
  /** `ethereum` only, default 3; 0 dials nobody. */
  readonly dialRatio?: number | undefined
  /** Dials under way at once; default 50. */
  readonly maxActive?: number | undefined
  /** Default: true for `keep-8`, false for `ethereum`. */
  readonly onePerGroup?: boolean | undefined
  /** Longest wait of a persistent peer; `keep-8` only, default 300 s. A page passes 30 s. */
  readonly retryMaxMs?: number | undefined
  readonly restrict?: ((endpoint: Endpoint) => boolean) | undefined
}

/**
 * The policy of a preset with changes.
 *
 * @throws {TypeError} when options contradict each other
 * @throws {RangeError} when a number is not a whole one from its least value up
 */
export function dialPolicy(options: DialPolicyOptions | DialPolicy['preset'] = {}): DialPolicy {
  const given = typeof options === 'string' ? { preset: options } : options
  const { preset = 'keep-8', maxActive = MAX_ACTIVE, maxPeers, restrict } = given
  if (preset !== 'keep-8' && preset !== 'ethereum') throw new TypeError(`no dial preset is named ${String(preset)}`)
  const ethereum = preset === 'ethereum'
  for (const name of ethereum ? (['outbound', 'retryMaxMs'] as const) : (['dialRatio'] as const)) {
    if (given[name] !== undefined) throw new TypeError(`${name} contradicts the dial preset ${preset}`)
  }
  checkWhole('maxActive', maxActive, 1)
  if (maxPeers !== undefined) checkWhole('maxPeers', maxPeers, 0)
  const outbound = ethereum
    ? shareOf(maxPeers, given.dialRatio)
    : (given.outbound ?? Math.min(OUTBOUND, maxPeers ?? OUTBOUND))
  checkWhole('outbound', outbound, 0)
  if (outbound > (maxPeers ?? outbound)) throw new TypeError(`outbound ${outbound} contradicts maxPeers ${maxPeers}`)
  const { retryMaxMs = RETRY_MAX_MS } = given
  checkWhole('retryMaxMs', retryMaxMs, 1)
  return {
    preset,
    outbound,
    maxActive,
    persistentCounts: ethereum,
    cancelSurplus: !ethereum,
    onePerGroup: given.onePerGroup ?? !ethereum,
    historyMs: HISTORY_MS,
    retryMaxMs: ethereum ? undefined : retryMaxMs,
    restrict,
  }
}

function shareOf(maxPeers = ETHEREUM_MAX_PEERS, dialRatio = DIAL_RATIO): number {
  checkWhole('dialRatio', dialRatio, 0)
  if (dialRatio === 0 || maxPeers === 0) return 0
  return Math.max(1, Math.floor(maxPeers / dialRatio))
}

function checkWhole(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least)
    throw new RangeError(`${name} must be a whole number from ${least}, not ${value}`)
}
