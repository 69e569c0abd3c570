// Runs what `step` decides: dials, cancels, resolves, one timer, and candidates read only when there is room.
import { abortable } from '../base/abort.ts'
import { shortKey } from '../base/bytes.ts'
import type { Clock, Timer } from '../base/clock.ts'
import { type Logger, silentLogger } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { causeText, PeerError } from '../errors/peer-error.ts'
import type { Address, Endpoint } from '../wire/address.ts'
import { type DialerInfo, type DialExplanation, explain, inspectState } from './explain.ts'
import { explainAll, type FailureTally, type NodeExplanation } from './explain-all.ts'
import type { DialPolicy } from './policy.ts'
import { wantsCandidate } from './slots.ts'
import { refusalEnd } from './refusal.ts'
import { type Draw, SourceMix, type SourceOptions } from './sources.ts'
import {
  type ConnectionName,
  createDialState,
  type DialEvent,
  type DialRefusal,
  type DialState,
  type DialTask,
  type Judge,
  type Target,
} from './state.ts'
import { nextStepAtMs, step } from './step.ts'

/** Refused candidates whose reason is remembered for `explain`. */
const MAX_REFUSALS = 256

/** One dial that has been decided. */
export interface DialOrder {
  readonly address: Address
  readonly persistent: boolean
  /** Aborts with a PeerError when the dial is not wanted any more; its slot is free then. */
  readonly signal: AbortSignal
  /**
   * Takes what became of it, before anybody else hears: the error, or nothing when there is a peer, of which
   * `peerAdded` has told. Later calls change nothing.
   */
  done(error?: PeerError): void
}

/** A node that shall be dialed; without an endpoint it has to be resolved first. */
export interface WantedNode {
  readonly publicKey: Uint8Array
  readonly endpoint?: Endpoint | undefined
}

export interface DialerOptions {
  readonly clock: Clock
  /** Used once, for the seed of choices and jitter. */
  readonly random: Random
  readonly policy: DialPolicy
  readonly selfPublicKey: Uint8Array
  /** The id of a key. */
  idOf(publicKey: Uint8Array): string
  /** Begins to make a peer of an address. Its total deadline is its own: a slot is taken until it is done. */
  attempt(order: DialOrder): void
  /** The network group of an endpoint; `undefined` for loopback and LAN. */
  groupOf(endpoint: Endpoint): string | undefined
  /** Places of the node that are free for strangers now, its running dials taken off; default without end. */
  readonly free?: (() => number) | undefined
  /** Whether an endpoint that a stranger named may be dialed; default: any may. */
  isPublic?(endpoint: Endpoint): boolean
  /** What is held against a node. */
  readonly judge?: Judge | undefined
  /** Finds where a persistent node is now; asked at most once a minute for each, ever more seldom. */
  resolve?(publicKey: Uint8Array, signal: AbortSignal): Promise<Endpoint | undefined>
  readonly log?: Logger | undefined
  /** What sentences call a node; default its key, shortened. */
  readonly nameOf?: ((node: Target) => string) | undefined
}

/** A connection that has become a peer. */
export interface AddedConnection extends ConnectionName {
  readonly direction: 'inbound' | 'outbound'
  /** Where it was dialed; its group counts for outbound peers. */
  readonly endpoint?: Endpoint | undefined
}

export interface Dialer {
  /** Dials the node, now and again until it is removed. Without an endpoint it has to be resolved first. */
  addPersistent(node: WantedNode): DialExplanation
  /** Stops that; a dial under way is cancelled, a connection stays. `false` when it was not persistent. */
  removePersistent(publicKey: Uint8Array): boolean
  peerAdded(connection: AddedConnection): void
  /** The end of one connection; another one of the same key is not touched by it. */
  peerRemoved(connection: ConnectionName, error?: PeerError): void
  /** An inbound connection has proven this identity, and is not a peer yet: it is not dialed meanwhile. */
  inboundPending(connection: ConnectionName): void
  /** The same connection has become a peer, or has failed. */
  inboundSettled(connection: ConnectionName): void
  /** A place has become free otherwise than by a peer or a dial of this dialer. */
  roomChanged(): void
  /** One candidate that is to be dialed as soon as there is room. Strangers' lists belong into a source. */
  offer(address: Address): DialExplanation
  /**
   * Adds a source, which is read only when there is room; the answer removes it. What isn't public is passed over,
   * unless the source is `local`. It is told why what it gave isn't dialed, by `refused`, which must not throw.
   */
  addSource(name: string, candidates: AsyncIterable<Address>, options?: SourceOptions): () => void
  /** The network is back: persistent peers are dialed at once, waits after network failures are forgotten. */
  wake(): void
  inspect(): DialerInfo
  /** Why the node is or is not dialed now, what happened last, and when next. */
  explain(publicKey: Uint8Array): DialExplanation
  /** Why the node has the peers that it has, and what it waits for. */
  explainAll(failures: readonly FailureTally[]): NodeExplanation
  /** Aborts running attempts and forgets timer and sources. Nothing is begun afterwards. */
  close(): void
}

export function createDialer(options: DialerOptions): Dialer {
  return new TaskRunner(options)
}

class TaskRunner implements Dialer {
  readonly #options: DialerOptions
  readonly #log: Logger
  readonly #mix: SourceMix
  readonly #events: DialEvent[] = []
  /** By the number of the dial. */
  readonly #dials = new Map<number, AbortController>()
  /** By the id of whom is looked for. */
  readonly #resolves = new Map<string, AbortController>()
  readonly #refusals = new Map<string, DialRefusal>()
  readonly #refused = new Map<DialRefusal, number>()
  /** Candidates that wait for their dial, by id: whoever gave them is told when nothing comes of it. */
  readonly #drawn = new Map<string, Draw>()
  #state: DialState
  #timer: { readonly atMs: number; readonly timer: Timer } | undefined
  /** The time of the latest turn, read once: what was not due then is still to come, also when it is due by now. */
  #turnMs = 0
  #busy = false
  #closed = false

  constructor(options: DialerOptions) {
    const { policy, random, resolve, selfPublicKey, judge, free, log = silentLogger } = options
    this.#options = options
    this.#log = log
    this.#state = createDialState(policy, options.idOf(selfPublicKey), {
      seed: random.uint32(),
      resolves: resolve !== undefined,
      judge,
      free,
    })
    this.#mix = new SourceMix({
      changed: (ended) => {
        // What a source throws, its plugin should have handled: no more candidates come from there.
        const level = ended?.error === undefined ? 'debug' : 'error'
        if (ended) this.#log.log(level, 'Candidate source ended', { name: ended.name, err: ended.error })
        this.#handle(ended ? { type: 'sources', open: this.#mix.open } : { type: 'clock' })
      },
    })
  }

  addPersistent({ publicKey, endpoint }: WantedNode): DialExplanation {
    this.#handle({ type: 'persistent added', target: { id: this.#options.idOf(publicKey), publicKey, endpoint } })
    return this.explain(publicKey)
  }

  removePersistent(publicKey: Uint8Array): boolean {
    const id = this.#options.idOf(publicKey)
    const known = this.#state.persistent.has(id)
    this.#resolves.get(id)?.abort()
    this.#handle({ type: 'persistent removed', id })
    return known
  }

  peerAdded({ number, id, direction, endpoint }: AddedConnection): void {
    const group = endpoint && this.#options.groupOf(endpoint)
    this.#handle({ type: 'peer added', number, id, direction, group })
  }

  peerRemoved({ number, id }: ConnectionName, error?: PeerError): void {
    this.#handle({ type: 'peer removed', number, id, error })
  }

  inboundPending({ number, id }: ConnectionName): void {
    this.#handle({ type: 'inbound pending', number, id })
  }

  inboundSettled({ number, id }: ConnectionName): void {
    this.#handle({ type: 'inbound settled', number, id })
  }

  roomChanged(): void {
    this.#handle({ type: 'clock' })
  }

  offer(address: Address): DialExplanation {
    const target = this.#targetOf(address)
    this.#handle({ type: 'candidate', target })
    return this.explain(target.publicKey)
  }

  addSource(name: string, candidates: AsyncIterable<Address>, options?: SourceOptions): () => void {
    if (this.#closed) return () => undefined
    const remove = this.#mix.add(name, candidates, options)
    this.#handle({ type: 'sources', open: this.#mix.open })
    return remove
  }

  wake(): void {
    this.#mix.wake()
    this.#handle({ type: 'wake' })
  }

  inspect(): DialerInfo {
    return this.#inspect(this.#options.clock.now())
  }

  explain(publicKey: Uint8Array): DialExplanation {
    const id = this.#options.idOf(publicKey)
    const { clock, nameOf } = this.#options
    return explain(this.#state, { id, publicKey }, this.#refusals.get(id), clock.now(), nameOf)
  }

  explainAll(failures: readonly FailureTally[]): NodeExplanation {
    const nowMs = this.#options.clock.now()
    return explainAll(this.#inspect(nowMs), failures, nowMs)
  }

  #inspect(nowMs: number): DialerInfo {
    return inspectState(this.#state, this.#mix.inspect(nowMs), this.#refused, this.#timer?.atMs, nowMs)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#timer?.timer.cancel()
    this.#timer = undefined
    this.#events.length = 0
    this.#drawn.clear()
    this.#mix.close()
    for (const controller of [...this.#dials.values(), ...this.#resolves.values()]) controller.abort(cancelled())
  }

  // Events that arrive while one is being handled wait, so that tasks are begun in the order they were decided.
  #handle(event: DialEvent): void {
    if (this.#closed) return
    this.#events.push(event)
    if (this.#busy) return
    this.#busy = true
    this.#turnMs = this.#options.clock.now()
    try {
      for (let next = this.#events.shift(); next; next = this.#events.shift() ?? this.#draw()) this.#take(next)
    } finally {
      this.#busy = false
    }
    this.#schedule()
  }

  #take(event: DialEvent): void {
    const { state, tasks } = step(this.#state, event, this.#turnMs)
    this.#state = state
    for (const task of tasks) if (!this.#closed) this.#begin(task)
  }

  #begin(task: DialTask): void {
    switch (task.type) {
      case 'dial':
        this.#refusals.delete(task.target.id)
        this.#drawn.delete(task.target.id)
        this.#dial(task)
        break
      case 'cancel':
        this.#dials.get(task.dial)?.abort(cancelled())
        this.#dials.delete(task.dial)
        break
      case 'resolve':
        void this.#resolve(task.target)
        break
      case 'refuse':
        this.#refuse(task.target, task.refusal)
        break
    }
  }

  // The next candidate as an event, if one is wanted and there; asks the sources otherwise.
  #draw(): DialEvent | undefined {
    if (this.#closed || !wantsCandidate(this.#state, this.#turnMs)) return undefined
    const draw = this.#mix.take()
    if (!draw) {
      this.#mix.read(this.#turnMs)
      return undefined
    }
    const target = this.#targetOf(draw.address)
    const { id } = target
    this.#refusals.delete(id)
    const waits = this.#drawn.get(id)
    this.#drawn.set(id, draw)
    if (draw.local || (this.#options.isPublic?.(draw.address.endpoint) ?? true))
      this.#take({ type: 'candidate', target })
    else this.#refuse(target, 'not public')
    // Another draw of the same node may wait on.
    if (waits && !this.#drawn.has(id) && this.#state.waiting.some((other) => other.target.id === id))
      this.#drawn.set(id, waits)
    draw.judge(!this.#refusals.has(id), this.#turnMs)
    return { type: 'clock' }
  }

  #dial({ dial, target, persistent }: Extract<DialTask, { type: 'dial' }>): void {
    const { id, publicKey, endpoint } = target
    const controller = new AbortController()
    this.#dials.set(dial, controller)
    const done = (error?: PeerError): void => {
      if (this.#dials.delete(dial)) this.#handle({ type: 'dial done', dial, id, error })
    }
    try {
      const address = { publicKey, endpoint: endpoint! }
      this.#options.attempt({ address, persistent, signal: controller.signal, done })
    } catch (cause) {
      done(new PeerError('dial failed', DiscReason.networkError, causeText(cause), { cause }))
    }
  }

  async #resolve({ id, publicKey }: Target): Promise<void> {
    const controller = new AbortController()
    this.#resolves.get(id)?.abort(cancelled())
    this.#resolves.set(id, controller)
    let endpoint: Endpoint | undefined
    try {
      endpoint = await abortable(this.#options.resolve!(publicKey, controller.signal), controller.signal)
    } catch (error) {
      this.#log.log('debug', 'Resolve failed', { peer: shortKey(publicKey), err: causeText(error) })
    }
    if (this.#resolves.get(id) !== controller) return
    this.#resolves.delete(id)
    this.#handle({ type: 'resolved', id, endpoint })
  }

  #refuse({ id, publicKey }: Target, refusal: DialRefusal): void {
    const draw = this.#drawn.get(id)
    this.#drawn.delete(id)
    draw?.refused({ reason: refusal, untilMs: refusalEnd(this.#state, id, refusal, this.#turnMs) })
    this.#refused.set(refusal, (this.#refused.get(refusal) ?? 0) + 1)
    this.#refusals.delete(id)
    this.#refusals.set(id, refusal)
    if (this.#refusals.size > MAX_REFUSALS) this.#refusals.delete(this.#refusals.keys().next().value!)
    this.#log.log('trace', 'Candidate refused', { peer: shortKey(publicKey), reason: refusal })
  }

  #targetOf({ publicKey, endpoint }: Address): Target {
    return { id: this.#options.idOf(publicKey), publicKey, endpoint, group: this.#options.groupOf(endpoint) }
  }

  #schedule(): void {
    if (this.#closed) return
    const { clock } = this.#options
    const resting = wantsCandidate(this.#state, this.#turnMs) ? this.#mix.nextAtMs : undefined
    const atMs = Math.min(nextStepAtMs(this.#state, this.#turnMs) ?? Infinity, resting ?? Infinity)
    if (this.#timer?.atMs === atMs) return
    this.#timer?.timer.cancel()
    this.#timer = undefined
    if (atMs === Infinity) return
    const timer = clock.setTimer(Math.max(0, atMs - this.#turnMs), () => {
      this.#timer = undefined
      this.#handle({ type: 'clock' })
    })
    this.#timer = { atMs, timer }
  }
}

function cancelled(): PeerError {
  return new PeerError('dial cancelled', DiscReason.requested, 'the dial is not wanted any more')
}
