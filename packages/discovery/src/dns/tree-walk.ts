// One tree, walked a step at a time: its root looked at again now and then, its records in random order.
import { DiscReason, isPeerError, randomBelow } from '@peerwire/core'
import type { Clock, Crypto, Random, PeerError } from '@peerwire/core'
import { parseRecord } from '../records/record.ts'
import type { NodeRecord } from '../records/record.ts'
import type { Lookups } from './lookups.ts'
import { MAX_TREE_ENTRIES } from './make-tree.ts'
import { badTree, formatTreeUrl } from './tree-text.ts'
import type { TreeEntry, TreeRoot, TreeUrl } from './tree-text.ts'
import { searchError } from '../search-error.ts'

/** Between two looks at the root, in milliseconds; go-ethereum's figure. */
export const RECHECK_MS = 1_800_000
/** After a look at the root that failed; doubled up to the figure above. */
const RETRY_MS = 60_000
/** Entries in a row that can't be had before the root is looked at again: the tree may have changed under us. */
const MAX_FAILURES = 5

export interface TreeWalkOptions {
  readonly url: TreeUrl
  readonly lookups: Lookups
  readonly clock: Clock
  readonly crypto: Crypto
  readonly random: Random
  /** The latest sequence that was ever seen of this tree. */
  readonly lastSeq: number
}

/** What a step came to; `undefined` when it only came nearer to something. */
export type TreeFind =
  | { readonly kind: 'record'; readonly record: NodeRecord }
  | { readonly kind: 'link'; readonly url: string }
  /** `entry` is what was asked for; absent when it was the root. */
  | { readonly kind: 'trouble'; readonly error: PeerError; readonly entry?: Pending | undefined }

/** An entry that is to be asked for. */
export interface Pending {
  readonly label: string
  readonly isLink: boolean
}

/** How far a walk has come. */
export interface TreeState {
  readonly url: string
  readonly seq: number
  /** Records that were found in all. */
  readonly found: number
  /** Grows when the tree begins anew, as when it has changed; 0 before the root was read. */
  readonly round: number
  /** Entries that are known of, and are not asked for yet in this round. */
  readonly pending: number
  /** Entries that are known of, and those of them that were read in this round. */
  readonly known: number
  readonly read: number
}

export class TreeWalk {
  readonly url: string
  readonly #options: TreeWalkOptions
  #root: TreeRoot | undefined
  #seq: number
  #rootAtMs: number
  #retryMs = RETRY_MS
  #pending: Pending[] = []
  /** Labels met in this round: what is met twice is walked once. */
  #seen = new Set<string>()
  #foundInRound = 0
  #records = 0
  #failures = 0
  #round = 0
  #read = 0

  constructor(options: TreeWalkOptions) {
    this.#options = options
    this.#seq = options.lastSeq
    this.#rootAtMs = options.clock.now()
    this.url = formatTreeUrl(options.url)
  }

  /** The latest sequence. */
  get seq(): number {
    return this.#seq
  }

  /** Holds it to a sequence that was seen before. */
  atLeast(seq: number): void {
    this.#seq = Math.max(this.#seq, seq)
  }

  inspect(): TreeState {
    const [found, pending, known, read] = [this.#records, this.#pending.length, this.#seen.size, this.#read]
    return { url: this.url, seq: this.#seq, round: this.#round, found, pending, known, read }
  }

  /** When a step can come to something; in the past when it can now. */
  get nextAtMs(): number {
    const canWalk = this.#pending.length > 0 || this.#foundInRound > 0
    return this.#root && canWalk ? -Infinity : this.#rootAtMs
  }

  /** Asks at most one question. `nowMs` is the time of this turn. @throws the reason of `signal` alone */
  async step(nowMs: number, signal: AbortSignal): Promise<TreeFind | undefined> {
    const isRoot = nowMs >= this.#rootAtMs
    if (!isRoot && this.#pending.length === 0) this.#beginRound()
    const entry = isRoot ? undefined : this.#take()
    const round = this.#round
    try {
      if (isRoot) return await this.#lookAtRoot(nowMs, signal)
      return entry && (await this.#lookAtEntry(entry, signal))
    } catch (error) {
      if (signal.aborted || !isPeerError(error)) throw error
      // What failed when the tree has changed in the meantime is of the old one.
      return round === this.#round ? { kind: 'trouble', error, entry } : undefined
    }
  }

  /** Has what could not be had asked for once more, the root in the next step where no entry is given. */
  again(entry?: Pending): void {
    if (entry) this.#pending.push(entry)
    else this.#rootAtMs = this.#options.clock.now()
  }

  async #lookAtRoot(nowMs: number, signal: AbortSignal): Promise<undefined> {
    const { clock, lookups, url } = this.#options
    this.#rootAtMs = nowMs + this.#retryMs
    this.#retryMs = Math.min(2 * this.#retryMs, RECHECK_MS)
    const root = await lookups.root(url, signal)
    if (root.seq < this.#seq) throw badTree(`the sequence went back from ${this.#seq} to ${root.seq}`)
    this.#rootAtMs = clock.now() + RECHECK_MS
    this.#retryMs = RETRY_MS
    this.#failures = 0
    const isNew = !this.#root || root.records !== this.#root.records || root.links !== this.#root.links
    this.#root = root
    this.#seq = root.seq
    if (isNew) this.#beginRound()
    return undefined
  }

  #beginRound(): void {
    const root = this.#root
    if (!root) return
    this.#round++
    this.#read = 0
    this.#foundInRound = 0
    this.#seen = new Set()
    this.#pending = []
    // Links last, and so first to be taken: other trees are few, and worth to be known early.
    this.#add([root.records], false)
    this.#add([root.links], true)
  }

  async #lookAtEntry(pending: Pending, signal: AbortSignal): Promise<TreeFind | undefined> {
    const { lookups, url, crypto } = this.#options
    const round = this.#round
    try {
      const entry = await lookups.entry(url, pending.label, signal)
      this.#failures = 0
      // The same for what has come.
      if (round !== this.#round) return undefined
      const find = this.#find(entry, pending, crypto)
      this.#read++
      return find
    } catch (error) {
      if (++this.#failures >= MAX_FAILURES) {
        this.#failures = 0
        this.again()
      }
      throw error
    }
  }

  #find(entry: TreeEntry, { label, isLink }: Pending, crypto: Crypto): TreeFind | undefined {
    if (entry.kind === 'branch') {
      this.#add(entry.children, isLink)
      return undefined
    }
    if ((entry.kind === 'link') !== isLink) {
      throw badTree(`${label} is a ${entry.kind} among the ${isLink ? 'links' : 'records'} of the tree`)
    }
    if (entry.kind === 'link') return { kind: 'link', url: entry.url }
    const record = recordOf(entry, crypto)
    this.#foundInRound++
    this.#records++
    return { kind: 'record', record }
  }

  #take(): Pending | undefined {
    const at = this.#pending.at(-1)?.isLink ? this.#pending.length - 1 : this.#randomIndex()
    const taken = this.#pending[at]
    const last = this.#pending.pop()
    if (last && at < this.#pending.length) this.#pending[at] = last
    return taken
  }

  #randomIndex(): number {
    return this.#pending.length === 0 ? 0 : randomBelow(this.#options.random, this.#pending.length)
  }

  #add(labels: readonly string[], isLink: boolean): void {
    for (const label of labels) {
      const key = label.toUpperCase()
      if (this.#seen.has(key)) continue
      if (this.#seen.size >= 2 * MAX_TREE_ENTRIES) {
        throw badTree(`a tree of more than ${2 * MAX_TREE_ENTRIES} entries and branches`)
      }
      this.#seen.add(key)
      this.#pending.push({ label, isLink })
    }
  }
}

/** What was proven once, for as long as its entry is kept: every round comes upon it again. */
const proven = new WeakMap<TreeEntry, NodeRecord>()

function recordOf(entry: TreeEntry & { readonly kind: 'record' }, crypto: Crypto): NodeRecord {
  const record = proven.get(entry) ?? readTreeRecord(entry.text, crypto)
  proven.set(entry, record)
  return record
}

/** @throws {PeerError} `invalid item` when it is no record, or not proven */
export function readTreeRecord(text: string, crypto: Crypto): NodeRecord {
  try {
    return parseRecord(text, crypto)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unreadable'
    throw searchError('invalid item', DiscReason.breachOfProtocol, `a record of the tree: ${reason}`, cause)
  }
}
