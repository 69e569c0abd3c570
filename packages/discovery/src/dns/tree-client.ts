// Finds nodes in DNS node lists: lazily, following links, forever; or reads one whole tree.
import { checkOptions, delay, DiscReason, isPeerError, randomBelow, silentLogger } from '@peerwire/core'
import type { Clock, Crypto, Logger, Random } from '@peerwire/core'
import type { NodeRecord } from '../records/record.ts'
import { lookupLimits, Lookups } from './lookups.ts'
import type { LookupLimits } from './lookups.ts'
import type { Resolver } from './resolver.ts'
import type { TreeReadOptions } from './tree-reader.ts'
import { formatTreeUrl, parseTreeUrl } from './tree-text.ts'
import { TreeWalk } from './tree-walk.ts'
import { searchError } from '../search-error.ts'

/** Trees that are walked: those that were asked for, and those that they link to. */
export const MAX_TREES = 32

export interface TreeClientOptions {
  readonly resolver: Resolver
  readonly clock: Clock
  readonly crypto: Crypto
  readonly random: Random
  readonly logger?: Logger | undefined
  readonly limits?: Partial<LookupLimits> | undefined
  /** Latest sequences that were seen before, by URL: a tree that goes behind them is refused. */
  readonly seqs?: ReadonlyMap<string, number> | undefined
  /** Called when one of these has grown. */
  readonly changed?: (() => void) | undefined
}

const KINDS = {
  resolver: 'thing',
  clock: 'thing',
  crypto: 'thing',
  random: 'thing',
  logger: 'thing',
  limits: 'thing',
  seqs: 'thing',
  changed: 'call',
} as const

/** One whole tree. */
export interface Tree {
  readonly url: string
  readonly seq: number
  readonly records: readonly NodeRecord[]
  /** URLs of other trees; not followed. */
  readonly links: readonly string[]
}

export interface TreesInspection {
  readonly trees: readonly { readonly url: string; readonly seq: number; readonly found: number }[]
  readonly asked: number
  readonly lastTrouble: string | null
}

export class TreeClient {
  readonly #options: TreeClientOptions
  readonly #log: Logger
  readonly #lookups: Lookups
  readonly #walks = new Map<string, TreeWalk>()
  /** Latest sequences from before. */
  readonly #seqs: Map<string, number>
  #lastTrouble: string | null = null

  constructor(options: TreeClientOptions) {
    this.#options = checkOptions('TreeClient', options, KINDS)
    this.#log = options.logger ?? silentLogger
    this.#seqs = new Map(options.seqs)
    const limits = lookupLimits('TreeClient', options.limits)
    this.#lookups = new Lookups({ ...options, limits })
  }

  /** Adds a tree to walk. @throws {TypeError} when it is no `enrtree://KEY@domain`; @throws {RangeError} past 32 */
  add(text: string): void {
    const url = formatTreeUrl(parseTreeUrl(text))
    if (!this.#walks.has(url) && this.#walks.size >= MAX_TREES) throw new RangeError(`more than ${MAX_TREES} trees`)
    if (!this.#walks.has(url)) this.#walks.set(url, this.#walk(url))
  }

  /** Latest sequence of each tree, to be kept. */
  get seqs(): ReadonlyMap<string, number> {
    const seen = [...this.#walks.values()].filter(({ seq }) => seq > 0)
    return new Map([...this.#seqs, ...seen.map(({ url, seq }) => [url, seq] as const)])
  }

  /** Takes in sequences that were seen before, and were not at hand at the start. */
  restore(seqs: ReadonlyMap<string, number>): void {
    for (const [url, seq] of seqs) {
      this.#seqs.set(url, Math.max(seq, this.#seqs.get(url) ?? 0))
      this.#walks.get(url)?.atLeast(seq)
    }
  }

  inspect(): TreesInspection {
    const trees = [...this.#walks.values()].map((walk) => walk.inspect())
    return { trees, asked: this.#lookups.asked, lastTrouble: this.#lastTrouble }
  }

  /**
   * Records in random order, again and again, of all trees that were added or linked to. Asks only while somebody waits
   * for the next one. Ends with the signal.
   */
  async *records(signal: AbortSignal): AsyncGenerator<NodeRecord, void, undefined> {
    const { clock, random } = this.#options
    while (!signal.aborted && this.#walks.size > 0) {
      const nowMs = clock.now()
      const ready = [...this.#walks.values()].filter((walk) => walk.nextAtMs <= nowMs)
      try {
        if (ready.length === 0) {
          const nextAtMs = Math.min(...[...this.#walks.values()].map((walk) => walk.nextAtMs))
          await delay(clock, nextAtMs - nowMs, signal)
          continue
        }
        const walk = ready[randomBelow(random, ready.length)]!
        const record = await this.#step(walk, nowMs, signal)
        if (record) yield record
      } catch (error) {
        if (signal.aborted) return
        throw error
      }
    }
  }

  /**
   * Reads every entry of one tree, none of it left out. What can't be had is asked for again as long as anything new
   * comes; a list that changes meanwhile is read from its beginning. Should it end, `progress` has what was read.
   *
   * @throws {PeerError} when the root can't be had, at an entry that can't be believed, or when nothing new comes
   */
  async read(text: string, signal: AbortSignal, options: TreeReadOptions = {}): Promise<Tree> {
    const walk = this.#walk(formatTreeUrl(parseTreeUrl(text)))
    // Loaded on use: a page finds nodes in lists, and hardly ever reads a whole one.
    const { readTree } = await import('./tree-reader.ts')
    const contents = await readTree(walk, this.#options.clock, signal, options)
    return { url: walk.url, seq: walk.seq, ...contents }
  }

  #walk(url: string): TreeWalk {
    const lastSeq = this.#seqs.get(url) ?? 0
    return new TreeWalk({ ...this.#options, url: parseTreeUrl(url), lookups: this.#lookups, lastSeq })
  }

  async #step(walk: TreeWalk, nowMs: number, signal: AbortSignal): Promise<NodeRecord | undefined> {
    const { seq } = walk
    const find = await walk.step(nowMs, signal)
    if (walk.seq !== seq) this.#options.changed?.()
    if (find?.kind === 'record') return find.record
    if (find?.kind === 'link') this.#follow(find.url, walk)
    if (find?.kind === 'trouble') this.#note(find.error, walk.url)
    return undefined
  }

  // A tree that is known already ends every loop.
  #follow(link: string, from: TreeWalk): void {
    try {
      this.add(link)
    } catch (error) {
      const text = error instanceof Error ? error.message : 'no tree'
      this.#note(searchError('invalid item', DiscReason.breachOfProtocol, `a link of the tree: ${text}`), from.url)
    }
  }

  #note(error: unknown, tree: string): void {
    this.#lastTrouble = isPeerError(error) ? error.message : 'unknown'
    this.#log.log('debug', 'A DNS node list gives trouble', { tree, err: this.#lastTrouble })
  }
}
