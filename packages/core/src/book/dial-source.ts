// The book's candidates for the dialer, one at a time and only when it asks.
import { createDeferred } from '../base/abort.ts'
import type { Deferred } from '../base/abort.ts'
import type { Clock, Timer } from '../base/clock.ts'
import type { Address } from '../wire/address.ts'

export interface DialSourceOptions {
  readonly clock: Clock
  /** The book's choice, in bounded time; `undefined` when there is nobody to dial now. */
  pick(nowMs: number): Address | undefined
  /** When time alone may change that, in milliseconds of the clock; `undefined`: only what happens does. */
  ripeAtMs(nowMs: number): number | undefined
}

/** One reader at a time; while it waits there is a timer where time alone helps, otherwise none. Nothing is polled. */
export class DialSource implements AsyncIterable<Address> {
  readonly #options: DialSourceOptions
  #reader: Deferred<IteratorResult<Address, undefined>> | undefined
  #timer: Timer | undefined
  #isClosed = false

  constructor(options: DialSourceOptions) {
    this.#options = options
  }

  /** Whether somebody waits for an address and there is none. */
  get isWaiting(): boolean {
    return this.#reader !== undefined
  }

  /** There may be somebody to dial now. */
  wake(): void {
    if (!this.#reader) return
    const value = this.#pick()
    if (!value) return
    const reader = this.#reader
    this.#stopWaiting()
    reader.resolve({ done: false, value })
  }

  close(): void {
    this.#isClosed = true
    const reader = this.#reader
    this.#stopWaiting()
    reader?.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): AsyncIterator<Address, undefined> {
    return {
      next: () => this.#read(),
      return: async () => {
        this.close()
        return { done: true, value: undefined }
      },
    }
  }

  async #read(): Promise<IteratorResult<Address, undefined>> {
    if (this.#isClosed) return { done: true, value: undefined }
    const value = this.#pick()
    if (value) return { done: false, value }
    this.#reader ??= createDeferred()
    return await this.#reader.promise
  }

  // Whom there is; where there is nobody, the timer is set for when there may be.
  #pick(): Address | undefined {
    const { clock, pick, ripeAtMs } = this.#options
    const nowMs = clock.now()
    const value = pick(nowMs)
    this.#timer?.cancel()
    this.#timer = undefined
    const atMs = value ? undefined : ripeAtMs(nowMs)
    if (atMs === undefined) return value
    this.#timer = clock.setTimer(Math.max(1, atMs - nowMs), () => {
      this.#timer = undefined
      this.wake()
    })
    return undefined
  }

  #stopWaiting(): void {
    this.#reader = undefined
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
