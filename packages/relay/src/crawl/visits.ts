// Whom a crawl visits next: everyone who is met, and once more those who failed, where they are told of by then.
import { abortable, type Clock, createDeferred } from '@peerwire/core'
import type { KnownNode } from '@peerwire/discovery'

/** Nodes that one crawl meets and no more, about 1 KiB each; the largest network has some ten thousands. */
const MAX_NODES = 100_000
/** Visits to one key: whoever tells of it at ever new places has it asked at no more of them. */
const MAX_VISITS = 3
/** Visits to one place that failed. */
const MAX_AT_PLACE = 2

/** What became of a visit: `again` names the milliseconds after which another one may be of use. */
export type Outcome = 'done' | { readonly againMs: number }

interface Entry {
  /** As it was told of last, unless that place was tried. */
  node: KnownNode
  readonly tried: string[]
  /** Where it waits for its visit; absent while it is visited, and when it isn't any more. */
  queue?: Set<Entry> | undefined
  dueMs: number
}

export class Visits {
  readonly #clock: Clock
  readonly #mostNodes: number
  readonly #entries = new Map<string, Entry>()
  readonly #ready = new Set<Entry>()
  /** Those that wait, by how long: the first of each is due first. */
  readonly #later = new Map<number, Set<Entry>>()
  #news = createDeferred<void>()

  constructor(clock: Clock, mostNodes: number = MAX_NODES) {
    this.#clock = clock
    this.#mostNodes = mostNodes
  }

  /** Somebody tells of a node. */
  met(node: KnownNode): void {
    const entry = this.#entries.get(node.key)
    if (!entry) {
      if (this.#entries.size >= this.#mostNodes) return
      const fresh: Entry = { node, tried: [], dueMs: -Infinity }
      this.#entries.set(node.key, fresh)
      this.#enqueue(fresh, this.#ready)
    } else if (!entry.tried.includes(placeOf(node))) {
      entry.node = node
      if (entry.queue) this.#enqueue(entry, this.#ready)
    }
  }

  /** The next to visit; `undefined` when nobody is due yet. */
  take(): KnownNode | undefined {
    const nowMs = this.#clock.now()
    const late = this.#firstOfEach().find(({ dueMs }) => dueMs <= nowMs)
    const entry = late ?? first(this.#ready)
    if (!entry) return undefined
    entry.queue?.delete(entry)
    entry.queue = undefined
    entry.tried.push(placeOf(entry.node))
    return entry.node
  }

  /** What became of a visit; answers whether it was the last one to this node. */
  visited({ key, host, udp }: KnownNode, outcome: Outcome): boolean {
    const entry = this.#entries.get(key)
    if (!entry || outcome === 'done' || entry.tried.length >= MAX_VISITS) return true
    const place = placeOf(entry.node)
    if (place !== placeOf({ host, udp })) {
      this.#enqueue(entry, this.#ready)
      return false
    }
    if (entry.tried.filter((tried) => tried === place).length >= MAX_AT_PLACE) return true
    entry.dueMs = this.#clock.now() + outcome.againMs
    const queue = this.#later.get(outcome.againMs) ?? new Set()
    this.#later.set(outcome.againMs, queue)
    this.#enqueue(entry, queue)
    return false
  }

  /** How many are to be visited at once: they were never visited, or are told of elsewhere since. */
  get ready(): number {
    return this.#ready.size
  }

  /** Resolves when somebody may be due who was not, or by `wake`. One waits at a time. @throws the signal's reason */
  async due(signal: AbortSignal): Promise<void> {
    this.#news = createDeferred()
    const nextMs = Math.min(...this.#firstOfEach().map(({ dueMs }) => dueMs))
    const timer = this.#clock.setTimer(Math.max(0, nextMs - this.#clock.now()), this.#news.resolve)
    try {
      await abortable(this.#news.promise, signal)
    } finally {
      timer.cancel()
    }
  }

  wake(): void {
    this.#news.resolve()
  }

  #firstOfEach(): readonly Entry[] {
    return [...this.#later.values()].flatMap((queue) => first(queue) ?? [])
  }

  #enqueue(entry: Entry, queue: Set<Entry>): void {
    entry.queue?.delete(entry)
    entry.queue = queue
    queue.add(entry)
    this.wake()
  }
}

function first<T>(set: ReadonlySet<T>): T | undefined {
  return set.values().next().value
}

function placeOf({ host, udp }: Pick<KnownNode, 'host' | 'udp'>): string {
  return `${host} ${udp}`
}
