// Every bound of the inventory, with its unit and its reason.

export interface InventoryLimits {
  /** Ids that one peer is remembered to know; the oldest go first. At most 65,535. */
  readonly knownPerPeer: number
  /** Announcements of one peer that wait for or are being asked; more are noted as known and not asked for. */
  readonly trackedPerPeer: number
  /** Items that one peer is asked for at a time, over all requests. */
  readonly inFlightPerPeer: number
  /** Ids in one request. */
  readonly idsPerAsk: number
  /** Items in one announcement. */
  readonly itemsPerAnnounce: number
  /** Announcements that wait for one peer; the oldest are dropped. */
  readonly queuedPerPeer: number
  /** Stored items that a peer which just came is told of, the newest. */
  readonly toldToNewcomer: number
  /** How long a request may take before the next announcer is asked, in milliseconds. */
  readonly askTimeoutMs: number
  /** How much later a peer that is not preferred is asked while a preferred one is connected, in milliseconds. */
  readonly notPreferredDelayMs: number
  /** Memory for items that can be served, in bytes, with `ITEM_OVERHEAD_BYTES` for each. */
  readonly storeBytes: number
  /** How long an item can be served, in milliseconds. */
  readonly storeMs: number
  /** How long things to do are gathered before they are done, in milliseconds: one announcement instead of many. */
  readonly gatherMs: number
  /** Ids of items that were refused and are not asked for again. At most 65,535. */
  readonly rejected: number
}

/** What one stored item costs beside its bytes: measured objects, ids and links, rounded up. */
export const ITEM_OVERHEAD_BYTES = 384

/**
 * Bitcoin Core's figures where it has one (5,000 announcements, 60 s, 2 s, 15 min), go-ethereum's for the sizes of
 * messages.
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
  notPreferredDelayMs: 2000,
  storeBytes: 32 * 1024 * 1024,
  storeMs: 15 * 60_000,
  gatherMs: 10,
  rejected: 5000,
}

/**
 * Fills in the defaults.
 *
 * @throws {RangeError} when a figure is not a whole number above 0, or past what the compact sets can hold
 */
export function inventoryLimits(given: Partial<InventoryLimits> = {}): InventoryLimits {
  const limits = { ...DEFAULT_LIMITS, ...given }
  for (const [name, value] of Object.entries(limits)) {
    const least = name === 'notPreferredDelayMs' || name === 'gatherMs' ? 0 : 1
    const most = name === 'knownPerPeer' || name === 'rejected' ? 0xffff : Number.MAX_SAFE_INTEGER
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      throw new RangeError(`${name} must be a whole number from ${least} to ${most}, not ${value}`)
    }
  }
  return limits
}
