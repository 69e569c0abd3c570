// What addr/1 does: whom to answer and with what, what of others' news to take in, and to whom to pass it on and when.
import { equalBytes } from '../../base/bytes.ts'
import { ln } from '../../base/exact-math.ts'
import { ExpiringHeap } from '../../base/expiring-heap.ts'
import type { Random } from '../../base/random.ts'
import { randomBelow } from '../../base/random.ts'
import type { Direction } from '../../wire/link.ts'
import { GossipPeer } from './gossip-peer.ts'
import { EntryHasher } from './entry-hasher.ts'
import {
  ANSWER_MORE_MS,
  ANSWER_MS,
  FRESH_SECONDS,
  KEPT_ANSWER_ENTRIES,
  MANY_WRONG,
  MAX_ENTRIES,
  MAX_RELAYED_ENTRIES,
  MEAN_OWN_MS,
  MEAN_RELAY_MS,
  OWN_APART_MS,
  RELAY_PEERS,
  RELAY_PEERS_UNREACHABLE,
} from './limits.ts'
import type { AddrEntry } from './messages.ts'

/** What the gossip needs of an address book and of whoever carries messages. Nothing of it may throw. */
export interface GossipHost {
  readonly random: Random
  readonly sha256: (bytes: Uint8Array) => Uint8Array
  /** An entry for which the peer had a token. */
  learn(entry: AddrEntry, peer: string): void
  /** The answer to somebody who asks: at most 1,000 entries, none that may not be passed on. */
  sample(): readonly AddrEntry[]
  /** Whether an entry may be passed on: routable, and nothing is held against it. */
  mayRelay(entry: AddrEntry): boolean
  /** An entry of an answer that was kept, as it may be told by now: under the key that dials have shown since. */
  renewed(entry: AddrEntry): AddrEntry | undefined
  /** Whether we could dial it ourselves. */
  canReach(entry: AddrEntry): boolean
  /** Where we are, for this peer and those it tells to dial; the time is now. */
  own(peer: string): readonly AddrEntry[]
  ask(peer: string): void
  tell(peer: string, entries: readonly AddrEntry[]): void
}

/** Who has come. */
export interface GossipArrival {
  readonly id: string
  readonly direction: Direction
  /** 64 bytes: what it says of itself is told apart from what it says of others. */
  readonly publicKey: Uint8Array
  /** From which network it comes: all of one network get the same answer for a day. */
  readonly network: string
  /** Whether we want to know more addresses. */
  readonly ask: boolean
}

export interface GossipFigures {
  readonly peers: number
  /** Entries that were taken in, that had no token, and that were passed on to somebody. */
  readonly processed: number
  readonly limited: number
  readonly relayed: number
  /** Times that somebody was answered, and that somebody asked who gets no answer. */
  readonly answered: number
  readonly unanswered: number
  /** Entries that wait to be told, and those that peers are known to know. */
  readonly queued: number
  readonly known: number
}

interface Answer {
  readonly entries: readonly AddrEntry[]
  readonly untilMs: number
}

/** The machine of addr/1. It has no clock: times are given, milliseconds of one that never goes back. */
export class Gossip {
  readonly #host: GossipHost
  readonly #hasher: EntryHasher
  readonly #peers = new Map<string, GossipPeer>()
  readonly #answers = new Map<string, Answer>()
  readonly #due = new ExpiringHeap<() => void>()
  #figures = { processed: 0, limited: 0, relayed: 0, answered: 0, unanswered: 0 }

  constructor(host: GossipHost) {
    this.#host = host
    this.#hasher = new EntryHasher(host.random.bytes(16), host.sha256)
  }

  /** When `tick` has something to do; `undefined` when nothing waits. */
  get nextAtMs(): number | undefined {
    return this.#due.nextAtMs
  }

  opened(arrival: GossipArrival, nowMs: number): void {
    const { id, ask } = arrival
    const peer = new GossipPeer(arrival, this.#hasher.ofPeer(id), nowMs)
    this.#peers.set(id, peer)
    if (ask) {
      peer.tokens.allowAnswer()
      this.#host.ask(id)
    }
    this.#tellOwnFirst(peer, nowMs)
  }

  closed(id: string): void {
    const peer = this.#peers.get(id)
    if (!peer) return
    this.#peers.delete(id)
    for (const timer of peer.timers) this.#due.remove(timer)
  }

  /** A peer asks. Only those that came to us are answered, and once: what we dial must not learn where we come from. */
  asked(id: string, nowMs: number): void {
    const peer = this.#peers.get(id)
    if (!peer) return
    if (peer.direction !== 'inbound' || peer.wasAnswered) {
      this.#figures.unanswered++
      return
    }
    peer.wasAnswered = true
    this.#figures.answered++
    // An answer is kept for a day; who was banned meanwhile is left out at once, and what was a lie isn't told on.
    const entries = this.#answerFor(peer.network, nowMs).entries.flatMap((entry) => {
      const renewed = this.#host.mayRelay(entry) ? this.#host.renewed(entry) : undefined
      return renewed && this.#host.mayRelay(renewed) ? [renewed] : []
    })
    for (const entry of entries) peer.know(this.#hasher.ofEntry(entry))
    if (entries.length > 0) this.#host.tell(id, entries)
  }

  /** A peer tells. `nowSeconds` is the time that everybody means, since 1970. */
  told(id: string, entries: readonly AddrEntry[], nowMs: number, nowSeconds: number): void {
    const peer = this.#peers.get(id)
    if (!peer) return
    // Whom we dialed answers before it tells news.
    const isAnswer = peer.direction === 'outbound' && !peer.hasTold
    const isNews = entries.length <= MAX_RELAYED_ENTRIES && !isAnswer
    if (!isOfItself(entries, peer.publicKey)) peer.hasTold = true
    const taken = peer.tokens.take(nowMs, entries.length)
    this.#figures.processed += taken
    this.#figures.limited += entries.length - taken
    for (const entry of this.#drawn(entries, taken)) {
      const handle = this.#hasher.ofEntry(entry)
      peer.know(handle)
      if (peer.direction === 'outbound' && !equalBytes(entry.publicKey, peer.publicKey)) peer.told.add(handle)
      this.#host.learn(entry, id)
      if (isNews && isFresh(entry, nowSeconds) && this.#host.mayRelay(entry)) {
        this.#relay(handle, entry, id, nowMs, nowSeconds)
      }
    }
  }

  /** A dial has shown whether a claim is right. Those that we dialed answer for what they tell. */
  judged(entry: Pick<AddrEntry, 'address' | 'publicKey'>, isRight: boolean): void {
    const handle = this.#hasher.ofEntry(entry)
    for (const peer of this.#peers.values()) {
      if (!peer.told.delete(handle)) continue
      if (isRight) peer.right++
      else peer.wrong++
    }
  }

  /** Peers that we dialed and that have told of many nodes that are not there, and of none that is. */
  liars(): string[] {
    const liars: string[] = []
    for (const { id, right, wrong } of this.#peers.values()) if (wrong >= MANY_WRONG && right === 0) liars.push(id)
    return liars
  }

  /** Does what is due. */
  tick(nowMs: number): void {
    for (const act of this.#due.expire(nowMs)) act()
  }

  /** Tells all peers where we are, within the usual time of news: our address has changed. */
  announceOwn(nowMs: number): void {
    for (const peer of this.#peers.values())
      for (const entry of this.#host.own(peer.id)) this.#queue(peer, entry, nowMs, true)
  }

  /** Nothing waits any more. */
  clear(): void {
    this.#due.clear()
    this.#peers.clear()
    this.#answers.clear()
  }

  inspect(): GossipFigures {
    let queued = 0
    let known = 0
    for (const peer of this.#peers.values()) {
      queued += peer.queue.size
      known += peer.known
    }
    return { peers: this.#peers.size, ...this.#figures, queued, known }
  }

  #answerFor(network: string, nowMs: number): Answer {
    const cached = this.#answers.get(network)
    if (cached && cached.untilMs > nowMs) return cached
    const lastsMs = ANSWER_MS + randomBelow(this.#host.random, ANSWER_MORE_MS)
    const answer = { entries: this.#host.sample().slice(0, MAX_ENTRIES), untilMs: nowMs + lastsMs }
    if (answer.entries.length >= KEPT_ANSWER_ENTRIES) this.#answers.set(network, answer)
    return answer
  }

  #relay(handle: number, entry: AddrEntry, from: string, nowMs: number, nowSeconds: number): void {
    const count = this.#host.canReach(entry) ? RELAY_PEERS : RELAY_PEERS_UNREACHABLE
    for (const peer of this.#hasher.nearest(this.#peers.values(), handle, nowSeconds, count, from)) {
      this.#queue(peer, entry, nowMs, false)
    }
  }

  #queue(peer: GossipPeer, entry: AddrEntry, nowMs: number, isOwn: boolean): void {
    const handle = this.#hasher.ofEntry(entry)
    if (!isOwn && peer.knows(handle)) return
    peer.enqueue(handle, { entry, isOwn }, this.#host.random)
    if (peer.flushTimer) return
    const atMs = nowMs + this.#poisson(MEAN_RELAY_MS)
    peer.flushTimer = this.#due.add(() => this.#flush(peer), atMs)
  }

  #flush(peer: GossipPeer): void {
    peer.flushTimer = undefined
    const entries = peer.drain()
    if (entries.length === 0) return
    this.#figures.relayed += entries.length
    this.#host.tell(peer.id, entries)
  }

  // One address at once, so that it travels also where nodes stay for minutes, the others when there is a token.
  #tellOwnFirst(peer: GossipPeer, nowMs: number): void {
    const [first, ...rest] = this.#host.own(peer.id)
    if (!first) return this.#tellOwn(peer, nowMs)
    peer.know(this.#hasher.ofEntry(first))
    this.#host.tell(peer.id, [first])
    const atMs = nowMs + OWN_APART_MS
    peer.ownTimer = this.#due.add(() => {
      for (const entry of rest) this.#queue(peer, entry, atMs, true)
      this.#tellOwnLater(peer, atMs)
    }, atMs)
  }

  #tellOwn(peer: GossipPeer, nowMs: number): void {
    for (const entry of this.#host.own(peer.id)) this.#queue(peer, entry, nowMs, true)
    this.#tellOwnLater(peer, nowMs)
  }

  // About once a day.
  #tellOwnLater(peer: GossipPeer, nowMs: number): void {
    const atMs = nowMs + this.#poisson(MEAN_OWN_MS)
    peer.ownTimer = this.#due.add(() => this.#tellOwn(peer, atMs), atMs)
  }

  #poisson(meanMs: number): number {
    return -ln((this.#host.random.uint32() + 1) / 0x1_0000_0000) * meanMs
  }

  // Where an entry stood in a message must not decide whether there is a token for it.
  #drawn(entries: readonly AddrEntry[], count: number): AddrEntry[] {
    if (count === 0) return []
    const shuffled = [...entries]
    for (let i = 0; i < count; i++) {
      const j = i + randomBelow(this.#host.random, shuffled.length - i)
      const other = shuffled[i]!
      shuffled[i] = shuffled[j]!
      shuffled[j] = other
    }
    shuffled.length = count
    return shuffled
  }
}

function isOfItself(entries: readonly AddrEntry[], publicKey: Uint8Array): boolean {
  return entries.length === 1 && equalBytes(entries[0]!.publicKey, publicKey)
}

function isFresh({ time }: AddrEntry, nowSeconds: number): boolean {
  return time > nowSeconds - FRESH_SECONDS && time <= nowSeconds + FRESH_SECONDS
}
