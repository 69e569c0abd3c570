// The book's candidates for the dialer, one at a time and only when it asks.
import { createDeferred } from '../base/abort.ts'
import type { Deferred } from '../base/abort.ts'
import type { Clock, Timer } from '../base/clock.ts'
import type { Address } from '../wire/address.ts'

/** Milliseconds until a book that had nobody to dial is looked at again: what was tried lately becomes ripe. */
const RIPEN_MS = 30_000
/** Most addresses that wait to be dialed before the book's own choice. */
const MAX_FIRST = 256

export interface DialSourceOptions {
  readonly clock: Clock
  /** The book's choice, in bounded time; `undefined` when there is nobody to dial now. */
  pick(): Address | undefined
}

/** One reader at a time; while it waits there is one timer, otherwise none. */
export class DialSource implements AsyncIterable<Address> {
  readonly #options: DialSourceOptions
  readonly #first: Address[] = []
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

  /** These go before the book's own choice; those past the bound are left out. */
  offer(addresses: readonly Address[]): void {
    this.#first.push(...addresses.slice(0, MAX_FIRST - this.#first.length))
    this.wake()
  }

  /** There may be somebody to dial now. */
  wake(): void {
    if (!this.#reader) return
    const value = this.#next()
    if (!value) return
    const reader = this.#reader
    this.#stopWaiting()
    reader.resolve({ done: false, value })
  }

  close(): void {
    this.#isClosed = true
    this.#first.length = 0
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
    const value = this.#next()
    if (value) return { done: false, value }
    this.#reader ??= createDeferred()
    this.#arm()
    return await this.#reader.promise
  }

  #next(): Address | undefined {
    return this.#first.shift() ?? this.#options.pick()
  }

  #arm(): void {
    this.#timer ??= this.#options.clock.setTimer(RIPEN_MS, () => {
      this.#timer = undefined
      this.wake()
      if (this.#reader) this.#arm()
    })
  }

  #stopWaiting(): void {
    this.#reader = undefined
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
