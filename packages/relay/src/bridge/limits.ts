// How much of the bridge one network may use.
import { type Clock, type PrefixPolicy, prefixPolicy } from '@peerwire/core'

export interface BridgeLimits {
  /** Links at once over all targets; each costs two sockets, and 130 KiB for a way whose end doesn't read. */
  readonly links: number
  /** The same to one target: a go-ethereum takes 50 peers. */
  readonly linksPerTarget: number
  /** The same from one network prefix; some tabs of one household. */
  readonly linksPerPrefix: number
  /** Links a prefix may open at once after a quiet time. */
  readonly openBurst: number
  /** Milliseconds until a prefix gets one more. */
  readonly openIntervalMs: number
  /** Milliseconds to reach the target. */
  readonly dialMs: number
  /** Milliseconds without a byte in either direction; RLPx peers ping every 15 s. */
  readonly idleMs: number
  /** As `linksPerPrefix`, where a ticket asks. */
  readonly ticketLinksPerPrefix: number
  /** Tickets whose use is remembered, each until it ends; about 200 bytes each. */
  readonly tickets: number
  /** Milliseconds that a tab with a ticket has for its whole first handshake packet. */
  readonly authMs: number
  /** Milliseconds to find the addresses of a ticket's target. */
  readonly resolveMs: number
  /** Bytes a second of a ticket's link, both ways together, once its burst is used. */
  readonly ticketRate: number
  readonly ticketBurst: number
}

export const DEFAULT_BRIDGE_LIMITS: BridgeLimits = {
  links: 256,
  linksPerTarget: 64,
  linksPerPrefix: 8,
  openBurst: 20,
  openIntervalMs: 1_500,
  dialMs: 5_000,
  idleMs: 120_000,
  ticketLinksPerPrefix: 4,
  tickets: 100_000,
  authMs: 5_000,
  resolveMs: 2_000,
  ticketRate: 262_144,
  ticketBurst: 2_097_152,
}

/** Prefixes whose rate is remembered; the one that opened longest ago is forgotten first. */
const MAX_PREFIXES = 4_096

export interface Admission {
  /** Why there is no place; absent when there is one. */
  readonly denial?: string
  /** To be called once when the link is over; does nothing after a denial. */
  leave(): void
}

/** Counts links and opens; prefixes that the policy exempts are counted in all and per target only. */
export class BridgeGate {
  readonly #limits: BridgeLimits
  readonly #clock: Clock
  readonly #prefixes: PrefixPolicy
  readonly #perTarget = new Map<string, number>()
  readonly #perPrefix = new Map<string, number>()
  /** When a prefix will have its whole burst again: of links, and of refusals with an answer. */
  readonly #openFullAt = new Map<string, number>()
  readonly #answerFullAt = new Map<string, number>()
  #links = 0

  constructor(limits: BridgeLimits, clock: Clock, prefixes: PrefixPolicy = prefixPolicy) {
    this.#limits = limits
    this.#clock = clock
    this.#prefixes = prefixes
  }

  get links(): number {
    return this.#links
  }

  /** Whether this prefix opens too fast; to be asked once per request, also for a name that is no target. */
  isTooFast(remoteAddress: string): boolean {
    return !this.#takes(this.#openFullAt, remoteAddress)
  }

  /** Whether a refusal gets an answer: as many do as links may be opened; the rest is a flood. */
  answers(remoteAddress: string): boolean {
    return this.#takes(this.#answerFullAt, remoteAddress)
  }

  #takes(fullAts: Map<string, number>, remoteAddress: string): boolean {
    const prefix = this.#prefixes.prefixOf(remoteAddress)
    if (prefix === undefined) return true
    const { openBurst, openIntervalMs } = this.#limits
    const now = this.#clock.now()
    const fullAt = Math.max(fullAts.get(prefix) ?? now, now) + openIntervalMs
    if (fullAt - now > openBurst * openIntervalMs) return false
    fullAts.delete(prefix)
    fullAts.set(prefix, fullAt)
    if (fullAts.size > MAX_PREFIXES) fullAts.delete(fullAts.keys().next().value!)
    return true
  }

  /**
   * Takes a place for a link to `alias`, or says why there is none.
   *
   * @param linksPerPrefix - most from the network, of whatever kind
   * @param shown - what the visitor knows the target as
   */
  enter(
    alias: string,
    remoteAddress: string,
    linksPerPrefix: number = this.#limits.linksPerPrefix,
    shown: string = alias,
  ): Admission {
    const { links, linksPerTarget } = this.#limits
    const prefix = this.#prefixes.prefixOf(remoteAddress)
    const ofTarget = this.#perTarget.get(alias) ?? 0
    const ofPrefix = prefix === undefined ? 0 : (this.#perPrefix.get(prefix) ?? 0)
    if (this.#links >= links) return denied(`the bridge carries ${links} links already`)
    if (ofTarget >= linksPerTarget) return denied(`${shown} has ${linksPerTarget} links already`)
    if (ofPrefix >= linksPerPrefix) return denied(`your network has ${linksPerPrefix} links already`)
    this.#links++
    change(this.#perTarget, alias, 1)
    if (prefix !== undefined) change(this.#perPrefix, prefix, 1)
    let left = false
    return {
      leave: () => {
        if (left) return
        left = true
        this.#links--
        change(this.#perTarget, alias, -1)
        if (prefix !== undefined) change(this.#perPrefix, prefix, -1)
      },
    }
  }
}

function denied(why: string): Admission {
  return { denial: why, leave: () => undefined }
}

function change(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}
