// The table: who is near us and who is far, in buckets by distance. Holds nodes and judges none by itself.
import { randomBelow } from '@peerwire/core'
import type { PrefixPolicy, Random } from '@peerwire/core'
import { logDistance } from '../records/node-id.ts'
import { addressText, udpEndpointOf } from './known-node.ts'
import type { KnownNode } from './known-node.ts'
import {
  BUCKET_SIZE,
  BUCKETS,
  MAX_FAILURES,
  MAX_PER_PREFIX,
  MAX_PER_PREFIX_IN_BUCKET,
  MAX_REPLACEMENTS,
} from './limits.ts'
import { Nearest } from './nearest.ts'

/** Ids nearer than this share the first bucket. */
const NEAREST_DISTANCE = 256 - BUCKETS + 1

/** A node in the table. */
export interface TableEntry {
  readonly node: KnownNode
  /** Whether it has answered us at this address. */
  readonly isLive: boolean
  /** Answers less failures, roughly: what it takes to lose it. */
  readonly checks: number
  /** When it answered last, in milliseconds of the clock; absent when it never did. */
  readonly heardMs?: number | undefined
}

interface Entry extends TableEntry {
  node: KnownNode
  isLive: boolean
  checks: number
  heardMs?: number | undefined
  failures: number
  readonly bucket: number
  isReplacement: boolean
  prefix: string | undefined
}

/** What became of a node that was added. */
export type Added = 'added' | 'known' | 'updated' | 'waiting' | 'own id' | 'prefix is full'

export interface TableOptions {
  readonly ownId: Uint8Array
  readonly prefixes: PrefixPolicy
  readonly random: Random
}

export class Table {
  readonly #options: TableOptions
  readonly #buckets: readonly Entry[][] = Array.from({ length: BUCKETS }, () => [])
  readonly #replacements: readonly Entry[][] = Array.from({ length: BUCKETS }, () => [])
  readonly #byKey = new Map<string, Entry>()
  /** How many entries a prefix has, over all, and by bucket. */
  readonly #prefixes = new Map<string, number>()
  #size = 0

  constructor(options: TableOptions) {
    this.#options = options
  }

  /** Nodes in buckets, those that wait not counted. */
  get size(): number {
    return this.#size
  }

  /** Those that wait. */
  get waiting(): number {
    return this.#byKey.size - this.#size
  }

  /** Whether there are nodes that have never answered. */
  get hasStrangers(): boolean {
    return this.#buckets.some((bucket) => bucket.some(({ isLive }) => !isLive))
  }

  /** A node in a bucket. */
  get(key: string): TableEntry | undefined {
    const entry = this.#byKey.get(key)
    return entry?.isReplacement ? undefined : entry
  }

  *entries(): Generator<TableEntry> {
    for (const bucket of this.#buckets) yield* bucket
  }

  /** How many nodes each bucket has, the nearest first. */
  get sizes(): readonly number[] {
    return this.#buckets.map((bucket) => bucket.length)
  }

  /**
   * Adds a node, or what is new of one.
   *
   * @param isProven - it has answered at this address; what others tell changes no address that is known
   */
  add(node: KnownNode, isProven: boolean): Added {
    const known = this.#byKey.get(node.key)
    if (known) return this.#update(known, node, isProven)
    const distance = logDistance(this.#options.ownId, node.id)
    if (distance === 0) return 'own id'
    const index = Math.max(0, distance - NEAREST_DISTANCE)
    const bucket = this.#buckets[index]!
    const prefix = this.#prefixOf(node)
    if (!this.#takePrefix(prefix, index)) return 'prefix is full'
    const entry: Entry = { node, isLive: false, checks: 0, failures: 0, bucket: index, isReplacement: false, prefix }
    if (bucket.length >= BUCKET_SIZE) {
      // One that has proven to be there takes the place of one that others told of.
      const stranger = isProven ? bucket.findIndex(({ isLive }) => !isLive) : -1
      if (stranger < 0) return this.#wait(entry)
      const [demoted] = bucket.splice(stranger, 1)
      this.#size--
      this.#wait(demoted!)
    }
    bucket.push(entry)
    this.#byKey.set(node.key, entry)
    this.#size++
    return 'added'
  }

  /** It has answered. */
  heard(key: string, nowMs: number): void {
    const entry = this.#byKey.get(key)
    if (!entry) return
    entry.isLive = true
    entry.checks++
    entry.failures = 0
    entry.heardMs = nowMs
  }

  /** A liveness check had no answer: it loses two thirds of its standing, and its place when none is left. */
  unanswered(key: string): void {
    const entry = this.#byKey.get(key)
    if (!entry) return
    entry.checks = Math.floor(entry.checks / 3)
    if (entry.checks === 0) this.#remove(entry)
  }

  /** A question had no answer; five in a row cost it its place, unless the bucket is almost empty. */
  failed(key: string): void {
    const entry = this.#byKey.get(key)
    if (!entry) return
    entry.failures++
    const isScarce = this.#buckets[entry.bucket]!.length < BUCKET_SIZE / 4
    if (entry.failures >= MAX_FAILURES && !isScarce) this.#remove(entry)
  }

  /** The nearest to a target; only those that have answered, where there are any and `preferLive` is set. */
  nearest(target: Uint8Array, count: number, preferLive: boolean): KnownNode[] {
    const live = new Nearest<KnownNode>(target, count)
    const all = new Nearest<KnownNode>(target, count)
    for (const { node, isLive } of this.entries()) {
      if (isLive) live.offer(node)
      if (!preferLive) all.offer(node)
      else if (live.nodes.length === 0) all.offer(node)
    }
    return preferLive && live.nodes.length > 0 ? live.nodes : all.nodes
  }

  /** Whom to check next: one that never answered, or the one that was not heard for longest and not since `sinceMs`. */
  nextCheck(sinceMs: number, isBusy: (key: string) => boolean): TableEntry | undefined {
    const strange: Entry[] = []
    let oldest: Entry | undefined
    for (const bucket of this.#buckets) {
      for (const entry of bucket) {
        if (isBusy(entry.node.key)) continue
        if (entry.heardMs === undefined || !entry.isLive) strange.push(entry)
        else if (entry.heardMs < sinceMs && entry.heardMs < (oldest?.heardMs ?? Infinity)) oldest = entry
      }
    }
    const { random } = this.#options
    const useStrange = strange.length > 0 && (!oldest || randomBelow(random, 3) > 0)
    return useStrange ? strange[randomBelow(random, strange.length)] : oldest
  }

  #update(entry: Entry, node: KnownNode, isProven: boolean): Added {
    const isNewer = node.seq > entry.node.seq
    if (!isProven && !isNewer) return 'known'
    const moved = node.host !== entry.node.host || node.udp !== entry.node.udp
    if (moved) {
      const prefix = this.#prefixOf(node)
      this.#givePrefix(entry.prefix, entry.bucket)
      if (!this.#takePrefix(prefix, entry.bucket)) {
        this.#takePrefix(entry.prefix, entry.bucket)
        return 'prefix is full'
      }
      entry.prefix = prefix
      // What was heard was heard at the old address.
      if (!isProven) entry.isLive = false
    }
    const newest = isNewer ? node : entry.node
    const tcp = isNewer || node.tcp !== 0 ? node.tcp : entry.node.tcp
    entry.node = { ...node, tcp, seq: newest.seq, record: newest.record }
    return moved ? 'updated' : 'known'
  }

  // The newest waits at the end; the oldest makes room.
  #wait(entry: Entry): Added {
    const waiting = this.#replacements[entry.bucket]!
    entry.isReplacement = true
    waiting.push(entry)
    this.#byKey.set(entry.node.key, entry)
    const dropped = waiting.length > MAX_REPLACEMENTS ? waiting.shift() : undefined
    if (dropped) this.#forget(dropped)
    return 'waiting'
  }

  #remove(entry: Entry): void {
    this.#forget(entry)
    const { bucket: index, isReplacement } = entry
    const from = isReplacement ? this.#replacements[index]! : this.#buckets[index]!
    from.splice(from.indexOf(entry), 1)
    if (isReplacement) return
    this.#size--
    const waiting = this.#replacements[index]!
    if (waiting.length === 0) return
    const live = waiting.filter(({ isLive }) => isLive)
    const choice = live.length > 0 ? live : waiting
    const next = choice[randomBelow(this.#options.random, choice.length)]!
    waiting.splice(waiting.indexOf(next), 1)
    next.isReplacement = false
    from.push(next)
    this.#size++
  }

  #forget(entry: Entry): void {
    this.#byKey.delete(entry.node.key)
    this.#givePrefix(entry.prefix, entry.bucket)
  }

  #prefixOf(node: KnownNode): string | undefined {
    return this.#options.prefixes.prefixOf(addressText(udpEndpointOf(node)))
  }

  #takePrefix(prefix: string | undefined, bucket: number): boolean {
    if (prefix === undefined) return true
    const inBucket = `${bucket} ${prefix}`
    const all = this.#prefixes.get(prefix) ?? 0
    const here = this.#prefixes.get(inBucket) ?? 0
    if (all >= MAX_PER_PREFIX || here >= MAX_PER_PREFIX_IN_BUCKET) return false
    this.#prefixes.set(prefix, all + 1)
    this.#prefixes.set(inBucket, here + 1)
    return true
  }

  #givePrefix(prefix: string | undefined, bucket: number): void {
    if (prefix === undefined) return
    for (const key of [prefix, `${bucket} ${prefix}`]) {
      const left = (this.#prefixes.get(key) ?? 1) - 1
      if (left > 0) this.#prefixes.set(key, left)
      else this.#prefixes.delete(key)
    }
  }
}
