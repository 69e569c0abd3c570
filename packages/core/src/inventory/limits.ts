// Every bound of the inventory, with its unit and its reason.
import { readLimits } from '../base/check-options.ts'

export interface InventoryLimits {
  /** Ids that one peer is remembered to know; the oldest go first. At most 65,535. */
  readonly knownPerPeer: number
  /** Announcements of one peer that wait for or are being asked; more are noted as known and not asked for. */
  readonly trackedPerPeer: number
  /** Items that one peer is asked for at a time, over all requests. At most 1,000. */
  readonly inFlightPerPeer: number
  /** Ids in one request. At most 1,000. */
  readonly idsPerAsk: number
  /** Items in one announcement. At most 1,000. */
  readonly itemsPerAnnounce: number
  /** Announcements that wait for one peer, of those that trickle and of the others; the oldest are dropped. */
  readonly queuedPerPeer: number
  /** Stored items that a peer which just came is told of, the newest. */
  readonly toldToNewcomer: number
  /** How long a request may take before the next announcer is asked, in milliseconds. */
  readonly askTimeoutMs: number
  /** Milliseconds that a request for an item of an urgent kind may take before another announcer is asked, too. */
  readonly urgentTimeoutMs: number
  /**
   * How long a peer whose request has lapsed may answer nothing at all before its carrier is told that it is useless,
   * in milliseconds.
   */
  readonly uselessMs: number
  /** How often an item is asked for again when nobody could say whether it is good. At most 16. */
  readonly retries: number
  /** How much later the first time, in milliseconds; each time it takes twice as long as before. */
  readonly retryMs: number
  /** How much later a peer that is not preferred is asked while a preferred one is connected, in milliseconds. */
  readonly notPreferredDelayMs: number
  /** Items that a peer is being asked for from which on it counts as busy. */
  readonly busyInFlight: number
  /** How much later what a busy peer announces is asked of it, in milliseconds. */
  readonly busyDelayMs: number
  /** Mean time between two announcements of what trickles, to all peers that dialed us, in milliseconds. */
  readonly trickleMs: number
  /** The same for each peer that we dialed. */
  readonly trickleOwnMs: number
  /** Memory for items that can be served, in bytes, with `ITEM_OVERHEAD_BYTES` for each. */
  readonly storeBytes: number
  /** How long an item is served from when it was published, where its kind doesn't say, in milliseconds. */
  readonly storeMs: number
  /**
   * How long an item of this node's own is kept while nobody asks for it, in milliseconds; its life begins when
   * somebody does.
   */
  readonly unaskedMs: number
  /** When such an item is announced again, in milliseconds, by chance up to twice that; the pause grows to 16 times. */
  readonly againMs: number
  /**
   * Ids of accepted items that are remembered, so that none comes back. Past it the oldest go of those that nobody
   * serves any more; without such, and for a source that has brought as many as there is room left, nothing more is
   * taken.
   */
  readonly seen: number
  /** How long they and those of refused items are remembered where there is room, in milliseconds. */
  readonly seenMs: number
  /**
   * How long things to do are gathered after some were done, in milliseconds: one announcement instead of many. The
   * first after a rest are done at once.
   */
  readonly gatherMs: number
  /** Ids of items that were refused and are not asked for again; the oldest of whoever sent most make room. */
  readonly rejected: number
}

/** What one stored item costs beside its bytes: measured objects, ids and links, rounded up. */
export const ITEM_OVERHEAD_BYTES = 384

/**
 * Bitcoin Core's figures where it has one (5,000 announcements, 60 s, 2 s, 100, 5 s, 15 min), go-ethereum's for the
 * sizes of messages.
 */
export const DEFAULT_LIMITS: InventoryLimits = {
  knownPerPeer: 5000,
  trackedPerPeer: 5000,
  inFlightPerPeer: 256,
  idsPerAsk: 256,
  itemsPerAnnounce: 1000,
  queuedPerPeer: 5000,
  toldToNewcomer: 1000,
  askTimeoutMs: 60_000,
  urgentTimeoutMs: 5000,
  uselessMs: 10 * 60_000,
  retries: 6,
  retryMs: 10_000,
  notPreferredDelayMs: 2000,
  busyInFlight: 100,
  busyDelayMs: 2000,
  trickleMs: 5000,
  trickleOwnMs: 2000,
  storeBytes: 32 * 1024 * 1024,
  storeMs: 15 * 60_000,
  unaskedMs: 24 * 3_600_000,
  againMs: 60_000,
  seen: 65_536,
  seenMs: 24 * 3_600_000,
  gatherMs: 10,
  rejected: 5000,
}

const MAY_BE_0 = ['notPreferredDelayMs', 'busyDelayMs', 'gatherMs'] as const
/**
 * The compact sets have places of 16 bits; a message of `inv/1` has room for 1,000 ids, as many as may be asked for.
 */
const MOST: Readonly<Record<string, number>> = {
  knownPerPeer: 0xffff,
  inFlightPerPeer: 1000,
  idsPerAsk: 1000,
  itemsPerAnnounce: 1000,
  retries: 16,
}

/**
 * Fills in the defaults.
 *
 * @throws {TypeError} when a figure is not a whole number above 0
 * @throws {RangeError} when it is past what the compact sets can hold
 */
export function inventoryLimits(given?: Partial<InventoryLimits>): InventoryLimits {
  const limits = readLimits('inventory', DEFAULT_LIMITS, given, MAY_BE_0)
  for (const [name, most] of Object.entries(MOST)) {
    const value = limits[name as keyof InventoryLimits]
    if (value > most) throw new RangeError(`limits.${name} of inventory must be at most ${most}, not ${value}`)
  }
  return limits
}
