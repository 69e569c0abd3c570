// Reads one tree whole: several texts at a time, what can't be had again and again, from its beginning when it changes.
import { checkOptions, type Clock, delay, DiscReason, type PeerError, type Timer } from '@peerwire/core'
import { Ending } from '../ending.ts'
import type { NodeRecord } from '../records/record.ts'
import { searchError } from '../search-error.ts'
import type { Pending, TreeWalk } from './tree-walk.ts'

/** Milliseconds without a new text: a server that was started again has answered by then. */
const STALL_MS = 30_000
/** The rest before what could not be had is asked for again, in milliseconds; doubled up to the most. */
const [REST_MS, MOST_REST_MS] = [1000, 8000]
/** Times that a tree may change while it is read: one that goes on so would be read for ever. */
const MAX_ROUNDS = 16

export interface TreeReadOptions {
  /** Texts that are asked for at once, as far as the limits let them; default 1. */
  readonly parallel?: number | undefined
  /** Milliseconds without a new text after which it is given up; default 30,000. */
  readonly stallMs?: number | undefined
  /** Called after each text. */
  readonly progress?: ((progress: TreeProgress) => void) | undefined
}

/** What was read of a tree so far. */
export interface TreeContents {
  readonly records: readonly NodeRecord[]
  /** URLs of other trees. */
  readonly links: readonly string[]
}

/** How far the reading of a tree has come; the lists in it go on to grow. */
export interface TreeProgress extends TreeContents {
  readonly seq: number
  /** Texts that were read, the root among them. */
  readonly texts: number
  /** Texts known of that were not; more come with each branch. */
  readonly left: number
}

const KINDS = { parallel: 'limit', stallMs: 'limit', progress: 'call' } as const

/** @throws {PeerError} as `TreeClient.read` says; or the signal's reason */
export async function readTree(
  walk: TreeWalk,
  clock: Clock,
  signal: AbortSignal,
  options: TreeReadOptions,
): Promise<TreeContents> {
  const reader = new Reader(walk, clock, checkOptions('read', options, KINDS))
  const onAbort = (): void => reader.ending.end(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    return await reader.run(options.parallel ?? 1)
  } finally {
    reader.stop()
    signal.removeEventListener('abort', onAbort)
  }
}

class Reader {
  /** Ends all questions together. */
  readonly ending: Ending = new Ending()
  readonly #walk: TreeWalk
  readonly #clock: Clock
  readonly #options: TreeReadOptions
  readonly #running = new Set<Promise<void>>()
  #stall: Timer | undefined
  #restMs = REST_MS
  #round = 0
  #read = 0
  #records: NodeRecord[] = []
  #links: string[] = []
  /** What could not be had, to be asked for again when nothing else is left. */
  #unread: Pending[] = []
  /** What could not be believed, unless the tree turns out to have changed. */
  #suspect: PeerError | undefined
  #lastTrouble: PeerError | undefined

  constructor(walk: TreeWalk, clock: Clock, options: TreeReadOptions) {
    this.#walk = walk
    this.#clock = clock
    this.#options = options
    this.#moved()
  }

  async run(parallel: number): Promise<TreeContents> {
    for (;;) {
      this.ending.throwIfOver()
      while (this.#running.size < this.#wanted(parallel)) this.#begin()
      if (this.#running.size > 0) await Promise.race(this.#running)
      else if (this.#suspect) await this.#lookAgain(this.#suspect)
      else if (this.#unread.length > 0) await this.#rest()
      else return { records: this.#records, links: this.#links }
    }
  }

  stop(): void {
    this.#stall?.cancel()
  }

  // The first root is looked at alone: it says what there is to ask for.
  #wanted(parallel: number): number {
    if (this.#suspect) return 0
    const { round, pending } = this.#walk.inspect()
    return round > 0 ? Math.min(parallel, this.#running.size + pending) : 1
  }

  #begin(): void {
    const step = this.#step()
      .catch((error: unknown) => this.ending.end(error))
      .finally(() => this.#running.delete(step))
    this.#running.add(step)
  }

  async #step(): Promise<void> {
    const { signal, release } = this.ending.signal()
    const find = await this.#walk.step(this.#clock.now(), signal).finally(release)
    const { seq, round, read, known } = this.#walk.inspect()
    if (round !== this.#round) this.#beginAnew(round)
    if (find?.kind === 'trouble') return this.#trouble(find.error, find.entry)
    if (find?.kind === 'record') this.#records.push(find.record)
    if (find?.kind === 'link') this.#links.push(find.url)
    if (read !== this.#read) this.#moved()
    this.#read = read
    const contents = { records: this.#records, links: this.#links }
    this.#options.progress?.({ seq, texts: 1 + read, left: known - read, ...contents })
  }

  #beginAnew(round: number): void {
    this.#round = round
    if (round > MAX_ROUNDS) {
      throw searchError('invalid item', DiscReason.breachOfProtocol, 'the tree changes faster than it can be read')
    }
    this.#read = 0
    this.#records = []
    this.#links = []
    this.#unread = []
    this.#suspect = undefined
    this.#moved()
  }

  #trouble(error: PeerError, entry: Pending | undefined): void {
    if (this.#round === 0) throw error
    this.#lastTrouble = error
    // A new root that can't be had leaves the one that was read.
    if (!entry) return
    if (error.code === 'invalid item') this.#suspect ??= error
    else this.#unread.push(entry)
  }

  // Texts of an old tree go away: then the root says so, and all begins anew.
  async #lookAgain(suspect: PeerError): Promise<void> {
    this.#walk.again()
    await this.#step()
    if (this.#suspect) throw suspect
  }

  async #rest(): Promise<void> {
    const { signal, release } = this.ending.signal()
    await delay(this.#clock, this.#restMs, signal).finally(release)
    this.#restMs = Math.min(2 * this.#restMs, MOST_REST_MS)
    for (const entry of this.#unread) this.#walk.again(entry)
    this.#unread = []
  }

  #moved(): void {
    const { stallMs = STALL_MS } = this.#options
    this.#restMs = REST_MS
    this.#stall?.cancel()
    if (this.ending.isOver) return
    this.#stall = this.#clock.setTimer(stallMs, () => {
      const why = this.#lastTrouble
      const text = `nothing new came for ${stallMs} ms${why ? `; at last: ${why.message}` : ''}`
      this.ending.end(searchError('request timeout', DiscReason.networkError, text, why))
    })
  }
}
