// How many peers a node dials, and how soon again: two presets of one policy object.
import { checkOptions } from '../base/check-options.ts'
import type { Endpoint } from '../wire/address.ts'
import { part } from './places.ts'

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
  /** Outbound peers to keep, if the node has room for them. */
  readonly outbound: number
  /** Whether the user has said how many: otherwise the node's `maxPeers` decides. */
  readonly isOutboundGiven: boolean
  /** One of so many peers is dialed, whatever the number; `undefined`: at most 8 are. */
  readonly dialRatio: number | undefined
  /** Dials for each missing peer, as far as there are places for them. */
  readonly dialsPerPeer: number
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
  /**
   * Outbound peers to keep; `keep-8` only, default 8, and fewer in a node with few places (`maxPeers` of `createNode`).
   * 0 dials none but persistent ones.
   */
  readonly outbound?: number | undefined
  /** Peers in all, if not the node's; `ethereum` dials `maxPeers / dialRatio` of them. */
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

const KINDS = {
  preset: 'other',
  outbound: 'count',
  maxPeers: 'count',
  dialRatio: 'count',
  maxActive: 'limit',
  onePerGroup: 'flag',
  retryMaxMs: 'limit',
  restrict: 'call',
} as const

/**
 * The policy of a preset with changes.
 *
 * @throws {TypeError} naming the option that is wrong, or those that contradict each other
 */
export function dialPolicy(options: DialPolicyOptions | DialPolicy['preset'] = {}): DialPolicy {
  const given = checkOptions('dialPolicy', typeof options === 'string' ? { preset: options } : options, KINDS)
  const { preset = 'keep-8', maxActive = MAX_ACTIVE, maxPeers, restrict, retryMaxMs = RETRY_MAX_MS } = given
  if (preset !== 'keep-8' && preset !== 'ethereum') throw new TypeError(`no dial preset is named ${String(preset)}`)
  const ethereum = preset === 'ethereum'
  for (const name of ethereum ? (['outbound', 'retryMaxMs'] as const) : (['dialRatio'] as const)) {
    if (given[name] !== undefined) throw new TypeError(`${name} contradicts the dial preset ${preset}`)
  }
  const dialRatio = ethereum ? (given.dialRatio ?? DIAL_RATIO) : undefined
  const outbound =
    dialRatio === undefined
      ? (given.outbound ?? Math.min(OUTBOUND, maxPeers ?? OUTBOUND))
      : part(maxPeers ?? ETHEREUM_MAX_PEERS, dialRatio)
  if (outbound > (maxPeers ?? outbound)) throw new TypeError(`outbound ${outbound} contradicts maxPeers ${maxPeers}`)
  return {
    preset,
    outbound,
    isOutboundGiven: given.outbound !== undefined || maxPeers !== undefined,
    dialRatio,
    dialsPerPeer: ethereum ? 2 : 1,
    maxActive,
    persistentCounts: ethereum,
    cancelSurplus: !ethereum,
    onePerGroup: given.onePerGroup ?? !ethereum,
    historyMs: HISTORY_MS,
    retryMaxMs: ethereum ? undefined : retryMaxMs,
    restrict,
  }
}
