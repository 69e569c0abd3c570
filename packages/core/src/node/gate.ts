// Who may begin an inbound handshake, and when: bounds and throttles that come before any cryptography, and turns.
import { hostOf, prefixPolicy } from '../addresses/prefix.ts'
import type { PrefixPolicy } from '../addresses/prefix.ts'
import type { Clock } from '../base/clock.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import type { Waiting } from './set-up.ts'
import { Turns } from './turns.ts'

/** Prefixes and addresses remembered; past it the oldest are forgotten, which only lets their networks in sooner. */
const MAX_REMEMBERED = 10_000

export interface GateLimits {
  readonly pendingInbound: number
  readonly pendingPerPrefix: number
  readonly startsPerSecond: number
  readonly startsPerSecondPerPrefix: number
  readonly acceptIntervalMs: number
}

/** A place among the handshakes in progress. */
export interface GateEntry {
  /** Keeps bytes until it is this connection's turn among those of other networks, and its link from reading on. */
  readonly wait: (setUp: Waiting, chunk: Uint8Array) => void
  /** Gives the place back; once. */
  readonly leave: () => void
}

interface Bucket {
  tokens: number
  atMs: number
}

export class Gate {
  readonly #clock: Clock
  readonly prefixes: PrefixPolicy
  readonly #limits: GateLimits
  readonly #pending = new Map<string, number>()
  readonly #starts = new Map<string, Bucket>()
  readonly #accepted = new Map<string, number>()
  readonly #allStarts: Bucket
  readonly #turns: Turns
  #count = 0

  constructor(clock: Clock, limits: GateLimits, prefixes: PrefixPolicy = prefixPolicy) {
    this.#clock = clock
    this.prefixes = prefixes
    this.#limits = limits
    this.#turns = new Turns(clock)
    this.#allStarts = { tokens: limits.startsPerSecond, atMs: clock.now() }
  }

  /** Handshakes in progress. */
  get pending(): number {
    return this.#count
  }

  /** Prefixes and addresses that are remembered now. */
  get remembered(): number {
    return this.#starts.size + this.#accepted.size
  }

  /** A place, or why there is none. Exempt addresses obey the bounds in all, not those per network. */
  enter(remoteAddress: string): GateEntry | PeerError {
    const prefix = this.prefixes.prefixOf(remoteAddress)
    const refusal = this.#refusal(prefix, hostOf(remoteAddress))
    if (refusal !== undefined) return new PeerError('link refused', DiscReason.tooManyPeers, refusal)
    this.#count++
    if (prefix !== undefined) this.#pending.set(prefix, (this.#pending.get(prefix) ?? 0) + 1)
    let left = false
    const leave = (): void => {
      if (left) return
      left = true
      this.#count--
      if (prefix !== undefined) this.#leavePrefix(prefix)
    }
    // Who is exempt counts by its host.
    const source = prefix ?? hostOf(remoteAddress)
    return { leave, wait: (setUp, chunk) => this.#wait(source, setUp, chunk) }
  }

  /** Forgets what waits. */
  close(): void {
    this.#turns.close()
  }

  #wait(source: string, setUp: Waiting, chunk: Uint8Array): void {
    let done = false
    let paused = false
    this.#turns.add(source, () => {
      done = true
      setUp.read(chunk)
      if (paused && setUp.phase !== 'held' && setUp.phase !== 'over') setUp.task.link.resume()
    })
    if (done) return
    paused = true
    setUp.task.link.pause()
  }

  #refusal(prefix: string | undefined, host: string): string | undefined {
    const { pendingInbound, pendingPerPrefix, startsPerSecond, startsPerSecondPerPrefix, acceptIntervalMs } =
      this.#limits
    if (this.#count >= pendingInbound) return `${this.#count} handshakes are in progress`
    const now = this.#clock.now()
    if (prefix !== undefined) {
      const pending = this.#pending.get(prefix) ?? 0
      if (pending >= pendingPerPrefix) return `${pending} handshakes from ${prefix} are in progress`
      const acceptedMs = this.#accepted.get(host)
      if (acceptedMs !== undefined && now - acceptedMs < acceptIntervalMs) {
        return `${host} had a connection accepted ${Math.round(now - acceptedMs)} ms ago`
      }
      if (!take(this.#bucketOf(prefix, now), startsPerSecondPerPrefix, now)) {
        return `more than ${startsPerSecondPerPrefix} handshakes a second from ${prefix}`
      }
    }
    if (!take(this.#allStarts, startsPerSecond, now)) return `more than ${startsPerSecond} handshakes a second`
    if (prefix !== undefined && acceptIntervalMs > 0) remember(this.#accepted, host, now)
    return undefined
  }

  #bucketOf(prefix: string, nowMs: number): Bucket {
    const bucket = this.#starts.get(prefix) ?? { tokens: this.#limits.startsPerSecondPerPrefix, atMs: nowMs }
    remember(this.#starts, prefix, bucket)
    return bucket
  }

  #leavePrefix(prefix: string): void {
    const left = (this.#pending.get(prefix) ?? 1) - 1
    if (left > 0) this.#pending.set(prefix, left)
    else this.#pending.delete(prefix)
  }
}

function take(bucket: Bucket, perSecond: number, nowMs: number): boolean {
  bucket.tokens = Math.min(perSecond, bucket.tokens + ((nowMs - bucket.atMs) * perSecond) / 1000)
  bucket.atMs = nowMs
  if (bucket.tokens < 1) return false
  bucket.tokens--
  return true
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
