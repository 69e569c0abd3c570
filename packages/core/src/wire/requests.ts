// Questions of ours that wait for an answer, and the rule for answers that nobody waits for.
import { createDeferred } from '../base/abort.ts'
import type { Deferred } from '../base/abort.ts'
import type { Clock, Timer } from '../base/clock.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import type { RequestOptions } from './peer.ts'
import type { RequestDefinition } from './protocol.ts'

/** What is asked. */
export interface Question {
  /** Names protocol and message. */
  readonly what: string
  readonly definition: RequestDefinition
  readonly value: unknown
}

interface Pending extends Question {
  readonly deferred: Deferred<unknown>
  readonly timer: Timer
  readonly removeListener: () => void
}

export interface RequestBounds {
  /** Questions in flight. */
  readonly requests: number
  /** Answers nobody asked for that are let pass. */
  readonly strayAnswers: number
}

export class Requests {
  readonly #owner: object
  readonly #clock: Clock
  readonly #bounds: RequestBounds
  readonly #pending = new Map<bigint, Pending>()
  readonly #firstId: bigint
  #nextId: bigint
  /**
   * Questions given up that were not answered since: as many late answers may come, however late. A count, because a
   * remote that never answers would make a set of ids grow for as long as it lives.
   */
  #owed = 0
  #strays = 0
  #lateCount = 0

  /** @param owner - the peer that is asked */
  constructor(owner: object, clock: Clock, bounds: RequestBounds, firstId: number) {
    this.#owner = owner
    this.#clock = clock
    this.#bounds = bounds
    this.#firstId = this.#nextId = BigInt(firstId)
  }

  get size(): number {
    return this.#pending.size
  }

  get counts(): { readonly pending: number; readonly late: number; readonly unasked: number } {
    return { pending: this.#pending.size, late: this.#lateCount, unasked: this.#strays }
  }

  /**
   * Registers a question; `send` is called with its id. @throws {PeerError} `request timeout`, or what `fail` was
   * given
   */
  ask(asked: Question, send: (id: bigint) => void, options: RequestOptions = {}): Promise<unknown> {
    const { signal } = options
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (this.#pending.size >= this.#bounds.requests) {
      return Promise.reject(new RangeError(`${this.#pending.size} requests to this peer are in flight already`))
    }
    const id = this.#nextId++
    const deferred = createDeferred<unknown>()
    const timeoutMs = options.timeoutMs ?? asked.definition.timeoutMs
    const timer = this.#clock.setTimer(timeoutMs, () => {
      const text = `no answer to ${asked.what} within ${timeoutMs} ms`
      this.#giveUp(id, new PeerError('request timeout', DiscReason.readTimeout, text, { owner: this.#owner }))
    })
    const onAbort = (): void => this.#giveUp(id, signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    const removeListener = (): void => signal?.removeEventListener('abort', onAbort)
    this.#pending.set(id, { ...asked, deferred, timer, removeListener })
    try {
      send(id)
    } catch (error) {
      this.#take(id)
      throw error
    }
    return deferred.promise
  }

  /**
   * Gives an answer to whoever asked. `decode` is called only when somebody did.
   *
   * @throws {PeerError} `unexpected answer` when it has the wrong code, doesn't fit, or is one stray too many
   */
  answer(id: bigint, code: number, decode: () => unknown): void {
    const pending = this.#asked(id, code)
    if (!pending) return
    const { definition, value, deferred } = pending
    const answer = decode()
    const fits = definition.fits?.(value as never, answer as never) ?? true
    if (fits !== true) throw this.#wrong(id, fits)
    this.#take(id)
    deferred.resolve(answer)
  }

  /**
   * The remote has no handler for what was asked.
   *
   * @throws {PeerError} `unexpected answer` as `answer` does
   */
  refused(id: bigint, code: number): void {
    const pending = this.#asked(id, code)
    if (!pending) return
    const text = `the remote has no handler for ${pending.what}`
    this.#take(id)
    pending.deferred.reject(new PeerError('not served', DiscReason.uselessPeer, text, { owner: this.#owner }))
  }

  // What an answer belongs to; nothing where nobody waits for it.
  #asked(id: bigint, code: number): Pending | undefined {
    const pending = this.#pending.get(id)
    if (!pending) this.#stray(id)
    else if (pending.definition.answer.code !== code) {
      throw this.#wrong(id, `code ${code} answers a question that wants code ${pending.definition.answer.code}`)
    }
    return pending
  }

  /** Rejects everything in flight. */
  fail(error: unknown): void {
    for (const id of [...this.#pending.keys()]) {
      const pending = this.#take(id)
      pending?.deferred.promise.catch(() => undefined)
      pending?.deferred.reject(error)
    }
  }

  #stray(id: bigint): void {
    if (this.#owed > 0 && id >= this.#firstId && id < this.#nextId) {
      this.#owed--
      this.#lateCount++
      return
    }
    this.#strays++
    if (this.#strays > this.#bounds.strayAnswers) throw this.#wrong(id, `${this.#strays} answers that nobody asked for`)
  }

  #wrong(id: bigint, text: string): PeerError {
    return new PeerError('unexpected answer', DiscReason.breachOfProtocol, `${text} (request id ${id})`)
  }

  #giveUp(id: bigint, error: unknown): void {
    const pending = this.#take(id)
    if (!pending) return
    this.#owed++
    pending.deferred.reject(error)
  }

  #take(id: bigint): Pending | undefined {
    const pending = this.#pending.get(id)
    if (!pending) return undefined
    this.#pending.delete(id)
    pending.timer.cancel()
    pending.removeListener()
    return pending
  }
}
