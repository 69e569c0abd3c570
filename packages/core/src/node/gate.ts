// Who may begin an inbound handshake, and when: bounds and throttles that come before any cryptography, and turns.
import { hostOf, prefixPolicy, visitorPrefixOf } from '../addresses/prefix.ts'
import type { PrefixPolicy } from '../addresses/prefix.ts'
import type { Clock } from '../base/clock.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import type { InboundRule, WaitingPlace } from '../wire/link.ts'
import { type Bucket, createBucket, type Rate, take, tokensOf } from './bucket.ts'
import type { Waiting } from './set-up.ts'
import { Turns } from './turns.ts'
import { WaitingRoom } from './waiting-room.ts'

/** Prefixes and addresses remembered; past it the oldest are forgotten, which only lets their networks in sooner. */
const MAX_REMEMBERED = 10_000

/** Share of the starts at once that is kept for networks from which nobody has come in so many milliseconds. */
const KEPT_FOR_QUIET = 0.25
const QUIET_MS = 10_000

export interface GateLimits {
  readonly waitingInbound: number
  readonly pendingInbound: number
  readonly pendingPerPrefix: number
  readonly startsPerSecond: number
  readonly startsBurst: number
  readonly startsPerSecondPerPrefix: number
  readonly acceptIntervalMs: number
  readonly visitsPerSecond: number
  readonly visitsBurst: number
}

/** A place among the handshakes in progress. */
export interface GateEntry {
  /** Keeps bytes until it is this connection's turn among those of other networks, and its link from reading on. */
  readonly wait: (setUp: Waiting, chunk: Uint8Array) => void
  /** Gives the place back; once. */
  readonly leave: () => void
}

/** Why there is no place. */
export interface GateRefusal {
  readonly name: 'throttled' | 'full'
  readonly words: string
  /** Whole seconds from 1 on after which it is worth another try. */
  readonly retryS: number
}

/** Whom a link comes from. */
interface Source {
  readonly rule: InboundRule
  readonly host: string
  /** Absent: exempt from what counts per network. */
  readonly prefix: string | undefined
  /** What it counts by among those in progress and takes turns by: who is exempt by its host. */
  readonly key: string
  readonly nowMs: number
}

/** What is remembered of a prefix. */
interface Known {
  readonly starts: Bucket
  /** Refusals with an answer: as many as starts, so that a flood costs no more than twice of what is let in. */
  readonly answers: Bucket
}

export class Gate {
  readonly #clock: Clock
  readonly prefixes: PrefixPolicy
  readonly #limits: GateLimits
  /** Connections that are no links yet, and handshakes in progress. */
  readonly #waiting: WaitingRoom
  readonly #pending: WaitingRoom
  readonly #known = new Map<string, Known>()
  readonly #accepted = new Map<string, number>()
  readonly #all: Known
  readonly #turns: Turns

  constructor(clock: Clock, limits: GateLimits, prefixes: PrefixPolicy = prefixPolicy) {
    this.#clock = clock
    this.prefixes = prefixes
    this.#limits = limits
    this.#turns = new Turns(clock)
    this.#waiting = new WaitingRoom(limits.waitingInbound)
    this.#pending = new WaitingRoom(limits.pendingInbound)
    this.#all = createKnown(this.#rateOfAll, clock.now())
  }

  /** Handshakes in progress. */
  get pending(): number {
    return this.#pending.count
  }

  /** Connections that are no links yet. */
  get waiting(): number {
    return this.#waiting.count
  }

  /** A place for a connection that is no link yet; somebody gives one up where there is none. */
  waits(remoteAddress: string, rule: InboundRule | undefined, giveUp: () => void): WaitingPlace {
    const keyOf = (address: string): string => this.#sourceOf(address, rule).key
    const place = this.#waiting.enter(keyOf(remoteAddress), giveUp)
    return {
      move: (address) => this.#waiting.move(place, keyOf(address)),
      leave: () => this.#waiting.leave(place),
    }
  }

  /** Prefixes and addresses that are remembered now. */
  get remembered(): number {
    return this.#known.size + this.#accepted.size
  }

  /** Whether a link from there would be let in, or at least told why not. Asking changes nothing. */
  admits(remoteAddress: string, rule?: InboundRule): boolean {
    const source = this.#sourceOf(remoteAddress, rule)
    return this.#refusalOf(source) === undefined || this.#mayAnswer(source)
  }

  /** Whether a refusal gets an answer; counts it. */
  answers(remoteAddress: string, rule?: InboundRule): boolean {
    const source = this.#sourceOf(remoteAddress, rule)
    if (!this.#mayAnswer(source)) return false
    take(this.#all.answers, this.#rateOfAll, source.nowMs)
    if (source.prefix !== undefined) take(this.#remember(source).answers, this.#rateOf(source), source.nowMs)
    return true
  }

  /** The same for one whom the transport turns away: it counts as one that was let in, as long as it would be. */
  answersVisit(remoteAddress: string, rule?: InboundRule): boolean {
    const source = this.#sourceOf(remoteAddress, rule)
    if (this.#refusalOf(source)) return this.answers(remoteAddress, rule)
    this.#note(source)
    return true
  }

  /**
   * A place, or why there is none. Exempt addresses obey the bounds in all and no network has more than half of the
   * places; other bounds per network aren't theirs.
   *
   * @param giveUp - ends the handshake: its place is given to another one
   */
  enter(remoteAddress: string, rule?: InboundRule, giveUp: () => void = () => undefined): GateEntry | GateRefusal {
    const source = this.#sourceOf(remoteAddress, rule)
    const refusal = this.#refusalOf(source)
    if (refusal) return refusal
    this.#note(source)
    const { key } = source
    const place = this.#pending.enter(key, giveUp)
    return { leave: () => this.#pending.leave(place), wait: (setUp, chunk) => this.#wait(key, setUp, chunk) }
  }

  /** Forgets what waits. */
  close(): void {
    this.#turns.close()
  }

  #wait(key: string, setUp: Waiting, chunk: Uint8Array): void {
    let done = false
    let paused = false
    this.#turns.add(key, () => {
      done = true
      setUp.read(chunk)
      if (paused && setUp.reads) setUp.task.link.resume()
    })
    if (done) return
    paused = true
    setUp.task.link.pause()
  }

  #sourceOf(remoteAddress: string, rule: InboundRule = 'per address'): Source {
    const host = hostOf(remoteAddress)
    const prefix =
      rule === 'per address' ? this.prefixes.prefixOf(remoteAddress) : visitorPrefixOf(remoteAddress, this.prefixes)
    return { rule, host, prefix, key: prefix ?? host, nowMs: this.#clock.now() }
  }

  #refusalOf(source: Source): GateRefusal | undefined {
    const { key, nowMs } = source
    if (!this.#pending.hasRoom(key)) return full(`${this.pending} handshakes are in progress`)
    const refusal = source.rule === 'per address' ? this.#ofAddress(source) : this.#ofVisitor(source)
    if (refusal) return refusal
    const kept = this.#isQuiet(source) ? 0 : this.#limits.startsBurst * KEPT_FOR_QUIET
    if (hasToken(this.#all.starts, this.#rateOfAll, nowMs, kept)) return undefined
    const words = `more than ${this.#limits.startsPerSecond} handshakes a second`
    return this.#throttled(words, this.#all, this.#rateOfAll, nowMs)
  }

  // Whoever comes from elsewhere than a flood is let in beside it.
  #isQuiet(source: Source): boolean {
    const starts = source.prefix === undefined ? undefined : this.#known.get(knownKey(source))?.starts
    return !starts || starts.tokens === this.#rateOf(source).burst || source.nowMs - starts.atMs >= QUIET_MS
  }

  // One accepted connection of an address in 30 s, as in go-ethereum, and a few at once of its network.
  #ofAddress(source: Source): GateRefusal | undefined {
    const { prefix, host, nowMs } = source
    if (prefix === undefined) return undefined
    const { pendingPerPrefix, acceptIntervalMs, startsPerSecondPerPrefix } = this.#limits
    const pending = this.#pending.countOf(prefix)
    if (pending >= pendingPerPrefix) return full(`${pending} handshakes from ${prefix} are in progress`)
    const agoMs = nowMs - (this.#accepted.get(host) ?? -Infinity)
    if (agoMs < acceptIntervalMs) {
      const words = `${host} had a connection accepted ${Math.round(agoMs)} ms ago`
      return { name: 'throttled', words, retryS: Math.ceil((acceptIntervalMs - agoMs) / 1000) }
    }
    return this.#tooFast(source, `more than ${startsPerSecondPerPrefix} handshakes a second from ${prefix}`)
  }

  // Many share an address: only a flood is faster than a school whose tabs are all reloaded.
  #ofVisitor(source: Source): GateRefusal | undefined {
    const { visitsBurst, visitsPerSecond } = this.#limits
    return this.#tooFast(
      source,
      `more than ${visitsBurst} at once or ${visitsPerSecond} a second from ${source.prefix}`,
    )
  }

  #tooFast(source: Source, words: string): GateRefusal | undefined {
    const known = this.#known.get(knownKey(source))
    const rate = this.#rateOf(source)
    if (!known || hasToken(known.starts, rate, source.nowMs)) return undefined
    return this.#throttled(words, known, rate, source.nowMs)
  }

  // Those who were told to come back before take their turn first.
  #throttled(words: string, { answers }: Known, rate: Rate, nowMs: number): GateRefusal {
    const before = rate.burst - tokensOf(answers, rate, nowMs)
    return { name: 'throttled', words, retryS: Math.max(1, Math.ceil((before + 1) / rate.perSecond)) }
  }

  #note(source: Source): void {
    const { rule, host, prefix, nowMs } = source
    take(this.#all.starts, this.#rateOfAll, nowMs)
    if (prefix === undefined) return
    take(this.#remember(source).starts, this.#rateOf(source), nowMs)
    if (rule === 'per address' && this.#limits.acceptIntervalMs > 0) remember(this.#accepted, host, nowMs)
  }

  #mayAnswer(source: Source): boolean {
    const known = source.prefix === undefined ? undefined : this.#known.get(knownKey(source))
    if (known && !hasToken(known.answers, this.#rateOf(source), source.nowMs)) return false
    return hasToken(this.#all.answers, this.#rateOfAll, source.nowMs)
  }

  #remember(source: Source): Known {
    const key = knownKey(source)
    const known = this.#known.get(key) ?? createKnown(this.#rateOf(source), source.nowMs)
    remember(this.#known, key, known)
    return known
  }

  get #rateOfAll(): Rate {
    return { perSecond: this.#limits.startsPerSecond, burst: this.#limits.startsBurst }
  }

  #rateOf({ rule }: Source): Rate {
    const { startsPerSecondPerPrefix, visitsPerSecond, visitsBurst } = this.#limits
    if (rule === 'per prefix') return { perSecond: visitsPerSecond, burst: visitsBurst }
    return { perSecond: startsPerSecondPerPrefix, burst: startsPerSecondPerPrefix }
  }
}

/** The error of a refusal, for logs. */
export function refusalError({ words }: Pick<GateRefusal, 'words'>): PeerError {
  return new PeerError('link refused', DiscReason.tooManyPeers, words)
}

function full(words: string): GateRefusal {
  return { name: 'full', words, retryS: 1 }
}

// The same /64 may come over transports with different rules.
function knownKey({ rule, prefix }: Source): string {
  return `${rule} ${prefix}`
}

function createKnown(rate: Rate, nowMs: number): Known {
  return { starts: createBucket(rate, nowMs), answers: createBucket(rate, nowMs) }
}

function hasToken(bucket: Bucket, rate: Rate, nowMs: number, kept = 0): boolean {
  return tokensOf(bucket, rate, nowMs) >= 1 + kept
}

// Newest last, so that the first key is the one to forget.
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= MAX_REMEMBERED) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    break
  }
}
